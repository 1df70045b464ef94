import type { Kysely } from 'kysely';
import type { Holidays, PlainDate } from '@app/calendar';
import type { ReadStore } from '@app/read-store';
import { fromCursor, pageOf, type PageOf } from './cursor.js';
import type { ReadModels } from './schema.js';

/** A handle for typed queries: the store's own, or that of one unmoving picture. */
export type Db = Kysely<ReadModels>;

/** The synchronous side, for what is asked all the time. */
export type Statements = Pick<ReadStore<ReadModels>, 'statement' | 'snapshot'>;

export interface Page {
  readonly cursor?: string | null | undefined;
  readonly limit: number;
}

/** A query over rows that are numbered as they came. */
interface Numbered<R> {
  where(column: 'no', is: '<', value: number): Numbered<R>;
  orderBy(column: 'no', direction: 'desc'): Numbered<R>;
  limit(rows: number): Numbered<R>;
  execute(): Promise<R[]>;
}

/** One page of numbered rows, newest first; the query says which of them. @throws {MalformedCursor} */
export async function newestFirst<R extends { readonly no: number }>(query: Numbered<R>, { cursor, limit }: Page): Promise<PageOf<R>> {
  const after = fromCursor(cursor, [0]);
  const behind = after === null ? query : query.where('no', '<', after[0]);
  return pageOf(await behind.orderBy('no', 'desc').limit(limit + 1).execute(), limit, (r) => [r.no]);
}

/** As what was known. */
export interface Knowing {
  /** How many events the log held then, see `placeKnownAt`; default: all of them. */
  readonly at?: number | undefined;
}

/** From when on a list speaks; both days included. */
export interface Window extends Page, Knowing {
  readonly from?: PlainDate | undefined;
  readonly to?: PlainDate | undefined;
  readonly today: PlainDate;
}

/** What derived days depend on beside the facts. */
export interface Around {
  readonly today: PlainDate;
  readonly holidays: Holidays | null;
}
