import { addDays, effectiveDate, elapseDay, nextBusinessDay, noticeDeadline, returnDue, term } from '@app/calendar';
import type { Warning } from './cancellation.js';
import type { Policies } from '@app/agreement';
import type { Holidays, PlainDate, Term } from '@app/calendar';

/** Any of these questions together. */
export interface CalendarQuestion {
  readonly chain?: { readonly billingStartsOn: PlainDate; readonly months: number; readonly count: number };
  readonly termEndsOn?: PlainDate;
  readonly notice?: { readonly arrivedOn: PlainDate; readonly designatedOn: PlainDate | null };
  readonly deviceEventOn?: PlainDate;
  readonly policies: Policies;
  /** For `art142: returns` only. */
  readonly holidays: Holidays | null;
}

export interface CalendarAnswer {
  readonly periods?: readonly Term[];
  readonly noticeDeadline?: PlainDate;
  readonly thirtiethDay?: PlainDate;
  readonly effectiveOn?: PlainDate;
  /** Null where the holiday table does not reach. */
  readonly returnDueOn?: PlainDate | null;
  readonly overdueFrom?: PlainDate | null;
  readonly warnings?: readonly Warning[];
}

/** The calendar law of the agreement (Civil Code 138-143; A3, A8-4-2, A8-4-4b, A8-8, A10), by itself. */
export function simulateCalendar(q: CalendarQuestion): CalendarAnswer {
  return {
    ...(q.chain && { periods: chain(q.chain, q.policies) }),
    ...(q.termEndsOn && { noticeDeadline: noticeDeadline(q.termEndsOn) }),
    ...(q.notice && {
      thirtiethDay: elapseDay(q.notice.arrivedOn),
      effectiveOn: effectiveDate(q.notice.arrivedOn, q.notice.designatedOn),
    }),
    ...(q.deviceEventOn && returnOf(q.deviceEventOn, q.policies, q.holidays)),
  };
}

const chain = (q: { billingStartsOn: PlainDate; months: number; count: number }, policies: Policies): Term[] =>
  Array.from({ length: q.count }, (_, i) => term(q.billingStartsOn, i + 1, policies.chainAnchor, q.months));

function returnOf(event: PlainDate, policies: Policies, holidays: Holidays | null): CalendarAnswer {
  const due = returnDue(event);
  if (policies.art142 === 'off') return { returnDueOn: due, overdueFrom: addDays(due, 1) };
  const moved = holidays === null ? null : nextBusinessDay(due, holidays);
  if (moved !== null) return { returnDueOn: moved, overdueFrom: addDays(moved, 1) };
  const facts = { due, table: holidays?.name ?? null, to: holidays?.to ?? null };
  return { returnDueOn: null, overdueFrom: null, warnings: [{ code: 'beyond-holiday-table', clause: 'A8-4-2', facts }] };
}
