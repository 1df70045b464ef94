import { DEFAULT_POLICIES, periodAt, periodOfItem } from '@app/agreement';
import { noticeDeadline, plainDate, resolveTermNotice, terms } from '@app/calendar';
import type { ItemCode } from '@app/agreement';

const period = (code: ItemCode, start: string) =>
  periodAt(periodOfItem(code), plainDate(start), plainDate(start), DEFAULT_POLICIES.chainAnchor);

describe('Article 3: minimum use period and term', () => {
  it.each<[string, string]>([
    ['2025-01-28', '2025-02-27'],
    ['2025-01-29', '2025-02-28'],
    ['2025-01-30', '2025-02-28'],
    ['2025-01-31', '2025-02-28'],
    ['2024-01-29', '2024-02-28'],
    ['2024-01-30', '2024-02-29'],
    ['2025-03-30', '2025-04-29'],
    ['2025-03-31', '2025-04-30'],
    ['2025-12-01', '2025-12-31'],
  ])('A3-1a: billed from %s, the minimum use period ends on %s', (start, end) => {
    for (const code of ['C', 'G', 'L', 'O', 'A', 'B'] as const)
      expect(period(code, start)).toMatchObject({ kind: 'minimum', endsOn: end });
  });

  it('A3-1b: X and D have no minimum use period, but a term', () => {
    expect([period('X', '2025-10-01')?.kind, period('D', '2025-10-01')?.kind]).toEqual(['term', 'term']);
  });

  it.each<[string, string]>([
    ['2025-10-01', '2026-09-30'],
    ['2024-02-29', '2025-02-28'],
    ['2024-02-28', '2025-02-27'],
    ['2023-03-01', '2024-02-29'],
    ['2025-12-31', '2026-12-30'],
  ])('A3-2a: billed from %s, the first term ends on %s', (start, end) => {
    for (const code of ['X', 'D'] as const) expect(period(code, start)).toMatchObject({ kind: 'term', index: 1, endsOn: end });
  });

  it.each<[string, string]>([
    ['2026-09-30', '2026-08-31'],
    ['2026-03-31', '2026-02-28'],
    ['2026-03-30', '2026-02-28'],
    ['2026-03-27', '2026-02-27'],
    ['2026-04-30', '2026-03-31'],
    ['2026-04-29', '2026-03-29'],
    ['2026-05-30', '2026-04-30'],
    ['2026-02-28', '2026-01-31'],
    ['2024-02-28', '2024-01-28'],
    ['2024-02-29', '2024-01-31'],
  ])('A3-2b: to stop the renewal after %s, the notice arrives by %s', (end, deadline) => {
    expect(noticeDeadline(plainDate(end))).toBe(deadline);
  });

  it.each<[string, string, string | null, string, string]>([
    ['on the deadline, for the term end', '2026-08-31', '2026-09-30', 'within-term', '2026-09-30'],
    ['one day late', '2026-09-01', '2026-09-30', 'renewed', '2026-10-01'],
    ['in time, for a day after the term end', '2026-08-01', '2026-10-31', 'renewed', '2026-10-31'],
    ['on the last day of the term', '2026-09-30', null, 'renewed', '2026-10-30'],
  ])('A3-2b: a notice %s (arrived %s, designated %s) is %s, and the end %s', (_what, arrivedOn, designatedOn, rule, endsOn) => {
    expect(
      resolveTermNotice({
        startsOn: plainDate('2025-10-01'),
        arrivedOn: plainDate(arrivedOn),
        designatedOn: designatedOn === null ? null : plainDate(designatedOn),
        lateDesignation: 'renew',
        chainAnchor: 'previousEnd',
      }),
    ).toMatchObject({ rule, endsOn });
  });

  it('A3-2c N10: every later term renews too; 29 February goes over to 1 March', () => {
    expect(terms(plainDate('2020-02-29'), 5).map((t) => t.endsOn)).toEqual([
      '2021-02-28',
      '2022-02-28',
      '2023-02-28',
      '2024-02-29',
      '2025-02-28',
    ]);
  });

  it('N8 lateDesignation: under `expire` a timely notice always stops the renewal', () => {
    const notice = {
      startsOn: plainDate('2025-10-01'),
      arrivedOn: plainDate('2026-08-01'),
      designatedOn: plainDate('2026-10-31'),
      chainAnchor: 'previousEnd' as const,
    };
    expect(resolveTermNotice({ ...notice, lateDesignation: 'expire' })).toMatchObject({
      rule: 'expiry',
      endsOn: '2026-09-30',
      lateDesignated: true,
    });
    expect(resolveTermNotice({ ...notice, lateDesignation: 'renew' })).toMatchObject({
      rule: 'renewed',
      endsOn: '2026-10-31',
      lateDesignated: true,
    });
  });
});
