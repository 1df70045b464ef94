import { readFileSync } from 'node:fs';
import { firstDifference, Tree } from './digest.js';

/** Published with the rule of the digest; written by another implementation. */
const { feed } = JSON.parse(readFileSync(new URL('../../../libs/transparency/vectors.json', import.meta.url), 'utf8')) as { feed: { events: string[]; roots: string[] } };

it('is the published digest of every beginning', () => {
  const tree = Tree.of(feed.events);
  expect(feed.roots.length).toBeGreaterThan(3);
  expect(feed.roots.map((_, size) => tree.root(size))).toEqual(feed.roots);
});

it('leads to the first difference in log2(n) questions', async () => {
  const ours = Array.from({ length: 1_000 }, (_, n) => `{"n":${n}}`);
  for (const at of [0, 1, 500, 998, 999, null]) {
    const [a, b] = [Tree.of(ours), Tree.of(ours.map((e, n) => (n === at ? `${e} ` : e)))];
    let asked = 0;
    expect(await firstDifference(1_000, async (n) => (asked++, a.root(n) === b.root(n)))).toBe(at);
    expect(asked).toBeLessThanOrEqual(11);
  }
  expect(await firstDifference(0, async () => false)).toBeNull();
});
