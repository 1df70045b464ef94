/** Every switch of SPEC 6, set by the environment: contracts freeze what is in force when they are recorded. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addOptions, applied, clausesOf, contractBody, fixed, notice, openContract, openUnit, optionsBody, taken, type ContractBody } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Answer, Api } from './support/api.js';

let s: Service;
let first: Service;
/** What comes of the cases by default, told before anything is switched. */
let byDefault: { terms: unknown; notices: unknown; settlement: number };
let frozen: { contractId: string; optionIds: readonly string[] };
const TODAY = '2026-03-01';

beforeAll(async () => {
  first = s = await Service.start({ today: TODAY });
  const { contractId } = await openContract(s.api, { item: 'X', acceptedOn: '2025-04-15' });
  writeFileSync(join(s.data, 'holidays.json'), JSON.stringify({ name: 'test table', from: '2026-01-01', to: '2026-12-31', dates: ['2026-05-04', '2026-05-05', '2026-05-06'] }));
  byDefault = { terms: await terms(s.api), notices: await bothNotices(s.api), settlement: (await endedEarly(s.api)).settlement.total };
  frozen = { contractId, optionIds: (await addOptions(s.api, contractId, '2025-05-01', [applied(15, { fees: { monthly: fixed(10_000) } })])).optionIds };
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

/** The alternatives that do not touch each other's cases, together: starting the service is what takes time here. */
const OTHER = {
  optionTerm: 'literal', optionExempt: 'literal', storageCascade: 'any', lateDesignation: 'expire', art142: 'returns', chainAnchor: 'originalStart',
  minAccounts: 'entry', prerequisiteRemoval: 'endDependents', severalNotices: 'last',
};
let now = '{}';
/** The same ledger under other policies. */
async function under(policies: { readonly [name: string]: string }): Promise<Api> {
  if (JSON.stringify(policies) === now) return s.api;
  now = JSON.stringify(policies);
  await s.stop();
  s = await Service.start({ data: first.data, today: TODAY, policies, env: { LEDGER_HOLIDAYS: join(first.data, 'holidays.json') } });
  return s.api;
}

interface Read {
  readonly end: { readonly on: string; readonly reason: string; readonly clause: string | null } | null;
  readonly settlement: { readonly total: number; readonly lines: readonly { readonly subject: string; readonly amount: number; readonly policy: { readonly [name: string]: string } }[] };
  readonly options: readonly { readonly id: string; readonly end: { readonly on: string; readonly reason: string } | null }[];
  readonly policies: { readonly [name: string]: string };
  readonly period: { readonly startsOn?: string; readonly endsOn?: string };
  readonly devices: readonly { readonly returnDueOn: string | null; readonly deemedLostOn: string | null }[];
  readonly charges: readonly { readonly kind: string; readonly amount: number | null; readonly dueOn: string }[];
}
const at = (contractId: string): string => `/v1/contracts/${contractId}`;
const read = async (api: Api, contractId: string, query = ''): Promise<Read> => taken(await api.get<Read>(`${at(contractId)}${query}`));
const stop = async (api: Api, contractId: string, optionId: string, arrivedOn: string, designatedOn: string | null): Promise<Answer> =>
  taken(await api.post(`${at(contractId)}/options/${optionId}/cancellation-notices`, notice(arrivedOn, designatedOn)));
const endedEarly = async (api: Api): Promise<Read> => {
  const { contractId } = await contract(api, { item: 'X', acceptedOn: '2025-04-15' });
  taken(await api.post(`${at(contractId)}/terminations`, { endsOn: '2025-10-14', ground: 'provider', reason: 'agreed' }));
  return read(api, contractId);
};
const terms = async (api: Api) => {
  const { contractId } = await contract(api, { item: 'X', acceptedOn: '2024-02-29' });
  return Promise.all(
    ['2024-06-01', '2025-06-01', '2028-06-01'].map(async (day) => {
      const { startsOn, endsOn } = (await read(api, contractId, `?asOf=${day}`)).period;
      return [startsOn, endsOn];
    }),
  );
};
const bothNotices = async (api: Api) => {
  const { contractId } = await contract(api, { item: 'L', acceptedOn: '2026-01-01' });
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-10', '2026-06-30')));
  return (await read(api, contractId)).end?.on;
};
const contract = (api: Api, over: Partial<ContractBody>) => openContract(api, over);

test('optionTerm literal: a term option stopped early costs nothing (N1)', async () => {
  const api = await under(OTHER);
  const { contractId } = await contract(api, { item: 'X', acceptedOn: '2025-04-15' });
  const { optionIds } = await addOptions(api, contractId, '2025-05-01', [applied(15, { fees: { monthly: fixed(10_000) } })]);
  await stop(api, contractId, optionIds[0]!, '2025-06-01', '2026-01-31');
  expect((await read(api, contractId)).settlement.total).toBe(0);
  // The contract recorded before keeps what it froze.
  await stop(api, frozen.contractId, frozen.optionIds[0]!, '2025-06-01', '2026-01-31');
  const kept = await read(api, frozen.contractId);
  expect([kept.policies['optionTerm'], kept.settlement.total]).toEqual(['annex', 30_000]);
});

test('optionExempt literal: an option that ends with its contract under the general terms is charged (N4)', async () => {
  const api = await under(OTHER);
  const { contractId } = await contract(api, { item: 'L', acceptedOn: '2026-01-01' });
  await addOptions(api, contractId, '2026-01-01', [applied(1), applied(2, { fees: { monthly: fixed(20_000) } })]);
  taken(await api.post(`${at(contractId)}/terminations`, { endsOn: '2026-06-30', ground: 'general-terms-28-2', reason: 'out of service' }));
  const { settlement } = await read(api, contractId);
  expect(settlement.total).toBe(120_000);
  expect(settlement.lines.find((l) => l.amount > 0)!.policy).toMatchObject({ optionExempt: 'literal' });
});

test('storageCascade any: the first storage takes the contract with it (N11)', async () => {
  const api = await under(OTHER);
  const { contractId } = await contract(api, { item: 'L', acceptedOn: '2026-01-01' });
  const { optionIds } = await addOptions(api, contractId, '2026-01-01', [applied(33), applied(33)]);
  await stop(api, contractId, optionIds[0]!, '2026-02-01', '2026-04-30');
  expect((await read(api, contractId)).end).toEqual({ on: '2026-04-30', reason: 'A10-3', clause: 'A10-3' });
});

test('lateDesignation expire: a timely notice ends the term whatever day it names (N8)', async () => {
  const api = await under(OTHER);
  const { contractId } = await contract(api, { item: 'X', acceptedOn: '2025-04-15' });
  const told = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-05-31')));
  expect(told.warnings.map((w) => w.code)).toContain('late-designation');
  expect(await read(api, contractId)).toMatchObject({ end: { on: '2026-04-14' }, settlement: { total: 0 } });
});

test('art142 returns: the next business day of a table; null with a warning beyond it', async () => {
  const api = await under(OTHER);
  const ends = async (day: string) => {
    const { contractId } = await contract(api, { item: 'L', acceptedOn: '2026-01-01' });
    await addOptions(api, contractId, '2026-01-01', [applied(1), applied(2)]);
    const told = taken(await api.post(`${at(contractId)}/terminations`, { endsOn: day, ground: 'provider', reason: 'agreed' }));
    return { told, ...(await read(api, contractId)).devices[0]! };
  };
  // 30 days after 3 April is Sunday 3 May, then three holidays.
  expect(await ends('2026-04-03')).toMatchObject({ returnDueOn: '2026-05-07', deemedLostOn: '2026-05-08' });
  const beyond = await ends('2026-12-15');
  expect(beyond).toMatchObject({ returnDueOn: null, deemedLostOn: null });
  expect(beyond.told.warnings.map((w) => w.code)).toContain('beyond-holiday-table');
});

test('chainAnchor originalStart: terms begin on the day of the first (N10)', async () => {
  expect(byDefault.terms).toEqual([['2024-02-29', '2025-02-28'], ['2025-03-01', '2026-02-28'], ['2028-03-01', '2029-02-28']]);
  expect(await terms(await under(OTHER))).toEqual([['2024-02-29', '2025-02-28'], ['2025-03-01', '2026-02-28'], ['2028-02-29', '2029-02-28']]);
});

test('minAccounts entry: 50 accounts are asked for at the application only (N17)', async () => {
  const api = await under(OTHER);
  const { contractId } = await contract(api, { item: 'G', accountCount: 50, acceptedOn: '2026-01-01' });
  await addOptions(api, contractId, '2026-01-10', [applied(44)]);
  expect((await api.post(`${at(contractId)}/account-count`, { accountCount: 10, effectiveOn: '2026-04-01', requestedBy: 'contractor' })).status).toBe(200);
  const small = await contract(api, { item: 'G', accountCount: 49, acceptedOn: '2026-01-01' });
  expect(clausesOf((await api.post(`${at(small.contractId)}/options`, optionsBody('2026-01-10', [applied(44)]))).body)).toEqual(['A5-19']);
});

test('prerequisiteRemoval endDependents: what needs it ends with it (N18)', async () => {
  const api = await under(OTHER);
  const { contractId } = await contract(api, { item: 'L', acceptedOn: '2026-01-01' });
  const { optionIds } = await addOptions(api, contractId, '2026-01-10', [applied(13), applied(18)]);
  await stop(api, contractId, optionIds[0]!, '2026-02-01', '2026-04-30');
  expect((await read(api, contractId)).options.map((o) => o.end)).toMatchObject([{ on: '2026-04-30', reason: 'notice' }, { on: '2026-04-30', reason: 'A5-11' }]);
});

test('severalNotices last: the later notice counts (N41)', async () => {
  expect([byDefault.notices, await bothNotices(await under(OTHER))]).toEqual(['2026-04-30', '2026-06-30']);
});

test('proration contract, rounding halfUp: SPEC 5', async () => {
  expect(byDefault.settlement).toBe(601_504);
  expect((await endedEarly(await under({ proration: 'contract' }))).settlement.total).toBe(600_000);
  const half = await endedEarly(await under({ rounding: 'halfUp' }));
  // 17 of 31 and 14 of 30 days of 100,000: 54,838.7 and 46,666.7.
  expect(half.settlement.total).toBe(54_839 + 500_000 + 46_667);
  expect(half.charges.find((c) => c.kind === 'monthly' && c.dueOn === '2025-04-15')!.amount).toBe(53_333);
  expect(half.charges.find((c) => c.kind === 'monthly' && c.dueOn === '2025-10-01')!.amount).toBe(45_161);
});

test('simulations take policies of their own over the service\'s', async () => {
  const api = await under({ rounding: 'halfUp' });
  const body = { monthlyFee: 100_000, periodStartsOn: '2025-04-15', periodEndsOn: '2026-04-14', endsOn: '2025-10-14' };
  const total = async (policies?: object) => taken(await api.post<{ total: number }>('/v1/simulations/settlement', { ...body, ...(policies ? { policies } : {}) })).total;
  expect([await total(), await total({ rounding: 'floor' }), await total({ proration: 'contract' })]).toEqual([601_506, 601_504, 600_000]);
  expect((await api.post('/v1/simulations/settlement', { ...body, policies: { rounding: 'up' } })).body.errors.map((e) => e.path)).toEqual(['policies.rounding']);
});

describe('limitsScope parent (N29)', () => {
  test('A8-3, A8-5: counts over all contracts of the unit', async () => {
    const api = await under({ limitsScope: 'parent' });
    const unit = await openUnit(api);
    const l = await contract(api, { managementUnitId: unit, item: 'L', acceptedOn: '2026-01-01' });
    const x = await contract(api, { managementUnitId: unit, item: 'X', acceptedOn: '2026-01-01' });
    await addOptions(api, l.contractId, '2026-01-10', [applied(1, { units: 3 })]);
    const fifth = await api.post(`${at(x.contractId)}/options`, optionsBody('2026-01-10', [applied(1, { units: 2 })]));
    expect([fifth.status, fifth.body.violations.map((v) => [v.code, v.facts['scope']])]).toEqual([409, [['too-many-units', 'parent']]]);
    const fourth = await addOptions(api, x.contractId, '2026-01-10', [applied(1)]);
    // So does what a correction enters.
    const correcting = (units: number) => api.post(`${at(x.contractId)}/corrections`, { eventId: fourth.events[0]!.id, reason: 'a wrong number of units', replacement: { command: 'options', body: optionsBody('2026-01-10', [applied(1, { units })]) } });
    expect(clausesOf((await correcting(2)).body)).toEqual(['A8-3']);
    expect((await correcting(1)).status).toBe(200);
    // Another unit counts for itself.
    const other = await contract(api, { item: 'X', acceptedOn: '2026-01-01' });
    await addOptions(api, other.contractId, '2026-01-10', [applied(1, { units: 4 })]);
  });

  test('A8-3: of applications at the same time to two contracts, only what fits is taken', async () => {
    const { api } = s;
    for (let round = 0; round < 4; round++) {
      const unit = await openUnit(api);
      const l = await contract(api, { managementUnitId: unit, item: 'L', acceptedOn: '2026-01-01' });
      const x = await contract(api, { managementUnitId: unit, item: 'X', acceptedOn: '2026-01-01' });
      const answers = await Promise.all([l, x, l, x, l, x].map((c) => api.post(`${at(c.contractId)}/options`, optionsBody('2026-01-10', [applied(1)]))));
      expect(answers.map((a) => a.status).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 409, 409]);
      const log = await readLog(s);
      const added = log.filter((e) => e.type === 'OptionAdded' && [`contract-${l.contractId}`, `contract-${x.contractId}`].includes(e.stream));
      expect(added).toHaveLength(4);
      expect(new Set(added.map((e) => e.id)).size).toBe(4);
    }
  });

  test('A10-3: a storage that takes the cascade back is taken, though unit and contract both write', async () => {
    const { api } = s;
    const { contractId, unit } = await contract(api, { item: 'L', acceptedOn: '2026-01-01' });
    const { optionIds } = await addOptions(api, contractId, '2026-01-10', [applied(33)]);
    await stop(api, contractId, optionIds[0]!, '2026-02-01', '2026-04-30');
    expect((await read(api, contractId)).end).toMatchObject({ on: '2026-04-30', reason: 'A10-3' });
    const answer = await addOptions(api, contractId, '2026-02-10', [applied(33)]);
    expect(answer.warnings.map((w) => w.code)).toContain('cascade-taken-back');
    expect((await read(api, contractId)).end).toBeNull();
    const successor = await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-20', billingStartsOn: '2026-05-01' }));
    expect(clausesOf(successor.body)).toEqual(['A4-2']);
  });
});
