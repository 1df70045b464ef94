/** The process as its operator meets it: npm start, the data folder, settings, signals. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './support/port.js';
import { Api } from './support/api.js';
import { openContract, openUnit, taken, UNIT } from './support/lives.js';
import { Load, random } from './support/load.js';
import { readLog } from './support/log.js';
import { build, endServices, ROOT, Service } from './support/service.js';

const folders: string[] = [];
const folder = (): string => {
  const f = mkdtempSync(join(tmpdir(), 'contract-ledger-start-'));
  folders.push(f);
  return f;
};
afterAll(async () => {
  await endServices();
  for (const f of folders) rmSync(f, { recursive: true, force: true });
}, 60_000);

/** Runs the built service until it ends by itself; what it said and its code. */
async function refusedStart(env: { readonly [name: string]: string }): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(build(), 'apps/ledger/src/main.js')], { env: { ...process.env, EVENTSTORE_URL: '', LEDGER_PORT: '0', LEDGER_DATA: folder(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (d: Buffer) => (said += d.toString()));
  child.stderr.on('data', (d: Buffer) => (said += d.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  return { code, said };
}

describe('the data folder', () => {
  test('may hold foreign files; the administrator\'s token is its owner\'s alone, and stays', async () => {
    const s = await Service.start({ store: 'embedded' });
    writeFileSync(join(s.data, 'notes.txt'), 'mine');
    expect(statSync(join(s.data, 'admin-token')).mode & 0o777).toBe(0o600);
    const { token } = s;
    const { contractId } = await openContract(s.api);
    expect(await s.stop()).toBe(0);
    await s.launch();
    expect([s.token, readFileSync(join(s.data, 'notes.txt'), 'utf8')]).toEqual([token, 'mine']);
    expect((await s.api.get(`/v1/contracts/${contractId}`)).status).toBe(200);

    // A second process is refused, the first does not notice.
    const second = await refusedStart({ LEDGER_DATA: s.data, LEDGER_SANDBOX: 'true' });
    expect(second.code).toBe(1);
    expect(second.said).toMatch(/ledger: .*(folder|process|use)/i);
    expect(second.said).not.toMatch(/\n\s+at /);
    expect((await openContract(s.api)).contractId).toBeTruthy();

    // kill -9 leaves no lock behind.
    await s.kill();
    // Its days are not real ones: in real time the folder is not served.
    const real = await refusedStart({ LEDGER_DATA: s.data, LEDGER_SANDBOX: '' });
    expect([real.code, /is a sandbox's/.test(real.said)]).toEqual([1, true]);
    await s.launch();
    expect((await s.api.get('/health/ready')).status).toBe(200);
    await s.end();
  }, 90_000);

  test('remembers its log: an empty or a shorter one is refused', async () => {
    const s = await Service.start({ store: 'embedded' });
    await openContract(s.api);
    expect(await s.stop()).toBe(0);
    for (const f of ['log.sqlite', 'log.sqlite-wal', 'log.sqlite-shm']) rmSync(join(s.data, f), { force: true });
    const { code, said } = await refusedStart({ LEDGER_DATA: s.data, LEDGER_SANDBOX: 'true' });
    expect([code, /log is empty/.test(said)]).toEqual([1, true]);
    expect(said).toContain('restore --accept');
    await s.end();
  }, 60_000);

  test('is rebuilt into reads whenever they are gone', async () => {
    const s = await Service.start({ store: 'embedded' });
    const { contractId } = await openContract(s.api);
    const before = (await s.api.get(`/v1/contracts/${contractId}`)).body;
    await s.stop();
    for (const f of ['read.sqlite', 'read.sqlite-wal', 'read.sqlite-shm']) rmSync(join(s.data, f), { force: true });
    await s.launch();
    expect((await s.api.get(`/v1/contracts/${contractId}`)).body).toEqual(before);
    await s.end();
  }, 60_000);
});

test('an event that cannot be read stops only the read model that reads it, visibly; the others go on', async () => {
  const s = await Service.start({ store: 'embedded' });
  const { contractId } = await openContract(s.api);
  taken(await s.api.post('/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-01', contractId, note: 'sound' }));
  await s.stop();
  const db = new DatabaseSync(join(s.data, 'log.sqlite'));
  const last = db.prepare("SELECT position, metadata FROM events WHERE stream LIKE 'record-%'").get() as { position: number; metadata: string };
  db.prepare('INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES ((SELECT max(position) + 1 FROM events), ?, 0, ?, ?, ?, ?)').run(
    'record-00000000-0000-5000-8000-000000000001', '00000000-0000-5000-8000-000000000002', 'FactRecorded', '{"clause":5}', last.metadata,
  );
  db.close();
  await s.launch();
  const ready = await s.api.get<{ status: string; checks: object }>('/health/ready');
  expect([ready.status, ready.body.status]).toEqual([200, 'degraded']);
  expect(JSON.stringify(ready.body.checks)).toMatch(/stopped/);
  const records = await s.api.get<{ code: string }>('/v1/records');
  expect([records.status, records.headers['retry-after'], records.body.code]).toEqual([503, expect.stringMatching(/^\d+$/), 'projection-stopped']);
  expect((await s.api.get(`/v1/contracts/${contractId}`)).status).toBe(200);
  expect((await s.api.get('/v1/charges?month=2026-01')).status).toBe(200);
  const { contractId: next, position } = await openContract(s.api);
  expect((await s.api.get(`/v1/contracts/${next}?atLeast=${position}`)).status).toBe(200);
  await s.end();
}, 60_000);

test('wrong settings are refused at start, each by its name', async () => {
  const wrong = { LEDGER_POLICIES: '{"optionTerms":"annex","rounding":"up"}', LEDGER_HOLIDAYS: '/nowhere', LEDGER_PORT: 'http', LEDGER_SANDBOX: 'yes', LEDGER_SANDBOX_TODAY: '2026-02-30', EVENTSTORE_URL: 'http://localhost:2113' };
  const { code, said } = await refusedStart(wrong);
  expect(code).toBe(1);
  for (const name of [...Object.keys(wrong), 'optionTerms', 'rounding']) expect(said).toContain(name);
  expect(said).not.toMatch(/\n\s+at /);
  const needs = await refusedStart({ LEDGER_POLICIES: '{"art142":"returns"}' });
  expect([needs.code, needs.said]).toEqual([1, expect.stringContaining('LEDGER_HOLIDAYS')]);
}, 60_000);

test('SIGTERM under load ends within 10 s, and nothing acknowledged is lost', async () => {
  const s = await Service.start({ today: '2026-01-10', store: 'embedded' });
  const load = new Load('term', random(5));
  const running = load.run(s.api, () => '2026-01-10', 8, false);
  while (load.figures.acknowledged < 25) await sleep(20);
  const started = performance.now();
  expect(await s.stop()).toBe(0);
  expect(performance.now() - started).toBeLessThan(10_000);
  load.stop();
  await running;
  await s.launch();
  await load.finish(s.api);
  await load.repeatAll(s.api, 0, 0);
  load.holdAgainst(await readLog(s), 'admin');
  await s.end();
}, 90_000);

test('npm start serves, and ends with its process group', async () => {
  const data = folder();
  const port = await freePort();
  const child: ChildProcess = spawn('npm', ['start', '--silent'], {
    cwd: ROOT,
    env: { ...process.env, EVENTSTORE_URL: '', LEDGER_PORT: String(port), LEDGER_DATA: data, LEDGER_SANDBOX: 'true', LEDGER_SANDBOX_TODAY: '2026-01-01' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (d: Buffer) => (said += d.toString()));
  const api = new Api(port, null);
  const until = Date.now() + 120_000;
  while ((await api.get('/health/ready').catch(() => null))?.status !== 200) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(said);
    await sleep(100);
  }
  expect(said).toContain(join(data, 'admin-token'));
  api.token = readFileSync(join(data, 'admin-token'), 'utf8').trim();
  expect(await openUnit(api)).toMatch(/^[0-9a-f-]{36}$/);
  const exited = once(child, 'exit');
  const started = performance.now();
  process.kill(-child.pid!, 'SIGTERM');
  await exited;
  expect(performance.now() - started).toBeLessThan(10_000);
  api.close();
  // The folder is free again.
  const again = await Service.start({ data, store: 'embedded' });
  expect(taken(await again.api.get<{ managementUnits: { contractor: { name: string } }[] }>('/v1/management-units')).managementUnits.map((u) => u.contractor.name)).toEqual([UNIT.contractor.name]);
  await again.end();
}, 180_000);
