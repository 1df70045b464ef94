/** Corrections (design 22), late facts and their undoing (design 15-20), over HTTP. */
import { addOptions, applied, contractBody, fixed, moveTo, notice, openContract, optionsBody, taken, type ContractBody } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Answer, Api } from './support/api.js';

let s: Service;
let api: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2027-03-01' });
  api = s.api;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

interface Read {
  readonly item: { readonly code: string };
  readonly accountCount: number;
  readonly status: string;
  readonly period: object;
  readonly end: { readonly on: string; readonly reason: string; readonly clause: string | null } | null;
  readonly options: readonly { readonly id: string; readonly option: number; readonly end: { readonly on: string } | null; readonly accountCount?: number }[];
  readonly notices: readonly { readonly noticeId: string; readonly arrivedOn: string; readonly effect: unknown }[];
  readonly settlement: { readonly total: number };
  readonly charges: readonly { readonly kind: string; readonly amount: number | null; readonly dueOn: string }[];
  readonly policies: { readonly [name: string]: string };
  readonly revision: number;
}
const at = (contractId: string): string => `/v1/contracts/${contractId}`;
const read = async (contractId: string, query = ''): Promise<Read> => taken(await api.get<Read>(`${at(contractId)}${query}`));
const correct = async (contractId: string, eventId: string, replacement?: { readonly command: string; readonly body: object }): Promise<Answer> =>
  taken(await api.post(`${at(contractId)}/corrections`, { eventId, reason: 'typed wrongly', ...(replacement ? { replacement } : {}) }));
const types = (a: Answer): string[] => a.events.map((e) => e.type);
const contract = (over: Partial<ContractBody> = {}) => openContract(api, { item: 'X', acceptedOn: '2025-02-01', ...over });

test('a notice struck and put right moves the end, and what was written is undone by new events', async () => {
  const { contractId } = await contract();
  const notified = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-12-01', '2027-01-31')));
  expect(types(notified)).toEqual(['CancellationNotified', 'RenewalUndone', 'Ended']);
  expect((await read(contractId)).end).toEqual({ on: '2027-01-31', reason: 'notice', clause: 'A10-2' });
  const corrected = await correct(contractId, notified.events[0]!.id, { command: 'cancellation-notices', body: notice('2027-01-02', '2027-01-31') });
  expect(types(corrected)).toEqual(['Corrected', 'CancellationNotified', 'EndUndone', 'Renewed', 'Ended', 'SettlementAssessed']);
  const after = await read(contractId);
  // A deadline missed by two days: in February of a renewed term.
  expect(after.end).toEqual({ on: '2027-02-01', reason: 'notice', clause: 'A10-2' });
  expect(after.settlement.total).toBeGreaterThan(1_000_000);
  expect(after.notices.map((n) => [n.noticeId, n.arrivedOn])).toEqual([[notified.noticeId, '2027-01-02']]);
  const struck = await correct(contractId, corrected.events[1]!.id);
  expect(types(struck)).toEqual(['Corrected', 'SettlementVoided', 'EndUndone']);
  expect(await read(contractId)).toMatchObject({ end: null, status: 'active', settlement: { total: 0 }, notices: [] });
  // Both stay visible.
  const history = taken(await api.get<{ events: { type: string }[] }>(`${at(contractId)}/history?limit=500`)).events;
  expect(history.filter((e) => e.type === 'CancellationNotified')).toHaveLength(2);
});

test('the contract itself is put right: ids and frozen policies stay', async () => {
  const opened = await contract({ item: 'L' });
  const { optionIds } = await addOptions(api, opened.contractId, '2025-03-01', [applied(13), applied(29)]);
  const before = await read(opened.contractId);
  const done = await correct(opened.contractId, opened.events[0]!.id, { command: '', body: contractBody(opened.unit, { item: 'L', accountCount: 77, acceptedOn: '2025-02-01', billingStartsOn: '2025-02-15', fees: { initial: 1, monthly: fixed(5) } }) });
  expect(done.contractId).toBe(opened.contractId);
  const after = await read(opened.contractId);
  expect(after).toMatchObject({ accountCount: 77, period: { kind: 'minimum', endsOn: '2025-03-14' }, policies: before.policies });
  expect(after.options.map((o) => [o.id, o.accountCount])).toEqual([[optionIds[0], 77], [optionIds[1], 10]]);
  const wrongItem = await api.post(`${at(opened.contractId)}/corrections`, { eventId: done.events[1]!.id, reason: 'another item', replacement: { command: '', body: contractBody(opened.unit, { item: 'A', acceptedOn: '2025-02-01' }) } });
  expect([wrongItem.status, wrongItem.body.violations.map((v) => v.clause)]).toEqual([409, ['A5-9']]);
});

test('options keep their place and their ids', async () => {
  const { contractId } = await contract();
  const added = await addOptions(api, contractId, '2026-02-01', [applied(15), applied(19, { accountCount: 7 })]);
  const stop = taken(await api.post(`${at(contractId)}/options/${added.optionIds[1]!}/cancellation-notices`, notice('2026-03-01', '2026-06-30')));
  await correct(contractId, added.events[1]!.id, { command: 'options', body: optionsBody('2026-02-01', [applied(17), applied(19, { accountCount: 8 })]) });
  const after = await read(contractId);
  expect(after.options.map((o) => [o.id, o.option, o.end?.on ?? null])).toEqual([[added.optionIds[0], 17, null], [added.optionIds[1], 19, '2026-06-30']]);
  expect(after.notices.map((n) => n.noticeId)).toEqual([stop.noticeId]);
});

test('a contract that never was is void, holds nothing and costs nothing', async () => {
  const opened = await contract({ item: 'A' });
  await addOptions(api, opened.contractId, '2025-03-01', [applied(39)]);
  const struck = await correct(opened.contractId, opened.events[0]!.id);
  expect(struck.events[0]!.type).toBe('Corrected');
  const next = await api.post('/v1/contracts', contractBody(opened.unit, { item: 'A', acceptedOn: '2025-02-01' }));
  expect(next.status).toBe(201);
  const charges = taken(await api.get<{ charges: { contractId: string }[] }>(`/v1/charges?month=2025-03&contractId=${opened.contractId}&atLeast=${struck.position}`)).charges;
  expect(charges).toEqual([]);
});

test('an excess is voided when a change covers it, and stands again when that change is struck (N39)', async () => {
  const { contractId } = await contract({ item: 'L', accountCount: 50 });
  const excess = taken(await api.post(`${at(contractId)}/excess-usages`, { detectedOn: '2026-05-20', accounts: 10, charge: 9_000 }));
  const change = taken(await api.post(`${at(contractId)}/account-count`, { accountCount: 60, effectiveOn: '2026-05-01', requestedBy: 'contractor' }));
  expect(types(change)).toEqual(['AccountCountChanged', 'ExcessChargeVoided']);
  expect(change.events[1]!.data['chargeId']).toBe(excess.chargeId);
  const struck = await correct(contractId, change.events[0]!.id);
  expect(types(struck)).toEqual(['Corrected', 'ExcessChargeRestored']);
  expect((await read(contractId)).charges.filter((c) => c.kind === 'excess').map((c) => c.amount)).toEqual([9_000]);
});

test('a late end voids what was accepted after it, and its lifting revives it (design 16)', async () => {
  const { contractId } = await contract({ item: 'L' });
  const { optionIds } = await addOptions(api, contractId, '2026-06-01', [applied(4, { fees: { initial: 3_000, monthly: fixed(1_000) } })]);
  const change = taken(await api.post(`${at(contractId)}/account-count`, { accountCount: 90, effectiveOn: '2026-07-01', requestedBy: 'contractor' }));
  const late = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-03-01', '2026-05-31')));
  expect(types(late)).toEqual(['CancellationNotified', 'OptionVoided', 'AccountCountChangeVoided', 'Ended']);
  expect(late.warnings.map((w) => w.code)).toEqual(expect.arrayContaining(['option-voided', 'account-count-change-voided']));
  const ended = await read(contractId);
  expect(ended).toMatchObject({ status: 'ended', accountCount: 100 });
  expect(ended.charges.filter((c) => c.dueOn >= '2026-06-01')).toEqual([]);
  const lifted = taken(await api.post(`${at(contractId)}/cancellation-notices/${late.noticeId}/withdrawals`, { consentedOn: '2026-05-31', reason: 'both agree' }));
  expect(types(lifted).sort()).toEqual(['AccountCountChangeRevived', 'EndUndone', 'NoticeWithdrawn', 'OptionRevived']);
  expect(await read(contractId)).toMatchObject({ status: 'active', accountCount: 90, end: null });
  expect(change.changeId).toBeTruthy();
  expect((await read(contractId)).options.map((o) => [o.id, o.end])).toEqual([[optionIds[0], null]]);
});

test('what is known at an instant is what was recorded by then; what stands on a day follows from it', async () => {
  const opened = await contract({ item: 'X', accountCount: 50 });
  const { contractId } = opened;
  const instants: string[] = [];
  const stamp = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 15));
    instants.push(new Date().toISOString());
    await new Promise((resolve) => setTimeout(resolve, 15));
  };
  await stamp();
  const change = taken(await api.post(`${at(contractId)}/account-count`, { accountCount: 80, effectiveOn: '2026-04-01', requestedBy: 'contractor' }));
  await stamp();
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-12-15', '2027-01-31')));
  await stamp();
  await correct(contractId, change.events[0]!.id);
  await stamp();
  const shown = async (query: string) => {
    const r = await read(contractId, query);
    return [r.accountCount, r.status, r.end?.on ?? null, r.revision];
  };
  const last = (await read(contractId)).revision;
  expect(await shown(`?knownAt=${instants[0]!}`)).toEqual([50, 'active', null, opened.revision]);
  expect(await shown(`?knownAt=${instants[1]!}`)).toEqual([80, 'active', null, opened.revision + 1]);
  expect(await shown(`?knownAt=${instants[1]!}&asOf=2026-03-31`)).toEqual([50, 'active', null, opened.revision + 1]);
  expect(await shown(`?knownAt=${instants[2]!}`)).toEqual([80, 'ended', '2027-01-31', last - 1]);
  expect(await shown(`?knownAt=${instants[2]!}&asOf=2027-01-31`)).toEqual([80, 'cancelling', '2027-01-31', last - 1]);
  expect(await shown(`?knownAt=${instants[3]!}`)).toEqual([50, 'ended', '2027-01-31', last]);
  expect(await shown('?asOf=2025-01-31')).toEqual([50, 'accepted', '2027-01-31', last]);
  expect((await api.get(`${at(contractId)}?knownAt=2020-01-01T00:00:00Z`)).status).toBe(404);
  const ahead = taken(await api.get<{ period: object }>(`${at(opened.contractId)}?knownAt=${instants[0]!}&asOf=2030-06-01`));
  expect(ahead.period).toMatchObject({ kind: 'term', startsOn: '2030-02-01', endsOn: '2031-01-31', nextRenewalOn: '2031-02-01' });
});

test('nothing that was written is ever changed', async () => {
  const before = await readLog(s);
  const { contractId, events } = await contract();
  await correct(contractId, events[0]!.id);
  await moveTo(api, '2027-03-02');
  expect((await readLog(s)).slice(0, before.length)).toEqual(before);
});
