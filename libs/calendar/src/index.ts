export {
  addDays,
  addMonths,
  dayNumber,
  daysBetween,
  daysIn,
  daysInRange,
  eachMonth,
  firstOf,
  isSunday,
  jstToday,
  lastOf,
  maxDate,
  minDate,
  monthOf,
  monthsBetween,
  nextMonth,
  parseMonth,
  parsePlainDate,
  plainDate,
} from './plain-date.js';
export type { Month, PlainDate } from './plain-date.js';
export * from './periods.js';
export * from './holidays.js';
export * from './notices.js';
