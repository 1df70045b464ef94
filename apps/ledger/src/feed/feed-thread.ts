/**
 * The thread of the feed: writes the published log and keeps its index. Working out what an event means for billing
 * costs more than recording it did, so it is done beside the thread that takes commands, and gives way to it. Speaks
 * with {@link Feed}.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Holidays } from '@app/calendar';
import { openEventStoreDb, openSharedStore, type EmbeddedStoreLoan, type EventStore } from '@app/event-store';
import { PUBLISHED_STREAM, Publisher, type FeedStatus } from '@app/published';
import { giveWay } from '../application/give-way.js';
import { answerAsks, asError } from '../application/thread.js';
import { FeedIndexWriter } from './feed-index.js';
import type { FeedCursor } from '../ports.js';

export interface FeedThreadData {
  /** Path of `feed.sqlite`. */
  readonly file: string;
  readonly log: EmbeddedStoreLoan | { readonly url: string };
  readonly ledgerId: string;
  readonly holidays: Holidays | null;
  /** The log was taken as it is (a restored one): what was known of its published part counts no more. */
  readonly anew: boolean;
}

export type FeedAsk = { readonly ask: 'acknowledge'; readonly name: string; readonly cursor: FeedCursor | null } | { readonly ask: 'stop' };

/** What can be said of a publisher between threads. */
export interface PublisherReport extends Omit<FeedStatus, 'stopped'> {
  readonly stopped: { readonly code: string; readonly message: string; readonly event: object | null } | null;
}
export type FeedNews =
  /** The index can be read. */
  | { readonly said: 'open' }
  /** Everything up to here is published and in the index. */
  | { readonly said: 'head'; readonly head: FeedCursor | null }
  | { readonly said: 'status'; readonly status: PublisherReport }
  | { readonly said: 'trouble'; readonly error: Error };

/** How long the publisher lets events gather while it keeps up: one append for many costs a fraction of one each. */
const GATHER_MS = 10;
const GATHER_BELOW = 200;
const STATUS_EVERY_MS = 200;
const AGAIN_MS = 500;
/** Commands go first, then read models. */
const GIVE_WAY = 8;

const port = parentPort!;
const { file, log: where, ledgerId, holidays, anew } = workerData as FeedThreadData;
const say = (news: FeedNews): void => port.postMessage(news);

giveWay(GIVE_WAY);
const index = FeedIndexWriter.open(file);
if (anew) index.clearCursor();
say({ said: 'open' });
const store: EventStore = 'url' in where ? await openEventStoreDb(where) : openSharedStore(where);
const stop = new AbortController();
const { signal } = stop;
const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);

const publisher = new Publisher({
  log: {
    append: (stream, expected, events) => store.append(stream, expected, events),
    readStream: (stream, options) => store.readStream(stream, options),
    head: () => store.head(),
    compare: (a, b) => store.compare(a, b),
    async *subscribe(options) {
      for await (const message of store.subscribe(options)) {
        yield message;
        if (message.kind === 'events' && message.events.length < GATHER_BELOW) await pause(GATHER_MS);
      }
    },
  },
  source: `urn:uuid:${ledgerId}`,
  holidays,
  cursor: { load: async () => index.loadCursor(), save: async (cursor) => index.saveCursor(cursor) },
  pause,
});

/** Keeps the index up to the published log, whoever writes it. */
async function follow(): Promise<void> {
  while (!signal.aborted) {
    try {
      const last = index.last();
      if (last) {
        const [there] = await store.readStream(PUBLISHED_STREAM, { from: last.sequence, limit: 1 });
        if (there?.id !== last.id) index.forget();
      }
      const from = index.last();
      say({ said: 'head', head: from && { sequence: from.sequence, id: from.id } });
      for await (const message of store.subscribe({ after: from?.position ?? null, streamPrefixes: [PUBLISHED_STREAM], signal })) {
        const events = message.kind === 'events' ? message.events.filter((e) => e.stream === PUBLISHED_STREAM) : [];
        if (events.length === 0) continue;
        index.add(events);
        const { revision, id } = events.at(-1)!;
        say({ said: 'head', head: { sequence: revision, id } });
      }
    } catch (error) {
      if (!signal.aborted) say({ said: 'trouble', error: asError(error) });
    }
    if (!signal.aborted) await pause(AGAIN_MS);
  }
}

let said = '';
function tell(): void {
  const { stopped, ...rest } = publisher.status();
  const status: PublisherReport = { ...rest, stopped: stopped && { code: stopped.code, message: stopped.message, event: stopped.event } };
  const text = JSON.stringify(status);
  if (text !== said) say({ said: 'status', status });
  said = text;
}
const telling = setInterval(tell, STATUS_EVERY_MS);

const following = follow();
const publishing = publisher.run(signal).then(tell);

async function answer(asked: FeedAsk): Promise<unknown> {
  if (asked.ask === 'acknowledge') return index.acknowledge(asked.name, asked.cursor);
  clearInterval(telling);
  stop.abort();
  await Promise.all([following, publishing]);
  await store.close();
  index.close();
  return null;
}
answerAsks<FeedAsk>(port, answer, asError);
