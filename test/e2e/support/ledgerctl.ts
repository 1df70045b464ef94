/** The built command line as operators and auditors run it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build, ROOT, type Service } from './service.js';

let built: string | null = null;
/** Folder of the command line's build; `E2E_BUILD` names the service's, beside which it lies. */
export function program(): string {
  if (process.env['E2E_BUILD']) return `${build()}-ledgerctl`;
  if (built !== null) return built;
  const make = "console.log(await (await import('./scripts/build.mjs')).build('ledgerctl'))";
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', make], { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the command line cannot be built\n${run.stdout}${run.stderr}`);
  return (built = join(ROOT, 'dist', run.stdout.trim()));
}

export interface Said {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command on a service's ledger, whether it runs or not. */
export async function ledgerctl(service: Service, args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Said> {
  const child = spawn(process.execPath, [join(program(), 'apps/ledgerctl/src/main.js'), ...args], {
    env: {
      ...process.env,
      EVENTSTORE_URL: service.onEventStoreDb ? process.env['EVENTSTORE_URL']! : '',
      LEDGER_TOKEN: '',
      LEDGERCTL_SERVICE: join(build(), 'apps/ledger/src/main.js'),
      LEDGER_DATA: service.data,
      LEDGER_PORT: String(service.port || 1),
      LANG: 'C',
      NODE_OPTIONS: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (d: string) => (out += d));
  child.stderr.setEncoding('utf8').on('data', (d: string) => (err += d));
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, out, err };
}
