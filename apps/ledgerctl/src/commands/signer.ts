import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readMarker, writeDurably } from '@app/event-store';
import { isUuid } from '@app/kernel';
import { checkpointText, ED25519, LogSigner, Malformed, newSignerKey, openCheckpoint, parseCheckpoint, parseNote, signText, type SignerKey } from '@app/transparency';
import { firstSecretKey, lastSigned, readSecretKeys, requireOutside, writeSecretKeys } from '../audit/key-files.js';
import { originOf } from '../audit/origin.js';
import { serveAnswers } from '../audit/serve.js';
import { remark, say, sayJson } from '../output.js';
import type { Settings } from '../settings.js';
import { misuse, Trouble } from '../trouble.js';

export interface SignerOptions {
  /** Default: LEDGER_SIGNER_KEY. */
  readonly key?: string;
}

const stateFile = (keyFile: string): string => `${keyFile}.last`;

function keyFileOf({ data }: Settings, { key }: SignerOptions): string {
  const file = key ?? process.env['LEDGER_SIGNER_KEY']?.trim();
  if (!file) throw misuse('name the key file with --key or LEDGER_SIGNER_KEY');
  requireOutside(file, data);
  return resolve(file);
}

const show = (settings: Settings, keys: readonly SignerKey[]): void => {
  if (settings.json) sayJson({ keys: keys.map(({ vkey }) => vkey) });
  else for (const { vkey } of keys) say(vkey);
};

/** Makes the log's first key. The ledger is named, or read from the data folder of a service that has run. */
export function initSigner(settings: Settings, options: SignerOptions & { readonly ledger?: string }): void {
  const file = keyFileOf(settings, options);
  const ledger = options.ledger ?? readMarker(settings.data)?.ledgerId;
  if (ledger === undefined) throw misuse(`name the ledger with --ledger: ${settings.data} does not say which it is (the service makes it at its first start)`);
  // A key names its log for ever: one of a log that nobody has would sign nothing.
  if (!isUuid(ledger)) throw misuse(`--ledger must be the ledger's id, a UUID (ledgerId in ledger.json of the data folder), not ${ledger}`);
  const key = newSignerKey(originOf(ledger), ED25519);
  firstSecretKey(file, key);
  writeDurably(stateFile(file), '');
  show(settings, [key]);
  if (!settings.json) remark(`the secret key is in ${file}; the line above is the public one: give it to whoever is to verify`);
}

/** Signs for the service until it is told to end. */
export async function runSigner(settings: Settings, options: SignerOptions & { readonly socket?: string }): Promise<void> {
  const file = keyFileOf(settings, options);
  const path = options.socket ?? process.env['LEDGER_SIGNER']?.trim();
  if (!path) throw misuse('name the socket with --socket or LEDGER_SIGNER');
  const signer = openSigner(file);
  await serveAnswers({ path: resolve(path) }, (...call) => signer.answer(...call), (address) => say(`signing for ${signer.origin} at ${address}`));
}

function openSigner(file: string): LogSigner {
  const keys = readSecretKeys(file);
  try {
    return new LogSigner(keys, lastSigned(stateFile(file)));
  } catch (error) {
    throw error instanceof Malformed ? new Trouble(`${stateFile(file)}: ${error.message}`) : error;
  }
}

/** The public keys. */
export function signerKeys(settings: Settings, options: SignerOptions): void {
  show(settings, readSecretKeys(keyFileOf(settings, options)));
}

/** Adds a key; from its next start the signer signs with all of them. */
export function rotateSigner(settings: Settings, options: SignerOptions): void {
  const file = keyFileOf(settings, options);
  const keys = readSecretKeys(file);
  openSigner(file);
  const next = newSignerKey(keys[0]!.name, ED25519);
  saveKeys(file, [next, ...keys]);
  show(settings, [next, ...keys]);
  if (!settings.json) remark('start the signer again; once everybody who verifies knows the first key, take the old one away with "signer retire"');
}

/** Takes a key away; checkpoints that it signed stay good for whoever keeps its public key. */
export function retireSigner(settings: Settings, options: SignerOptions & { readonly id: string }): void {
  const file = keyFileOf(settings, options);
  const keys = readSecretKeys(file);
  const left = keys.filter((k) => k.id !== options.id);
  if (left.length === keys.length) throw misuse(`${file} has no key ${options.id}; it has ${keys.map((k) => k.id).join(', ')}`);
  if (left.length === 0) throw misuse('the last key stays: rotate first');
  openSigner(file);
  saveKeys(file, left);
  show(settings, left);
  if (!settings.json) remark('start the signer again');
}

/** What was signed last is signed by the keys that are left, so that the signer knows it as its own. The state first: it is good for either file. */
function saveKeys(file: string, keys: readonly SignerKey[]): void {
  const state = lastSigned(stateFile(file));
  const note = state.read();
  if (note !== null) {
    const text = checkpointText(parseCheckpoint(parseNote(note).text));
    const all = [...new Map([...readSecretKeys(file), ...keys].map((k) => [k.id, k])).values()];
    state.write(`${text}\n${all.map((k) => signText(text, k)).join('')}`);
  }
  writeSecretKeys(file, keys);
}

/** Says what was signed last, where the file that says it was lost. */
export function adoptCheckpoint(settings: Settings, options: SignerOptions & { readonly checkpoint: string }): void {
  const file = keyFileOf(settings, options);
  const keys = readSecretKeys(file);
  if (existsSync(stateFile(file))) throw misuse(`${stateFile(file)} is there: nothing needs to be adopted`);
  if (!existsSync(options.checkpoint)) throw misuse(`there is no file ${options.checkpoint}`);
  const note = readFileSync(options.checkpoint, 'utf8');
  try {
    const { size } = openCheckpoint(note, keys);
    writeDurably(stateFile(file), note);
    say(settings.json ? JSON.stringify({ size }) : `taken as the last checkpoint that was signed: ${size} events`);
  } catch (error) {
    throw error instanceof Malformed ? misuse(`${options.checkpoint}: ${error.message}`) : error;
  }
}
