import { story } from '@app/testing';

const on = (item: string, more = {}, policies = {}) => {
  const s = story({ policies });
  s.contract({ item, billed: '2025-10-01', ...more });
  return s;
};

describe('account counts (A7-1, A7-2, A5-10, A5-16, A5-19)', () => {
  test('A7-1 take effect by their day, ties by recording; a back-dated change does not touch later ones', () => {
    const s = on('X', { accounts: 100, fee: { kind: 'perAccount', unit: 1_000 } });
    s.at('2025-12-20').change({ accounts: 120, effective: '2026-02-01' }).thenOnly('AccountCountChanged 120 accounts effective 2026-02-01 by contractor');
    s.at('2026-03-10').change({ accounts: 110, effective: '2026-01-16' });
    s.change({ accounts: 130, effective: '2026-02-01' });
    expect(s.months('base', '2025-12', 3)).toEqual([100_000, Math.floor((100_000 * 15) / 31) + Math.floor((110_000 * 16) / 31), 130_000]);
  });

  test('A5-16 parity options follow the same day, own counts and units do not (N19)', () => {
    const s = on('X', { accounts: 100 });
    s.options([{ no: 15, as: 'W', fee: { kind: 'perAccount', unit: 10 } }, { no: 30, as: 'R', accounts: 5, fee: { kind: 'perAccount', unit: 10 } }, { no: 34, as: 'S', units: 3, fee: { kind: 'perAccount', unit: 10 } }]);
    s.at('2026-01-01').change({ accounts: 120, effective: '2026-01-01', optionAccounts: { R: 7 } });
    expect(s.monthly('2025-12')).toEqual({ base: 100_000, W: 1_000, R: 50, S: 30 });
    expect(s.monthly('2026-01')).toEqual({ base: 100_000, W: 1_200, R: 70, S: 30 });
  });

  test('a change before billing starts is what billing starts with', () => {
    const s = story();
    s.contract({ item: 'X', accepted: '2025-08-01', billed: '2025-10-01', accounts: 10, fee: { kind: 'perAccount', unit: 100 } });
    s.change({ accounts: 20, effective: '2025-09-01', fee: { kind: 'perAccount', unit: 90 } });
    expect(s.months('base', '2025-09', 2)).toEqual([null, 1_800]);
  });

  test('a withdrawn change never was; not once it is in effect, nor twice', () => {
    const s = on('X', { fee: { kind: 'perAccount', unit: 1_000 } });
    s.at('2026-01-10').change({ accounts: 120, effective: '2026-02-01' });
    s.withdrawChange().thenOnly('AccountCountChangeWithdrawn change');
    expect(s.months('base', '2026-02', 1)).toEqual([100_000]);
    s.withdrawChange().refused('already-withdrawn');
    s.change({ accounts: 120, effective: '2026-01-10', as: 'now' });
    s.withdrawChange('now').refused('already-in-effect');
    s.withdrawChange('another').refused('404 change');
  });

  test('A7-2 the provider changes the count with notice and a recorded excess', () => {
    const s = on('X');
    s.at('2026-01-10');
    s.change({ accounts: 120, effective: '2026-02-01', by: 'provider', noticed: '2026-01-09' }).refused('A7-2 no-recorded-excess');
    s.change({ accounts: 120, effective: '2026-02-01', by: 'provider' }).refused('A7-2 no-prior-notice', 'A7-2 no-recorded-excess');
    s.excess(20);
    s.change({ accounts: 120, effective: '2026-01-10', by: 'provider', noticed: '2026-01-10' }).refused('A7-2 no-prior-notice');
    s.change({ accounts: 120, effective: '2026-01-11', by: 'provider', noticed: '2026-01-10' }).thenOnly('AccountCountChanged 120 accounts effective 2026-01-11 by provider noticed 2026-01-10');
  });

  test('A5-19 no day below 50 while option 44 is in use; at entry only by policy', () => {
    for (const minAccounts of ['continuing', 'entry']) {
      const s = on('G', { accounts: 60 }, { minAccounts });
      s.at('2026-01-10').options([{ no: 44, fee: 1_000 }]);
      const down = s.change({ accounts: 49, effective: '2026-03-01' });
      if (minAccounts === 'entry') down.accepted();
      else down.refused('A5-19 too-few-accounts');
      s.change({ accounts: 50, effective: '2026-03-01' }).accepted();
    }
  });

  test('A5-19 before the option and after its end the count is free', () => {
    const s = on('G', { accounts: 60 });
    s.at('2026-01-10').options([{ no: 44, as: 'S', fee: 1_000 }, { no: 44, as: 'S2', fee: 1_000 }]);
    s.change({ accounts: 40, effective: '2026-01-01' }).refused('A5-19 too-few-accounts');
    s.change({ accounts: 40, effective: '2025-12-01', as: 'past' }).refused('A5-19 too-few-accounts');
    s.change({ accounts: 60, effective: '2026-01-10' }).accepted();
    s.change({ accounts: 40, effective: '2025-12-01', as: 'past' }).accepted();
  });

  test('A5-19 a later count below 50 that was known before the option is warned about', () => {
    const s = on('G', { accounts: 60 });
    s.change({ accounts: 40, effective: '2026-06-01' });
    s.at('2026-01-10').options([{ no: 44, fee: 1_000 }]).warns('A5-19 too-few-accounts-later');
  });

  test('after a fixed end: effective by then is accepted, later is refused by the ending clause', () => {
    const s = on('X');
    s.at('2026-01-10').notice('base', { designated: '2026-03-31' });
    s.change({ accounts: 120, effective: '2026-03-31' }).accepted();
    s.change({ accounts: 130, effective: '2026-04-01' }).refused('A10-2 contract-ended');
  });

  test('malformed: unknown options, counts of options that have none, before the acceptance, too much', () => {
    const s = on('X');
    s.options([{ no: 15, as: 'W', fee: 1 }, { no: 30, as: 'R', accounts: 3, fee: { kind: 'perAccount', unit: 10 ** 9 } }]);
    s.change({ accounts: 5, effective: '2025-11-01', optionAccounts: { W: 4 } }).refused(`400 optionAccountCounts.${s.idOf('W')}`);
    s.change({ accounts: 5, effective: '2025-11-01', optionAccounts: { nothing: 4 } }).refused('400 optionAccountCounts.nothing');
    s.change({ accounts: 5, effective: '2025-09-30' }).refused('400 effectiveOn');
    s.change({ accounts: 10 ** 6, effective: '2025-11-01', fee: { kind: 'perAccount', unit: 10 ** 9 } }).refused('400 fees.monthly');
    s.change({ accounts: 5, effective: '2025-11-01', by: 'provider', noticed: '2025-10-02' }).refused('400 noticedOn');
  });
});

describe('prices (A11, X1)', () => {
  test('A11c months are whole or by days, parts at one fee each, floor or half up (SPEC 5.8)', () => {
    for (const [rounding, first, second, last] of [['floor', 54_838, 45_161 + 27_419, 45_161], ['halfUp', 54_839, 45_161 + 27_419, 45_161]] as const) {
      const s = story({ policies: { rounding } });
      s.contract({ item: 'L', accepted: '2025-10-15', billed: '2025-10-15' });
      s.quoteMonthly('base', 50_000, '2025-12-15');
      s.notice('base', { designated: '2026-01-28' });
      expect(s.months('base', '2025-10', 3)).toEqual([first, 100_000, second]);
      expect(s.monthly('2026-01')).toEqual({ base: last });
    }
  });

  test('A11c adjacent days with the same yen are one part, whatever else changed (design 21)', () => {
    const s = story();
    s.contract({ item: 'X', billed: '2025-10-01', accounts: 100, fee: 100_000 });
    s.change({ accounts: 110, effective: '2026-01-11' });
    s.quoteMonthly('base', { kind: 'perAccount', unit: 1_000 }, '2026-01-21');
    s.change({ accounts: 100, effective: '2026-01-21' });
    expect(s.charges('2026-01-31').filter((c) => c.month === '2026-01').map((c) => c.parts!.length)).toEqual([1]);
    expect(s.monthly('2026-01')).toEqual({ base: 100_000 });
  });

  test('A11b an initial fee still to be quoted is null, then what was quoted last', () => {
    const s = story();
    s.contract({ item: 'L', billed: '2025-10-01', initial: null });
    s.options([{ no: 5, as: 'M' }]);
    expect(s.oneOffs()).toEqual(['initial base A11b 2025-10-01 null', 'initial M A11b 2025-10-01 null']);
    s.quote('base', 'initial', 30_000).thenOnly('Quoted base initial 30000');
    s.quote('M', 'initial', 10_000);
    s.quote('M', 'initial', 12_000);
    expect(s.oneOffs()).toEqual(['initial base A11b 2025-10-01 30000', 'initial M A11b 2025-10-01 12000']);
  });

  test('X1-2-1b excess charges are quoted by charge, alone without naming it', () => {
    const s = on('X');
    s.at('2026-01-10').excess(5, { charge: null, as: 'e1' });
    s.quote('base', 'excess', 900).thenOnly('Quoted base excess 900');
    s.excess(5, { charge: null, as: 'e2' });
    s.excess(5, { charge: null, as: 'e3' });
    s.quote('base', 'excess', 800).refused('400 chargeId');
    s.quote('base', 'excess', 800, 'e3').accepted();
    s.quote('base', 'oneTime', 800, 'e3').refused('400 chargeId');
    expect(s.oneOffs().slice(1)).toEqual(['excess base X1-2-1b 2026-01-10 900', 'excess base X1-2-1b 2026-01-10 null', 'excess base X1-2-1b 2026-01-10 800']);
  });

  test('quotations that the agreement has no place for', () => {
    const s = on('X');
    s.options([{ no: 30, as: 'R', accounts: 2, fee: 1 }, { no: 5, as: 'M' }]);
    s.quote('R', 'initial', 1).refused('X1-1-2b no-initial-fee');
    s.quote('R', 'initial', 0).accepted();
    s.quoteMonthly('M', 1_000, '2025-11-01').refused('X1-2-2a no-monthly-fee');
    s.quoteMonthly('R', 1_000, '2025-09-30').refused('400 effectiveOn');
    s.quote('nothing', 'initial', 1).refused('404 option');
    s.at('2025-10-02').notice('R', { designated: '2025-12-31' });
    s.quoteMonthly('R', 1_000, '2026-01-01').refused('A8-8 contract-ended');
    s.quoteMonthly('R', 1_000, '2025-12-31').accepted();
  });
});

describe('what no month may come to', () => {
  test('prices and counts that are fine one by one, but not on the day they meet', () => {
    const s = on('X', { accounts: 10, fee: 1 });
    s.change({ accounts: 10 ** 6, effective: '2026-06-01' });
    s.options([{ no: 15, fee: { kind: 'perAccount', unit: 10 ** 11 } }]).refused('400 options');
    s.options([{ no: 15, as: 'W', fee: { kind: 'perAccount', unit: 10 ** 6 } }]).accepted();
    s.quoteMonthly('W', { kind: 'perAccount', unit: 10 ** 6 + 1 }, '2026-05-01').refused('400 fee');
    s.quoteMonthly('base', { kind: 'perAccount', unit: 10 ** 12 }, '2026-05-01').refused('400 fee');
    s.quoteMonthly('base', { kind: 'perAccount', unit: 10 ** 6 }, '2026-05-01').accepted();
    s.notice('base', { designated: '2026-06-30' });
    expect(s.settlements['base']).toBe(3 * 10 ** 12);
  });
});

describe('excess use (X1-2-1b, X1-2-2b; N39, N40)', () => {
  const excess = (s: ReturnType<typeof story>) => s.oneOffs('2099-12-31').filter((l) => l.startsWith('excess'));

  test('X1-2-1b stands whole; a change from the first of the month covers it, also when recorded later', () => {
    const s = on('X', { accounts: 100 });
    s.at('2026-01-20').excess(20, { charge: 4_000 }).thenOnly('ExcessDetected base 2026-01-20 20 accounts 4000');
    s.at('2026-02-10').change({ accounts: 120, effective: '2026-01-02', as: 'late' }).thenOnly('AccountCountChanged 120 accounts effective 2026-01-02 by contractor');
    expect(excess(s)).toEqual(['excess base X1-2-1b 2026-01-20 4000']);
    s.change({ accounts: 119, effective: '2026-01-01' });
    expect(excess(s)).toEqual(['excess base X1-2-1b 2026-01-20 4000']);
    s.change({ accounts: 120, effective: '2025-12-31', as: 'cover' }).accepted();
    expect(excess(s)).toEqual(['excess base X1-2-1b 2026-01-20 4000']);
    s.change({ accounts: 120, effective: '2026-01-01' }).thenAlso('ExcessChargeVoided excess covered by 120');
    expect(excess(s)).toEqual(['excess base X1-2-1b 2026-01-20 0']);
  });

  test('N39 a month that a lower count followed is not covered by what the contract began with', () => {
    const s = on('X', { accounts: 100 });
    s.change({ accounts: 80, effective: '2025-10-10' });
    s.at('2025-10-20').excess(10, { charge: 4_000 }).thenOnly('ExcessDetected base 2025-10-20 10 accounts 4000');
    expect(excess(s)).toEqual(['excess base X1-2-1b 2025-10-20 4000']);
  });

  test('X1-2-2b of an option with a count of its own', () => {
    const s = on('X');
    s.options([{ no: 30, as: 'R', accounts: 10, fee: 1_000 }]);
    s.at('2026-01-20').excess(5, { subject: 'R', charge: 700 });
    s.change({ accounts: 200, effective: '2026-01-01' });
    expect(excess(s)).toEqual(['excess R X1-2-2b 2026-01-20 700']);
    s.change({ accounts: 200, effective: '2026-01-01', optionAccounts: { R: 15 } }).thenAlso('ExcessChargeVoided excess covered by 15');
  });

  test('X1-2-2b refused on options that are not excess-billed; after the end by the ending clause', () => {
    const s = on('X');
    s.options([{ no: 34, as: 'S', fee: 1 }, { no: 4, as: 'D', fee: 1 }, { no: 5, as: 'M' }, { no: 30, as: 'R', accounts: 2, fee: 1 }]);
    for (const subject of ['S', 'D', 'M']) s.excess(1, { subject }).refused('X1-2-2b not-excess-billed');
    s.excess(1, { subject: 'nothing' }).refused('404 option');
    s.excess(1, { detected: '2025-09-30' }).refused('400 detectedOn');
    s.excess(1, { detected: '2025-10-02' }).refused('400 detectedOn');
    s.at('2025-10-05').notice('R');
    s.onDay('2025-11-10');
    s.excess(1, { subject: 'R' }).refused('A8-8 contract-ended');
    s.excess(1, { subject: 'R', detected: '2025-11-04' }).accepted();
  });
});
