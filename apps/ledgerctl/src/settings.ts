import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { misuse } from './trouble.js';

/** Where the ledger is and how to talk to people; the variables are the service's own. */
export interface Settings {
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly port: number;
  /** Given by option or variable; else the data folder's `admin-token` is used. */
  readonly token: string | null;
  readonly eventStoreUrl: string | null;
  /** Answers for machines: JSON on the standard output, nothing else there. */
  readonly json: boolean;
  readonly language: 'en' | 'ja';
  /** How long calls are repeated while the service is away (LEDGERCTL_PATIENCE_MS, 30,000). */
  readonly patienceMs: number;
}

/** Options every command takes. */
export interface CommonOptions {
  readonly data?: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly language?: string;
}

export function readSettings(options: CommonOptions, env: NodeJS.ProcessEnv, cwd = process.cwd()): Settings {
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  const port = given('LEDGER_PORT') ?? '3000';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw misuse(`LEDGER_PORT must be the port the service listens on (1 to 65535), not ${port}`);
  const patience = given('LEDGERCTL_PATIENCE_MS') ?? '30000';
  if (!/^\d{1,9}$/.test(patience)) throw misuse('LEDGERCTL_PATIENCE_MS must be a number of milliseconds');
  const language = options.language ?? (given('LC_ALL') ?? given('LC_MESSAGES') ?? given('LANG') ?? 'en').slice(0, 2);
  if (options.language !== undefined && language !== 'en' && language !== 'ja') throw misuse('--language must be en or ja');
  return {
    data: resolve(cwd, options.data ?? given('LEDGER_DATA') ?? './data'),
    port: Number(port),
    token: options.token ?? given('LEDGER_TOKEN') ?? null,
    eventStoreUrl: given('EVENTSTORE_URL') ?? null,
    json: options.json ?? false,
    language: language === 'ja' ? 'ja' : 'en',
    patienceMs: Number(patience),
  };
}

/** The files of a data folder. */
export const files = (folder: string) => ({
  log: join(folder, 'log.sqlite'),
  read: join(folder, 'read.sqlite'),
  register: join(folder, 'register.sqlite'),
  marker: join(folder, 'ledger.json'),
  clock: join(folder, 'sandbox-clock.json'),
  token: join(folder, 'admin-token'),
  secretsKey: join(folder, 'secrets-key'),
});

/** Whether a ledger lives in the folder. */
export const holdsLedger = (folder: string): boolean => {
  const { log, register, marker } = files(folder);
  return [log, register, marker].some(existsSync);
};

/** Throws where there is nothing to work on. */
export function requireLedger(folder: string): void {
  if (!holdsLedger(folder))
    throw misuse(`there is no ledger in ${folder}: set LEDGER_DATA (or --data) to the service's data folder`);
}
