/** Two questions: did I get everything, and did I apply it? */
import type { Book } from './book.js';
import type { Month } from './charges.js';
import { firstDifference, Tree } from './digest.js';
import type { Difference, Ledger } from './ledger.js';

export interface Received {
  readonly size: number;
  readonly root: string;
  /** The first event that is another one, or other bytes, there; null: all are the same. */
  readonly differs: { readonly sequence: number; readonly id: string; readonly contractId: string } | null;
  /** Questions that it took. */
  readonly asked: number;
}

/** Compares the bytes of every event in the book with the ledger's, by digests of beginnings. */
export async function reconcileReceived(book: Book, ledger: Ledger): Promise<Received> {
  const size = book.size();
  const tree = Tree.of(book.stored());
  // A book that lost events in its middle must not pass for a shorter one.
  let asked = 0;
  const at = await firstDifference(Math.max(size, tree.size), async (n) => {
    asked++;
    return n <= tree.size && tree.root(n) === (await ledger.root(n));
  });
  const stored = at === null ? null : book.eventAt(at);
  const event = stored === null ? null : (JSON.parse(stored) as { readonly id: string; readonly subject: string });
  return { size, root: tree.root(), differs: at === null ? null : { sequence: at, id: event?.id ?? '(not in the book)', contractId: event?.subject ?? '(unknown)' }, asked };
}

const ROWS = 1_000;

export interface Applied {
  readonly rows: number;
  readonly matched: number;
  readonly differences: readonly Difference[];
}

/** Compares what was billed, or is about to be, of every contract and month; where it differs, line by line. */
export async function reconcileApplied(book: Book, ledger: Ledger, through: Month): Promise<Applied> {
  const at = book.checkpoint();
  const rows = at === null ? [] : book.totals(through);
  let matched = 0;
  const found: Difference[] = [];
  for (let i = 0; i < rows.length; i += ROWS) {
    const answer = await ledger.reconcile(at!, rows.slice(i, i + ROWS));
    matched += answer.matched;
    found.push(...answer.differences);
  }
  const differences: Difference[] = [];
  for (let i = 0; i < found.length; i += 100) {
    const some = found.slice(i, i + 100).map(({ contractId, month, total }) => ({ contractId, month, total, lines: book.linesIn(contractId, month) }));
    differences.push(...(await ledger.reconcile(at!, some)).differences);
  }
  return { rows: rows.length, matched, differences };
}
