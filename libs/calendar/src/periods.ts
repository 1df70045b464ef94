import {
  addDays,
  addMonths,
  dayOf,
  fromFields,
  lastOf,
  monthLength,
  monthNumberOf,
  monthOf,
  monthsBetween,
  yearOf,
} from './plain-date.js';
import type { PlainDate } from './plain-date.js';

export type Length = { readonly months: number } | { readonly years: number };

const monthsOf = (length: Length): number => ('months' in length ? length.months : length.years * 12);

/**
 * Last day of a period whose first day counts in full (Civil Code 140 proviso, 143): the day before the corresponding
 * day, or the last day of the month where no such day exists. Not one day before a clipped date: 31 January plus one
 * month ends on 28 February, and so does 30 January.
 */
export function periodEnd(start: PlainDate, length: Length): PlainDate {
  return endAfterMonths(start, monthsOf(length));
}

function endAfterMonths(start: PlainDate, months: number): PlainDate {
  const day = dayOf(start);
  const index = yearOf(start) * 12 + monthNumberOf(start) - 1 + months;
  const y = Math.floor(index / 12);
  const m = index - y * 12 + 1;
  const last = monthLength(y, m);
  if (day > last) return fromFields(y, m, last);
  if (day > 1) return fromFields(y, m, day - 1);
  return m > 1 ? fromFields(y, m - 1, monthLength(y, m - 1)) : fromFields(y - 1, 12, 31);
}

/** One term of a chain of renewing terms; all days inclusive. */
export interface Term {
  /** From 1. */
  readonly index: number;
  readonly startsOn: PlainDate;
  readonly endsOn: PlainDate;
  /** Last day on which a notice may arrive and still prevent the renewal (A3-2b, A8-7b). */
  readonly noticeDeadline: PlainDate;
  /** First day of the next term, if it renews. */
  readonly nextRenewalOn: PlainDate;
}

/** N10: where the next term is counted from. The two differ only where a term end had no corresponding day. */
export type ChainAnchor = 'previousEnd' | 'originalStart';

function checked(months: number): number {
  if (!Number.isInteger(months) || months < 1) throw new RangeError(`a term of ${months} months`);
  return months;
}

const makeTerm = (index: number, startsOn: PlainDate, endsOn: PlainDate): Term => ({
  index,
  startsOn,
  endsOn,
  noticeDeadline: noticeDeadline(endsOn),
  nextRenewalOn: addDays(endsOn, 1),
});

const fromOriginal = (start: PlainDate, index: number, months: number): Term =>
  makeTerm(
    index,
    index === 1 ? start : addDays(endAfterMonths(start, (index - 1) * months), 1),
    endAfterMonths(start, index * months),
  );

/**
 * Where a chain counted from each previous end stops being regular: the first k whose term ends without a
 * corresponding day; term k + 1 then starts on the first of a month and everything after is regular.
 * Looks no further than `upTo` terms; null if there is none by then.
 */
function firstProviso(start: PlainDate, months: number, upTo: number): number | null {
  const day = dayOf(start);
  if (day <= 28) return null;
  const month0 = monthNumberOf(start) - 1;
  if (months % 12 === 0 && month0 !== 1) return null;
  const index0 = yearOf(start) * 12 + month0;
  for (let k = 1; k <= upTo; k++) {
    const index = index0 + k * months;
    const y = Math.floor(index / 12);
    if (day > monthLength(y, index - y * 12 + 1)) return k;
  }
  return null;
}

/** Term number `index` (from 1) of the chain that starts on `start`. */
export function term(start: PlainDate, index: number, anchor: ChainAnchor = 'previousEnd', months = 12): Term {
  if (!Number.isInteger(index) || index < 1) throw new RangeError(`term ${index}`);
  checked(months);
  const k = anchor === 'previousEnd' ? firstProviso(start, months, index - 1) : null;
  if (k === null) return fromOriginal(start, index, months);
  const later = fromOriginal(addDays(endAfterMonths(start, k * months), 1), index - k, months);
  return { ...later, index };
}

/** The first `count` terms. */
export function terms(start: PlainDate, count: number, anchor: ChainAnchor = 'previousEnd', months = 12): Term[] {
  const out: Term[] = [];
  for (let i = 1; i <= count; i++) {
    // Each end is the next start, so a chain costs no more than its terms.
    const previous = out.at(-1);
    out.push(
      anchor === 'previousEnd' && previous
        ? makeTerm(i, previous.nextRenewalOn, endAfterMonths(previous.nextRenewalOn, checked(months)))
        : term(start, i, anchor, months),
    );
  }
  return out;
}

/** The term that contains `date`; null before `start`. */
export function termAt(start: PlainDate, date: PlainDate, anchor: ChainAnchor = 'previousEnd', months = 12): Term | null {
  if (date < start) return null;
  // A term never starts more than a month later than counted from the original start, so at most two guesses miss.
  let index = Math.max(1, Math.floor(monthsBetween(monthOf(start), monthOf(date)) / checked(months)));
  let t = term(start, index, anchor, months);
  while (t.startsOn > date) t = term(start, --index, anchor, months);
  while (t.endsOn < date) t = term(start, ++index, anchor, months);
  return t;
}

/**
 * Last day on which a notice "one month before expiry" may arrive (A3-2b, A8-7b; Civil Code 140-143 by analogy):
 * the term end is a day boundary and counts in full. A month end answers with the previous month's end, any other day
 * with the same day of the previous month, at most its last.
 */
export function noticeDeadline(termEnd: PlainDate): PlainDate {
  const month = monthOf(termEnd);
  const previous = addMonths(month, -1);
  const last = lastOf(previous);
  if (termEnd === lastOf(month)) return last;
  const same = (previous + termEnd.slice(7)) as PlainDate;
  return same < last ? same : last;
}

/** The n-th day after an arrival, whose own day does not count (Civil Code 140): effect at the end of it. */
export const elapseDay = (arrival: PlainDate, days = 30): PlainDate => addDays(arrival, days);

/** The later of the 30th day after arrival and the designated day (A8-8, A10-1, A10-2). */
export function effectiveDate(arrival: PlainDate, designated: PlainDate | null): PlainDate {
  const thirtieth = elapseDay(arrival);
  return designated !== null && designated > thirtieth ? designated : thirtieth;
}

/** Last day to return a device: 30 days from the end or from the arrival of the substitute (A8-4-2, A8-4-4b). */
export const returnDue = (event: PlainDate): PlainDate => addDays(event, 30);
