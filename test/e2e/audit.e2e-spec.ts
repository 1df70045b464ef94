/** The proof that nothing was altered, as an auditor meets it: the built service, signer and witness as processes of their own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  fromBase64,
  openCheckpoint,
  parseVerifierKey,
  verifyConsistency,
  verifyInclusion,
  type VerifierKey,
} from '@app/transparency';
import type { Reply } from './support/api.js';
import { openContract } from './support/lives.js';
import { build, endServices, ROOT, Service } from './support/service.js';

let scratch: string;
let program: string;
const children = new Set<ChildProcess>();
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'audit-e2e-'));
  build();
  program = process.env['E2E_BUILD'] ? `${build()}-ledgerctl` : builtCommandLine();
}, 300_000);
afterAll(async () => {
  for (const child of children) await end(child);
  await endServices();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

function builtCommandLine(): string {
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', "console.log(await (await import('./scripts/build.mjs')).build('ledgerctl'))"], { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the command line cannot be built\n${run.stdout}${run.stderr}`);
  return join(ROOT, 'dist', run.stdout.trim());
}

const environment = (data: string): NodeJS.ProcessEnv => ({ ...process.env, LEDGER_DATA: data, LEDGER_PORT: '1', EVENTSTORE_URL: '', LEDGER_SIGNER: '', LEDGER_SIGNER_KEY: '', LEDGER_POLICIES: '', LEDGER_SANDBOX: '', LANG: 'C', NODE_OPTIONS: '' });
const entry = (): string => join(program, 'apps/ledgerctl/src/main.js');

/** A call of the command line that ends by itself; its standard output. */
function ctl(data: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry(), ...args], { cwd: scratch, env: environment(data), encoding: 'utf8' });
  if (status !== 0) throw new Error(`ledgerctl ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout.trim();
}

/** A process that serves, once it has said where. */
async function serving(data: string, ...args: string[]): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [entry(), ...args], { cwd: scratch, env: environment(data), stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const [said] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, said };
}
async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

interface Standing {
  readonly origin: string;
  readonly tree: { readonly size: number; readonly position: string };
  readonly unsigned: { readonly events: number; readonly since: string | null };
  readonly signer: { readonly state: string; readonly detail: string | null; readonly size: number | null };
  readonly witnesses: readonly { readonly name: string; readonly state: string; readonly detail: string | null; readonly size: number | null }[];
}
interface Row {
  readonly size: number;
  readonly root: string;
  readonly note: string;
  readonly cosignatures: readonly { readonly witness: string; readonly signedAt: string }[];
}
type Latest = Standing & { readonly checkpoint: Row | null };
interface Inclusion {
  readonly leaf: { readonly index: number; readonly hash: string; readonly eventId: string; readonly position: string };
  readonly size: number;
  readonly root: string;
  readonly proof: readonly string[];
  readonly checkpoint: string | null;
}

const latest = async (s: Service): Promise<Latest> => (await s.api.get<Latest>('/v1/audit/checkpoints/latest')).body;
/** Asks until it is so. */
async function until(s: Service, so: (l: Latest) => boolean): Promise<Latest> {
  for (let tries = 0; ; tries++) {
    const { status, body } = await s.api.get<Latest>('/v1/audit/checkpoints/latest');
    // Ready is said before the tree's thread has told how far it is.
    if (status === 200 && so(body)) return body;
    if (tries > 300) throw new Error(`it never came to be: ${JSON.stringify(body)}`);
    await sleep(50);
  }
}
const checks = async (s: Service): Promise<string> => (await s.api.get<{ checks: { audit: string } }>('/health/ready')).body.checks.audit;

test('without a signer the tree is kept and proved, and everything says that it is unsigned', async () => {
  const s = await Service.start();
  const contract = await openContract(s.api);
  const history = (await s.api.get<{ events: { id: string }[] }>(`/v1/contracts/${contract.contractId}/history`)).body.events;
  const proof = (): Promise<Reply<Inclusion>> => s.api.get<Inclusion>(`/v1/audit/proofs?eventId=${history[0]!.id}`);
  let proved = await proof();
  while (proved.status !== 200) {
    expect([404, 503]).toContain(proved.status);
    await sleep(50);
    proved = await proof();
  }
  const l = await latest(s);
  expect(l).toMatchObject({ checkpoint: null, signer: { state: 'none' }, unsigned: { events: l.tree.size } });
  expect(await checks(s)).toBe('unsigned: no signer is configured');
  expect((await s.api.get('/v1/audit/checkpoints/latest', { headers: { accept: 'text/plain' } })).status).toBe(404);
  const { body } = proved;
  expect(body.checkpoint).toBeNull();
  expect(verifyInclusion(fromBase64(body.leaf.hash), body.leaf.index, body.size, body.proof.map(fromBase64), fromBase64(body.root))).toBe(true);
  await s.end();
}, 120_000);

test('a signer signs, is killed, and comes back; a witness goes along; proofs follow', async () => {
  const socket = join(scratch, 'signer.sock');
  const key = join(scratch, 'keys', 'signer-key');
  const folder = join(scratch, 'witness');
  const vkeyOfWitness = ctl(scratch, 'witness', 'init', '--folder', folder, '--name', 'witness.example/w1');
  const s = await Service.prepare({ env: { LEDGER_SIGNER: socket, LEDGER_WITNESSES: `http://127.0.0.1:39471+${vkeyOfWitness}` } });
  await s.launch();
  await until(s, ({ signer }) => signer.state === 'away');
  expect(await checks(s)).toMatch(/^the signer does not answer: .*; \d+ events are unsigned$/);

  const vkey = ctl(s.data, 'signer', 'init', '--key', key);
  const signer = await serving(s.data, 'signer', 'run', '--key', key, '--socket', socket);
  ctl(scratch, 'witness', 'watch', '--folder', folder, vkey);
  const witness = await serving(scratch, 'witness', 'run', '--folder', folder, '--listen', '127.0.0.1:39471');
  const keys: VerifierKey[] = [vkey, vkeyOfWitness].map(parseVerifierKey);
  const contract = await openContract(s.api);
  const first = await until(s, ({ unsigned, checkpoint, tree }) => tree.size > 3 && unsigned.events === 0 && (checkpoint?.cosignatures.length ?? 0) > 0);
  const opened = openCheckpoint(first.checkpoint!.note, keys);
  expect([opened.origin, opened.size, opened.signers.length, opened.witnesses.length]).toEqual([first.origin, first.tree.size, 1, 1]);
  expect(await checks(s)).toBe('ok');
  const raw = await s.api.get('/v1/audit/checkpoints/latest', { headers: { accept: 'text/plain' } });
  expect([raw.status, raw.text, raw.headers['content-type']]).toEqual([200, first.checkpoint!.note, 'text/plain; charset=utf-8']);

  // Killed: commands go on, and the unsigned tail is told.
  await end(signer.child, 'SIGKILL');
  await openContract(s.api);
  const away = await until(s, ({ signer: { state }, unsigned }) => state === 'away' && unsigned.events > 0);
  expect(away.unsigned.since).not.toBeNull();
  const again = await serving(s.data, 'signer', 'run', '--key', key, '--socket', socket);
  const second = await until(s, ({ unsigned, tree, checkpoint }) => unsigned.events === 0 && tree.size > first.tree.size && (checkpoint?.cosignatures.length ?? 0) > 0);

  // A witness out of reach holds nobody up, and is named.
  await end(witness.child);
  await openContract(s.api);
  const alone = await until(s, ({ witnesses, unsigned }) => unsigned.events === 0 && witnesses[0]!.state === 'away');
  expect(alone.checkpoint!.cosignatures).toEqual([]);
  expect(await checks(s)).toMatch(/^witness witness.example\/w1 does not answer: /);

  const { body: list } = await s.api.get<{ checkpoints: Row[]; nextCursor: string | null }>('/v1/audit/checkpoints?limit=1');
  expect([list.checkpoints.length, list.checkpoints[0]!.size]).toEqual([1, alone.checkpoint!.size]);
  const { body: rest } = await s.api.get<{ checkpoints: Row[]; nextCursor: string | null }>(`/v1/audit/checkpoints?cursor=${list.nextCursor!}`);
  expect(rest.checkpoints.map((c) => c.size)).toContain(first.checkpoint!.size);
  expect(rest.nextCursor).toBeNull();

  const { body: consistent } = await s.api.get<{ fromRoot: string; toRoot: string; proof: string[] }>(`/v1/audit/proofs/consistency?from=${first.checkpoint!.size}&to=${second.checkpoint!.size}`);
  expect([consistent.fromRoot, consistent.toRoot]).toEqual([first.checkpoint!.root, second.checkpoint!.root]);
  expect(verifyConsistency(first.checkpoint!.size, fromBase64(consistent.fromRoot), second.checkpoint!.size, fromBase64(consistent.toRoot), consistent.proof.map(fromBase64))).toBe(true);

  const history = (await s.api.get<{ events: { id: string; position: string }[] }>(`/v1/contracts/${contract.contractId}/history`)).body.events;
  for (const asked of [`eventId=${history[0]!.id}`, `position=${history[0]!.position}`]) {
    const { body } = await s.api.get<Inclusion>(`/v1/audit/proofs?${asked}`);
    expect([body.leaf.eventId, body.leaf.position]).toEqual([history[0]!.id, history[0]!.position]);
    const checkpoint = openCheckpoint(body.checkpoint!, keys);
    expect(verifyInclusion(fromBase64(body.leaf.hash), body.leaf.index, checkpoint.size, body.proof.map(fromBase64), checkpoint.root)).toBe(true);
  }
  expect((await s.api.get('/v1/audit/keys')).body).toMatchObject({ origin: first.origin, keys: [{ vkey }], witnesses: [{ name: 'witness.example/w1', vkey: vkeyOfWitness }] });

  // A key is rotated: both sign for a while, then the new one alone; the old checkpoints stay good.
  await end(again.child);
  const [next] = ctl(s.data, 'signer', 'rotate', '--key', key).split('\n') as [string];
  const both = await serving(s.data, 'signer', 'run', '--key', key, '--socket', socket);
  await openContract(s.api);
  const rotated = await until(s, ({ unsigned, checkpoint }) => unsigned.events === 0 && checkpoint!.size > alone.checkpoint!.size);
  for (const one of [vkey, next]) expect(openCheckpoint(rotated.checkpoint!.note, [parseVerifierKey(one)]).signers).toHaveLength(1);
  await end(both.child);
  ctl(s.data, 'signer', 'retire', parseVerifierKey(vkey).id, '--key', key);
  await serving(s.data, 'signer', 'run', '--key', key, '--socket', socket);
  await openContract(s.api);
  const retired = await until(s, ({ unsigned, checkpoint }) => unsigned.events === 0 && checkpoint!.size > rotated.checkpoint!.size);
  expect(() => openCheckpoint(retired.checkpoint!.note, [parseVerifierKey(vkey)])).toThrow(/no known key/);
  expect(openCheckpoint(retired.checkpoint!.note, [parseVerifierKey(next)]).size).toBe(retired.tree.size);
  expect((await s.api.get<{ keys: { vkey: string }[] }>('/v1/audit/keys')).body.keys.map((k) => k.vkey).sort()).toEqual([vkey, next].sort());
  await s.end();
}, 120_000);

test('an auditor verifies offline: a folder, an export, and against checkpoints kept elsewhere', async () => {
  const [socket, key, anchor] = ['offline.sock', 'offline-key', 'anchor'].map((name) => join(scratch, name)) as [string, string, string];
  const s = await Service.prepare({ env: { LEDGER_SIGNER: socket } });
  await s.launch();
  const vkey = ctl(s.data, 'signer', 'init', '--key', key);
  const signer = await serving(s.data, 'signer', 'run', '--key', key, '--socket', socket);
  const env = s.onEventStoreDb ? { EVENTSTORE_URL: process.env['EVENTSTORE_URL']! } : {};
  const audit = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry(), 'audit', ...args], { cwd: scratch, env: { ...environment(s.data), ...env }, encoding: 'utf8' });
    return { exit: status, out: stdout, err: stderr };
  };
  interface Report {
    readonly ok: boolean;
    readonly events: number;
    readonly signed: number;
    readonly unsigned: number;
    readonly root: string;
    readonly promise: string;
    readonly anchored: number | null;
    readonly notExcluded: readonly string[];
    readonly first: { readonly kind: string; readonly at: string } | null;
    readonly ledger: { readonly ok: boolean; readonly readModels: readonly { readonly result: string }[] } | null;
  }
  const report = (...args: string[]): Report & { readonly exit: number | null } => {
    const { exit, out, err } = audit('verify', '--json', '--key', vkey, ...args);
    if (out === '') throw new Error(err);
    return { ...(JSON.parse(out) as Report), exit };
  };

  await openContract(s.api);
  const first = await until(s, ({ unsigned, checkpoint }) => unsigned.events === 0 && checkpoint !== null);
  expect(audit('anchor', '--file', anchor, '--key', vkey).out).toBe(`anchored ${first.tree.size} events in ${anchor}\n`);
  await openContract(s.api);
  const second = await until(s, ({ unsigned, tree }) => unsigned.events === 0 && tree.size > first.tree.size);
  // The other way: by the service, as an auditor elsewhere asks it.
  expect(audit('--token', s.token, 'anchor', '--file', anchor, '--key', vkey, '--url', `http://127.0.0.1:${s.port}`).out).toBe(`anchored ${second.tree.size} events in ${anchor}\n`);
  expect(audit('anchor', '--file', anchor, '--key', vkey).out).toMatch(/holds this checkpoint of \d+ events already/);

  const running = report('--since', anchor);
  expect(running).toMatchObject({ exit: 0, ok: true, events: second.tree.size, signed: second.tree.size, root: second.checkpoint!.root, anchored: second.tree.size, first: null, ledger: { ok: true } });
  expect(running.ledger!.readModels.length).toBeGreaterThan(3);
  expect(running.promise).toBe(s.onEventStoreDb ? 'values' : 'bytes');
  expect(running.notExcluded).toEqual(s.onEventStoreDb ? [expect.stringMatching(/hands over values, not bytes/)] : []);
  expect(report('--no-read-models').notExcluded.join()).toMatch(/rollback/);

  const file = join(scratch, 'export.ndjson');
  expect(audit('export', file).exit).toBe(0);
  expect(audit('export', file).exit).toBe(2);
  expect(report('--export', file, '--since', anchor)).toMatchObject({ exit: 0, ok: true, events: second.tree.size, root: second.checkpoint!.root, ledger: null });

  await end(signer.child);
  await s.stop();
  if (!s.onEventStoreDb) {
    expect(report('--since', anchor)).toMatchObject({ exit: 0, ok: true });
    const db = new DatabaseSync(join(s.data, 'log.sqlite'));
    const { id } = db.prepare('SELECT id FROM events WHERE position = 3').get() as { id: string };
    db.exec("UPDATE events SET metadata = replace(metadata, '\"salt\":\"', '\"salt\":\"0') WHERE position = 3");
    db.close();
    expect(report('--no-read-models')).toMatchObject({ exit: 1, ok: false, first: { kind: 'altered', at: expect.stringMatching(new RegExp(`^position 3 .*${id}`)) } });
    const said = audit('verify', '--key', vkey);
    expect([said.exit, said.out]).toEqual([1, expect.stringMatching(/first difference: altered at position 3 [^]*NOT verified\n$/)]);
  }
  expect(audit('verify', '--key', 'nonsense')).toMatchObject({ exit: 2, err: expect.stringMatching(/there is no such file, and it is no key itself/) });
  await s.end();
}, 180_000);

test('a key in the data folder, or one that others can read, is refused', () => {
  const data = join(scratch, 'some-data');
  mkdirSync(data);
  const call = (...args: string[]) => spawnSync(process.execPath, [entry(), ...args], { cwd: scratch, env: environment(data), encoding: 'utf8' });
  const inside = call('signer', 'init', '--ledger', '0190c6f2-0000-7000-8000-00000000000a', '--key', join(data, 'key'));
  expect([inside.status, inside.stderr]).toEqual([2, expect.stringMatching(/lies in the data folder/)]);
  const key = join(scratch, 'open-key');
  expect(call('signer', 'init', '--ledger', '0190c6f2-0000-7000-8000-00000000000a', '--key', key).status).toBe(0);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  const again = call('signer', 'init', '--ledger', '0190c6f2-0000-7000-8000-00000000000a', '--key', key);
  expect([again.status, again.stderr]).toEqual([2, expect.stringMatching(/never written over/)]);
  chmodSync(key, 0o644);
  const open = call('signer', 'keys', '--key', key);
  expect([open.status, open.stderr]).toEqual([2, expect.stringMatching(/can be read by others \(mode 644\)/)]);
  chmodSync(key, 0o600);
  // What it signed last is not known any more: it does not sign until it is told.
  rmSync(`${key}.last`);
  const lost = call('signer', 'run', '--key', key, '--socket', join(scratch, 'lost.sock'));
  expect([lost.status, lost.stderr]).toEqual([3, expect.stringMatching(/says what was signed last/)]);
}, 120_000);

test('questions that make no sense are 400, an event that is not there 404', async () => {
  const s = await Service.start();
  await openContract(s.api);
  const { tree } = await until(s, (l) => l.tree.size > 3);
  const id = '00000000-0000-5000-8000-000000000000';
  for (const [path, status, at] of [
    ['/v1/audit/proofs', 400, 'eventId'],
    [`/v1/audit/proofs?eventId=${id}&position=1`, 400, 'eventId'],
    ['/v1/audit/proofs?position=abc', 400, 'position'],
    ['/v1/audit/proofs?eventId=x', 400, 'eventId'],
    [`/v1/audit/proofs?position=${tree.position}&size=1`, 400, 'size'],
    [`/v1/audit/proofs?position=${tree.position}&size=99999`, 400, 'size'],
    [`/v1/audit/proofs?eventId=${id}`, 404, null],
    ['/v1/audit/proofs/consistency', 400, 'from'],
    ['/v1/audit/proofs/consistency?from=2&to=1', 400, 'from'],
    ['/v1/audit/proofs/consistency?from=1&to=99999', 400, 'to'],
    ['/v1/audit/checkpoints?cursor=0x1', 400, 'cursor'],
  ] as const) {
    const { status: got, body } = await s.api.get<{ errors?: { path: string }[] }>(path);
    expect([path, got, body.errors?.[0]?.path ?? null]).toEqual([path, status, at]);
  }
  await s.end();
}, 120_000);
