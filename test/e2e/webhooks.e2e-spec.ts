/**
 * Webhooks of the running service: receivers that fail, hang, redirect, are away and come back, and kill -9 of the
 * service between. `CYCLES` for more kills, `COMMANDS` for more in each, `SEED` for other moments.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook as Scheme } from 'standardwebhooks';
import type { Api, Answer } from './support/api.js';
import { notice, openContract, taken } from './support/lives.js';
import { random } from './support/load.js';
import { readLog, typesOn } from './support/log.js';
import { faultsOf, Receiver } from './support/receiver.js';
import { endServices, onEnd, Service } from './support/service.js';
import { certificateFor } from '../../libs/delivery/src/testing/certificate.js';

const CYCLES = Number(process.env['CYCLES'] ?? 4);
const COMMANDS = Number(process.env['COMMANDS'] ?? 12);
const SEED = Number(process.env['SEED'] ?? 20260401);

interface Shown {
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly disabledBy: string | null;
  readonly description: string | null;
  readonly secrets: readonly { readonly secretId: string; readonly until: string | null }[];
  readonly delivery: {
    readonly through: string | null;
    readonly lag: { readonly events: number };
    readonly away: { readonly since: string } | null;
    readonly rewound: boolean;
    readonly laneCounts: { readonly waiting: number; readonly parked: number };
    readonly lanes: readonly { readonly contractId: string; readonly status: string; readonly eventId: string; readonly tries: number; readonly failure: string }[];
  } | null;
}
interface Delivery {
  readonly eventId: string;
  readonly contractId: string;
  readonly status: number | null;
  readonly error: string | null;
}

afterAll(endServices, 60_000);

const FAST = { LEDGER_WEBHOOK_RETRY_SECONDS: '0.05,0.1,0.1' };
const START = '0000000000000000';

async function serviceFor(receiver: Receiver, env: { readonly [name: string]: string } = {}, store?: 'embedded'): Promise<Service> {
  return Service.start({ today: '2026-01-10', ...(store && { store }), env: { ...FAST, LEDGER_WEBHOOK_ALLOW: `127.0.0.1:${receiver.port}`, ...env } });
}
const register = async (api: Api, body: object): Promise<Answer> => taken(await api.post('/v1/webhooks', { fromSequence: START, ...body }));
const shown = async (api: Api, id: string): Promise<Shown> => taken(await api.get<Shown>(`/v1/webhooks/${id}`));
const deliveries = async (api: Api, id: string): Promise<readonly Delivery[]> => taken(await api.get<{ deliveries: Delivery[] }>(`/v1/webhooks/${id}/deliveries?limit=500`)).deliveries;

/** The stored line of every published event, once so many are there. */
async function feedOf(api: Api, atLeast = 0): Promise<string[]> {
  for (;;) {
    const lines: string[] = [];
    for (let after = ''; ; ) {
      const r = await api.get(`/v1/feed?limit=1000${after && `&after=${after}`}`, { headers: { accept: 'application/x-ndjson' } });
      if (r.status === 503) break;
      if (r.status !== 200) throw new Error(r.text);
      const page = r.text.split('\n').filter((line) => line !== '');
      lines.push(...page);
      if (page.length < 1_000) break;
      after = String(r.headers['next-cursor']);
    }
    if (lines.length >= atLeast) return lines;
    await sleep(50);
  }
}

async function eventually<T>(ask: () => Promise<T>, is: (value: T) => boolean, ms = 10_000): Promise<T> {
  for (const started = performance.now(); ; await sleep(25)) {
    const value = await ask();
    if (is(value)) return value;
    if (performance.now() - started > ms) throw new Error(`still ${JSON.stringify(value).slice(0, 1_000)} after ${ms} ms`);
  }
}

/** A contract with so many further published events. */
async function eventsOf(api: Api, more: number): Promise<string> {
  const { contractId } = await openContract(api, { acceptedOn: '2026-01-01' });
  for (let i = 0; i < more; i++) taken(await api.post(`/v1/contracts/${contractId}/account-count`, { accountCount: 101 + i, effectiveOn: '2026-02-01', requestedBy: 'contractor' }));
  return contractId;
}

describe('what a receiver gets', () => {
  test('is every event, as it is stored, in the order of its contract, signed by the scheme', async () => {
    const receiver = await Receiver.start();
    const s = await serviceFor(receiver);
    const before = await eventsOf(s.api, 2);
    const hook = await register(s.api, { url: receiver.url, description: '請求システム' });
    expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await Promise.all([eventsOf(s.api, 4), eventsOf(s.api, 4), eventsOf(s.api, 4)]);
    const feed = await feedOf(s.api, 18);
    await receiver.until(feed.length);
    expect(faultsOf(receiver.taken, feed)).toEqual([]);
    expect(receiver.taken.filter((r) => r.contractId === before).length).toBe(3);
    const scheme = new Scheme(hook.secret);
    for (const r of receiver.got) {
      expect(scheme.verify(r.body, r.headers as Record<string, string>)).toMatchObject({ id: r.id });
      expect([r.headers['webhook-id'], r.headers['content-type']]).toEqual([r.id, 'application/cloudevents+json; charset=utf-8']);
      expect(() => scheme.verify(`${r.body} `, r.headers as Record<string, string>)).toThrow('No matching signature');
    }
    const view = await eventually(() => shown(s.api, hook.webhookId), (w) => w.delivery?.lag.events === 0);
    expect(view).toMatchObject({ id: hook.webhookId, url: receiver.url, status: 'enabled', disabledBy: null, description: '請求システム', types: null, delivery: { away: null, rewound: false, laneCounts: { waiting: 0, parked: 0 }, lanes: [] } });
    expect(s.complaints()).toEqual([]);
    await s.end();
  }, 60_000);

  test('the check of it notices what is missing, strange, altered or out of order', () => {
    const line = (n: number, contract = 'a'): string => JSON.stringify({ id: `${contract}${n}`, subject: contract, contractsequence: n });
    const feed = [line(0), line(0, 'b'), line(1), line(2)];
    const got = (lines: readonly string[]) => lines.map((body) => ({ ...(JSON.parse(body) as { id: string; contractsequence: number }), contractId: (JSON.parse(body) as { subject: string }).subject, body }));
    expect(faultsOf(got(feed), feed)).toEqual([]);
    expect(faultsOf(got([line(0), line(1), line(0), line(1), line(2), line(0, 'b')]), feed)).toEqual([]);
    expect(faultsOf(got([feed[0]!, feed[1]!, feed[3]!]), feed)).toEqual(['a: 2 came where 1 was next', 'a1 is missing']);
    expect(faultsOf(got([feed[1]!, feed[2]!, feed[0]!, feed[3]!]), feed)).toEqual(['a: 1 came where 0 was next', 'a: 0 came where 2 was next', 'a: 2 came where 1 was next']);
    expect(faultsOf(got([...feed.slice(0, 3), `${feed[3]!} `]), feed)).toEqual(['a2 is not as it is stored']);
    expect(faultsOf(got([...feed, line(3)]), feed)).toEqual(['a3 is not as it is stored']);
  });
});

describe('an endpoint', () => {
  test('is registered, changed and removed by events of the log; its secret is shown once and nowhere in clear', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webhook-log-'));
    process.env['E2E_LOG'] = join(folder, 'log');
    const receiver = await Receiver.start();
    const s = await serviceFor(receiver, { LEDGER_LOG_LEVEL: 'trace' });
    const { api } = s;
    const body = { url: receiver.url, types: ['ledger.contract.contracted.v1'], description: 'Billing of Mr Tanaka', reason: 'asked for by Ms Sato' };
    const first = await api.post('/v1/webhooks', body, { key: 'hook-1' });
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([201, undefined]);
    const hook = taken(first);
    const again = await api.post('/v1/webhooks', body, { key: 'hook-1' });
    expect([again.status, again.headers['idempotency-replayed'], again.body.webhookId, again.body.secret]).toEqual([201, 'true', hook.webhookId, undefined]);
    expect((await api.post('/v1/webhooks', { ...body, types: null }, { key: 'hook-1' })).status).toBe(422);
    expect(taken(await api.post('/v1/webhooks?preview=true', body)).secret).toBeUndefined();
    expect(taken(await api.get<{ webhooks: Shown[] }>('/v1/webhooks')).webhooks.map((w) => w.id)).toEqual([hook.webhookId]);

    const at = `/v1/webhooks/${hook.webhookId}`;
    const change = async (b: object) => taken(await api.call<Answer>('PATCH', at, b));
    expect((await change({ types: null, description: 'Billing', status: 'disabled', reason: 'moved' })).events.map((e) => e.type)).toEqual(['WebhookTypesChosen', 'WebhookDescribed', 'WebhookDisabled']);
    expect((await change({ status: 'disabled' })).events).toEqual([]);
    expect(await shown(api, hook.webhookId)).toMatchObject({ status: 'disabled', disabledBy: 'command', types: null, description: 'Billing' });
    await change({ status: 'enabled' });
    const rotated = taken(await api.post(`${at}/secret-rotations`, { overlapHours: 1 }));
    expect(rotated.secret).not.toBe(hook.secret);
    await openContract(api, { acceptedOn: '2026-01-01' });
    await receiver.until(1);
    for (const secret of [hook.secret, rotated.secret]) expect(new Scheme(secret).verify(receiver.got[0]!.body, receiver.got[0]!.headers as Record<string, string>)).toBeTruthy();
    expect(receiver.got[0]!.headers['webhook-signature']!.toString().split(' ').length).toBe(2);
    const removed = await api.call<Answer>('DELETE', at, { reason: 'no longer used' });
    expect([removed.status, removed.body.events.map((e) => e.type)]).toEqual([200, ['WebhookRemoved']]);
    expect((await api.get(at)).status).toBe(404);
    expect((await api.get(`${at}/deliveries`)).status).toBe(404);
    expect((await api.call('DELETE', at)).status).toBe(404);
    await openContract(api, { acceptedOn: '2026-01-01' });
    await feedOf(api, 2);
    await sleep(200);
    expect(receiver.got.length).toBe(1);

    const log = await readLog(s);
    expect(typesOn(log, `webhook-${hook.webhookId}`)).toEqual(['WebhookRegistered', 'WebhookTypesChosen', 'WebhookDescribed', 'WebhookDisabled', 'WebhookEnabled', 'WebhookSecretRotated', 'WebhookRemoved']);
    expect(log.find((e) => e.type === 'WebhookRemoved')!.metadata).toMatchObject({ actor: { subject: 'admin' }, reason: { ref: expect.any(String) } });
    await s.stop();
    // In no file of the data folder but the register's own texts, and in no line of the log.
    const files = readdirSync(s.data).map((name) => [name, readFileSync(join(s.data, name))] as const);
    const holds = (bytes: Buffer, text: string): boolean => bytes.includes(text) || bytes.includes(Buffer.from(text.replace('whsec_', ''), 'base64'));
    expect(files.filter(([, bytes]) => bytes.includes(hook.webhookId)).length).toBeGreaterThan(0);
    for (const secret of [hook.secret, rotated.secret]) expect(files.filter(([, bytes]) => holds(bytes, secret)).map(([name]) => name)).toEqual([]);
    expect(files.filter(([, bytes]) => bytes.includes('Tanaka')).map(([name]) => name.replace(/-wal$/, ''))).toEqual(['register.sqlite']);
    const lines = readFileSync(join(folder, 'log'));
    expect(lines.includes('/v1/webhooks')).toBe(true);
    for (const text of [hook.secret, rotated.secret, 'Tanaka']) expect(holds(lines, text)).toBe(false);
    expect(statSync(join(s.data, 'secrets-key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(s.data, 'delivery.sqlite')).mode & 0o777).toBe(0o600);
    delete process.env['E2E_LOG'];
    rmSync(folder, { recursive: true });
    await s.end();
  }, 60_000);

  test('leads nowhere inside, and is changed by administrators alone', async () => {
    const receiver = await Receiver.start();
    const s = await serviceFor(receiver);
    const { api } = s;
    for (const url of ['http://127.0.0.1:1/', 'https://127.0.0.1/', 'https://169.254.169.254/latest/', 'https://[::1]/', 'https://10.0.0.1/', 'http://billing.example.com/', 'https://u:p@billing.example.com/', 'nonsense']) {
      const r = await api.post('/v1/webhooks', { url });
      expect([url, r.status, r.body.errors?.map((e) => e.path)]).toEqual([url, 400, ['url']]);
    }
    for (const [body, path] of [[{ url: receiver.url, types: ['x'] }, 'types[0]'], [{ url: receiver.url, fromSequence: '5' }, 'fromSequence'], [{ url: receiver.url, fromSequence: '0000000000000009' }, 'fromSequence'], [{}, 'url'], [{ url: receiver.url, secret: 'mine' }, 'secret']] as const)
      expect([body, (await api.post('/v1/webhooks', body)).body.errors?.map((e) => e.path)]).toEqual([body, [path]]);
    // A name that leads inside is found out when it is looked up.
    const hook = await register(api, { url: `https://localhost:${receiver.port}/` });
    await openContract(api, { acceptedOn: '2026-01-01' });
    const tried = await eventually(() => deliveries(api, hook.webhookId), (d) => d.length > 0);
    expect(tried[0]).toMatchObject({ status: null, error: 'forbidden-address' });
    expect(receiver.connections).toBe(0);

    // Nor to a receiver that nobody vouches for, whatever the environment says.
    const stranger = createServer(certificateFor('localhost'), (_request, response) => void response.end());
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    onEnd(async () => void stranger.close());
    const { port } = stranger.address() as AddressInfo;
    const careless = await Service.start({ today: '2026-01-10', store: 'embedded', env: { ...FAST, LEDGER_WEBHOOK_ALLOW: `localhost:${port}`, NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    const strange = await register(careless.api, { url: `https://localhost:${port}/` });
    await openContract(careless.api, { acceptedOn: '2026-01-01' });
    expect((await eventually(() => deliveries(careless.api, strange.webhookId), (d) => d.length > 0))[0]).toMatchObject({ status: null, error: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await careless.end();

    const as = async (role: string): Promise<Api> => api.as(taken(await api.post('/v1/tokens', { subject: `${role}-1`, role })).token);
    const at = `/v1/webhooks/${hook.webhookId}`;
    for (const role of ['operator', 'billing', 'auditor']) {
      const other = await as(role);
      const statuses = await Promise.all([other.get('/v1/webhooks'), other.get(at), other.get(`${at}/deliveries`), other.post('/v1/webhooks', { url: receiver.url }), other.call('PATCH', at, { status: 'disabled' }), other.call('DELETE', at), other.post(`${at}/secret-rotations`, {}), other.post(`${at}/redeliveries`, { fromSequence: START })]);
      expect([role, statuses.map((r) => r.status)]).toEqual([role, [200, 200, 200, 403, 403, 403, 403, 403]]);
      other.close();
    }
    await s.end();
  }, 60_000);
});

describe('a lane', () => {
  test('that is parked holds up its contract only, and is reopened by a redelivery or a recorded skip', async () => {
    const receiver = await Receiver.start();
    const s = await serviceFor(receiver);
    const { api } = s;
    const [bad, worse, good] = [await eventsOf(api, 3), await eventsOf(api, 3), await eventsOf(api, 3)];
    receiver.answer = (r) => (r.contractId !== good && r.contractsequence === 1 ? (r.contractId === bad ? 500 : { status: 302, headers: { location: `http://127.0.0.1:${s.port}/` } }) : 200);
    const hook = await register(api, { url: receiver.url });
    const at = `/v1/webhooks/${hook.webhookId}`;
    const view = await eventually(() => shown(api, hook.webhookId), (w) => w.delivery?.laneCounts.parked === 2 && w.delivery.lag.events === 0);
    expect(Object.fromEntries(view.delivery!.lanes.map((l) => [l.contractId, [l.status, l.tries, l.failure]]))).toEqual({ [bad]: ['parked', 4, '500'], [worse]: ['parked', 4, '302'] });
    const sequences = (id: string): number[] => receiver.taken.filter((r) => r.contractId === id).map((r) => r.contractsequence);
    expect([sequences(bad), sequences(worse), sequences(good)]).toEqual([[0], [0], [0, 1, 2, 3]]);

    // What is published later waits behind it, the others' is sent; also over a restart with the receiver well again.
    receiver.answer = () => 200;
    taken(await api.post(`/v1/contracts/${bad}/cancellation-notices`, notice('2026-01-10')));
    taken(await api.post(`/v1/contracts/${good}/cancellation-notices`, notice('2026-01-10')));
    await eventually(async () => sequences(good).length, (n) => n >= 5);
    await s.kill();
    await s.launch();
    const { api: again } = s;
    await eventually(() => shown(again, hook.webhookId), (w) => w.delivery?.laneCounts.parked === 2);
    await sleep(500);
    expect([sequences(bad), sequences(worse)]).toEqual([[0], [0]]);

    // Refused where there is nothing to reopen.
    const skip = (contractId: string, b: object = { reason: 'entered by hand' }) => again.post(`${at}/lanes/${contractId}/skips`, b);
    expect((await skip(good)).body).toMatchObject({ status: 409, code: 'lane-not-parked' });
    expect((await skip(worse, {})).status).toBe(400);
    const stuck = view.delivery!.lanes.find((l) => l.contractId === bad)!.eventId;
    const later = (await feedOf(again)).map((line) => JSON.parse(line) as { id: string; subject: string; contractsequence: number }).find((e) => e.subject === bad && e.contractsequence === 3)!.id;
    expect((await again.post(`${at}/redeliveries`, { eventId: later })).body).toMatchObject({ status: 409, code: 'event-not-reached' });
    expect((await again.post(`${at}/redeliveries`, { eventId: hook.webhookId })).status).toBe(404);
    expect((await again.post(`${at}/redeliveries`, {})).status).toBe(400);

    const redelivered = await again.post(`${at}/redeliveries`, { eventId: stuck }, { key: 'again-1' });
    expect(taken(redelivered).events.map((e) => e.type)).toEqual(['WebhookRedeliveryAsked']);
    await eventually(async () => sequences(bad).length, (n) => n >= 5);
    expect(taken(await skip(worse)).events).toMatchObject([{ type: 'WebhookEventSkipped', data: { contractId: worse } }]);
    await eventually(async () => sequences(worse).length, (n) => n >= 3);
    const ever = (id: string): number[] => [...new Set(sequences(id))];
    expect([ever(bad), ever(worse), ever(good)]).toEqual([[0, 1, 2, 3, 4], [0, 2, 3], [0, 1, 2, 3, 4]]);
    expect((await again.post(`${at}/redeliveries`, { eventId: stuck }, { key: 'again-1' })).headers['idempotency-replayed']).toBe('true');
    await eventually(() => shown(again, hook.webhookId), (w) => w.delivery?.laneCounts.parked === 0 && w.delivery.laneCounts.waiting === 0);
    const recorded = (await readLog(s)).find((e) => e.type === 'WebhookEventSkipped')!;
    expect(recorded.metadata).toMatchObject({ command: 'SkipWebhookEvent', actor: { subject: 'admin', role: 'admin' }, reason: { ref: expect.any(String) } });

    // From a sequence on, everything comes again; what was skipped stays so.
    receiver.got.length = 0;
    taken(await again.post(`${at}/redeliveries`, { fromSequence: START }));
    await receiver.until(13);
    await sleep(200);
    expect([ever(bad), ever(worse), ever(good)]).toEqual([[0, 1, 2, 3, 4], [0, 2, 3], [0, 1, 2, 3, 4]]);
    await s.end();
  }, 90_000);
});

describe('a receiver', () => {
  test('that answers 410 is left alone until it is enabled again; nothing is missing then', async () => {
    const receiver = await Receiver.start();
    const s = await serviceFor(receiver);
    receiver.answer = () => 410;
    const hook = await register(s.api, { url: receiver.url });
    await eventsOf(s.api, 2);
    const view = await eventually(() => shown(s.api, hook.webhookId), (w) => w.status === 'disabled');
    expect(view.disabledBy).toBe('gone');
    const disabled = (await readLog(s)).find((e) => e.type === 'WebhookDisabled')!;
    expect([disabled.data['cause'], disabled.metadata.actor.subject]).toEqual(['gone', 'ledger']);
    receiver.answer = () => 200;
    await s.kill();
    await s.launch();
    await eventsOf(s.api, 1);
    await sleep(300);
    expect(receiver.taken).toEqual([]);
    taken(await s.api.call('PATCH', `/v1/webhooks/${hook.webhookId}`, { status: 'enabled' }));
    const feed = await feedOf(s.api, 5);
    await receiver.until(feed.length);
    expect(faultsOf(receiver.taken, feed)).toEqual([]);
    await s.end();
  }, 60_000);

  test('that is away gets one probe at a time, and everything once it comes back; proxies of the environment are not asked', async () => {
    const receiver = await Receiver.start();
    const proxy = await Receiver.start();
    const named = `http://127.0.0.1:${proxy.port}`;
    // The client of EventStoreDB does ask them.
    const s = await serviceFor(receiver, { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: named, HTTPS_PROXY: named, http_proxy: named, https_proxy: named, NO_PROXY: '', LEDGER_WEBHOOK_RETRY_SECONDS: '0.2,0.2,0.2' }, 'embedded');
    const hook = await register(s.api, { url: receiver.url });
    await receiver.stop();
    await Promise.all([eventsOf(s.api, 2), eventsOf(s.api, 2), eventsOf(s.api, 2), eventsOf(s.api, 2)]);
    await feedOf(s.api, 12);
    await eventually(() => shown(s.api, hook.webhookId), (w) => w.delivery?.away !== null);
    const { length: before } = await deliveries(s.api, hook.webhookId);
    await sleep(2_000);
    const { length: after } = await deliveries(s.api, hook.webhookId);
    // Five probes a second at most, however many contracts wait.
    expect(after - before).toBeGreaterThan(3);
    expect(after - before).toBeLessThan(16);
    await receiver.listen();
    const feed = await feedOf(s.api, 12);
    await receiver.until(feed.length);
    expect(faultsOf(receiver.taken, feed)).toEqual([]);
    expect(await eventually(() => shown(s.api, hook.webhookId), (w) => w.delivery?.away === null && w.delivery.lag.events === 0)).toMatchObject({ delivery: { laneCounts: { waiting: 0, parked: 0 } } });
    expect(proxy.connections).toBe(0);
    await s.end();
  }, 60_000);

  test('that hangs or breaks off delays no command', async () => {
    const receiver = await Receiver.start();
    receiver.answer = (r) => (r.contractsequence % 2 ? 'break' : 'hang');
    const s = await serviceFor(receiver);
    await register(s.api, { url: receiver.url });
    const started = performance.now();
    for (let i = 0; i < 20; i++) await eventsOf(s.api, 1);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(receiver.got.length).toBeGreaterThan(0);
    // And not the end of the service either.
    const stopping = performance.now();
    expect(await s.stop()).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(5_000);
    await s.end();
  }, 60_000);
});

test(`kill -9 of the service while it delivers, ${CYCLES} times: nothing is missed, nothing overtakes within its contract`, async () => {
  const next = random(SEED);
  const receiver = await Receiver.start();
  const s = await serviceFor(receiver, { LEDGER_WEBHOOK_RETRY_SECONDS: '0.02,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05,0.05' });
  const hook = await register(s.api, { url: receiver.url });
  // Now and then it does not take an event, at its first sight alone.
  const seen = new Set<string>();
  receiver.answer = (r) => {
    const first = !seen.has(r.id);
    seen.add(r.id);
    return first && next() < 0.15 ? (next() < 0.3 ? 'break' : 500) : 200;
  };
  const contracts: string[] = [];
  let acknowledged = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    let going = true;
    const load = (async () => {
      for (let i = 0; going; i++) {
        if (contracts.length < 6) {
          contracts.push((await openContract(s.api, { acceptedOn: '2026-01-01' })).contractId);
          acknowledged++;
        }
        const at = `/v1/contracts/${contracts[Math.floor(next() * contracts.length)]!}/account-count`;
        const { events } = taken(await s.api.post(at, { accountCount: 101 + Math.floor(next() * 1_000), effectiveOn: '2026-02-01', requestedBy: 'contractor' }));
        if (events.length > 0) acknowledged++;
      }
    })().catch(() => undefined);
    const from = [acknowledged, receiver.got.length] as const;
    while (acknowledged < from[0] + COMMANDS || receiver.got.length < from[1] + 4) await sleep(10);
    await sleep(next() * 300);
    await s.kill();
    going = false;
    await load;
    await s.launch();
  }
  // What was under way at a kill may have been recorded as well.
  await feedOf(s.api, acknowledged);
  const view = await eventually(() => shown(s.api, hook.webhookId), (w) => w.delivery?.lag.events === 0 && w.delivery.laneCounts.waiting === 0, 30_000 + CYCLES * COMMANDS * 20);
  expect(view.delivery!.laneCounts.parked).toBe(0);
  const whole = await feedOf(s.api, acknowledged);
  await receiver.until(whole.length);
  expect(faultsOf(receiver.taken, whole)).toEqual([]);
  const doubled = receiver.taken.length - whole.length;
  process.stderr.write(`webhooks, seed ${SEED}: ${CYCLES} kills, ${whole.length} events, ${receiver.got.length} requests, ${doubled} taken twice; 0 missed, 0 out of order\n`);
  await s.end();
}, 60_000 + CYCLES * (30_000 + COMMANDS * 100));
