/** The RFC 6962 root over stored events: what both sides compare to know that they have the same bytes in the same order. */
import { hash } from 'node:crypto';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');

/** A tree of n > 1 leaves is cut at the largest power of two below n. */
function cut(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Remembers the roots of whole subtrees, so that the root of any beginning costs log2(n) hashes. */
export class Tree {
  /** Level 0: leaves; a node of level l covers 2^l of them. */
  private readonly levels: Buffer[][] = [[]];

  static of(stored: Iterable<string>): Tree {
    const tree = new Tree();
    for (const text of stored) tree.append(text);
    return tree;
  }

  append(stored: string): void {
    let node = sha256(LEAF, Buffer.from(stored, 'utf8'));
    for (let level = 0; ; level++) {
      const nodes = (this.levels[level] ??= []);
      nodes.push(node);
      if (nodes.length % 2 === 1) return;
      node = sha256(NODE, nodes.at(-2)!, node);
    }
  }

  get size(): number {
    return this.levels[0]!.length;
  }

  /** Root over the first events, 64 lower-case hex digits. */
  root(size: number = this.size): string {
    return (size === 0 ? sha256() : this.over(0, size)).toString('hex');
  }

  private over(from: number, size: number): Buffer {
    const level = Math.log2(size);
    if (Number.isInteger(level)) return this.levels[level]![from / size]!;
    const k = cut(size);
    return sha256(NODE, this.over(from, k), this.over(from + k, size - k));
  }
}

/**
 * The first place at which two feeds of `size` events differ, in log2(n) questions; null where they do not.
 * `same(n)` says whether the first n events agree.
 */
export async function firstDifference(size: number, same: (size: number) => Promise<boolean>): Promise<number | null> {
  if (size === 0 || (await same(size))) return null;
  let [agreed, differs] = [0, size];
  while (differs - agreed > 1) {
    const middle = Math.floor((agreed + differs) / 2);
    if (await same(middle)) agreed = middle;
    else differs = middle;
  }
  return agreed;
}
