/** On which days who acted in which role, as far as the log shows it: the ground of an access review. */
import { jstToday, type PlainDate } from '@app/calendar';
import type { Projection } from '@app/read-store';
import type { LedgerEvent } from './ledger-event.js';

interface Memory {
  /** The last day written of each subject in each role. */
  readonly days: Map<string, PlainDate>;
  /** The event before; most are by whom it was by. */
  last: { readonly subject: string; readonly role: string; readonly hour: string } | null;
}

/** Subjects remembered at most; whoever is forgotten costs one statement more. */
const KEPT = 10_000;

export const actsProjection: Projection<LedgerEvent> = {
  name: 'acts',
  version: 1,
  tables: {
    acts: ({ clustered }) => [
      clustered
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('day', 'text', (c) => c.notNull())
        .addColumn('first_at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('acts_key', ['subject', 'role', 'day']),
    ],
  },
  handle(events, writer) {
    const memory = writer.memory<Memory>(() => ({ days: new Map(), last: null }));
    for (const { metadata } of events) {
      const { recordedAt, actor } = metadata;
      const hour = recordedAt.slice(0, 13);
      const { last } = memory;
      if (last !== null && last.subject === actor.subject && last.role === actor.role && last.hour === hour) continue;
      memory.last = { subject: actor.subject, role: actor.role, hour };
      // Japan is whole hours away, so an hour lies in one day.
      const day = jstToday(Date.parse(`${hour}:00:00Z`));
      const key = `${actor.subject} ${actor.role}`;
      if (memory.days.get(key) === day) continue;
      if (memory.days.size >= KEPT) memory.days.clear();
      memory.days.set(key, day);
      writer.prepare('INSERT OR IGNORE INTO {acts} (subject, role, day, first_at) VALUES (?, ?, ?, ?)').run(actor.subject, actor.role, day, recordedAt);
    }
  },
};
