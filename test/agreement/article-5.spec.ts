import {
  DEFAULT_POLICIES,
  ITEM_CODES,
  OPTION_NOS,
  checkAccountCount,
  checkApplication,
  clause,
  option,
  parityFollows,
} from '@app/agreement';
import type { ClauseId, OptionUse } from '@app/agreement';

const clausesOf = (
  item: (typeof ITEM_CODES)[number],
  apply: OptionUse[],
  active: OptionUse[] = [],
  accountCount = 100,
): string[] => checkApplication({ item, accountCount, active, apply, policies: DEFAULT_POLICIES }).map((v) => v.clause);
const one = (no: number): OptionUse => (option(no).basis === 'own' ? { option: no, accountCount: 10 } : { option: no });

/** Each paragraph: its options, and the items that may have them. */
const PARAGRAPHS: [ClauseId, number[], string][] = [
  ['A5-2', [1, 4], 'L X'],
  ['A5-3', [2], 'L X'],
  ['A5-4', [3], 'L X'],
  ['A5-5', [6, 10], 'C D'],
  ['A5-6', [7], 'C'],
  ['A5-7', [8], 'D'],
  ['A5-8', [9], 'C D'],
  ['A5-9', [13, 14, 20, 21, 24, 26, 31, 33, 35], 'L'],
  ['A5-11', [18], 'L O A'],
  ['A5-12', [29], 'L O A'],
  ['A5-14', [12, 11], 'L O X'],
  ['A5-15', [15, 16, 17, 19, 22, 23, 25, 27, 28, 30, 32, 34, 36], 'X'],
  ['A5-17', [39, 40, 41, 42, 43], 'A'],
  ['A5-18', [37, 38], 'A'],
  ['A5-19', [44], 'G'],
  ['A5-20', [45], 'G'],
];

describe('Article 5: who may have which option', () => {
  it.each(PARAGRAPHS)('%s: options %j are for %s', (id, options, items) => {
    for (const no of options)
      for (const item of ITEM_CODES) {
        const refusedForItem = checkApplication({
          item,
          accountCount: 100,
          active: [],
          apply: [one(no)],
          policies: DEFAULT_POLICIES,
        }).filter((v) => v.code === 'option-not-for-item');
        expect([no, item, refusedForItem.map((v) => v.clause)]).toEqual([no, item, items.split(' ').includes(item) ? [] : [id]]);
      }
  });

  it('names every option once but option 5, which any contract may have (N33)', () => {
    expect(PARAGRAPHS.flatMap(([, options]) => options).toSorted((a, b) => a - b)).toEqual(OPTION_NOS.filter((no) => no !== 5));
    for (const item of ITEM_CODES) expect(clausesOf(item, [{ option: 5 }])).toEqual([]);
  });

  it('A5-13 says for option 33 what A5-9 says (N28)', () => {
    expect(option(33).eligibility).toBe('A5-9');
    expect(clause('A5-13').en).toContain('A5-9');
  });

  it('A5-1: the licensors’ terms are agreed to, and that is on record', () => {
    expect(clause('A5-1')).toMatchObject({ class: 'R', encodedBy: ['contract:LicensorTermsAgreed'] });
  });
});

describe('Article 5: what an option needs beside the item', () => {
  it.each<[string, 'L' | 'X' | 'C' | 'D' | 'O' | 'A', number, number[], boolean]>([
    ['A5-3', 'L', 2, [], false],
    ['A5-3', 'X', 2, [1], true],
    ['A5-8', 'C', 9, [8], false],
    ['A5-8', 'C', 9, [7], true],
    ['A5-8', 'D', 9, [7], false],
    ['A5-8', 'D', 9, [8], true],
    ['A5-11', 'L', 18, [14], false],
    ['A5-11', 'L', 18, [13], true],
    ['A5-11', 'O', 18, [], true],
    ['A5-11', 'A', 18, [], true],
    ['A8-2-19', 'X', 19, [16], false],
    ['A8-2-19', 'X', 19, [15], true],
    ['A8-2-19', 'X', 19, [17], true],
    ['A5-4', 'L', 3, [1, 2], false],
  ])('%s: on %s, option %i beside %j is accepted: %s', (id, item, no, active, accepted) => {
    const uses = active.map((option_) => ({ option: option_ }));
    expect(clausesOf(item, [one(no)], uses)).toEqual(accepted ? [] : [id]);
    // An application may bring along what it needs, but for on-site work that is what it must do.
    if (active.length > 0 && accepted) expect(clausesOf(item, [one(no), ...active.map(one)])).toEqual([]);
  });

  it('A5-4: on-site work is applied for together with the devices', () => {
    expect(clausesOf('L', [{ option: 2 }, { option: 3 }], [{ option: 1 }])).toEqual([]);
  });

  it('A5-10 A5-16: parity options have the accounts of the contract, and follow them (N19)', () => {
    for (const [id, item, options] of [
      ['A5-10', 'L', [20, 21, 13, 14, 26, 24]],
      ['A5-16', 'X', [22, 23, 15, 16, 17, 27, 28, 25]],
    ] as const)
      for (const no of options) {
        expect(clausesOf(item, [{ option: no }])).toEqual([]);
        expect(clausesOf(item, [{ option: no, accountCount: 100 }])).toEqual([]);
        expect(clausesOf(item, [{ option: no, accountCount: 99 }])).toEqual([id]);
        expect(parityFollows(item, [{ option: no }], 120)).toEqual([{ option: no, accountCount: 120 }]);
      }
  });

  it('A5-19: option 44 needs 50 accounts, and goes on needing them (N17)', () => {
    expect([clausesOf('G', [{ option: 44 }], [], 49), clausesOf('G', [{ option: 44 }], [], 50)]).toEqual([['A5-19'], []]);
    const below = { item: 'G' as const, active: [{ option: 44 }], accountCount: 49 };
    expect(checkAccountCount({ ...below, policies: DEFAULT_POLICIES }).map((v) => v.clause)).toEqual(['A5-19']);
    expect(checkAccountCount({ ...below, policies: { ...DEFAULT_POLICIES, minAccounts: 'entry' } })).toEqual([]);
  });
});
