import { addDays, eachMonth, firstOf, lastOf, plainDate } from '@app/calendar';
import {
  DEFAULT_POLICIES,
  FIRST_DAY,
  ITEMS,
  ITEM_CODES,
  ITEM_NAMES,
  ITEM_ROWS,
  LEGACY_ITEMS,
  NoRow,
  OPTIONS,
  OPTION_NOS,
  OPTION_ROWS,
  POLICY_NAMES,
  POLICY_SWITCHES,
  REVISIONS,
  TEXT_DAY,
  VENDORS,
  dependentsOf,
  isVendor,
  item,
  itemAt,
  itemNameAt,
  itemsNamed,
  itemsOf,
  option,
  optionAt,
  optionByName,
  parsePolicies,
  periodAt,
  periodOfItem,
  periodOfOption,
  revisionAt,
  rowAt,
  tablesHash,
} from './index.js';
import type { Dated } from './index.js';

const BEFORE = addDays(FIRST_DAY, -1);

describe('dated rows', () => {
  it('answer exactly once for every item, option, revision and month from 2018-10 to 2030', () => {
    const inForce = <T extends Dated>(rows: readonly T[], same: (r: T) => boolean, on: string): T[] =>
      rows.filter(
        (r) => same(r) && r.from <= on && !rows.some((later) => same(later) && later.from > r.from && later.from <= on),
      );
    let asked = 0;
    for (const month of eachMonth(FIRST_DAY, plainDate('2030-12-31')))
      for (const on of [firstOf(month), lastOf(month)]) {
        expect(inForce(REVISIONS, () => true, on)).toEqual([revisionAt(on)]);
        for (const code of ITEM_CODES) {
          const [row, ...more] = inForce(ITEM_ROWS, (r) => r.code === code, on);
          const names = inForce(ITEM_NAMES, (r) => r.code === code, on);
          if (row !== itemAt(code, on) || more.length > 0 || names.length !== 1 || names[0]!.name !== itemNameAt(code, on))
            throw new Error(`item ${code} on ${on}`);
          asked++;
        }
        for (const no of OPTION_NOS) {
          const [row, ...more] = inForce(OPTION_ROWS, (r) => r.option === no, on);
          if (row !== optionAt(no, on) || more.length > 0) throw new Error(`option ${no} on ${on}`);
          asked++;
        }
      }
    expect(asked).toBe(147 * 2 * (8 + 45));
  });

  it('give no answer before 2018-10-01, rather than a default', () => {
    for (const ask of [
      () => itemAt('X', BEFORE),
      () => itemNameAt('X', BEFORE),
      () => optionAt(1, BEFORE),
      () => revisionAt(BEFORE),
    ])
      expect(ask).toThrow(NoRow);
    expect(() => rowAt([], FIRST_DAY, 'nothing')).toThrow(NoRow);
    expect(itemsNamed('IT 資産管理/S', BEFORE)).toEqual([]);
  });

  it('say that they are inferred before 2025-10-01, and are text from then on', () => {
    for (const row of [...ITEM_ROWS, ...ITEM_NAMES, ...OPTION_ROWS, ...REVISIONS])
      expect(row.source).toBe(row.from < TEXT_DAY ? 'inferred' : 'text');
    expect(ITEMS.map((i) => i.source).concat(OPTIONS.map((o) => o.source))).toEqual(Array.from({ length: 53 }, () => 'text'));
  });

  it('are named by one hash', () => {
    expect(tablesHash()).toMatch(/^[0-9a-f]{64}$/);
    expect(tablesHash()).toBe(tablesHash());
  });
});

describe('items', () => {
  it('rest on four vendors', () => {
    expect(VENDORS.map((v) => [v, itemsOf(v)])).toEqual([
      ['ArcticWolf', ['C', 'D']],
      ['Acronis', ['G']],
      ['MOTEX', ['L', 'O', 'X', 'A']],
      ['LayerX', ['B']],
    ]);
    expect([isVendor('MOTEX'), isVendor('motex')]).toEqual([true, false]);
  });

  it('are found by their name of the day, after NFKC and without white space', () => {
    expect(itemsNamed('ＩＴ資産管理：タイプ　Ｌ', plainDate('2025-10-01'))).toEqual(['L']);
    expect(itemsNamed('アンチウイルス：Cylance', plainDate('2021-09-30'))).toEqual(['C']);
    expect(itemsNamed('アンチウイルス:Cylance', plainDate('2022-01-01'))).toEqual([]);
    expect(itemsNamed('アンチウイルス:Cylance', plainDate('2023-01-01'))).toEqual(['C']);
    expect(itemsNamed('', plainDate('2023-01-01'))).toEqual([]);
  });

  it('N25 S-R4-5-1-2: Symantec is kept, closed, with a minimum of one month, and never found by name', () => {
    expect(LEGACY_ITEMS).toEqual([
      {
        code: 'S-legacy',
        name: 'アンチウイルス:Symantec',
        clause: 'S-R4-5-1-2',
        regime: 'minimum-1-month',
        concludedUntil: '2022-04-30',
        selectable: false,
      },
    ]);
    expect(itemsNamed('アンチウイルス:Symantec', plainDate('2020-01-01'))).toEqual([]);
  });
});

describe('options', () => {
  const count = (pick: (o: (typeof OPTIONS)[number]) => boolean): number => OPTIONS.filter(pick).length;

  it('count what the agreement counts', () => {
    expect({
      all: OPTIONS.length,
      oneMonth: count((o) => o.regime === 'minimum-1-month'),
      oneYear: count((o) => o.regime === 'minimum-1-year'),
      term: count((o) => o.regime === 'term-1-year'),
      none: count((o) => o.regime === 'none'),
      quoted: count((o) => o.initial === 'quoted'),
      zero: count((o) => o.initial === 'zero'),
      monthly: count((o) => o.monthly),
      excessBilled: count((o) => o.excessBilled),
      parityOnL: count((o) => o.parity === 'A5-10'),
      parityOnX: count((o) => o.parity === 'A5-16'),
    }).toEqual({
      all: 45,
      oneMonth: 20,
      oneYear: 1,
      term: 14,
      none: 10,
      quoted: 15,
      zero: 30,
      monthly: 35,
      excessBilled: 29,
      parityOnL: 6,
      parityOnX: 8,
    });
  });

  it('agree with themselves from sentence to sentence', () => {
    for (const o of OPTIONS) {
      expect([o.option, o.monthly]).toEqual([o.option, o.regime !== 'none']);
      expect([o.option, o.excessBilled]).toEqual([o.option, o.basis === 'parity' || o.basis === 'own']);
      expect([o.option, o.basis === 'none']).toEqual([o.option, o.option === 4 || !o.monthly]);
      expect([o.option, o.max === null]).toEqual([o.option, o.maxClause === null]);
    }
  });

  it('have names that no two of them share', () => {
    for (const o of OPTIONS)
      for (const name of [o.name, ...o.aliases]) expect(optionByName(` ${name.replaceAll(' ', '')}`)).toBe(o.option);
    expect(optionByName('オプション')).toBeNull();
  });

  it('are 1 to 45', () => {
    for (const no of [0, 46, -1, 1.5, Number.NaN]) expect(() => option(no)).toThrow(NoRow);
  });

  it('N18: are depended on', () => {
    expect([
      dependentsOf(1, 'L'),
      dependentsOf(13, 'L'),
      dependentsOf(15, 'X'),
      dependentsOf(16, 'X'),
      dependentsOf(17, 'X'),
      dependentsOf(2, 'L'),
    ]).toEqual([[2], [18], [19], [], [19], []]);
  });
});

describe('periods', () => {
  const on = plainDate('2025-12-10');
  const start = plainDate('2025-10-10');

  it('A3-1a A3-1b A3-2a bind by item', () => {
    for (const i of ITEMS)
      expect(periodOfItem(i.code)).toEqual(
        i.code === 'X' || i.code === 'D'
          ? { kind: 'term', months: 12, clause: 'A3-2a' }
          : { kind: 'minimum', months: 1, clause: 'A3-1a' },
      );
    expect(item('X').clause).toBe('A1-X');
  });

  it('A8-6a A8-6b A8-6d A8-6e A8-7a bind by option', () => {
    expect([1, 2, 3, 8].map((no) => periodOfOption(no))).toEqual([
      { kind: 'minimum', months: 1, clause: 'A8-6a' },
      { kind: 'minimum', months: 12, clause: 'A8-6b' },
      { kind: 'none', clause: 'A8-6d' },
      { kind: 'term', months: 12, clause: 'A8-7a' },
    ]);
  });

  it('A8-6c are counted from the billing start of the line', () => {
    expect(periodAt(periodOfOption(1), start, on, 'previousEnd')).toEqual({
      kind: 'minimum',
      startsOn: start,
      endsOn: '2025-11-09',
    });
    expect(periodAt(periodOfOption(2), start, on, 'previousEnd')).toEqual({
      kind: 'minimum',
      startsOn: start,
      endsOn: '2026-10-09',
    });
    expect(periodAt(periodOfOption(3), start, on, 'previousEnd')).toBeNull();
    expect(periodAt(periodOfOption(8), start, plainDate('2026-12-10'), 'previousEnd')).toEqual({
      kind: 'term',
      index: 2,
      startsOn: '2026-10-10',
      endsOn: '2027-10-09',
      noticeDeadline: '2027-09-09',
      nextRenewalOn: '2027-10-10',
    });
  });

  it('show the first term before the start', () => {
    expect(periodAt(periodOfItem('X'), start, FIRST_DAY, 'previousEnd')).toMatchObject({
      kind: 'term',
      index: 1,
      startsOn: start,
    });
  });

  it('N10 chainAnchor: go on from the original start where the policy says so', () => {
    const leap = plainDate('2020-02-29');
    const end = (anchor: 'previousEnd' | 'originalStart') =>
      periodAt(periodOfItem('X'), leap, plainDate('2024-02-28'), anchor)?.endsOn;
    expect([end('previousEnd'), end('originalStart')]).toEqual(['2024-02-29', '2024-02-28']);
  });
});

describe('policies', () => {
  it('are the recommended readings by default', () => {
    expect(DEFAULT_POLICIES).toEqual({
      optionTerm: 'annex',
      optionExempt: 'follow',
      storageCascade: 'last',
      lateDesignation: 'renew',
      proration: 'calendar',
      rounding: 'floor',
      art142: 'off',
      chainAnchor: 'previousEnd',
      limitsScope: 'child',
      minAccounts: 'continuing',
      prerequisiteRemoval: 'reject',
      severalNotices: 'earliest',
    });
  });

  it('take every value of every switch, and leave the others alone', () => {
    for (const name of POLICY_NAMES)
      for (const value of POLICY_SWITCHES[name].values)
        expect(parsePolicies({ [name]: value })).toEqual({ policies: { ...DEFAULT_POLICIES, [name]: value } });
    const base = { ...DEFAULT_POLICIES, rounding: 'halfUp' as const };
    expect(parsePolicies({ proration: 'contract' }, base)).toEqual({ policies: { ...base, proration: 'contract' } });
    expect(parsePolicies({})).toEqual({ policies: DEFAULT_POLICIES });
  });

  it.each<[string, unknown, string[]]>([
    ['an unknown name', { rounding: 'floor', roundings: 'floor' }, ['roundings']],
    ['an unknown value', { rounding: 'half_up' }, ['rounding']],
    ['a value of another switch', { rounding: 'calendar' }, ['rounding']],
    ['a value that is no text', { rounding: null, proration: 1 }, ['rounding', 'proration']],
    ['an inherited name', JSON.parse('{"__proto__": "x", "toString": "x"}'), ['__proto__', 'toString']],
    ['a list', [], ['']],
    ['null', null, ['']],
    ['a text', 'rounding', ['']],
  ])('refuse %s', (_what, json, paths) => {
    const result = parsePolicies(json);
    expect('errors' in result && result.errors.map((e) => e.path)).toEqual(paths);
  });
});
