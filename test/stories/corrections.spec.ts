import { story, type Story } from '@app/testing';

const on = (item: string, more = {}) => {
  const s = story();
  const entry = s.contract({ item, billed: '2025-10-01', ...more });
  return { s, entry };
};
const ids = (s: Story) => s.life.options.map((o) => s.nameOf(o.subject));

describe('corrections: strike (design 22)', () => {
  test('a notice that never came: the written end is undone, the passed term renews', () => {
    const { s } = on('X');
    const notice = s.at('2026-08-20').notice('base', { designated: '2026-09-30' });
    s.onDay('2026-11-01').thenOnly('Ended 2026-09-30 notice A10-2');
    s.correct(notice.eventId('CancellationNotified')).thenOnly('Corrected strikes 1', 'EndUndone base', 'Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31');
    expect(s.life.notices).toEqual([]);
  });

  test('a withdrawal that was none: the notice counts again', () => {
    const { s } = on('X');
    s.at('2026-08-20').notice('base', { designated: '2026-09-30' });
    const withdrawal = s.withdrawNotice('base');
    s.onDay('2026-11-01').thenOnly('Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31');
    s.correct(withdrawal.eventId('NoticeWithdrawn')).thenOnly('Corrected strikes 1', 'RenewalUndone base', 'Ended 2026-09-30 notice A10-2');
  });

  test('a termination, and with it the settlement', () => {
    const { s } = on('X');
    const end = s.at('2026-03-31').terminate('2026-03-31');
    s.onDay('2026-04-01');
    s.correct(end.eventId('Terminated')).thenOnly('Corrected strikes 1', 'SettlementVoided base', 'EndUndone base');
    expect(s.endOf()).toBeNull();
  });

  test('one option of an application: the whole command goes, its notices with it', () => {
    const { s } = on('X');
    const added = s.options([{ no: 34, as: 'S', fee: 5_000 }, { no: 30, as: 'R', fee: 1_000, accounts: 3 }]);
    s.at('2026-01-01').notice('S', { designated: '2026-03-31' });
    expect(s.endOf()).toBe('2026-03-31 A10-4');
    s.correct(added.events[1]!.id).thenOnly('Corrected strikes 2').warns('A10-4 cascade-taken-back');
    expect([s.endOf(), ids(s), s.life.notices]).toEqual([null, [], []]);
    s.notice('S').refused('404 option');
  });

  test('an acceptance corrected to a day after what rests on it is refused, with the entry', () => {
    const early = (act: (s: Story) => void): void => {
      const { s, entry } = on('X', { accepted: '2025-08-01' });
      s.at('2025-09-05');
      act(s);
      s.at('2025-10-01');
      const later = s.contractCommand({ item: 'X', accepted: '2025-09-10', billed: '2025-10-01' });
      const out = s.correct(entry.eventId('Contracted'), later).refused('before-acceptance');
      expect(out.result).toMatchObject({ facts: { on: '2025-09-05', acceptedOn: '2025-09-10', eventId: expect.any(String) as string } });
      s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'X', accepted: '2025-09-05', billed: '2025-10-01' })).accepted();
    };
    early((s) => s.options([{ no: 5 }], { billed: '2025-12-01' }).accepted());
    early((s) => s.notice('base', { designated: '2026-03-31' }).accepted());
    early((s) => s.change({ accounts: 50, effective: '2025-09-05' }).accepted());
    early((s) => s.excess(5).accepted());
    early((s) => s.quoteMonthly('base', 90_000, '2025-09-05').accepted());
    early((s) => s.terminate('2025-09-05').accepted());
  });

  test('an option accepted later than a loss of its devices is no correction', () => {
    const { s } = on('X');
    s.options([{ no: 1, fee: 1 }]);
    const lent = s.options([{ no: 2, as: 'V', fee: 1 }]);
    s.at('2025-11-01').lost('V');
    s.at('2025-12-01');
    s.correct(lent.eventId('OptionAdded'), s.optionsCommand([{ no: 2, fee: 1 }])).refused('before-acceptance');
    s.correct(lent.eventId('OptionAdded'), s.optionsCommand([{ no: 2, fee: 1 }], { accepted: '2025-11-01' })).accepted();
  });

  test('a count change: counts, parity and charges as if it had never been', () => {
    const { s } = on('X', { fee: { kind: 'perAccount', unit: 1_000 } });
    s.options([{ no: 15, as: 'W', fee: { kind: 'perAccount', unit: 10 } }]);
    const change = s.change({ accounts: 50, effective: '2026-01-01' });
    expect(s.monthly('2026-01')).toEqual({ base: 50_000, W: 500 });
    s.correct(change.eventId('AccountCountChanged')).thenOnly('Corrected strikes 1');
    expect(s.monthly('2026-01')).toEqual({ base: 100_000, W: 1_000 });
  });

  test('an excess that was voided: struck with its charge; the change alone: the charge is restored', () => {
    const { s } = on('X');
    s.at('2026-01-20').excess(20, { charge: 4_000 });
    const change = s.change({ accounts: 120, effective: '2026-01-01' }).thenAlso('ExcessChargeVoided excess covered by 120');
    s.correct(change.eventId('AccountCountChanged')).thenOnly('Corrected strikes 1', 'ExcessChargeRestored base');
    expect(s.oneOffs().slice(1)).toEqual(['excess base X1-2-1b 2026-01-20 4000']);
  });

  test('a loss, a return, a fault of devices', () => {
    const { s } = on('L');
    s.options([{ no: 1, as: 'T', fee: 1, initial: 0 }, { no: 2, as: 'V', fee: 1, initial: 0 }]);
    const lost = s.lost('V', 80_000);
    const fault = s.fault('V', { attributable: true, charge: 5_000 });
    s.notice('V');
    const back = s.at('2025-11-10').returned('V');
    s.onDay('2026-01-01').thenOnly();
    s.correct(back.eventId('DevicesReturned')).thenAlso('DeviceDeemedLost V 2025-12-01 due 2025-11-30');
    s.correct(lost.eventId('DeviceLost')).thenOnly('Corrected strikes 1');
    s.correct(fault.eventId('DeviceFaultReported')).thenOnly('Corrected strikes 1');
    expect(s.oneOffs().slice(3)).toEqual(['settlement V A12-3 2025-10-31 11', 'oneTime V X1-3-2 2025-12-01 null']);
  });

  test('the contract itself: void, all that followed is undone, nothing more can be asked of it', () => {
    const { s, entry } = on('X');
    s.options([{ no: 30, as: 'R', fee: 1_000, accounts: 3 }]);
    s.onDay('2026-12-01');
    s.correct(entry.eventId('LicensorTermsAgreed')).thenOnly('Corrected strikes 2', 'RenewalUndone base', 'RenewalUndone R');
    expect(() => s.life).toThrow('void');
    s.notice('base').refused('contract-void');
    s.recordDue().thenOnly();
  });
});

describe('corrections: replace (design 22)', () => {
  test('the contract\'s own entry: counts, prices and billing start, with the policies it froze', () => {
    const { s, entry } = on('X', { accounts: 100 });
    s.onDay('2026-10-05').thenOnly('Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31');
    s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'X', accounts: 80, accepted: '2025-10-01', billed: '2025-10-15', fee: 80_000 })).thenOnly(
      'Corrected strikes 2 replaced',
      'Contracted X 80 accounts accepted 2025-10-01 billed 2025-10-15 80000',
      'LicensorTermsAgreed 2025-10-01',
      'RenewalUndone base',
    );
    s.onDay('2026-10-15').thenOnly('Renewed base #2 2026-10-15..2027-10-14 deadline 2027-09-14');
    expect(s.months('base', '2025-10', 2)).toEqual([Math.floor((80_000 * 17) / 31), 80_000]);
  });

  test('a contract of another item is judged by that item: what it cannot have is listed', () => {
    const { s, entry } = on('X');
    const a = s.options([{ no: 15, as: 'W', fee: 1 }]);
    const b = s.options([{ no: 30, as: 'R', fee: 1, accounts: 2 }]);
    s.options([{ no: 12, as: 'E' }]);
    const out = s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'L', billed: '2025-10-01' }));
    out.refused('A5-15 option-not-for-item', 'A5-15 option-not-for-item');
    expect('violations' in out.result && out.result.violations.map((v) => v.facts['eventId'])).toEqual([a.events[0]!.id, b.events[0]!.id]);
    s.correct(a.eventId('OptionAdded'));
    s.correct(b.eventId('OptionAdded'));
    s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'L', billed: '2025-10-01' })).accepted();
    expect([s.life.item.code, ids(s)]).toEqual(['L', ['E']]);
  });

  test('A9 a contract moved to another vendor\'s item leaves one discontinuation and meets the other', () => {
    const { s, entry } = on('L');
    s.at('2026-01-01').discontinue('MOTEX', '2026-03-31', 'd1');
    s.discontinuations = [...s.discontinuations, { discontinuationId: 'd2', vendor: 'Acronis', endsOn: '2026-06-30' as never, lifted: false }];
    s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'G', billed: '2025-10-01' })).thenAlso('DiscontinuationApplied Acronis 2026-06-30');
    expect(s.endOf()).toBe('2026-06-30 A9');
  });

  test('A9 learnt of later does not forbid again what was accepted before', () => {
    const { s, entry } = on('L');
    s.options([{ no: 29, as: 'R', fee: 1, accounts: 2 }], { billed: '2026-04-15' });
    s.change({ accounts: 50, effective: '2026-05-01' });
    s.at('2026-01-01').discontinue('MOTEX', '2026-03-31');
    s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'L', accounts: 90, billed: '2025-10-01' })).accepted();
    expect(s.endOf('R')).toBe('2026-03-31 contract N13');
  });

  test('options keep their ids by place, a longer list makes new ones; notices stay with them', () => {
    const { s } = on('X');
    const added = s.options([{ no: 30, as: 'R', fee: 1_000, accounts: 3 }]);
    s.at('2026-01-01').notice('R', { designated: '2026-03-31' });
    const out = s.correct(added.eventId('OptionAdded'), s.optionsCommand([{ no: 32, fee: 2_000, accounts: 4 }, { no: 36, fee: 3_000, accounts: 5 }], { accepted: '2025-10-01' }));
    const [first, second] = out.accepted().answer['optionIds'] as string[];
    expect(s.nameOf(first!)).toBe('R');
    expect(s.nameOf(second!)).toBe(second);
    expect(s.life.options.map((o) => [o.row.option, o.end?.on ?? null])).toEqual([[32, '2026-03-31'], [36, null]]);
  });

  test('notice, change and charge ids stay: withdrawals and quotations go on counting', () => {
    const { s } = on('X', { accounts: 100, fee: { kind: 'perAccount', unit: 1_000 } });
    const notice = s.at('2026-01-10').notice('base', { designated: '2026-06-30' });
    s.withdrawNotice('base');
    s.correct(notice.eventId('CancellationNotified'), s.noticeCommand('base', { arrived: '2026-01-08', designated: '2026-05-31' })).thenOnly('Corrected strikes 1 replaced', 'CancellationNotified base arrived 2026-01-08 designated 2026-05-31');
    expect(s.endOf()).toBeNull();

    const change = s.change({ accounts: 90, effective: '2026-03-01' });
    s.withdrawChange();
    s.correct(change.eventId('AccountCountChanged'), s.changeCommand({ accounts: 80, effective: '2026-02-01' })).accepted();
    expect(s.months('base', '2026-02', 2)).toEqual([100_000, 100_000]);

    const excess = s.excess(5, { charge: null, as: 'e' });
    s.quote('base', 'excess', 700, 'e');
    s.correct(excess.eventId('ExcessDetected'), { name: 'DetectExcess', body: { detectedOn: '2026-01-09' as never, accounts: 6, charge: null } }).accepted();
    expect(s.oneOffs().slice(1)).toEqual(['excess base X1-2-1b 2026-01-09 700']);
  });

  test('a replacement stands where the struck entry stood: ties by recording keep their order', () => {
    const { s } = on('X', { fee: { kind: 'perAccount', unit: 1_000 } });
    const first = s.change({ accounts: 90, effective: '2026-01-01' });
    s.change({ accounts: 80, effective: '2026-01-01', as: 'second' });
    s.correct(first.eventId('AccountCountChanged'), s.changeCommand({ accounts: 70, effective: '2026-01-01' }));
    expect(s.monthly('2026-01')).toEqual({ base: 80_000 });
  });

  test('a replacement is struck again, and replaced again; what is struck stays struck', () => {
    const { s } = on('X');
    const one = s.at('2026-01-10').notice('base', { designated: '2026-06-30' });
    const two = s.correct(one.eventId('CancellationNotified'), s.noticeCommand('base', { arrived: '2026-01-10', designated: '2026-07-31' }));
    expect(s.endOf()).toBe('2026-07-31 notice A10-2');
    const three = s.correct(two.eventId('CancellationNotified'), s.noticeCommand('base', { arrived: '2026-01-10', designated: '2026-08-31' }));
    expect(s.endOf()).toBe('2026-08-31 notice A10-2');
    s.correct(one.eventId('CancellationNotified')).refused('already-corrected');
    s.correct(two.eventId('CancellationNotified')).refused('already-corrected');
    s.correct(three.eventId('CancellationNotified')).thenOnly('Corrected strikes 1');
    expect(s.endOf()).toBeNull();
  });

  test('one command may stand in for another: the contract\'s notice was an option\'s', () => {
    const { s } = on('X');
    s.options([{ no: 30, as: 'R', fee: 1_000, accounts: 3 }]);
    const notice = s.at('2026-01-10').notice('base', { designated: '2026-06-30' });
    s.correct(notice.eventId('CancellationNotified'), s.noticeCommand('R', { arrived: '2026-01-10', designated: '2026-06-30' })).accepted();
    expect([s.endOf(), s.endOf('R')]).toEqual([null, '2026-06-30 notice A8-8']);
  });

  test('a later acceptance that would become illegal is listed, and nothing is written', () => {
    const { s } = on('L');
    const ground = s.options([{ no: 13, as: 'W', fee: 1 }]);
    const later = s.options([{ no: 18, as: 'F', fee: 1, accounts: 2 }]);
    const out = s.correct(ground.eventId('OptionAdded')).refused('A5-11 prerequisite-missing');
    expect('violations' in out.result && out.result.violations[0]!.facts['eventId']).toBe(later.events[0]!.id);
    s.correct(ground.eventId('OptionAdded'), s.optionsCommand([{ no: 14, fee: 1 }])).refused('A5-11 prerequisite-missing');
    s.correct(later.eventId('OptionAdded'));
    s.correct(ground.eventId('OptionAdded')).accepted();
  });

  test('A7-2 the excess that a provider\'s change rests on; A5-19 the count that option 44 rests on', () => {
    const { s } = on('X');
    const excess = s.excess(5);
    s.at('2025-10-02').change({ accounts: 105, effective: '2025-11-01', by: 'provider', noticed: '2025-10-02' });
    s.correct(excess.eventId('ExcessDetected')).refused('A7-2 no-recorded-excess');

    const g = on('G', { accounts: 60 });
    g.s.options([{ no: 44, fee: 1 }]);
    g.s.correct(g.entry.eventId('Contracted'), g.s.contractCommand({ item: 'G', accounts: 40, billed: '2025-10-01' })).refused('A5-19 too-few-accounts');
    g.s.correct(g.entry.eventId('Contracted'), g.s.contractCommand({ item: 'G', accounts: 50, billed: '2025-10-01' })).accepted();
  });

  test('an end moved forward by a correction judges later acceptances again (design 16: only corrections do)', () => {
    const { s } = on('X');
    const notice = s.at('2026-01-10').notice('base', { designated: '2026-06-30' });
    s.at('2026-05-01').options([{ no: 30, as: 'R', fee: 1, accounts: 2 }]);
    s.correct(notice.eventId('CancellationNotified'), s.noticeCommand('base', { arrived: '2026-01-10', designated: '2026-03-31' })).refused('A10-2 contract-ended');
  });

  test('what can be corrected, and by what', () => {
    const { s, entry } = on('X');
    const due = s.onDay('2026-10-01');
    s.correct(due.eventId('Renewed')).refused('only-entries-can-be-corrected');
    s.correct('nothing').refused('404 event');
    s.correct(entry.eventId('Contracted'), s.noticeCommand('base', {})).refused('400 replacement.command');
    const notice = s.notice('base', { onForm: false });
    s.correct(notice.eventId('CancellationNotified'), s.contractCommand({ item: 'X', billed: '2025-10-01' })).refused('400 replacement.command');
    s.correct(notice.eventId('CancellationNotified'), s.noticeCommand('base', { arrived: '2026-10-02' })).refused('400 replacement.body.arrivedOn');
    s.correct(entry.eventId('Contracted'), s.contractCommand({ item: 'X', billed: '2025-10-01', agreed: '2025-10-02' })).refused('A5-1 licensor-terms-not-agreed');
    const other = s.contractCommand({ item: 'X', billed: '2025-10-01' });
    s.correct(entry.eventId('Contracted'), { ...other, body: { ...other.body, managementUnitId: 'another' } }).refused('400 replacement.body.managementUnitId');
  });
});
