import { LEGACY_ITEMS, REVISIONS, clause, itemNameAt, itemsNamed, revisionAt } from '@app/agreement';
import { addDays, plainDate, term } from '@app/calendar';
import type { ClauseId, ItemCode } from '@app/agreement';

describe('Supplementary provisions: versions in force', () => {
  const VERSIONS: [ClauseId, string][] = [
    ['S-H30-10-1', '2018-10-01'],
    ['S-H30-11-1', '2018-11-01'],
    ['S-R1-9-1', '2019-09-01'],
    ['S-R1-10-1', '2019-10-01'],
    ['S-R1-12-1', '2019-12-01'],
    ['S-R2-9-1', '2020-09-01'],
    ['S-R3-1-1', '2021-01-01'],
    ['S-R3-7-1', '2021-07-01'],
    ['S-R3-10-1-1', '2021-10-01'],
    ['S-R4-4-1', '2022-04-01'],
    ['S-R4-5-1-1', '2022-05-01'],
    ['S-R4-7-1-1', '2022-07-01'],
    ['S-R4-11-1', '2022-11-01'],
    ['S-R5-1-1', '2023-01-01'],
    ['S-R6-4-1', '2024-04-01'],
    ['S-R6-10-1', '2024-10-01'],
    ['S-R7-4-1', '2025-04-01'],
    ['S-R7-10-1-1', '2025-10-01'],
  ];
  it.each(VERSIONS)('%s: from %s until the next', (id, from) => {
    const next = VERSIONS[VERSIONS.findIndex(([v]) => v === id) + 1]?.[1] ?? '2100-01-01';
    expect([revisionAt(plainDate(from)).clause, revisionAt(addDays(plainDate(next), -1)).clause]).toEqual([id, id]);
  });
  it('there are 18', () => {
    expect(REVISIONS.map((r) => r.clause)).toEqual(VERSIONS.map(([id]) => id));
  });
});

describe('Supplementary provisions: contracts go on under a new name', () => {
  it.each<[ClauseId, ItemCode, string, string, string]>([
    ['S-R3-10-1-2', 'C', '2021-09-30', 'アンチウイルス:Cylance', 'アンチウイルス:BlackBerry'],
    [
      'S-R3-10-1-3',
      'D',
      '2021-09-30',
      'アンチウイルス:Cylance/SBC 方式仮想デスクトップ',
      'アンチウイルス:BlackBerry/SBC 方式仮想デスクトップ',
    ],
    ['S-R4-7-1-2', 'C', '2022-06-30', 'アンチウイルス:BlackBerry', 'アンチウイルス:Cylance'],
    [
      'S-R4-7-1-3',
      'D',
      '2022-06-30',
      'アンチウイルス:BlackBerry/SBC 方式仮想デスクトップ',
      'アンチウイルス:Cylance/SBC 方式仮想デスクトップ',
    ],
    ['S-R7-10-1-2', 'C', '2025-09-30', 'アンチウイルス:Cylance', 'アンチウイルス:タイプ C'],
    ['S-R7-10-1-3', 'D', '2025-09-30', 'アンチウイルス:Cylance/SBC 方式仮想デスクトップ', 'アンチウイルス:タイプ D'],
    ['S-R7-10-1-4', 'L', '2025-09-30', 'IT 資産管理', 'IT 資産管理:タイプ L'],
    ['S-R7-10-1-5', 'O', '2025-09-30', 'IT 資産管理/CE', 'IT 資産管理:タイプ O'],
    ['S-R7-10-1-6', 'X', '2025-09-30', 'IT 資産管理/S', 'IT 資産管理:タイプ X'],
    ['S-R7-10-1-7', 'A', '2025-09-30', 'IT 資産管理モバイル', 'IT 資産管理:タイプ A'],
    ['S-R7-10-1-8', 'G', '2025-09-30', 'IT 資産保護', 'アンチウイルス:タイプ G'],
  ])('%s: %s is called, until %s, %s, and then %s', (id, code, until, before, then) => {
    const last = plainDate(until);
    const next = addDays(last, 1);
    expect([itemNameAt(code, last), itemNameAt(code, next)]).toEqual([before, then]);
    expect([itemsNamed(before, last), itemsNamed(then, next)]).toEqual([[code], [code]]);
    expect(clause(id).en).toContain(then);
  });

  it('S-R4-5-1-2: Symantec, concluded by 2022-04-30, binds for one month', () => {
    expect(LEGACY_ITEMS.map((i) => [i.clause, i.regime, i.concludedUntil])).toEqual([
      ['S-R4-5-1-2', 'minimum-1-month', '2022-04-30'],
    ]);
  });

  it('a renaming leaves the terms alone: billed from 29 February 2020, renamed on 1 October 2025, still in its sixth term', () => {
    expect(term(plainDate('2020-02-29'), 6)).toMatchObject({
      startsOn: '2025-03-01',
      endsOn: '2026-02-28',
      noticeDeadline: '2026-01-31',
    });
  });
});
