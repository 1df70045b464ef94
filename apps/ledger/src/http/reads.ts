import { InvalidInput, Refused } from './problem.js';

export const DEFAULT_LIMIT = 50;

/** Query parameters with `limit` as a number. */
export const paged = <T extends { readonly limit?: string }>(query: T): Omit<T, 'limit'> & { readonly limit: number } => ({
  ...query,
  limit: query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit),
});

/** What was found, or 404. */
export function found<T>(what: string, thing: T | null): T {
  if (thing === null) throw new Refused(404, 'not-found', { what });
  return thing;
}

/** A page of a list that is at hand whole; the cursor is the place to go on from. Without `limit`: all of it. Throws {@link InvalidInput}. */
export function pageOf<T>(rows: readonly T[], query: { readonly limit?: string; readonly cursor?: string }): { rows: T[]; nextCursor: string | null } {
  const from = query.cursor === undefined ? 0 : Number(query.cursor);
  if (!Number.isSafeInteger(from) || from < 0) throw new InvalidInput([{ path: 'cursor', message: 'cursor' }]);
  const to = query.limit === undefined ? rows.length : from + Number(query.limit);
  return { rows: rows.slice(from, to), nextCursor: to < rows.length ? String(to) : null };
}
