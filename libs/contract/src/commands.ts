/**
 * What can be asked of a contract. Each body has exactly the fields of the HTTP contract, so the DTO of a route
 * implements the type here. Free text (`reason`, `document`, names) never reaches an event: the caller stores it in
 * the register first and hands its reference over in the {@link Asked} envelope (design 4).
 */
import type { PlainDate } from '@app/calendar';
import type { Fee, Yen } from '@app/money';
import type { TextRef } from '@app/kernel';

/** Fields every command may carry. `reason` is required where the provider acts. */
export interface Why {
  readonly reason?: string;
  readonly channel?: string;
  readonly document?: string;
}

export interface Application {
  readonly number: string;
  readonly onForm: boolean;
}

/** `POST /v1/contracts`. */
export interface ContractItem extends Why {
  readonly managementUnitId: string;
  /** Item code, or the item's name in force on `acceptedOn`. */
  readonly item: string;
  readonly accountCount: number;
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly fees: { readonly initial: Yen | null; readonly monthly: Fee };
  readonly application: Application;
  readonly licensorTerms: { readonly document: string; readonly agreedOn: PlainDate };
}

export interface OptionApplied {
  readonly option: number;
  readonly accountCount?: number;
  readonly units?: number;
  readonly fees: { readonly initial?: Yen | null; readonly monthly?: Fee };
}

/** `POST /v1/contracts/{id}/options`: one application, accepted or refused whole. */
export interface AddOptions extends Why {
  readonly acceptedOn: PlainDate;
  readonly billingStartsOn: PlainDate;
  readonly application: Application;
  readonly options: readonly OptionApplied[];
}

/** `POST /v1/contracts/{id}/account-count`. */
export interface ChangeAccountCount extends Why {
  readonly accountCount: number;
  readonly effectiveOn: PlainDate;
  readonly requestedBy: 'contractor' | 'provider';
  readonly noticedOn?: PlainDate;
  readonly fees?: { readonly monthly: Fee };
  readonly optionFees?: { readonly [optionId: string]: { readonly monthly: Fee } };
  readonly optionAccountCounts?: { readonly [optionId: string]: number };
}

/** `POST …/account-count/{changeId}/withdrawals`. */
export interface WithdrawAccountCountChange extends Why {
  readonly reason: string;
}

/** `POST …/cancellation-notices`, of the contract or of one option. */
export interface NotifyCancellation extends Why {
  readonly arrivedOn: PlainDate;
  readonly designatedOn: PlainDate | null;
  readonly onForm: boolean;
}

/** `POST …/cancellation-notices/{noticeId}/withdrawals` (N41). */
export interface WithdrawNotice extends Why {
  readonly consentedOn: PlainDate;
  readonly reason: string;
}

export type TerminationGround = 'general-terms-28-2' | 'general-terms-28-3' | 'provider';

/** `POST /v1/contracts/{id}/terminations`. */
export interface Terminate extends Why {
  readonly endsOn: PlainDate;
  readonly ground: TerminationGround;
  readonly reason: string;
}

/** `POST /v1/contracts/{id}/quotations`: a price that was missing or changes. */
export interface Quote extends Why {
  /** `base` or an option id. */
  readonly subject: string;
  readonly kind: 'monthly' | 'initial' | 'oneTime' | 'excess';
  readonly fee?: Fee;
  readonly effectiveOn?: PlainDate;
  readonly amount?: Yen;
  readonly chargeId?: string;
}

/** `POST /v1/contracts/{id}/excess-usages`. */
export interface DetectExcess extends Why {
  readonly detectedOn: PlainDate;
  readonly accounts: number;
  readonly charge?: Yen | null;
  readonly optionId?: string;
}

/** `POST …/devices/faults`. */
export interface ReportFault extends Why {
  readonly occurredOn: PlainDate;
  readonly attributableToContractor: boolean;
  readonly charge?: Yen;
}

/** `POST …/devices/replacements`. */
export interface ReceiveReplacement extends Why {
  readonly arrivedOn: PlainDate;
}

/** `POST …/devices/returns`. */
export interface ReturnDevices extends Why {
  readonly returnedOn: PlainDate;
}

/** `POST …/devices/losses`. */
export interface ReportLoss extends Why {
  readonly lostOn: PlainDate;
  readonly charge?: Yen | null;
}

/** `POST …/devices/recoveries`. */
export interface ReportRecovery extends Why {
  readonly foundOn: PlainDate;
}

/** `POST /v1/contracts/{id}/corrections`. */
export interface Correct extends Why {
  readonly eventId: string;
  readonly reason: string;
  /** `command` is the path after the contract's id (`""` replaces the contract's own entry); `body` is that command's body. */
  readonly replacement?: { readonly command: string; readonly body: unknown };
}

/** Bodies by command name; the part of the path that the body lacks stands beside it. */
export interface ContractCommands {
  ContractItem: { body: ContractItem };
  AddOptions: { body: AddOptions };
  ChangeAccountCount: { body: ChangeAccountCount };
  WithdrawAccountCountChange: { changeId: string; body: WithdrawAccountCountChange };
  NotifyCancellation: { body: NotifyCancellation };
  NotifyOptionCancellation: { optionId: string; body: NotifyCancellation };
  /** `optionId` stands where the path names the option; the notice must then be of that option. */
  WithdrawNotice: { noticeId: string; optionId?: string; body: WithdrawNotice };
  Terminate: { body: Terminate };
  Quote: { body: Quote };
  DetectExcess: { body: DetectExcess };
  ReportFault: { optionId: string; body: ReportFault };
  ReceiveReplacement: { optionId: string; body: ReceiveReplacement };
  ReturnDevices: { optionId: string; body: ReturnDevices };
  ReportLoss: { optionId: string; body: ReportLoss };
  ReportRecovery: { optionId: string; body: ReportRecovery };
  /** The replacement is already parsed and validated by its own DTO when it reaches the domain. */
  Correct: { body: Correct; replacement: ContractCommand | null };
  /** The scheduler's: write what has fallen due by `through`; with `kind`, consequences of that kind only, so that due work can run by day, then kind, then contract. */
  RecordDue: { through: PlainDate; kind?: string };
  /** The vendor's discontinuation (A9) reaches this contract, or is lifted from it. */
  ApplyDiscontinuation: { discontinuation: Discontinuation };
}

export type ContractCommandName = keyof ContractCommands;
export type ContractCommand = { [N in ContractCommandName]: { readonly name: N } & Readonly<ContractCommands[N]> }[ContractCommandName];

/** A vendor's discontinuation as it stands on the vendor's stream; `lifted` after its correction. */
export interface Discontinuation {
  readonly discontinuationId: string;
  readonly vendor: string;
  readonly endsOn: PlainDate;
  readonly lifted: boolean;
}

/** References of the texts of one command, by slot: `reason`, `document`, `licensorTerms.document`, … */
export type TextRefs = { readonly [slot: string]: TextRef };
