import { DEFAULT_POLICIES, periodOfItem, periodOfOption, settle, settlementRule } from '@app/agreement';
import { plainDate } from '@app/calendar';
import type { EndGround, Policies } from '@app/agreement';

describe('Article 12: when an early end is settled', () => {
  const base = (code: 'L' | 'X', ground: EndGround) =>
    settlementRule({ subject: 'base', period: periodOfItem(code), ground, withContract: false, policies: DEFAULT_POLICIES });
  const line = (no: number, ground: EndGround, withContract: boolean, policies: Partial<Policies> = {}) =>
    settlementRule({
      subject: 'option',
      period: periodOfOption(no),
      ground,
      withContract,
      policies: { ...DEFAULT_POLICIES, ...policies },
    });

  it.each<[string, 'L' | 'X', EndGround, boolean, string | null]>([
    ['A12-1', 'L', 'notice', true, null],
    ['A12-1', 'L', 'A10-3', true, null],
    ['A12-1', 'L', 'provider', true, null],
    ['A12-1', 'L', 'general-terms-28-2', false, 'A12-1'],
    ['A12-1', 'L', 'A9', false, 'N5'],
    ['A12-2', 'X', 'notice', true, null],
    ['A12-2', 'X', 'A10-4', true, null],
    ['A12-2', 'X', 'general-terms-28-3', false, 'A12-2'],
    ['A12-2', 'X', 'A9', false, 'N5'],
  ])('%s: %s ended by %s is settled: %s (%s)', (clause, code, ground, due, because) => {
    expect(base(code, ground)).toEqual({ due, clause, because });
  });

  it.each<[number, EndGround, boolean, Partial<Policies>, boolean, string | null]>([
    [2, 'notice', false, {}, true, null],
    [2, 'notice', true, {}, true, null],
    [30, 'notice', true, {}, true, 'N1'],
    [30, 'notice', true, { optionTerm: 'literal' }, false, 'N1'],
    [2, 'general-terms-28-2', true, {}, false, 'N4'],
    [2, 'general-terms-28-2', true, { optionExempt: 'literal' }, true, null],
    [2, 'A9', true, {}, false, 'N5'],
    [3, 'notice', true, {}, false, 'A8-6d'],
  ])(
    'A12-3: option %i, ended by %s, with its contract: %s, under %j, is settled: %s (%s)',
    (no, ground, withContract, policies, due, because) => {
      expect(line(no, ground, withContract, policies)).toEqual({ due, clause: 'A12-3', because });
    },
  );
});

describe('Annex 2: how much', () => {
  const amount = (
    fee: number,
    from: string,
    to: string,
    end: string,
    policies: Partial<Pick<Policies, 'proration' | 'rounding'>> = {},
  ) =>
    settle({
      monthlyFee: fee,
      periodStartsOn: plainDate(from),
      periodEndsOn: plainDate(to),
      endsOn: plainDate(end),
      proration: 'calendar',
      rounding: 'floor',
      ...policies,
    }).total;

  it.each<[string, string, string, number, string]>([
    ['2026-10-01', '2027-09-30', '2026-10-01', 1_196_774, '30/31 of October and 11 months'],
    ['2026-10-01', '2027-09-30', '2027-09-30', 0, 'nothing remains'],
    ['2025-10-01', '2026-09-30', '2026-09-29', 3_333, '1/30 of September'],
    ['2025-10-10', '2026-10-09', '2025-10-10', 1_196_773, 'two partial months, each rounded down'],
    ['2024-02-29', '2025-02-28', '2024-02-29', 1_200_000, 'the twelve months after a leap day'],
  ])('X2-1 X2-2: of a period %s to %s, ended on %s, %i yen at 100,000 a month: %s', (from, to, end, yen) => {
    expect(amount(100_000, from, to, end)).toBe(yen);
  });

  it('proration: months of the calendar, or of the contract', () => {
    expect(amount(100_000, '2025-04-15', '2026-04-14', '2025-10-14')).toBe(54_838 + 500_000 + 46_666);
    expect(amount(100_000, '2025-04-15', '2026-04-14', '2025-10-14', { proration: 'contract' })).toBe(600_000);
  });

  it('rounding: down, or 50 sen and over up', () => {
    expect([
      amount(100_000, '2025-04-15', '2026-04-14', '2025-10-14', { rounding: 'halfUp' }),
      amount(99_999, '2025-10-01', '2026-09-30', '2026-09-15', { rounding: 'halfUp' }),
    ]).toEqual([601_506, 50_000]);
  });
});
