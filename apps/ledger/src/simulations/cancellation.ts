import { option, periodAt, periodOfItem, periodOfOption, receipt, settle, settlementRule } from '@app/agreement';
import { addDays, periodEnd, resolveMinNotice, resolveTermNotice, term, termAt } from '@app/calendar';
import type { BindingPeriod, CitableId, ItemCode, OptionNo, PeriodRule, Policies, SettlementMonth } from '@app/agreement';
import type { MinimumNoticeEffect, PlainDate, TermNoticeEffect } from '@app/calendar';
import type { Json, Receipt } from '@app/kernel';
import type { Yen } from '@app/money';

/** Which line a notice would end: a contract of an item, or one option. */
export type Subject = { readonly item: ItemCode } | { readonly option: OptionNo };

export interface CancellationQuestion {
  readonly subject: Subject;
  readonly billingStartsOn: PlainDate;
  /** The line's fee in force on the end day; null: not known, so no amount can be told. */
  readonly monthlyFee: Yen | null;
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
  readonly policies: Policies;
}

/** As in the contract's own shape. */
export type Period =
  | { readonly kind: 'minimum'; readonly startsOn: PlainDate; readonly endsOn: PlainDate }
  | {
      readonly kind: 'term';
      readonly index: number;
      readonly startsOn: PlainDate;
      readonly endsOn: PlainDate;
      readonly noticeDeadline: PlainDate;
      /** Null: the end is fixed within this term. */
      readonly nextRenewalOn: PlainDate | null;
    }
  | { readonly kind: 'none' };

export interface SimulatedLine {
  readonly subject: 'base' | 'option';
  /** Null where no monthly fee was given. */
  readonly amount: Yen | null;
  readonly from: PlainDate;
  readonly to: PlainDate;
  readonly monthlyFee: Yen | null;
  readonly months: readonly SettlementMonth[];
  readonly clause: CitableId;
  readonly annex: 'X2-1' | 'X2-2';
  readonly policy: { readonly [name: string]: string };
}

export type Milestone =
  | 'day-before-billing'
  | 'thirtieth-day'
  | 'notice-deadline'
  | 'designated-day'
  | 'minimum-period-end'
  | 'term-end'
  | 'end';

/** A day that matters: what ending on it would cost, and whether designating it in this notice would make it the end. */
export interface Rung {
  readonly on: PlainDate;
  readonly what: readonly Milestone[];
  /** Yen; null where a settlement would be due and no fee is known. */
  readonly cost: Yen | null;
  readonly reachable: boolean;
}

export interface Warning {
  readonly code: string;
  readonly clause: CitableId | null;
  readonly facts: { readonly [key: string]: Json };
}

export interface CancellationAnswer {
  readonly endsOn: PlainDate;
  readonly rule: 'within-term' | 'expiry' | 'renewed' | 'before-billing' | 'minimum' | 'none';
  /** Arrived by the deadline of the term it arrived in; true where there is no deadline to miss. */
  readonly timely: boolean;
  /** Of the term in which the notice arrived; null where there is none, or billing has not begun by the end. */
  readonly noticeDeadline: PlainDate | null;
  readonly period: Period;
  readonly settlement: { readonly total: Yen | null; readonly lines: readonly SimulatedLine[] };
  readonly ladder: readonly Rung[];
  readonly receipts: readonly Receipt[];
  readonly warnings: readonly Warning[];
}

const MILESTONES: readonly Milestone[] = [
  'day-before-billing',
  'thirtieth-day',
  'notice-deadline',
  'designated-day',
  'minimum-period-end',
  'term-end',
  'end',
];

type Effect =
  | { readonly kind: 'term'; readonly effect: TermNoticeEffect }
  | { readonly kind: 'minimum' | 'none'; readonly effect: MinimumNoticeEffect };

function resolve(q: CancellationQuestion, rule: PeriodRule, designatedOn: PlainDate | null): Effect {
  const { billingStartsOn: startsOn, arrivedOn, policies } = q;
  if (rule.kind === 'term') {
    const { lateDesignation, chainAnchor } = policies;
    return { kind: 'term', effect: resolveTermNotice({ startsOn, arrivedOn, designatedOn, lateDesignation, chainAnchor, months: rule.months }) };
  }
  const minEndsOn = rule.kind === 'minimum' ? periodEnd(startsOn, { months: rule.months }) : null;
  return { kind: rule.kind, effect: resolveMinNotice({ startsOn, minEndsOn, arrivedOn, designatedOn }) };
}

/** What a settlement at an end day would be; null: nothing is due. */
function lineAt(q: CancellationQuestion, rule: PeriodRule, endsOn: PlainDate): SimulatedLine | null {
  if (endsOn < q.billingStartsOn) return null;
  const period = periodAt(rule, q.billingStartsOn, endsOn, q.policies.chainAnchor);
  if (period === null || endsOn >= period.endsOn) return null;
  const subject = 'item' in q.subject ? 'base' : 'option';
  const { due, clause } = settlementRule({ subject, period: rule, ground: 'notice', withContract: false, policies: q.policies });
  if (!due) return null;
  const { proration, rounding, optionTerm } = q.policies;
  const s = settle({ monthlyFee: q.monthlyFee ?? 0, periodStartsOn: period.startsOn, periodEndsOn: period.endsOn, endsOn, proration, rounding });
  return {
    subject,
    amount: q.monthlyFee === null ? null : s.total,
    from: s.from!,
    to: s.to!,
    monthlyFee: q.monthlyFee,
    months: q.monthlyFee === null ? [] : s.months,
    clause,
    annex: subject === 'base' ? 'X2-1' : 'X2-2',
    policy: { proration, rounding, ...(subject === 'option' && rule.kind === 'term' && { optionTerm }) },
  };
}

const costOf = (line: SimulatedLine | null): Yen | null => (line === null ? 0 : line.amount);

/**
 * What a cancellation notice would do (A3-2, A8-8, A10-1, A10-2, A12, X2), from the tables alone: nothing is stored
 * and no contract is needed.
 */
export function simulateCancellation(q: CancellationQuestion): CancellationAnswer {
  const rule = 'item' in q.subject ? periodOfItem(q.subject.item) : periodOfOption(q.subject.option);
  const resolved = resolve(q, rule, q.designatedOn);
  const { endsOn } = resolved.effect;
  const period = periodAt(rule, q.billingStartsOn, endsOn, q.policies.chainAnchor);
  const line = lineAt(q, rule, endsOn);
  // Before billing no term has begun, so there is no deadline to miss.
  const deadlined = resolved.kind === 'term' && resolved.effect.rule !== 'before-billing' ? resolved.effect : null;
  return {
    endsOn,
    rule: resolved.effect.rule,
    timely: deadlined?.timely ?? true,
    noticeDeadline: deadlined?.arrivalTerm.noticeDeadline ?? null,
    period: shown(period),
    settlement: { total: costOf(line), lines: line === null ? [] : [line] },
    ladder: ladderOf(q, rule, resolved),
    receipts: receiptsOf(q, rule, resolved, period, line),
    warnings: warningsOf(q, rule, resolved, line),
  };
}

const shown = (period: BindingPeriod | null): Period =>
  period === null ? { kind: 'none' } : period.kind === 'minimum' ? period : { ...period, nextRenewalOn: null };

function ladderOf(q: CancellationQuestion, rule: PeriodRule, resolved: Effect): Rung[] {
  const { endsOn, thirtiethDay } = resolved.effect;
  const { billingStartsOn: start, policies } = q;
  const days = new Map<PlainDate, Milestone[]>();
  const put = (on: PlainDate, what: Milestone): void => void days.set(on, [...(days.get(on) ?? []), what]);
  put(thirtiethDay, 'thirtieth-day');
  if (q.designatedOn !== null) put(q.designatedOn, 'designated-day');
  put(endsOn, 'end');
  if (thirtiethDay < start) put(addDays(start, -1), 'day-before-billing');
  if (resolved.kind === 'term') {
    const { arrivalTerm } = resolved.effect;
    put(arrivalTerm.noticeDeadline, 'notice-deadline');
    // From the term of the arrival to the one after the end's.
    const last = (termAt(start, endsOn, policies.chainAnchor)?.index ?? arrivalTerm.index) + 1;
    for (let i = arrivalTerm.index; i <= last; i++) put(term(start, i, policies.chainAnchor).endsOn, 'term-end');
  } else if (rule.kind === 'minimum') put(periodEnd(start, { months: rule.months }), 'minimum-period-end');
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([on, what]) => ({
      on,
      what: MILESTONES.filter((m) => what.includes(m)),
      cost: costOf(lineAt(q, rule, on)),
      reachable: resolve(q, rule, on).effect.endsOn === on,
    }));
}

function receiptsOf(q: CancellationQuestion, rule: PeriodRule, resolved: Effect, period: BindingPeriod | null, line: SimulatedLine | null): Receipt[] {
  const base = 'item' in q.subject;
  const { arrivedOn, designatedOn, policies } = q;
  const { endsOn, effectiveOn, thirtiethDay } = resolved.effect;
  const out: Receipt[] = [
    receipt(!base ? 'A8-8' : rule.kind === 'term' ? 'A10-2' : 'A10-1', { arrivedOn, thirtiethDay, designatedOn, effectiveOn }),
  ];
  if (resolved.kind === 'term') {
    const { arrivalTerm: t, timely, lateDesignated, rule: how } = resolved.effect;
    const { chainAnchor, lateDesignation } = policies;
    out.push(receipt(base ? 'A3-2a' : 'A8-7a', { index: t.index, startsOn: t.startsOn, endsOn: t.endsOn }, { chainAnchor }));
    if (how !== 'before-billing') out.push(receipt(base ? 'A3-2b' : 'A8-7b', { termEndsOn: t.endsOn, noticeDeadline: t.noticeDeadline, arrivedOn, timely }));
    if (how === 'within-term' && !timely) out.push(receipt('N6', { endsOn, termEndsOn: t.endsOn }));
    if (how === 'expiry') out.push(receipt('N7', { effectiveOn, endsOn }));
    if (lateDesignated) out.push(receipt('N8', { designatedOn, termEndsOn: t.endsOn, endsOn }, { lateDesignation }));
    if (designatedOn === null) out.push(receipt('N9', { thirtiethDay, endsOn }));
    if (how === 'renewed' && period?.kind === 'term')
      out.push(receipt(base ? 'A3-2c' : 'A8-7c', { index: period.index, startsOn: period.startsOn, endsOn: period.endsOn }, { chainAnchor }));
  } else if (period !== null) out.push(receipt(rule.clause, { startsOn: period.startsOn, endsOn: period.endsOn }));
  else out.push(receipt(rule.clause, {}));
  if (endsOn < q.billingStartsOn) return [...out, receipt('N14', { endsOn, billingStartsOn: q.billingStartsOn, amount: 0 })];
  if (period === null) return out;
  const { due, clause, because } = settlementRule({
    subject: base ? 'base' : 'option',
    period: rule,
    ground: 'notice',
    withContract: false,
    policies,
  });
  const early = endsOn < period.endsOn;
  out.push(receipt(clause, { endsOn, periodEndsOn: period.endsOn, due: early && due }));
  if (early && because !== null) out.push(receipt(because, { due }, because === 'N1' ? { optionTerm: policies.optionTerm } : undefined));
  if (line !== null)
    out.push(
      receipt(line.annex, { monthlyFee: line.monthlyFee, from: line.from, to: line.to, amount: line.amount }, {
        proration: policies.proration,
        rounding: policies.rounding,
      }),
    );
  return out;
}

function warningsOf(q: CancellationQuestion, rule: PeriodRule, resolved: Effect, line: SimulatedLine | null): Warning[] {
  const base = 'item' in q.subject;
  const { arrivedOn, designatedOn } = q;
  const { endsOn, thirtiethDay } = resolved.effect;
  const out: Warning[] = [];
  const warn = (code: string, clause: CitableId | null, facts: Warning['facts']): void => void out.push({ code, clause, facts });
  if (resolved.kind === 'term') {
    const { arrivalTerm: t, timely, lateDesignated } = resolved.effect;
    if (lateDesignated)
      warn('late-designation', 'N8', { arrivedOn, designatedOn, noticeDeadline: t.noticeDeadline, termEndsOn: t.endsOn, endsOn });
    if (!timely) warn('deadline-missed', base ? 'A3-2b' : 'A8-7b', { arrivedOn, noticeDeadline: t.noticeDeadline, termEndsOn: t.endsOn, endsOn });
    if (designatedOn === null) warn('undesignated', 'N9', { arrivedOn, thirtiethDay, endsOn });
  }
  if ('option' in q.subject) {
    const { cascade } = option(q.subject.option);
    if (cascade !== null) warn('cascade-if-last', cascade, { option: q.subject.option, endsOn });
  }
  if (line !== null && line.amount === null) warn('fee-unknown', line.clause, { endsOn, from: line.from, to: line.to });
  if (line?.amount) warn('settlement', line.clause, { subject: line.subject, endsOn, amount: line.amount });
  return out;
}
