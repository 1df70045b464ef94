import { DateTime } from 'luxon';

/** A calendar day `YYYY-MM-DD` (proleptic Gregorian, years 0001..9999). Sorts as text: `<` compares days. */
export type PlainDate = string & { readonly __plainDate: true };

/** A calendar month `YYYY-MM`. Sorts as text. */
export type Month = string;

const SHAPE = /^\d{4}-\d{2}-\d{2}$/;
const TWO = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const FOUR = (y: number): string => TWO[(y / 100) | 0]! + TWO[y % 100]!;
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const isLeap = (y: number): boolean => y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);

/** Days in month m (1..12) of year y. */
export const monthLength = (y: number, m: number): number => (m === 2 && isLeap(y) ? 29 : LENGTHS[m - 1]!);

/** The fields of a day; dates are read by character so that hot loops allocate little. */
const digit = (t: string, i: number): number => t.charCodeAt(i) - 48;
export const yearOf = (d: string): number => digit(d, 0) * 1000 + digit(d, 1) * 100 + digit(d, 2) * 10 + digit(d, 3);
export const monthNumberOf = (d: string): number => digit(d, 5) * 10 + digit(d, 6);
export const dayOf = (d: string): number => digit(d, 8) * 10 + digit(d, 9);

/** The day of given fields, which must exist. Throws RangeError outside years 1..9999. */
export function fromFields(y: number, m: number, d: number): PlainDate {
  if (y < 1 || y > 9999) throw new RangeError(`year ${y} is outside 1..9999`);
  return (FOUR(y) + '-' + TWO[m]! + '-' + TWO[d]!) as PlainDate;
}

/** Days since 1970-01-01 of a civil date; whole eras of 400 years keep every step an exact integer. */
function toDayNumber(y: number, m: number, d: number): number {
  const year = m <= 2 ? y - 1 : y;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = ((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5) | 0;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear + d - 1;
  return era * 146097 + dayOfEra - 719468;
}

function fromDayNumber(n: number): PlainDate {
  const z = n + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = ((doe - ((doe / 1460) | 0) + ((doe / 36524) | 0) - ((doe / 146096) | 0)) / 365) | 0;
  const doy = doe - (365 * yoe + ((yoe / 4) | 0) - ((yoe / 100) | 0));
  const mp = ((5 * doy + 2) / 153) | 0;
  const m = mp < 10 ? mp + 3 : mp - 9;
  return fromFields(yoe + era * 400 + (m <= 2 ? 1 : 0), m, doy - (((153 * mp + 2) / 5) | 0) + 1);
}

/** Days since 1970-01-01. */
export const dayNumber = (d: PlainDate): number => toDayNumber(yearOf(d), monthNumberOf(d), dayOf(d));

/** The day a text names, or null: strictly `YYYY-MM-DD` and a day that exists. */
export function parsePlainDate(text: string): PlainDate | null {
  if (typeof text !== 'string' || !SHAPE.test(text)) return null;
  const y = yearOf(text);
  const m = monthNumberOf(text);
  const d = dayOf(text);
  return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= monthLength(y, m) ? (text as PlainDate) : null;
}

/** As {@link parsePlainDate}; throws RangeError where that gives null. */
export function plainDate(text: string): PlainDate {
  const d = parsePlainDate(text);
  if (d === null) throw new RangeError(`not a calendar day: ${JSON.stringify(text)}`);
  return d;
}

/** The day n days later (n may be negative). */
export function addDays(d: PlainDate, n: number): PlainDate {
  const y = yearOf(d);
  const m = monthNumberOf(d);
  const day = dayOf(d) + n;
  // Most steps stay inside the month.
  return day >= 1 && day <= 28 ? fromFields(y, m, day) : fromDayNumber(toDayNumber(y, m, 1) + day - 1);
}

/** b - a in days. */
export const daysBetween = (a: PlainDate, b: PlainDate): number => dayNumber(b) - dayNumber(a);

/** Days of the closed range [from, to]; 0 where it is empty. */
export const daysInRange = (from: PlainDate, to: PlainDate): number => (from > to ? 0 : daysBetween(from, to) + 1);

export const minDate = (first: PlainDate, ...rest: readonly PlainDate[]): PlainDate =>
  rest.reduce((a, b) => (b < a ? b : a), first);
export const maxDate = (first: PlainDate, ...rest: readonly PlainDate[]): PlainDate =>
  rest.reduce((a, b) => (b > a ? b : a), first);

export const monthOf = (d: PlainDate): Month => d.slice(0, 7);
export const firstOf = (month: Month): PlainDate => (month + '-01') as PlainDate;
export const daysIn = (month: Month): number => monthLength(yearOf(month), monthNumberOf(month));
export const lastOf = (month: Month): PlainDate => (month + '-' + TWO[daysIn(month)]!) as PlainDate;

/** The month n months later. */
export function addMonths(month: Month, n: number): Month {
  const index = yearOf(month) * 12 + monthNumberOf(month) - 1 + n;
  const y = Math.floor(index / 12);
  if (y < 1 || y > 9999) throw new RangeError(`year ${y} is outside 1..9999`);
  return FOUR(y) + '-' + TWO[index - y * 12 + 1]!;
}
export const nextMonth = (month: Month): Month => addMonths(month, 1);

/** b - a in months. */
export const monthsBetween = (a: Month, b: Month): number => (yearOf(b) - yearOf(a)) * 12 + monthNumberOf(b) - monthNumberOf(a);

/** The months touched by [from, to], in order; none where it is empty. */
export function eachMonth(from: PlainDate, to: PlainDate): Month[] {
  if (from > to) return [];
  const first = monthOf(from);
  return Array.from({ length: monthsBetween(first, monthOf(to)) + 1 }, (_, i) => addMonths(first, i));
}

/** `YYYY-MM` of a month that exists, or null. */
export const parseMonth = (text: string): Month | null => (parsePlainDate(`${text}-01`) === null ? null : text);

/** 1970-01-01 was a Thursday. */
export const isSunday = (d: PlainDate): boolean => (((dayNumber(d) + 4) % 7) + 7) % 7 === 0;

/** The date in Asia/Tokyo of an instant (a Date, or milliseconds since the epoch). */
export function jstToday(instant: Date | number): PlainDate {
  const at = DateTime.fromMillis(typeof instant === 'number' ? instant : instant.getTime(), { zone: 'Asia/Tokyo' });
  return plainDate(at.toISODate() ?? 'an invalid instant');
}
