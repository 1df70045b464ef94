import { rowAt } from './dated.js';
import { IN_FORCE_IDS } from './ids.js';
import { plainDate } from '@app/calendar';
import type { PlainDate } from '@app/calendar';
import type { Dated } from './dated.js';

/** A version of the agreement, named by the day it came into force. */
export interface Revision extends Dated {
  readonly id: string;
  readonly clause: (typeof IN_FORCE_IDS)[number];
}

const FIRST_YEAR = { H: 1989, R: 2019 } as const;

/** The day a clause such as S-R7-10-1-1 brings its version into force: era, year, month, day. */
function dayOfRevision(clause: string): PlainDate {
  const [era, year, month, day] = /^S-([HR])(\d+)-(\d+)-(\d+)/.exec(clause)!.slice(1) as ['H' | 'R', string, string, string];
  return plainDate(`${FIRST_YEAR[era] + Number(year) - 1}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

/** The 18 versions, oldest first. Only the text of the last was available; the tables carry it back. */
export const REVISIONS: readonly Revision[] = IN_FORCE_IDS.map((clause, i) => {
  const from = dayOfRevision(clause);
  return { id: from, clause, from, source: i === IN_FORCE_IDS.length - 1 ? 'text' : 'inferred' };
});

/** A version by the day it came into force, or by the clause that brought it; undefined: there is none. */
export const revisionNamed = (name: unknown): Revision | undefined => REVISIONS.find((r) => r.id === name || r.clause === name);

/** The version in force on a day. Throws NoRow before 2018-10-01. */
export const revisionAt = (date: PlainDate): Revision => rowAt(REVISIONS, date, 'revisions');
