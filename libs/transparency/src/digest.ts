import { leafHash, toHex } from './hash.js';
import { CompactRange } from './tree.js';

const utf8 = new TextEncoder();

/** Leaf of a stored event: its bytes as they are served, a text taken as UTF-8. */
export const leafOf = (stored: string | Uint8Array): Uint8Array => leafHash(typeof stored === 'string' ? utf8.encode(stored) : stored);

export interface Digest {
  /** Number of events covered, from the first. */
  readonly size: number;
  /** RFC 6962 root over their stored bytes, 64 lower-case hex digits. */
  readonly root: string;
}

/** The digest of the events given: what a reader compares to know that it has the same bytes in the same order. */
export function feedDigest(stored: Iterable<string | Uint8Array>): Digest {
  const range = CompactRange.empty();
  for (const event of stored) range.append(leafOf(event));
  return { size: range.size, root: toHex(range.root()) };
}

/**
 * First place at which two feeds differ, by asking for digests of prefixes only: log2(n) questions. `same(n)` says
 * whether the first n events agree on both sides. Null when all `size` agree.
 */
export async function firstDifference(size: number, same: (size: number) => Promise<boolean>): Promise<number | null> {
  if (size === 0 || (await same(size))) return null;
  let agreed = 0;
  let differs = size;
  while (differs - agreed > 1) {
    const middle = agreed + Math.floor((differs - agreed) / 2);
    if (await same(middle)) agreed = middle;
    else differs = middle;
  }
  return agreed;
}
