import { story } from '@app/testing';

const x = (billed = '2025-10-01', policies = {}, item = 'X') => {
  const s = story({ policies });
  s.contract({ item, billed });
  return s;
};

describe('one-year terms (A3-2, A10-2)', () => {
  test('A3-2b a contract renews on the first day of each new term, not at the deadline (N6)', () => {
    const s = x();
    s.onDay('2026-09-30').thenOnly();
    s.onDay('2026-10-01').thenOnly('Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31');
    s.onDay('2028-10-01').thenOnly(
      'Renewed base #3 2027-10-01..2028-09-30 deadline 2028-08-31',
      'Renewed base #4 2028-10-01..2029-09-30 deadline 2029-08-31',
    );
  });

  test('A3-2c a scheduler that slept for years writes every renewal in order, once (N10)', () => {
    const s = x('2020-02-29').at('2024-03-05');
    s.recordDue().thenOnly(
      'Renewed base #2 2021-03-01..2022-02-28 deadline 2022-01-31',
      'Renewed base #3 2022-03-01..2023-02-28 deadline 2023-01-31',
      'Renewed base #4 2023-03-01..2024-02-29 deadline 2024-01-31',
      'Renewed base #5 2024-03-01..2025-02-28 deadline 2025-01-31',
    );
    s.recordDue().thenOnly();
  });

  test('N10 chainAnchor originalStart keeps the 29th of February', () => {
    const s = x('2020-02-29', { chainAnchor: 'originalStart' });
    s.onDay('2024-02-29').thenOnly(
      'Renewed base #2 2021-03-01..2022-02-28 deadline 2022-01-31',
      'Renewed base #3 2022-03-01..2023-02-28 deadline 2023-01-31',
      'Renewed base #4 2023-03-01..2024-02-28 deadline 2024-01-28',
      'Renewed base #5 2024-02-29..2025-02-28 deadline 2025-01-31',
    );
  });

  test('A10-2 within the term: the 30th day, the rest of the term is settled (A12-2, X2-1)', () => {
    const s = x().at('2026-01-31');
    s.notice('base').thenOnly('CancellationNotified base arrived 2026-01-31 designated no day').warns('N9 undesignated', 'A12-2 settlement');
    s.onDay('2026-03-02').thenOnly();
    // 29 of 31 days of March, then April to September.
    s.onDay('2026-03-03').thenOnly('Ended 2026-03-02 notice A10-2', 'SettlementAssessed base 693548 yen due 2026-03-02 2026-03-03..2026-09-30 at 100000 A12-2 X2-1');
    s.onDay('2030-01-01').thenOnly();
  });

  test('A3-2b on the deadline: expires, no settlement', () => {
    const s = x().at('2026-08-31');
    s.notice('base', { designated: '2026-09-30' }).warns();
    s.onDay('2027-12-31').thenOnly('Ended 2026-09-30 notice A10-2');
  });

  test('A3-2b a day late: renews and ends in the new term (SC-04)', () => {
    const s = x().at('2026-09-01');
    s.notice('base', { designated: '2026-09-30' }).warns('A3-2b deadline-missed', 'A12-2 settlement');
    s.onDay('2027-12-31').thenOnly(
      'Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31',
      'Ended 2026-10-01 notice A10-2',
      'SettlementAssessed base 1196774 yen due 2026-10-01 2026-10-02..2027-09-30 at 100000 A12-2 X2-1',
    );
  });

  test('N6 late, but the 30th day falls on the term end', () => {
    const s = x('2025-04-01').at('2026-03-01');
    s.notice('base', { designated: '2026-03-31' }).warns('A3-2b deadline-missed');
    s.onDay('2026-12-31').thenOnly('Ended 2026-03-31 notice A10-2');
  });

  test('N7 timely, although the 30th day lies after the term end; N9 without a designated day too', () => {
    for (const designated of ['2026-02-28', null]) {
      const s = x('2025-03-01').at('2026-01-31');
      s.notice('base', { designated });
      s.onDay('2026-12-31').thenOnly('Ended 2026-02-28 notice A10-2');
    }
  });

  test('N8 timely, but designating a later day: renews with a warning, or expires by policy', () => {
    const s = x().at('2026-08-01');
    s.notice('base', { designated: '2026-10-31' }).warns('N8 late-designation', 'A12-2 settlement');
    s.onDay('2026-11-01').thenOnly(
      'Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31',
      'Ended 2026-10-31 notice A10-2',
      'SettlementAssessed base 1100000 yen due 2026-10-31 2026-11-01..2027-09-30 at 100000 A12-2 X2-1',
    );
    const t = x('2025-10-01', { lateDesignation: 'expire' }).at('2026-08-01');
    t.notice('base', { designated: '2026-10-31' }).warns('N8 late-designation');
    t.onDay('2027-12-31').thenOnly('Ended 2026-09-30 notice A10-2');
  });

  test('N14 before billing: ends, nothing is settled or charged monthly, the initial fee stays', () => {
    const s = story();
    s.contract({ item: 'X', accepted: '2025-08-01', billed: '2025-10-01', initial: 30_000 });
    s.at('2025-08-05').notice('base').warns('N9 undesignated');
    s.onDay('2026-12-31').thenOnly('Ended 2025-09-04 notice A10-2');
    expect(s.settlements).toEqual({ base: 0 });
    expect(s.oneOffs()).toEqual(['initial base A11b 2025-08-01 30000']);
    expect(s.charges().length).toBe(1);
  });

  test('a past designated day is harmless, and so is a designated day before the 30th', () => {
    const s = x().at('2026-03-01');
    s.notice('base', { designated: '2018-10-01' });
    expect(s.endOf()).toBe('2026-03-31 notice A10-2');
  });
});

describe('minimum use periods (A3-1, A10-1)', () => {
  test('A10-1 the later of the 30th day and the designated day; no settlement after the first month', () => {
    const s = x('2025-10-31', {}, 'L').at('2025-10-31');
    s.notice('base').warns();
    expect(s.endOf()).toBe('2025-11-30 notice A10-1');
    s.onDay('2026-12-31').thenOnly('Ended 2025-11-30 notice A10-1');
  });

  test('A12-1 a notice before billing that takes effect within the first month is settled', () => {
    const s = story();
    s.contract({ item: 'L', accepted: '2025-09-10', billed: '2025-10-01', fee: 31_000 });
    s.at('2025-09-10').notice('base').warns('A12-1 settlement');
    // The 30th day is 10 October: 21 of 31 days remain.
    s.onDay('2026-01-01').thenOnly('Ended 2025-10-10 notice A10-1', 'SettlementAssessed base 21000 yen due 2025-10-10 2025-10-11..2025-10-31 at 31000 A12-1 X2-1');
  });
});

describe('several notices, forms, consent (N41, N42)', () => {
  test('N41 of several the earliest effect counts, by policy the last one that came in time', () => {
    for (const [severalNotices, end] of [['earliest', '2026-06-30'], ['last', '2026-12-31']] as const) {
      const s = x('2025-10-01', { severalNotices });
      s.at('2026-02-01').notice('base', { designated: '2026-09-30', as: 'n1' });
      s.at('2026-03-01').notice('base', { designated: '2026-06-30', as: 'n2' });
      s.at('2026-04-01').notice('base', { designated: '2026-12-31', as: 'n3' });
      expect(s.endOf()).toBe(`${end} notice A10-2`);
      expect(s.life.notices.map((n) => n.effect.status)).toEqual(severalNotices === 'earliest' ? ['superseded', 'effective', 'superseded'] : ['superseded', 'superseded', 'effective']);
    }
  });

  test('N41 recorded in another order, the same end', () => {
    const s = x().at('2026-04-01');
    s.notice('base', { arrived: '2026-04-01', designated: '2026-12-31', as: 'n3' });
    s.notice('base', { arrived: '2026-03-01', designated: '2026-06-30', as: 'n2' });
    s.notice('base', { arrived: '2026-02-01', designated: '2026-09-30', as: 'n1' }).warns('N41 superseded');
    expect(s.endOf()).toBe('2026-06-30 notice A10-2');
  });

  test('N41 a notice that arrives after the end is kept and moves nothing', () => {
    const s = x().at('2026-02-01');
    s.notice('base', { designated: '2026-03-31' });
    s.onDay('2026-05-01');
    s.notice('base').thenOnly('CancellationNotified base arrived 2026-05-01 designated no day').warns('N41 after-end', 'N9 undesignated');
    expect(s.endOf()).toBe('2026-03-31 notice A10-2');
  });

  test('N42 a notice that is not on the form is recorded, warned about and ends nothing', () => {
    const s = x().at('2026-02-01');
    s.notice('base', { onForm: false }).thenOnly('CancellationNotified base arrived 2026-02-01 designated no day not on the form').warns('N42 not-on-form');
    expect(s.endOf()).toBeNull();
    expect(s.life.notices[0]!.effect.status).toBe('not-on-form');
  });

  test('N41 a withdrawal counts as if the notice had never arrived: passed terms renew, a written end is undone', () => {
    const s = x().at('2026-08-31');
    s.notice('base', { designated: '2026-09-30' });
    s.at('2026-09-30');
    s.onDay('2026-10-15').thenOnly('Ended 2026-09-30 notice A10-2');
    s.withdrawNotice('base', { consented: '2026-09-30' }).thenOnly(
      'NoticeWithdrawn notice base consented 2026-09-30',
      'EndUndone base',
      'Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31',
    );
    expect(s.life.notices[0]!.effect.status).toBe('withdrawn');
  });

  test('N41 an option does not come back beside its successor, nor beyond the limit', () => {
    const s = story();
    s.contract({ item: 'L', billed: '2025-10-01' });
    s.options([{ no: 13, as: 'W', fee: 1 }, { no: 1, as: 'T', fee: 1, units: 3 }, { no: 29, as: 'R', fee: 1, accounts: 1 }]);
    s.at('2026-01-01');
    for (const name of ['W', 'T', 'R']) s.notice(name);
    s.onDay('2026-02-05');
    s.options([{ no: 13, fee: 1 }, { no: 1, fee: 1, units: 1 }]).accepted();
    s.fork().withdrawNotice('T', { consented: '2026-01-31' }).accepted();
    s.options([{ no: 1, fee: 1, units: 1 }]).accepted();
    s.withdrawNotice('W', { consented: '2026-01-31' }).refused('A8-2-13 option-already-in-use');
    s.withdrawNotice('T', { consented: '2026-01-31' }).refused('A8-3 too-many-units');
    s.withdrawNotice('R', { consented: '2026-01-31' }).thenOnly('NoticeWithdrawn notice R consented 2026-01-31', 'OptionEndUndone R');
  });

  test('N41 consent after the end day is refused; a second withdrawal too', () => {
    const s = x().at('2026-02-01');
    s.notice('base', { designated: '2026-03-31', as: 'n' });
    s.onDay('2026-04-02');
    s.withdrawNotice('base', { as: 'n' }).refused('N41 consent-after-end');
    s.withdrawNotice('base', { as: 'n', consented: '2026-03-31' }).accepted();
    s.withdrawNotice('base', { as: 'n', consented: '2026-03-31' }).refused('already-withdrawn');
    s.withdrawNotice('base', { as: 'another', consented: '2026-03-31' }).refused('404 notice');
  });
});

describe('what ends a contract on one day (provider, A9, notice, cascade)', () => {
  const ready = () => {
    const s = story();
    s.contract({ item: 'X', billed: '2025-10-01' });
    s.options([{ no: 34, fee: 5_000, initial: 0 }]);
    s.at('2026-01-01');
    return s;
  };

  test('A10-4 cascade < notice < A9 < provider', () => {
    const s = ready();
    s.notice('34', { designated: '2026-03-31' }).warns('A10-4 cascade', 'A12-2 settlement', 'A12-3 settlement');
    expect(s.endOf()).toBe('2026-03-31 A10-4');
    s.notice('base', { designated: '2026-03-31' });
    expect(s.endOf()).toBe('2026-03-31 notice A10-2');
    s.discontinue('MOTEX', '2026-03-31');
    expect(s.endOf()).toBe('2026-03-31 A9');
    s.terminate('2026-03-31', 'general-terms-28-3');
    expect(s.endOf()).toBe('2026-03-31 general-terms-28-3');
    // Design 18: the storage ends by its own notice all the same.
    expect(s.endOf('34')).toBe('2026-03-31 notice A8-8');
  });

  test('A9 is applied, ends every line without settlement (N5, N4), and is lifted again', () => {
    const s = ready();
    s.options([{ no: 30, fee: 10_000, accounts: 5 }]);
    s.discontinue('MOTEX', '2026-03-31').thenOnly('DiscontinuationApplied MOTEX 2026-03-31');
    s.onDay('2026-04-01').thenOnly(
      'OptionEnded 34 2026-03-31 contract N13',
      'OptionEnded 30 2026-03-31 contract N13',
      'Ended 2026-03-31 A9',
      'SettlementAssessed 34 0 yen due 2026-03-31 2026-04-01..2026-09-30 at 5000 A12-3 X2-2 (A12-3 gap) exempt N5',
      'SettlementAssessed 30 0 yen due 2026-03-31 2026-04-01..2026-12-31 at 10000 A12-3 X2-2 (A12-3 gap) exempt N5',
      'SettlementAssessed base 0 yen due 2026-03-31 2026-04-01..2026-09-30 at 100000 A12-2 X2-1 exempt N5',
    );
    s.liftDiscontinuation().thenOnly(
      'DiscontinuationLifted', 'SettlementVoided base', 'SettlementVoided 30', 'SettlementVoided 34', 'EndUndone base', 'OptionEndUndone 30', 'OptionEndUndone 34',
    );
    expect(s.endOf()).toBeNull();
  });

  test('A9 an earlier end stays; a discontinuation of another vendor means nothing', () => {
    const s = ready();
    s.terminate('2026-02-28');
    s.discontinue('MOTEX', '2026-03-31');
    expect(s.endOf()).toBe('2026-02-28 provider');
    const t = ready();
    t.discontinue('Acronis', '2026-03-31').thenOnly();
    expect(t.endOf()).toBeNull();
  });

  test('A9 known to the vendor but not yet to the contract: the next command applies it first (design 14)', () => {
    const s = ready();
    s.discontinuations = [{ discontinuationId: 'd', vendor: 'MOTEX', endsOn: '2026-03-31' as never, lifted: false }];
    s.notice('base', { designated: '2026-02-28' }).thenOnly('DiscontinuationApplied MOTEX 2026-03-31', 'CancellationNotified base arrived 2026-01-01 designated 2026-02-28');
    expect(s.endOf()).toBe('2026-02-28 notice A10-2');
  });

  test('general terms 28 (2): the base is exempt, options follow it or, by policy, are charged (N4)', () => {
    for (const [optionExempt, yen] of [['follow', 0], ['literal', 180_000]] as const) {
      const s = story({ policies: { optionExempt } });
      s.contract({ item: 'X', billed: '2025-10-01' });
      s.at('2026-01-01').options([{ no: 1, as: 'T', fee: 10_000, initial: 0 }, { no: 2, as: 'V', fee: 30_000, initial: 0 }]);
      s.at('2026-06-30').terminate('2026-06-30', 'general-terms-28-2');
      expect(s.settlements).toEqual({ base: 0, T: 0, V: yen });
    }
  });

  test('A12 the provider ends a contract of its own: everything is settled', () => {
    const s = ready();
    s.terminate('2026-06-30', 'provider').thenOnly('Terminated 2026-06-30 provider').warns('A12-2 settlement', 'A12-3 settlement');
    s.onDay('2026-07-01').thenOnly(
      'OptionEnded 34 2026-06-30 contract N13',
      'Ended 2026-06-30 provider',
      'SettlementAssessed 34 15000 yen due 2026-06-30 2026-07-01..2026-09-30 at 5000 A12-3 X2-2 (A12-3 gap)',
      'SettlementAssessed base 300000 yen due 2026-06-30 2026-07-01..2026-09-30 at 100000 A12-2 X2-1',
    );
  });
});
