/** Vendors' discontinuations (A9), and what they mean for each contract. The rows are derived with the contracts'. */
import type { PlainDate } from '@app/calendar';
import { fromCursor, pageOf } from './cursor.js';
import type { Db, Page } from './reads.js';

/**
 * - `ends`: the contract ends by the discontinuation
 * - `alreadyEnds`: it ends earlier, or otherwise on the same day
 * - `lifted`: the discontinuation was corrected; `endsOn` is what now applies
 */
export interface DiscontinuationOutcome {
  readonly contractId: string;
  readonly outcome: 'ends' | 'alreadyEnds' | 'lifted';
  readonly endsOn: PlainDate | null;
  readonly reason: string | null;
  /** Whether the contract's own stream says so already; reads and commands apply it in any case. */
  readonly told: boolean;
}

/** One page of a discontinuation's outcomes, by contract in the order of their recording. @throws {MalformedCursor} */
export async function outcomesPage(db: Db, f: Page & { readonly discontinuationId: string }): Promise<{ outcomes: DiscontinuationOutcome[]; nextCursor: string | null }> {
  const after = fromCursor(f.cursor, [0]);
  const found = await db
    .selectFrom('outcomes as o')
    .innerJoin('contracts as c', 'c.no', 'o.no')
    .select(['o.no', 'o.outcome', 'o.ends_on', 'o.reason', 'o.told', 'c.contract_id'])
    .where('o.discontinuation_id', '=', f.discontinuationId)
    .$if(after !== null, (q) => q.where('o.no', '>', after![0]))
    .orderBy('o.no')
    .limit(f.limit + 1)
    .execute();
  const { rows, nextCursor } = pageOf(found, f.limit, (r) => [r.no]);
  const outcomes = rows.map((r) => ({ contractId: r.contract_id, outcome: r.outcome as DiscontinuationOutcome['outcome'], endsOn: r.ends_on, reason: r.reason, told: r.told === 1 }));
  return { outcomes, nextCursor };
}

/** How many contracts a discontinuation reaches, and how many of them its own stream has told so far. */
export async function progressOf(db: Db, discontinuationId: string): Promise<{ contracts: number; told: number }> {
  const row = await db
    .selectFrom('outcomes')
    .select((eb) => [eb.fn.countAll<number>().as('contracts'), eb.fn.sum<number | null>('told').as('told')])
    .where('discontinuation_id', '=', discontinuationId)
    .executeTakeFirstOrThrow();
  return { contracts: row.contracts, told: row.told ?? 0 };
}
