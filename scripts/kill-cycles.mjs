// kill -9 under load, more often than the tests do it, with a figure line per run:
//   node scripts/kill-cycles.mjs [--cycles 50] [--seed 20260101] [--server]
// The service is killed; with --server EventStoreDB is. On EventStoreDB where these are set:
//   EVENTSTORE_URL       connection string
//   EVENTSTORE_RESET     command that leaves an empty server serving there
//   EVENTSTORE_RESTART   command that kills the server and starts it again on its data (--server only)
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, requireNode } from './dist.mjs';

requireNode();
const { values } = parseArgs({ options: { cycles: { type: 'string', default: '50' }, seed: { type: 'string', default: '20260101' }, server: { type: 'boolean', default: false } } });
const missing = values.server ? ['EVENTSTORE_URL', 'EVENTSTORE_RESET', 'EVENTSTORE_RESTART'].filter((name) => !process.env[name]) : [];
if (missing.length > 0 || !/^[1-9]\d*$/.test(values.cycles)) {
  console.error(missing.length > 0 ? `--server needs ${missing.join(', ')}` : '--cycles must be a number');
  process.exit(1);
}
const child = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js'), 'test/e2e/kill'],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, CYCLES: values.cycles, SEED: values.seed, KILL: values.server ? 'server' : 'service' } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
