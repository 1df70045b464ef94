/**
 * Known time: the running maximum of `recordedAt` in log order (design 2). Kept: where `recordedAt` lay below it, and a
 * mark now and then, so that the position of an instant is found by reading a short piece of the log.
 */
import type { Projection } from '@app/read-store';
import type { LedgerEvent } from './ledger-event.js';
import type { Statements } from './reads.js';

/** Events between two marks. */
const STRIDE = 1_000;

interface Memory {
  count: number;
}

export const clockProjection: Projection<LedgerEvent> = {
  name: 'clock',
  version: 1,
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

/** The part of the store that finding a position needs; event-store's `EventStore` has it. */
export interface LogPages {
  readAll(options: { readonly after: string | null; readonly limit: number }): Promise<readonly { readonly position: string; readonly metadata: { readonly recordedAt: string } }[]>;
}

/** The last position known by an instant (UTC with milliseconds); null where nothing was. */
export async function positionKnownAt(store: Statements, log: LogPages, instant: string): Promise<string | null> {
  const mark = store.statement<{ position: string; known_time: string }>('SELECT position, known_time FROM clock_marks WHERE known_time <= ? ORDER BY known_time DESC, n DESC LIMIT 1').get(instant);
  let position = mark?.position ?? null;
  for (;;) {
    const page = await log.readAll({ after: position, limit: STRIDE });
    // Known times ascend, so the first event recorded after the instant is the first not known by it.
    for (const e of page) {
      if (e.metadata.recordedAt > instant) return position;
      position = e.position;
    }
    if (page.length < STRIDE) return position;
  }
}
