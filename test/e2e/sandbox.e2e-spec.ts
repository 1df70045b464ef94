/** The sandbox's clock (design 23): what would have fallen due has fallen due, once, in order, before the call answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KIND_ORDER } from '@app/contract';
import { addOptions, applied, contractBody, fixed, moveTo, notice, openUnit, optionsBody, taken } from './support/lives.js';
import { readLog, type LogEvent } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

afterAll(endServices, 60_000);

/** Contracts with keys of their own, so that every ledger gives them the same ids. */
async function populate(api: Api): Promise<string[]> {
  const ids: string[] = [];
  for (const [i, item] of 'X X X D L L G C A'.split(' ').entries()) {
    const { managementUnitId } = taken(await api.post('/v1/management-units', { contractor: { id: `K-${i}`, name: 'N' }, name: 'U' }, { key: `unit-${i}` }));
    const acceptedOn = `2026-01-${String(1 + i).padStart(2, '0')}`;
    const { contractId } = taken(await api.post('/v1/contracts', contractBody(managementUnitId, { item, acceptedOn, billingStartsOn: acceptedOn, accountCount: 60 }), { key: `contract-${i}` }));
    const options = item === 'X' ? [applied(15), applied(34), applied(1), applied(2)] : item === 'L' ? [applied(1), applied(2), applied(33)] : item === 'G' ? [applied(44)] : [];
    const added = options.length > 0 ? taken(await api.post(`/v1/contracts/${contractId}/options`, optionsBody('2026-01-15', options, '2026-02-01'), { key: `options-${i}` })).optionIds : [];
    if (i === 1) taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices`, notice('2026-01-18', '2026-07-15'), { key: `notice-${i}` }));
    if (i === 2) taken(await api.post(`/v1/contracts/${contractId}/options/${added[1]!}/cancellation-notices`, notice('2026-01-18', '2026-09-30'), { key: `notice-${i}` }));
    if (i === 4) taken(await api.post(`/v1/contracts/${contractId}/terminations`, { endsOn: '2026-02-10', ground: 'provider', reason: 'agreed' }, { key: `end-${i}` }));
    if (i === 6) taken(await api.post(`/v1/contracts/${contractId}/options/${added[0]!}/cancellation-notices`, notice('2026-01-18', '2026-03-31'), { key: `notice-${i}` }));
    ids.push(contractId);
  }
  return ids;
}

/** What a log says of contracts, without what may differ between two tellings: when it was recorded, salts, who asked when. */
const told = (log: readonly LogEvent[]): object[] =>
  log.filter((e) => e.stream.startsWith('contract-')).map((e) => ({ id: e.id, type: e.type, stream: e.stream, revision: e.revision, data: neutral(e.data), businessDate: e.metadata.businessDate, receipts: e.metadata.receipts }));
/** A reference into the register is made up anew in each ledger. */
const neutral = (data: object): object => JSON.parse(JSON.stringify(data, (k, v: unknown) => (k === 'ref' || k === 'commitment' ? '' : v))) as object;

const due = (log: readonly LogEvent[]): LogEvent[] => log.filter((e) => e.metadata.command === 'RecordDue' && e.stream.startsWith('contract-'));

test('one step, many steps, and a crash on the way come to the same events in the same order', async () => {
  const live = async (move: (s: Service) => Promise<void>): Promise<LogEvent[]> => {
    const s = await Service.start({ today: '2026-01-20' });
    await populate(s.api);
    await move(s);
    expect(taken(await s.api.get<{ today: string }>('/v1/sandbox/clock')).today).toBe('2028-03-01');
    const log = await readLog(s);
    expect(s.complaints()).toEqual([]);
    await s.end();
    return log;
  };
  const once = await live((s) => moveTo(s.api, '2028-03-01'));
  const steps = await live(async (s) => {
    for (const day of ['2026-01-31', '2026-02-11', '2026-05-01', '2027-01-01', '2027-01-02', '2027-12-31', '2028-02-29', '2028-03-01']) await moveTo(s.api, day);
  });
  let crashes = 0;
  const crashed = await live(async (s) => {
    for (const day of ['2026-08-01', '2027-06-01', '2028-03-01']) {
      const moving = s.api.put('/v1/sandbox/clock', { today: day }).catch(() => null);
      await sleep(10 + crashes * 12);
      await s.kill();
      await moving;
      crashes++;
      await s.launch();
      // The new day is stored first; if it was, the move was finished before anything was served.
      const { today } = taken(await s.api.get<{ today: string }>('/v1/sandbox/clock'));
      if (today === day) expect(due(await readLog(s)).every((e) => e.metadata.businessDate! <= day)).toBe(true);
      await moveTo(s.api, day);
    }
  });
  expect(told(steps).length).toBe(told(once).length);
  const byStream = (log: readonly LogEvent[]): { [stream: string]: object[] } => {
    const out: { [stream: string]: object[] } = {};
    for (const e of told(log)) (out[(e as LogEvent).stream] ??= []).push(e);
    return out;
  };
  expect(byStream(steps)).toEqual(byStream(once));
  expect(byStream(crashed)).toEqual(byStream(once));
  // In order of day, then kind, then contract.
  const order = due(once).map((e) => `${e.metadata.businessDate} ${KIND_ORDER.indexOf(e.type as (typeof KIND_ORDER)[number])} ${e.stream}`);
  expect(order).toEqual([...order].sort());
  expect(order.length).toBeGreaterThan(30);
  expect(new Set(due(once).map((e) => e.type))).toEqual(new Set(['Renewed', 'OptionEnded', 'Ended', 'SettlementAssessed', 'DeviceDeemedLost']));
  expect(crashes).toBe(3);
}, 180_000);

describe('the clock', () => {
  let s: Service;
  let api: Api;
  beforeAll(async () => {
    s = await Service.start({ today: '2026-01-20' });
    api = s.api;
  }, 120_000);
  afterEach(() => expect(s.complaints()).toEqual([]));

  test('shows what fell due in every read before it answers, however it is asked', async () => {
    const ids = await populate(api);
    taken(await api.put('/v1/sandbox/clock', { today: '2027-01-10' }));
    const read = async (i: number) => taken(await api.get<{ status: string; end: { on: string; reason: string } | null; period: object; options: { end: { on: string } | null }[]; devices: object[]; settlement: { total: number } }>(`/v1/contracts/${ids[i]!}`));
    expect(await read(0)).toMatchObject({ status: 'active', period: { kind: 'term', index: 2, startsOn: '2027-01-01', endsOn: '2027-12-31' } });
    expect(await read(1)).toMatchObject({ status: 'ended', end: { on: '2026-07-15', reason: 'notice', clause: 'A10-2' } });
    expect(await read(2)).toMatchObject({ status: 'ended', end: { on: '2026-09-30', reason: 'A10-4', clause: 'A10-4' }, devices: [{ returnDueOn: '2026-10-30', deemedLostOn: '2026-10-31' }] });
    expect(await read(6)).toMatchObject({ status: 'ended', end: { on: '2026-03-31', reason: 'A10-5' } });
    const history = taken(await api.get<{ events: { type: string }[] }>(`/v1/contracts/${ids[2]!}/history?limit=500`)).events.map((e) => e.type);
    expect(history.slice(-10)).toEqual([...Array<string>(4).fill('OptionEnded'), 'Ended', ...Array<string>(4).fill('SettlementAssessed'), 'DeviceDeemedLost']);
    const settled = taken(await api.get<{ settlements: { contractId: string }[] }>('/v1/settlements?from=2026-07-15&to=2026-09-30')).settlements;
    expect(new Set(settled.map((x) => x.contractId))).toEqual(new Set([ids[1], ids[2]]));
    const renewals = taken(await api.get<{ renewals: { contractId: string; subject: string }[] }>('/v1/renewals?from=2027-12-31&to=2027-12-31')).renewals;
    expect(renewals.map((r) => [r.contractId, r.subject])).toContainEqual([ids[0], 'base']);
  });

  test('goes forward only, and the same day again is the same', async () => {
    const back = await api.call('PUT', '/v1/sandbox/clock', { today: '2027-01-09' });
    expect([back.status, back.body.errors.map((e) => e.path)]).toEqual([400, ['today']]);
    expect((await api.put('/v1/sandbox/clock', { today: '2027-01-10' })).body).toEqual({ today: '2027-01-10' });
  });

  test('is joined by whoever asks for the same day, and makes commands wait for the new day', async () => {
    const unit = await openUnit(api);
    const events = (await readLog(s)).length;
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => api.put('/v1/sandbox/clock', { today: '2027-02-20' })),
      // Only possible on the new day.
      (async () => {
        for (;;) {
          const r = await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2027-02-20' }));
          if (r.status !== 400) return r;
        }
      })(),
    ]);
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200, 201]);
    const log = await readLog(s);
    const moved = log.slice(events);
    expect(moved.at(-1)!.type).not.toBe('Renewed');
    expect(new Set(moved.map((e) => e.id)).size).toBe(moved.length);
  });

  test('shows a late fact in the answer that records it: what is due already is decided with it', async () => {
    const unit = await openUnit(api);
    const { contractId } = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'X', acceptedOn: '2025-02-01', fees: { initial: 0, monthly: fixed(1) } })));
    const late = taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices`, notice('2025-12-20', '2026-01-31')));
    expect(late.events.map((e) => e.type)).toEqual(['CancellationNotified', 'RenewalUndone', 'RenewalUndone', 'Ended']);
    expect(late.events.at(-1)).toMatchObject({ type: 'Ended', data: { on: '2026-01-31', reason: 'notice', clause: 'A10-2' } });
    const before = (await readLog(s)).length;
    await moveTo(api, '2027-02-21');
    expect((await readLog(s)).slice(before).filter((e) => e.stream === `contract-${contractId}`)).toEqual([]);
  });

  test('stands on the later of the stored and the configured day after a restart', async () => {
    await s.stop();
    await s.launch();
    expect((await s.api.get('/v1/sandbox/clock')).body).toEqual({ today: '2027-02-21' });
    await s.stop();
    const later = await Service.start({ data: s.data, today: '2027-03-05' });
    expect((await later.api.get('/v1/sandbox/clock')).body).toEqual({ today: '2027-03-05' });
    await later.stop();
  });
});

test('without the sandbox there is no such path, and today is today in Japan', async () => {
  const s = await Service.start({ today: null });
  for (const method of ['GET', 'PUT']) expect((await s.api.call(method, '/v1/sandbox/clock', method === 'PUT' ? { today: '2099-01-01' } : undefined)).status).toBe(404);
  const today = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
  const unit = await openUnit(s.api);
  const opened = await s.api.post('/v1/contracts', contractBody(unit, { item: 'X', acceptedOn: '2020-02-29', billingStartsOn: '2020-02-29' }));
  expect(opened.status).toBe(201);
  const renewals = opened.body.events.filter((e) => e.type === 'Renewed').length;
  expect(renewals).toBe(Number(today.slice(0, 4)) - 2020 - (today.slice(5) < '02-29' ? 1 : 0));
  await addOptions(s.api, opened.body.contractId, today, [applied(1)]);
  await s.end();
}, 60_000);
