/**
 * What can have happened to a contract. Stored names are frozen; a changed shape is a new version with an upcaster.
 * Facts are entered by commands and can be struck by a correction; consequences follow from the facts, are written
 * when they fall due, and are undone by a new event when a later fact takes their ground away.
 */
import type { ItemCode, Policies } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import { EventRegistry, type TextRef } from '@app/kernel';
import type { Fee, Yen } from '@app/money';
import type { TerminationGround } from './commands.js';

/** `base`, or the id of an option contract. */
export type Subject = string;
export const BASE: Subject = 'base';

/** Every fact may stand in the place of a struck one (a correction's replacement). */
interface Fact {
  readonly inPlaceOf?: string;
}

// ---------------------------------------------------------------- facts

export interface Contracted extends Fact {
  readonly contractId: string;
  readonly managementUnitId: string;
  readonly contractorId: string;
  readonly item: ItemCode;
  /** The item's name in force on the day of acceptance. */
  readonly itemName: string;
  readonly accountCount: number;
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly fees: { readonly initial: Yen | null; readonly monthly: Fee };
  readonly applicationNumber: string;
  /** The set in force when the acceptance was recorded; frozen for this contract. */
  readonly policies: Policies;
}

/** A5-1: the contractor agreed to the licensors' terms. */
export interface LicensorTermsAgreed extends Fact {
  readonly document: TextRef;
  readonly agreedOn: PlainDate;
}

export interface OptionAdded extends Fact {
  readonly optionId: string;
  readonly option: number;
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly applicationNumber: string;
  /** Own-count options only. */
  readonly accountCount?: number;
  /** Options counted in units only. */
  readonly units?: number;
  readonly fees: { readonly initial: Yen | null; readonly monthly: Fee | null };
}

export interface AccountCountChanged extends Fact {
  readonly changeId: string;
  readonly accountCount: number;
  readonly effectiveOn: PlainDate;
  readonly requestedBy: 'contractor' | 'provider';
  readonly noticedOn?: PlainDate;
  readonly monthlyFee?: Fee;
  readonly options: readonly { readonly optionId: string; readonly accountCount?: number; readonly monthlyFee?: Fee }[];
}

export interface AccountCountChangeWithdrawn extends Fact {
  readonly changeId: string;
}

export interface CancellationNotified extends Fact {
  readonly noticeId: string;
  readonly subject: Subject;
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
  readonly onForm: boolean;
}

/** N41: with the provider's consent; the notice then counts as never arrived. */
export interface NoticeWithdrawn extends Fact {
  readonly noticeId: string;
  readonly consentedOn: PlainDate;
}

export interface Terminated extends Fact {
  readonly endsOn: PlainDate;
  readonly ground: TerminationGround;
}

/** The vendor's discontinuation reached this contract (A9). */
export interface DiscontinuationApplied {
  readonly discontinuationId: string;
  readonly vendor: string;
  readonly endsOn: PlainDate;
}

export interface DiscontinuationLifted {
  readonly discontinuationId: string;
}

export interface Quoted extends Fact {
  readonly subject: Subject;
  readonly kind: 'monthly' | 'initial' | 'oneTime' | 'excess';
  readonly fee?: Fee;
  readonly effectiveOn?: PlainDate;
  readonly amount?: Yen;
  readonly chargeId?: string;
}

export interface ExcessDetected extends Fact {
  readonly chargeId: string;
  readonly subject: Subject;
  readonly detectedOn: PlainDate;
  /** Accounts in use beyond the contracted count. */
  readonly accounts: number;
  readonly charge: Yen | null;
}

export interface DeviceFaultReported extends Fact {
  readonly faultId: string;
  readonly optionId: string;
  readonly occurredOn: PlainDate;
  readonly attributableToContractor: boolean;
  readonly charge: Yen | null;
}

export interface ReplacementArrived extends Fact {
  readonly optionId: string;
  readonly faultId: string;
  readonly arrivedOn: PlainDate;
}

export interface DevicesReturned extends Fact {
  readonly optionId: string;
  readonly returnedOn: PlainDate;
  /** The fault whose device came back; with neither, the lent devices did. */
  readonly faultId?: string;
  /** The loss whose device was found and came back although the option runs on (A8-4-8-ii). */
  readonly lossId?: string;
}

export interface DeviceLost extends Fact {
  readonly lossId: string;
  readonly optionId: string;
  readonly lostOn: PlainDate;
  readonly charge: Yen | null;
}

/** A8-4-8-ii: the loss charge stays. */
export interface DeviceFound extends Fact {
  readonly optionId: string;
  readonly foundOn: PlainDate;
}

/** Names what it strikes; replacements follow as facts with `inPlaceOf`. */
export interface Corrected {
  readonly eventId: string;
  /** Every event of the struck command. */
  readonly strikes: readonly string[];
  readonly reason: TextRef;
  readonly replaced: boolean;
}

// ---------------------------------------------------------------- consequences

export interface Renewed {
  readonly subject: Subject;
  readonly term: number;
  readonly startsOn: PlainDate;
  readonly endsOn: PlainDate;
  readonly noticeDeadline: PlainDate;
}

export interface Ended {
  readonly on: PlainDate;
  readonly reason: string;
  readonly clause: string | null;
}

export interface OptionEnded extends Ended {
  readonly optionId: string;
}

export interface SettlementMonth {
  readonly month: string;
  readonly days: number;
  readonly of: number;
  readonly amount: Yen;
}

export interface SettlementAssessed {
  readonly subject: Subject;
  readonly amount: Yen;
  readonly dueOn: PlainDate;
  readonly from: PlainDate | null;
  readonly to: PlainDate | null;
  readonly monthlyFee: Yen;
  readonly months: readonly SettlementMonth[];
  readonly clause: string;
  /** The annex rule that gives the amount. */
  readonly annex: 'X2-1' | 'X2-2';
  readonly basis: string;
  readonly exemption: string | null;
  readonly taxTreatment: 'undetermined';
}

/** Accepted after the end that a late fact brought: no charge, initial included (design 16). */
export interface OptionVoided {
  readonly optionId: string;
  readonly endsOn: PlainDate;
  readonly clause: string | null;
}

export interface AccountCountChangeVoided {
  readonly changeId: string;
  readonly endsOn: PlainDate;
  readonly clause: string | null;
}

/** N39: the changed count covers the excess from the first day of its month. */
export interface ExcessChargeVoided {
  readonly chargeId: string;
  readonly coveredBy: number;
}

export interface DeviceDeemedLost {
  readonly optionId: string;
  readonly chargeId: string;
  readonly returnDueOn: PlainDate;
  readonly deemedLostOn: PlainDate;
}

/** A written consequence no longer follows. One type for each, so that a reader needs no lookup. */
export interface Undone {
  readonly undoes: string;
  readonly subject: Subject;
}

export interface ContractEventData {
  Contracted: Contracted;
  LicensorTermsAgreed: LicensorTermsAgreed;
  OptionAdded: OptionAdded;
  AccountCountChanged: AccountCountChanged;
  AccountCountChangeWithdrawn: AccountCountChangeWithdrawn;
  CancellationNotified: CancellationNotified;
  NoticeWithdrawn: NoticeWithdrawn;
  Terminated: Terminated;
  DiscontinuationApplied: DiscontinuationApplied;
  DiscontinuationLifted: DiscontinuationLifted;
  Quoted: Quoted;
  ExcessDetected: ExcessDetected;
  DeviceFaultReported: DeviceFaultReported;
  ReplacementArrived: ReplacementArrived;
  DevicesReturned: DevicesReturned;
  DeviceLost: DeviceLost;
  DeviceFound: DeviceFound;
  Corrected: Corrected;
  Renewed: Renewed;
  Ended: Ended;
  OptionEnded: OptionEnded;
  SettlementAssessed: SettlementAssessed;
  OptionVoided: OptionVoided;
  AccountCountChangeVoided: AccountCountChangeVoided;
  ExcessChargeVoided: ExcessChargeVoided;
  DeviceDeemedLost: DeviceDeemedLost;
  RenewalUndone: Undone;
  EndUndone: Undone;
  OptionEndUndone: Undone;
  SettlementVoided: Undone;
  OptionRevived: Undone;
  AccountCountChangeRevived: Undone;
  ExcessChargeRestored: Undone;
  DeviceDeemedLossUndone: Undone;
}

export type ContractEventType = keyof ContractEventData;
export type ContractEvent = { [T in ContractEventType]: { readonly type: T; readonly data: ContractEventData[T] } }[ContractEventType];

/** Facts that a correction can strike: what a command entered. */
export const FACT_TYPES = [
  'Contracted',
  'LicensorTermsAgreed',
  'OptionAdded',
  'AccountCountChanged',
  'AccountCountChangeWithdrawn',
  'CancellationNotified',
  'NoticeWithdrawn',
  'Terminated',
  'Quoted',
  'ExcessDetected',
  'DeviceFaultReported',
  'ReplacementArrived',
  'DevicesReturned',
  'DeviceLost',
  'DeviceFound',
] as const satisfies readonly ContractEventType[];

export type FactType = (typeof FACT_TYPES)[number];
export type FactEvent = Extract<ContractEvent, { type: FactType }>;

/** Consequence → the event that undoes it. */
export const UNDO = {
  Renewed: 'RenewalUndone',
  Ended: 'EndUndone',
  OptionEnded: 'OptionEndUndone',
  SettlementAssessed: 'SettlementVoided',
  OptionVoided: 'OptionRevived',
  AccountCountChangeVoided: 'AccountCountChangeRevived',
  ExcessChargeVoided: 'ExcessChargeRestored',
  DeviceDeemedLost: 'DeviceDeemedLossUndone',
} as const satisfies { readonly [T in ContractEventType]?: ContractEventType };

export type ConsequenceType = keyof typeof UNDO;
export type ConsequenceEvent = Extract<ContractEvent, { type: ConsequenceType }>;

const ALL: { readonly [T in ContractEventType]: 1 } = {
  Contracted: 1,
  LicensorTermsAgreed: 1,
  OptionAdded: 1,
  AccountCountChanged: 1,
  AccountCountChangeWithdrawn: 1,
  CancellationNotified: 1,
  NoticeWithdrawn: 1,
  Terminated: 1,
  DiscontinuationApplied: 1,
  DiscontinuationLifted: 1,
  Quoted: 1,
  ExcessDetected: 1,
  DeviceFaultReported: 1,
  ReplacementArrived: 1,
  DevicesReturned: 1,
  DeviceLost: 1,
  DeviceFound: 1,
  Corrected: 1,
  Renewed: 1,
  Ended: 1,
  OptionEnded: 1,
  SettlementAssessed: 1,
  OptionVoided: 1,
  AccountCountChangeVoided: 1,
  ExcessChargeVoided: 1,
  DeviceDeemedLost: 1,
  RenewalUndone: 1,
  EndUndone: 1,
  OptionEndUndone: 1,
  SettlementVoided: 1,
  OptionRevived: 1,
  AccountCountChangeRevived: 1,
  ExcessChargeRestored: 1,
  DeviceDeemedLossUndone: 1,
};

/** Stored type names of the contract's stream with their current versions. */
export const contractEvents = new EventRegistry(Object.entries(ALL).map(([type, version]) => ({ type, version })));

export const contractStream = (contractId: string): string => `contract-${contractId}`;
