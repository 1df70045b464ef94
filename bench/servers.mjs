// The processes of the HTTP figures: the built service, the floor, the load generator.
import { fork, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built, builtFile } from './built.mjs';
import { TODAY } from './lives.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const children = new Set();
process.once('exit', () => {
  for (const c of children) c.kill('SIGKILL');
});
const kept = (child) => {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};
const ended = (child) => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve)));
const said = (child) =>
  new Promise((resolve, reject) => {
    const gone = (code) => reject(new Error(`a process of the bench ended (${code})`));
    child.once('exit', gone);
    child.once('message', (m) => {
      child.off('exit', gone);
      if (m.failed) reject(new Error(m.failed));
      else resolve(m);
    });
  });

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export async function startFloor(file) {
  const child = kept(fork(here('floor-server.mjs'), [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] }));
  const { port } = await said(child);
  return { port, pid: child.pid, token: 'none', bare: true, stop: () => (child.kill(), ended(child)) };
}

/** The service as it is built, on a data folder, its clock on the day on which the bench's lives stand. */
export async function startService(folder, { env = {}, execArgv = [] } = {}) {
  const port = await freePort();
  const started = performance.now();
  const child = kept(
    spawn(process.execPath, [...execArgv, builtFile('apps/ledger/src/main.js')], {
      env: { ...process.env, LEDGER_DATA: folder, LEDGER_PORT: String(port), LEDGER_SANDBOX: 'true', LEDGER_SANDBOX_TODAY: TODAY, LEDGER_BUILD: built(), EVENTSTORE_URL: '', ...env },
      stdio: ['ignore', openSync(join(folder, 'service.log'), 'w'), 'inherit'],
    }),
  );
  const answers = async (path, headers = {}) => {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the service ended (${child.exitCode}); see its message above`);
      try {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
        if (answer.status === 200) return performance.now() - started;
        await answer.arrayBuffer();
      } catch {
        // not yet
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  return {
    port, child, answers,
    live: () => answers('/health/live'),
    ready: () => answers('/health/ready'),
    token: () => readFileSync(join(folder, 'admin-token'), 'utf8').trim(),
    stop: () => (child.kill('SIGTERM'), ended(child)),
  };
}

/** A process that obeys orders, one at a time. */
function servant(script) {
  const child = kept(fork(here(script), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [], serialization: 'advanced' }));
  const ask = (order) => {
    child.send(order);
    return said(child);
  };
  return { ask, stop: () => (child.disconnect(), ended(child)) };
}
const addressOf = (target) => ({ port: target.port, token: typeof target.token === 'function' ? target.token() : target.token });

export async function startGenerator(target, contracts) {
  const { ask, stop } = servant('load-generator.mjs');
  await ask({ ...addressOf(target), bare: target.bare === true, contracts });
  return { run: ask, stop };
}

export async function startReader(service) {
  const { ask, stop } = servant('feed-reader.mjs');
  await ask(addressOf(service));
  return { ask, stop };
}
