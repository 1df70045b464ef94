// Generated from the schema table of the billing feed. Do not edit: copy it anew.

/** A month of which only some days are charged. */
export interface PartialMonth {
  readonly month: string;
  /** Days charged. */
  readonly days: number;
  /** Days that the month has. */
  readonly of: number;
  /** Yen for these days, tax-exclusive. */
  readonly amount: number;
}

/** Adjacent days of one line at one monthly fee. It replaces what was said before under its lineId. Every month from the month of `from` to that of `to` is charged: as partialMonths says where it is listed there, the fee otherwise. */
export interface Segment {
  readonly lineId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Clause of the agreement, e.g. A11c. */
  readonly clause: string;
  readonly from: string;
  /** Last day; null while no end is fixed. */
  readonly to: string | null;
  /** Yen for a full month, tax-exclusive. */
  readonly fee: number;
  /** At most the first and the last month. */
  readonly partialMonths: readonly PartialMonth[];
  /** Policy switches of the contract that the amount depends on. */
  readonly policy: { readonly [name: string]: string };
}

/** A month of what remained of a period. */
export interface SettlementMonth {
  readonly month: string;
  readonly days: number;
  readonly of: number;
  readonly amount: number;
}

/** A charge that falls due once. It replaces what was said before under its lineId. */
export type OneOff = {
  readonly kind: 'initial';
  readonly lineId: string;
  /** Id of the charge in the ledger (GET /v1/charges). */
  readonly chargeId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Clause of the agreement, e.g. A11c. */
  readonly clause: string;
  /** The day it falls due; it may lie ahead. */
  readonly dueOn: string;
  /** Yen, tax-exclusive; null until it is quoted. */
  readonly amount: number | null;
} | {
  readonly kind: 'oneTime';
  readonly lineId: string;
  /** Id of the charge in the ledger (GET /v1/charges). */
  readonly chargeId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Clause of the agreement, e.g. A11c. */
  readonly clause: string;
  /** The day it falls due; it may lie ahead. */
  readonly dueOn: string;
  /** Yen, tax-exclusive; null until it is quoted. */
  readonly amount: number | null;
  /** What makes it due. */
  readonly cause: 'fault' | 'loss' | 'deemedLoss';
} | {
  readonly kind: 'excess';
  readonly lineId: string;
  /** Id of the charge in the ledger (GET /v1/charges). */
  readonly chargeId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Clause of the agreement, e.g. A11c. */
  readonly clause: string;
  /** The day it falls due; it may lie ahead. */
  readonly dueOn: string;
  /** Yen, tax-exclusive; null until it is quoted. */
  readonly amount: number | null;
  /** Accounts in use beyond the contracted count. */
  readonly accounts: number;
  /** The count that covers the excess, which makes the charge 0 (N39); null while none does. */
  readonly coveredBy: number | null;
} | {
  readonly kind: 'settlement';
  readonly lineId: string;
  /** Id of the charge in the ledger (GET /v1/charges). */
  readonly chargeId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Clause of the agreement, e.g. A11c. */
  readonly clause: string;
  /** The day it falls due; it may lie ahead. */
  readonly dueOn: string;
  /** Yen, tax-exclusive; null until it is quoted. */
  readonly amount: number | null;
  /** First day of what remained of the period. */
  readonly from: string;
  /** Last day of the period. */
  readonly to: string;
  /** The fee of the line on its last day. */
  readonly monthlyFee: number;
  /** The amount, month by month; empty where nothing is due. */
  readonly months: readonly SettlementMonth[];
  /** The annex rule that gives the amount. */
  readonly annex: 'X2-1' | 'X2-2';
  readonly basis: string;
  /** Why nothing is due although a rest of the period remains; null otherwise. */
  readonly exemption: string | null;
  /** False until the day after the end: until then it is what would be due under what is known. */
  readonly assessed: boolean;
  /** Policy switches of the contract that the amount depends on. */
  readonly policy: { readonly [name: string]: string };
};

/** The contract's total of a month, all lines together, before and after the event; charges still to be quoted count as 0. */
export interface MonthChanged {
  readonly month: string;
  readonly before: number;
  readonly after: number;
}

/** What every event says about money. */
export interface Money {
  /** Monthly charges that the event opens or changes. */
  readonly segments: readonly Segment[];
  /** One-off charges that the event opens or changes. */
  readonly charges: readonly OneOff[];
  /** Lines that no longer stand, of either kind. */
  readonly voids: readonly string[];
  /** With a correction, and with a fact so late that it changes a month that was over on the business date: every month begun by then whose total changes. */
  readonly monthsChanged?: readonly MonthChanged[];
}

/** A contract was accepted. */
export interface ContractedV1 extends Money {
  readonly managementUnitId: string;
  /** Id of the contractor; names are never published. */
  readonly contractorId: string;
  /** Code of the item. */
  readonly item: string;
  readonly accountCount: number;
  readonly acceptedOn: string;
  readonly billingStartsOn: string;
  /** The readings of the agreement that are frozen for this contract. */
  readonly policies: {
    readonly optionTerm: 'annex' | 'literal';
    readonly optionExempt: 'follow' | 'literal';
    readonly storageCascade: 'last' | 'any';
    readonly lateDesignation: 'renew' | 'expire';
    readonly proration: 'calendar' | 'contract';
    readonly rounding: 'floor' | 'halfUp';
    readonly art142: 'off' | 'returns';
    readonly chainAnchor: 'previousEnd' | 'originalStart';
    readonly limitsScope: 'child' | 'parent';
    readonly minAccounts: 'continuing' | 'entry';
    readonly prerequisiteRemoval: 'reject' | 'endDependents';
    readonly severalNotices: 'earliest' | 'last';
  };
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** An option was accepted. */
export interface OptionAddedV1 extends Money {
  readonly optionId: string;
  /** Number of the option in the agreement. */
  readonly option: number;
  readonly acceptedOn: string;
  readonly billingStartsOn: string;
  /** Only where the option has a count of its own. */
  readonly accountCount?: number;
  /** Only where the option is counted in units. */
  readonly units?: number;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** The number of accounts changes. */
export interface AccountCountChangedV1 extends Money {
  readonly changeId: string;
  readonly accountCount: number;
  readonly effectiveOn: string;
  readonly requestedBy: 'contractor' | 'provider';
  /** Options whose own count changes with it. */
  readonly options: readonly {
    readonly optionId: string;
    readonly accountCount: number;
  }[];
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** A change of the number of accounts was withdrawn before it took effect. */
export interface AccountCountChangeWithdrawnV1 extends Money {
  readonly changeId: string;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** A change of the number of accounts lies after an end that became known later. */
export interface AccountCountChangeVoidedV1 extends Money {
  readonly changeId: string;
  readonly endsOn: string;
  readonly clause: string | null;
}

/** A voided change of the number of accounts stands again. */
export interface AccountCountChangeRevivedV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** A cancellation notice arrived, for the contract or one option. */
export interface CancellationNotifiedV1 extends Money {
  readonly noticeId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  readonly arrivedOn: string;
  readonly designatedOn: string | null;
  /** A notice that is not on the form has no effect. */
  readonly onForm: boolean;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** A cancellation notice was withdrawn with consent; it counts as never arrived. */
export interface NoticeWithdrawnV1 extends Money {
  readonly noticeId: string;
  readonly consentedOn: string;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** The provider terminates the contract. */
export interface TerminatedV1 extends Money {
  readonly endsOn: string;
  readonly ground: string;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** The vendor's discontinuation ends the contract. */
export interface DiscontinuationAppliedV1 extends Money {
  readonly discontinuationId: string;
  readonly vendor: string;
  readonly endsOn: string;
}

/** The vendor's discontinuation was taken back. */
export interface DiscontinuationLiftedV1 extends Money {
  readonly discontinuationId: string;
}

/** A price that was missing was quoted, or a price changes. */
export interface QuotedV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  readonly kind: 'monthly' | 'initial' | 'oneTime' | 'excess';
  readonly effectiveOn?: string;
  readonly chargeId?: string;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** More accounts were in use than contracted. */
export interface ExcessDetectedV1 extends Money {
  readonly chargeId: string;
  /** "base", or the id of an option contract. */
  readonly subject: string;
  readonly detectedOn: string;
  readonly accounts: number;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** A changed count covers an excess, which then costs nothing (N39). */
export interface ExcessChargeVoidedV1 extends Money {
  readonly chargeId: string;
  readonly coveredBy: number;
}

/** An excess is no longer covered and is charged again. */
export interface ExcessChargeRestoredV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** A lent device is faulty. */
export interface DeviceFaultReportedV1 extends Money {
  readonly faultId: string;
  readonly optionId: string;
  readonly occurredOn: string;
  readonly attributableToContractor: boolean;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** Lent devices came back. */
export interface DevicesReturnedV1 extends Money {
  readonly optionId: string;
  readonly returnedOn: string;
  readonly faultId?: string;
  readonly lossId?: string;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** A lent device was lost. */
export interface DeviceLostV1 extends Money {
  readonly lossId: string;
  readonly optionId: string;
  readonly lostOn: string;
  /** Id of the published event whose place it takes after a correction. */
  readonly inPlaceOf?: string;
}

/** Lent devices did not come back in time and count as lost. */
export interface DeviceDeemedLostV1 extends Money {
  readonly optionId: string;
  readonly chargeId: string;
  readonly returnDueOn: string;
  readonly deemedLostOn: string;
}

/** Lent devices no longer count as lost. */
export interface DeviceDeemedLossUndoneV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** Entries were wrong and are struck. All the money of the correction is in this event, also that of what takes their place, which is published after it. */
export interface CorrectedV1 extends Money {
  /** Ids of the published events that are struck. */
  readonly strikes: readonly string[];
  /** Whether others take their place. */
  readonly replaced: boolean;
}

/** A new term began. */
export interface RenewedV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  readonly term: number;
  readonly startsOn: string;
  readonly endsOn: string;
  readonly noticeDeadline: string;
}

/** A term did not begin after all. */
export interface RenewalUndoneV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** The contract has ended. */
export interface EndedV1 extends Money {
  /** Last day in force. */
  readonly on: string;
  readonly reason: string;
  readonly clause: string | null;
}

/** The contract has not ended after all. */
export interface EndUndoneV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** An option has ended. */
export interface OptionEndedV1 extends Money {
  readonly optionId: string;
  /** Last day in force. */
  readonly on: string;
  readonly reason: string;
  readonly clause: string | null;
}

/** An option has not ended after all. */
export interface OptionEndUndoneV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** An option was accepted after an end that became known later: it costs nothing. */
export interface OptionVoidedV1 extends Money {
  readonly optionId: string;
  readonly endsOn: string;
  readonly clause: string | null;
}

/** A voided option stands again. */
export interface OptionRevivedV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** The settlement of a line that ended early is assessed. */
export interface SettlementAssessedV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  readonly amount: number;
  readonly dueOn: string;
  readonly exemption: string | null;
}

/** An assessed settlement is void. */
export interface SettlementVoidedV1 extends Money {
  /** "base", or the id of an option contract. */
  readonly subject: string;
  /** Id of the published event that it undoes. */
  readonly undoes: string;
}

/** The ledger says otherwise than it published, without a new fact about the contract: a rule was mended, or a table of holidays was replaced. */
export type ChargesRestatedV1 = Money;

/** What each type says, by its name. */
export interface BillingEvents {
  readonly 'ledger.contract.contracted.v1': ContractedV1;
  readonly 'ledger.contract.option-added.v1': OptionAddedV1;
  readonly 'ledger.contract.account-count-changed.v1': AccountCountChangedV1;
  readonly 'ledger.contract.account-count-change-withdrawn.v1': AccountCountChangeWithdrawnV1;
  readonly 'ledger.contract.account-count-change-voided.v1': AccountCountChangeVoidedV1;
  readonly 'ledger.contract.account-count-change-revived.v1': AccountCountChangeRevivedV1;
  readonly 'ledger.contract.cancellation-notified.v1': CancellationNotifiedV1;
  readonly 'ledger.contract.notice-withdrawn.v1': NoticeWithdrawnV1;
  readonly 'ledger.contract.terminated.v1': TerminatedV1;
  readonly 'ledger.contract.discontinuation-applied.v1': DiscontinuationAppliedV1;
  readonly 'ledger.contract.discontinuation-lifted.v1': DiscontinuationLiftedV1;
  readonly 'ledger.contract.quoted.v1': QuotedV1;
  readonly 'ledger.contract.excess-detected.v1': ExcessDetectedV1;
  readonly 'ledger.contract.excess-charge-voided.v1': ExcessChargeVoidedV1;
  readonly 'ledger.contract.excess-charge-restored.v1': ExcessChargeRestoredV1;
  readonly 'ledger.contract.device-fault-reported.v1': DeviceFaultReportedV1;
  readonly 'ledger.contract.devices-returned.v1': DevicesReturnedV1;
  readonly 'ledger.contract.device-lost.v1': DeviceLostV1;
  readonly 'ledger.contract.device-deemed-lost.v1': DeviceDeemedLostV1;
  readonly 'ledger.contract.device-deemed-loss-undone.v1': DeviceDeemedLossUndoneV1;
  readonly 'ledger.contract.corrected.v1': CorrectedV1;
  readonly 'ledger.contract.renewed.v1': RenewedV1;
  readonly 'ledger.contract.renewal-undone.v1': RenewalUndoneV1;
  readonly 'ledger.contract.ended.v1': EndedV1;
  readonly 'ledger.contract.end-undone.v1': EndUndoneV1;
  readonly 'ledger.contract.option-ended.v1': OptionEndedV1;
  readonly 'ledger.contract.option-end-undone.v1': OptionEndUndoneV1;
  readonly 'ledger.contract.option-voided.v1': OptionVoidedV1;
  readonly 'ledger.contract.option-revived.v1': OptionRevivedV1;
  readonly 'ledger.contract.settlement-assessed.v1': SettlementAssessedV1;
  readonly 'ledger.contract.settlement-voided.v1': SettlementVoidedV1;
  readonly 'ledger.contract.charges-restated.v1': ChargesRestatedV1;
}

/** A published event but for its data: CloudEvents 1.0 in structured JSON. */
export interface Envelope {
  readonly specversion: '1.0';
  /** UUIDv5 of the id of the source event and the place of this event among those made from it. */
  readonly id: string;
  /** The ledger that published it. */
  readonly source: string;
  /** Name and version. A consumer that does not know it must stop, never skip. */
  readonly type: string;
  /** Id of the contract. */
  readonly subject: string;
  /** The instant at which the fact was recorded. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Name of the schema of `data`, served at /v1/feed/schemas. */
  readonly dataschema: string;
  /** Place in the feed, from 0, without gaps: 16 decimal digits with leading zeros, because the sequence extension of CloudEvents is a text that sorts and its integers end at 2^31. */
  readonly sequence: string;
  /** Place among the events of its contract, from 0, without gaps. */
  readonly contractsequence: number;
  /** Id of the preceding event of its contract, whatever a reader filters; missing from the first. */
  readonly previousid?: string;
  /** The business day (in Japan) on which it was recorded. */
  readonly businessdate: string;
}

/** A published event, told apart by `type`. */
export type BillingEvent = { [T in keyof BillingEvents]: Envelope & { readonly type: T; readonly data: BillingEvents[T] } }[keyof BillingEvents];

/** Every type that there was when this was generated. At another one a consumer stops. */
export const BILLING_EVENT_TYPES: readonly (keyof BillingEvents)[] = [
  'ledger.contract.contracted.v1',
  'ledger.contract.option-added.v1',
  'ledger.contract.account-count-changed.v1',
  'ledger.contract.account-count-change-withdrawn.v1',
  'ledger.contract.account-count-change-voided.v1',
  'ledger.contract.account-count-change-revived.v1',
  'ledger.contract.cancellation-notified.v1',
  'ledger.contract.notice-withdrawn.v1',
  'ledger.contract.terminated.v1',
  'ledger.contract.discontinuation-applied.v1',
  'ledger.contract.discontinuation-lifted.v1',
  'ledger.contract.quoted.v1',
  'ledger.contract.excess-detected.v1',
  'ledger.contract.excess-charge-voided.v1',
  'ledger.contract.excess-charge-restored.v1',
  'ledger.contract.device-fault-reported.v1',
  'ledger.contract.devices-returned.v1',
  'ledger.contract.device-lost.v1',
  'ledger.contract.device-deemed-lost.v1',
  'ledger.contract.device-deemed-loss-undone.v1',
  'ledger.contract.corrected.v1',
  'ledger.contract.renewed.v1',
  'ledger.contract.renewal-undone.v1',
  'ledger.contract.ended.v1',
  'ledger.contract.end-undone.v1',
  'ledger.contract.option-ended.v1',
  'ledger.contract.option-end-undone.v1',
  'ledger.contract.option-voided.v1',
  'ledger.contract.option-revived.v1',
  'ledger.contract.settlement-assessed.v1',
  'ledger.contract.settlement-voided.v1',
  'ledger.contract.charges-restated.v1',
];
