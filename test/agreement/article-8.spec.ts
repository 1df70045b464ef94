import { DEFAULT_POLICIES, OPTIONS, checkApplication, periodAt, periodOfOption, tunnelCapacity } from '@app/agreement';
import { addDays, effectiveDate, nextBusinessDay, noticeDeadline, plainDate, returnDue, term } from '@app/calendar';

/** Clause, name, items, how it is counted, how long it binds. */
const TABLE: [string, string, string, string, string][] = [
  ['A8-2-1', 'トンネル接続オプション', 'L X', 'units', '1m'],
  ['A8-2-2', 'トンネル機器オプション', 'L X', 'units', '1y'],
  ['A8-2-3', '現地作業オプション', 'L X', 'none', '-'],
  ['A8-2-4', 'ダイレクト接続オプション', 'L X', 'none', '1m'],
  ['A8-2-5', 'マルウェア検体解析オプション', 'C D G L O X A B', 'none', '-'],
  ['A8-2-6', 'アンチウイルス:タイプ C 導入・教育支援オプション', 'C D', 'none', '-'],
  ['A8-2-7', 'EDR オプション', 'C', 'own', '1m'],
  ['A8-2-8', 'アンチウイルス:タイプ D EDR オプション', 'D', 'own', 'T'],
  ['A8-2-9', 'EDR 導入・教育支援オプション', 'C D', 'none', '-'],
  ['A8-2-10', 'HYBRID 導入支援オプション', 'C D', 'none', '-'],
  ['A8-2-11', 'IT 資産管理導入支援オプション', 'L O X', 'none', '-'],
  ['A8-2-12', 'IT 資産管理教育支援オプション', 'L O X', 'none', '-'],
  ['A8-2-13', 'Web アクセス管理オプション', 'L', 'parity', '1m'],
  ['A8-2-14', 'Web アクセス管理 for Mac オプション', 'L', 'parity', '1m'],
  ['A8-2-15', 'Web アクセス管理タイプ X オプション', 'X', 'parity', 'T'],
  ['A8-2-16', 'Web アクセス管理タイプ X for Mac オプション', 'X', 'parity', 'T'],
  ['A8-2-17', 'Web アクセス管理タイプ X for SBC 方式仮想デスクトップオプション', 'X', 'parity', 'T'],
  ['A8-2-18', 'クライアント Web フィルタリングオプション', 'L O A', 'own', '1m'],
  ['A8-2-19', 'クライアント Web フィルタリングタイプ X オプション', 'X', 'own', 'T'],
  ['A8-2-20', 'デバイス制御オプション', 'L', 'parity', '1m'],
  ['A8-2-21', 'デバイス制御 for Mac オプション', 'L', 'parity', '1m'],
  ['A8-2-22', 'デバイス制御タイプ X オプション', 'X', 'parity', 'T'],
  ['A8-2-23', 'デバイス制御タイプ X for Mac オプション', 'X', 'parity', 'T'],
  ['A8-2-24', 'メール管理オプション', 'L', 'parity', '1m'],
  ['A8-2-25', 'メール管理タイプ X オプション', 'X', 'parity', 'T'],
  ['A8-2-26', 'アプリ ID 監査オプション', 'L', 'parity', '1m'],
  ['A8-2-27', 'アプリ ID 監査タイプ X オプション', 'X', 'parity', 'T'],
  ['A8-2-28', 'アプリ ID 監査タイプ X for SBC 方式仮想デスクトップオプション', 'X', 'parity', 'T'],
  ['A8-2-29', 'リモートコントロールオプション', 'L O A', 'own', '1m'],
  ['A8-2-30', 'リモートコントロールタイプ X オプション', 'X', 'own', 'T'],
  ['A8-2-31', 'サーバ監視オプション', 'L', 'own', '1m'],
  ['A8-2-32', 'サーバ監視タイプ X オプション', 'X', 'own', 'T'],
  ['A8-2-33', 'ストレージ追加オプション', 'L', 'units', '1m'],
  ['A8-2-34', 'ストレージ追加タイプ X オプション', 'X', 'units', 'T'],
  ['A8-2-35', '不正 PC 遮断オプション', 'L', 'own', '1m'],
  ['A8-2-36', '不正 PC 遮断タイプ X オプション', 'X', 'own', 'T'],
  ['A8-2-37', 'IT 資産管理:タイプ A 導入支援オプション', 'A', 'none', '-'],
  ['A8-2-38', 'IT 資産管理:タイプ A 導入・教育支援オプション', 'A', 'none', '-'],
  ['A8-2-39', '24/365 紛失サポートオプション', 'A', 'own', '1m'],
  ['A8-2-40', 'VPP オプション', 'A', 'own', '1m'],
  ['A8-2-41', '外部脅威調査オプション', 'A', 'own', '1m'],
  ['A8-2-42', 'ログ運用オプション', 'A', 'own', '1m'],
  ['A8-2-43', 'デバイス検査オプション', 'A', 'own', '1m'],
  ['A8-2-44', '復旧用ストレージ追加オプション', 'G', 'units', '1m'],
  ['A8-2-45', 'アンチウイルス:タイプ G 導入・教育支援オプション', 'G', 'none', '-'],
];
const SHORT = { 'minimum-1-month': '1m', 'minimum-1-year': '1y', 'term-1-year': 'T', none: '-' };

describe('Article 8 (2): the options', () => {
  it.each(TABLE)('%s: %s, for %s, counted by %s, binds %s', (id, name, items, basis, regime) => {
    const row = OPTIONS.find((o) => o.clause === id)!;
    expect([row.name, row.items.join(' '), row.basis, SHORT[row.regime]]).toEqual([name, items, basis, regime]);
  });

  it('there are no others', () => {
    expect(OPTIONS.map((o) => o.clause)).toEqual(TABLE.map(([id]) => id));
  });

  it('A8-2-n: one live contract of an option that counts accounts; units and the others may repeat', () => {
    for (const o of OPTIONS) {
      const use = o.basis === 'own' ? { option: o.option, accountCount: 1 } : { option: o.option };
      const again = checkApplication({
        item: o.items[0]!,
        accountCount: 100,
        active: [use],
        apply: [use],
        policies: DEFAULT_POLICIES,
      });
      expect([o.option, again.filter((v) => v.code === 'option-already-in-use').map((v) => v.clause)]).toEqual([
        o.option,
        o.basis === 'own' || o.basis === 'parity' ? [o.clause] : [],
      ]);
    }
  });
});

describe('Article 8 (3), (5): how many', () => {
  it('A8-3a: a tunnel connects ten', () => {
    expect(tunnelCapacity(4)).toBe(40);
  });

  it.each<[string, 'L' | 'X', number]>([
    ['A8-3', 'L', 1],
    ['A8-3', 'X', 1],
    ['A8-5', 'L', 33],
    ['A8-5', 'X', 34],
  ])('%s: on %s, of option %i, four units and not five (A8-3b)', (id, item, no) => {
    const clauses = (units: number, inUse: number) =>
      checkApplication({
        item,
        accountCount: 9,
        active: inUse === 0 ? [] : [{ option: no, units: inUse }],
        apply: [{ option: no, units }],
        policies: DEFAULT_POLICIES,
      }).map((v) => v.clause);
    expect([clauses(4, 0), clauses(5, 0), clauses(1, 3), clauses(1, 4)]).toEqual([[], [id], [], [id]]);
  });

  it('N29 limitsScope: per contract, or over the management unit', () => {
    const apply = (policies: typeof DEFAULT_POLICIES, scopeUnits?: { option: number; units: number }[]) =>
      checkApplication({
        item: 'L',
        accountCount: 9,
        active: [{ option: 1, units: 1 }],
        apply: [{ option: 1, units: 3 }],
        policies,
        ...(scopeUnits && { scopeUnits }),
      }).length;
    expect(apply(DEFAULT_POLICIES)).toBe(0);
    expect(apply({ ...DEFAULT_POLICIES, limitsScope: 'parent' }, [{ option: 1, units: 2 }])).toBe(1);
  });
});

describe('Article 8 (4): lent devices', () => {
  it.each([
    ['2026-02-28', '2026-03-30'],
    ['2024-02-29', '2024-03-30'],
    ['2025-12-31', '2026-01-30'],
  ])('A8-4-2 A8-4-4b: after %s they are back by %s', (event, due) => {
    expect(returnDue(plainDate(event))).toBe(due);
  });

  it('A8-4-2 art142: by the next business day, where the policy and a table of holidays say so', () => {
    const holidays = {
      name: 'sample',
      from: plainDate('2026-01-01'),
      to: plainDate('2026-12-31'),
      days: new Set(['2026-03-30']),
    };
    expect(nextBusinessDay(returnDue(plainDate('2026-02-27')), holidays)).toBe('2026-03-31'); // the 29th is a Sunday
    expect(nextBusinessDay(returnDue(plainDate('2026-12-31')), holidays)).toBeNull();
  });
});

describe('Article 8 (6)-(8): how long options bind', () => {
  const start = plainDate('2025-10-15');
  const period = (no: number) => periodAt(periodOfOption(no), start, start, 'previousEnd');

  it('A8-6a A8-6c: twenty of them a month from their own billing start', () => {
    for (const no of [1, 4, 7, 13, 14, 18, 20, 21, 24, 26, 29, 31, 33, 35, 39, 40, 41, 42, 43, 44])
      expect(period(no)).toEqual({ kind: 'minimum', startsOn: start, endsOn: '2025-11-14' });
  });
  it('A8-6b: the devices a year, once', () => {
    expect(period(2)).toEqual({ kind: 'minimum', startsOn: start, endsOn: '2026-10-14' });
  });
  it('A8-6d: ten of them not at all', () => {
    for (const no of [3, 5, 6, 9, 10, 11, 12, 37, 38, 45]) expect(period(no)).toBeNull();
  });
  it('A8-6e A8-7a: fourteen of them for terms of a year', () => {
    for (const no of [15, 16, 17, 19, 22, 23, 25, 27, 28, 30, 32, 34, 36, 8])
      expect(period(no)).toMatchObject({ kind: 'term', index: 1, startsOn: start, endsOn: '2026-10-14' });
  });
  it('A8-7b A8-7c: which renew, unless a notice arrives a month before', () => {
    expect(term(start, 3)).toMatchObject({ startsOn: '2027-10-15', endsOn: '2028-10-14', noticeDeadline: '2028-09-14' });
    expect(noticeDeadline(plainDate('2026-10-14'))).toBe('2026-09-14');
  });
  it('A8-8: a stop takes effect on the later of the 30th day and the designated day', () => {
    const arrived = plainDate('2026-01-10');
    expect(
      [null, '2026-02-08', '2026-02-09', '2026-02-10'].map((d) => effectiveDate(arrived, d === null ? null : plainDate(d))),
    ).toEqual([addDays(arrived, 30), '2026-02-09', '2026-02-09', '2026-02-10']);
  });
});
