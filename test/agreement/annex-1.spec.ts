import { OPTIONS, clause, monthlyParts } from '@app/agreement';
import { plainDate } from '@app/calendar';

const numbers = (pick: (o: (typeof OPTIONS)[number]) => boolean): number[] => OPTIONS.filter(pick).map((o) => o.option);

describe('Annex 1 and Article 11: fees', () => {
  it('X1-1-1 X1-2-1a A11a: what the base costs is quoted individually', () => {
    for (const id of ['X1-1-1', 'X1-2-1a', 'A11a'] as const)
      expect(clause(id)).toMatchObject({ class: 'R', encodedBy: ['contract:Quoted'] });
  });

  it('X1-1-2a X1-1-2b: the initial fee of 15 options is quoted, that of 30 is 0 yen', () => {
    expect(numbers((o) => o.initial === 'quoted')).toEqual([1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 33, 34, 37, 38, 45]);
    expect(numbers((o) => o.initial === 'zero')).toHaveLength(30);
  });

  it('X1-2-2a: 35 options have a monthly fee, the ten that nothing binds have none', () => {
    expect(numbers((o) => !o.monthly)).toEqual([3, 5, 6, 9, 10, 11, 12, 37, 38, 45]);
  });

  it('X1-2-2b: excess is billed for the 29 options that count accounts', () => {
    expect(numbers((o) => !o.excessBilled)).toEqual([1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 33, 34, 37, 38, 44, 45]);
  });

  it('X1-3-1 X1-3-2: one-time charges concern the devices of option 2 alone', () => {
    expect(OPTIONS.filter((o) => o.oneTime.length > 0).map((o) => [o.option, o.oneTime])).toEqual([[2, ['X1-3-1', 'X1-3-2']]]);
  });

  it.each<[string, string, string | null, number[]]>([
    ['a full month', '2025-10-01', null, [100_000]],
    ['from the 15th', '2025-10-15', null, [54_838]],
    ['to the 14th', '2025-09-01', '2025-10-14', [45_161]],
    ['ended before', '2025-09-01', '2025-09-30', []],
  ])('A11c: October 2025 at 100,000 yen, %s (%s to %s): %j', (_what, from, to, amounts) => {
    expect(
      monthlyParts([{ from: plainDate(from), to: to === null ? null : plainDate(to), amount: 100_000 }], '2025-10', 'floor').map(
        (p) => p.amount,
      ),
    ).toEqual(amounts);
  });

  it('A11c: a change of the fee in mid-month makes two parts', () => {
    const parts = monthlyParts(
      [
        { from: plainDate('2025-09-01'), to: plainDate('2025-10-10'), amount: 100_000 },
        { from: plainDate('2025-10-11'), to: null, amount: 120_000 },
      ],
      '2025-10',
      'floor',
    );
    expect(parts.map((p) => [p.from, p.days, p.amount])).toEqual([
      ['2025-10-01', 10, 32_258],
      ['2025-10-11', 21, 81_290],
    ]);
  });
});
