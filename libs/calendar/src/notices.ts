import { effectiveDate, elapseDay, term, termAt } from './periods.js';
import type { ChainAnchor, Term } from './periods.js';
import type { PlainDate } from './plain-date.js';

export interface TermNotice {
  readonly startsOn: PlainDate;
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
  /** N8: what a timely notice does that designates a day after the term end. */
  readonly lateDesignation: 'renew' | 'expire';
  readonly chainAnchor: ChainAnchor;
  /** Length of a term; 12 unless said otherwise. */
  readonly months?: number;
}

export interface TermNoticeEffect {
  readonly rule: 'before-billing' | 'within-term' | 'expiry' | 'renewed';
  /** Last day in force. */
  readonly endsOn: PlainDate;
  /** The later of the 30th day and the designated day; endsOn differs from it only by `expiry`. */
  readonly effectiveOn: PlainDate;
  readonly thirtiethDay: PlainDate;
  /** Whether the notice arrived by the deadline of the term it arrived in. */
  readonly timely: boolean;
  /** The term in which the notice arrived, term 1 where it arrived before the start. */
  readonly arrivalTerm: Term;
  /** The term that contains endsOn; null before billing. */
  readonly endTerm: Term | null;
  /** A timely notice that designates a day after the term end (N8): to be warned about. */
  readonly lateDesignated: boolean;
}

/** When a notice ends a line with one-year renewing terms (A3-2, A10-2; A8-7, A8-8; N6-N9). */
export function resolveTermNotice(n: TermNotice): TermNoticeEffect {
  const months = n.months ?? 12;
  const arrivalTerm = termAt(n.startsOn, n.arrivedOn, n.chainAnchor, months) ?? term(n.startsOn, 1, n.chainAnchor, months);
  const thirtiethDay = elapseDay(n.arrivedOn);
  const effectiveOn = effectiveDate(n.arrivedOn, n.designatedOn);
  const timely = n.arrivedOn <= arrivalTerm.noticeDeadline;
  const lateDesignated = timely && n.designatedOn !== null && n.designatedOn > arrivalTerm.endsOn;
  const common = { effectiveOn, thirtiethDay, timely, arrivalTerm, lateDesignated };
  if (effectiveOn < n.startsOn) return { rule: 'before-billing', endsOn: effectiveOn, endTerm: null, ...common };
  if (effectiveOn <= arrivalTerm.endsOn) return { rule: 'within-term', endsOn: effectiveOn, endTerm: arrivalTerm, ...common };
  if (timely && !(lateDesignated && n.lateDesignation === 'renew'))
    return { rule: 'expiry', endsOn: arrivalTerm.endsOn, endTerm: arrivalTerm, ...common };
  return { rule: 'renewed', endsOn: effectiveOn, endTerm: termAt(n.startsOn, effectiveOn, n.chainAnchor, months), ...common };
}

export interface MinimumNotice {
  readonly startsOn: PlainDate;
  /** Last day of the minimum use period; null where there is none. */
  readonly minEndsOn: PlainDate | null;
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
}

export interface MinimumNoticeEffect {
  readonly rule: 'before-billing' | 'minimum' | 'none';
  readonly endsOn: PlainDate;
  readonly effectiveOn: PlainDate;
  readonly thirtiethDay: PlainDate;
  readonly beforeBilling: boolean;
  readonly settlementDue: boolean;
}

/** When a notice ends a line with a minimum use period or without any (A10-1, A8-8; N14). */
export function resolveMinNotice(n: MinimumNotice): MinimumNoticeEffect {
  const effectiveOn = effectiveDate(n.arrivedOn, n.designatedOn);
  const beforeBilling = effectiveOn < n.startsOn;
  return {
    rule: beforeBilling ? 'before-billing' : n.minEndsOn === null ? 'none' : 'minimum',
    endsOn: effectiveOn,
    effectiveOn,
    thirtiethDay: elapseDay(n.arrivedOn),
    beforeBilling,
    settlementDue: !beforeBilling && n.minEndsOn !== null && effectiveOn < n.minEndsOn,
  };
}
