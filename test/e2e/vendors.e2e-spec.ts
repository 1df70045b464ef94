/** A9: a vendor stops, and every contract on its items ends with it (design 14). */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { addOptions, applied, clausesOf, contractBody, moveTo, notice, openContract, openUnit, taken } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Answer, Api } from './support/api.js';

let s: Service;
let api: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2026-03-01' });
  api = s.api;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

interface Outcome {
  readonly contractId: string;
  readonly outcome: string;
  readonly endsOn: string | null;
}
interface Discontinued {
  readonly discontinuationId: string;
  readonly outcomes: readonly Outcome[];
  readonly nextCursor: string | null;
  readonly complete: boolean;
  readonly position: string;
}
interface Read {
  readonly end: { readonly on: string; readonly reason: string; readonly clause: string | null } | null;
  readonly status: string;
  readonly settlement: { readonly total: number };
  readonly options: readonly { readonly end: { readonly on: string; readonly reason: string } | null }[];
}
const at = (contractId: string): string => `/v1/contracts/${contractId}`;
const read = async (contractId: string, position?: string): Promise<Read> => taken(await api.get<Read>(`${at(contractId)}${position ? `?atLeast=${position}` : ''}`));
const vendorPath = (vendor: string): string => `/v1/vendors/${vendor}/discontinuations`;
const outcomesOf = async (vendor: string, id: string): Promise<Outcome[]> => {
  const out: Outcome[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { outcomes: Outcome[]; nextCursor: string | null } = taken(await api.get<{ outcomes: Outcome[]; nextCursor: string | null }>(`${vendorPath(vendor)}/${id}?limit=7${cursor ? `&cursor=${cursor}` : ''}`));
    expect(page.outcomes.length).toBeLessThanOrEqual(7);
    out.push(...page.outcomes);
    cursor = page.nextCursor;
  }
  return out;
};

test('A9: ends what is on its items, leaves what ends before, and touches nobody else\'s', async () => {
  const ids: { [name: string]: string } = {};
  for (const [name, item] of [['plain', 'G'], ['early', 'G'], ['late', 'G'], ['sameDay', 'G'], ['provider', 'G'], ['other', 'L']] as const) ids[name] = (await openContract(api, { item, accountCount: 60 })).contractId;
  await addOptions(api, ids['plain']!, '2026-01-10', [applied(44)]);
  for (const [name, day] of [['early', '2026-06-29'], ['late', '2026-07-31'], ['sameDay', '2026-06-30']] as const) taken(await api.post(`${at(ids[name]!)}/cancellation-notices`, notice('2026-02-01', day)));
  taken(await api.post(`${at(ids['provider']!)}/terminations`, { endsOn: '2026-06-30', ground: 'provider', reason: 'agreed' }));

  const body = { endsOn: '2026-06-30', reason: 'the vendor ends its software' };
  const before = (await readLog(s)).length;
  const preview = taken(await api.post<Discontinued & Answer>(`${vendorPath('Acronis')}?preview=true`, body));
  expect(preview.preview).toBe(true);
  expect((await readLog(s)).length).toBe(before);

  const key = randomUUID();
  const first = await api.post<Discontinued>(vendorPath('Acronis'), body, { key });
  expect([first.status, first.body.complete, first.body.nextCursor]).toEqual([201, true, null]);
  const outcome = Object.fromEntries(first.body.outcomes.map((o) => [o.contractId, [o.outcome, o.endsOn]]));
  expect(outcome).toEqual({
    [ids['plain']!]: ['ends', '2026-06-30'],
    [ids['late']!]: ['ends', '2026-06-30'],
    [ids['sameDay']!]: ['ends', '2026-06-30'],
    [ids['early']!]: ['alreadyEnds', '2026-06-29'],
    [ids['provider']!]: ['alreadyEnds', '2026-06-30'],
  });
  expect(Object.fromEntries(preview.outcomes.map((o) => [o['contractId'], [o['outcome'], o['endsOn']]]))).toEqual(outcome);
  const end = async (name: string) => (await read(ids[name]!, first.body.position)).end;
  expect(await end('plain')).toEqual({ on: '2026-06-30', reason: 'A9', clause: 'A9' });
  expect(await end('late')).toEqual({ on: '2026-06-30', reason: 'A9', clause: 'A9' });
  expect(await end('sameDay')).toEqual({ on: '2026-06-30', reason: 'A9', clause: 'A9' });
  expect(await end('early')).toEqual({ on: '2026-06-29', reason: 'notice', clause: 'A10-1' });
  expect(await end('provider')).toEqual({ on: '2026-06-30', reason: 'provider', clause: null });
  expect(await end('other')).toBeNull();
  expect((await read(ids['plain']!)).options.map((o) => o.end)).toMatchObject([{ on: '2026-06-30', reason: 'contract' }]);

  // A repeat says the same and tells nobody again.
  const log = (await readLog(s)).length;
  const again = await api.post<Discontinued>(vendorPath('Acronis'), body, { key });
  expect([again.status, again.headers['idempotency-replayed'], again.body.discontinuationId, again.body.outcomes]).toEqual([201, 'true', first.body.discontinuationId, first.body.outcomes]);
  expect((await readLog(s)).length).toBe(log);
  expect((await api.post(vendorPath('Acronis'), { ...body, endsOn: '2026-07-01' }, { key })).status).toBe(422);

  // A new contract ends on that day too, and owes nothing for it (N5).
  const { contractId, position } = await openContract(api, { item: 'G', acceptedOn: '2026-02-20', billingStartsOn: '2026-06-15' });
  expect(await read(contractId, position)).toMatchObject({ end: { on: '2026-06-30', reason: 'A9' }, settlement: { total: 0 } });
});

test('A9: many contracts are told page by page, once each', async () => {
  const opened = await Promise.all(Array.from({ length: 60 }, () => openContract(api, { item: 'C' })));
  const answer = taken(await api.post<Discontinued>(vendorPath('ArcticWolf'), { endsOn: '2026-08-31', reason: 'ends' }));
  expect(answer.outcomes).toHaveLength(50);
  expect(answer.nextCursor).toMatch(/^[\w.~-]+$/);
  const all = await outcomesOf('ArcticWolf', answer.discontinuationId);
  expect(all.map((o) => o.contractId).sort()).toEqual(opened.map((o) => o.contractId).sort());
  const told = (await readLog(s)).filter((e) => e.type === 'DiscontinuationApplied' && e.data['discontinuationId'] === answer.discontinuationId);
  expect(told.map((e) => e.stream).sort()).toEqual(opened.map((o) => `contract-${o.contractId}`).sort());
  expect((await api.get(`${vendorPath('MOTEX')}/${answer.discontinuationId}`)).status).toBe(404);
}, 60_000);

test('A9: corrected to another day, and struck: earlier ends stay what they were', async () => {
  const plain = await openContract(api, { item: 'B' });
  const noticed = await openContract(api, { item: 'B' });
  taken(await api.post(`${at(noticed.contractId)}/cancellation-notices`, notice('2026-02-01', '2026-09-30')));
  const first = taken(await api.post<Discontinued>(vendorPath('LayerX'), { endsOn: '2026-06-30', reason: 'ends' }));
  expect((await read(noticed.contractId, first.position)).end).toMatchObject({ on: '2026-06-30', reason: 'A9' });
  const path = (id: string) => `${vendorPath('LayerX')}/${id}/corrections`;
  const later = taken(await api.post<Discontinued>(path(first.discontinuationId), { reason: 'a later day', replacement: { endsOn: '2026-12-31' } }));
  expect((await read(plain.contractId, later.position)).end).toMatchObject({ on: '2026-12-31', reason: 'A9' });
  expect((await read(noticed.contractId, later.position)).end).toMatchObject({ on: '2026-09-30', reason: 'notice' });
  const twice = await api.post(path(first.discontinuationId), { reason: 'again' });
  expect([twice.status, twice.body.code]).toEqual([409, 'already-corrected']);
  const struck = taken(await api.post<Discontinued>(path(later.discontinuationId), { reason: 'never said' }));
  expect((await read(plain.contractId, struck.position)).end).toBeNull();
  expect((await read(noticed.contractId, struck.position)).end).toMatchObject({ on: '2026-09-30', reason: 'notice' });
  const unit = await openUnit(api);
  expect((await api.post('/v1/contracts', contractBody(unit, { item: 'B', billingStartsOn: '2027-02-01', acceptedOn: '2026-02-01' }))).status).toBe(201);
});

test('A4-2, A9: what is lifted does not push out a successor', async () => {
  const { contractId, unit } = await openContract(api, { item: 'B' });
  const gone = taken(await api.post<Discontinued>(vendorPath('LayerX'), { endsOn: '2026-05-31', reason: 'ends' }));
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-12-31')));
  const refused = await api.post('/v1/contracts', contractBody(unit, { item: 'B', acceptedOn: '2026-02-01', billingStartsOn: '2026-06-01' }));
  expect(clausesOf(refused.body)).toEqual(['A9']);
  taken(await api.post(`${vendorPath('LayerX')}/${gone.discontinuationId}/corrections`, { reason: 'never said' }));
  const taken2 = await api.post('/v1/contracts', contractBody(unit, { item: 'B', acceptedOn: '2026-02-01', billingStartsOn: '2026-06-01' }));
  expect(clausesOf(taken2.body)).toEqual(['A4-2']);
});

test('A9: a crash while contracts are told is made up for at the start; meanwhile every contract knows', async () => {
  const opened = await Promise.all(Array.from({ length: 40 }, (_, i) => openContract(api, { item: 'LOXA'[i % 4]!, acceptedOn: '2026-02-01' })));
  const key = randomUUID();
  const call = s.api.post<Discontinued>(vendorPath('MOTEX'), { endsOn: '2026-10-31', reason: 'ends' }, { key }).catch(() => null);
  // Until the fact itself is durable.
  for (let i = 0; i < 400 && !(await readLog(s)).some((e) => e.type === 'VendorDiscontinued' && e.data['vendor'] === 'MOTEX'); i++) await sleep(2);
  await s.kill();
  await call;
  await s.launch();
  api = s.api;
  for (const { contractId } of opened) expect((await read(contractId)).end).toMatchObject({ on: '2026-10-31', reason: 'A9' });
  const repeated = taken(await api.post<Discontinued>(vendorPath('MOTEX'), { endsOn: '2026-10-31', reason: 'ends' }, { key }));
  expect(repeated.complete).toBe(true);
  // However often, and whichever process answers.
  await s.kill();
  await s.launch();
  api = s.api;
  const after = await api.post<Discontinued>(vendorPath('MOTEX'), { endsOn: '2026-10-31', reason: 'ends' }, { key });
  expect([after.status, after.headers['idempotency-replayed'], after.body]).toEqual([201, 'true', repeated]);
  const log = await readLog(s);
  expect(log.filter((e) => e.type === 'VendorDiscontinued' && e.data['vendor'] === 'MOTEX')).toHaveLength(1);
  for (const { contractId } of opened) expect(log.filter((e) => e.stream === `contract-${contractId}` && e.type === 'DiscontinuationApplied')).toHaveLength(1);
  expect(log.filter((e) => e.type === 'VendorDiscontinuationCarriedOut' && e.data['discontinuationId'] === repeated.discontinuationId)).toHaveLength(1);
}, 90_000);

test('A9: on the day after, everything has ended and nothing is owed', async () => {
  const { contractId } = await openContract(api, { item: 'X', acceptedOn: '2026-02-10' });
  await addOptions(api, contractId, '2026-02-11', [applied(15), applied(1), applied(2)]);
  await moveTo(api, '2026-11-01');
  const ended = await read(contractId);
  expect(ended).toMatchObject({ status: 'ended', end: { on: '2026-10-31', reason: 'A9', clause: 'A9' }, settlement: { total: 0 } });
});
