import { createHash, createHmac, hash } from 'node:crypto';

/** A value that JSON can hold. No bigint, no undefined inside arrays, no non-finite numbers. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Why a value cannot be part of the log. */
const REASONS = {
  halfCharacter: 'text holds an unpaired surrogate',
  halfCharacterInKey: 'a key holds an unpaired surrogate',
  integerKey: 'a key that looks like an integer; use a list',
  notFinite: 'number is not finite',
  notJson: 'is not JSON',
} as const;

/** Thrown when a value cannot be part of the log; the message names the path. */
export class NotCanonical extends Error {
  constructor(
    readonly path: string,
    readonly why: keyof typeof REASONS,
  ) {
    super(`${path || '(root)'}: ${REASONS[why]}`);
  }
}

const INTEGER_KEY = /^(0|[1-9]\d*)$/;

/**
 * Names the first place that RFC 8785 or the log's own rules cannot hold: unpaired surrogates, non-finite numbers, bigints,
 * and keys that look like integers (JavaScript reorders them, so bytes would not survive a parse).
 */
function findFault(value: unknown, path = ''): void {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new NotCanonical(path, 'halfCharacter');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonical(path, 'notFinite');
      return;
    case 'boolean':
    case 'undefined':
      return;
    case 'object':
      if (value === null) return;
      if (Array.isArray(value)) {
        value.forEach((v, i) => {
          if (v === undefined) throw new NotCanonical(`${path}[${i}]`, 'notJson');
          findFault(v, `${path}[${i}]`);
        });
        return;
      }
      for (const [k, v] of Object.entries(value)) {
        if (INTEGER_KEY.test(k)) throw new NotCanonical(`${path}.${k}`, 'integerKey');
        if (!k.isWellFormed()) throw new NotCanonical(path, 'halfCharacterInKey');
        findFault(v, path ? `${path}.${k}` : k);
      }
      return;
    default:
      throw new NotCanonical(path, 'notJson');
  }
}

/** Text that stands between quotes as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
/** Thrown to leave {@link write}; the place is looked for afterwards, so that sound values do not pay for paths. */
const FAULT = new Error('not canonical');
const SORTED_IN_PLACE = 32;
/** `"key":` by key. Keys come from types, not from users; the bound is for those that do. */
const KEYS = new Map<string, string>();
const KEYS_KEPT = 4_096;

function writeText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw FAULT;
  return JSON.stringify(text);
}

function writeKey(key: string): string {
  let text = KEYS.get(key);
  if (text === undefined) {
    if (INTEGER_KEY.test(key)) throw FAULT;
    text = `${writeText(key)}:`;
    if (KEYS.size < KEYS_KEPT) KEYS.set(key, text);
  }
  return text;
}

/** In order of UTF-16 code units. Few keys are the rule, and insertion beats a call of the general sort then. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  if (keys.length > SORTED_IN_PLACE) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let at = i - 1;
    for (; at >= 0 && keys[at]! > key; at--) keys[at + 1] = keys[at]!;
    keys[at + 1] = key;
  }
  return keys;
}

function write(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return writeText(value);
    case 'number':
      if (!Number.isFinite(value)) throw FAULT;
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object': {
      if (value === null) return 'null';
      let out = '';
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) out += (i === 0 ? '' : ',') + write(value[i]);
        return `[${out}]`;
      }
      for (const key of sortedKeys(value)) {
        const member = (value as { readonly [key: string]: unknown })[key];
        const text = writeKey(key);
        if (member !== undefined) out += (out === '' ? '' : ',') + text + write(member);
      }
      return `{${out}}`;
    }
    default:
      throw FAULT;
  }
}

/** RFC 8785 canonical JSON of a value; members whose value is undefined are left out. Throws {@link NotCanonical}. */
export function canonicalJson(value: unknown): string {
  try {
    return write(value);
  } catch (error) {
    if (error !== FAULT) throw error;
    findFault(value);
    throw new NotCanonical('', 'notJson');
  }
}

/** SHA-256 of a UTF-8 text or bytes, as 64 lower-case hex digits. */
export function sha256Hex(input: string | Uint8Array): string {
  return hash('sha256', input, 'hex');
}

/** SHA-256 of bytes to a place in others. Whole logs are hashed so: making an object for each hash takes longer than the hash. */
export function putSha256(input: Uint8Array, target: Buffer, at: number): void {
  target.write(hash('sha256', input, 'binary'), at, 'latin1');
}

/** SHA-256 of several runs of bytes taken as one, a text as its UTF-8; as its 32 bytes. */
export function sha256Bytes(...runs: readonly (string | Uint8Array)[]): Uint8Array {
  // One call for one run: a hash object costs more than the hashing of a short one.
  if (runs.length === 1) return hash('sha256', runs[0]!, 'buffer');
  const all = createHash('sha256');
  for (const run of runs) all.update(run);
  return all.digest();
}

/** HMAC-SHA256(salt, text) as 64 lower-case hex digits: the commitment to a text kept outside the log (design 4). */
export function commitment(saltHex: string, text: string): string {
  return createHmac('sha256', Buffer.from(saltHex, 'hex')).update(text, 'utf8').digest('hex');
}
