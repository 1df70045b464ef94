/** Two ways to the same bytes. A page is never out of order; an empty one tells that the head is reached. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from './event.js';
import { Away, type Ledger } from './ledger.js';
import { misuse, Stopped, Trouble } from './trouble.js';

export interface Reading {
  /** Read anew before each page: another program may have gone on meanwhile. */
  readonly from: () => Place | null;
  readonly signal: AbortSignal;
  /** Told when the ledger is away, before it is asked again; throws to give up. */
  readonly away: (trouble: Trouble) => void;
}
export type Door = (reading: Reading) => AsyncIterable<readonly string[]>;

const PAGE = 1_000;
const WAIT_S = 30;
const LONGEST_PAUSE_MS = 30_000;

/** By HTTP: long poll, each event one line. */
export const pullDoor = (ledger: Ledger): Door =>
  async function* ({ from, signal, away }) {
    let head = false;
    for (let tries = 0; !signal.aborted; ) {
      let page: string[];
      try {
        // First without waiting, so that a reader who only wants to catch up knows at once that it has.
        page = await ledger.feed(from(), PAGE, head ? WAIT_S : 0, signal);
        tries = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Away)) throw error;
        away(error);
        await pauseBefore(tries++, error.after ?? 0, signal);
        continue;
      }
      head = page.length < PAGE;
      if (page.length > 0) yield page;
      if (head) yield [];
    }
  };

/** gRPC status codes. ABORTED: a burst overran the server's buffer for a live subscription, which is normal operation. */
const ABORTED = 10;
const REFUSED: readonly unknown[] = [7, 16];

/**
 * From EventStoreDB itself: to the end in pages, then a catch-up subscription; the checkpoint is the book's. (A persistent
 * subscription does not keep the order.) The client parses JSON; written again it is the same bytes, because what is
 * stored is canonical and its members keep their order. The digests prove it.
 */
export const eventStoreDoor = (url: string, stream = 'published-billing'): Door =>
  async function* ({ from, signal, away }) {
    const { EventStoreDBClient, START, StreamNotFoundError } = await import('@eventstore/db-client');
    const client = EventStoreDBClient.connectionString(url);
    /** The event at the place itself, which must be the one that is known, and what follows. */
    const pageFrom = async (at: Place | null): Promise<string[]> => {
      const events: { readonly id: string; readonly data: unknown }[] = [];
      try {
        for await (const { event } of client.readStream(stream, { fromRevision: at ? BigInt(at.sequence) : START, maxCount: PAGE + 1 })) if (event) events.push(event);
      } catch (error) {
        if (!(error instanceof StreamNotFoundError)) throw error;
      }
      if (at && events.shift()?.id !== at.id)
        throw new Stopped(
          'rewound',
          `${stream} does not hold the last event of this book, ${at.id} at ${at.sequence}: the ledger was restored from a backup, or EVENTSTORE_URL is another one. Nothing was changed here. Ask the ledger's operator what was lost; then begin a new book (another BILLING_DATA) and compare its statements with this one`,
        );
      return events.slice(0, PAGE).map((e) => JSON.stringify(e.data));
    };
    async function* live(at: Place | null): AsyncGenerator<readonly string[]> {
      const subscription = client.subscribeToStream(stream, { fromRevision: at ? BigInt(at.sequence) : START });
      const end = (): void => void subscription.unsubscribe().catch(() => undefined);
      // An error without a listener would end the process; the loop below hears of it too.
      subscription.on('error', () => undefined);
      signal.addEventListener('abort', end, { once: true });
      try {
        let page: string[] = [];
        for await (const { event } of subscription) {
          if (event) page.push(JSON.stringify(event.data));
          if (page.length === 0 || (page.length < PAGE && subscription.readableLength > 0)) continue;
          yield page;
          page = [];
        }
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    }
    try {
      for (let tries = 0; !signal.aborted; ) {
        try {
          for (let page = await pageFrom(from()); page.length > 0 && !signal.aborted; page = await pageFrom(from())) yield page;
          tries = 0;
          yield [];
          if (!signal.aborted) yield* live(from());
        } catch (error) {
          if (signal.aborted) return;
          const { code, message } = error as Error & { code?: unknown };
          if (error instanceof Stopped) throw error;
          if (code === ABORTED) continue;
          if (REFUSED.includes(code)) throw misuse(`EventStoreDB refuses the user of EVENTSTORE_URL: ${message}. It needs one that may read ${stream}`);
          away(new Trouble(`EventStoreDB does not answer (${message})`, undefined, { cause: error }));
        }
        await pauseBefore(tries++, 0, signal);
      }
    } finally {
      await client.dispose();
    }
  };

/** Chance keeps many consumers from coming back at once. */
const pauseBefore = (tries: number, atLeast: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.max(atLeast, Math.min(LONGEST_PAUSE_MS, 200 * 2 ** tries) * (0.5 + Math.random() / 2)), undefined, { signal }).catch(() => undefined);
