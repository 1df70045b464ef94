import { sha256Hex } from '@app/kernel';

/** How a token begins, so that a leaked one is recognised by scanners. */
export const TOKEN_PREFIX = 'cl_';

const TOKEN = /^cl_[A-Za-z0-9_-]{43}$/;

/** What the holder keeps (shown once) and what the ledger keeps. */
export interface NewToken {
  readonly token: string;
  /** SHA-256 of the token, 64 hex digits. A token holds 256 random bits, so no slow hash is needed. */
  readonly hash: string;
}

/** A token from 32 random bytes of the caller. Throws a RangeError on any other number. */
export function newToken(random: Uint8Array): NewToken {
  if (random.length !== 32) throw new RangeError(`a token needs 32 random bytes, not ${random.length}`);
  const base64 = btoa(String.fromCharCode(...random));
  const token = TOKEN_PREFIX + base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return { token, hash: hashToken(token) };
}

/** Whether a text has the form of a token at all. */
export const isToken = (text: string): boolean => TOKEN.test(text);

/** The hash under which a token is known, whatever its form: an unknown token costs as much as a known one. */
export const hashToken = (token: string): string => sha256Hex(token);
