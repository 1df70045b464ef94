import { sha256Bytes } from '@app/kernel';

/** A node of the tree: 32 bytes of SHA-256. */
export type Hash = Uint8Array;
export const HASH_BYTES = 32;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** RFC 6962 2.1: SHA-256(0x00 ‖ leaf). */
export const leafHash = (leaf: Uint8Array): Hash => sha256Bytes(LEAF, leaf);

/** RFC 6962 2.1: SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Hash, right: Hash): Hash => sha256Bytes(NODE, left, right);

/** Root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Hash => sha256Bytes();

export const toHex = (hash: Hash): string => Buffer.from(hash).toString('hex');

/** @throws {RangeError} not 64 lower-case hex digits */
export function fromHex(text: string): Hash {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new RangeError('a hash is 64 lower-case hex digits');
  return Buffer.from(text, 'hex');
}

export const equalHashes = (a: Hash, b: Hash): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
