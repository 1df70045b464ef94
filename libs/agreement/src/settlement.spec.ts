import fc from 'fast-check';
import { addDays, daysIn, eachMonth, monthOf, periodEnd, plainDate } from '@app/calendar';
import { prorate } from '@app/money';
import { DEFAULT_POLICIES, monthlyParts, periodOfItem, periodOfOption, REVISIONS, revisionNamed, settle, SETTLEMENT_ROWS, settlementRule, settleUnder } from './index.js';
import type { PlainDate } from '@app/calendar';
import type { EndGround, FeeSegment } from './index.js';

const FIRST = plainDate('2018-01-01');
const start = fc.integer({ min: 0, max: 15_705 }).map((n) => addDays(FIRST, n));
const fee = fc.integer({ min: 0, max: 10 ** 12 });
const rounding = fc.constantFrom('floor' as const, 'halfUp' as const);
const proration = fc.constantFrom('calendar' as const, 'contract' as const);
const length = fc.constantFrom(1, 12);

/** Day by day: each day of the residual falls into a month, of the calendar or of the contract; then each month is priced. */
function byDays(
  monthlyFee: number,
  from: PlainDate,
  to: PlainDate,
  first: PlainDate,
  by: 'calendar' | 'contract',
  round: 'floor' | 'halfUp',
): number {
  const days = new Map<string, number>();
  const sizes = new Map<string, number>();
  let contractMonth = 1;
  for (let d = first; d <= to; d = addDays(d, 1)) {
    if (d > periodEnd(first, { months: contractMonth })) contractMonth++;
    const key = by === 'calendar' ? monthOf(d) : String(contractMonth);
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
    if (d >= from) days.set(key, (days.get(key) ?? 0) + 1);
  }
  let total = 0;
  for (const [key, n] of days) total += prorate(monthlyFee, n, by === 'calendar' ? daysIn(key) : sizes.get(key)!, round);
  return total;
}

describe('X2-1 X2-2 settlement of what remains', () => {
  it('is what a walk over the remaining days gives, for calendar and contract months', () => {
    fc.assert(
      fc.property(start, length, fc.nat({ max: 366 }), fee, proration, rounding, (first, months, into, monthlyFee, by, round) => {
        const periodEndsOn = periodEnd(first, { months });
        const endsOn = addDays(first, into - 1);
        const s = settle({ monthlyFee, periodStartsOn: first, periodEndsOn, endsOn, proration: by, rounding: round });
        expect(s.total).toBe(byDays(monthlyFee, addDays(endsOn, 1), periodEndsOn, first, by, round));
        expect(s.total).toBe(s.months.reduce((sum, m) => sum + m.amount, 0));
        expect(s.months.every((m, i) => m.days >= 1 && m.days <= m.of && (i === 0 || m.month > s.months[i - 1]!.month))).toBe(
          true,
        );
      }),
    );
  });

  it('lies between 0 and the fees of the months it touches, and falls as the end comes later', () => {
    fc.assert(
      fc.property(start, length, fc.nat({ max: 400 }), fee, proration, rounding, (first, months, into, monthlyFee, by, round) => {
        const periodEndsOn = periodEnd(first, { months });
        const at = (endsOn: PlainDate) =>
          settle({ monthlyFee, periodStartsOn: first, periodEndsOn, endsOn, proration: by, rounding: round });
        const s = at(addDays(first, into));
        expect(s.total).toBeGreaterThanOrEqual(0);
        expect(s.total).toBeLessThanOrEqual(monthlyFee * s.months.length);
        expect(s.total).toBeGreaterThanOrEqual(at(addDays(first, into + 1)).total);
        if (by === 'contract') expect(s.total).toBeLessThanOrEqual(monthlyFee * months);
      }),
    );
  });

  it('costs nothing from the last day of the period on', () => {
    for (const endsOn of ['2026-09-30', '2026-10-01', '2030-01-01'])
      expect(
        settle({
          monthlyFee: 100,
          periodStartsOn: plainDate('2025-10-01'),
          periodEndsOn: plainDate('2026-09-30'),
          endsOn: plainDate(endsOn),
          proration: 'calendar',
          rounding: 'floor',
        }),
      ).toEqual({ total: 0, from: null, to: null, months: [] });
  });

  it('shows its months, so that it can be checked by hand', () => {
    const s = {
      monthlyFee: 100_000,
      periodStartsOn: plainDate('2025-04-15'),
      periodEndsOn: plainDate('2026-04-14'),
      endsOn: plainDate('2025-10-31'),
      rounding: 'floor' as const,
    };
    expect(settle({ ...s, proration: 'calendar' })).toEqual({
      total: 546_666,
      from: '2025-11-01',
      to: '2026-04-14',
      months: [
        ...['2025-11', '2025-12', '2026-01', '2026-02', '2026-03'].map((month) => ({
          month,
          days: daysIn(month),
          of: daysIn(month),
          amount: 100_000,
        })),
        { month: '2026-04', days: 14, of: 30, amount: 46_666 },
      ],
    });
    // Contract months are named by the calendar month they end in; the first is the rest of 15 October to 14 November.
    expect(settle({ ...s, proration: 'contract' }).months[0]).toEqual({ month: '2025-11', days: 14, of: 31, amount: 45_161 });
  });
});

describe('A12-1 A12-2 A12-3 whether an end is settled', () => {
  const literalTerm = { ...DEFAULT_POLICIES, optionTerm: 'literal' as const };
  const literalExempt = { ...DEFAULT_POLICIES, optionExempt: 'literal' as const };
  const base = (item: 'X' | 'L', ground: EndGround) =>
    settlementRule({ subject: 'base', period: periodOfItem(item), ground, withContract: false, policies: DEFAULT_POLICIES });
  const option = (no: number, ground: EndGround, withContract: boolean, policies = DEFAULT_POLICIES) =>
    settlementRule({ subject: 'option', period: periodOfOption(no), ground, withContract, policies });

  it('A12-1 A12-2 settles the base whoever ends it, but for general terms 28 (2), (3) and abolition (N5)', () => {
    for (const ground of ['notice', 'provider', 'A10-3', 'A10-4', 'A10-5'] as const) {
      expect(base('L', ground)).toEqual({ due: true, clause: 'A12-1', because: null });
      expect(base('X', ground)).toEqual({ due: true, clause: 'A12-2', because: null });
    }
    for (const ground of ['general-terms-28-2', 'general-terms-28-3'] as const)
      expect(base('X', ground)).toEqual({ due: false, clause: 'A12-2', because: 'A12-2' });
    expect(base('L', 'A9')).toEqual({ due: false, clause: 'A12-1', because: 'N5' });
  });

  it('A12-3 N1 settles the one-year terms of options, unless the policy reads the trigger literally', () => {
    expect(option(30, 'notice', true)).toEqual({ due: true, clause: 'A12-3', because: 'N1' });
    expect(option(30, 'notice', true, literalTerm)).toEqual({ due: false, clause: 'A12-3', because: 'N1' });
    expect(option(2, 'notice', true, literalTerm)).toEqual({ due: true, clause: 'A12-3', because: null });
  });

  it('A12-3 N4 N5 lets options follow an exempt contract, unless the policy reads it literally', () => {
    expect(option(2, 'general-terms-28-2', true)).toEqual({ due: false, clause: 'A12-3', because: 'N4' });
    expect(option(2, 'A9', true)).toEqual({ due: false, clause: 'A12-3', because: 'N5' });
    expect(option(2, 'general-terms-28-2', true, literalExempt)).toMatchObject({ due: true });
    expect(option(2, 'notice', false)).toMatchObject({ due: true });
  });

  it('A8-6d never settles an option that nothing binds', () => {
    expect(option(3, 'notice', true)).toEqual({ due: false, clause: 'A12-3', because: 'A8-6d' });
  });
});

describe('A11c monthly charges', () => {
  /** Segments that follow each other, with or without a gap. */
  const segments = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
      minLength: 1,
      maxLength: 6,
    })
    .map((list): FeeSegment[] => {
      let from = plainDate('2026-01-20');
      return list.map(([days, gap, amount], i) => {
        from = addDays(from, gap);
        const segment = {
          from,
          to: i === list.length - 1 && gap === 0 ? null : addDays(from, days - 1),
          amount: amount * 31_000,
        };
        from = addDays(from, days);
        return segment;
      });
    });

  it('give each day of a month the fee of that day, in as few parts as there are changes of yen', () => {
    fc.assert(
      fc.property(segments, rounding, (list, round) => {
        for (const month of eachMonth(plainDate('2026-01-01'), plainDate('2026-12-31'))) {
          const parts = monthlyParts(list, month, round);
          const runs: { days: number; amount: number; last: PlainDate }[] = [];
          for (let d = plainDate(`${month}-01`); monthOf(d) === month; d = addDays(d, 1)) {
            const segment = list.find((s) => s.from <= d && (s.to === null || d <= s.to));
            if (!segment) continue;
            const run = runs.at(-1);
            if (run && run.amount === segment.amount && addDays(run.last, 1) === d)
              Object.assign(run, { days: run.days + 1, last: d });
            else runs.push({ days: 1, amount: segment.amount, last: d });
          }
          expect(parts.map((p) => [p.days, p.to, p.amount])).toEqual(
            runs.map((r) => [r.days, r.last, prorate(r.amount, r.days, daysIn(month), round)]),
          );
          if (runs.length === 1 && runs[0]!.days === daysIn(month)) expect(parts[0]!.amount).toBe(runs[0]!.amount);
        }
      }),
    );
  });

  it('join adjacent days of the same yen whatever else changed, and keep a gap apart', () => {
    const day = plainDate;
    const half = [
      { from: day('2026-04-01'), to: day('2026-04-10'), amount: 300 },
      { from: day('2026-04-11'), to: null, amount: 300 },
    ];
    expect(monthlyParts(half, '2026-04', 'floor')).toEqual([
      { month: '2026-04', from: '2026-04-01', to: '2026-04-30', days: 30, of: 30, amount: 300 },
    ]);
    expect(monthlyParts([half[0]!, { ...half[1]!, from: day('2026-04-12') }], '2026-04', 'floor').map((p) => p.days)).toEqual([
      10, 19,
    ]);
    expect(monthlyParts(half, '2026-03', 'floor')).toEqual([]);
  });

  it('refuse segments that overlap', () => {
    const s = { from: plainDate('2026-04-01'), to: null, amount: 1 };
    expect(() => monthlyParts([s, s], '2026-04', 'floor')).toThrow(RangeError);
  });
});

describe('the rules of a version of the agreement', () => {
  const input = { monthlyFee: 100_000, periodStartsOn: plainDate('2026-10-01'), periodEndsOn: plainDate('2027-09-30'), endsOn: plainDate('2026-12-15'), proration: 'calendar', rounding: 'floor' } as const;

  it('are asked for by its day or by its clause', () => {
    expect(revisionNamed('2025-10-01')).toBe(revisionNamed('S-R7-10-1-1'));
    for (const r of REVISIONS) expect([revisionNamed(r.id), revisionNamed(r.clause)]).toEqual([r, r]);
    for (const bad of ['2025-10-02', 'S-R7-10-1-2', '', undefined, 'toString']) expect(revisionNamed(bad)).toBeUndefined();
  });

  it('charge what remains alike in all of them, and say which are carried back from the last text', () => {
    expect(REVISIONS.map((r) => settleUnder(r, input).source)).toEqual(REVISIONS.map((_, i) => (i === REVISIONS.length - 1 ? 'text' : 'inferred')));
    for (const r of REVISIONS) expect(settleUnder(r, input)).toMatchObject(settle(input));
  });

  it('are those of the row in force, should one ever differ', () => {
    const [early, text] = SETTLEMENT_ROWS;
    expect(SETTLEMENT_ROWS.filter((row) => row.from <= REVISIONS[3]!.from)).toEqual([early]);
    expect(SETTLEMENT_ROWS.findLast((row) => row.from <= REVISIONS.at(-1)!.from)).toBe(text);
  });
});
