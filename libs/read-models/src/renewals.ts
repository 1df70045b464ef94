/** The next term end of each line that renews, or would. */
import { addDays, maxDate, noticeDeadline, termAt, term, type PlainDate } from '@app/calendar';
import type { Subject } from '@app/contract';
import { fromCursor, pageOf, type Key } from './cursor.js';
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

type Row = RenewalsTable & { contract_id: string; management_unit_id: string; contractor_id: string; item: string };

/**
 * The next term end from today on of each line in force, where it falls in the window; the soonest deadline first.
 * Renewals that are due and not yet written are counted as if they were. @throws {MalformedCursor}
 */
export async function renewalsPage(db: Db, w: Window): Promise<{ renewals: Renewal[]; nextCursor: string | null }> {
  const { today, limit } = w;
  const from = maxDate(w.from ?? today, today);
  const to = w.to ?? OPEN;
  const after = fromCursor(w.cursor, ['', 0, 0]);
  const inForce = db
    .selectFrom('renewals as r')
    .innerJoin('contracts as c', 'c.no', 'r.no')
    .selectAll('r')
    .select(['c.contract_id', 'c.management_unit_id', 'c.contractor_id', 'c.item'])
    .where((eb) => eb.or([eb('r.end_on', 'is', null), eb('r.end_on', '>=', today)]));
  const onTime: Row[] = await inForce
    .where('r.term_ends_on', '>=', from)
    .where('r.term_ends_on', '<=', to)
    // Deadlines ascend with term ends: this is where the index begins.
    .where('r.deadline', '>=', noticeDeadline(from))
    .$if(after !== null, (q) => q.where((eb) => eb(eb.refTuple('r.deadline', 'r.no', 'r.line'), '>', eb.tuple(after![0] as PlainDate, after![1], after![2]))))
    .orderBy('r.deadline')
    .orderBy('r.no')
    .orderBy('r.line')
    .limit(limit + 1)
    .execute();
  // Terms that have passed meanwhile have moved on, each to where today lies.
  const late: Row[] = await inForce.where('r.deadline', '<', noticeDeadline(today)).where('r.term_ends_on', '<', today).execute();
  const moved = late.map((r) => moveOn(r, today)).filter((r) => r.term_ends_on >= from && r.term_ends_on <= to && (after === null || compare(keyOf(r), after) > 0));
  const found = moved.length === 0 ? onTime : [...onTime, ...moved].sort((a, b) => compare(keyOf(a), keyOf(b)));
  const { rows, nextCursor } = pageOf(found, limit, keyOf);
  return { renewals: rows.map((r) => renewalOf(r)), nextCursor };
}

const keyOf = (r: Row): Key => [r.deadline, r.no, r.line];

function compare(a: Key, b: Key): number {
  const i = a.findIndex((part, k) => part !== b[k]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
}

function moveOn(r: Row, today: PlainDate): Row {
  const t = termAt(r.starts_on, today, r.chain_anchor) ?? term(r.starts_on, 1, r.chain_anchor);
  return { ...r, term_ends_on: t.endsOn, deadline: t.noticeDeadline };
}

function renewalOf(r: Row): Renewal {
  const t = termAt(r.starts_on, r.term_ends_on, r.chain_anchor)!;
  const renews = r.end_on === null || r.end_on > t.endsOn;
  return {
    contractId: r.contract_id,
    managementUnitId: r.management_unit_id,
    contractorId: r.contractor_id,
    item: r.item,
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
