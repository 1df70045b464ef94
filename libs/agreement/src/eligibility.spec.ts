import fc from 'fast-check';
import {
  DEFAULT_POLICIES,
  ITEM_CODES,
  OPTIONS,
  OPTION_NOS,
  checkAccountCount,
  checkApplication,
  checkRemoval,
  parityFollows,
  prerequisitesOn,
  quantityErrors,
  tunnelCapacity,
} from './index.js';
import type { Application, ItemCode, OptionNo, OptionUse } from './index.js';

const apply = (item: ItemCode, options: readonly (OptionNo | OptionUse)[], more: Partial<Application> = {}) =>
  checkApplication({
    item,
    accountCount: 100,
    active: [],
    apply: options.map((o) => (typeof o === 'number' ? { option: o } : o)),
    policies: DEFAULT_POLICIES,
    ...more,
  });
const clauses = (...args: Parameters<typeof apply>): string[] => apply(...args).map((v) => v.clause);

describe('applications', () => {
  it('of one option: refused for the item by the clause that names its items, and by that alone', () => {
    for (const item of ITEM_CODES)
      for (const o of OPTIONS) {
        const found = apply(item, [o.option]);
        if (o.items.includes(item))
          expect(found.every((v) => prerequisitesOn(o.option, item).some((p) => p.clause === v.clause))).toBe(true);
        else
          expect(found).toEqual([
            { clause: o.eligibility, code: 'option-not-for-item', facts: { option: o.option, item, items: [...o.items] } },
          ]);
      }
  });

  it('may bring the prerequisite along; the order does not matter', () => {
    expect(clauses('L', [2, 1])).toEqual([]);
    expect(clauses('L', [1, 2, 3])).toEqual([]);
    expect(clauses('L', [13, { option: 18, accountCount: 5 }])).toEqual([]);
    expect(clauses('C', [{ option: 7, accountCount: 1 }, 9])).toEqual([]);
    expect(clauses('X', [17, { option: 19, accountCount: 5 }])).toEqual([]);
  });

  it('A5-4 N20: on-site work needs the devices in the same application, even if there are some', () => {
    expect(clauses('X', [3], { active: [{ option: 1 }, { option: 2 }] })).toEqual(['A5-4']);
    expect(clauses('X', [2, 3], { active: [{ option: 1 }, { option: 2 }] })).toEqual([]);
  });

  it('report everything that is wrong, sorted by clause', () => {
    expect(
      clauses('L', [
        { option: 33, units: 5 },
        { option: 1, units: 5 },
        { option: 18, accountCount: 1 },
        3,
        { option: 20, accountCount: 9 },
        45,
      ]),
    ).toEqual(['A5-10', 'A5-11', 'A5-20', 'A5-4', 'A8-3', 'A8-5']);
  });

  it('A8-2-n: one live contract of parity and own-account options; units and others may repeat', () => {
    expect(clauses('L', [13], { active: [{ option: 13 }] })).toEqual(['A8-2-13']);
    expect(clauses('L', [13, 13])).toEqual(['A8-2-13']);
    expect(clauses('A', [{ option: 40, accountCount: 1 }], { active: [{ option: 40, accountCount: 9 }] })).toEqual(['A8-2-40']);
    expect(clauses('L', [1, 1, 5, 5, 11, 11], { active: [{ option: 1 }, { option: 5 }] })).toEqual([]);
  });

  it('A8-3 A8-5: count units of the application and of the contract together', () => {
    expect(
      clauses('L', [
        { option: 1, units: 2 },
        { option: 1, units: 2 },
      ]),
    ).toEqual([]);
    expect(
      clauses('L', [
        { option: 1, units: 2 },
        { option: 1, units: 3 },
      ]),
    ).toEqual(['A8-3']);
    expect(clauses('X', [34], { active: [{ option: 34, units: 3 }, { option: 34 }] })).toEqual(['A8-5']);
    expect(apply('X', [{ option: 34, units: 5 }])[0]!.facts).toEqual({
      option: 34,
      unitsInUse: 0,
      unitsAppliedFor: 5,
      maximum: 4,
      scope: 'child',
    });
    expect(clauses('G', [{ option: 44, units: 1000 }])).toEqual([]);
  });

  it('N29 limitsScope: the units of the scope, where the caller says them, stand for those of the contract', () => {
    const scopeUnits = [{ option: 1, units: 3 }];
    const policies = { ...DEFAULT_POLICIES, limitsScope: 'parent' as const };
    expect(clauses('L', [1], { policies, scopeUnits })).toEqual([]);
    expect(clauses('L', [{ option: 1, units: 2 }], { policies, scopeUnits, active: [{ option: 1 }] })).toEqual(['A8-3']);
  });

  it('A5-19: 50 accounts are enough, 49 are not', () => {
    expect(clauses('G', [44], { accountCount: 49 })).toEqual(['A5-19']);
    expect(clauses('G', [44], { accountCount: 50 })).toEqual([]);
    expect(clauses('C', [44], { accountCount: 49 })).toEqual(['A5-19']);
  });

  it('stay accepted when a refused one is left out (the reasons are about the options themselves)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ITEM_CODES),
        fc.uniqueArray(fc.constantFrom(...OPTION_NOS), { maxLength: 8 }),
        (item, options) => {
          const found = apply(item, options);
          expect(found).toEqual([...found].sort((a, b) => (a.clause < b.clause ? -1 : a.clause > b.clause ? 1 : 0)));
          const named = new Set(found.map((v) => v.facts['option']));
          const rest = options.filter((o) => !named.has(o));
          // What is left can only have lost a prerequisite that was itself refused.
          for (const v of apply(item, rest))
            expect(['prerequisite-missing', 'prerequisite-not-in-application']).toContain(v.code);
        },
      ),
    );
  });
});

describe('quantities', () => {
  it('are what the basis of the option takes', () => {
    const paths = (use: OptionUse) => quantityErrors(use).map((e) => e.path);
    expect(paths({ option: 13 })).toEqual([]);
    expect(paths({ option: 13, accountCount: 100 })).toEqual([]);
    expect(paths({ option: 13, units: 1 })).toEqual(['units']);
    expect(paths({ option: 18 })).toEqual(['accountCount']);
    expect(paths({ option: 18, accountCount: 1, units: 1 })).toEqual(['units']);
    expect(paths({ option: 1 })).toEqual([]);
    expect(paths({ option: 1, units: 4 })).toEqual([]);
    expect(paths({ option: 1, accountCount: 4 })).toEqual(['accountCount']);
    expect(paths({ option: 5, accountCount: 4, units: 1 })).toEqual(['accountCount', 'units']);
  });

  it('A8-3a: a unit of option 1 allows ten connections', () => {
    expect([0, 1, 4].map(tunnelCapacity)).toEqual([0, 10, 40]);
  });
});

describe('N18 stopping an option', () => {
  const stop = (item: ItemCode, active: readonly OptionNo[], remove: OptionNo) =>
    checkRemoval({ item, active: active.map((option) => ({ option })), remove }).map((v) => [v.clause, v.facts['dependent']]);

  it('is refused while another that needs it goes on', () => {
    expect(stop('L', [1, 2], 1)).toEqual([['A5-3', 2]]);
    expect(stop('L', [13, 18], 13)).toEqual([['A5-11', 18]]);
    expect(stop('X', [15, 19], 15)).toEqual([['A8-2-19', 19]]);
    expect(stop('X', [17, 19], 17)).toEqual([['A8-2-19', 19]]);
  });

  it('is free where another one serves, where nothing depends, and for one-off options', () => {
    expect(stop('L', [1, 1, 2], 1)).toEqual([]);
    expect(stop('X', [15, 17, 19], 15)).toEqual([]);
    expect(stop('X', [16, 17, 19], 16)).toEqual([]);
    expect(stop('O', [18], 18)).toEqual([]);
    expect(stop('C', [7, 9], 7)).toEqual([]);
    expect(stop('L', [1, 2, 3], 2)).toEqual([]);
  });
});

describe('A5-10 A5-16 A5-19 a new number of accounts', () => {
  it('N19: parity options follow, with whatever the caller knows of them', () => {
    expect(
      parityFollows(
        'X',
        [
          { option: 15, id: 'a' },
          { option: 19, id: 'b' },
          { option: 28, id: 'c' },
        ],
        7,
      ),
    ).toEqual([
      { option: 15, id: 'a', accountCount: 7 },
      { option: 28, id: 'c', accountCount: 7 },
    ]);
  });

  it('N17 minAccounts: never falls below 50 with option 44 in use, or only at entry', () => {
    const check = (accountCount: number, minAccounts: 'continuing' | 'entry', active: readonly OptionNo[] = [44]) =>
      checkAccountCount({
        item: 'G',
        active: active.map((option) => ({ option })),
        accountCount,
        policies: { ...DEFAULT_POLICIES, minAccounts },
      }).map((v) => v.clause);
    expect(check(49, 'continuing')).toEqual(['A5-19']);
    expect(check(49, 'continuing', [44, 44])).toEqual(['A5-19']);
    expect(check(50, 'continuing')).toEqual([]);
    expect(check(49, 'entry')).toEqual([]);
    expect(check(1, 'continuing', [45])).toEqual([]);
  });
});
