import type { PlainDate } from '@app/calendar';
import type { RecordedContract } from '@app/contract';
import { contractView, type ContractView } from './index.js';
import { day, TestLedger, text, yen } from './testing/ledger.js';

/** The contract as it stands on a day, by everything recorded so far. */
function view(ledger: TestLedger, id: string, asOf: string | PlainDate, discontinuations: Parameters<typeof contractView>[1]['discontinuations'] = []): ContractView {
  return contractView(ledger.state(id) as RecordedContract, { asOf: day(asOf), position: '7', discontinuations, holidays: ledger.holidays });
}

const term = (index: number, startsOn: string, endsOn: string, noticeDeadline: string, nextRenewalOn: string | null) => ({ kind: 'term', index, startsOn, endsOn, noticeDeadline, nextRenewalOn });

describe('a contract', () => {
  it('shows what it was entered as', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'X', acceptedOn: day('2025-09-20'), billingStartsOn: '2025-10-01', accountCount: 7, fees: { initial: 500, monthly: { kind: 'perAccount', unit: 300 } } });
    expect(view(ledger, id, '2025-10-01')).toEqual({
      id,
      managementUnitId: expect.any(String) as string,
      contractor: { id: 'contractor', name: null },
      item: { code: 'X', name: 'IT 資産管理:タイプ X' },
      accountCount: 7,
      status: 'active',
      acceptedOn: '2025-09-20',
      billingStartsOn: '2025-10-01',
      applicationNumber: 'A-K',
      licensorTerms: { document: text('terms'), agreedOn: '2025-09-20' },
      period: term(1, '2025-10-01', '2026-09-30', '2026-08-31', '2026-10-01'),
      end: null,
      monthlyFee: 2_100,
      options: [],
      accountCountChanges: [],
      notices: [],
      settlement: { total: 0, lines: [] },
      charges: [
        { id: 'base:initial', kind: 'initial', subject: 'base', clause: 'A11b', dueOn: '2025-09-20', amount: 500 },
        { id: 'base:monthly:2025-10', kind: 'monthly', subject: 'base', clause: 'A11c', dueOn: '2025-10-01', amount: 2_100, month: '2025-10', parts: [{ from: '2025-10-01', to: '2025-10-31', days: 31, of: 31, amount: 2_100 }] },
      ],
      devices: [],
      agreementRevision: 'S-R7-10-1-1',
      policies: ledger.policies,
      voided: false,
      revision: 1,
      position: '7',
    });
  });

  const timeline = (): { ledger: TestLedger; id: string; optionId: string } => {
    const ledger = new TestLedger();
    ledger.today = day('2025-09-01');
    const id = ledger.contract('K', { item: 'X', acceptedOn: day('2025-09-01'), billingStartsOn: '2025-10-01', fees: { initial: 0, monthly: { kind: 'perAccount', unit: 100 } } });
    const optionId = (
      ledger.must(id, { name: 'AddOptions', body: { acceptedOn: day('2025-09-01'), billingStartsOn: day('2025-11-15'), application: { number: 'O', onForm: true }, options: [{ option: 15, fees: { monthly: { kind: 'perAccount', unit: 10 } } }] } })[
        'optionIds'
      ] as string[]
    )[0]!;
    ledger.must(id, { name: 'ChangeAccountCount', body: { accountCount: 20, effectiveOn: day('2026-01-01'), requestedBy: 'contractor' } });
    ledger.today = day('2026-09-10');
    ledger.must(id, { name: 'NotifyCancellation', body: { arrivedOn: day('2026-09-10'), designatedOn: day('2026-12-31'), onForm: true } });
    return { ledger, id, optionId };
  };

  // asOf moves status, name, counts, fees and period; the end stays what all facts make of it.
  it.each([
    ['2024-01-01', 'accepted', 'IT 資産管理/S', 10, 1_000, 1, 0, 'S-R5-1-1'],
    ['2025-08-31', 'accepted', 'IT 資産管理/S', 10, 1_000, 1, 0, 'S-R7-4-1'],
    ['2025-09-01', 'cancelling', 'IT 資産管理/S', 10, 1_000, 1, 1, 'S-R7-4-1'],
    ['2025-09-30', 'cancelling', 'IT 資産管理/S', 10, 1_000, 1, 1, 'S-R7-4-1'],
    ['2025-10-01', 'cancelling', 'IT 資産管理:タイプ X', 10, 1_000, 1, 2, 'S-R7-10-1-1'],
    ['2025-12-31', 'cancelling', 'IT 資産管理:タイプ X', 10, 1_000, 1, 6, 'S-R7-10-1-1'],
    ['2026-01-01', 'cancelling', 'IT 資産管理:タイプ X', 20, 2_000, 1, 8, 'S-R7-10-1-1'],
    ['2026-10-01', 'cancelling', 'IT 資産管理:タイプ X', 20, 2_000, 2, 26, 'S-R7-10-1-1'],
    ['2026-12-31', 'cancelling', 'IT 資産管理:タイプ X', 20, 2_000, 2, 32, 'S-R7-10-1-1'],
    ['2027-01-01', 'ended', 'IT 資産管理:タイプ X', 20, 2_000, 2, 32, 'S-R7-10-1-1'],
    ['2098-01-01', 'ended', 'IT 資産管理:タイプ X', 20, 2_000, 2, 32, 'S-R7-10-1-1'],
  ])('on %s is %s', (asOf, status, name, accountCount, monthlyFee, index, charges, agreementRevision) => {
    const { ledger, id, optionId } = timeline();
    const v = view(ledger, id, asOf);
    expect(v).toMatchObject({ status, item: { code: 'X', name }, accountCount, monthlyFee, agreementRevision, end: { on: '2026-12-31', reason: 'notice', clause: 'A10-2' } });
    expect(v.period).toMatchObject({ kind: 'term', index, nextRenewalOn: index === 1 ? '2026-10-01' : null });
    expect(v.charges).toHaveLength(charges);
    expect(v.options[0]).toMatchObject({ id: optionId, accountCount, monthlyFee: accountCount * 10, end: { on: '2026-12-31', reason: 'contract', clause: 'N13' } });
    expect(v.settlement.lines.map((l) => [l.subject, l.estimated])).toEqual([['base', asOf < '2026-12-31'], [optionId, asOf < '2026-12-31']]);
    expect(v.settlement.total).toBe(v.settlement.lines.reduce((sum, l) => sum + l.amount, 0));
  });

  it('has a minimum period before, during and after it, and one that never began', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'L', acceptedOn: day('2025-10-01'), billingStartsOn: '2025-12-15' });
    const minimum = { kind: 'minimum', endsOn: '2026-01-14' };
    for (const asOf of ['2025-10-01', '2026-01-01', '2027-01-01']) expect(view(ledger, id, asOf).period).toEqual(minimum);
    ledger.must(id, { name: 'NotifyCancellation', body: { arrivedOn: day('2025-10-01'), designatedOn: null, onForm: true } });
    expect(view(ledger, id, '2025-10-31')).toMatchObject({ status: 'cancelling', period: minimum, end: { on: '2025-10-31', reason: 'notice', clause: 'A10-1' }, settlement: { total: 0 } });
    expect(view(ledger, id, '2025-11-01')).toMatchObject({ status: 'ended', period: minimum });
    expect(view(ledger, id, '2026-06-01').charges.map((c) => c.kind)).toEqual(['initial']);
  });

  it('shows notices with their effect, on the form or not, superseded or withdrawn', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01' });
    const notify = (designatedOn: string, onForm = true) =>
      ledger.must(id, { name: 'NotifyCancellation', body: { arrivedOn: day('2025-10-01'), designatedOn: day(designatedOn), onForm } })['noticeId'] as string;
    const [late, early, off] = [notify('2026-03-31'), notify('2025-12-31'), notify('2025-11-30', false)];
    const effects = () => view(ledger, id, '2025-10-01').notices.map((n) => [n.noticeId, n.onForm, n.effect.status, n.effect.endsOn, n.withdrawn]);
    expect(effects()).toEqual([
      [late, true, 'superseded', '2026-03-31', null],
      [early, true, 'effective', '2025-12-31', null],
      [off, false, 'not-on-form', null, null],
    ]);
    ledger.must(id, { name: 'WithdrawNotice', noticeId: early, body: { consentedOn: day('2025-10-01'), reason: 'r' } });
    expect(effects()[1]).toEqual([early, true, 'withdrawn', null, { consentedOn: '2025-10-01' }]);
    expect(view(ledger, id, '2025-10-01').end!.on).toBe('2026-03-31');
  });

  it('applies its vendor’s facts before its own events know them, and no other vendor’s', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01' });
    const fact = { discontinuationId: 'd', vendor: 'MOTEX', endsOn: day('2025-12-31'), lifted: false };
    expect(view(ledger, id, '2026-01-01', [{ ...fact, vendor: 'Acronis' }])).toMatchObject({ status: 'active', end: null, revision: 1 });
    expect(view(ledger, id, '2026-01-01', [fact])).toMatchObject({ status: 'ended', end: { on: '2025-12-31', reason: 'A9', clause: 'A9' }, revision: 1, settlement: { total: 0 } });
    expect(view(ledger, id, '2026-01-01', [{ ...fact, lifted: true }])).toMatchObject({ status: 'active', end: null });
  });

  it('counts as never concluded once its own entry is struck', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'X', billingStartsOn: '2025-10-01', accountCount: 3, fees: { initial: 10, monthly: { kind: 'perAccount', unit: 7 } } });
    const eventId = ledger.log.find((e) => e.type === 'Contracted')!.id;
    ledger.must(id, { name: 'Correct', body: { eventId, reason: 'r' }, replacement: null });
    expect(view(ledger, id, '2025-10-01')).toMatchObject({
      status: 'ended',
      voided: true,
      end: { on: '2025-10-01', reason: 'corrected', clause: null },
      item: { code: 'X' },
      accountCount: 3,
      monthlyFee: 21,
      period: term(1, '2025-10-01', '2026-09-30', '2026-08-31', null),
      options: [],
      charges: [],
      settlement: { total: 0, lines: [] },
      revision: 2,
    });
  });
});

describe('an option', () => {
  const added = (ledger: TestLedger, id: string, options: object[], on = '2025-10-01', billed = on) =>
    ledger.must(id, { name: 'AddOptions', body: { acceptedOn: day(on), billingStartsOn: day(billed), application: { number: 'O', onForm: true }, options: options as never } })['optionIds'] as string[];

  it('shows its own basis and period, as what it is by its own days', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01', accountCount: 4 });
    added(ledger, id, [
      { option: 1, units: 2, fees: { initial: 0, monthly: { kind: 'perAccount', unit: 50 } } },
      { option: 2, units: 1, fees: { initial: 0, monthly: yen(90) } },
      { option: 13, fees: { monthly: { kind: 'perAccount', unit: 5 } } },
      { option: 18, accountCount: 9, fees: { monthly: { kind: 'perAccount', unit: 3 } } },
      { option: 5, fees: { initial: null } },
    ]);
    const { options, devices, charges } = view(ledger, id, '2025-10-01');
    expect(options).toEqual([
      expect.objectContaining({ option: 1, name: 'トンネル接続オプション', units: 2, tunnelCapacity: 20, monthlyFee: 100, period: { kind: 'minimum', endsOn: '2025-10-31' }, status: 'active' }),
      expect.objectContaining({ option: 2, units: 1, monthlyFee: 90, period: { kind: 'minimum', endsOn: '2026-09-30' } }),
      expect.objectContaining({ option: 13, accountCount: 4, monthlyFee: 20 }),
      expect.objectContaining({ option: 18, accountCount: 9, monthlyFee: 27 }),
      expect.objectContaining({ option: 5, monthlyFee: 0, period: { kind: 'none' } }),
    ]);
    expect(options[4]).not.toHaveProperty('accountCount');
    expect(options[4]).not.toHaveProperty('units');
    expect(options[4]).not.toHaveProperty('voidedBy');
    expect(devices).toEqual([expect.objectContaining({ optionId: options[1]!.id, returnDueOn: null, returnedOn: null, deemedLostOn: null })]);
    expect(charges.filter((c) => c.amount === null)).toEqual([{ id: `${options[4]!.id}:initial`, kind: 'initial', subject: options[4]!.id, clause: 'A11b', dueOn: '2025-10-01', amount: null }]);
  });

  it('that ends by its own notice shows its own end, and stays as it was on its last day', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01', accountCount: 4 });
    const [optionId] = added(ledger, id, [{ option: 13, fees: { monthly: { kind: 'perAccount', unit: 5 } } }], '2025-10-01', '2025-11-01') as [string];
    ledger.must(id, { name: 'NotifyOptionCancellation', optionId, body: { arrivedOn: day('2025-10-01'), designatedOn: day('2025-11-20'), onForm: true } });
    ledger.must(id, { name: 'ChangeAccountCount', body: { accountCount: 8, effectiveOn: day('2025-11-21'), requestedBy: 'contractor' } });
    const at = (asOf: string) => view(ledger, id, asOf).options[0]!;
    expect(at('2025-09-30').status).toBe('accepted');
    expect(at('2025-10-31').status).toBe('cancelling');
    expect(at('2025-11-20')).toMatchObject({ status: 'cancelling', accountCount: 4, monthlyFee: 20, end: { on: '2025-11-20', reason: 'notice', clause: 'A8-8' } });
    expect(at('2025-12-31')).toMatchObject({ status: 'ended', accountCount: 4, monthlyFee: 20, period: { kind: 'minimum', endsOn: '2025-11-30' } });
    expect(view(ledger, id, '2025-12-31')).toMatchObject({ status: 'active', accountCount: 8, settlement: { total: 6, lines: [{ subject: optionId, clause: 'A12-3', amount: 6, estimated: false }] } });
  });

  it('accepted after an end that came to light late is void, without any charge', () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'X', billingStartsOn: '2025-10-01' });
    ledger.today = day('2025-12-10');
    const [optionId] = added(ledger, id, [{ option: 34, units: 1, fees: { initial: 900, monthly: yen(100) } }], '2025-12-05') as [string];
    expect(view(ledger, id, '2025-12-10').charges.some((c) => c.subject === optionId)).toBe(true);
    ledger.must(id, { name: 'Terminate', body: { endsOn: day('2025-11-30'), ground: 'general-terms-28-2', reason: 'r' } });
    const noticed = ledger.log.find((e) => e.type === 'Terminated')!.id;
    const v = view(ledger, id, '2026-12-31');
    expect(v.options).toEqual([
      expect.objectContaining({ id: optionId, status: 'voided', end: null, voidedBy: { eventId: noticed, clause: null, endsOn: '2025-11-30' }, period: term(1, '2025-12-05', '2026-12-04', '2026-11-04', null) }),
    ]);
    expect(v.charges.some((c) => c.subject === optionId)).toBe(false);
  });
});
