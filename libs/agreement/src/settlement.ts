import { addDays, daysInRange, eachMonth, firstOf, lastOf, maxDate, minDate, monthOf, periodEnd } from '@app/calendar';
import { prorate, sumYen } from '@app/money';
import type { Month, PlainDate } from '@app/calendar';
import type { Rounding, Yen } from '@app/money';
import { carriedBack, rowAt, type Source } from './dated.js';
import type { CitableId } from './ids.js';
import type { Policies } from './policies.js';
import type { PeriodRule } from './periods.js';
import type { Revision } from './revisions.js';

/** One month of a settlement: `days` of the month's `of` days at the monthly fee. */
export interface SettlementMonth {
  /** The calendar month; under `contract` proration the calendar month in which the contract month ends. */
  readonly month: Month;
  readonly days: number;
  readonly of: number;
  readonly amount: Yen;
}

export interface Settlement {
  readonly total: Yen;
  /** First and last day of what remains of the period; null where nothing remains. */
  readonly from: PlainDate | null;
  readonly to: PlainDate | null;
  readonly months: readonly SettlementMonth[];
}

export interface SettlementInput {
  /** The fee of the line in force on the end day (N15). */
  readonly monthlyFee: Yen;
  readonly periodStartsOn: PlainDate;
  readonly periodEndsOn: PlainDate;
  /** Last day in force. */
  readonly endsOn: PlainDate;
  readonly proration: Policies['proration'];
  readonly rounding: Rounding;
}

const NOTHING: Settlement = { total: 0, from: null, to: null, months: [] };

interface Slice {
  readonly month: Month;
  readonly from: PlainDate;
  readonly to: PlainDate;
}

const calendarMonths = (from: PlainDate, to: PlainDate): Slice[] =>
  eachMonth(from, to).map((month) => ({ month, from: firstOf(month), to: lastOf(month) }));

/** Months counted from the first day of the period: the k-th ends on periodEnd(first, k months). */
function contractMonths(first: PlainDate, from: PlainDate, to: PlainDate): Slice[] {
  const out: Slice[] = [];
  let start = first;
  for (let k = 1; start <= to; k++) {
    const end = periodEnd(first, { months: k });
    if (end >= from) out.push({ month: monthOf(end), from: start, to: end });
    start = addDays(end, 1);
  }
  return out;
}

/**
 * The amount for what remains of a minimum period or term after its line ended early (X2-1, X2-2): the residual is
 * [end + 1, period end], cut into calendar months, or under `contract` into months of the period; a full month costs
 * the fee, a part of one fee × days / days of that month, rounded. An end on or after the period's costs nothing.
 * Whether anything is due at all (before billing N14, exempt grounds) is for the caller to ask first.
 */
export function settle(s: SettlementInput): Settlement {
  if (s.endsOn >= s.periodEndsOn) return NOTHING;
  const from = maxDate(addDays(s.endsOn, 1), s.periodStartsOn);
  const to = s.periodEndsOn;
  const slices = s.proration === 'calendar' ? calendarMonths(from, to) : contractMonths(s.periodStartsOn, from, to);
  const months = slices.map(({ month, from: first, to: last }) => {
    const days = daysInRange(maxDate(first, from), minDate(last, to));
    const of = daysInRange(first, last);
    return { month, days, of, amount: prorate(s.monthlyFee, days, of, s.rounding) };
  });
  return { total: sumYen(months.map((m) => m.amount)), from, to, months };
}

/** By which annex what remains of a period is charged, in each version: the same in all whose text was carried back. */
export const SETTLEMENT_ROWS = carriedBack({ base: 'X2-1', option: 'X2-2', settle });

/** As {@link settle}, by the rules of one version of the agreement. Throws NoRow where no rule of it is known. */
export function settleUnder(revision: Revision, input: SettlementInput): Settlement & { readonly source: Source } {
  const row = rowAt(SETTLEMENT_ROWS, revision.from, 'settlement rules');
  return { ...row.settle(input), source: row.source };
}

/** What ended a line. */
export type EndGround = 'notice' | 'provider' | 'general-terms-28-2' | 'general-terms-28-3' | 'A9' | 'A10-3' | 'A10-4' | 'A10-5';

export interface LineEnd {
  readonly subject: 'base' | 'option';
  readonly period: PeriodRule;
  /** What ended the line; for an option that ends with its contract, what ended the contract. */
  readonly ground: EndGround;
  /** Whether an option ends because its contract ends; false for the base. */
  readonly withContract: boolean;
  readonly policies: Policies;
}

const EXEMPT: readonly EndGround[] = ['general-terms-28-2', 'general-terms-28-3', 'A9'];

/**
 * The clause by which a line's early end is settled, or by which it is not: A12-1, A12-2 except under general terms
 * 28 (2), (3) and abolition (N5); A12-3 for options, which follow an exempt contract (N4) and whose one-year terms are
 * charged (N1), unless the policies say otherwise.
 */
export function settlementRule(end: LineEnd): {
  readonly due: boolean;
  readonly clause: CitableId;
  readonly because: CitableId | null;
} {
  const { subject, period, ground, policies } = end;
  const clause: CitableId = subject === 'option' ? 'A12-3' : period.kind === 'term' ? 'A12-2' : 'A12-1';
  const not = (because: CitableId) => ({ due: false, clause, because });
  if (period.kind === 'none') return not(period.clause);
  if (subject === 'base')
    return EXEMPT.includes(ground) ? not(ground === 'A9' ? 'N5' : clause) : { due: true, clause, because: null };
  if (period.kind === 'term' && policies.optionTerm === 'literal') return not('N1');
  if (end.withContract && EXEMPT.includes(ground) && policies.optionExempt === 'follow')
    return not(ground === 'A9' ? 'N5' : 'N4');
  return { due: true, clause, because: period.kind === 'term' ? 'N1' : null };
}
