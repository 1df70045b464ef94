/**
 * A contract as it stands on a day, read off its folded facts: the shape that the API shows. Pure; references stand
 * where the register has the texts.
 */
import { itemNameAt, periodOfItem, revisionAt, tunnelCapacity, FIRST_DAY, type ItemCode, type Policies } from '@app/agreement';
import { maxDate, periodEnd, term, type Holidays, type PlainDate } from '@app/calendar';
import {
  amountOn,
  chargesThrough,
  lifeOf,
  minimumEnd,
  periodAt,
  valueAt,
  withVendorFacts,
  type Charge,
  type Contracted,
  type DeviceRow,
  type Discontinuation,
  type End,
  type Life,
  type Line,
  type NoticeEffect,
  type OptionLine,
  type RecordedContract,
  type SettlementLine,
  type Subject,
} from '@app/contract';
import type { TextRef } from '@app/kernel';
import { feeFor, sumYen, type Yen } from '@app/money';

export type Status = 'accepted' | 'active' | 'cancelling' | 'ended';

/** The period that binds a line; `none` where there is no such regime. */
export type PeriodView =
  | { readonly kind: 'minimum'; readonly endsOn: PlainDate }
  | {
      readonly kind: 'term';
      readonly index: number;
      readonly startsOn: PlainDate;
      readonly endsOn: PlainDate;
      readonly noticeDeadline: PlainDate;
      /** First day of the next term; null once an end by the term's last day is fixed. */
      readonly nextRenewalOn: PlainDate | null;
    }
  | { readonly kind: 'none' };

export interface EndView {
  readonly on: PlainDate;
  readonly reason: string;
  readonly clause: string | null;
}

export interface OptionView {
  readonly id: string;
  readonly option: number;
  readonly name: string;
  readonly accountCount?: number;
  readonly units?: number;
  /** Connections that the units allow (A8-3a); option 1 only. */
  readonly tunnelCapacity?: number;
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly period: PeriodView;
  /** 0 where the option has no monthly fee. */
  readonly monthlyFee: Yen;
  readonly status: Status | 'voided';
  readonly end: EndView | null;
  /** Accepted after the end that a late fact brought: no charge at all (design 16). */
  readonly voidedBy?: { readonly eventId: string; readonly clause: string | null; readonly endsOn: PlainDate };
}

export interface NoticeView {
  readonly noticeId: string;
  readonly subject: Subject;
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
  readonly onForm: boolean;
  readonly effect: NoticeEffect;
  /** N41: with the provider's consent. */
  readonly withdrawn: { readonly consentedOn: PlainDate } | null;
}

export interface ChangeView {
  readonly changeId: string;
  readonly accountCount: number;
  readonly effectiveOn: PlainDate;
  readonly requestedBy: 'contractor' | 'provider';
  readonly withdrawn: boolean;
  readonly voidedBy?: { readonly eventId: string; readonly clause: string | null; readonly endsOn: PlainDate };
}

export type SettlementLineView = SettlementLine & {
  /** Before the end day what is known may still change. */
  readonly estimated: boolean;
};

export interface ContractView {
  readonly id: string;
  readonly managementUnitId: string;
  readonly contractor: { readonly id: string; readonly name: TextRef | null };
  readonly item: { readonly code: ItemCode; readonly name: string };
  readonly accountCount: number;
  readonly status: Status;
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly applicationNumber: string;
  readonly licensorTerms: { readonly document: TextRef; readonly agreedOn: PlainDate } | null;
  readonly period: PeriodView;
  readonly end: EndView | null;
  readonly monthlyFee: Yen;
  readonly options: readonly OptionView[];
  readonly accountCountChanges: readonly ChangeView[];
  readonly notices: readonly NoticeView[];
  readonly settlement: { readonly total: Yen; readonly lines: readonly SettlementLineView[] };
  /** Fallen due by the day, in order of `dueOn`. */
  readonly charges: readonly Charge[];
  readonly devices: readonly DeviceRow[];
  /** The clause that brought the version of the agreement into force that applies on the day. */
  readonly agreementRevision: string;
  readonly policies: Policies;
  /** Its own entry was struck and not replaced: it counts as never concluded. */
  readonly voided: boolean;
  readonly revision: number;
  readonly position: string;
}

export interface Viewing {
  /** The day it is looked at, past or future. */
  readonly asOf: PlainDate;
  /** Position of the contract's last event in the state. */
  readonly position: string;
  /** Of any vendor; those that the contract's own events do not know yet are applied (design 14). */
  readonly discontinuations: readonly Discontinuation[];
  readonly holidays: Holidays | null;
  readonly contractorName?: TextRef | null;
  /** False leaves `charges` empty: lists of contracts would grow with their age. */
  readonly charges?: boolean;
}

/** The contract on a day. Everything but status, name, counts, fees, period and charges follows from the facts alone. */
export function contractView(recorded: RecordedContract, at: Viewing): ContractView {
  const state = at.discontinuations.length === 0 ? recorded : withVendorFacts(recorded, at.discontinuations);
  const life = lifeOf(state, at);
  const common = { id: recorded.contractId, revision: recorded.revision, position: at.position };
  if (!life) return { ...voidedView(recorded, at), ...common };
  const { contract, base, end, policies } = life;
  const day = lastDay(base, at.asOf);
  return {
    ...common,
    ...identity(contract, at),
    item: { code: contract.item, name: itemNameAt(contract.item, maxDate(day, FIRST_DAY)) },
    accountCount: valueAt(base.counts!, day),
    status: statusOf({ acceptedOn: base.acceptedOn, billingStartsOn: base.billingStartsOn, endsOn: end?.on ?? null }, at.asOf),
    licensorTerms: licensorTerms(state),
    period: periodView(base, day, policies),
    end: endView(end),
    monthlyFee: amountOn(base, day),
    options: life.options.map((o) => optionView(o, at.asOf, policies)),
    accountCountChanges: life.changes.map(({ data, withdrawn, voided }) => ({
      changeId: data.changeId,
      accountCount: data.accountCount,
      effectiveOn: data.effectiveOn,
      requestedBy: data.requestedBy,
      withdrawn,
      ...voidedBy(withdrawn ? null : voided),
    })),
    notices: life.notices.map(({ noticeId, subject, arrivedOn, designatedOn, onForm, effect, consentedOn }) => ({
      noticeId,
      subject,
      arrivedOn,
      designatedOn,
      onForm,
      effect,
      withdrawn: consentedOn === null ? null : { consentedOn },
    })),
    settlement: settlementView(life, at.asOf),
    charges: at.charges === false ? [] : chargesThrough(life, at.asOf).map(chargeView),
    devices: life.devices,
    agreementRevision: revisionOn(at.asOf),
    policies,
    voided: false,
  };
}

/** What the contract was last entered as, struck or not; undefined only in a stream without its first event. */
export function lastContracted(state: RecordedContract): Contracted | undefined {
  const of = (struck: boolean) => state.entries.findLast((e) => e.type === 'Contracted' && (e.struckBy !== null) === struck);
  return (of(false) ?? of(true))?.data as Contracted | undefined;
}

/** `cancelling` while an end is known and not past, before billing too; `accepted` before the acceptance and until billing starts. */
export function statusOf(line: { readonly acceptedOn: PlainDate; readonly billingStartsOn: PlainDate; readonly endsOn: PlainDate | null }, asOf: PlainDate): Status {
  if (asOf < line.acceptedOn) return 'accepted';
  if (line.endsOn !== null) return asOf > line.endsOn ? 'ended' : 'cancelling';
  return asOf < line.billingStartsOn ? 'accepted' : 'active';
}

/** A line that has ended stays as it was on its last day. */
const lastDay = (line: Pick<Line, 'end'>, asOf: PlainDate): PlainDate => (line.end && asOf > line.end.on ? line.end.on : asOf);

const endView = (end: End | null): EndView | null => end && { on: end.on, reason: end.reason, clause: end.clause };

const voidedBy = (end: End | null) => (end ? { voidedBy: { eventId: end.cause, clause: end.clause, endsOn: end.on } } : {});

const revisionOn = (day: PlainDate): string => revisionAt(maxDate(day, FIRST_DAY)).clause;

export function periodView(line: Line, day: PlainDate, policies: Policies): PeriodView {
  switch (line.period.kind) {
    case 'minimum':
      return { kind: 'minimum', endsOn: minimumEnd(line)! };
    case 'term': {
      const { index, startsOn, endsOn, noticeDeadline, nextRenewalOn } = periodAt(line, day, policies)!;
      const last = line.end !== null && line.end.on <= endsOn;
      return { kind: 'term', index, startsOn, endsOn, noticeDeadline, nextRenewalOn: last ? null : nextRenewalOn };
    }
    case 'none':
      return { kind: 'none' };
  }
}

function optionView(line: OptionLine, asOf: PlainDate, policies: Policies): OptionView {
  const { option, row, voided } = line;
  // A void option stays as it would have been on the day that voided it.
  const shown = voided ? { ...line, end: voided } : line;
  const day = lastDay(shown, asOf);
  const quantity = line.counts ? valueAt(line.counts, day) : null;
  return {
    id: option.optionId,
    option: option.option,
    name: row.name,
    ...(quantity === null ? {} : row.basis === 'units' ? { units: quantity } : { accountCount: quantity }),
    ...(row.option === 1 ? { tunnelCapacity: tunnelCapacity(quantity ?? 0) } : {}),
    acceptedOn: line.acceptedOn,
    billingStartsOn: line.billingStartsOn,
    period: periodView(shown, day, policies),
    monthlyFee: amountOn(line, day),
    status: voided ? 'voided' : statusOf({ acceptedOn: line.acceptedOn, billingStartsOn: line.billingStartsOn, endsOn: line.end?.on ?? null }, asOf),
    end: endView(line.end),
    ...voidedBy(voided),
  };
}

function settlementView(life: Life, asOf: PlainDate): ContractView['settlement'] {
  const lines = life.settlements.map((s) => ({ ...s, estimated: asOf < s.dueOn }));
  return { total: sumYen(lines.map((s) => s.amount)), lines };
}

/** What voids a charge is shown by the clause alone. */
const chargeView = (charge: Charge): Charge => (charge.voidedBy === undefined ? charge : { ...charge, voidedBy: charge.voidedBy.split(' ')[0]! });

const identity = (contract: Contracted, at: Viewing) => ({
  managementUnitId: contract.managementUnitId,
  contractor: { id: contract.contractorId, name: at.contractorName ?? null },
  acceptedOn: contract.acceptedOn,
  billingStartsOn: contract.billingStartsOn,
  applicationNumber: contract.applicationNumber,
});

function licensorTerms(state: RecordedContract): ContractView['licensorTerms'] {
  const agreed = state.entries.findLast((e) => e.type === 'LicensorTermsAgreed' && e.struckBy === null);
  return agreed?.type === 'LicensorTermsAgreed' ? { document: agreed.data.document, agreedOn: agreed.data.agreedOn } : null;
}

/** A contract whose own entry was struck: what it was entered as, and that nothing of it counts. */
function voidedView(state: RecordedContract, at: Viewing): Omit<ContractView, 'id' | 'revision' | 'position'> {
  const contract = lastContracted(state)!;
  const { item, acceptedOn, billingStartsOn, policies } = contract;
  const rule = periodOfItem(item);
  const first = term(billingStartsOn, 1, policies.chainAnchor);
  return {
    ...identity(contract, at),
    item: { code: item, name: itemNameAt(item, acceptedOn) },
    accountCount: contract.accountCount,
    status: 'ended',
    licensorTerms: null,
    period:
      rule.kind === 'minimum' ? { kind: 'minimum', endsOn: periodEnd(billingStartsOn, { months: rule.months }) }
      : rule.kind === 'term' ? { kind: 'term', index: 1, startsOn: first.startsOn, endsOn: first.endsOn, noticeDeadline: first.noticeDeadline, nextRenewalOn: null }
      : { kind: 'none' },
    end: { on: acceptedOn, reason: 'corrected', clause: null },
    monthlyFee: feeFor(contract.fees.monthly, contract.accountCount),
    options: [],
    accountCountChanges: [],
    notices: [],
    settlement: { total: 0, lines: [] },
    charges: [],
    devices: [],
    agreementRevision: revisionOn(at.asOf),
    policies,
    voided: true,
  };
}
