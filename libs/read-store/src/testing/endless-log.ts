import type { EventSource, LoggedEvent, Projection } from '../port.js';

/** The n-th event at position n, up to an end; `asked` hears where each page starts, so what lies before was handled. */
export function endlessLog(end: number, asked: (position: string) => void = () => undefined): EventSource {
  return {
    readAll: async ({ after, limit }) => {
      asked(after ?? '0');
      const from = Number(after);
      return Array.from({ length: Math.min(limit, end - from) }, (_, i) => ({
        id: `e${from + i + 1}`,
        type: 'Counted',
        position: String(from + i + 1),
        metadata: { recordedAt: '2026-01-01T00:00:00.000Z' },
      }));
    },
    async *subscribe({ signal }) {
      yield { kind: 'caughtUp' };
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
    head: async () => String(end),
    compare: (a, b) => Number(a) - Number(b),
  };
}

/** Every event once; a second time breaks the key. */
export const journal: Projection<LoggedEvent> = {
  name: 'journal',
  version: 1,
  tables: { journal: ({ table }) => [table.addColumn('position', 'integer', (c) => c.primaryKey())] },
  handle(events, writer) {
    const note = writer.prepare('INSERT INTO {journal} VALUES (?)');
    for (const e of events) note.run(Number(e.position));
  },
};
