/** A4-2 over two streams (design 12, 13): the unit holds an item for one contract at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NoAnswer } from './support/api.js';
import { applied, addOptions, clausesOf, contractBody, moveTo, notice, openContract, openUnit, taken } from './support/lives.js';
import { readLog, typesOn } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

let s: Service;
let api: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2026-03-01' });
  api = s.api;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

const at = (contractId: string): string => `/v1/contracts/${contractId}`;

test('A4-2: of many at the same time one gets the item', async () => {
  for (let round = 0; round < 3; round++) {
    const unit = await openUnit(api);
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.post('/v1/contracts', contractBody(unit, { item: 'L' }))));
    expect(answers.map((a) => a.status).sort((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    for (const a of answers) if (a.status === 409) expect(clausesOf(a.body)).toEqual(['A4-2']);
    const log = await readLog(s);
    expect(typesOn(log, `managementUnit-${unit}`)).toEqual(['ManagementUnitOpened', 'ItemReserved']);
  }
});

test('A4-2: eight items at the same time are eight contracts', async () => {
  const unit = await openUnit(api);
  const answers = await Promise.all('C D G L O X A B'.split(' ').map((item) => api.post('/v1/contracts', contractBody(unit, { item }))));
  expect(answers.map((a) => a.status)).toEqual(Array(8).fill(201));
  const read = taken(await api.get<{ contracts: { item: { code: string } }[] }>(`/v1/contracts?managementUnitId=${unit}&atLeast=${answers.map((a) => a.body.position).at(-1)!}`));
  expect(read.contracts.length).toBeGreaterThan(0);
});

test('A4-2: the item is free the day after an end, however it came', async () => {
  const successor = (unit: string, billingStartsOn: string) => api.post('/v1/contracts?preview=true', contractBody(unit, { item: 'L', acceptedOn: '2026-02-20', billingStartsOn }));
  const free = async (unit: string, last: string, next: string): Promise<void> => {
    expect([last, (await successor(unit, last)).status]).toEqual([last, 409]);
    expect([next, (await successor(unit, next)).status]).toEqual([next, 200]);
  };
  const a = await openContract(api, { item: 'L' });
  taken(await api.post(`${at(a.contractId)}/terminations`, { endsOn: '2026-04-15', ground: 'provider', reason: 'agreed' }));
  await free(a.unit, '2026-04-15', '2026-04-16');
  const b = await openContract(api, { item: 'L' });
  const { optionIds } = await addOptions(api, b.contractId, '2026-01-10', [applied(33)]);
  taken(await api.post(`${at(b.contractId)}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-02-20', '2026-04-20')));
  await free(b.unit, '2026-04-20', '2026-04-21');
  // A storage that takes the cascade back holds the item again.
  await addOptions(api, b.contractId, '2026-02-25', [applied(33)]);
  expect((await successor(b.unit, '2026-04-21')).status).toBe(409);
});

test('A4-2: what prolongs is refused where a successor is contracted, and holds the item where none is', async () => {
  const { contractId, unit } = await openContract(api, { item: 'L' });
  const { optionIds } = await addOptions(api, contractId, '2026-01-10', [applied(33)]);
  const stop = taken(await api.post(`${at(contractId)}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
  const withdrawal = `${at(contractId)}/options/${optionIds[0]!}/cancellation-notices/${stop.noticeId}/withdrawals`;
  const next = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-20', billingStartsOn: '2026-05-01' })));
  for (const [path, body] of [
    [withdrawal, { consentedOn: '2026-02-20', reason: 'both agree' }],
    [`${at(contractId)}/corrections`, { eventId: stop.events[0]!.id, reason: 'never arrived' }],
    [`${at(contractId)}/corrections`, { eventId: stop.events[0]!.id, reason: 'later', replacement: { command: `options/${optionIds[0]!}/cancellation-notices`, body: notice('2026-02-01', '2026-05-31') } }],
    [`${at(contractId)}/options`, { acceptedOn: '2026-02-25', billingStartsOn: '2026-02-25', application: { number: 'O', onForm: true }, options: [applied(33)] }],
  ] as const) {
    for (const query of ['?preview=true', '']) {
      const r = await api.post(`${path}${query}`, body);
      expect([path, query, r.status, clausesOf(r.body)]).toEqual([path, query, 409, ['A4-2']]);
    }
  }
  // What shortens it is taken; then the successor is struck, and the contract may go on.
  const struck = taken(await api.post(`${at(next.contractId)}/corrections`, { eventId: next.events[0]!.id, reason: 'never concluded' }));
  expect(struck.events.map((e) => e.type)).toEqual(['Corrected']);
  taken(await api.post(withdrawal, { consentedOn: '2026-02-20', reason: 'both agree' }));
  expect(clausesOf((await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-20', billingStartsOn: '2026-05-01' }))).body)).toEqual(['A4-2']);
  const log = await readLog(s);
  expect(typesOn(log, `managementUnit-${unit}`)).toEqual(['ManagementUnitOpened', 'ItemReserved', 'ItemFreed', 'ItemReserved', 'ItemFreed', 'ItemHeld']);
});

test('A4-2: a correction does not move a contract into another\'s time, or onto another\'s item', async () => {
  const { contractId, unit } = await openContract(api, { item: 'L' });
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
  const body = { item: 'L', acceptedOn: '2026-02-20', billingStartsOn: '2026-05-01' };
  const next = taken(await api.post('/v1/contracts', contractBody(unit, body)));
  const other = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'O', acceptedOn: '2026-02-20' })));
  const correct = (id: string, eventId: string, over: object) => api.post(`${at(id)}/corrections`, { eventId, reason: 'typed wrongly', replacement: { command: '', body: contractBody(unit, { ...body, ...over }) } });
  for (const [id, eventId, over] of [
    [next.contractId, next.events[0]!.id, { billingStartsOn: '2026-04-30' }],
    [other.contractId, other.events[0]!.id, {}],
  ] as const) {
    const r = await correct(id, eventId, over);
    expect([over, r.status, clausesOf(r.body)]).toEqual([over, 409, ['A4-2']]);
  }
  taken(await correct(next.contractId, next.events[0]!.id, { billingStartsOn: '2026-05-15' }));
  // What it no longer holds is free, what it holds now is not.
  const moved = taken(await correct(other.contractId, other.events[0]!.id, { item: 'A', billingStartsOn: '2026-02-20' }));
  expect(moved.contractId).toBe(other.contractId);
  expect((await api.post('/v1/contracts?preview=true', contractBody(unit, { item: 'O', acceptedOn: '2026-02-20' }))).status).toBe(200);
  expect(clausesOf((await api.post('/v1/contracts', contractBody(unit, { item: 'A', acceptedOn: '2026-02-20' }))).body)).toEqual(['A4-2']);
});

test('A4-2: a notice and a successor at the same time never leave two live contracts', async () => {
  for (let round = 0; round < 6; round++) {
    const { contractId, unit } = await openContract(api, { item: 'L' });
    const { noticeId } = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
    const [withdrawn, successor] = await Promise.all([
      api.post(`${at(contractId)}/cancellation-notices/${noticeId}/withdrawals`, { consentedOn: '2026-02-20', reason: 'both agree' }),
      api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-20', billingStartsOn: '2026-05-01' })),
    ]);
    expect([withdrawn.status, successor.status].sort((a, b) => a - b)).toEqual(withdrawn.status === 200 ? [200, 409] : [201, 409]);
  }
});

test('a crash between the unit and the contract leaves no half: the reservation is completed, by a repeat or by the start', async () => {
  const unit = await openUnit(api);
  const units = [unit, ...(await Promise.all(Array.from({ length: 7 }, () => openUnit(api))))];
  let completedLater = 0;
  for (let cycle = 0; cycle < 3; cycle++) {
    const keys = units.map((_, i) => `crash-${cycle}-${i}`);
    const item = 'CDG'[cycle]!;
    const calls = units.map((u, i) => s.api.post('/v1/contracts', contractBody(u, { item }), { key: keys[i]! }).catch((e: unknown) => e as NoAnswer));
    await sleep(2 + cycle * 3);
    await s.kill();
    const answered = await Promise.all(calls);
    await s.launch();
    api = s.api;
    const log = await readLog(s);
    const reserved = log.filter((e) => e.type === 'ItemReserved' && units.includes(e.stream.slice('managementUnit-'.length)) && (e.data as { item: string }).item === item);
    for (const e of reserved) {
      const { contractId, append } = e.data as { contractId: string; append: { id: string }[] };
      expect(log.filter((x) => x.stream === `contract-${contractId}`).map((x) => x.id)).toEqual(append.map((x) => x.id));
      expect((await api.get(at(contractId))).status).toBe(200);
    }
    for (const [i, u] of units.entries()) {
      const again = taken(await api.post('/v1/contracts', contractBody(u, { item }), { key: keys[i]! }));
      const first = answered[i]!;
      if (first instanceof NoAnswer) completedLater++;
      else expect(again).toEqual(first.body);
      const taken2 = await api.post('/v1/contracts', contractBody(u, { item }));
      expect(clausesOf(taken2.body)).toEqual(['A4-2']);
    }
  }
  expect(completedLater).toBeGreaterThan(0);
}, 120_000);

test('A4-2: an ended contract frees its item on a later day too', async () => {
  const { contractId, unit } = await openContract(api, { item: 'A' });
  taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-20')));
  await moveTo(api, '2026-03-25');
  const next = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'A', acceptedOn: '2026-03-23', billingStartsOn: '2026-03-23' })));
  expect(next.contractId).not.toBe(contractId);
});
