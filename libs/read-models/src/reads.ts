import type { Kysely } from 'kysely';
import type { Holidays, PlainDate } from '@app/calendar';
import type { ReadStore } from '@app/read-store';
import type { ReadModels } from './schema.js';

/** A handle for typed queries: the store's own, or that of one unmoving picture. */
export type Db = Kysely<ReadModels>;

/** The synchronous side, for what is asked all the time. */
export type Statements = Pick<ReadStore<ReadModels>, 'statement' | 'snapshot'>;

export interface Page {
  readonly cursor?: string | null | undefined;
  readonly limit: number;
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
