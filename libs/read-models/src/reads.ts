import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
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

const number = sql.ref<number>('no');

/** One page of rows that are numbered as they came, newest first; the query says which of them. @throws {MalformedCursor} */
export async function newestFirst<DB, T extends keyof DB, R extends { readonly no: number }>(query: SelectQueryBuilder<DB, T, R>, { cursor, limit }: Page): Promise<PageOf<R>> {
  const after = fromCursor(cursor, [0]);
  const behind = after === null ? query : query.where(number, '<', after[0]);
  return pageOf(await behind.orderBy(number, 'desc').limit(limit + 1).execute(), limit, (r) => [r.no]);
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
