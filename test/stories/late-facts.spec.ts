import { story } from '@app/testing';

const x = (policies = {}) => {
  const s = story({ policies });
  s.contract({ item: 'X', billed: '2025-10-01' });
  return s;
};

describe('facts recorded late are judged by their own date (design 10, 16, 17)', () => {
  test('a timely notice recorded after the renewal was written undoes it and ends the contract in the same append', () => {
    const s = x();
    s.onDay('2026-10-20').thenOnly('Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31');
    s.notice('base', { arrived: '2026-08-20', designated: '2026-09-30' }).thenOnly(
      'CancellationNotified base arrived 2026-08-20 designated 2026-09-30',
      'RenewalUndone base',
      'Ended 2026-09-30 notice A10-2',
    );
    expect(s.months('base', '2026-09', 2)).toEqual([100_000, null]);
  });

  test('a late notice recorded late ends the contract in the renewed term, which stays', () => {
    const s = x();
    s.onDay('2026-11-20');
    s.notice('base', { arrived: '2026-09-01', designated: null }).thenOnly(
      'CancellationNotified base arrived 2026-09-01 designated no day',
      'Ended 2026-10-01 notice A10-2',
      'SettlementAssessed base 1196774 yen due 2026-10-01 2026-10-02..2027-09-30 at 100000 A12-2 X2-1',
    );
  });

  test('several passed renewals are undone, and written again when the notice is withdrawn', () => {
    const s = story();
    s.contract({ item: 'D', billed: '2022-10-01' });
    s.onDay('2026-02-01');
    s.notice('base', { arrived: '2023-05-01', designated: '2023-09-30' }).thenOnly(
      'CancellationNotified base arrived 2023-05-01 designated 2023-09-30',
      'RenewalUndone base', 'RenewalUndone base', 'RenewalUndone base',
      'Ended 2023-09-30 notice A10-2',
    );
    s.withdrawNotice('base', { consented: '2023-06-01' }).thenOnly(
      'NoticeWithdrawn notice base consented 2023-06-01',
      'EndUndone base',
      'Renewed base #2 2023-10-01..2024-09-30 deadline 2024-08-31',
      'Renewed base #3 2024-10-01..2025-09-30 deadline 2025-08-31',
      'Renewed base #4 2025-10-01..2026-09-30 deadline 2026-08-31',
    );
  });

  test('a scheduler that has not run: the due renewals and the end are decided with the notice', () => {
    const s = x().at('2028-01-15');
    s.notice('base', { arrived: '2027-12-01' }).thenOnly(
      'CancellationNotified base arrived 2027-12-01 designated no day',
      'Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31',
      'Renewed base #3 2027-10-01..2028-09-30 deadline 2028-08-31',
      'Ended 2027-12-31 notice A10-2',
      'SettlementAssessed base 900000 yen due 2027-12-31 2028-01-01..2028-09-30 at 100000 A12-2 X2-1',
    );
  });

  test('an end moved forward is told anew: undone and written again with its settlement', () => {
    const s = x();
    s.at('2026-01-10').notice('base', { designated: '2026-06-30', as: 'first' });
    s.onDay('2026-07-10').thenOnly('Ended 2026-06-30 notice A10-2', 'SettlementAssessed base 300000 yen due 2026-06-30 2026-07-01..2026-09-30 at 100000 A12-2 X2-1');
    s.notice('base', { arrived: '2026-02-01', designated: '2026-05-31', as: 'second' }).thenOnly(
      'CancellationNotified base arrived 2026-02-01 designated 2026-05-31',
      'SettlementVoided base', 'EndUndone base',
      'Ended 2026-05-31 notice A10-2',
      'SettlementAssessed base 400000 yen due 2026-05-31 2026-06-01..2026-09-30 at 100000 A12-2 X2-1',
    ).warns('A12-2 settlement');
    s.withdrawNotice('base', { as: 'second', consented: '2026-03-01' }).thenOnly(
      'NoticeWithdrawn second consented 2026-03-01',
      'SettlementVoided base', 'EndUndone base',
      'Ended 2026-06-30 notice A10-2',
      'SettlementAssessed base 300000 yen due 2026-06-30 2026-07-01..2026-09-30 at 100000 A12-2 X2-1',
    );
  });

  test('design 16 an option accepted after the new end is void, without any charge, and revives when the end is lifted', () => {
    const s = x();
    s.at('2026-03-10').options([{ no: 34, as: 'S', fee: 5_000, initial: 9_000 }, { no: 30, as: 'R', fee: 1_000, accounts: 3 }], { billed: '2026-04-01' });
    s.at('2026-03-20').notice('base', { arrived: '2026-02-01', designated: null, as: 'late' }).thenOnly(
      'CancellationNotified base arrived 2026-02-01 designated no day',
      'OptionVoided S 2026-03-03 A10-2', 'OptionVoided R 2026-03-03 A10-2',
      'Ended 2026-03-03 notice A10-2',
      'SettlementAssessed base 690322 yen due 2026-03-03 2026-03-04..2026-09-30 at 100000 A12-2 X2-1',
    ).warns('N9 undesignated', 'A12-2 settlement', 'A10-2 option-voided', 'A10-2 option-voided');
    expect(s.oneOffs('2027-12-31')).toEqual(['initial base A11b 2025-10-01 0', 'settlement base A12-2 2026-03-03 690322']);
    s.onDay('2026-05-01').thenOnly();
    s.withdrawNotice('base', { as: 'late', consented: '2026-03-01' }).thenOnly(
      'NoticeWithdrawn late consented 2026-03-01',
      'SettlementVoided base', 'EndUndone base', 'OptionRevived R', 'OptionRevived S',
    );
    expect(s.monthly('2026-04')).toEqual({ base: 100_000, S: 5_000, R: 1_000 });
  });

  test('design 16 an option accepted by the new end but starting later ends before billing (N14): its initial fee stays', () => {
    const s = x();
    s.at('2026-02-20').options([{ no: 34, as: 'S', fee: 5_000, initial: 9_000 }], { billed: '2026-04-01' });
    s.at('2026-03-20').notice('base', { arrived: '2026-02-01' });
    expect(s.endOf('S')).toBe('2026-03-03 contract N13');
    expect(s.settlements).toEqual({ base: 690_322, S: 0 });
    expect(s.oneOffs()).toEqual(['initial base A11b 2025-10-01 0', 'initial S A11b 2026-02-20 9000', 'settlement base A12-2 2026-03-03 690322']);
  });

  test('design 16 a count change effective after the new end is void, and revives', () => {
    const s = x();
    s.at('2026-03-10').change({ accounts: 120, effective: '2026-04-01', fee: 120_000, as: 'more' });
    s.at('2026-03-20').notice('base', { arrived: '2026-02-01', as: 'late' }).thenAlso(
      'AccountCountChangeVoided more 2026-03-03 A10-2',
      'Ended 2026-03-03 notice A10-2',
      'SettlementAssessed base 690322 yen due 2026-03-03 2026-03-04..2026-09-30 at 100000 A12-2 X2-1',
    );
    s.withdrawNotice('base', { as: 'late', consented: '2026-03-01' }).thenAlso('SettlementVoided base', 'EndUndone base', 'AccountCountChangeRevived base');
    expect(s.months('base', '2026-03', 2)).toEqual([100_000, 120_000]);
  });

  test('a back-dated count change changes the settlement that was written (N15)', () => {
    const s = x();
    s.at('2026-05-01').notice('base', { designated: '2026-06-30' });
    s.onDay('2026-07-05');
    s.change({ accounts: 50, effective: '2026-06-01', fee: 50_000 }).thenAlso(
      'SettlementVoided base',
      'SettlementAssessed base 150000 yen due 2026-06-30 2026-07-01..2026-09-30 at 50000 A12-2 X2-1',
    );
  });

  test('a termination recorded late ends the contract in the past; one after a fixed end is refused', () => {
    const s = x();
    s.onDay('2026-03-15');
    s.terminate('2026-03-01', 'general-terms-28-2').thenAlso('Ended 2026-03-01 general-terms-28-2', 'SettlementAssessed base 0 yen due 2026-03-01 2026-03-02..2026-09-30 at 100000 A12-2 X2-1 exempt A12-2');
    s.terminate('2026-03-02').refused('contract-ended');
    s.terminate('2026-03-01', 'provider').accepted();
    expect(s.endOf()).toBe('2026-03-01 general-terms-28-2');
  });

  test('whatever falls due is written the same in one go, day by day, or with the next command', () => {
    const tell = (how: 'daily' | 'once' | 'command') => {
      const s = x();
      s.options([{ no: 34, as: 'S', fee: 5_000, initial: 0 }, { no: 15, as: 'W', fee: 2_000 }], { billed: '2025-12-15' });
      s.at('2025-12-20').notice('W', { designated: '2027-03-31' });
      if (how === 'daily') for (let y = 2026; y <= 2028; y++) for (const m of ['01', '04', '10', '12']) s.onDay(`${y}-${m}-16`);
      else s.at('2028-12-16');
      if (how === 'once') s.recordDue();
      if (how === 'command') s.notice('base', { arrived: '2028-12-16', onForm: false });
      return [...s.recorded.written.keys()].sort();
    };
    expect(tell('once')).toEqual(tell('daily'));
    expect(tell('command')).toEqual(tell('daily'));
    // Three renewals of the base and of S; W renews once, ends in that term and is settled.
    expect(tell('daily').length).toBe(9);
  });
});
