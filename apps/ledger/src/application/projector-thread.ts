/**
 * The thread of the read models. It follows the log beside the one that takes commands, so that neither waits for the
 * other: bringing the rows up to an event costs more than deciding it did. Speaks with {@link Projector}.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Holidays } from '@app/calendar';
import { openEmbeddedLog, openEventStoreDb, type EmbeddedLogShare, type EventLog, type SubscriptionMessage } from '@app/event-store';
import { readModels } from '@app/read-models';
import { createRunner, openReadStore, ProjectionStopped, WaitTimeout, type ProjectionStatus } from '@app/read-store';
import { giveWay } from './give-way.js';
import { answerAsks, asError } from './thread.js';

export interface ProjectorData {
  /** Path of `read.sqlite`. */
  readonly file: string;
  readonly log: EmbeddedLogShare | { readonly url: string };
  readonly ledgerId: string;
  readonly holidays: Holidays | null;
}

export type Ask =
  | { readonly ask: 'caughtUp' }
  | { readonly ask: 'waitFor'; readonly position: string; readonly timeoutMs: number; readonly models: readonly string[] | null }
  | { readonly ask: 'rebuild'; readonly projection: string }
  | { readonly ask: 'stop' };

export type News =
  | { readonly said: 'status'; readonly status: readonly ProjectionStatus[] }
  | { readonly said: 'trouble'; readonly error: Error; readonly projection: string | null };

/** Errors lose their class on the way between threads. */
export type Failure =
  | { readonly kind: 'timeout'; readonly position: string }
  | { readonly kind: 'stopped'; readonly projection: string; readonly reason: string }
  | { readonly kind: 'other'; readonly error: Error };

/** Events in one transaction at most. */
const BATCH = 2_000;
/**
 * Pause after a transaction while nobody waits for the rows: under load each then holds many events, at a fraction of
 * the cost. A wait ends it.
 */
const PAUSE_MS = 25;
const STATUS_EVERY_MS = 50;
const AGAIN_MS = 500;
/** Commands go first. */
const GIVE_WAY = 5;

const port = parentPort!;
const { file, log: where, ledgerId, holidays } = workerData as ProjectorData;
const say = (news: News): void => port.postMessage(news);

giveWay(GIVE_WAY);
const log: EventLog = 'url' in where ? await openEventStoreDb(where) : openEmbeddedLog(where);
const readStore = openReadStore<never>({ file });

let waiting = 0;
let wake: (() => void) | null = null;
const rest = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => wake?.(), PAUSE_MS);
    wake = () => {
      clearTimeout(timer);
      wake = null;
      resolve();
    };
  });

const runner = createRunner(readStore, {
  source: {
    head: () => log.head(),
    compare: (a, b) => log.compare(a, b),
    readAll(options) {
      changed();
      return log.readAll(options);
    },
    async *subscribe(options): AsyncGenerator<SubscriptionMessage, void, undefined> {
      changed();
      options.signal.addEventListener('abort', () => wake?.(), { once: true });
      for await (const message of log.subscribe({ ...options, batch: BATCH })) {
        yield message;
        if (message.kind !== 'events') continue;
        changed();
        if (message.events.length < BATCH && waiting === 0 && !options.signal.aborted) await rest();
      }
    },
  },
  projections: readModels({ holidays }),
  ledgerId,
  onError(error, projection) {
    changed();
    say({ said: 'trouble', error: asError(error), projection });
  },
});

let due: NodeJS.Timeout | null = null;
const tell = (): void => {
  if (due) clearTimeout(due);
  due = null;
  say({ said: 'status', status: runner.status() });
};
/** Says how far the rows are, now and then. */
function changed(): void {
  due ??= setTimeout(tell, STATUS_EVERY_MS);
}

const failureOf = (error: unknown): Failure =>
  error instanceof WaitTimeout ? { kind: 'timeout', position: error.position }
  : error instanceof ProjectionStopped ? { kind: 'stopped', projection: error.projection, reason: error.reason }
  : { kind: 'other', error: asError(error) };

let stopping = false;
const started = (async () => {
  for (;;) {
    try {
      await log.head();
      return runner.start();
    } catch (error) {
      // The log cannot be reached yet.
      say({ said: 'trouble', error: asError(error), projection: null });
      if (stopping) return;
      await sleep(AGAIN_MS);
    }
  }
})();

async function answer(asked: Ask): Promise<void> {
  switch (asked.ask) {
    case 'caughtUp':
      await started;
      return runner.caughtUp();
    case 'waitFor':
      waiting++;
      wake?.();
      try {
        await started;
        return await runner.waitFor(asked.position, asked.timeoutMs, asked.models ?? undefined);
      } finally {
        waiting--;
      }
    case 'rebuild':
      await started;
      return runner.rebuild(asked.projection);
    case 'stop':
      stopping = true;
      await runner.stop();
      await readStore.close();
      return log.close();
  }
}

// Whoever is told that something came about finds it in the status too.
answerAsks<Ask>(port, answer, failureOf, ({ ask }) => {
  if (ask !== 'stop') tell();
});
