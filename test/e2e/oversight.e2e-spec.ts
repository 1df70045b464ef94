/** What an auditor asks beside the contracts: refusals, settings, silence, who is behind an event; and floods at the door. */
import { randomUUID } from 'node:crypto';
import type { Api } from './support/api.js';
import { addOptions, applied, contractBody, moveTo, notice, openContract, openUnit, optionsBody, taken } from './support/lives.js';
import { readLog, typesOn } from './support/log.js';
import { endServices, Service } from './support/service.js';

afterAll(endServices, 60_000);

const at = (id: string): string => `/v1/contracts/${id}`;

interface Refusal {
  readonly command: string;
  readonly subject: string;
  readonly role: string;
  readonly contractId: string | null;
  readonly code: string;
  readonly detail: string | null;
  readonly reason: string | null;
  readonly violations: readonly { readonly clause: string; readonly code: string; readonly detail: string; readonly allowedFrom: string | null }[];
  readonly allowedFrom: string | null;
}

describe('refusals', () => {
  let service: Service;
  let api: Api;
  let clerk: Api;
  let auditor: Api;
  beforeAll(async () => {
    service = await Service.start({ today: '2026-03-01' });
    api = service.api;
    const as = async (subject: string, role: string): Promise<Api> => api.as(taken(await api.post('/v1/tokens', { subject, role })).token);
    clerk = await as('clerk', 'operator');
    auditor = await as('auditor', 'auditor');
  }, 300_000);
  const list = async (query = ''): Promise<Refusal[]> => taken(await auditor.get<{ refusals: Refusal[] }>(`/v1/audit/refusals${query}`)).refusals;

  test('say who tried what, which clause refused, and from when on it would be allowed', async () => {
    const { contractId, unit } = await openContract(clerk, { item: 'X', acceptedOn: '2026-01-05' });
    taken(await clerk.post(`${at(contractId)}/terminations`, { endsOn: '2026-09-30', ground: 'provider', reason: 'agreed' }));
    const refused = async (path: string, body: object): Promise<Refusal> => {
      expect((await clerk.post(path, body)).status).toBe(409);
      return (await list('?limit=1'))[0]!;
    };
    // The other contract of the item ends on 30 September; the terms were agreed to too late: the later day counts.
    const successor = { ...contractBody(unit, { item: 'X', acceptedOn: '2026-02-01', billingStartsOn: '2026-09-30' }), licensorTerms: { document: 'EULA', agreedOn: '2026-02-03' }, reason: 'the successor' };
    expect(await refused('/v1/contracts', successor)).toMatchObject({
      command: 'ContractItem', subject: 'clerk', role: 'operator', code: 'refused-by-agreement', reason: 'the successor', contractId: null, detail: null,
      violations: [{ clause: 'A4-2', code: 'item-already-contracted', allowedFrom: '2026-10-01' }, { clause: 'A5-1', allowedFrom: '2026-02-03' }],
      allowedFrom: '2026-10-01',
    });
    // And on that day it is allowed.
    expect((await clerk.post('/v1/contracts', { ...successor, billingStartsOn: '2026-10-01', licensorTerms: { document: 'EULA', agreedOn: '2026-02-01' } })).status).toBe(201);

    const excess = { accountCount: 120, effectiveOn: '2026-02-20', requestedBy: 'provider', noticedOn: '2026-02-20', reason: 'excess' };
    taken(await clerk.post(`${at(contractId)}/excess-usages`, { detectedOn: '2026-02-01', accounts: 20, charge: null }));
    expect(await refused(`${at(contractId)}/account-count`, excess)).toMatchObject({ contractId, violations: [{ clause: 'A7-2', code: 'no-prior-notice' }], allowedFrom: '2026-02-21' });

    // One option at a time: free again on the day after its end, not while none is fixed.
    const { optionIds } = await addOptions(clerk, contractId, '2026-01-06', [applied(30)]);
    const again = optionsBody('2026-02-01', [applied(30)]);
    expect(await refused(`${at(contractId)}/options`, again)).toMatchObject({ violations: [{ code: 'option-already-in-use', allowedFrom: '2026-10-01' }] });
    taken(await clerk.post(`${at(contractId)}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
    expect(await refused(`${at(contractId)}/options`, again)).toMatchObject({ allowedFrom: '2026-05-01' });

    // No day helps.
    expect(await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(2)]))).toMatchObject({ allowedFrom: null });
    expect(await refused(`${at(contractId)}/account-count`, { accountCount: 130, effectiveOn: '2026-10-01', requestedBy: 'contractor' })).toMatchObject({ code: 'contract-ended', allowedFrom: null, detail: expect.stringContaining('2026-09-30') as string });
  });

  test('are found by day, subject and clause, and read by auditors alone', async () => {
    const all = await list();
    expect(all.length).toBeGreaterThan(4);
    expect((await list('?clause=A7-2')).map((r) => r.command)).toEqual(['ChangeAccountCount']);
    expect(await list('?subject=nobody')).toEqual([]);
    const today = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
    expect(await list(`?from=${today}&to=${today}`)).toEqual(all);
    expect(await list('?to=2026-01-01')).toEqual([]);
    expect((await auditor.get('/v1/audit/refusals?from=2026-02-02&to=2026-02-01')).status).toBe(400);
    expect((await auditor.get('/v1/audit/refusals?clause=A99')).status).toBe(400);
    expect((await clerk.get('/v1/audit/refusals')).status).toBe(403);
    const first = taken(await auditor.get<{ refusals: Refusal[]; nextCursor: string }>('/v1/audit/refusals?limit=2'));
    expect(await list(`?limit=500&cursor=${first.nextCursor}`)).toEqual(all.slice(2));
    expect((await auditor.get<{ refusals: Refusal[] }>('/v1/audit/refusals?clause=A7-2', { headers: { 'accept-language': 'ja' } })).body.refusals[0]!.violations[0]!.detail).toMatch(/通知が要る/);
    // A replay is no second refusal.
    const key = randomUUID();
    const path = `${at((await list('?clause=A7-2'))[0]!.contractId!)}/options`;
    for (const n of [1, 2]) expect([n, (await clerk.post(path, optionsBody('2026-02-01', [applied(2)]), { key })).status]).toEqual([n, 409]);
    expect((await list()).length).toBe(all.length + 1);
  });
});

test('the settings that decide are recorded at the starts that change them', async () => {
  const service = await Service.start({ today: '2026-01-01', env: { LEDGER_FOUR_EYES: 'true', LEDGER_BUILD: 'first' } });
  const policies = async (): Promise<{ policies: { rounding: string }; build: string; fourEyes: boolean }[]> => taken(await service.api.get<{ policies: { policies: { rounding: string }; build: string; fourEyes: boolean }[] }>('/v1/audit/policies')).policies;
  expect(await policies()).toMatchObject([{ policies: { rounding: 'floor' }, fourEyes: true, retentionYears: 10, holidays: null, build: 'first' }]);
  await service.stop();
  await service.launch();
  expect(await policies()).toHaveLength(1);
  await service.stop();
  const changed = await Service.start({ data: service.data, today: '2026-01-01', policies: { rounding: 'halfUp' }, env: { LEDGER_FOUR_EYES: 'true', LEDGER_BUILD: 'second' } });
  const now = taken(await changed.api.get<{ policies: { policies: { rounding: string }; build: string }[] }>('/v1/audit/policies')).policies;
  expect(now.map((p) => [p.policies.rounding, p.build])).toEqual([['halfUp', 'second'], ['floor', 'first']]);
  expect(typesOn(await readLog(changed), 'ledger')).toEqual(['LedgerFounded', 'PoliciesSet', 'PoliciesSet']);
  await changed.stop();
  await service.end();
}, 60_000);

interface Silence {
  readonly status: string;
  readonly noticeDeadline: string;
  readonly attestations: readonly { readonly eventId: string; readonly expectedRevision: number; readonly clock: string; readonly notices: readonly { readonly because: string }[]; readonly undoneBy: { readonly type: string; readonly facts: readonly { readonly type: string }[] } | null }[];
  readonly noticesSince: readonly { readonly status: string }[];
  readonly statement: { readonly ja: string; readonly en: string };
}

test('silence is attested with its evidence, and a notice recorded later supersedes it for all to see', async () => {
  const service = await Service.start({ today: '2025-01-01' });
  const { api } = service;
  const { contractId } = await openContract(api, { item: 'X', acceptedOn: '2025-01-01' });
  const silence = async (term = 1): Promise<Silence> => taken(await api.get<Silence>(`/v1/audit/silence?contractId=${contractId}&term=${term}`));
  const { noticeDeadline } = await silence();
  expect([(await silence()).status, noticeDeadline]).toEqual(['open', '2025-11-30']);
  // On its day, but not on the form: considered, and no notice.
  await moveTo(api, '2025-11-20');
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2025-11-19', '2025-12-31', false)));
  await moveTo(api, '2025-12-10');
  expect((await silence()).status).toBe('awaited');
  await moveTo(api, '2026-01-01');
  const attested = await silence();
  expect(attested).toMatchObject({ status: 'silence', attestations: [{ clock: '2026-01-01', notices: [{ because: 'not on the form' }], undoneBy: null }], noticesSince: [] });
  const renewed = (await readLog(service)).find((e) => e.type === 'Renewed' && e.stream === `contract-${contractId}`)!;
  expect(attested.attestations[0]).toMatchObject({ eventId: renewed.id, expectedRevision: renewed.revision - 1 });
  expect([attested.statement.en, attested.statement.ja]).toEqual([expect.stringContaining('no notice stood'), expect.stringContaining('有効な解約通知はなかった')]);

  // Recorded after the renewal, arrived before the deadline.
  await moveTo(api, '2026-02-01');
  const late = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2025-11-25', '2025-12-31')));
  const superseded = await silence();
  expect(superseded).toMatchObject({ status: 'superseded', attestations: [{ eventId: renewed.id, undoneBy: { type: 'RenewalUndone', facts: [{ type: 'CancellationNotified', eventId: late.events[0]!.id }] } }], noticesSince: [{ status: 'effective' }] });
  expect([superseded.statement.en, superseded.statement.ja]).toEqual([expect.stringMatching(/no notice stood .* taken back by a fact recorded later/), expect.stringContaining('取り消された')]);

  // Withdrawn with consent, it renews again: both attestations stand.
  taken(await api.post(`${at(contractId)}/cancellation-notices/${late.noticeId}/withdrawals`, { consentedOn: '2025-12-20', reason: 'both agree' }));
  const again = await silence();
  expect([again.status, again.attestations.map((a) => a.undoneBy !== null), again.attestations[1]!.notices.map((n) => n.because).sort()]).toEqual(['silence', [true, false], ['not on the form', 'withdrawn with consent']]);

  expect((await silence(2)).status).toBe('open');
  expect((await api.get(`/v1/audit/silence?contractId=${randomUUID()}&term=1`)).status).toBe(404);
  expect((await api.get(`/v1/audit/silence?contractId=${contractId}`)).status).toBe(400);
  expect((await api.get(`/v1/audit/silence?contractId=${contractId}&term=0`)).status).toBe(400);
  // An item without terms has no deadline to be silent by.
  const { contractId: minimum } = await openContract(api, { item: 'L', acceptedOn: '2026-01-05' });
  expect((await api.get(`/v1/audit/silence?contractId=${minimum}&term=1`)).status).toBe(404);
}, 60_000);

test('an event says who, by which way, why, in what connection and by what', async () => {
  const service = await Service.start({ today: '2026-03-01' });
  const { api } = service;
  const { contractId } = await openContract(api, { acceptedOn: '2026-01-05' });
  const sent = await api.post(`${at(contractId)}/terminations`, { endsOn: '2026-09-30', ground: 'provider', reason: 'agreed', channel: 'portal', document: 'letter 3' }, { headers: { 'x-correlation-id': 'ticket-4711', 'x-causation-id': 'mail:88' } });
  expect(sent.status).toBe(200);
  const { events } = taken(await api.get<{ events: { type: string; metadata: { [name: string]: unknown } }[] }>(`${at(contractId)}/history`));
  expect(events.find((e) => e.type === 'Terminated')!.metadata).toMatchObject({
    actor: { subject: 'admin', role: 'admin' }, command: 'Terminate', channel: 'portal', reason: { text: 'agreed' }, document: { text: 'letter 3' }, $correlationId: 'ticket-4711', $causationId: 'mail:88', businessDate: '2026-03-01', build: 'e2e',
  });
  // Without them: the request, and the command itself.
  const { $correlationId, $causationId, commandId } = events[0]!.metadata as { [name: string]: string };
  expect([$correlationId, $causationId]).toEqual([expect.stringMatching(/^\S+$/), commandId]);
  const bad = await api.post('/v1/management-units', { contractor: { id: 'C', name: 'n' }, name: 'u' }, { headers: { 'x-correlation-id': 'two words' } });
  expect([bad.status, bad.body.errors]).toEqual([400, [expect.objectContaining({ path: 'X-Correlation-Id' })]]);
});

test('a flood is turned away before anything is decided, and what was decided is all recorded', async () => {
  const service = await Service.start({ today: '2026-03-01', env: { LEDGER_RATE_LIMIT: '20' } });
  const { api } = service;
  const clerk = api.as(taken(await api.post('/v1/tokens', { subject: 'flooder', role: 'operator' })).token);
  const unit = await openUnit(clerk);
  const answers = await Promise.all(Array.from({ length: 60 }, () => clerk.post('/v1/contracts', { ...contractBody(unit, { acceptedOn: '2026-02-01' }), application: { number: 'A', onForm: false } })));
  const count = (status: number): number => answers.filter((a) => a.status === status).length;
  expect(count(409) + count(429)).toBe(60);
  expect([count(409) >= 19, count(409) <= 21]).toEqual([true, true]);
  const turned = answers.find((a) => a.status === 429)!;
  expect([turned.body.code, Number(turned.headers['retry-after']) >= 1]).toEqual(['too-many-requests', true]);
  expect(taken(await api.get<{ refusals: object[] }>('/v1/audit/refusals?subject=flooder')).refusals).toHaveLength(count(409));
  // Reads and simulations go on, and so do others.
  expect((await clerk.get('/v1/contracts')).status).toBe(200);
  expect((await clerk.post('/v1/simulations/calendar', { termEndsOn: '2026-03-31' })).status).toBe(200);
  expect((await api.post('/v1/records', { clause: 'A6-1-1', occurredOn: '2026-02-01', note: 'n' })).status).toBe(201);
});
