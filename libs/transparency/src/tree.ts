/**
 * The Merkle tree of RFC 6962 over leaves 0, 1, 2, … A node (level, index) is the root of the complete subtree over the
 * leaves index × 2^level up to (index + 1) × 2^level; it never changes once its last leaf is there, so nodes can be
 * kept in any write-once store. Everything about a tree of any size follows from them.
 */
import { emptyRoot, HASH_BYTES, nodeHash, type Hash } from './hash.js';

/** A complete node as it was stored. Asked only for nodes whose leaves all exist. */
export type NodeReader = (level: number, index: number) => Hash;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/** Largest size: nodes are counted in numbers; up to here a power of two is told by its logarithm. */
export const MAX_SIZE = 2 ** 40;

function checkSize(size: number, name = 'size'): void {
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_SIZE) throw new RangeError(`${name} ${size} is not a whole number from 0 to 2^40`);
}

/** Largest power of two below n (n ≥ 2). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Root over the leaves [from, from + size); `from` is a multiple of the largest power of two in `size`. */
function range(from: number, size: number, nodes: NodeReader): Hash {
  const level = Math.log2(size);
  if (Number.isInteger(level)) return nodes(level, from / size);
  const k = split(size);
  return nodeHash(range(from, k, nodes), range(from + k, size - k, nodes));
}

/** Root of the tree over the first `size` leaves. */
export function rootAt(size: number, nodes: NodeReader): Hash {
  checkSize(size);
  return size === 0 ? emptyRoot() : range(0, size, nodes);
}

/** Audit path of a leaf in the tree of the first `size` leaves, from the leaf's sibling upwards (RFC 6962 2.1.1). */
export function inclusionProof(index: number, size: number, nodes: NodeReader): Hash[] {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`leaf ${index} is not among the first ${size}`);
  const path = (from: number, n: number): Hash[] => {
    if (n === 1) return [];
    const k = split(n);
    return index < from + k
      ? [...path(from, k), range(from + k, n - k, nodes)]
      : [...path(from + k, n - k), range(from, k, nodes)];
  };
  return path(0, size);
}

/** Proof that the tree of the first `size` leaves goes on from that of the first `old` (RFC 6962 2.1.2). */
export function consistencyProof(old: number, size: number, nodes: NodeReader): Hash[] {
  checkSize(size);
  checkSize(old, 'old size');
  if (old > size) throw new RangeError(`a tree of ${size} leaves does not go on from one of ${old}`);
  if (old === 0 || old === size) return [];
  const proof = (m: number, from: number, n: number, known: boolean): Hash[] => {
    if (m === n) return known ? [] : [range(from, n, nodes)];
    const k = split(n);
    return m <= k
      ? [...proof(m, from, k, known), range(from + k, n - k, nodes)]
      : [...proof(m - k, from + k, n - k, false), range(from, k, nodes)];
  };
  return proof(old, 0, size, true);
}

/**
 * What must be remembered of a tree in order to go on: its size and the roots of its complete subtrees, largest first
 * (one for each bit set in the size). Log-sized, so it can be kept beside a checkpoint.
 */
export class CompactRange {
  private constructor(
    private leaves: number,
    private readonly peaks: Hash[],
  ) {}

  static empty(): CompactRange {
    return new CompactRange(0, []);
  }

  /** @throws {RangeError} hashes that do not fit the size */
  static of(size: number, hashes: readonly Hash[]): CompactRange {
    checkSize(size);
    let bits = 0;
    for (let n = size; n > 0; n = Math.floor(n / 2)) bits += n % 2;
    if (hashes.length !== bits || hashes.some((h) => h.length !== HASH_BYTES))
      throw new RangeError(`a tree of ${size} leaves has ${bits} complete subtrees, not ${hashes.length}`);
    return new CompactRange(size, [...hashes]);
  }

  get size(): number {
    return this.leaves;
  }

  /** Roots of the complete subtrees, largest first. */
  get hashes(): readonly Hash[] {
    return this.peaks;
  }

  /** Adds a leaf; the nodes that it completes, from the leaf upwards, for a store. */
  append(leaf: Hash): TreeNode[] {
    checkSize(this.leaves + 1);
    const completed: TreeNode[] = [{ level: 0, index: this.leaves, hash: leaf }];
    let hash = leaf;
    let index = this.leaves;
    for (let level = 1; index % 2 === 1; level++) {
      hash = nodeHash(this.peaks.pop()!, hash);
      index = (index - 1) / 2;
      completed.push({ level, index, hash });
    }
    this.peaks.push(hash);
    this.leaves++;
    return completed;
  }

  root(): Hash {
    return this.peaks.length === 0 ? emptyRoot() : this.peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** A whole tree in memory: 64 bytes a leaf. Any root and any proof of any size in logarithmic time. */
export class MerkleTree {
  private readonly range = CompactRange.empty();
  /** One run of hashes a level. */
  private readonly levels: { bytes: Uint8Array; count: number }[] = [];

  get size(): number {
    return this.range.size;
  }

  append(leaf: Hash): void {
    for (const { level, index, hash } of this.range.append(leaf)) {
      const at = (this.levels[level] ??= { bytes: new Uint8Array(HASH_BYTES * 16), count: 0 });
      if ((index + 1) * HASH_BYTES > at.bytes.length) {
        const grown = new Uint8Array(at.bytes.length * 2);
        grown.set(at.bytes);
        at.bytes = grown;
      }
      at.bytes.set(hash, index * HASH_BYTES);
      at.count = index + 1;
    }
  }

  /** Stored node, a view that must not be written to. @throws {RangeError} not complete yet */
  readonly node: NodeReader = (level, index) => {
    const at = this.levels[level];
    if (at === undefined || index >= at.count) throw new RangeError(`node ${level}/${index} is not complete`);
    return at.bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  };

  root(size: number = this.size): Hash {
    return rootAt(this.within(size), this.node);
  }

  inclusion(index: number, size: number = this.size): Hash[] {
    return inclusionProof(index, this.within(size), this.node);
  }

  consistency(old: number, size: number = this.size): Hash[] {
    return consistencyProof(old, this.within(size), this.node);
  }

  private within(size: number): number {
    if (size > this.size) throw new RangeError(`the tree has ${this.size} leaves, not ${size}`);
    return size;
  }
}
