/**
 * The life of a contract, derived from its facts alone: ends, voids, counts, fees, settlements, charges, devices, and
 * what must be written on which day. Nothing here depends on the order in which facts were recorded, except where a
 * tie on one day is broken by it, nor on a clock. Decisions, previews and read models all read this one derivation.
 */
import {
  continuingPrerequisite,
  item as itemRow,
  monthlyParts,
  option as optionRow,
  periodOfItem,
  periodOfOption,
  settle,
  settlementRule,
  type CitableId,
  type EndGround,
  type ItemCode,
  type ItemRow,
  type OptionRow,
  type PeriodRule,
  type Policies,
} from '@app/agreement';
import {
  addDays,
  eachMonth,
  firstOf,
  monthOf,
  nextBusinessDay,
  periodEnd,
  resolveMinNotice,
  resolveTermNotice,
  returnDue,
  term,
  termAt,
  type Holidays,
  type PlainDate,
  type Term,
} from '@app/calendar';
import { deriveId } from '@app/kernel';
import { feeFor, type Fee, type Yen } from '@app/money';
import {
  BASE,
  type AccountCountChanged,
  type CancellationNotified,
  type ConsequenceEvent,
  type Contracted,
  type DeviceFaultReported,
  type DeviceLost,
  type ExcessDetected,
  type OptionAdded,
  type Quoted,
  type SettlementMonth,
  type Subject,
} from './events.js';
import type { Entry, RecordedContract } from './state.js';

/** Last day in force and why. */
export interface End {
  readonly on: PlainDate;
  /** `notice`, `provider`, `general-terms-28-2`, `general-terms-28-3`, `contract`, or the clause that ended it. */
  readonly reason: string;
  readonly clause: CitableId | null;
  /** The fact that fixed it. */
  readonly cause: string;
}

export interface NoticeEffect {
  readonly status: 'effective' | 'superseded' | 'not-on-form' | 'withdrawn' | 'after-end';
  readonly rule: string | null;
  readonly endsOn: PlainDate | null;
  readonly thirtiethDay: PlainDate;
  readonly timely: boolean | null;
  readonly noticeDeadline: PlainDate | null;
  readonly lateDesignated: boolean;
}

export interface Notice {
  readonly noticeId: string;
  readonly subject: Subject;
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
  readonly onForm: boolean;
  readonly consentedOn: PlainDate | null;
  readonly eventId: string;
  readonly effect: NoticeEffect;
}

export interface Step<T> {
  readonly from: PlainDate;
  readonly value: T;
}

/** Days with one monthly amount; `to` null while no end is fixed. */
export interface Segment {
  readonly from: PlainDate;
  readonly to: PlainDate | null;
  readonly amount: Yen;
}

export interface Line {
  readonly subject: Subject;
  readonly period: PeriodRule;
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly end: End | null;
  readonly voided: End | null;
  readonly counts: readonly Step<number>[] | null;
  readonly fees: readonly Step<Fee>[];
  readonly segments: readonly Segment[];
  readonly eventId: string;
}

export interface OptionLine extends Line {
  readonly option: OptionAdded;
  readonly row: OptionRow;
}

export interface Change {
  readonly data: AccountCountChanged;
  readonly eventId: string;
  readonly withdrawn: boolean;
  readonly voided: End | null;
}

export interface SettlementLine {
  readonly subject: Subject;
  readonly amount: Yen;
  readonly dueOn: PlainDate;
  readonly from: PlainDate | null;
  readonly to: PlainDate | null;
  readonly monthlyFee: Yen;
  readonly months: readonly SettlementMonth[];
  readonly clause: CitableId;
  readonly annex: 'X2-1' | 'X2-2';
  readonly basis: string;
  /** Interpretation or clause by which nothing is due although a residual exists; null otherwise. */
  readonly exemption: string | null;
  readonly policy: { readonly [name: string]: string };
}

export interface Charge {
  readonly id: string;
  readonly kind: 'initial' | 'monthly' | 'oneTime' | 'excess' | 'settlement';
  readonly subject: Subject;
  readonly clause: CitableId;
  readonly dueOn: PlainDate;
  readonly amount: Yen | null;
  readonly voidedBy?: string;
  readonly month?: string;
  readonly parts?: readonly { readonly from: PlainDate; readonly to: PlainDate; readonly days: number; readonly of: number; readonly amount: Yen }[];
}

export interface DeviceRow {
  readonly optionId: string;
  readonly returnDueOn: PlainDate | null;
  readonly returnedOn: PlainDate | null;
  readonly deemedLostOn: PlainDate | null;
  readonly deemedChargeId: string;
  readonly faults: readonly {
    readonly faultId: string;
    readonly occurredOn: PlainDate;
    readonly attributableToContractor: boolean;
    readonly replacementArrivedOn: PlainDate | null;
    readonly faultyReturnDueOn: PlainDate | null;
    readonly faultyReturnedOn: PlainDate | null;
  }[];
  readonly losses: readonly { readonly lossId: string; readonly lostOn: PlainDate; readonly returnedOn: PlainDate | null }[];
  readonly foundOn: readonly PlainDate[];
}

export interface Life {
  readonly contract: Contracted;
  readonly contractEventId: string;
  readonly item: ItemRow;
  readonly policies: Policies;
  readonly base: Line;
  readonly end: End | null;
  readonly options: readonly OptionLine[];
  readonly notices: readonly Notice[];
  readonly changes: readonly Change[];
  readonly settlements: readonly SettlementLine[];
  /** Everything but monthly charges, in no particular order. */
  readonly oneOffs: readonly Charge[];
  readonly devices: readonly DeviceRow[];
  readonly excesses: readonly { readonly data: ExcessDetected; readonly eventId: string; readonly coveredBy: number | null }[];
}

/** What the derivation needs beside the facts. */
export interface Surroundings {
  /** For policy `art142: returns`; frozen tables of holidays are the service's setting. */
  readonly holidays: Holidays | null;
}

export const NO_SURROUNDINGS: Surroundings = { holidays: null };

/** The last entry of an ascending time line that has begun by `day`; its first entry before that. */
export function valueAt<T>(steps: readonly Step<T>[], day: PlainDate): T {
  let found = steps[0]!.value;
  for (const s of steps) {
    if (s.from > day) break;
    found = s.value;
  }
  return found;
}

/** By effective day, then by recording; of several on one day the last recorded stands. */
function timeline<T>(initial: Step<T>, changes: readonly Step<T>[]): Step<T>[] {
  const sorted = [initial, ...changes].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  // A change dated before the line's own start is superseded by what the line started with.
  const out: Step<T>[] = [];
  let begun = false;
  for (const s of sorted) {
    if (s === initial) begun = true;
    else if (!begun) continue;
    if (out.at(-1)?.from === s.from) out[out.length - 1] = s;
    else out.push(s);
  }
  return out;
}

const isBefore = (a: End, b: End): boolean => a.on < b.on || (a.on === b.on && rank(a) < rank(b));

/** Ends of the base that fall on one day: provider or general terms, A9, notice, cascade (design 18). */
function rank(e: End): number {
  if (e.reason === 'provider' || e.reason.startsWith('general-terms')) return 0;
  if (e.reason === 'A9') return 1;
  if (e.reason === 'notice') return 2;
  return 3;
}

const earliest = (ends: readonly End[]): End | null => ends.reduce<End | null>((best, e) => (best === null || isBefore(e, best) ? e : best), null);

/** Last day of a line's minimum period; null without one. */
export const minimumEnd = (line: { readonly period: PeriodRule; readonly billingStartsOn: PlainDate }): PlainDate | null =>
  line.period.kind === 'minimum' ? periodEnd(line.billingStartsOn, { months: line.period.months }) : null;

type NoticeDraft = { data: CancellationNotified; eventId: string; consentedOn: PlainDate | null };

/** Which notice of one line ends it, and what became of the others. */
function resolveNotices(
  drafts: readonly NoticeDraft[],
  line: { readonly period: PeriodRule; readonly billingStartsOn: PlainDate },
  policies: Policies,
  clause: CitableId,
): { end: End | null; notices: Notice[] } {
  const inOrder = [...drafts].sort((a, b) => (a.data.arrivedOn < b.data.arrivedOn ? -1 : a.data.arrivedOn > b.data.arrivedOn ? 1 : 0));
  const resolved = inOrder.map((d) => {
    const { arrivedOn, designatedOn } = d.data;
    const common = { startsOn: line.billingStartsOn, arrivedOn, designatedOn };
    if (line.period.kind === 'term') {
      const r = resolveTermNotice({ ...common, lateDesignation: policies.lateDesignation, chainAnchor: policies.chainAnchor });
      return { d, rule: r.rule as string, endsOn: r.endsOn, thirtiethDay: r.thirtiethDay, timely: r.timely, noticeDeadline: r.arrivalTerm.noticeDeadline, lateDesignated: r.lateDesignated };
    }
    const r = resolveMinNotice({ ...common, minEndsOn: minimumEnd(line) });
    return { d, rule: r.rule as string, endsOn: r.endsOn, thirtiethDay: r.thirtiethDay, timely: null, noticeDeadline: null, lateDesignated: false };
  });
  type Resolved = (typeof resolved)[number];
  const counts = (r: Resolved): boolean => r.d.data.onForm && r.d.consentedOn === null;
  let winner: Resolved | null = null;
  for (const r of resolved) {
    if (!counts(r)) continue;
    if (winner === null) winner = r;
    else if (policies.severalNotices === 'last') {
      if (r.d.data.arrivedOn <= winner.endsOn) winner = r;
    } else if (r.endsOn < winner.endsOn) winner = r;
  }
  const notices = resolved.map((r): Notice => {
    const { noticeId, subject, arrivedOn, designatedOn, onForm } = r.d.data;
    const status =
      r.d.consentedOn !== null ? 'withdrawn'
      : !onForm ? 'not-on-form'
      : r === winner ? 'effective'
      : winner && arrivedOn > winner.endsOn ? 'after-end'
      : 'superseded';
    return {
      noticeId, subject, arrivedOn, designatedOn, onForm, consentedOn: r.d.consentedOn, eventId: r.d.eventId,
      effect: {
        status,
        rule: counts(r) ? r.rule : null,
        endsOn: counts(r) ? r.endsOn : null,
        thirtiethDay: r.thirtiethDay,
        timely: r.timely,
        noticeDeadline: r.noticeDeadline,
        lateDesignated: r.lateDesignated,
      },
    };
  });
  return { end: winner && { on: winner.endsOn, reason: 'notice', clause, cause: winner.d.eventId }, notices };
}

interface OptionDraft {
  readonly entry: Entry & { type: 'OptionAdded' };
  readonly place: number;
  readonly data: OptionAdded;
  readonly row: OptionRow;
  readonly period: PeriodRule;
  readonly fixedBy: (NoticeDraft & { place: number }) | null;
  ownEnd: End | null;
}

/**
 * Policy `endDependents` (N18): a dependent ends on the last day on which something that it needs is in use without a
 * break since its acceptance, unless it was accepted when that end was already fixed.
 */
function endDependents(options: readonly OptionDraft[], code: ItemCode): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const o of options) {
      const needs = continuingPrerequisite(o.row.option, code);
      if (!needs) continue;
      const grounds = options.filter((p) => needs.anyOf.includes(p.row.option));
      const last = lastGround(o.data.acceptedOn, grounds);
      if (last === null || last.ownEnd === null) continue;
      const fixing = last.fixedBy;
      if (fixing && outlives(o.data.acceptedOn, o.place, fixing.data.arrivedOn, fixing.place)) continue;
      const { on, cause } = last.ownEnd;
      if (o.ownEnd === null || o.ownEnd.on > on) {
        o.ownEnd = { on, reason: needs.clause, clause: needs.clause, cause };
        changed = true;
      }
    }
  }
}

/** Of options in use one after the other from a day on, the one that stays longest; null if none is in use on that day. */
function lastGround(from: PlainDate, grounds: readonly OptionDraft[]): OptionDraft | null {
  let last: OptionDraft | null = null;
  let covered = addDays(from, -1);
  for (let grew = true; grew; ) {
    grew = false;
    for (const p of grounds) {
      if (p.data.acceptedOn > addDays(covered, 1)) continue;
      if (p.ownEnd === null) return p;
      if (p.ownEnd.on > covered) {
        covered = p.ownEnd.on;
        last = p;
        grew = true;
      }
    }
  }
  return last;
}

/** Design 19: accepted while the prerequisite's end was fixed. */
export const outlives = (acceptedOn: PlainDate, acceptedAt: number, arrivedOn: PlainDate, arrivedAt: number): boolean =>
  acceptedOn > arrivedOn || (acceptedOn === arrivedOn && acceptedAt > arrivedAt);

/** A10-3..5: the day on which the deletion of storage ends the contract; null if it does not. */
function cascade(options: readonly OptionDraft[], policies: Policies): End | null {
  const storages = options.filter((o) => o.row.cascade !== null);
  const ends: End[] = [];
  for (const s of storages) {
    if (s.ownEnd === null) continue;
    const on = s.ownEnd.on;
    // A unit accepted and billed by that day keeps the contract (N11, design 19).
    const remains = storages.some(
      (o) => o !== s && o.row.option === s.row.option && (o.ownEnd === null || o.ownEnd.on > on) && o.data.acceptedOn <= on && o.data.billingStartsOn <= on,
    );
    if (policies.storageCascade === 'any' || !remains) {
      const clause = s.row.cascade!;
      ends.push({ on, reason: clause, clause, cause: s.ownEnd.cause });
    }
  }
  return earliest(ends);
}

/** Monthly amounts of a line from its billing start to its end, adjacent days with the same amount joined. */
function segmentsOf(line: Omit<Line, 'segments'>): Segment[] {
  if (line.voided || line.fees.length === 0) return [];
  const last = line.end?.on ?? null;
  if (last !== null && last < line.billingStartsOn) return [];
  const starts = new Set<PlainDate>([line.billingStartsOn]);
  for (const s of line.fees) if (s.from > line.billingStartsOn && (last === null || s.from <= last)) starts.add(s.from);
  for (const s of line.counts ?? []) if (s.from > line.billingStartsOn && (last === null || s.from <= last)) starts.add(s.from);
  const days = [...starts].sort();
  const out: { from: PlainDate; to: PlainDate | null; amount: Yen }[] = [];
  days.forEach((from, i) => {
    const amount = amountOn(line, from);
    const next = days[i + 1];
    const to = next ? addDays(next, -1) : last;
    const previous = out.at(-1);
    if (previous && previous.amount === amount) previous.to = to;
    else out.push({ from, to, amount });
  });
  return out;
}

/** Monthly fee of a line in force on a day (before its billing start, the first one). */
export function amountOn(line: Pick<Line, 'fees' | 'counts'>, day: PlainDate): Yen {
  return line.fees.length === 0 ? 0 : feeFor(valueAt(line.fees, day), line.counts ? valueAt(line.counts, day) : null);
}

/** The period of a line that contains a day, clamped to its first and its last period. */
export function periodAt(line: Line, day: PlainDate, policies: Policies): Term | null {
  if (line.period.kind !== 'term') return null;
  const last = line.end && line.end.on < day ? line.end.on : day;
  return termAt(line.billingStartsOn, last, policies.chainAnchor) ?? term(line.billingStartsOn, 1, policies.chainAnchor);
}

/** What ending a line on `end` costs (A12, X2; SPEC 5). Null where nothing binds the line. */
export function settlementOf(line: Line, end: End, baseEnd: End | null, policies: Policies): SettlementLine | null {
  if (line.voided || line.period.kind === 'none') return null;
  const base = line.subject === BASE;
  const withContract = !base && end.reason === 'contract';
  const isTerm = line.period.kind === 'term';
  const span = isTerm ? termAt(line.billingStartsOn, end.on, policies.chainAnchor) : { startsOn: line.billingStartsOn, endsOn: minimumEnd(line)! };
  const beforeBilling = end.on < line.billingStartsOn;
  const monthlyFee = amountOn(line, end.on);
  const rule = settlementRule({
    subject: base ? 'base' : 'option',
    period: line.period,
    ground: groundOf(withContract && baseEnd ? baseEnd : end),
    withContract,
    policies,
  });
  const computed =
    beforeBilling || span === null
      ? { total: 0, from: null, to: null, months: [] }
      : settle({ monthlyFee, periodStartsOn: span.startsOn, periodEndsOn: span.endsOn, endsOn: end.on, proration: policies.proration, rounding: policies.rounding });
  return {
    subject: line.subject,
    amount: rule.due ? computed.total : 0,
    dueOn: end.on,
    from: computed.from,
    to: computed.to,
    monthlyFee,
    months: rule.due ? computed.months : [],
    clause: rule.clause,
    annex: base ? 'X2-1' : 'X2-2',
    basis: !base && isTerm ? 'A12-3 gap' : rule.clause,
    exemption: beforeBilling ? 'N14' : computed.from !== null && !rule.due ? rule.because : null,
    policy: {
      proration: policies.proration,
      rounding: policies.rounding,
      ...(!base && isTerm ? { optionTerm: policies.optionTerm } : {}),
      ...(withContract ? { optionExempt: policies.optionExempt } : {}),
    },
  };
}

/** An option stopped with what it depends on (`endDependents`) is settled like one stopped by its own notice. */
const groundOf = (end: End): EndGround => (GROUNDS.has(end.reason) ? (end.reason as EndGround) : 'notice');
const GROUNDS: ReadonlySet<string> = new Set<EndGround>(['notice', 'provider', 'general-terms-28-2', 'general-terms-28-3', 'A9', 'A10-3', 'A10-4', 'A10-5']);

const cache = new WeakMap<RecordedContract, Map<Holidays | null, Life | null>>();

/** The life of a contract; null once its own entry is struck without a replacement. */
export function lifeOf(state: RecordedContract, around: Surroundings = NO_SURROUNDINGS): Life | null {
  let byTable = cache.get(state);
  if (!byTable) cache.set(state, (byTable = new Map()));
  let life = byTable.get(around.holidays);
  if (life === undefined) byTable.set(around.holidays, (life = derive(state, around)));
  return life;
}

function derive(state: RecordedContract, around: Surroundings): Life | null {
  const live = state.entries.filter((e) => e.struckBy === null);
  const contracted = live.find((e) => e.type === 'Contracted');
  if (contracted?.type !== 'Contracted') return null;
  const contract = contracted.data;
  const policies = contract.policies;
  const item = itemRow(contract.item);

  // Notices by subject, withdrawals and changes.
  const drafts = new Map<Subject, (NoticeDraft & { place: number })[]>();
  const consents = new Map<string, PlainDate>();
  const withdrawnChanges = new Set<string>();
  const quotes: { data: Quoted; place: number }[] = [];
  const terminations: End[] = [];
  const optionEntries: { entry: Entry & { type: 'OptionAdded' }; place: number }[] = [];
  const changeEntries: { data: AccountCountChanged; eventId: string; place: number }[] = [];
  live.forEach((e, place) => {
    switch (e.type) {
      case 'CancellationNotified': {
        const list = drafts.get(e.data.subject) ?? [];
        list.push({ data: e.data, eventId: e.eventId, consentedOn: null, place });
        drafts.set(e.data.subject, list);
        break;
      }
      case 'NoticeWithdrawn':
        consents.set(e.data.noticeId, e.data.consentedOn);
        break;
      case 'AccountCountChanged':
        changeEntries.push({ data: e.data, eventId: e.eventId, place });
        break;
      case 'AccountCountChangeWithdrawn':
        withdrawnChanges.add(e.data.changeId);
        break;
      case 'Quoted':
        quotes.push({ data: e.data, place });
        break;
      case 'Terminated':
        terminations.push({ on: e.data.endsOn, reason: e.data.ground, clause: null, cause: e.eventId });
        break;
      case 'OptionAdded':
        optionEntries.push({ entry: e, place });
        break;
      default:
    }
  });
  const draftsOf = (subject: Subject): (NoticeDraft & { place: number })[] =>
    (drafts.get(subject) ?? []).map((d) => ({ ...d, consentedOn: consents.get(d.data.noticeId) ?? null }));

  // Own ends of the options, then what they do to each other and to the contract.
  const optionNotices: Notice[] = [];
  const options: OptionDraft[] = optionEntries.map(({ entry, place }) => {
    const data = entry.data;
    const row = optionRow(data.option);
    const period = periodOfOption(row.option);
    const mine = draftsOf(data.optionId);
    const { end, notices } = resolveNotices(mine, { period, billingStartsOn: data.billingStartsOn }, policies, 'A8-8');
    optionNotices.push(...notices);
    const fixedBy = end ? (mine.find((d) => d.eventId === end.cause) ?? null) : null;
    return { entry, place, data, row, period, ownEnd: end, fixedBy };
  });
  if (policies.prerequisiteRemoval === 'endDependents') endDependents(options, contract.item);

  const basePeriod = periodOfItem(contract.item);
  const own = resolveNotices(draftsOf(BASE), { period: basePeriod, billingStartsOn: contract.billingStartsOn }, policies, basePeriod.kind === 'term' ? 'A10-2' : 'A10-1');
  const storageEnd = cascade(options, policies);
  const end = earliest([
    ...terminations,
    // A correction may have moved the contract to an item of another vendor.
    ...state.discontinuations
      .filter((d) => d.vendor === item.vendor)
      .map((d): End => ({ on: d.endsOn as PlainDate, reason: 'A9', clause: 'A9', cause: d.eventId })),
    ...(own.end ? [own.end] : []),
    ...(storageEnd ? [storageEnd] : []),
  ]);

  // Counts and fees: two time lines per line.
  const changes: Change[] = changeEntries.map((c) => ({
    data: c.data,
    eventId: c.eventId,
    withdrawn: withdrawnChanges.has(c.data.changeId),
    voided: end && c.data.effectiveOn > end.on ? end : null,
  }));
  const stands = (c: { data: AccountCountChanged }): boolean => !withdrawnChanges.has(c.data.changeId) && !(end && c.data.effectiveOn > end.on);
  const standing = changeEntries.filter(stands);
  const baseCounts = timeline(
    { from: contract.acceptedOn, value: contract.accountCount },
    standing.map((c) => ({ from: c.data.effectiveOn, value: c.data.accountCount })),
  );
  const feesOf = (subject: Subject, acceptedOn: PlainDate, initial: Fee | null): Step<Fee>[] => {
    if (initial === null) return [];
    const steps: (Step<Fee> & { place: number })[] = [];
    for (const c of standing) {
      const fee = subject === BASE ? c.data.monthlyFee : c.data.options.find((o) => o.optionId === subject)?.monthlyFee;
      if (fee) steps.push({ from: c.data.effectiveOn, value: fee, place: c.place });
    }
    for (const q of quotes)
      if (q.data.subject === subject && q.data.kind === 'monthly') steps.push({ from: q.data.effectiveOn!, value: q.data.fee!, place: q.place });
    steps.sort((a, b) => a.place - b.place);
    return timeline({ from: acceptedOn, value: initial }, steps);
  };

  const withSegments = <L extends Omit<Line, 'segments'>>(line: L): L & { segments: Segment[] } => ({ ...line, segments: segmentsOf(line) });

  const base: Line = withSegments({
    subject: BASE,
    period: basePeriod,
    acceptedOn: contract.acceptedOn,
    billingStartsOn: contract.billingStartsOn,
    end,
    voided: null,
    counts: baseCounts,
    fees: feesOf(BASE, contract.acceptedOn, contract.fees.monthly),
    eventId: contracted.eventId,
  });

  const optionLines: OptionLine[] = options.map((o) => {
    const { data, row } = o;
    const voided = end && data.acceptedOn > end.on ? end : null;
    const ownEnd = o.ownEnd && (!end || o.ownEnd.on <= end.on) ? o.ownEnd : null;
    const itsEnd = voided ? null : (ownEnd ?? (end && { on: end.on, reason: 'contract', clause: 'N13', cause: end.cause }));
    const counts =
      row.basis === 'parity' ? baseCounts
      : row.basis === 'own' ? timeline(
          { from: data.acceptedOn, value: data.accountCount! },
          standing.flatMap((c) => {
            const n = c.data.options.find((x) => x.optionId === data.optionId)?.accountCount;
            return n === undefined ? [] : [{ from: c.data.effectiveOn, value: n }];
          }),
        )
      : row.basis === 'units' ? [{ from: data.acceptedOn, value: data.units! }]
      : null;
    return withSegments({
      subject: data.optionId,
      period: o.period,
      acceptedOn: data.acceptedOn,
      billingStartsOn: data.billingStartsOn,
      end: itsEnd,
      voided,
      counts,
      fees: feesOf(data.optionId, data.acceptedOn, data.fees.monthly),
      eventId: o.entry.eventId,
      option: data,
      row,
    });
  });

  const settlements = [base, ...optionLines].flatMap((line) => {
    const s = line.end ? settlementOf(line, line.end, end, policies) : null;
    return s ? [s] : [];
  });

  const devices = optionLines.filter((o) => o.row.option === 2).map((o) => deviceRow(o, live, policies, around));
  const excesses = live.flatMap((e, place) => (e.type === 'ExcessDetected' ? [{ data: e.data, eventId: e.eventId, coveredBy: coveredBy(e.data, place, contract, optionLines, changeEntries, stands, baseCounts) }] : []));

  return {
    contract,
    contractEventId: contracted.eventId,
    item,
    policies,
    base,
    end,
    options: optionLines,
    notices: [...own.notices, ...optionNotices],
    changes,
    settlements,
    oneOffs: oneOffCharges(contract, optionLines, live, quotes.map((q) => q.data), settlements, devices, excesses),
    devices,
    excesses,
  };
}

/** N39: the changed count that covers the excess from the first day of its month; null if no change does. */
function coveredBy(
  excess: ExcessDetected,
  place: number,
  contract: Contracted,
  options: readonly OptionLine[],
  changes: readonly { data: AccountCountChanged; place: number }[],
  stands: (c: { data: AccountCountChanged }) => boolean,
  baseCounts: readonly Step<number>[],
): number | null {
  const option = options.find((o) => o.subject === excess.subject);
  const own = option?.row.basis === 'own';
  const now = own ? option.counts! : baseCounts;
  const initial = own ? { from: option.acceptedOn, value: option.option.accountCount! } : { from: contract.acceptedOn, value: contract.accountCount };
  const changed = changes.filter(stands).flatMap((c) => {
    const value = own ? c.data.options.find((x) => x.optionId === option.subject)?.accountCount : c.data.accountCount;
    return value === undefined ? [] : [{ from: c.data.effectiveOn, value, place: c.place }];
  });
  // What was in use: the count known when the excess was recorded, plus the excess.
  const known = timeline(initial, changed.filter((c) => c.place < place));
  const used = valueAt(known, excess.detectedOn) + excess.accounts;
  const first = firstOf(monthOf(excess.detectedOn));
  const count = valueAt(now, first);
  return count >= used && changed.some((c) => c.from >= initial.from && c.from <= first) ? count : null;
}

function deviceRow(option: OptionLine, live: readonly Entry[], policies: Policies, around: Surroundings): DeviceRow {
  const optionId = option.subject;
  const faults: { data: DeviceFaultReported; arrivedOn: PlainDate | null; returnedOn: PlainDate | null }[] = [];
  const losses: { data: DeviceLost; returnedOn: PlainDate | null }[] = [];
  const foundOn: PlainDate[] = [];
  let returnedOn: PlainDate | null = null;
  for (const e of live) {
    if (e.type === 'DeviceFaultReported' && e.data.optionId === optionId) faults.push({ data: e.data, arrivedOn: null, returnedOn: null });
    else if (e.type === 'ReplacementArrived' && e.data.optionId === optionId) {
      const f = faults.find((x) => x.data.faultId === e.data.faultId);
      if (f) f.arrivedOn = e.data.arrivedOn;
    } else if (e.type === 'DevicesReturned' && e.data.optionId === optionId) {
      const { faultId, lossId } = e.data;
      const f = faultId === undefined ? undefined : faults.find((x) => x.data.faultId === faultId);
      const l = lossId === undefined ? undefined : losses.find((x) => x.data.lossId === lossId);
      if (f) f.returnedOn = e.data.returnedOn;
      else if (l) l.returnedOn = e.data.returnedOn;
      else if (faultId === undefined && lossId === undefined && (returnedOn === null || e.data.returnedOn < returnedOn)) returnedOn = e.data.returnedOn;
    } else if (e.type === 'DeviceLost' && e.data.optionId === optionId) losses.push({ data: e.data, returnedOn: null });
    else if (e.type === 'DeviceFound' && e.data.optionId === optionId) foundOn.push(e.data.foundOn);
  }
  const due = (event: PlainDate): PlainDate | null => {
    const day = returnDue(event);
    return policies.art142 === 'returns' ? (around.holidays ? nextBusinessDay(day, around.holidays) : null) : day;
  };
  const returnDueOn = option.end ? due(option.end.on) : null;
  const inTime = returnedOn !== null && returnDueOn !== null && returnedOn <= returnDueOn;
  // Two devices to a unit (A8-2-2): once all are lost there is nothing left to be deemed lost.
  const allLost = losses.length >= 2 * option.option.units!;
  return {
    optionId,
    returnDueOn,
    returnedOn,
    deemedLostOn: returnDueOn === null || inTime || allLost ? null : addDays(returnDueOn, 1),
    deemedChargeId: deriveId('deemed-loss', optionId),
    faults: faults.map((f) => ({
      faultId: f.data.faultId,
      occurredOn: f.data.occurredOn,
      attributableToContractor: f.data.attributableToContractor,
      replacementArrivedOn: f.arrivedOn,
      faultyReturnDueOn: f.arrivedOn && due(f.arrivedOn),
      faultyReturnedOn: f.returnedOn,
    })),
    losses: losses.map((l) => ({ lossId: l.data.lossId, lostOn: l.data.lostOn, returnedOn: l.returnedOn })),
    foundOn,
  };
}

function oneOffCharges(
  contract: Contracted,
  options: readonly OptionLine[],
  live: readonly Entry[],
  quotes: readonly Quoted[],
  settlements: readonly SettlementLine[],
  devices: readonly DeviceRow[],
  excesses: Life['excesses'],
): Charge[] {
  const quotedInitial = (subject: Subject): Yen | undefined => quotes.findLast((q) => q.kind === 'initial' && q.subject === subject)?.amount;
  const quoted = (chargeId: string): Yen | undefined => quotes.findLast((q) => q.chargeId === chargeId)?.amount;
  const out: Charge[] = [
    { id: `${BASE}:initial`, kind: 'initial', subject: BASE, clause: 'A11b', dueOn: contract.acceptedOn, amount: quotedInitial(BASE) ?? contract.fees.initial },
  ];
  for (const o of options) {
    if (o.voided || o.row.initial === 'zero') continue;
    out.push({ id: `${o.subject}:initial`, kind: 'initial', subject: o.subject, clause: 'A11b', dueOn: o.acceptedOn, amount: quotedInitial(o.subject) ?? o.option.fees.initial });
  }
  for (const e of live) {
    if (e.type === 'DeviceFaultReported' && e.data.attributableToContractor)
      out.push({ id: e.data.faultId, kind: 'oneTime', subject: e.data.optionId, clause: 'X1-3-1', dueOn: e.data.occurredOn, amount: quoted(e.data.faultId) ?? e.data.charge });
    else if (e.type === 'DeviceLost')
      out.push({ id: e.data.lossId, kind: 'oneTime', subject: e.data.optionId, clause: 'X1-3-2', dueOn: e.data.lostOn, amount: quoted(e.data.lossId) ?? e.data.charge });
  }
  for (const d of devices)
    if (d.deemedLostOn) out.push({ id: d.deemedChargeId, kind: 'oneTime', subject: d.optionId, clause: 'X1-3-2', dueOn: d.deemedLostOn, amount: quoted(d.deemedChargeId) ?? null });
  for (const { data, eventId, coveredBy } of excesses) {
    if (options.some((o) => o.subject === data.subject && o.voided)) continue;
    out.push({
      id: data.chargeId, kind: 'excess', subject: data.subject, clause: data.subject === BASE ? 'X1-2-1b' : 'X1-2-2b', dueOn: data.detectedOn,
      amount: coveredBy === null ? (quoted(data.chargeId) ?? data.charge) : 0,
      ...(coveredBy === null ? {} : { voidedBy: `N39 ${eventId}` }),
    });
  }
  for (const s of settlements)
    if (s.amount > 0) out.push({ id: `${s.subject}:settlement`, kind: 'settlement', subject: s.subject, clause: s.clause, dueOn: s.dueOn, amount: s.amount });
  return out;
}

/** The monthly charges of a line in one month (A11c, SPEC 5.8); null when it is not in force in it or has no fee. */
export function monthlyCharge(line: Line, month: string, policies: Policies): Charge | null {
  if (line.segments.length === 0) return null;
  const parts = monthlyParts(line.segments, month, policies.rounding);
  if (parts.length === 0) return null;
  return {
    id: `${line.subject}:monthly:${month}`,
    kind: 'monthly',
    subject: line.subject,
    clause: 'A11c',
    dueOn: parts[0]!.from,
    amount: parts.reduce((sum, p) => sum + p.amount, 0),
    month,
    parts: parts.map(({ from, to, days, of, amount }) => ({ from, to, days, of, amount })),
  };
}

/** Every charge that has fallen due by `day`, in order of its day. */
export function chargesThrough(life: Life, day: PlainDate): Charge[] {
  const out = life.oneOffs.filter((c) => c.dueOn <= day);
  for (const line of [life.base, ...life.options]) {
    const first = line.segments[0]?.from;
    if (!first || first > day) continue;
    const last = line.end && line.end.on < day ? line.end.on : day;
    for (const month of eachMonth(first, last)) {
      const c = monthlyCharge(line, month, life.policies);
      if (c && c.dueOn <= day) out.push(c);
    }
  }
  return out.sort((a, b) => (a.dueOn < b.dueOn ? -1 : a.dueOn > b.dueOn ? 1 : 0));
}

/** A consequence and the day from which it is owed; null: at once. */
export interface Due {
  readonly on: PlainDate | null;
  readonly event: ConsequenceEvent;
}

function renewal(line: Line, k: number, policies: Policies): Due | null {
  const t = term(line.billingStartsOn, k, policies.chainAnchor);
  if (line.end && t.startsOn > line.end.on) return null;
  return { on: t.startsOn, event: { type: 'Renewed', data: { subject: line.subject, term: t.index, startsOn: t.startsOn, endsOn: t.endsOn, noticeDeadline: t.noticeDeadline } } };
}

/** Consequences that do not repeat: voids at once, ends and settlements on the day after the end, deemed losses on their day. */
function onceDue(life: Life): Due[] {
  const out: Due[] = [];
  for (const o of life.options) {
    if (o.voided) out.push({ on: null, event: { type: 'OptionVoided', data: { optionId: o.subject, endsOn: o.voided.on, clause: o.voided.clause } } });
    else if (o.end) out.push({ on: addDays(o.end.on, 1), event: { type: 'OptionEnded', data: { optionId: o.subject, on: o.end.on, reason: o.end.reason, clause: o.end.clause } } });
  }
  for (const c of life.changes)
    if (c.voided && !c.withdrawn) out.push({ on: null, event: { type: 'AccountCountChangeVoided', data: { changeId: c.data.changeId, endsOn: c.voided.on, clause: c.voided.clause } } });
  for (const e of life.excesses)
    if (e.coveredBy !== null) out.push({ on: null, event: { type: 'ExcessChargeVoided', data: { chargeId: e.data.chargeId, coveredBy: e.coveredBy } } });
  if (life.end) out.push({ on: addDays(life.end.on, 1), event: { type: 'Ended', data: { on: life.end.on, reason: life.end.reason, clause: life.end.clause } } });
  for (const s of life.settlements)
    if (s.from !== null)
      out.push({
        on: addDays(s.dueOn, 1),
        event: {
          type: 'SettlementAssessed',
          data: { subject: s.subject, amount: s.amount, dueOn: s.dueOn, from: s.from, to: s.to, monthlyFee: s.monthlyFee, months: s.months, clause: s.clause, annex: s.annex, basis: s.basis, exemption: s.exemption, taxTreatment: 'undetermined' },
        },
      });
  for (const d of life.devices)
    if (d.deemedLostOn)
      out.push({ on: d.deemedLostOn, event: { type: 'DeviceDeemedLost', data: { optionId: d.optionId, chargeId: d.deemedChargeId, returnDueOn: d.returnDueOn!, deemedLostOn: d.deemedLostOn } } });
  return out;
}

const termLines = (life: Life): Line[] => [life.base, ...life.options].filter((l) => l.period.kind === 'term' && !l.voided);

/** Everything that is owed by `through`. */
export function owedBy(life: Life | null, through: PlainDate): Due[] {
  if (!life) return [];
  const out = onceDue(life).filter((d) => d.on === null || d.on <= through);
  for (const line of termLines(life))
    for (let k = 2; ; k++) {
      const due = renewal(line, k, life.policies);
      if (!due || due.on! > through) break;
      out.push(due);
    }
  return out;
}

/** The next consequence of every kind and line that is not among those written, whenever it falls due. */
export function pending(life: Life | null, isWritten: (event: ConsequenceEvent) => boolean): Due[] {
  if (!life) return [];
  const out = onceDue(life).filter((d) => !isWritten(d.event));
  for (const line of termLines(life))
    for (let k = 2; ; k++) {
      const due = renewal(line, k, life.policies);
      if (!due) break;
      if (!isWritten(due.event)) {
        out.push(due);
        break;
      }
    }
  return out;
}
