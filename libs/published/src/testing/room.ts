import { randomUUID } from 'node:crypto';
import type { EventStore, Position, StoredEvent } from '@app/event-store';

/**
 * A log of one's own on a server that others use too: streams bear a mark, and only marked ones are seen. Closing it
 * leaves the server's client open.
 */
export async function roomOn(store: EventStore): Promise<EventStore> {
  const mark = `.${randomUUID().slice(0, 8)}`;
  const from = await store.head();
  const own = (events: readonly StoredEvent[]): StoredEvent[] => events.filter((e) => e.stream.endsWith(mark)).map((e) => ({ ...e, stream: e.stream.slice(0, -mark.length) }));
  const start = (after: Position | null | undefined): Position | null => after ?? from;
  return {
    append: (stream, expected, events) => store.append(stream + mark, expected, events),
    readStream: async (stream, options) => own(await store.readStream(stream + mark, options)),
    readAll: async ({ after, limit }) => {
      const out: StoredEvent[] = [];
      for (let at = start(after); ; ) {
        const page = await store.readAll({ after: at, limit: 500 });
        out.push(...own(page));
        if (page.length < 500 || out.length >= limit) return out.slice(0, limit);
        at = page.at(-1)!.position;
      }
    },
    head: () => store.head(),
    compare: (a, b) => store.compare(a, b),
    async *subscribe(options) {
      for await (const message of store.subscribe({ ...options, after: start(options.after) })) {
        if (message.kind === 'caughtUp') yield message;
        else {
          const events = own(message.events);
          if (events.length > 0) yield { kind: 'events', events };
        }
      }
    },
    problem: () => store.problem(),
    close: async () => undefined,
  };
}
