import type { Book } from './book.js';
import type { Door } from './doors.js';
import type { Ledger } from './ledger.js';
import { Stopped, Trouble } from './trouble.js';

export interface RunOptions {
  readonly book: Book;
  readonly door: Door;
  /** Where the position is acknowledged under a name; without it, it is not. */
  readonly acknowledging: { readonly ledger: Ledger; readonly name: string } | null;
  /** Ends at the head instead of waiting for more, and does not wait for a ledger that is away. */
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
  const away = once ? undefined : (trouble: Trouble): void => remark(`${trouble.message}; asking again`);
  try {
    for await (const page of door({ from: () => book.checkpoint(), signal: AbortSignal.any([signal, end.signal]), ...(away ? { away } : {}) })) {
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

/** Telling the ledger where this consumer stands is a courtesy: without it the ledger shows a lag that is none. */
async function acknowledge(book: Book, { ledger, name }: NonNullable<RunOptions['acknowledging']>, remark: RunOptions['remark']): Promise<void> {
  const at = book.checkpoint();
  if (!at) return;
  try {
    await ledger.acknowledge(name, at);
  } catch (error) {
    if (error instanceof Stopped || !(error instanceof Trouble)) throw error;
    remark(`not acknowledged: ${error.message}`);
  }
}
