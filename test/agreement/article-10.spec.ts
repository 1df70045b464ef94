import { option } from '@app/agreement';
import { periodEnd, plainDate, resolveMinNotice, resolveTermNotice } from '@app/calendar';

const day = (d: string | null) => (d === null ? null : plainDate(d));

describe('Article 10: the day a termination takes effect', () => {
  it.each<[string, string | null, string]>([
    ['2026-01-10', null, '2026-02-09'],
    ['2026-01-10', '2026-01-20', '2026-02-09'],
    ['2026-01-10', '2026-03-31', '2026-03-31'],
    ['2026-01-31', '2026-02-28', '2026-03-02'],
    ['2024-01-31', null, '2024-03-01'],
  ])('A10-1: of C, G, L, O, A, B: arrived %s, designated %s, ends %s', (arrivedOn, designatedOn, endsOn) => {
    const startsOn = plainDate('2023-10-01');
    const notice = {
      startsOn,
      minEndsOn: periodEnd(startsOn, { months: 1 }),
      arrivedOn: plainDate(arrivedOn),
      designatedOn: day(designatedOn),
    };
    expect(resolveMinNotice(notice)).toMatchObject({ rule: 'minimum', endsOn, settlementDue: false });
  });

  it.each<[string, string, string, string | null, string, string]>([
    [
      'N6: late for the renewal, but the 30th day is the term end',
      '2025-04-01',
      '2026-03-01',
      '2026-03-31',
      'within-term',
      '2026-03-31',
    ],
    [
      'N7: in time, though the 30th day falls after the term end',
      '2025-03-01',
      '2026-01-31',
      '2026-02-28',
      'expiry',
      '2026-02-28',
    ],
    ['N9: the same without a designated day', '2025-03-01', '2026-01-31', null, 'expiry', '2026-02-28'],
    ['N14: before billing starts', '2025-10-01', '2025-08-15', '2025-09-20', 'before-billing', '2025-09-20'],
    ['in mid-term', '2025-10-10', '2026-01-15', '2026-02-14', 'within-term', '2026-02-14'],
  ])(
    'A10-2: of X and D, %s (billed from %s, arrived %s, designated %s): %s, ends %s',
    (_what, startsOn, arrivedOn, designatedOn, rule, endsOn) => {
      expect(
        resolveTermNotice({
          startsOn: plainDate(startsOn),
          arrivedOn: plainDate(arrivedOn),
          designatedOn: day(designatedOn),
          lateDesignation: 'renew',
          chainAnchor: 'previousEnd',
        }),
      ).toMatchObject({ rule, endsOn });
    },
  );

  it.each<[string, number, string]>([
    ['A10-3', 33, 'L'],
    ['A10-4', 34, 'X'],
    ['A10-5', 44, 'G'],
  ])('%s: deleting option %i ends its contract for %s', (clause, no, item) => {
    expect([option(no).cascade, option(no).items]).toEqual([clause, [item]]);
  });
});
