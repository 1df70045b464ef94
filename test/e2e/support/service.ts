/** The built service as its users run it: a process of its own on a free port with a data folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, type WriteStream } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { Api } from './api.js';

jest.setTimeout(30_000);

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let built: string | null = null;
/** Folder of the current build; builds where it is stale. `E2E_BUILD` names another one. */
export function build(): string {
  if (built !== null) return built;
  if (process.env['E2E_BUILD']) return (built = resolve(ROOT, process.env['E2E_BUILD']));
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', "console.log(await (await import('./scripts/build.mjs')).build('ledger'))"], { cwd: ROOT, encoding: 'utf8' });
  const name = run.stdout.trim();
  if (run.status !== 0 || name === '') throw new Error(`the service cannot be built\n${run.stdout}${run.stderr}`);
  return (built = join(ROOT, 'dist', name));
}

/**
 * EventStoreDB for this run. A ledger owns its whole database, so every fresh ledger needs an empty one: the command
 * `EVENTSTORE_RESET` must leave one serving at `EVENTSTORE_URL`. Without it these tests run on the embedded store, and
 * say so.
 */
const url = process.env['EVENTSTORE_URL'];
const reset = process.env['EVENTSTORE_RESET'];
export const STORE: 'embedded' | 'eventstoredb' = url && reset ? 'eventstoredb' : 'embedded';
let said = false;
function sayWhere(): void {
  if (said) return;
  said = true;
  const where = new URL(`file://${expect.getState().testPath ?? ''}`).pathname.split('/').at(-1);
  if (STORE === 'eventstoredb') process.stderr.write(`${where}: ran on a real EventStoreDB\n`);
  else process.stderr.write(`${where}: ran on the embedded store; NOT on EventStoreDB (${url ? 'EVENTSTORE_RESET' : 'EVENTSTORE_URL'} is not set)\n`);
}

/** Runs an operator's command; without `EVENTSTORE_…`, which a server started by it would take for its own settings. */
export async function shell(command: string): Promise<void> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EVENTSTORE_')));
  const child = spawn('sh', ['-c', command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`"${command}" failed with ${code}`);
}

/** One spec file at a time has the database: held by a port, so that it goes with the process. */
let held: Server | null = null;
async function holdDatabase(): Promise<void> {
  while (held === null) {
    const server = createServer();
    const got = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(47_113, '127.0.0.1', () => resolve(true));
    });
    if (got) {
      server.unref();
      held = server;
    } else await sleep(250);
  }
}

export interface ServiceOptions {
  /** A data folder to go on with; default: a new one, removed at the end. */
  readonly data?: string;
  /** Where the sandbox's clock first stands; null: no sandbox. */
  readonly today?: string | null;
  readonly policies?: { readonly [name: string]: string };
  readonly env?: { readonly [name: string]: string };
  /** `embedded` where a test is about that store, or needs several ledgers at once. */
  readonly store?: 'embedded';
  readonly readyMs?: number;
}

const running = new Set<Service>();

export class Service {
  private child: ChildProcess | null = null;
  private readonly tail: string[] = [];
  private log: WriteStream | null = null;
  port = 0;
  token = '';
  api: Api = new Api(0, null);
  private readonly errors: string[] = [];
  /** Milliseconds from the start of the process to the first ready answer. */
  readyAfterMs = 0;

  private constructor(
    readonly data: string,
    private readonly options: ServiceOptions,
  ) {}

  /** Starts on an empty ledger unless `data` names one, and waits until it is ready. */
  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = await Service.prepare(options);
    await service.launch();
    return service;
  }

  /** As {@link start}, not yet launched. */
  static async prepare(options: ServiceOptions = {}): Promise<Service> {
    sayWhere();
    const data = options.data ?? mkdtempSync(join(tmpdir(), 'contract-ledger-e2e-'));
    const service = new Service(data, options);
    if (service.onEventStoreDb && options.data === undefined) {
      await holdDatabase();
      await shell(reset!);
    }
    return service;
  }

  get onEventStoreDb(): boolean {
    return STORE === 'eventstoredb' && this.options.store !== 'embedded';
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Starts the process on the same data folder; ready when it returns. */
  async launch(): Promise<void> {
    const folder = build();
    const { today = '2026-01-01', policies, env } = this.options;
    this.errors.length = 0;
    const started = performance.now();
    const child = spawn(process.execPath, [join(folder, 'apps/ledger/src/main.js')], {
      cwd: ROOT,
      env: {
        ...process.env,
        LEDGER_BUILD: 'e2e',
        LEDGER_PORT: '0',
        LEDGER_DATA: this.data,
        LEDGER_LOG_LEVEL: 'info',
        LEDGER_SANDBOX: today === null ? 'false' : 'true',
        LEDGER_SANDBOX_TODAY: today ?? '',
        LEDGER_POLICIES: JSON.stringify(policies ?? {}),
        EVENTSTORE_URL: this.onEventStoreDb ? url! : '',
        NODE_OPTIONS: '',
        NODE_COMPILE_CACHE: join(folder, '.cache'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(this);
    this.log ??= process.env['E2E_LOG'] ? createWriteStream(process.env['E2E_LOG'], { flags: 'a' }) : null;
    let listening!: (port: number) => void;
    const port = new Promise<number>((resolve) => (listening = resolve));
    const hear = (line: string): void => {
      this.log?.write(`${line}\n`);
      if (line.includes('"msg":"request"')) return;
      this.tail.push(line);
      if (this.tail.length > 40) this.tail.shift();
      if (!line.startsWith('{')) return;
      const said = JSON.parse(line) as { level: string; msg?: string; address?: string; err?: { stack?: string } };
      if (said.msg === 'listening') listening(Number(said.address!.split(':').at(-1)));
      if (said.level === 'error' || said.level === 'fatal') this.errors.push(`${said.msg ?? ''}: ${said.err?.stack?.split('\n').slice(0, 4).join(' ') ?? ''}`);
    };
    createInterface({ input: child.stdout! }).on('line', hear);
    createInterface({ input: child.stderr! }).on('line', hear);
    const gone = once(child, 'exit').then(() => null);
    const late = sleep(this.options.readyMs ?? 60_000, 'late' as const, { ref: false });
    const at = await Promise.race([port, gone, late]);
    if (typeof at !== 'number') throw await this.failed(at === null ? 'exited' : 'did not listen');
    this.port = at;
    this.api.close();
    this.api = new Api(at, null);
    for (;;) {
      const ready = await Promise.race([this.api.get('/health/ready').catch(() => null), gone, late]);
      if (ready === 'late') throw await this.failed('did not become ready');
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw await this.failed('exited');
      if (ready !== null && ready.status === 200) break;
      await sleep(20);
    }
    this.readyAfterMs = performance.now() - started;
    this.token = readFileSync(join(this.data, 'admin-token'), 'utf8').trim();
    this.api.token = this.token;
  }

  /** What the service said at error level since it was last asked. */
  complaints(): string[] {
    return [...new Set(this.errors.splice(0))];
  }

  private async failed(how: string): Promise<Error> {
    await this.kill();
    return new Error(`the service ${how}\n${this.tail.join('\n')}`);
  }

  /** SIGTERM, and its exit code; kill -9 only if it does not end. */
  async stop(): Promise<number | null> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    child.kill('SIGTERM');
    await Promise.race([once(child, 'exit'), sleep(15_000, undefined, { ref: false })]);
    if (child.exitCode === null && child.signalCode === null) await this.kill();
    return child.exitCode;
  }

  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Ends the process and removes a data folder of its own. */
  async end(): Promise<void> {
    await this.stop();
    this.api.close();
    this.log?.end();
    running.delete(this);
    if (this.options.data === undefined) rmSync(this.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const enders: (() => Promise<void>)[] = [];
/** Work for {@link endServices}. */
export const onEnd = (work: () => Promise<void>): void => void enders.push(work);

/** For `afterAll`: ends what a spec file started, and lets the next one have the database. */
export async function endServices(): Promise<void> {
  for (const service of running) await service.end();
  for (const end of enders) await end();
  held?.close();
  held = null;
}
