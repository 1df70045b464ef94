import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { misuse } from './trouble.js';

export interface Settings {
  /** Folder of the book. */
  readonly data: string;
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  /** Token of the role billing; null: none is given. */
  readonly token: string | null;
  /** Under which the ledger knows this consumer. */
  readonly name: string;
  /** Set: the feed is read from EventStoreDB itself, as the user in it. */
  readonly eventStoreUrl: string | null;
}

/** Settings are environment variables. @throws {Trouble} one of them is wrong */
export function readSettings(env: NodeJS.ProcessEnv, cwd = process.cwd()): Settings {
  const given = (name: string): string | null => env[name]?.trim() || null;
  const url = given('LEDGER_URL') ?? 'http://127.0.0.1:3000';
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw misuse(`LEDGER_URL must be the address of the ledger's service, like http://127.0.0.1:3000, not ${url}`);
  const name = given('BILLING_CONSUMER') ?? 'billing-consumer';
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) throw misuse('BILLING_CONSUMER must be a name of 1 to 64 letters, digits, dots, dashes and underscores');
  const file = given('LEDGER_TOKEN_FILE');
  if (file !== null && !existsSync(file)) throw misuse(`LEDGER_TOKEN_FILE: there is no ${file}`);
  return {
    data: resolve(cwd, given('BILLING_DATA') ?? './data/billing'),
    url: url.replace(/\/+$/, ''),
    token: given('LEDGER_TOKEN') ?? (file === null ? null : readFileSync(file, 'utf8').trim()),
    name,
    eventStoreUrl: given('EVENTSTORE_URL'),
  };
}
