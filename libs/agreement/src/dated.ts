import { plainDate } from '@app/calendar';
import type { PlainDate } from '@app/calendar';

/** Where a row comes from: the text as of 2025-10-01, or carried back from it because no earlier text was available. */
export type Source = 'text' | 'inferred';

/** A row of a table in force from a day until a later row of the same subject supersedes it. Rows are never edited. */
export interface Dated {
  readonly from: PlainDate;
  readonly source: Source;
}

/** First day on which the agreement exists; earlier days are refused everywhere. */
export const FIRST_DAY = plainDate('2018-10-01');
/** Day of the version whose text the tables hold. */
export const TEXT_DAY = plainDate('2025-10-01');

/** Rows of today's text, carried back to the first day. */
export function carriedBack<T extends object>(row: T): readonly [T & Dated, T & Dated] {
  return [
    { ...row, from: FIRST_DAY, source: 'inferred' },
    { ...row, from: TEXT_DAY, source: 'text' },
  ];
}

/** Thrown where no row answers: there is no silent default. */
export class NoRow extends RangeError {}

/** The one row in force on a day; rows ascend by `from`. Throws {@link NoRow}. */
export function rowAt<T extends Dated>(rows: readonly T[], date: PlainDate, what: string): T {
  const row = rows.findLast((r) => r.from <= date);
  if (row === undefined) throw new NoRow(`no row of ${what} answers for ${date}`);
  return row;
}
