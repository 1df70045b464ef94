/** The charges that fall in a month. */
import { monthlyParts } from '@app/agreement';
import { firstOf, lastOf, minDate, type Month, type PlainDate } from '@app/calendar';
import type { Charge } from '@app/contract';
import type { Yen } from '@app/money';
import { fromCursor, pageOf, type Key } from './cursor.js';
import { chargesAt, segmentsAt } from './known.js';
import type { Db, Knowing, Page } from './reads.js';

export interface MonthCharge extends Charge {
  readonly contractId: string;
}

export interface ChargeFilter extends Page, Knowing {
  readonly month: Month;
  /** Only what has fallen due by this day. */
  readonly asOf?: PlainDate | undefined;
  readonly contractId?: string | undefined;
}

/** A charge in the order of the list: by day, then contract; one-off charges of a contract before its lines. */
interface Found {
  readonly due_on: PlainDate;
  readonly no: number;
  /** 0 one-off, 1 monthly. */
  readonly sort: 0 | 1;
  /** Number of the one-off charge, or of the line. */
  readonly n: number;
  readonly contract_id: string;
}

interface OneOff extends Found {
  readonly sort: 0;
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly clause: string;
  readonly amount: number | null;
  readonly voided_by: string | null;
}

interface Monthly extends Found {
  readonly sort: 1;
  readonly rounding: 'floor' | 'halfUp';
}

/**
 * Initial, monthly, one-time, excess and settlement charges whose day lies in the month, in order of that day, and the
 * total of all of them (those not yet quoted left out); null where the total cannot be held exactly. Use one unmoving
 * picture. @throws {MalformedCursor}
 */
export async function chargesOfMonth(db: Db, f: ChargeFilter): Promise<{ charges: MonthCharge[]; total: Yen | null; nextCursor: string | null }> {
  const { month, limit, at } = f;
  const first = firstOf(month);
  const last = lastOf(month);
  const until = f.asOf === undefined ? last : minDate(last, f.asOf);
  const after = fromCursor(f.cursor, ['', 0, 0, 0]);
  let only: number | null = null;
  if (f.contractId !== undefined) {
    const contract = await db.selectFrom('contracts').select('no').where('contract_id', '=', f.contractId).executeTakeFirst();
    only = contract?.no ?? -1;
  }
  const wanted = limit + 1;
  const key = (sort: 0 | 1) => (after === null ? null : ([after[0] as PlainDate, after[1], after[2] < sort ? -1 : after[2] > sort ? Number.MAX_SAFE_INTEGER : after[3]] as const));

  const atOneOff = key(0);
  const oneOffs = await db
    .selectFrom(chargesAt(db, at).as('x'))
    .innerJoin('contracts as c', 'c.no', 'x.no')
    .select(['x.due_on', 'x.no', 'x.n', 'x.id', 'x.kind', 'x.subject', 'x.clause', 'x.amount', 'x.voided_by', 'c.contract_id'])
    .where('x.due_on', '>=', first)
    .where('x.due_on', '<=', until)
    .$if(only !== null, (q) => q.where('x.no', '=', only!))
    .$if(atOneOff !== null, (q) => q.where((eb) => eb(eb.refTuple('x.due_on', 'x.no', 'x.n'), '>', eb.tuple(...atOneOff!))))
    .orderBy('x.due_on')
    .orderBy('x.no')
    .orderBy('x.n')
    .limit(wanted)
    .execute();

  const atLine = key(1);
  // Lines that were charged before the month are due on its first day …
  const running =
    until < first || (atLine !== null && atLine[0] > first)
      ? []
      : await db
          .selectFrom(segmentsAt(db, at).as('s'))
          .innerJoin('contracts as c', 'c.no', 's.no')
          .select(['s.no', 's.line as n', 'c.contract_id', 'c.rounding'])
          .where('s.from_day', '<=', first)
          .where('s.to_day', '>=', first)
          .$if(only !== null, (q) => q.where('s.no', '=', only!))
          .$if(atLine !== null, (q) => q.where((eb) => eb(eb.refTuple('s.no', 's.line'), '>', eb.tuple(atLine![1], atLine![2]))))
          .orderBy('s.no')
          .orderBy('s.line')
          .limit(wanted)
          .execute();
  // … those that begin in it on the day they begin.
  const beginning = await db
    .selectFrom(segmentsAt(db, at).as('s'))
    .innerJoin('contracts as c', 'c.no', 's.no')
    .select(['s.from_day as due_on', 's.no', 's.line as n', 'c.contract_id', 'c.rounding'])
    .where('s.first', '=', 1)
    .where('s.from_day', '>', first)
    .where('s.from_day', '<=', until)
    .$if(only !== null, (q) => q.where('s.no', '=', only!))
    .$if(atLine !== null, (q) => q.where((eb) => eb(eb.refTuple('s.from_day', 's.no', 's.line'), '>', eb.tuple(...atLine!))))
    .orderBy('s.from_day')
    .orderBy('s.no')
    .orderBy('s.line')
    .limit(wanted)
    .execute();

  const found: (OneOff | Monthly)[] = [
    ...oneOffs.map((r) => ({ ...r, sort: 0 as const })),
    ...running.map((r) => ({ ...r, due_on: first, sort: 1 as const })),
    ...beginning.map((r) => ({ ...r, sort: 1 as const })),
  ].sort((a, b) => compare(keyOf(a), keyOf(b)));
  const { rows, nextCursor } = pageOf(found, limit, keyOf);

  const numbers = [...new Set(rows.flatMap((r) => (r.sort === 1 ? [r.no] : [])))];
  const segments = numbers.length === 0 ? [] : await overlapping(db, at, first, last, numbers);
  const byLine = Map.groupBy(segments, (s) => `${s.no} ${s.line}`);
  const charges = rows.map((r): MonthCharge => {
    if (r.sort === 0) {
      const { id, kind, subject, clause, due_on: dueOn, amount, voided_by: voidedBy, contract_id: contractId } = r;
      return { contractId, id, kind: kind as Charge['kind'], subject, clause: clause as Charge['clause'], dueOn, amount, ...(voidedBy === null ? {} : { voidedBy }) };
    }
    const mine = byLine.get(`${r.no} ${r.n}`)!;
    const parts = monthlyParts(mine.map(segmentOf), month, r.rounding);
    const subject = mine[0]!.subject;
    return {
      contractId: r.contract_id,
      id: `${subject}:monthly:${month}`,
      kind: 'monthly',
      subject,
      clause: 'A11c',
      dueOn: r.due_on,
      amount: parts.reduce((sum, p) => sum + p.amount, 0),
      month,
      parts: parts.map(({ from, to, days, of, amount }) => ({ from, to, days, of, amount })),
    };
  });
  return { charges, total: await totalOf(db, { month, first, last, until, only, at }), nextCursor };
}

const segmentOf = (s: { from_day: PlainDate; to_day: PlainDate; amount: number }) => ({ from: s.from_day, to: s.to_day, amount: s.amount });

const keyOf = (r: Found): Key => [r.due_on, r.no, r.sort, r.n];

function compare(a: Key, b: Key): number {
  const i = a.findIndex((part, k) => part !== b[k]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
}

const overlapping = (db: Db, at: number | undefined, first: PlainDate, last: PlainDate, numbers: readonly number[]) =>
  db
    .selectFrom(segmentsAt(db, at).as('s'))
    .select(['no', 'line', 'subject', 'from_day', 'to_day', 'amount'])
    .where('no', 'in', numbers)
    .where('from_day', '<=', last)
    .where('to_day', '>=', first)
    .orderBy('no')
    .orderBy('line')
    .orderBy('from_day')
    .execute();

/**
 * Sums are taken in two halves, so that the database hands over whole numbers that can be held exactly. Written out in the
 * query, for a bound number would divide in floating point.
 */
const HALF = 1_000_000_000;

interface Totalled {
  readonly month: Month;
  readonly first: PlainDate;
  readonly last: PlainDate;
  /** Last day of the month on which something has fallen due. */
  readonly until: PlainDate;
  readonly only: number | null;
  readonly at: number | undefined;
}

async function totalOf(db: Db, { month, first, last, until, only, at }: Totalled): Promise<Yen | null> {
  const whole = (sum: { high: number | string | bigint | null; low: number | string | bigint | null }): bigint => BigInt(sum.high ?? 0) * BigInt(HALF) + BigInt(sum.low ?? 0);
  const oneOffs = await db
    .selectFrom(chargesAt(db, at).as('x'))
    .select((eb) => [eb.fn.sum(eb('amount', '/', eb.lit(HALF))).as('high'), eb.fn.sum(eb('amount', '%', eb.lit(HALF))).as('low')])
    .where('due_on', '>=', first)
    .where('due_on', '<=', until)
    .where('amount', 'is not', null)
    .$if(only !== null, (q) => q.where('no', '=', only!))
    .executeTakeFirstOrThrow();
  if (until < first) return safe(whole(oneOffs));
  // A full month costs the fee …
  const full = await db
    .selectFrom(segmentsAt(db, at).as('s'))
    .select((eb) => [eb.fn.sum(eb('amount', '/', eb.lit(HALF))).as('high'), eb.fn.sum(eb('amount', '%', eb.lit(HALF))).as('low')])
    .where('from_day', '<=', first)
    .where('to_day', '>=', last)
    .$if(only !== null, (q) => q.where('no', '=', only!))
    .executeTakeFirstOrThrow();
  // … and a part of one is rounded by the contract's own policy.
  const partial = await db
    .selectFrom(segmentsAt(db, at).as('s'))
    .innerJoin('contracts as c', 'c.no', 's.no')
    .select(['s.no', 's.line', 's.from_day', 's.to_day', 's.amount', 's.first', 'c.rounding'])
    .where('s.from_day', '<=', last)
    .where('s.to_day', '>=', first)
    .where((eb) => eb.or([eb('s.from_day', '>', first), eb('s.to_day', '<', last)]))
    .$if(only !== null, (q) => q.where('s.no', '=', only!))
    .execute();
  // What a line costs in the month in which it begins falls due on the day it does.
  const later = new Set(partial.filter((s) => s.first === 1 && s.from_day > until).map((s) => `${s.no} ${s.line}`));
  let total = whole(oneOffs) + whole(full);
  for (const s of partial) if (!later.has(`${s.no} ${s.line}`)) for (const part of monthlyParts([segmentOf(s)], month, s.rounding)) total += BigInt(part.amount);
  return safe(total);
}

const safe = (total: bigint): Yen | null => (total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : null);
