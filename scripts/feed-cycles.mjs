// Two simulated years billed from the feed, with more events and more kill -9 than the tests have, and a figure line:
//   node scripts/feed-cycles.mjs [--events 10000] [--kills 30] [--seed 20250401]
// On EventStoreDB, the consumer reading it directly, where these are set (see test/e2e/README.md):
//   EVENTSTORE_URL       connection string
//   EVENTSTORE_RESET     command that leaves an empty server serving there
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, requireNode } from './dist.mjs';

requireNode();
const { values } = parseArgs({ options: { events: { type: 'string', default: '10000' }, kills: { type: 'string', default: '30' }, seed: { type: 'string', default: '20250401' } } });
for (const [name, value] of Object.entries(values))
  if (!/^[1-9]\d*$/.test(value)) {
    console.error(`--${name} must be a number`);
    process.exit(1);
  }
const child = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js'), 'test/e2e/billing.e2e-spec'],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, EVENTS: values.events, KILLS: values.kills, SEED: values.seed } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
