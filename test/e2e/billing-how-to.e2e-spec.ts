/** docs/how-to/billing.md: its commands are pasted into a shell as they stand there, and do what it says. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './support/port.js';
import { ROOT } from './support/service.js';

const PAGE = readFileSync(join(ROOT, 'docs/how-to/billing.md'), 'utf8');
const blocks = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((m) => m[1]!);

const scratch = mkdtempSync(join(tmpdir(), 'billing-how-to-'));
let service: ReturnType<typeof spawn> | null = null;
afterAll(async () => {
  if (service && service.exitCode === null && service.signalCode === null) {
    const ended = once(service, 'exit');
    process.kill(-service.pid!, 'SIGTERM');
    await ended;
  }
  rmSync(scratch, { recursive: true, force: true });
}, 30_000);

test('from nothing to the first statement', async () => {
  expect(blocks.length).toBe(6);
  const port = await freePort();
  // Another folder and another port than in the page, so that nobody's are touched.
  const here = (text: string): string => text.replaceAll('./data/billing-tour', scratch).replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`);
  const env = { ...process.env, EVENTSTORE_URL: '', LEDGER_POLICIES: '', LEDGER_LOG_LEVEL: 'warn', LEDGER_TOKEN: '', NODE_OPTIONS: '', LEDGER_PORT: String(port) };
  const [start, ...rest] = blocks as [string, ...string[]];
  service = spawn('bash', ['-c', here(start)], { cwd: ROOT, env, stdio: 'ignore', detached: true });
  for (let i = 0; ; i++) {
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`).then((r) => r.status === 200, () => false);
    if (ready) break;
    if (i > 2_400) throw new Error('the service of the page does not get ready');
    await sleep(100);
  }
  const script = rest.map((block, i) => `${here(block)}\necho "=== ${i}"\n`).join('');
  const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT, env, encoding: 'utf8' });
  expect({ status: ran.status, err: ran.status === 0 ? '' : ran.stderr }).toEqual({ status: 0, err: '' });
  const [, , closed, late, reconciled] = ran.stdout.split(/=== \d\n/) as [string, string, string, string, string];

  expect(closed).toContain('2025-10: 100,000 yen, adjustments 0 yen; closed');
  expect(closed).toMatch(/^charge,2025-10,2025-10,K-1,[0-9a-f-]{36},X,base:monthly:2025-10,monthly,base,A11c,2025-10-01,100000,\r$/m);
  expect(readFileSync(join(scratch, '2025-10.csv'), 'utf8').startsWith('\uFEFFentry,')).toBe(true);

  // 15 days at 100,000 and 16 at 90,000, each rounded down.
  const owed = Math.floor((100_000 * 15) / 31) + Math.floor((90_000 * 16) / 31);
  const adjustment = /^adjustment,2025-11,2025-10,K-1,.*,(-\d+),\d{16}\.[0-9a-f-]{36}\r$/gm;
  expect([...late.matchAll(adjustment)].map((m) => Number(m[1]))).toEqual([owed - 100_000, owed - 100_000]);
  expect(late.trimEnd().split('\n').at(-1)).toBe(String(owed));

  expect(reconciled).toMatch(/^\d+ events: the same bytes in the same order \(root [0-9a-f]{64}\)$/m);
  expect(reconciled).toMatch(/: \d+ agree, 0 differ$/m);
  expect(reconciled).toMatch(/^billing-consumer +0 +0 /m);
  const replayed = readFileSync(join(scratch, 'feed.ndjson'), 'utf8').trimEnd().split('\n');
  expect(reconciled).toContain(`${replayed.length} events: the same bytes`);
}, 300_000);
