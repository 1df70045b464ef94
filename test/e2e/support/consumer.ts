/** The reference consumer as a biller runs it: a process of its own with a book of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { build, ROOT, type Service } from './service.js';
import { readWholeLog } from './log.js';

let built: string | null = null;
/** Folder of the consumer's build; `E2E_BUILD` names the service's, beside which it lies. */
export function buildConsumer(): string {
  if (process.env['E2E_BUILD']) return `${build()}-billing-consumer`;
  if (built !== null) return built;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', "console.log(await (await import('./scripts/build.mjs')).build('billing-consumer'))"], { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the consumer cannot be built\n${run.stdout}${run.stderr}`);
  return (built = join(ROOT, 'dist', run.stdout.trim()));
}

export interface Said {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

export class ConsumerProcess {
  private child: ChildProcess | null = null;
  private ended: Promise<unknown> = Promise.resolve();
  /** What it said on the error stream since it was first started. */
  err = '';

  constructor(
    readonly data: string,
    private readonly env: { readonly [name: string]: string },
  ) {}

  private spawn(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [join(buildConsumer(), 'apps/billing-consumer/src/main.js'), ...args], {
      env: { ...process.env, EVENTSTORE_URL: '', LEDGER_TOKEN_FILE: '', NODE_OPTIONS: '', BILLING_DATA: this.data, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Follows the feed until it is killed. */
  start(): void {
    const child = this.spawn(['run']);
    child.stderr!.setEncoding('utf8').on('data', (d: string) => (this.err += d));
    child.stdout!.resume();
    this.child = child;
    this.ended = once(child, 'close');
  }

  get running(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<number | null> {
    this.child?.kill(signal);
    await this.ended;
    return this.child?.exitCode ?? null;
  }

  /** One command, to its end. */
  async command(...args: readonly string[]): Promise<Said> {
    const child = this.spawn(args);
    let [out, err] = ['', ''];
    child.stdout!.setEncoding('utf8').on('data', (d: string) => (out += d));
    child.stderr!.setEncoding('utf8').on('data', (d: string) => (err += d));
    const [exit] = (await once(child, 'close')) as [number | null];
    return { exit, out, err };
  }
}

/** The stored bytes of the published log, read past the service. */
export async function publishedLog(service: Service): Promise<string[]> {
  if (service.onEventStoreDb) return (await readWholeLog(service)).filter((e) => e.stream === 'published-billing').map((e) => JSON.stringify(e.data));
  const db = new DatabaseSync(join(service.data, 'log.sqlite'), { readOnly: true });
  try {
    return (db.prepare("SELECT data FROM events WHERE stream = 'published-billing' ORDER BY revision").all() as { data: string }[]).map((r) => r.data);
  } finally {
    db.close();
  }
}
