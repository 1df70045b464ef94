import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { writeDurably } from '@app/event-store';
import { ED25519, Malformed, parseSignerKey, parseVerifierKey, type LastSigned, type SignerKey, type VerifierKey } from '@app/transparency';
import { misuse, Trouble } from '../trouble.js';

const OTHERS = 0o077;

/** Where a path really leads, as far as it exists. */
function real(path: string): string {
  return existsSync(path) || dirname(path) === path ? realpathSync(path) : join(real(dirname(path)), basename(path));
}

/** A key beside the data that it is to vouch for would vouch for nothing. */
export function requireOutside(file: string, folder: string): void {
  const way = relative(real(resolve(folder)), real(resolve(file)));
  if (way !== '..' && !way.startsWith(`..${sep}`))
    throw misuse(`${file} lies in the data folder: whoever can alter the log could sign it; keep the key elsewhere, best under another account`);
}

/** The secret keys of a file, one a line; only its owner may read it. */
export function readSecretKeys(file: string): SignerKey[] {
  if (!existsSync(file)) throw misuse(`there is no key in ${file}: make one with "init"`);
  const { mode } = lstatSync(realpathSync(file));
  if ((mode & OTHERS) !== 0) throw misuse(`${file} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 it, and rotate the key if others may have read it`);
  try {
    return readFileSync(file, 'utf8').trim().split('\n').map(parseSignerKey);
  } catch (error) {
    throw error instanceof Malformed ? misuse(`${file}: ${error.message}`) : error;
  }
}

export const writeSecretKeys = (file: string, keys: readonly SignerKey[]): void => writeDurably(file, keys.map((k) => `${k.skey}\n`).join(''), 0o600);

/** Makes a file with a first key. Never over another. */
export function firstSecretKey(file: string, key: SignerKey): void {
  if (existsSync(file)) throw misuse(`${file} exists already: a key is never written over (see "rotate")`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeSecretKeys(file, [key]);
}

/** Public keys: each a key itself, or a file of them (lines that begin with # are remarks). */
export function readPublicKeys(given: readonly string[]): VerifierKey[] {
  return given.flatMap((text) => {
    const lines = existsSync(text) ? readFileSync(text, 'utf8').split('\n') : [text];
    try {
      const keys = lines.map((l) => l.trim()).filter((l) => l !== '' && !l.startsWith('#')).map(parseVerifierKey);
      if (keys.length === 0) throw new Malformed('it holds no key');
      return keys;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw misuse(`${text}: ${existsSync(text) ? '' : 'there is no such file, and it is no key itself: '}${error.message}`);
    }
  });
}

/** Keys of one kind; any other would never be looked at. */
export function keysOf(kind: number, given: readonly string[] | undefined, option: string): VerifierKey[] {
  const keys = readPublicKeys(given ?? []);
  const other = keys.find((k) => k.kind !== kind);
  if (other) throw misuse(`${option}: ${other.name} is ${other.kind === ED25519 ? "a log's" : "a witness's"} key`);
  return keys;
}

/** What was signed last, in a file of its own. It is made, empty, with the key: where it is missing nobody knows what was signed. */
export function lastSigned(file: string): LastSigned {
  return {
    read() {
      const note = existsSync(file) ? readFileSync(file, 'utf8') : null;
      if (note === null) throw new Trouble(`${file} is missing: it says what was signed last; bring it back, or say what that was with "adopt"`);
      return note === '' ? null : note;
    },
    write: (note) => writeDurably(file, note),
  };
}
