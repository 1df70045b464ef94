import { daysIn, daysInRange, firstOf, lastOf, maxDate, minDate, addDays } from '@app/calendar';
import { prorate } from '@app/money';
import type { Month, PlainDate } from '@app/calendar';
import type { Rounding, Yen } from '@app/money';

/** Days on which a line's monthly fee is one amount; `to` null: until further notice. */
export interface FeeSegment {
  readonly from: PlainDate;
  readonly to: PlainDate | null;
  readonly amount: Yen;
}

/** A part of a month at one fee. */
export interface MonthlyPart {
  readonly month: Month;
  readonly from: PlainDate;
  readonly to: PlainDate;
  readonly days: number;
  readonly of: number;
  /** What the part costs; a full month costs the fee. */
  readonly amount: Yen;
}

/**
 * The monthly charge of a line for a month, by parts in order of their days (A11c): adjacent days with the same yen are
 * one part whatever else changed. Segments ascend and do not overlap; days without a segment are not charged.
 */
export function monthlyParts(segments: readonly FeeSegment[], month: Month, rounding: Rounding): MonthlyPart[] {
  const first = firstOf(month);
  const last = lastOf(month);
  const of = daysIn(month);
  const runs: { from: PlainDate; to: PlainDate; fee: Yen }[] = [];
  for (const s of segments) {
    const from = maxDate(s.from, first);
    const to = s.to === null ? last : minDate(s.to, last);
    if (from > to) continue;
    const run = runs.at(-1);
    if (run && run.to >= from) throw new RangeError(`fee segments overlap on ${from}`);
    if (run && run.fee === s.amount && addDays(run.to, 1) === from) run.to = to;
    else runs.push({ from, to, fee: s.amount });
  }
  return runs.map(({ from, to, fee }) => {
    const days = daysInRange(from, to);
    return { month, from, to, days, of, amount: prorate(fee, days, of, rounding) };
  });
}
