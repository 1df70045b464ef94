import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FolderInUse, lockFolder, type FolderLock } from '@app/erasable';
import { Client } from './client.js';
import { interruption } from './interrupt.js';
import { files, requireLedger, type Settings } from './settings.js';
import { Trouble } from './trouble.js';

/** What `npm start` runs, seen from dist/<build>/apps/ledgerctl/src: it builds first where the build is stale. */
const SERVICE = process.env['LEDGERCTL_SERVICE'] ?? fileURLToPath(new URL('../../../../../scripts/start.mjs', import.meta.url));
/** Building included. */
const START_MS = 300_000;
const STOP_MS = 12_000;

/** Who works on a data folder now; null: nobody. */
export function holderOf(folder: string): FolderInUse | null {
  if (!existsSync(folder)) return null;
  try {
    lockFolder(folder).release();
    return null;
  } catch (error) {
    if (error instanceof FolderInUse) return error;
    throw error;
  }
}

/** Takes the folder for work on its files. @throws {Trouble} while the service runs */
export function takeFolder(folder: string, doing: string): FolderLock {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof FolderInUse) throw new Trouble(`${error.message}: stop the service before ${doing}`);
    throw error;
  }
}

/** The token for calls: given, or the folder's own. */
export function tokenOf({ token, data }: Settings): string {
  if (token !== null) return token;
  const { token: file } = files(data);
  if (!existsSync(file)) throw new Trouble(`no token: give one with --token or LEDGER_TOKEN (there is no ${file})`);
  return readFileSync(file, 'utf8').trim();
}

export interface Started {
  readonly client: Client;
  readonly pid: number;
  /** SIGTERM, then SIGKILL where that takes too long. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when the service ended, whoever ended it. */
  readonly ended: Promise<void>;
}

export interface StartOptions {
  /** Over this process's own environment. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** Default: a free one. */
  readonly port?: number;
}

/** Starts the service on a data folder and waits until it is ready. @throws {Trouble} with what it said */
export async function startService(settings: Settings, { env = {}, port }: StartOptions = {}): Promise<Started> {
  const at = port ?? (await freePort());
  const child = spawn(process.execPath, [SERVICE], {
    env: { ...process.env, LEDGER_DATA: settings.data, LEDGER_LOG_LEVEL: 'warn', ...env, LEDGER_PORT: String(at) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C reaches this program alone, which lets what is under way finish first.
    detached: true,
  });
  const said = listen(child);
  let down = false;
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  }).then(() => void (down = true));
  const kill = (): void => void child.kill('SIGTERM');
  process.once('exit', kill);
  void ended.then(() => process.removeListener('exit', kill));

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(hard);
  };
  const url = `http://127.0.0.1:${at}`;
  try {
    const until = Date.now() + START_MS;
    while (!(await isReady(url))) {
      if (down) throw new Trouble(`the service did not start:\n${said() || '(it said nothing)'}`);
      if (interruption.aborted) throw interruption.reason;
      if (Date.now() > until) throw new Trouble(`the service did not get ready within ${START_MS / 1000} s:\n${said()}`);
      await sleep(50);
    }
    return { client: new Client({ url, token: tokenOf(settings), language: settings.language }), pid: child.pid!, stop, ended };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keeps the last of what a child says. */
function listen(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (piece: string) => void (text = (text + piece).slice(-4_000)));
  return () => text.trim();
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A client of the service that works on the folder. */
export const runningClient = (settings: Settings): Client =>
  new Client({
    url: `http://127.0.0.1:${settings.port}`,
    token: tokenOf(settings),
    language: settings.language,
    patienceMs: settings.patienceMs,
  });

/**
 * Work that needs the application: on the service that runs on the folder, or on one started for it on a free port
 * and stopped again, whatever happens.
 */
export async function withService<T>(settings: Settings, work: (client: Client) => Promise<T>): Promise<T> {
  requireLedger(settings.data);
  if (holderOf(settings.data)) return work(runningClient(settings));
  // A sandbox that woke up in real time would record months that never were.
  const service = await startService(settings, existsSync(files(settings.data).clock) ? { env: { LEDGER_SANDBOX: 'true' } } : {});
  try {
    return await work(service.client);
  } finally {
    await service.stop();
  }
}
