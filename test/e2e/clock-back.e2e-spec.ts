/** The clock of the host is set back by a day between two runs: what is known when, what is signed, and what a verification says. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openContract, taken } from './support/lives.js';
import { build, endServices, ROOT, Service } from './support/service.js';

const DAY_MS = 86_400_000;

let scratch: string;
let entry: string;
let signer: ChildProcess | null = null;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'clock-back-'));
  build();
  const built = spawnSync(process.execPath, ['--input-type=module', '-e', "console.log(await (await import('./scripts/build.mjs')).build('ledgerctl'))"], { cwd: ROOT, encoding: 'utf8' });
  const program = process.env['E2E_BUILD'] ? `${build()}-ledgerctl` : join(ROOT, 'dist', built.stdout.trim());
  entry = join(program, 'apps/ledgerctl/src/main.js');
}, 300_000);
afterAll(async () => {
  if (signer?.kill()) await once(signer, 'exit');
  await endServices();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

interface Latest {
  readonly tree: { readonly size: number };
  readonly unsigned: { readonly events: number };
  readonly checkpoint: { readonly size: number; readonly signedAt: string } | null;
}
interface Told {
  readonly position: string;
  readonly recordedAt: string;
  readonly knownAt: string;
}

test('a clock set back changes what is written of the time, and nothing of the order', async () => {
  const socket = join(scratch, 'signer.sock');
  const key = join(scratch, 'key');
  const s = await Service.start({ store: 'embedded', env: { LEDGER_SIGNER: socket } });
  const env = { ...process.env, LEDGER_DATA: s.data, EVENTSTORE_URL: '', NODE_OPTIONS: '' };
  const ctl = (...args: string[]) => spawnSync(process.execPath, [entry, ...args], { cwd: scratch, env, encoding: 'utf8' });
  const vkey = ctl('signer', 'init', '--key', key).stdout.trim();
  signer = spawn(process.execPath, [entry, 'signer', 'run', '--key', key, '--socket', socket], { cwd: scratch, env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: signer.stdout! }), 'line');
  const allSigned = async (of: Service, beyond: number): Promise<Latest> => {
    for (let tries = 0; ; tries++) {
      const body = taken(await of.api.get<Latest>('/v1/audit/checkpoints/latest'));
      if (body.unsigned.events === 0 && body.tree.size > beyond) return body;
      if (tries > 300) throw new Error(`nothing more was signed: ${JSON.stringify(body)}`);
      await sleep(50);
    }
  };
  const opened = await openContract(s.api);
  const { contractId } = opened;
  const before = await allSigned(s, 0);
  expect(await s.stop()).toBe(0);

  const back = await Service.start({
    store: 'embedded',
    data: s.data,
    env: { LEDGER_SIGNER: socket, CLOCK_BACK_MS: String(DAY_MS), NODE_OPTIONS: `--import=${pathToFileURL(join(ROOT, 'test/e2e/support/clock-back.mjs')).href}` },
  });
  const path = `/v1/contracts/${contractId}`;
  const changed = taken(await back.api.post<{ position: string }>(`${path}/account-count`, { accountCount: 150, effectiveOn: '2026-01-01', requestedBy: 'contractor' }));

  // The event says the clock's time; it is known from the latest instant on that was recorded before it.
  const events = taken(await back.api.get<{ events: Told[] }>(`${path}/history`)).events;
  const [previous, last] = [opened, changed].map(({ position }) => events.find((e) => e.position === position)!) as [Told, Told];
  expect(Number(last.position)).toBeGreaterThan(Number(previous.position));
  const gone = Date.parse(previous.recordedAt) - Date.parse(last.recordedAt);
  expect(gone).toBeGreaterThan(DAY_MS - 600_000);
  expect(last.knownAt >= previous.knownAt).toBe(true);
  expect(Date.parse(last.knownAt) - Date.parse(last.recordedAt)).toBeGreaterThan(DAY_MS - 600_000);

  // At the instant that it says nothing was known of the contract; from the running maximum on the change is.
  const count = async (query: string): Promise<number> => taken(await back.api.get<{ accountCount: number }>(`${path}?${query}`)).accountCount;
  expect((await back.api.get(`${path}?knownAt=${last.recordedAt}`)).status).toBe(404);
  expect(await count(`knownAt=${last.knownAt}`)).toBe(150);
  expect(await count(`knownAtPosition=${previous.position}`)).toBe(100);
  expect(await count(`knownAtPosition=${last.position}`)).toBe(150);

  // Checkpoints go on by size; when the later one was asked for says the clock that was set back.
  const after = await allSigned(back, before.tree.size);
  expect(after.checkpoint!.size).toBeGreaterThan(before.checkpoint!.size);
  expect(Date.parse(after.checkpoint!.signedAt)).toBeLessThan(Date.parse(before.checkpoint!.signedAt));
  expect(await back.stop()).toBe(0);
  const said = ctl('audit', 'verify', '--json', '--key', vkey);
  expect({ exit: said.status, report: JSON.parse(said.stdout) as object }).toMatchObject({ exit: 0, report: { ok: true, signed: after.checkpoint!.size, findings: [], ledger: { ok: true } } });
  await back.end();
  await s.end();
}, 180_000);
