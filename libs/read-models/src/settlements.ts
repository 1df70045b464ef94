/** What ends cost: assessed, fixed but not yet due, and what an end today would cost. */
import { addDays, type Holidays, type PlainDate } from '@app/calendar';
import { BASE, lifeOf, settlementOf, withVendorFacts, type End, type Life, type SettlementLine } from '@app/contract';
import { sumYen, type Yen } from '@app/money';
import { statesOf, vendorFacts } from './contract-reads.js';
import type { SettlementLineView } from './contract-view.js';
import { fromCursor, pageOf, type Key } from './cursor.js';
import { contractsAt, headsOf, settlementsAt } from './known.js';
import type { Db, Window } from './reads.js';
import { OPEN } from './schema.js';

/**
 * - `assessed`: the end day has passed
 * - `fixed`: the end is fixed and not yet over, so what is known may still change
 * - `if-ended-today`: no end is fixed; what a notice with effect today would cost
 */
export type SettlementStatus = 'assessed' | 'fixed' | 'if-ended-today';

/** The lines of one contract that end on one day. */
export interface Settlement {
  readonly contractId: string;
  readonly managementUnitId: string;
  readonly contractorId: string;
  readonly item: string;
  readonly status: SettlementStatus;
  /** The end day. */
  readonly dueOn: PlainDate;
  readonly total: Yen;
  readonly estimated: boolean;
  readonly lines: readonly SettlementLineView[];
}

interface Row {
  readonly no: number;
  readonly due_on: PlainDate;
  /** Null: to be computed as if it ended today. */
  readonly lines: string | null;
}

/**
 * Settlements by the day they fall due; on today, after those, one for each contract in force whose end is not fixed.
 * Use one unmoving picture. @throws {MalformedCursor}
 */
export async function settlementsPage(db: Db, w: Window & { readonly holidays: Holidays | null }): Promise<{ settlements: Settlement[]; nextCursor: string | null }> {
  const { today, at, limit } = w;
  const from = w.from ?? ('' as PlainDate);
  const to = w.to ?? OPEN;
  const after = fromCursor(w.cursor, ['', 0, 0]);
  const wanted = limit + 1;
  const found: Row[] = [];
  const stored = async (first: PlainDate, last: PlainDate): Promise<void> => {
    if (first > last || found.length >= wanted) return;
    found.push(
      ...(await db
        .selectFrom(settlementsAt(db, at).as('s'))
        .select(['s.no', 's.due_on', 's.lines'])
        .where('s.due_on', '>=', first)
        .where('s.due_on', '<=', last)
        .$if(after !== null, (q) =>
          after![1] === 0
            ? q.where((eb) => eb(eb.refTuple('s.due_on', 's.no'), '>', eb.tuple(after![0] as PlainDate, after![2])))
            : q.where('s.due_on', '>', after![0] as PlainDate),
        )
        .orderBy('s.due_on')
        .orderBy('s.no')
        .limit(wanted - found.length)
        .execute()),
    );
  };
  const living = async (): Promise<void> => {
    if (from > today || to < today || found.length >= wanted || (after !== null && after[0] > today)) return;
    found.push(
      ...(
        await db
          .selectFrom(contractsAt(db, at).as('c'))
          .select('no')
          .where('end_on', 'is', null)
          .$if(after !== null && after[0] === today && after[1] === 1, (q) => q.where('no', '>', after![2]))
          .orderBy('no')
          .limit(wanted - found.length)
          .execute()
      ).map((r) => ({ ...r, due_on: today, lines: null })),
    );
  };
  await stored(from, to < today ? to : today);
  await living();
  await stored(from > today ? from : addDays(today, 1), to);

  const { rows, nextCursor } = pageOf(found, limit, keyOf);
  const toCompute = rows.filter((r) => r.lines === null).map((r) => r.no);
  const states = await statesOf(db, toCompute, at);
  const discontinuations = toCompute.length > 0 ? await vendorFacts(db, at) : [];
  const heads = await headsOf(db, rows.map((r) => r.no), at);
  const settlements = rows.map((r): Settlement => {
    const life = r.lines === null ? lifeOf(withVendorFacts(states.get(r.no)!.state, discontinuations), w) : null;
    const lines = r.lines === null ? (life ? ifEndedOn(life, today) : []) : (JSON.parse(r.lines) as SettlementLine[]);
    const estimated = r.lines === null || today < r.due_on;
    return {
      ...heads.get(r.no)!,
      status: r.lines === null ? 'if-ended-today' : r.due_on < today ? 'assessed' : 'fixed',
      dueOn: r.due_on,
      total: sumYen(lines.map((s) => s.amount)),
      estimated,
      lines: lines.map((s) => ({ ...s, estimated })),
    };
  });
  return { settlements, nextCursor };
}

const keyOf = (r: Row): Key => [r.due_on, r.lines === null ? 1 : 0, r.no];

/** What it costs when a contract whose end is not fixed ends on a day by notice: the base, and the options that end with it. */
export function ifEndedOn(life: Life, day: PlainDate): SettlementLine[] {
  const end: End = { on: day, reason: 'notice', clause: life.base.period.kind === 'term' ? 'A10-2' : 'A10-1', cause: '' };
  return [life.base, ...life.options].flatMap((line) => {
    if (line.voided || (line.end && line.end.on <= day)) return [];
    const itsEnd: End = line.subject === BASE ? end : { ...end, reason: 'contract', clause: 'N13' };
    const s = settlementOf(line, itsEnd, end, life.policies);
    return s ? [s] : [];
  });
}
