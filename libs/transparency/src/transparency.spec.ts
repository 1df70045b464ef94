import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  CompactRange,
  MerkleTree,
  consistencyProof,
  emptyRoot,
  feedDigest,
  firstDifference,
  fromHex,
  inclusionProof,
  leafHash,
  leafOf,
  nodeHash,
  rootAt,
  toHex,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from './index.js';

interface Vectors {
  readonly trees: { readonly leaves: readonly string[]; readonly roots: readonly string[] };
  readonly inclusion: readonly { readonly index: number; readonly size: number; readonly proof: readonly string[] }[];
  readonly consistency: readonly { readonly old: number; readonly size: number; readonly proof: readonly string[] }[];
  readonly feed: { readonly events: readonly string[]; readonly leaves: readonly string[]; readonly roots: readonly string[] };
}
const vectors = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8')) as Vectors;

/** The definition of RFC 6962 2.1, word for word and without any of the code under test. */
function mth(leaves: readonly Uint8Array[]): Buffer {
  const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Buffer.of(0), leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

const some = (n: number): Uint8Array[] => Array.from({ length: n }, (_, i) => Buffer.from(`leaf ${i}`));
const treeOf = (leaves: readonly Uint8Array[]): MerkleTree => {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  return tree;
};
const flipped = (h: Hash): Hash => Uint8Array.from(h, (b, i) => (i === 5 ? b ^ 1 : b));

describe('roots', () => {
  it('are those of the published vectors', () => {
    const leaves = vectors.trees.leaves.map((hex) => Buffer.from(hex, 'hex'));
    const tree = treeOf(leaves);
    expect([...Array(leaves.length + 1).keys()].map((n) => toHex(tree.root(n)))).toEqual(vectors.trees.roots);
    for (const { index, size, proof } of vectors.inclusion) expect(tree.inclusion(index, size).map(toHex)).toEqual(proof);
    for (const { old, size, proof } of vectors.consistency) expect(tree.consistency(old, size).map(toHex)).toEqual(proof);
    expect([vectors.inclusion.length, vectors.consistency.length]).toEqual([36, 45]);
  });

  it('follow the definition, grown leaf by leaf or read from nodes, whatever the size', () => {
    const leaves = some(130);
    const tree = new MerkleTree();
    const range = CompactRange.empty();
    expect([toHex(tree.root()), toHex(emptyRoot())]).toEqual([toHex(mth([])), toHex(mth([]))]);
    leaves.forEach((leaf, i) => {
      tree.append(leafHash(leaf));
      range.append(leafHash(leaf));
      const root = toHex(mth(leaves.slice(0, i + 1)));
      expect([toHex(tree.root()), toHex(range.root()), range.size]).toEqual([root, root, i + 1]);
    });
    for (const size of [0, 1, 7, 64, 100]) expect(toHex(tree.root(size))).toBe(toHex(mth(leaves.slice(0, size))));
  });

  it('go on from what was kept of a tree', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (first, more) => {
        const leaves = some(first + more);
        const kept = CompactRange.empty();
        for (const leaf of leaves.slice(0, first)) kept.append(leafHash(leaf));
        const again = CompactRange.of(kept.size, kept.hashes.map((h) => fromHex(toHex(h))));
        for (const leaf of leaves.slice(first)) again.append(leafHash(leaf));
        expect(toHex(again.root())).toBe(toHex(mth(leaves)));
      }),
      { numRuns: 50 },
    );
    expect(() => CompactRange.of(3, [leafHash(new Uint8Array())])).toThrow(RangeError);
  });

  it('are refused for sizes that are none', () => {
    const tree = treeOf(some(3));
    for (const size of [-1, 0.5, 4, Number.NaN]) expect(() => tree.root(size)).toThrow(RangeError);
    for (const [index, size] of [[3, 3], [-1, 3], [0, 0]] as const) expect(() => inclusionProof(index, size, tree.node)).toThrow(RangeError);
    expect(() => consistencyProof(3, 2, tree.node)).toThrow(RangeError);
    expect(() => rootAt(4, tree.node)).toThrow(RangeError);
    expect(() => fromHex('00')).toThrow(RangeError);
  });
});

describe('proofs', () => {
  const SIZE = 40;
  const leaves = some(SIZE);
  const tree = treeOf(leaves);

  it('show every leaf in every tree, and nothing else', () => {
    for (let size = 1; size <= SIZE; size++)
      for (let index = 0; index < size; index++) {
        const proof = tree.inclusion(index, size);
        const leaf = leafHash(leaves[index]!);
        const root = tree.root(size);
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true);
        expect(verifyInclusion(flipped(leaf), index, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, proof, flipped(root))).toBe(false);
        expect(verifyInclusion(leaf, index, size, [...proof, leaf], root)).toBe(false);
        if (proof.length > 0) {
          expect(verifyInclusion(leaf, index, size, proof.slice(1), root)).toBe(false);
          expect(verifyInclusion(leaf, index, size, [flipped(proof[0]!), ...proof.slice(1)], root)).toBe(false);
        }
        // Another place of the same leaf hash would need another proof.
        if (size > 1) expect(verifyInclusion(leaf, (index + 1) % size, size, proof, root)).toBe(false);
      }
    expect(verifyInclusion(leafHash(leaves[0]!), 0, 0, [], emptyRoot())).toBe(false);
  });

  it('show that every tree goes on from every earlier one, and from no other', () => {
    for (let size = 0; size <= SIZE; size++)
      for (let old = 0; old <= size; old++) {
        const proof = tree.consistency(old, size);
        const [before, now] = [tree.root(old), tree.root(size)];
        expect(verifyConsistency(old, before, size, now, proof)).toBe(true);
        if (old > 0) {
          expect(verifyConsistency(old, flipped(before), size, now, proof)).toBe(false);
          expect(verifyConsistency(old, before, size, flipped(now), proof)).toBe(false);
          expect(verifyConsistency(old, before, size, now, [...proof, now])).toBe(false);
        }
        if (proof.length > 0) {
          expect(verifyConsistency(old, before, size, now, proof.slice(1))).toBe(false);
          expect(verifyConsistency(old, before, size, now, [flipped(proof[0]!), ...proof.slice(1)])).toBe(false);
        }
      }
    expect(verifyConsistency(5, tree.root(5), 4, tree.root(4), [])).toBe(false);
  });

  it('do not join histories that part', () => {
    const other = treeOf([...leaves.slice(0, 9), Buffer.from('another'), ...leaves.slice(10)]);
    expect(verifyConsistency(9, tree.root(9), 30, other.root(30), other.consistency(9, 30))).toBe(true);
    expect(verifyConsistency(10, tree.root(10), 30, other.root(30), other.consistency(10, 30))).toBe(false);
  });
});

describe('the digest of a feed', () => {
  it('is that of the published vectors: UTF-8 of the stored text', () => {
    const { events, leaves, roots } = vectors.feed;
    expect(events.map((e) => toHex(leafOf(e)))).toEqual(leaves);
    expect(roots.map((_, n) => feedDigest(events.slice(0, n)))).toEqual(roots.map((root, size) => ({ size, root })));
    expect(feedDigest(events.map((e) => Buffer.from(e, 'utf8')))).toEqual({ size: events.length, root: roots.at(-1) });
  });

  it('differs for another byte, another order, and a missing event', () => {
    const { events, roots } = vectors.feed;
    const altered = events.map((e, i) => (i === 1 ? e.replace('100000', '100001') : e));
    expect(altered).not.toEqual(events);
    for (const wrong of [altered, [...events].reverse(), events.slice(1)]) expect(feedDigest(wrong).root).not.toBe(roots.at(-1));
  });

  it('leads to the first difference in log2(n) questions', async () => {
    const ours = Array.from({ length: 1000 }, (_, i) => `{"n":${i}}`);
    for (const at of [0, 1, 499, 998, 999, null]) {
      const theirs = ours.map((e, i) => (i === at ? `${e} ` : e));
      let asked = 0;
      const same = async (n: number): Promise<boolean> => (asked++, feedDigest(ours.slice(0, n)).root === feedDigest(theirs.slice(0, n)).root);
      expect(await firstDifference(ours.length, same)).toBe(at);
      expect(asked).toBeLessThanOrEqual(11);
    }
  });
});

it('a node is not a leaf of its children', () => {
  const [a, b] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))];
  expect(toHex(nodeHash(a, b))).not.toBe(toHex(leafHash(Buffer.concat([a, b]))));
});
