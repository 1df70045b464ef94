import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
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
  nextBusinessDay,
  nextMonth,
  parseMonth,
  parsePlainDate,
  plainDate,
} from './index.js';
import type { PlainDate } from './index.js';

const FIRST = DateTime.utc(1900, 1, 1);
const DAYS = 109_573; // to 2199-12-31
const day = fc.integer({ min: 0, max: DAYS - 1 }).map((n) => FIRST.plus({ days: n }).toISODate() as PlainDate);

describe('plain dates against luxon', () => {
  it('names and numbers every day from 1900-01-01 to 2199-12-31 as luxon does', () => {
    let d = plainDate('1900-01-01');
    let l = FIRST;
    let checked = 0;
    for (; d <= '2199-12-31'; d = addDays(d, 1), l = l.plus({ days: 1 }), checked++) {
      if (d !== l.toISODate() || dayNumber(d) !== l.toMillis() / 86_400_000 || isSunday(d) !== (l.weekday === 7))
        throw new Error(`${d} is not luxon's ${l.toISODate()}`);
    }
    expect(checked).toBe(DAYS);
  });

  it('adds and subtracts days as luxon does', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -40_000, max: 40_000 }), (d, n) => {
        const there = addDays(d, n);
        expect(there).toBe(DateTime.fromISO(d, { zone: 'utc' }).plus({ days: n }).toISODate());
        expect(daysBetween(d, there)).toBe(n);
        expect(n >= 0 ? daysInRange(d, there) : daysInRange(there, d)).toBe(Math.abs(n) + 1);
      }),
    );
  });

  it('counts months as luxon does', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -1200, max: 1200 }), (d, n) => {
        const first = DateTime.fromISO(d, { zone: 'utc' }).startOf('month');
        expect(addMonths(monthOf(d), n)).toBe(first.plus({ months: n }).toFormat('yyyy-MM'));
        expect(monthsBetween(monthOf(d), addMonths(monthOf(d), n))).toBe(n);
        expect(daysIn(monthOf(d))).toBe(first.daysInMonth);
        expect(firstOf(monthOf(d))).toBe(first.toISODate());
        expect(lastOf(monthOf(d))).toBe(first.endOf('month').toISODate());
        expect(nextMonth(monthOf(d))).toBe(first.plus({ months: 1 }).toFormat('yyyy-MM'));
      }),
    );
  });

  it('lists the months a range touches', () => {
    expect(eachMonth(plainDate('2025-11-30'), plainDate('2026-02-01'))).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
    expect(eachMonth(plainDate('2025-11-30'), plainDate('2025-11-30'))).toEqual(['2025-11']);
    expect(eachMonth(plainDate('2025-11-30'), plainDate('2025-11-29'))).toEqual([]);
  });

  it('takes only days that exist, strictly written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 33 }),
        (y, m, d) => {
          const text = `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
          expect(parsePlainDate(text) !== null).toBe(DateTime.utc(y, m, d).isValid);
        },
      ),
    );
    for (const text of [
      '',
      '2025-1-1',
      '2025-01-01T00:00',
      ' 2025-01-01',
      '2025-01-01\n',
      '20250101',
      '2025-02-29',
      '0000-01-01',
      '２０２５-01-01',
      '+002025-01-01',
    ])
      expect(parsePlainDate(text)).toBeNull();
    expect(() => plainDate('2025-02-29')).toThrow(RangeError);
    expect(parseMonth('2025-12')).toBe('2025-12');
    for (const text of ['2025-13', '2025-00', '2025-1', '2025-12-01']) expect(parseMonth(text)).toBeNull();
  });

  it('refuses to leave the years it can write', () => {
    expect(() => addDays(plainDate('9999-12-31'), 1)).toThrow(RangeError);
    expect(() => addDays(plainDate('0001-01-01'), -1)).toThrow(RangeError);
    expect(() => addMonths('9999-12', 1)).toThrow(RangeError);
  });

  it('picks the earliest and the latest', () => {
    const [a, b, c] = [plainDate('2025-01-31'), plainDate('2025-02-01'), plainDate('2024-12-31')];
    expect(minDate(a, b, c)).toBe(c);
    expect(maxDate(a, b, c)).toBe(b);
  });

  it('tells the day in Tokyo, which turns at 15:00 UTC', () => {
    expect(jstToday(new Date('2025-09-30T14:59:59.999Z'))).toBe('2025-09-30');
    expect(jstToday(Date.UTC(2025, 8, 30, 15))).toBe('2025-10-01');
    expect(() => jstToday(Number.NaN)).toThrow(RangeError);
  });
});

describe('business days (Civil Code 142)', () => {
  const table = {
    name: 'a table',
    from: plainDate('2026-01-01'),
    to: plainDate('2026-12-31'),
    days: new Set(['2026-05-04', '2026-05-05', '2026-05-06']),
  };
  it('goes past Sundays and listed days', () => {
    expect(nextBusinessDay(plainDate('2026-05-02'), table)).toBe('2026-05-02');
    expect(nextBusinessDay(plainDate('2026-05-03'), table)).toBe('2026-05-07');
  });
  it('does not guess outside the range of the table', () => {
    expect(nextBusinessDay(plainDate('2025-12-31'), table)).toBeNull();
    expect(nextBusinessDay(plainDate('2027-01-01'), table)).toBeNull();
    expect(nextBusinessDay(plainDate('2026-12-27'), { ...table, to: plainDate('2026-12-27') })).toBeNull();
  });
});
