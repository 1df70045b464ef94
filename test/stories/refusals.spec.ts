import { ITEM_CODES, OPTION_NOS, option, type ItemCode } from '@app/agreement';
import { story, type OptionGiven, type Story } from '@app/testing';

const on = (item: string, more = {}): Story => {
  const s = story();
  s.contract({ item, billed: '2025-10-01', ...more });
  return s;
};
/** An option with the quantities and prices it needs, and no others. */
const fitting = (no: number): OptionGiven => {
  const row = option(no);
  return { no, ...(row.monthly ? { fee: 1_000 } : {}), ...(row.basis === 'own' ? { accounts: 5 } : {}) };
};

/** Art. 5: option, items it is for, clause that says so. */
const ELIGIBILITY: readonly (readonly [clause: string, options: readonly number[], items: string])[] = [
  ['A5-2', [1, 4], 'LX'],
  ['A5-3', [2], 'LX'],
  ['A5-4', [3], 'LX'],
  ['A5-5', [6, 10], 'CD'],
  ['A5-6', [7], 'C'],
  ['A5-7', [8], 'D'],
  ['A5-8', [9], 'CD'],
  ['A5-9', [13, 14, 20, 21, 24, 26, 31, 33, 35], 'L'],
  ['A5-11', [18], 'LOA'],
  ['A5-12', [29], 'LOA'],
  ['A5-14', [11, 12], 'LOX'],
  ['A5-15', [15, 16, 17, 19, 22, 23, 25, 27, 28, 30, 32, 34, 36], 'X'],
  ['A5-17', [39, 40, 41, 42, 43], 'A'],
  ['A5-18', [37, 38], 'A'],
  ['A5-19', [44], 'G'],
  ['A5-20', [45], 'G'],
  ['A8-2-5', [5], 'CDGLOXAB'],
];
/** What an option needs in the same application to be accepted at all. */
const WITH: { readonly [no: number]: readonly number[] } = { 2: [1], 3: [1, 2], 19: [15] };
const withOn = (no: number, item: ItemCode): readonly number[] => (no === 18 && item === 'L' ? [13] : no === 9 ? [item === 'C' ? 7 : 8] : (WITH[no] ?? []));

describe('for which item (A5)', () => {
  for (const [clause, options, items] of ELIGIBILITY)
    test.each(options.map((no) => [no]))(`${clause} option %i is for ${items} and no other`, (no) => {
      for (const item of ITEM_CODES) {
        const s = on(item);
        if (items.includes(item)) s.options([...withOn(no, item), no].map(fitting)).accepted();
        // Refused for its item it reports that alone, even with a price that the agreement does not know.
        else s.options([{ ...fitting(no), ...(option(no).initial === 'zero' ? { initial: 5 } : {}) }]).refused(`${clause} option-not-for-item`);
      }
    });

  test('every option has its row here', () => expect(ELIGIBILITY.flatMap(([, o]) => o).sort((a, b) => a - b)).toEqual([...OPTION_NOS]));
});

describe('applications (A5, A8)', () => {
  test('A8-1 an application that is not on the form', () => {
    on('L').options([fitting(29)], { onForm: false }).refused('A8-1 not-on-form');
    story().contract({ item: 'L', billed: '2025-10-01', onForm: false }).refused('A8-1 not-on-form');
  });

  test('A5-1 the licensors\' terms agreed to after the acceptance', () => {
    story().contract({ item: 'L', billed: '2025-10-01', agreed: '2025-10-02' }).refused('A5-1 licensor-terms-not-agreed');
    story().contract({ item: 'L', billed: '2025-10-01', agreed: '2025-10-02', onForm: false }).refused('A5-1 licensor-terms-not-agreed', 'A8-1 not-on-form');
    story().contract({ item: 'L', billed: '2025-10-01', agreed: '2018-10-01' }).accepted();
  });

  test('A9 a new contract billed after the vendor\'s end; one billed by then ends on it', () => {
    const discontinuations = [{ discontinuationId: 'd', vendor: 'MOTEX', endsOn: '2025-12-31' as never, lifted: false }];
    const late = story();
    late.discontinuations = discontinuations;
    late.contract({ item: 'L', accepted: '2025-10-01', billed: '2026-01-01' }).refused('A9 vendor-discontinued');
    const s = story();
    s.discontinuations = discontinuations;
    s.contract({ item: 'L', accepted: '2025-10-01', billed: '2025-12-31' }).thenAlso('DiscontinuationApplied MOTEX 2025-12-31');
    expect(s.endOf()).toBe('2025-12-31 A9');
    const other = story();
    other.discontinuations = discontinuations;
    other.contract({ item: 'C', accepted: '2025-10-01', billed: '2026-01-01' }).accepted();
  });

  test('A5-3 option 2 needs option 1 in use or in the application', () => {
    on('X').options([fitting(2)]).refused('A5-3 prerequisite-missing');
    on('X').options([fitting(2), fitting(1)]).accepted();
    const s = on('X');
    s.options([fitting(1)]);
    s.options([fitting(2)]).accepted();
  });

  test('A5-4 option 3 only together with option 2 (N20)', () => {
    const s = on('L');
    s.options([fitting(1), fitting(2)]);
    s.options([fitting(3)]).refused('A5-4 prerequisite-not-in-application');
    s.options([fitting(3), fitting(2)]).accepted();
  });

  test('A5-8 option 9 needs the EDR option of its item', () => {
    on('C').options([fitting(9)]).refused('A5-8 prerequisite-missing');
    on('D').options([fitting(9)]).refused('A5-8 prerequisite-missing');
    on('D').options([fitting(9), fitting(8)]).accepted();
  });

  test('A5-11 option 18 needs option 13 on L, nothing on O and A', () => {
    on('L').options([fitting(18)]).refused('A5-11 prerequisite-missing');
    on('O').options([fitting(18)]).accepted();
    on('A').options([fitting(18)]).accepted();
  });

  test('A8-2-19 option 19 needs 15 or 17, not 16 (N21)', () => {
    on('X').options([fitting(19)]).refused('A8-2-19 prerequisite-missing');
    on('X').options([fitting(19), fitting(16)]).refused('A8-2-19 prerequisite-missing');
    on('X').options([fitting(19), fitting(17)]).accepted();
  });

  test('A5-19 option 44 needs 50 contract accounts on the day of acceptance', () => {
    on('G', { accounts: 49 }).options([fitting(44)]).refused('A5-19 too-few-accounts');
    const s = on('G', { accounts: 49 });
    s.change({ accounts: 50, effective: '2025-12-01' });
    s.at('2025-11-30').options([fitting(44)]).refused('A5-19 too-few-accounts');
    s.at('2025-12-01').options([fitting(44)]).accepted();
    // Recorded late, judged on its own day.
    s.options([fitting(44)], { accepted: '2025-11-30' }).refused('A5-19 too-few-accounts');
  });

  test('A8-3 at most four tunnels, A8-5 at most four storages per contract', () => {
    for (const [item, no, clause] of [['L', 1, 'A8-3'], ['X', 1, 'A8-3'], ['L', 33, 'A8-5'], ['X', 34, 'A8-5']] as const) {
      const s = on(item);
      s.options([{ ...fitting(no), units: 5 }]).refused(`${clause} too-many-units`);
      s.options([{ ...fitting(no), units: 3 }, { ...fitting(no), as: 'last' }]).accepted();
      s.options([fitting(no)]).refused(`${clause} too-many-units`);
      s.at('2025-10-10').notice('last', { designated: '2025-12-31' });
      // Whose later end is fixed still counts, on its last day too.
      s.at('2025-12-31').options([fitting(no)]).refused(`${clause} too-many-units`);
      s.at('2026-01-01').options([fitting(no)]).accepted();
    }
    on('L').options([{ ...fitting(2), units: 9 }, fitting(1)]).accepted();
    on('G').options([{ ...fitting(44), units: 9 }]).accepted();
  });

  test('A8-5 what was accepted later but recorded before fills the limit of its own days only', () => {
    const s = on('L');
    s.options([{ ...fitting(33), units: 3, as: 'first' }, { ...fitting(33), as: 'keeps' }]);
    s.at('2025-10-10').notice('first', { designated: '2025-11-30' });
    s.at('2025-12-10').options([{ ...fitting(33), units: 3 }]).accepted();
    s.options([fitting(33)], { accepted: '2025-12-05' }).refused('A8-5 too-many-units');
    s.options([{ ...fitting(33), units: 2 }], { accepted: '2025-12-05', billed: '2025-12-10' }).refused('A8-5 too-many-units');
  });

  test('A8-3 policy limitsScope parent counts what the parent\'s other contracts use too', () => {
    const s = story({ policies: { limitsScope: 'parent' } });
    s.contract({ item: 'L', billed: '2025-10-01' });
    s.scopeUnits = [{ option: 1, units: 2 }];
    s.options([{ ...fitting(1), units: 3 }]).refused('A8-3 too-many-units');
    s.options([fitting(1)]).accepted();
    s.options([{ ...fitting(1), units: 2 }]).refused('A8-3 too-many-units');
    s.options([fitting(1)]).accepted();
    // What a correction puts in the place of an application counts over the parent as well.
    const u = story({ policies: { limitsScope: 'parent' } });
    u.contract({ item: 'L', billed: '2025-10-01' });
    const one = u.options([fitting(1)]);
    u.scopeUnits = [{ option: 1, units: 2 }];
    u.correct(one.eventId('OptionAdded'), u.optionsCommand([{ ...fitting(1), units: 3 }])).refused('A8-3 too-many-units');
    u.correct(one.eventId('OptionAdded'), u.optionsCommand([{ ...fitting(1), units: 2 }])).accepted();
    // By the default scope what other contracts use does not count.
    const t = on('L');
    t.scopeUnits = [{ option: 1, units: 4 }];
    t.options([{ ...fitting(1), units: 4 }]).accepted();
  });

  test.each([[13, 'L'], [29, 'L'], [15, 'X'], [8, 'D'], [42, 'A']] as const)('A8-2-%i one contract of the option at a time', (no, item) => {
    const clause = `A8-2-${no} option-already-in-use`;
    const s = on(item);
    s.options([fitting(no), { ...fitting(no), as: 'twin' }]).refused(clause);
    s.options([fitting(no)], { billed: '2026-01-01' });
    s.options([fitting(no)]).refused(clause);
    s.at('2026-01-10').notice(String(no), { designated: '2026-03-31' });
    s.at('2026-03-31').options([fitting(no)]).refused(clause);
    s.at('2026-04-02').options([{ ...fitting(no), as: 'next' }]).accepted();
    s.options([fitting(no)], { accepted: '2026-04-01' }).refused(clause);
  });

  test('units and one-off options may repeat', () => {
    const s = on('L');
    s.options([fitting(5), fitting(5), fitting(4), fitting(4), fitting(1), fitting(1)]).accepted();
    s.options([fitting(5), fitting(11), fitting(11)]).accepted();
  });

  test('A5-10, A5-16 parity takes no count or exactly the contract\'s, on the day of acceptance', () => {
    on('L').options([{ ...fitting(13), accounts: 99 }]).refused('A5-10 accounts-differ-from-contract');
    on('X').options([{ ...fitting(15), accounts: 101 }]).refused('A5-16 accounts-differ-from-contract');
    const s = on('X', { accounts: 100 });
    s.change({ accounts: 120, effective: '2025-11-01' });
    s.at('2025-11-01').options([{ ...fitting(15), accounts: 100 }]).refused('A5-16 accounts-differ-from-contract');
    s.options([{ ...fitting(15), accounts: 120 }]).thenOnly('OptionAdded 15 option 15 accepted 2025-11-01 billed 2025-11-01 1000');
    s.options([{ ...fitting(16), accounts: 100 }], { accepted: '2025-10-31' }).accepted();
  });

  test('own counts are not bounded by the contract\'s', () => {
    on('L', { accounts: 3 }).options([{ ...fitting(29), accounts: 1_000 }]).accepted();
  });

  test('X1-1-2b an initial fee where there is none, X1-2-2a a monthly fee where there is none', () => {
    on('L').options([{ ...fitting(29), initial: 1 }]).refused('X1-1-2b no-initial-fee');
    on('L').options([{ ...fitting(29), initial: 0 }]).accepted();
    on('L').options([{ no: 5, fee: 1_000 }]).refused('X1-2-2a no-monthly-fee');
    on('L').options([{ ...fitting(29), initial: 1 }, { no: 5, fee: 1_000 }]).refused('X1-1-2b no-initial-fee', 'X1-2-2a no-monthly-fee');
  });

  test('one application is refused whole, with every reason, sorted by clause', () => {
    const s = on('L', { accounts: 10 });
    s.options([fitting(29), fitting(18), fitting(2), fitting(34), { ...fitting(33), units: 5 }, { no: 3, fee: 9 }], { onForm: false }).refused(
      'A5-11 prerequisite-missing', 'A5-15 option-not-for-item', 'A5-3 prerequisite-missing', 'A8-1 not-on-form', 'A8-5 too-many-units', 'X1-2-2a no-monthly-fee',
    );
    expect(s.life.options).toEqual([]);
  });

  test('after a fixed end: accepted or billed later is refused by the ending clause, none has a code alone', () => {
    const s = on('L');
    s.at('2025-11-01').notice('base', { designated: '2025-12-31' });
    s.options([fitting(29)], { billed: '2025-12-31' }).accepted();
    s.options([fitting(35)], { billed: '2026-01-01' }).refused('A10-1 contract-ended');
    const t = on('X');
    t.at('2025-11-01').terminate('2025-12-31');
    t.options([fitting(30)], { billed: '2026-01-01' }).refused('contract-ended');
    const u = on('G');
    u.at('2025-11-01').discontinue('Acronis', '2025-12-31');
    u.options([fitting(45)], { billed: '2026-01-01' }).refused('A9 contract-ended');
  });

  test('an option is billed no earlier than its base, accepted no earlier than it', () => {
    const s = story();
    s.contract({ item: 'L', accepted: '2025-09-01', billed: '2025-10-01' });
    s.options([fitting(29)], { accepted: '2025-09-01', billed: '2025-09-30' }).refused('billed-before-contract');
    s.options([fitting(29)], { accepted: '2025-08-31', billed: '2025-10-01' }).refused('400 acceptedOn');
    s.options([fitting(29)], { accepted: '2025-09-01', billed: '2025-10-01' }).accepted();
  });
});

describe('malformed input (400) never reaches the agreement', () => {
  test.each([
    [[{ no: 29, fee: 1 }], ['400 options[0].accountCount']],
    [[{ no: 33, fee: 1, accounts: 3 }], ['400 options[0].accountCount']],
    [[{ no: 5, accounts: 3, units: 2 }], ['400 options[0].accountCount', '400 options[0].units']],
    [[{ no: 13, fee: 1, units: 2 }], ['400 options[0].units']],
    [[{ no: 29, accounts: 3 }], ['400 options[0].fees.monthly']],
    [[{ no: 4, fee: { kind: 'perAccount', unit: 3 } }], ['400 options[0].fees.monthly.kind']],
    [[{ no: 5 }, { no: 29, accounts: 10 ** 6, fee: { kind: 'perAccount', unit: 10 ** 7 } }], ['400 options[1].fees.monthly']],
  ] as const)('%j', (options, paths) => {
    on('L').options(options as readonly OptionGiven[]).refused(...paths);
  });

  test('days that have not come, or come before the acceptance', () => {
    const s = on('X');
    s.options([fitting(30)], { accepted: '2025-10-02' }).refused('400 acceptedOn');
    s.options([fitting(30)], { accepted: '2025-10-01', billed: '2025-09-30' }).refused('400 billingStartsOn');
    s.notice('base', { arrived: '2025-10-02' }).refused('400 arrivedOn');
    s.notice('base', { arrived: '2025-09-30' }).refused('400 arrivedOn');
    s.at('2025-11-01').options([fitting(30)]);
    s.notice('30', { arrived: '2025-10-31' }).refused('400 arrivedOn');
    s.terminate('2025-09-30').refused('400 endsOn');
    s.notice('base', { as: 'n' });
    s.withdrawNotice('base', { as: 'n', consented: '2025-10-31' }).refused('400 consentedOn');
    s.withdrawNotice('base', { as: 'n', consented: '2025-11-02' }).refused('400 consentedOn');
    s.notice('nothing').refused('404 option');
  });

  test('contracts: acceptance in the future, billing before it, an item that there was not', () => {
    const s = story().at('2025-10-01');
    s.when(s.contractCommand({ item: 'L', accepted: '2025-10-02', billed: '2025-10-02' })).refused('400 acceptedOn');
    s.contract({ item: 'L', accepted: '2025-10-01', billed: '2025-09-30' }).refused('400 billingStartsOn');
    s.contract({ item: 'アンチウイルス:Symantec', billed: '2025-10-01' }).refused('400 item');
    s.contract({ item: 'IT 資産管理/S', billed: '2025-10-01' }).refused('400 item');
    s.contract({ item: 'L', billed: '2025-10-01', accounts: 10 ** 6, fee: { kind: 'perAccount', unit: 10 ** 7 } }).refused('400 fees.monthly');
    s.notice('base').refused('404 contract');
  });
});

describe('the item by the name in force (S-R7-10-1-6, S-R4-7-1-2)', () => {
  test.each([
    ['IT資産管理/S', '2025-09-30', 'X'],
    ['IT 資産管理:タイプ X', '2025-10-01', 'X'],
    ['アンチウイルス:BlackBerry', '2022-06-30', 'C'],
    ['アンチウイルス:Cylance', '2022-07-01', 'C'],
    ['アンチウイルス:Cylance', '2021-09-30', 'C'],
  ])('%s on %s is %s', (name, day, code) => {
    const s = story();
    s.contract({ item: name, billed: day }).accepted();
    expect(s.life.item.code).toBe(code);
  });
  test('アンチウイルス:Cylance cannot have been concluded while it was called BlackBerry', () => {
    story().contract({ item: 'アンチウイルス:Cylance', billed: '2022-01-01' }).refused('400 item');
  });
});
