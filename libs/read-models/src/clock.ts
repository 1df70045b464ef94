/**
 * Known time: the running maximum of `recordedAt` in log order (design 2). Kept: where `recordedAt` lay below it, and a
 * mark now and then, so that the position of an instant is found by reading a short piece of the log.
 */
import type { Projection } from '@app/read-store';
import type { LedgerEvent } from './ledger-event.js';
import type { Statements } from './reads.js';

/** Events between two marks. */
const STRIDE = 100;

interface Memory {
  count: number;
}

export const clockProjection: Projection<LedgerEvent> = {
  name: 'clock',
  version: 2,
  tables: {
    clock_marks: ({ table, index }) => [
      table
        .addColumn('n', 'integer', (c) => c.primaryKey())
        .addColumn('position', 'text', (c) => c.notNull())
        .addColumn('known_time', 'text', (c) => c.notNull()),
      index('by_time').columns(['known_time', 'n']),
    ],
    clock_drops: ({ clustered }) => [clustered.addColumn('position', 'text', (c) => c.primaryKey()).addColumn('known_time', 'text', (c) => c.notNull())],
    clock_count: ({ table }) => [table.addColumn('events', 'integer', (c) => c.notNull())],
  },
  handle(events, writer) {
    const memory = writer.memory<Memory>(() => ({ count: writer.prepare<{ events: number }>('SELECT events FROM {clock_count}').get()?.events ?? 0 }));
    if (memory.count === 0) writer.prepare('INSERT INTO {clock_count} SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM {clock_count})').run();
    let known = writer.knownTime;
    for (const { position, metadata } of events) {
      const { recordedAt } = metadata;
      if (known === null || recordedAt >= known) known = recordedAt;
      else writer.prepare('INSERT INTO {clock_drops} (position, known_time) VALUES (?, ?)').run(position, known);
      if (++memory.count % STRIDE === 0) writer.prepare('INSERT INTO {clock_marks} (n, position, known_time) VALUES (?, ?, ?)').run(memory.count, position, known);
    }
    writer.prepare('UPDATE {clock_count} SET events = ?').run(memory.count);
  },
};

/** When an event was known: its own `recordedAt`, or the later one of an event before it. */
export function knownTimeOf(store: Statements, event: { readonly position: string; readonly metadata: { readonly recordedAt: string } }): string {
  const drop = store.statement<{ known_time: string }>('SELECT known_time FROM clock_drops WHERE position = ?').get(event.position);
  return drop?.known_time ?? event.metadata.recordedAt;
}

/** The part of the store that finding a place needs; event-store's `EventStore` has it. */
export interface LogPages {
  readAll(options: { readonly after: string | null; readonly limit: number }): Promise<readonly { readonly position: string; readonly metadata: { readonly recordedAt: string } }[]>;
  compare(a: string, b: string): number;
}

/** A place in the log. */
export interface Place {
  /** Of the last event up to there; null before the first. */
  readonly position: string | null;
  /** How many events the log holds up to there. */
  readonly at: number;
}

/** Where the log stood at an instant (RFC 3339): the last event known by it. @throws {RangeError} not an instant */
export async function placeKnownAt(store: Statements, log: LogPages, instant: string): Promise<Place> {
  const utc = new Date(instant).toISOString();
  const mark = store.statement<Mark>('SELECT n, position FROM clock_marks WHERE known_time <= ? ORDER BY known_time DESC, n DESC LIMIT 1').get(utc);
  // Known times ascend, so the first event recorded after the instant is the first not known by it.
  return walk(log, mark, (e) => e.metadata.recordedAt > utc);
}

/** The place of a position, or of the last event before it. */
export async function placeOf(store: Statements, log: LogPages, position: string): Promise<Place> {
  const mark = store.statement<Mark>('SELECT n, position FROM clock_marks WHERE n = ?');
  const last = store.statement<{ n: number | null }>('SELECT max(n) AS n FROM clock_marks').get()?.n ?? 0;
  let [low, high] = [0, last / STRIDE];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (log.compare(mark.get(middle * STRIDE)!.position, position) <= 0) low = middle;
    else high = middle - 1;
  }
  return walk(log, mark.get(low * STRIDE), (e) => log.compare(e.position, position) > 0);
}

interface Mark {
  readonly n: number;
  readonly position: string;
}

/** Reads on from a mark to the first event that lies beyond; a short piece of the log. */
async function walk(log: LogPages, mark: Mark | undefined, isBeyond: (e: Awaited<ReturnType<LogPages['readAll']>>[number]) => boolean): Promise<Place> {
  let place: Place = { position: mark?.position ?? null, at: mark?.n ?? 0 };
  for (;;) {
    const page = await log.readAll({ after: place.position, limit: STRIDE });
    for (const e of page) {
      if (isBeyond(e)) return place;
      place = { position: e.position, at: place.at + 1 };
    }
    if (page.length < STRIDE) return place;
  }
}
