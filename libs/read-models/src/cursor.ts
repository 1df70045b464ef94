/** Where a list goes on: the sort key of its last row, opaque to the caller. */

/** A cursor that no list of this kind gave out: the caller's fault. */
export class MalformedCursor extends Error {
  override readonly name = 'MalformedCursor';
  constructor() {
    super('is not a cursor of this list');
  }
}

export type Key = readonly (string | number)[];

/** URL-safe text of a sort key. */
export const toCursor = (key: Key): string => Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');

/**
 * The sort key of a cursor whose parts have the types of `like`; null without a cursor.
 * @throws {MalformedCursor}
 */
export function fromCursor<const K extends Key>(cursor: string | null | undefined, like: K): { [I in keyof K]: K[I] extends number ? number : string } | null {
  if (cursor == null) return null;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw new MalformedCursor();
  }
  const fits = Array.isArray(key) && key.length === like.length && like.every((part, i) => typeof part === typeof key[i] && (typeof part !== 'number' || Number.isSafeInteger(key[i])));
  // Only what this list itself would have written: no second spelling of the same place.
  if (!fits || toCursor(key as Key) !== cursor) throw new MalformedCursor();
  return key as unknown as { [I in keyof K]: K[I] extends number ? number : string };
}

export interface PageOf<T> {
  readonly rows: T[];
  readonly nextCursor: string | null;
}

/** A page from up to `limit + 1` rows: the extra one only says that there is more. */
export function pageOf<T>(found: readonly T[], limit: number, keyOf: (row: T) => Key): PageOf<T> {
  const rows = found.slice(0, limit);
  return { rows, nextCursor: found.length > limit && rows.length > 0 ? toCursor(keyOf(rows.at(-1)!)) : null };
}
