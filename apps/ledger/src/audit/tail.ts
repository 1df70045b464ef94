/** The log as the audit follows it: events as they are stored, in lots. */
import type { EmbeddedScan, EventStore } from '@app/event-store';
import type { LoggedEvent } from '@app/transparency';

export interface Tail {
  /** The event at a position; null: there is none. */
  at(position: string): Promise<LoggedEvent | null>;
  /** Everything after a position, then what comes; an empty lot says that there is no more for now. Ends with the signal. */
  follow(after: string | null, most: number, rest: (ms: number) => Promise<void>, signal: AbortSignal): AsyncIterable<readonly LoggedEvent[]>;
  close(): Promise<void>;
}

/** How often the file is looked at; being woken by each commit would cost more than the events. */
const LOOK_MS = 100;

/** The embedded log, whose texts are hashed as they lie there: parsing them would cost more than everything else here. */
export const fileLog = (log: EmbeddedScan): Tail => ({
  at: async (position) => log.at(Number(position)),
  async *follow(after, most, rest, signal) {
    let at = Number(after ?? 0);
    for (let said = false; !signal.aborted; ) {
      const events = log.after(at, most);
      if (events.length > 0) {
        yield events;
        at = Number(events.at(-1)!.position);
      }
      if (events.length === most) {
        said = false;
        continue;
      }
      if (!said || events.length > 0) yield [];
      said = true;
      await rest(LOOK_MS);
    }
  },
  close: async () => log.close(),
});

/** A server's log, as its client hands it over. */
export const serverLog = (log: Pick<EventStore, 'readAll' | 'subscribe' | 'close'>): Tail => ({
  async at(position) {
    const [before] = await log.readAll({ after: position, limit: 1, direction: 'backwards' });
    const [event] = await log.readAll({ after: before?.position ?? null, limit: 1 });
    return event?.position === position ? event : null;
  },
  async *follow(after, most, _rest, signal) {
    for await (const message of log.subscribe({ after, signal, batch: most })) yield message.kind === 'events' ? message.events : [];
  },
  close: () => log.close(),
});
