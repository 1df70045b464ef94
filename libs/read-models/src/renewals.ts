/** The next term end of each line that renews, or would. */
import { addDays, daysBetween, maxDate, noticeDeadline, termAt, term, type PlainDate } from '@app/calendar';
import type { Subject } from '@app/contract';
import { fromCursor, pageOf, type Key } from './cursor.js';
import { headsOf, renewalsAt, type Head } from './known.js';
import type { Db, Window } from './reads.js';
import { OPEN } from './schema.js';
import type { RenewalsTable } from './schema.js';

export interface Renewal {
  readonly contractId: string;
  readonly managementUnitId: string;
  readonly contractorId: string;
  readonly item: string;
  readonly subject: Subject;
  /** Number of the option; null for the base. */
  readonly option: number | null;
  readonly index: number;
  readonly startsOn: PlainDate;
  /** The term end. */
  readonly endsOn: PlainDate;
  /** Last day on which a notice may arrive to prevent the renewal. */
  readonly noticeDeadline: PlainDate;
  readonly nextRenewalOn: PlainDate | null;
  readonly renews: boolean;
  readonly end: { readonly on: PlainDate; readonly reason: string; readonly clause: string | null } | null;
}

type Row = Omit<RenewalsTable, 'known_from' | 'term_ends_on' | 'deadline'> & { term_ends_on: PlainDate; deadline: PlainDate };

/**
 * The next term end from a day on of each line in force, where it falls in the window; the soonest deadline first.
 * Renewals that are due and not yet written are counted as if they were. Use one unmoving picture.
 * @throws {MalformedCursor}
 */
export async function renewalsPage(db: Db, w: Window & { /** Whether the day is today, which the rows are made for. */ readonly now?: boolean }): Promise<{ renewals: Renewal[]; nextCursor: string | null }> {
  const after = fromCursor(w.cursor, ['', 0, 0]);
  const from = maxDate(w.from ?? w.today, w.today);
  const span = { ...w, from, to: w.to ?? OPEN, after };
  const found = w.at === undefined && w.now !== false ? await nextTerms(db, span) : await termsOn(db, span);
  const { rows, nextCursor } = pageOf(found, w.limit, keyOf);
  const heads = await headsOf(db, rows.map((r) => r.no), w.at);
  return { renewals: rows.map((r) => renewalOf(r, heads.get(r.no)!)), nextCursor };
}

interface Span {
  readonly today: PlainDate;
  readonly at?: number | undefined;
  readonly from: PlainDate;
  readonly to: PlainDate;
  readonly limit: number;
  readonly after: readonly [string, number, number] | null;
}

/** From today on, as everything is known: the rows hold the next term ends. */
async function nextTerms(db: Db, { today, from, to, limit, after }: Span): Promise<Row[]> {
  const inForce = db
    .selectFrom('renewals as r')
    .selectAll('r')
    .where((eb) => eb.or([eb('r.end_on', 'is', null), eb('r.end_on', '>=', today)]));
  const onTime = (await inForce
    .where('r.term_ends_on', '>=', from)
    .where('r.term_ends_on', '<=', to)
    // Deadlines ascend with term ends: this is where the index begins.
    .where('r.deadline', '>=', noticeDeadline(from))
    .$if(after !== null, (q) => q.where((eb) => eb(eb.refTuple('r.deadline', 'r.no', 'r.line'), '>', eb.tuple(after![0] as PlainDate, after![1], after![2]))))
    .orderBy('r.deadline')
    .orderBy('r.no')
    .orderBy('r.line')
    .limit(limit + 1)
    .execute()) as Row[];
  // Terms that have passed meanwhile have moved on, each to where today lies.
  const late = (await inForce.where('r.deadline', '<', noticeDeadline(today)).where('r.term_ends_on', '<', today).execute()) as Row[];
  const moved = late.map((r) => moveOn(r, today)).filter((r) => r.term_ends_on >= from && r.term_ends_on <= to && (after === null || compare(keyOf(r), after) > 0));
  return moved.length === 0 ? onTime : [...onTime, ...moved].sort((a, b) => compare(keyOf(a), keyOf(b)));
}

/** Days by which a term end may lie from the anniversary of the line's start, with room to spare. */
const DRIFT = 4;

/**
 * From any day on, as known at any place: the term that holds the day, of each line. Terms are years, so in a window of
 * some weeks only the lines are looked at whose year begins about then.
 */
async function termsOn(db: Db, { today, at, from, to, limit, after }: Span): Promise<Row[]> {
  const [first, last] = [addDays(from, -DRIFT).slice(5), to === OPEN ? '' : addDays(to, DRIFT).slice(5)];
  const narrow = to !== OPEN && daysBetween(from, to) < 300;
  const lines = await db
    .selectFrom(renewalsAt(db, at).as('r'))
    .selectAll()
    .where((eb) => eb.or([eb('end_on', 'is', null), eb('end_on', '>=', today)]))
    .$if(narrow, (q) =>
      q.where((eb) => {
        const year = eb.fn<string>('substr', ['starts_on', eb.lit(6)]);
        return first <= last ? eb.between(year, first, last) : eb.or([eb(year, '>=', first), eb(year, '<=', last)]);
      }),
    )
    .execute();
  return lines
    .map((r) => moveOn(r, today))
    .filter((r) => r.term_ends_on >= from && r.term_ends_on <= to && (after === null || compare(keyOf(r), after) > 0))
    .sort((a, b) => compare(keyOf(a), keyOf(b)))
    .slice(0, limit + 1);
}

const keyOf = (r: Row): Key => [r.deadline, r.no, r.line];

function compare(a: Key, b: Key): number {
  const i = a.findIndex((part, k) => part !== b[k]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
}

function moveOn(r: Omit<Row, 'term_ends_on' | 'deadline'>, today: PlainDate): Row {
  const t = termAt(r.starts_on, today, r.chain_anchor) ?? term(r.starts_on, 1, r.chain_anchor);
  return { ...r, term_ends_on: t.endsOn, deadline: t.noticeDeadline };
}

function renewalOf(r: Row, head: Head): Renewal {
  const t = termAt(r.starts_on, r.term_ends_on, r.chain_anchor)!;
  const renews = r.end_on === null || r.end_on > t.endsOn;
  return {
    ...head,
    subject: r.subject,
    option: r.option,
    index: t.index,
    startsOn: t.startsOn,
    endsOn: t.endsOn,
    noticeDeadline: t.noticeDeadline,
    nextRenewalOn: renews ? addDays(t.endsOn, 1) : null,
    renews,
    end: r.end_on === null ? null : { on: r.end_on, reason: r.end_reason!, clause: r.end_clause },
  };
}
