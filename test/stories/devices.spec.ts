import { plainDate, type Holidays } from '@app/calendar';
import { story, type StoryOptions } from '@app/testing';

const lent = (options: StoryOptions = {}) => {
  const s = story(options);
  s.contract({ item: 'L', billed: '2025-10-01' });
  s.options([{ no: 1, as: 'T', fee: 1_000, initial: 0 }, { no: 2, as: 'V', fee: 3_000, initial: 0 }]);
  return s;
};
const row = (s: ReturnType<typeof story>) => {
  const { returnDueOn, returnedOn, deemedLostOn } = s.life.devices[0]!;
  return { returnDueOn, returnedOn, deemedLostOn };
};

describe('lent devices (A8-4)', () => {
  test('A8-4-2 nothing is due while no end is fixed; then 30 days from the end, deemed lost on the day after', () => {
    const s = lent();
    expect(row(s)).toEqual({ returnDueOn: null, returnedOn: null, deemedLostOn: null });
    s.at('2026-10-01').notice('V', { designated: '2026-11-30' });
    expect(row(s)).toEqual({ returnDueOn: '2026-12-30', returnedOn: null, deemedLostOn: '2026-12-31' });
    s.onDay('2026-12-30').thenOnly('OptionEnded V 2026-11-30 notice A8-8');
    s.onDay('2026-12-31').thenOnly('DeviceDeemedLost V 2026-12-31 due 2026-12-30');
    expect(s.oneOffs().slice(-1)).toEqual(['oneTime V X1-3-2 2026-12-31 null']);
    s.quote('V', 'oneTime', 80_000);
    expect(s.oneOffs().slice(-1)).toEqual(['oneTime V X1-3-2 2026-12-31 80000']);
  });

  test('A8-4-2 returned in time, recorded late: the deemed loss is undone', () => {
    const s = lent();
    s.at('2026-10-01').notice('V');
    s.onDay('2026-12-10').thenOnly('OptionEnded V 2026-10-31 notice A8-8', 'DeviceDeemedLost V 2026-12-01 due 2026-11-30');
    s.returned('V', '2026-11-30').thenOnly('DevicesReturned V 2026-11-30', 'DeviceDeemedLossUndone V');
    expect(row(s)).toEqual({ returnDueOn: '2026-11-30', returnedOn: '2026-11-30', deemedLostOn: null });
    s.returned('V', '2026-12-01').refused('A8-4-2 already-returned');
    s.lost('V').refused('A8-4-7 already-returned');
  });

  test('A8-4-8-ii returned late: the loss charge stays', () => {
    const s = lent();
    s.at('2026-10-01').notice('V');
    s.onDay('2026-12-10');
    s.returned('V', '2026-12-05').thenOnly('DevicesReturned V 2026-12-05');
    expect(row(s)).toEqual({ returnDueOn: '2026-11-30', returnedOn: '2026-12-05', deemedLostOn: '2026-12-01' });
  });

  test('A8-4-2 the end of the contract counts as the end of the option; lifted, nothing is due', () => {
    const s = lent();
    s.at('2026-10-01').notice('base');
    expect(row(s)).toEqual({ returnDueOn: '2026-11-30', returnedOn: null, deemedLostOn: '2026-12-01' });
    s.onDay('2026-12-01').thenAlso('DeviceDeemedLost V 2026-12-01 due 2026-11-30');
    s.withdrawNotice('base', { consented: '2026-10-31' }).thenAlso('DeviceDeemedLossUndone V', 'EndUndone base', 'OptionEndUndone V', 'OptionEndUndone T');
    expect(row(s)).toEqual({ returnDueOn: null, returnedOn: null, deemedLostOn: null });
  });

  test('A8-4-3, A8-4-4, A8-4-5 fault, substitute, the faulty device back; paid for only if attributable', () => {
    const s = lent();
    s.at('2025-11-01').fault('V', { attributable: true, charge: 20_000 }).thenOnly('DeviceFaultReported V 2025-11-01 attributable 20000');
    s.fault('V').thenOnly('DeviceFaultReported V 2025-11-01');
    s.fault('V', { charge: 5 }).refused('A8-4-5 fault-not-attributable');
    s.fault('V', { attributable: true }).thenOnly('DeviceFaultReported V 2025-11-01 attributable to be quoted');
    expect(s.oneOffs().slice(3)).toEqual(['oneTime V X1-3-1 2025-11-01 20000', 'oneTime V X1-3-1 2025-11-01 null']);
    s.quote('V', 'oneTime', 15_000);
    expect(s.oneOffs().slice(-1)).toEqual(['oneTime V X1-3-1 2025-11-01 15000']);
    s.at('2025-11-10').replacement('V', '2025-10-31').refused('400 arrivedOn');
    s.replacement('V').thenOnly('ReplacementArrived V 2025-11-10');
    s.at('2025-11-20').returned('V').thenOnly('DevicesReturned V 2025-11-20 faulty');
    expect(s.life.devices[0]!.faults.map((f) => [f.replacementArrivedOn, f.faultyReturnDueOn, f.faultyReturnedOn])).toEqual([
      ['2025-11-10', '2025-12-10', '2025-11-20'], [null, null, null], [null, null, null],
    ]);
    // N27: overdue is only shown, never charged.
    s.replacement('V');
    s.onDay('2026-06-30').thenOnly();
    expect(s.oneOffs().length).toBe(5);
  });

  test('A8-4-4a a substitute needs a fault; a return needs a fault or an end', () => {
    const s = lent();
    s.replacement('V').refused('A8-4-4a no-fault-to-replace');
    s.returned('V').refused('A8-4-2 nothing-to-return');
    s.found('V').refused('A8-4-8-i nothing-lost');
    s.fault('T').refused('A8-2-2 no-lent-devices');
    s.lost('nothing').refused('404 option');
    s.lost('V', 1, '2025-10-02').refused('400 lostOn');
    s.lost('V', 1, '2025-09-30').refused('400 lostOn');
  });

  test('A8-4-7 a loss is charged on its day; A8-4-8 a found device refunds nothing', () => {
    const s = lent();
    s.at('2025-11-01').lost('V', 80_000).thenOnly('DeviceLost V 2025-11-01 80000');
    s.at('2025-12-01').found('V').thenOnly('DeviceFound V 2025-12-01');
    expect(s.oneOffs().slice(3)).toEqual(['oneTime V X1-3-2 2025-11-01 80000']);
    // One of the two is still lent.
    s.at('2026-10-01').notice('V');
    expect(row(s).deemedLostOn).toBe('2026-12-01');
    s.lost('V', null).accepted();
    expect(row(s).deemedLostOn).toBeNull();
    s.lost('V', null).refused('A8-4-7 already-lost');
  });

  test('A8-4-8-ii a lost device that is found comes back: nothing is refunded, the other one is still lent', () => {
    const s = lent();
    s.at('2025-11-01').lost('V', 80_000);
    s.at('2025-12-01').found('V');
    s.at('2025-12-05').returned('V').thenOnly('DevicesReturned V 2025-12-05 found');
    s.returned('V').refused('A8-4-2 nothing-to-return');
    expect(s.oneOffs().slice(3)).toEqual(['oneTime V X1-3-2 2025-11-01 80000']);
    expect(s.life.devices[0]!.losses.map((l) => [l.lostOn, l.returnedOn])).toEqual([['2025-11-01', '2025-12-05']]);
    s.at('2026-10-01').notice('V');
    expect(row(s)).toEqual({ returnDueOn: '2026-11-30', returnedOn: null, deemedLostOn: '2026-12-01' });
    s.at('2026-11-15').returned('V').thenAlso('OptionEnded V 2026-10-31 notice A8-8');
    expect(row(s)).toEqual({ returnDueOn: '2026-11-30', returnedOn: '2026-11-15', deemedLostOn: null });
  });

  test('A8-4-8-ii found after the others came back', () => {
    const s = lent();
    s.at('2026-10-01').lost('V', 80_000);
    s.notice('V');
    s.onDay('2026-11-15');
    s.returned('V').thenOnly('DevicesReturned V 2026-11-15');
    s.returned('V').refused('A8-4-2 already-returned');
    s.at('2026-11-20').found('V');
    s.returned('V').thenOnly('DevicesReturned V 2026-11-20 found');
    expect(row(s).returnedOn).toBe('2026-11-15');
  });

  test('A8-4-7 a loss reported of what is deemed lost prices that charge, once', () => {
    const s = lent();
    s.at('2026-10-01').notice('V');
    s.onDay('2026-12-10');
    s.lost('V', null).refused('A8-4-7 already-lost');
    s.lost('V', 70_000).accepted();
    expect(s.oneOffs().slice(3)).toEqual(['oneTime V X1-3-2 2026-12-01 70000']);
    s.lost('V', 80_000).refused('A8-4-7 already-lost');
    s.found('V').thenOnly('DeviceFound V 2026-12-10');
  });
});

describe('Civil Code 142 on returns (policy art142)', () => {
  const holidays: Holidays = { name: 'table', from: plainDate('2026-11-01'), to: plainDate('2026-12-31'), days: new Set(['2026-11-30', '2026-12-01']) };

  test('A8-4-2 the next day that is neither Sunday nor in the table', () => {
    const s = lent({ policies: { art142: 'returns' }, holidays });
    s.at('2026-10-01').notice('V');
    expect(row(s)).toEqual({ returnDueOn: '2026-12-02', returnedOn: null, deemedLostOn: '2026-12-03' });
    s.onDay('2026-12-31').thenOnly('OptionEnded V 2026-10-31 notice A8-8', 'DeviceDeemedLost V 2026-12-03 due 2026-12-02');
  });

  test('beyond the table the date is null with a warning, and nobody is charged', () => {
    const s = lent({ policies: { art142: 'returns' }, holidays });
    s.at('2026-10-01').notice('V', { designated: '2026-12-05' }).warns('A8-4-2 beyond-holiday-table');
    expect(row(s)).toEqual({ returnDueOn: null, returnedOn: null, deemedLostOn: null });
    s.onDay('2027-06-01').thenOnly('OptionEnded V 2026-12-05 notice A8-8');
    const t = lent({ policies: { art142: 'returns' }, holidays });
    t.at('2026-10-02').fault('V');
    t.replacement('V', '2026-10-02').warns();
    t.at('2026-12-05').fault('V');
    t.replacement('V').warns('A8-4-4b beyond-holiday-table');
    expect(t.life.devices[0]!.faults.map((f) => f.faultyReturnDueOn)).toEqual(['2026-11-02', null]);
  });

  test('switched off, the table changes nothing', () => {
    const s = lent({ holidays });
    s.at('2026-10-01').notice('V');
    expect(row(s).returnDueOn).toBe('2026-11-30');
  });
});
