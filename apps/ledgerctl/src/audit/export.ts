/**
 * An export: everything that a verification needs, one JSON text a line.
 *
 *     {"format":"contract-ledger-audit-export","version":1,…}   which ledger, over which store
 *     {"data":…,"id":…,"metadata":…,"position":…,…}             each event, in order: the bytes of the line are its leaf
 *     {"leaves":"<base64>","from":0}                            leaves as the audit kept them, up to 256 a line
 *     {"checkpoint":"<note>"}                                   each signed checkpoint
 *     {"key":"<public key>"}                                    as the ledger names them
 *     {"end":{"events":n}}
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { canonicalJson } from '@app/kernel';
import { HASH_BYTES, TILE, type LoggedEvent } from '@app/transparency';
import { Trouble, EXIT } from '../trouble.js';
import type { Evidence } from './evidence.js';
import type { Streamed } from './sources.js';

export const EXPORT_FORMAT = 'contract-ledger-audit-export';
export const EXPORT_VERSION = 1;

export interface ExportHeader {
  readonly format: typeof EXPORT_FORMAT;
  readonly version: number;
  readonly origin: string;
  /** Whether positions are numbers without gaps. */
  readonly dense: boolean;
}

const EVENT = '{"data":';

export const headerLine = (origin: string, dense: boolean): string => `${canonicalJson({ format: EXPORT_FORMAT, version: EXPORT_VERSION, origin, dense })}\n`;

/** The lines behind the events. */
export function* evidenceLines(evidence: Evidence, events: number): Generator<string, void, undefined> {
  for (let from = 0; from < events; from += TILE) {
    const kept = evidence.kept(from, Math.min(events, from + TILE));
    if (kept !== null) yield `${canonicalJson({ from, leaves: Buffer.from(kept).toString('base64') })}\n`;
  }
  for (const checkpoint of evidence.checkpoints) yield `${canonicalJson({ checkpoint })}\n`;
  for (const key of evidence.keys) yield `${canonicalJson({ key })}\n`;
  yield `${canonicalJson({ end: { events } })}\n`;
}

const bad = (line: number, why: string): Trouble => new Trouble(`the export is damaged in line ${line}: ${why}`, EXIT.no);

async function* linesOf(file: string): AsyncGenerator<string, void, undefined> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) yield line;
}

/** An event's line as the event; what else the line holds would not be in the leaf, and the leaf would then not be the line. */
function eventOf(line: string, at: number): LoggedEvent {
  let value: { [member: string]: unknown };
  try {
    value = JSON.parse(line) as typeof value;
  } catch (error) {
    throw bad(at, (error as Error).message);
  }
  const { data, id, metadata, position, revision, stream, type } = value as unknown as { data: unknown; id: string; metadata: unknown; position: string; revision: number; stream: string; type: string };
  const event = { id, position, revision, stream, type, rawData: JSON.stringify(data), rawMetadata: JSON.stringify(metadata) };
  if (canonicalJson({ data, id, metadata, position, revision, stream, type }) !== line) throw bad(at, 'it is not the canonical JSON of an event');
  return event;
}

/** Reads an export; its events are read again whenever they are asked for. @throws {Trouble} where it is not one, or not whole */
export async function openExport(file: string, compare: (a: string, b: string) => number): Promise<{ readonly header: ExportHeader; readonly events: Streamed; readonly evidence: Evidence }> {
  let header: ExportHeader | null = null;
  const leaves = new Map<number, Buffer>();
  const checkpoints: string[] = [];
  const keys: string[] = [];
  let events = 0;
  let ended = false;
  let at = 0;
  for await (const line of linesOf(file)) {
    at++;
    if (ended) throw bad(at, 'it goes on behind its end');
    if (header !== null && line.startsWith(EVENT)) {
      events++;
      continue;
    }
    let value: { readonly [member: string]: unknown };
    try {
      value = JSON.parse(line) as typeof value;
    } catch (error) {
      throw bad(at, (error as Error).message);
    }
    if (header === null) {
      header = value as unknown as ExportHeader;
      if (header.format !== EXPORT_FORMAT || typeof header.origin !== 'string') throw bad(at, `it does not begin as a ${EXPORT_FORMAT}`);
      if (header.version > EXPORT_VERSION) throw new Trouble(`the export has version ${header.version}; this build knows up to ${EXPORT_VERSION}: use a newer build`);
    } else if (typeof value['leaves'] === 'string' && typeof value['from'] === 'number') leaves.set(value['from'], Buffer.from(value['leaves'], 'base64'));
    else if (typeof value['checkpoint'] === 'string') checkpoints.push(value['checkpoint']);
    else if (typeof value['key'] === 'string') keys.push(value['key']);
    else if (typeof value['end'] === 'object') {
      ended = true;
      const said = (value['end'] as { events?: unknown } | null)?.events;
      if (said !== events) throw bad(at, `it ends after ${String(said)} events, and has ${events}`);
    } else throw bad(at, 'it is no line of an export');
  }
  if (header === null || !ended) throw bad(at, 'it was cut off: its end is missing');

  const run = Buffer.concat([...leaves].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
  const whole = [...leaves.keys()].every((from) => from % TILE === 0) && run.length % HASH_BYTES === 0;
  return {
    header,
    events: { name: file, total: events, dense: header.dense, compare, events: () => eventsOf(file) },
    evidence: {
      checkpoints,
      keys,
      kept: (from, to) => (whole && to * HASH_BYTES <= run.length ? run.subarray(from * HASH_BYTES, to * HASH_BYTES) : null),
      // An export does not keep ids of what is no longer there.
      keptId: () => null,
      keptIndex: () => null,
      unlike: (all) => (Buffer.compare(run, all.leavesUpTo(Math.min(all.size, Math.floor(run.length / HASH_BYTES)))) === 0 ? null : 'the leaves in it are not those of its events'),
      close: () => undefined,
    },
  };
}

async function* eventsOf(file: string): AsyncGenerator<LoggedEvent, void, undefined> {
  let at = 0;
  for await (const line of linesOf(file)) {
    at++;
    if (line.startsWith(EVENT)) yield eventOf(line, at);
  }
}
