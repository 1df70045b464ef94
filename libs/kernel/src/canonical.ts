import { createHash, createHmac } from 'node:crypto';
import serialize from 'canonicalize';

/** A value that JSON can hold. No bigint, no undefined inside arrays, no non-finite numbers. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Thrown when a value cannot be part of the log; the message names the path. */
export class NotCanonical extends Error {
  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`${path || '(root)'}: ${reason}`);
  }
}

const INTEGER_KEY = /^(0|[1-9]\d*)$/;

/**
 * Refuses what RFC 8785 or the log's own rules cannot hold: unpaired surrogates, non-finite numbers, bigints,
 * and keys that look like integers (JavaScript reorders them, so bytes would not survive a parse).
 */
export function assertCanonical(value: unknown, path = ''): void {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new NotCanonical(path, 'text holds an unpaired surrogate');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonical(path, 'number is not finite');
      return;
    case 'boolean':
    case 'undefined':
      return;
    case 'object':
      if (value === null) return;
      if (Array.isArray(value)) {
        value.forEach((v, i) => {
          if (v === undefined) throw new NotCanonical(`${path}[${i}]`, 'a list holds undefined');
          assertCanonical(v, `${path}[${i}]`);
        });
        return;
      }
      for (const [k, v] of Object.entries(value)) {
        if (INTEGER_KEY.test(k)) throw new NotCanonical(`${path}.${k}`, 'a key that looks like an integer; use a list');
        if (!k.isWellFormed()) throw new NotCanonical(path, 'a key holds an unpaired surrogate');
        assertCanonical(v, path ? `${path}.${k}` : k);
      }
      return;
    default:
      throw new NotCanonical(path, `a ${typeof value} cannot be stored`);
  }
}

/** RFC 8785 canonical JSON of a value; members whose value is undefined are left out. Throws {@link NotCanonical}. */
export function canonicalJson(value: unknown): string {
  assertCanonical(value);
  const text = serialize(value);
  if (text === undefined) throw new NotCanonical('', 'nothing to store');
  return text;
}

/** SHA-256 of a UTF-8 text or bytes, as 64 lower-case hex digits. */
export function sha256Hex(input: string | Uint8Array): string {
  return createHash('sha256').update(input).digest('hex');
}

/** SHA-256 of several runs of bytes taken as one, as its 32 bytes. */
export function sha256Bytes(...runs: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const run of runs) hash.update(run);
  return hash.digest();
}

/** HMAC-SHA256(salt, text) as 64 lower-case hex digits: the commitment to a text kept outside the log (design 4). */
export function commitment(saltHex: string, text: string): string {
  return createHmac('sha256', Buffer.from(saltHex, 'hex')).update(text, 'utf8').digest('hex');
}
