import { putSha256, sha256Bytes } from '@app/kernel';

/** A node of the tree: 32 bytes of SHA-256. */
export type Hash = Uint8Array;
export const HASH_BYTES = 32;

const LEAF = Uint8Array.of(0);
const NODE = 1;

/** RFC 6962 2.1: SHA-256(0x00 ‖ leaf). */
export const leafHash = (leaf: Uint8Array): Hash => sha256Bytes(LEAF, leaf);

/** As {@link leafHash}, of a text's UTF-8. */
export const textLeafHash = (leaf: string): Hash => sha256Bytes(`\0${leaf}`);

/** Laid out anew for each node; hashing is done with it before anybody else can be. */
const pair = new Uint8Array(1 + 2 * HASH_BYTES);

/** RFC 6962 2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  pair[0] = NODE;
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256Bytes(pair);
}

/** A run of hashes side by side, to be filled. */
export const hashRun = (count: number): Buffer => Buffer.alloc(count * HASH_BYTES);

/** {@link nodeHash} of two neighbours in a run, to a place in another. */
export function putNode(of: Uint8Array, left: number, run: Buffer, index: number): void {
  pair[0] = NODE;
  const from = left * HASH_BYTES;
  for (let i = 0; i < 2 * HASH_BYTES; i++) pair[1 + i] = of[from + i]!;
  putSha256(pair, run, index * HASH_BYTES);
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Hash => sha256Bytes();

export const toHex = (hash: Hash): string => Buffer.from(hash).toString('hex');

export const toBase64 = (hash: Hash): string => Buffer.from(hash).toString('base64');

/** @throws {RangeError} not the base64 of 32 bytes in its one way of writing */
export function fromBase64(text: string): Hash {
  const hash = Buffer.from(text, 'base64');
  if (hash.length !== HASH_BYTES || hash.toString('base64') !== text) throw new RangeError('a hash is 32 bytes in base64');
  return hash;
}

/** @throws {RangeError} not 64 lower-case hex digits */
export function fromHex(text: string): Hash {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new RangeError('a hash is 64 lower-case hex digits');
  return Buffer.from(text, 'hex');
}

export const equalHashes = (a: Hash, b: Hash): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
