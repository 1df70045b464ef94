import { story } from '@app/testing';

const on = (item: string, policies = {}) => {
  const s = story({ policies });
  s.contract({ item, billed: '2025-10-01' });
  return s;
};

describe('an option of its own (A8-6, A8-7, A8-8)', () => {
  test('A8-7 a one-year option renews on its own days and stops by its own deadline', () => {
    const s = on('X');
    s.at('2025-12-15').options([{ no: 30, as: 'R', fee: 10_000, accounts: 5 }]).thenOnly('OptionAdded R option 30 accepted 2025-12-15 billed 2025-12-15 5 accounts 10000');
    s.onDay('2026-12-15').thenOnly(
      'Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31',
      'Renewed R #2 2026-12-15..2027-12-14 deadline 2027-11-14',
    );
    s.onDay('2027-11-14').thenOnly('Renewed base #3 2027-10-01..2028-09-30 deadline 2028-08-31');
    s.notice('R', { designated: '2027-12-14' }).warns();
    s.onDay('2027-12-15').thenOnly('OptionEnded R 2027-12-14 notice A8-8');
  });

  test('A12-3 in mid-term it is settled (N1), by policy it is not', () => {
    for (const [optionTerm, line] of [
      ['annex', 'SettlementAssessed R 80000 yen due 2026-04-14 2026-04-15..2026-12-14 at 10000 A12-3 X2-2 (A12-3 gap)'],
      ['literal', 'SettlementAssessed R 0 yen due 2026-04-14 2026-04-15..2026-12-14 at 10000 A12-3 X2-2 (A12-3 gap) exempt N1'],
    ] as const) {
      // Eight contract months remain; by contract months each costs one fee.
      const s = on('X', { optionTerm, proration: 'contract' });
      s.at('2025-12-15').options([{ no: 30, as: 'R', fee: 10_000, accounts: 5 }]);
      s.at('2026-03-01').notice('R', { designated: '2026-04-14' });
      s.onDay('2026-05-01').thenOnly('OptionEnded R 2026-04-14 notice A8-8', line);
    }
  });

  test('A8-6b the devices bind for a year without renewal, A8-6a the rest for a month, A8-6d one-offs not at all', () => {
    const s = on('L');
    s.options([{ no: 1, as: 'T', fee: 1_000, initial: 0 }, { no: 2, as: 'V', fee: 12_000, initial: 0 }, { no: 5, as: 'M', initial: 50_000 }]);
    s.at('2026-01-10').notice('M').warns();
    s.notice('V', { designated: '2026-06-30' }).warns('A12-3 settlement');
    expect(s.settlements).toEqual({ V: 36_000 });
    s.onDay('2026-08-01').thenOnly(
      'OptionEnded M 2026-02-09 notice A8-8',
      'OptionEnded V 2026-06-30 notice A8-8',
      'SettlementAssessed V 36000 yen due 2026-06-30 2026-07-01..2026-09-30 at 12000 A12-3 X2-2',
      'DeviceDeemedLost V 2026-07-31 due 2026-07-30',
    );
  });

  test('N13 options end with their contract, each settled by its own period', () => {
    const s = on('X');
    s.at('2026-01-20').options([{ no: 30, as: 'R', fee: 10_000, accounts: 5 }, { no: 15, as: 'W', fee: 31_000 }]);
    s.at('2026-08-20').notice('base', { designated: '2026-09-30' });
    expect(s.settlements).toEqual({ base: 0, R: 36_129, W: 112_000 });
    expect([s.endOf('R'), s.endOf('W')]).toEqual(['2026-09-30 contract N13', '2026-09-30 contract N13']);
  });

  test('an option that ended earlier by its own notice is settled once, at that end (SPEC 5.7)', () => {
    const s = on('X');
    s.options([{ no: 30, as: 'R', fee: 10_000, accounts: 5 }]);
    s.at('2026-01-01').notice('R', { designated: '2026-03-31' });
    s.onDay('2026-04-01').thenOnly('OptionEnded R 2026-03-31 notice A8-8', 'SettlementAssessed R 60000 yen due 2026-03-31 2026-04-01..2026-09-30 at 10000 A12-3 X2-2 (A12-3 gap)');
    s.notice('base', { designated: '2026-05-31' });
    expect(s.settlements).toEqual({ base: 400_000, R: 60_000 });
    s.onDay('2026-06-01').thenOnly(
      'Ended 2026-05-31 notice A10-2',
      'SettlementAssessed base 400000 yen due 2026-05-31 2026-06-01..2026-09-30 at 100000 A12-2 X2-1',
    );
  });

  test('design 18 on the contract\'s last day an option ends by its own notice and is settled as such', () => {
    const s = on('X');
    s.options([{ no: 30, as: 'R', fee: 10_000, accounts: 5 }, { no: 32, as: 'Q', fee: 10_000, accounts: 5 }]);
    s.at('2026-01-01').notice('R', { designated: '2026-03-31' });
    s.terminate('2026-03-31', 'general-terms-28-3');
    expect([s.endOf('R'), s.endOf('Q')]).toEqual(['2026-03-31 notice A8-8', '2026-03-31 contract N13']);
    expect(s.settlements).toEqual({ base: 0, R: 60_000, Q: 0 });
  });

  test('N14 an option that ends before its billing start costs nothing but its initial fee', () => {
    const s = on('X');
    s.options([{ no: 34, as: 'S', fee: 5_000, initial: 2_000 }, { no: 34, as: 'S2', fee: 5_000, initial: 2_000 }], { billed: '2025-12-01' });
    s.notice('S2');
    expect(s.endOf('S2')).toBe('2025-10-31 notice A8-8');
    expect(s.settlements['S2']).toBe(0);
    expect(s.oneOffs()).toEqual(['initial base A11b 2025-10-01 0', 'initial S A11b 2025-10-01 2000', 'initial S2 A11b 2025-10-01 2000']);
  });
});

describe('prerequisites that must go on (N18)', () => {
  test.each([
    ['L', [{ no: 1, fee: 1, initial: 0 }, { no: 2, fee: 1, initial: 0 }], '1', '2', 'A5-3'],
    ['L', [{ no: 13, fee: 1 }, { no: 18, fee: 1, accounts: 3 }], '13', '18', 'A5-11'],
    ['X', [{ no: 15, fee: 1 }, { no: 19, fee: 1, accounts: 3 }], '15', '19', 'A8-2-19'],
    ['X', [{ no: 17, fee: 1 }, { no: 19, fee: 1, accounts: 3 }], '17', '19', 'A8-2-19'],
  ])('on %s option %j: stopping %s while %s goes on is refused', (item, options, ground, dependent, clause) => {
    const s = on(item);
    s.options(options).accepted();
    s.at('2025-11-01').notice(ground).refused(`${clause} dependent-in-use`);
    // Once the dependent ends by then, it may stop.
    s.notice(dependent, { designated: '2025-12-31' });
    s.notice(ground, { designated: '2025-12-30' }).refused(`${clause} dependent-in-use`);
    s.notice(ground, { designated: '2025-12-31' }).accepted();
    // Not on the form it has no effect, so it is recorded.
    s.notice(ground, { onForm: false }).accepted();
  });

  test('A8-2-19 one of two may stop; not the one that the other would outlast only for a while', () => {
    const s = on('X');
    s.options([{ no: 15, fee: 1 }, { no: 17, fee: 1 }, { no: 19, fee: 1, accounts: 3 }]);
    s.at('2025-11-01').notice('15', { designated: '2026-06-30' }).accepted();
    s.notice('17', { designated: '2026-03-31' }).refused('A8-2-19 dependent-in-use');
    s.notice('17', { designated: '2026-07-31' }).refused('A8-2-19 dependent-in-use');
    s.notice('base', { designated: '2026-06-30' });
    s.notice('17', { designated: '2026-07-31' }).accepted();
  });

  test('one-off options may be stopped and left behind: 9 without 7, 3 without 2', () => {
    const s = on('C');
    s.options([{ no: 7, fee: 1, accounts: 3 }, { no: 9, initial: 0 }]);
    s.notice('7').accepted();
    s.notice('9').accepted();
    const t = on('L');
    t.options([{ no: 1, fee: 1, initial: 0 }, { no: 2, fee: 1, initial: 0 }, { no: 3, initial: 0 }]);
    t.notice('2').accepted();
  });

  test('policy endDependents: the dependent ends the same day, by the clause, and is settled', () => {
    const s = on('X', { prerequisiteRemoval: 'endDependents' });
    s.options([{ no: 15, as: 'W', fee: 1_000 }, { no: 17, as: 'V', fee: 1_000 }, { no: 19, as: 'F', fee: 2_000, accounts: 3 }]);
    s.at('2025-11-01').notice('W', { designated: '2026-03-31' });
    expect(s.endOf('F')).toBeNull();
    s.notice('V', { designated: '2026-06-30' }).warns('A12-3 settlement', 'A12-3 settlement');
    expect(s.endOf('F')).toBe('2026-06-30 A8-2-19');
    s.onDay('2026-07-01').thenOnly(
      'OptionEnded W 2026-03-31 notice A8-8',
      'SettlementAssessed W 6000 yen due 2026-03-31 2026-04-01..2026-09-30 at 1000 A12-3 X2-2 (A12-3 gap)',
      'OptionEnded F 2026-06-30 A8-2-19',
      'OptionEnded V 2026-06-30 notice A8-8',
      'SettlementAssessed F 6000 yen due 2026-06-30 2026-07-01..2026-09-30 at 2000 A12-3 X2-2 (A12-3 gap)',
      'SettlementAssessed V 3000 yen due 2026-06-30 2026-07-01..2026-09-30 at 1000 A12-3 X2-2 (A12-3 gap)',
    );
  });

  test('endDependents: what is accepted after a gap does not revive a dependent', () => {
    const s = on('L', { prerequisiteRemoval: 'endDependents' });
    s.options([{ no: 13, as: 'W', fee: 1 }, { no: 18, as: 'F', fee: 1, accounts: 3 }]);
    s.at('2025-11-01').notice('W', { designated: '2025-12-15' });
    s.onDay('2025-12-20');
    s.options([{ no: 13, as: 'W2', fee: 1 }]).accepted();
    expect(s.endOf('F')).toBe('2025-12-15 A5-11');
    expect(s.endOf('W2')).toBeNull();
  });

  test.each(['reject', 'endDependents'])('design 19 accepted while the end of what it needs is fixed: warned about, and outlives it (%s)', (prerequisiteRemoval) => {
    const s = on('L', { prerequisiteRemoval });
    s.options([{ no: 13, as: 'W', fee: 1_000 }]);
    s.at('2025-11-01').notice('W', { designated: '2025-12-31' });
    s.at('2025-11-10').options([{ no: 18, as: 'F', fee: 1_000, accounts: 5 }]).warns('A5-11 prerequisite-ends');
    s.onDay('2026-03-01').thenOnly('OptionEnded W 2025-12-31 notice A8-8');
    expect(s.endOf('F')).toBeNull();
    expect(s.monthly('2026-02')).toEqual({ base: 100_000, F: 1_000 });
  });

  test('design 17 a withdrawal that would leave a dependent behind is refused', () => {
    const s = on('L');
    s.options([{ no: 13, as: 'W', fee: 1_000 }, { no: 18, as: 'F', fee: 1_000, accounts: 5 }]);
    s.at('2025-11-01').notice('F', { designated: '2025-12-31' });
    s.notice('W', { designated: '2026-01-31' }).accepted();
    s.withdrawNotice('F').refused('A5-11 prerequisite-ends');
    s.withdrawNotice('W').accepted();
    s.withdrawNotice('F').accepted();
  });

  test('design 17, 19 one that outlives what it needs anyway does not forbid the withdrawal of the contract\'s notice', () => {
    const s = on('L');
    s.options([{ no: 13, as: 'W', fee: 1_000 }]);
    s.at('2025-11-01').notice('W', { designated: '2025-12-31' });
    s.at('2025-11-10').options([{ no: 18, as: 'F', fee: 1_000, accounts: 5 }]);
    s.notice('base', { designated: '2026-03-31' });
    s.withdrawNotice('base').accepted();
    expect(s.endOf('F')).toBeNull();
  });

  test('design 17 the contract goes on again: a stop accepted because everything ended is left without its ground', () => {
    const s = on('L');
    s.options([{ no: 13, as: 'W', fee: 1_000 }, { no: 18, as: 'F', fee: 1_000, accounts: 5 }]);
    s.at('2025-11-01').notice('base', { designated: '2026-01-31' });
    s.notice('W', { designated: '2026-02-28' }).accepted();
    s.withdrawNotice('base').refused('A5-11 prerequisite-ends');
  });
});

describe('storage (A10-3, A10-4, A10-5; N11)', () => {
  test.each([['L', 33, 'A10-3'], ['X', 34, 'A10-4'], ['G', 44, 'A10-5']] as const)('%s ends with the last unit of option %i by %s', (item, no, clause) => {
    const s = on(item);
    s.options([{ no, as: 'S1', fee: 5_000, units: 2 }, { no, as: 'S2', fee: 5_000 }]);
    s.at('2026-01-01').notice('S1', { designated: '2026-02-28' });
    expect(s.endOf()).toBeNull();
    s.notice('S2', { designated: '2026-03-31' });
    expect(s.endOf()).toBe(`2026-03-31 ${clause}`);
    s.onDay('2026-04-01');
    expect(s.endOf('S2')).toBe('2026-03-31 notice A8-8');
  });

  test('A10-3 policy any: the first unit ends the contract', () => {
    const s = on('L', { storageCascade: 'any' });
    s.options([{ no: 33, as: 'S1', fee: 5_000 }, { no: 33, as: 'S2', fee: 5_000 }]);
    s.at('2026-01-10').notice('S1').warns('A10-3 cascade');
    s.onDay('2026-02-10').thenOnly('OptionEnded S1 2026-02-09 notice A8-8', 'OptionEnded S2 2026-02-09 contract N13', 'Ended 2026-02-09 A10-3');
  });

  test('N12 storage that ends on its own term end ends the base in mid-term, with a settlement (SC-16)', () => {
    const s = story();
    s.contract({ item: 'X', billed: '2025-10-01', fee: 200_000 });
    s.at('2025-12-15').options([{ no: 34, as: 'S', fee: 5_000 }]);
    s.at('2026-10-20').notice('S', { designated: '2026-12-14' }).warns('A10-4 cascade', 'A12-2 settlement');
    s.onDay('2026-12-31').thenOnly('OptionEnded S 2026-12-14 notice A8-8', 'Ended 2026-12-14 A10-4', 'SettlementAssessed base 1909677 yen due 2026-12-14 2026-12-15..2027-09-30 at 200000 A12-2 X2-1');
  });

  test('design 19 a unit accepted and billed by the day of the cascade takes it back; one billed later does not', () => {
    const s = on('L');
    s.options([{ no: 33, as: 'S', fee: 5_000 }]);
    s.at('2026-01-10').notice('S');
    expect(s.endOf()).toBe('2026-02-09 A10-3');
    s.at('2026-02-09').options([{ no: 33, as: 'late', fee: 5_000 }], { billed: '2026-02-10' }).refused('A10-3 contract-ended');
    s.options([{ no: 33, as: 'S2', fee: 5_000 }]).warns('A10-3 cascade-taken-back');
    expect(s.endOf()).toBeNull();
  });

  test('design 19 recorded late, the written end is undone', () => {
    const s = on('L');
    s.options([{ no: 33, as: 'S', fee: 5_000 }]);
    s.at('2026-01-10').notice('S');
    s.onDay('2026-02-20').thenOnly('OptionEnded S 2026-02-09 notice A8-8', 'Ended 2026-02-09 A10-3');
    s.options([{ no: 33, as: 'S2', fee: 5_000 }], { accepted: '2026-02-05' }).thenAlso('EndUndone base');
    expect(s.monthly('2026-02')).toEqual({ base: 100_000, S: Math.floor((5_000 * 9) / 28), S2: Math.floor((5_000 * 24) / 28) });
  });

  test('an end of the contract by another day stands before the cascade', () => {
    const s = on('L');
    s.options([{ no: 33, as: 'S', fee: 5_000 }]);
    s.at('2026-01-10').notice('S', { designated: '2026-03-31' });
    s.notice('base').accepted();
    expect([s.endOf(), s.endOf('S')]).toEqual(['2026-02-09 notice A10-1', '2026-02-09 contract N13']);
    s.withdrawNotice('base');
    expect([s.endOf(), s.endOf('S')]).toEqual(['2026-03-31 A10-3', '2026-03-31 notice A8-8']);
    s.withdrawNotice('S').warns('A10-3 cascade-taken-back');
    expect([s.endOf(), s.endOf('S')]).toEqual([null, null]);
  });
});
