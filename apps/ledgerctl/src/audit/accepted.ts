import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Difference } from '@app/contract';
import { misuse } from '../trouble.js';

/** The reviewed list that ships with the project, seen from dist/<build>/apps/ledgerctl/src/audit. */
export const SHIPPED = fileURLToPath(new URL('../../../../../../docs/audit/differences.json', import.meta.url));

/** A difference that a mended rule makes, reviewed: only in events recorded before it was mended. */
export interface Accepted {
  readonly type: string;
  /** Where, as it is reported, with `[*]` for the number of a list's member. */
  readonly path: string;
  readonly clause: string | null;
  /** RFC 3339 UTC instant from which on events are decided by the mended rule. */
  readonly recordedBefore: string;
  readonly why: string;
  /** `YYYY-MM-DD`. */
  readonly reviewedOn: string;
}

const MEMBERS = ['type', 'path', 'clause', 'recordedBefore', 'why', 'reviewedOn'] as const;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The list in a file: `{"differences": [...]}`. @throws {Trouble} with what is wrong */
export function readAccepted(file: string): readonly Accepted[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw misuse(`${file} cannot be read as JSON (${(error as Error).message})`);
  }
  const { differences } = (json ?? {}) as { differences?: unknown };
  if (!Array.isArray(differences)) throw misuse(`${file} must hold {"differences": [...]}`);
  return differences.map((d: unknown, i): Accepted => {
    const at = `${file}: differences[${i}]`;
    if (typeof d !== 'object' || d === null) throw misuse(`${at} must be an object`);
    const entry = d as { [name: string]: unknown };
    const unknown = Object.keys(entry).filter((k) => !(MEMBERS as readonly string[]).includes(k));
    if (unknown.length > 0) throw misuse(`${at}: ${unknown.join(', ')} is not known; known are ${MEMBERS.join(', ')}`);
    for (const name of MEMBERS)
      if (!(typeof entry[name] === 'string' && entry[name] !== '') && !(name === 'clause' && entry[name] === null)) throw misuse(`${at}.${name} must be a text`);
    if (!INSTANT.test(entry['recordedBefore'] as string)) throw misuse(`${at}.recordedBefore must be an instant such as 2026-11-23T00:00:00Z`);
    if (!DAY.test(entry['reviewedOn'] as string)) throw misuse(`${at}.reviewedOn must be a date YYYY-MM-DD`);
    return entry as unknown as Accepted;
  });
}

/** The entry that covers a difference; null: nobody has reviewed it. */
export const acceptedBy = (list: readonly Accepted[], d: Difference, recordedAt: string): Accepted | null =>
  list.find((a) => a.type === d.type && a.clause === d.clause && a.path === d.path.replace(/\[\d+\]/g, '[*]') && new Date(recordedAt) < new Date(a.recordedBefore)) ?? null;
