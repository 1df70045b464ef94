// Paired rounds: both sides of a ratio are measured again and again in turn, so that what the machine does meanwhile meets both.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const mid = sorted.length >> 1;
  return sorted.length % 2 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
};
export const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];

/**
 * `sides`: name → function that measures once and gives a number. Each round runs all of them, every other round in
 * reverse order. Answers the numbers by name, one per round.
 */
export async function rounds(count, sides, { warm = 1, pause = 50 } = {}) {
  const names = Object.keys(sides);
  const seen = Object.fromEntries(names.map((n) => [n, []]));
  for (let i = -warm; i < count; i++)
    for (const name of i % 2 ? names.toReversed() : names) {
      const value = await sides[name]();
      if (i >= 0) seen[name].push(value);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  return seen;
}

/** Ratio of two paired series: the median and the least favourable round. `lower`: small ratios are good. */
export function paired(ours, floor, { lower = false } = {}) {
  const ratios = ours.map((x, i) => x / floor[i]);
  return { median: median(ratios), worst: lower ? Math.max(...ratios) : Math.min(...ratios), ours: median(ours), floor: median(floor) };
}

/** Runs work in a folder of its own that is removed afterwards. */
export async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(folder);
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}

export const percent = (x) => `${(100 * x).toFixed(0)} %`;
export const times = (x) => `${x.toFixed(2)}x`;
export const rate = (x) => `${Math.round(x).toLocaleString('en-US')}/s`;
export const ms = (x) => `${x < 10 ? x.toFixed(2) : x.toFixed(0)} ms`;

/** One row of the table. `aim` reads well; `hit` decides. */
export const row = (figure, { shown, ratio, worst, aim, hit, detail, note }) => ({ figure, ratio, worst, aim, hit, text: `${shown(ratio)} (worst ${shown(worst)})`, detail, ...(hit === false ? { note } : {}) });
