import { setTimeout as sleep } from 'node:timers/promises';
import type { Book } from './book.js';
import type { Door } from './doors.js';
import { Away, type Ledger } from './ledger.js';
import { Stopped, Trouble } from './trouble.js';

const PATIENCE_MS = 10_000;
const TRIES = 5;

export interface RunOptions {
  readonly book: Book;
  readonly door: Door;
  /** Where the position is acknowledged under a name; without it, it is not. */
  readonly acknowledging: { readonly ledger: Ledger; readonly name: string } | null;
  /** Ends at the head instead of waiting for more; a ledger that is away is not waited for, one that cannot answer yet for a moment. */
  readonly once: boolean;
  readonly signal: AbortSignal;
  /** Remarks for people. */
  readonly remark: (text: string) => void;
}

/**
 * Applies the feed to the book until the signal aborts, or to its head. Gives the number of events applied.
 * @throws {Stopped} an event that must not be applied came, or the feed was rewound
 */
export async function run({ book, door, acknowledging, once, signal, remark }: RunOptions): Promise<number> {
  let applied = 0;
  const end = new AbortController();
  const until = Date.now() + PATIENCE_MS;
  const away = (trouble: Trouble): void => {
    if (!once) remark(`${trouble.message}; asking again`);
    // It is there and has just been started, say.
    else if (!(trouble instanceof Away) || trouble.after === null || Date.now() > until) throw trouble;
  };
  try {
    for await (const page of door({ from: () => book.checkpoint(), signal: AbortSignal.any([signal, end.signal]), away })) {
      if (page.length > 0) applied += book.apply(page);
      else if (once) break;
      else continue;
      // Only what is committed here is acknowledged there.
      if (acknowledging) await acknowledge(book, acknowledging, remark);
    }
  } finally {
    end.abort();
  }
  return applied;
}

/**
 * Telling the ledger where this consumer stands is a courtesy: without it the ledger shows a lag that is none. A reader
 * of EventStoreDB may be ahead of the service by a moment, which then does not know the event yet.
 */
async function acknowledge(book: Book, { ledger, name }: NonNullable<RunOptions['acknowledging']>, remark: RunOptions['remark']): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      const at = book.checkpoint();
      if (at) await ledger.acknowledge(name, at);
      return;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      // Whether the feed was rewound is for the door to say.
      if (error instanceof Stopped && tries < TRIES) await sleep(50 * tries);
      else {
        remark(`not acknowledged: ${error.message}`);
        return;
      }
    }
}
