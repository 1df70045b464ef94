/** The other side: what a reader computes, who has hashes and proofs but no tree (RFC 9162 2.1.3.2 and 2.1.4.2). */
import { equalHashes, nodeHash, type Hash } from './hash.js';

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/** Whether the leaf is the `index`-th of the tree of `size` leaves that has the root. False for anything malformed. */
export function verifyInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[], root: Hash): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(p, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else hash = nodeHash(hash, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && equalHashes(hash, root);
}

/** Whether the tree of `size` leaves begins with all leaves of the tree of `old`. False for anything malformed. */
export function verifyConsistency(old: number, oldRoot: Hash, size: number, root: Hash, proof: readonly Hash[]): boolean {
  if (!isCount(old) || !isCount(size) || old > size) return false;
  if (old === size) return proof.length === 0 && equalHashes(oldRoot, root);
  // Every tree goes on from the empty one; its root is then for the caller to know.
  if (old === 0) return proof.length === 0;
  const isPower = Number.isInteger(Math.log2(old));
  const path = isPower ? [oldRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let fn = old - 1;
  let sn = size - 1;
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let was = first;
  let is = first;
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      was = nodeHash(p, was);
      is = nodeHash(p, is);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else is = nodeHash(is, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && equalHashes(was, oldRoot) && equalHashes(is, root);
}
