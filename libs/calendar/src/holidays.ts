import { addDays, isSunday } from './plain-date.js';
import type { PlainDate } from './plain-date.js';

/** A named table of days on which no business is done, valid from `from` to `to` (both included). */
export interface Holidays {
  readonly name: string;
  readonly from: PlainDate;
  readonly to: PlainDate;
  readonly days: ReadonlySet<string>;
}

/** The first day from d on that is neither Sunday nor listed (Civil Code 142); null once outside the table's range. */
export function nextBusinessDay(d: PlainDate, holidays: Holidays): PlainDate | null {
  for (let day = d; day >= holidays.from && day <= holidays.to; day = addDays(day, 1))
    if (!isSunday(day) && !holidays.days.has(day)) return day;
  return null;
}
