import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeDurably } from '@app/event-store';
import { COSIGNATURE, ED25519, Malformed, newSignerKey, originHash, Witness, type LastSigned, type SignerKey } from '@app/transparency';
import { firstSecretKey, lastSigned, readPublicKeys, readSecretKeys } from '../audit/key-files.js';
import { parseListen, serveAnswers } from '../audit/serve.js';
import { remark, say, sayJson } from '../output.js';
import type { Settings } from '../settings.js';
import { misuse } from '../trouble.js';

export interface WitnessOptions {
  /** The witness's own folder: its key, and what it saw last of each log. */
  readonly folder: string;
}

const logsFile = (folder: string): string => join(resolve(folder), 'logs');
const keyFile = (folder: string): string => join(resolve(folder), 'witness-key');
const lastFile = (folder: string, origin: string): string => join(resolve(folder), `${originHash(origin)}.last`);

/** Makes a witness's folder and key. */
export function initWitness(settings: Settings, { folder, name }: WitnessOptions & { readonly name: string }): void {
  mkdirSync(resolve(folder), { recursive: true, mode: 0o700 });
  let key: SignerKey;
  try {
    key = newSignerKey(name, COSIGNATURE);
  } catch (error) {
    throw error instanceof Malformed ? misuse(`--name: ${error.message}`) : error;
  }
  firstSecretKey(keyFile(folder), key);
  if (settings.json) sayJson({ key: key.vkey });
  else {
    say(key.vkey);
    remark('the line above is its public key: give it to the service (LEDGER_WITNESSES=<url>+<key>) and to whoever verifies');
  }
}

/** Takes logs under watch, or further keys of logs that are. */
export function watchLogs(settings: Settings, { folder, keys }: WitnessOptions & { readonly keys: readonly string[] }): void {
  readSecretKeys(keyFile(folder));
  const asked = readPublicKeys(keys);
  const other = asked.find((k) => k.kind !== ED25519);
  if (other) throw misuse(`${other.name} is a witness's key, not a log's`);
  const known = existsSync(logsFile(folder)) ? readPublicKeys([logsFile(folder)]) : [];
  for (const { name } of asked)
    if (!known.some((k) => k.name === name) && !existsSync(lastFile(folder, name))) writeDurably(lastFile(folder, name), '');
  const all = [...new Set([...known, ...asked].map((k) => k.vkey))];
  writeDurably(logsFile(folder), all.map((vkey) => `${vkey}\n`).join(''));
  if (settings.json) sayJson({ watched: all });
  else for (const vkey of all) say(vkey);
}

/** Cosigns until it is told to end. */
export async function runWitness(_settings: Settings, { folder, listen }: WitnessOptions & { readonly listen: string }): Promise<void> {
  const [key] = readSecretKeys(keyFile(folder));
  if (!existsSync(logsFile(folder))) throw misuse('no log is watched yet: name one with "witness watch"');
  const logs = readPublicKeys([logsFile(folder)]);
  const last = new Map<string, LastSigned>(logs.map((k) => [k.name, lastSigned(lastFile(folder, k.name))]));
  for (const state of last.values()) state.read();
  const witness = new Witness({ key: key!, logs, last: (origin) => last.get(origin)!, now: () => Math.floor(Date.now() / 1_000) });
  await serveAnswers(parseListen(listen), (...call) => witness.answer(...call), (address) => say(`${key!.name} witnesses ${[...last.keys()].join(', ')} at ${address}`));
}
