/** A small ledger with everything that is signed of it, and ways to alter it. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEmbeddedStore, type EventStore, type NewEvent } from '@app/event-store';
import { deriveId } from '@app/kernel';
import {
  Book,
  checkpointText,
  COSIGNATURE,
  cosignText,
  ED25519,
  newSignerKey,
  signText,
  wholeNote,
  type SignerKey,
} from '@app/transparency';
import { bookEvidence, type Evidence } from '../../apps/ledgerctl/src/audit/evidence.js';
import { originOf } from '../../apps/ledgerctl/src/audit/origin.js';
import { brokenSource, embeddedSource, type Source } from '../../apps/ledgerctl/src/audit/sources.js';
import { verifyAudit, type AuditReport } from '../../apps/ledgerctl/src/audit/verify.js';

export const LEDGER = '0190c6f2-0000-7000-8000-00000000000a';
export const ORIGIN = originOf(LEDGER);
export const KEY = newSignerKey(ORIGIN, ED25519);
export const WITNESS = newSignerKey('witness.example/w1', COSIGNATURE);

const made: string[] = [];
export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tamper-'));
  made.push(folder);
  return folder;
};
export const removeScratch = (): void => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));

/** The n-th event that was put in, from 0; event 0 founds the ledger. */
export const event = (n: number, data: object = n === 0 ? { ledgerId: LEDGER } : { by: n, 名: 'あ' }): NewEvent => ({
  id: deriveId('tamper', n),
  type: n === 0 ? 'LedgerFounded' : 'Counted',
  data,
  metadata: { actor: { role: 'admin', subject: 's' }, recordedAt: '2026-01-01T00:00:00.000Z', receipts: [], salt: String(n).padStart(32, '0') },
});

/** Three streams by turns, so that revisions run beside each other; so many events at a turn. */
export async function appendEvents(store: EventStore, from: number, to: number, make: (n: number) => NewEvent = event, atOnce = 1): Promise<void> {
  if (from === 0) await store.append('ledger', 'no_stream', [make(0)]);
  for (let n = Math.max(from, 1); n < to; n += atOnce) {
    const turn = (n - 1) / atOnce;
    const revision = Math.floor(turn / 3) * atOnce;
    const events = Array.from({ length: Math.min(atOnce, to - n) }, (_, i) => make(n + i));
    await store.append(`counter-${(turn + 1) % 3}`, revision === 0 ? 'no_stream' : revision - 1, events);
  }
}

export interface Made {
  readonly events: number;
  /** Sizes at which a checkpoint is signed. */
  readonly signed: readonly number[];
  readonly witnessed?: readonly number[];
  readonly key?: SignerKey;
  readonly make?: (n: number) => NewEvent;
  /** In one append; default: one. */
  readonly atOnce?: number;
}

/** Writes `log.sqlite` and `audit.sqlite` into a folder, and gives the checkpoints. */
export async function makeLedger(folder: string, { events, signed, witnessed = [], key = KEY, make = event, atOnce = 1 }: Made): Promise<Map<number, string>> {
  const store = await openEmbeddedStore({ file: join(folder, 'log.sqlite') });
  const book = Book.open(join(folder, 'audit.sqlite'), LEDGER);
  try {
    await appendEvents(store, 0, events, make, atOnce);
    book.append(await store.readAll({ after: null, limit: events }));
    for (const size of signed) {
      const checkpoint = { origin: ORIGIN, size, root: book.tree().root(size) };
      const text = checkpointText(checkpoint);
      book.keepCheckpoint(checkpoint, `${text}\n${signText(text, key)}`, '2026-01-01T00:00:00.000Z');
      if (witnessed.includes(size)) book.keepCosignature(size, { witness: WITNESS.name, line: cosignText(text, WITNESS, 1_767_225_600), signedAt: '2026-01-01T00:00:00.000Z' });
    }
    book.keepKey(key.vkey, '2026-01-01T00:00:00.000Z');
    return new Map(book.checkpoints(100).map((c) => [c.size, wholeNote(c)]));
  } finally {
    book.close();
    await store.close();
  }
}

export const sql = (folder: string, text: string, file = 'log.sqlite'): void => {
  const db = new DatabaseSync(join(folder, file));
  db.exec(text);
  db.close();
};

export const copyLedger = (from: string, names: readonly string[] = ['log.sqlite', 'audit.sqlite']): string => {
  const to = scratch();
  for (const name of names) copyFileSync(join(from, name), join(to, name));
  return to;
};

export interface Checked {
  /** Default: the log's key. */
  readonly keys?: readonly SignerKey[];
  readonly witness?: boolean;
  readonly anchors?: readonly string[];
}

function sourceOf(file: string): Source {
  try {
    return embeddedSource({ file, threads: 0, pages: true });
  } catch (error) {
    return brokenSource(file, (error as Error).message);
  }
}

/** As `ledgerctl audit verify` on the folder. */
export async function verifyFolder(folder: string, checked: Checked = {}): Promise<AuditReport & { readonly damage: string | null }> {
  const { evidence, damage } = bookEvidence(join(folder, 'audit.sqlite'));
  try {
    return { ...(await verifyFile(join(folder, 'log.sqlite'), evidence, checked)), damage };
  } finally {
    evidence.close();
  }
}

/** The same with evidence that is open already. */
export async function verifyFile(file: string, evidence: Evidence, { keys = [KEY], witness = false, anchors = [] }: Checked = {}): Promise<AuditReport> {
  const source = sourceOf(file);
  try {
    return await verifyAudit({ source, evidence, keys, witnesses: witness ? [WITNESS] : [], anchors, onProgress: () => undefined });
  } finally {
    await source.close();
  }
}

export const idOf = (n: number): string => deriveId('tamper', n);
