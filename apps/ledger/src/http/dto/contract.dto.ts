import { broken, Accounts, Amount, Day, FeeOf, Flag, Id, KeyedById, Name, Nullable, OneOf, Optional, OptionNumber, Part, Parts, Subject, Units, Words } from './rules.js';
import { ReasonDto, WhyDto } from './why.dto.js';
import type { PathError } from '../../ports.js';
import type { PlainDate } from '@app/calendar';
import type {
  AddOptions,
  Application,
  ChangeAccountCount,
  ContractItem,
  DetectExcess,
  NotifyCancellation,
  OpenManagementUnit,
  OptionApplied,
  Quote,
  ReceiveReplacement,
  ReportFault,
  ReportLoss,
  ReportRecovery,
  ReturnDevices,
  Terminate,
  TerminationGround,
  WithdrawAccountCountChange,
  WithdrawNotice,
} from '@app/contract';
import type { Fee, Yen } from '@app/money';

class ContractorDto {
  @Name() readonly id: string;
  @Name() readonly name: string;
}

export class OpenManagementUnitDto extends WhyDto implements OpenManagementUnit {
  @Part(ContractorDto) readonly contractor: ContractorDto;
  @Name() readonly name: string;
}

class ApplicationDto implements Application {
  @Name() readonly number: string;
  @Flag() readonly onForm: boolean;
}

class ContractFeesDto {
  /** Null: still to be quoted. */
  @Nullable() @Amount() readonly initial: Yen | null;
  @FeeOf() readonly monthly: Fee;
}

class LicensorTermsDto {
  @Words() readonly document: string;
  @Day() readonly agreedOn: PlainDate;
}

export class ContractItemDto extends WhyDto implements ContractItem {
  @Id() readonly managementUnitId: string;
  /** Item code, or the item's name in force on `acceptedOn`. */
  @Name() readonly item: string;
  @Accounts() readonly accountCount: number;
  @Day() readonly acceptedOn: PlainDate;
  @Day() readonly billingStartsOn: PlainDate;
  @Part(ContractFeesDto) readonly fees: ContractFeesDto;
  @Part(ApplicationDto) readonly application: ApplicationDto;
  @Part(LicensorTermsDto) readonly licensorTerms: LicensorTermsDto;
}

class OptionFeesDto {
  @Optional() @Nullable() @Amount() readonly initial?: Yen | null;
  @Optional() @FeeOf() readonly monthly?: Fee;
}

class OptionAppliedDto implements OptionApplied {
  @OptionNumber() readonly option: number;
  @Optional() @Accounts() readonly accountCount?: number;
  @Optional() @Units() readonly units?: number;
  @Part(OptionFeesDto) readonly fees: OptionFeesDto;
}

export class AddOptionsDto extends WhyDto implements AddOptions {
  @Day() readonly acceptedOn: PlainDate;
  @Day() readonly billingStartsOn: PlainDate;
  @Part(ApplicationDto) readonly application: ApplicationDto;
  @Parts(OptionAppliedDto, 1, 200) readonly options: readonly OptionAppliedDto[];
}

class MonthlyFeeDto {
  @FeeOf() readonly monthly: Fee;
}

export class ChangeAccountCountDto extends WhyDto implements ChangeAccountCount {
  @Accounts() readonly accountCount: number;
  @Day() readonly effectiveOn: PlainDate;
  @OneOf('contractor', 'provider') readonly requestedBy: 'contractor' | 'provider';
  /** The provider's prior notice (A7-2). */
  @Optional() @Day() readonly noticedOn?: PlainDate;
  @Optional() @Part(MonthlyFeeDto) readonly fees?: MonthlyFeeDto;
  @Optional() @KeyedById(MonthlyFeeDto) readonly optionFees?: { readonly [optionId: string]: MonthlyFeeDto };
  @Optional() @KeyedById('accounts') readonly optionAccountCounts?: { readonly [optionId: string]: number };

  /** Where the provider acts, the reason must be given. */
  static whole(body: ChangeAccountCountDto): readonly PathError[] {
    return body.requestedBy === 'provider' && !body.reason?.trim() ? [{ path: 'reason', message: 'required' }] : [];
  }
}

export class WithdrawAccountCountChangeDto extends ReasonDto implements WithdrawAccountCountChange {}

export class NotifyCancellationDto extends WhyDto implements NotifyCancellation {
  @Day() readonly arrivedOn: PlainDate;
  /** The member must be there; null: no day is designated. */
  @Nullable() @Day() readonly designatedOn: PlainDate | null;
  @Flag() readonly onForm: boolean;
}

export class WithdrawNoticeDto extends ReasonDto implements WithdrawNotice {
  @Day() readonly consentedOn: PlainDate;
}

export class TerminateDto extends ReasonDto implements Terminate {
  @Day() readonly endsOn: PlainDate;
  @OneOf('general-terms-28-2', 'general-terms-28-3', 'provider') readonly ground: TerminationGround;
}

const QUOTED = {
  monthly: { takes: ['fee', 'effectiveOn'], refuses: ['amount', 'chargeId'] },
  other: { takes: ['amount'], refuses: ['fee', 'effectiveOn'] },
} as const;

export class QuoteDto extends WhyDto implements Quote {
  /** `base` or an option's id. */
  @Subject() readonly subject: string;
  @OneOf('monthly', 'initial', 'oneTime', 'excess') readonly kind: Quote['kind'];
  /** Only, and always, with `monthly`. */
  @Optional() @FeeOf() readonly fee?: Fee;
  @Optional() @Day() readonly effectiveOn?: PlainDate;
  /** Only, and always, with the other kinds. */
  @Optional() @Amount() readonly amount?: Yen;
  @Optional() @Name() readonly chargeId?: string;

  static whole(body: QuoteDto): readonly PathError[] {
    const { takes, refuses } = QUOTED[body.kind === 'monthly' ? 'monthly' : 'other'];
    return [
      ...broken('required', takes.filter((m) => body[m] === undefined)),
      ...broken('unknown', refuses.filter((m) => body[m] !== undefined)),
    ];
  }
}

export class DetectExcessDto extends WhyDto implements DetectExcess {
  @Day() readonly detectedOn: PlainDate;
  @Accounts() readonly accounts: number;
  /** Null or left out: waits for its quotation. */
  @Optional() @Nullable() @Amount() readonly charge?: Yen | null;
  @Optional() @Id() readonly optionId?: string;
}

export class ReportFaultDto extends WhyDto implements ReportFault {
  @Day() readonly occurredOn: PlainDate;
  @Flag() readonly attributableToContractor: boolean;
  @Optional() @Amount() readonly charge?: Yen;
}

export class ReceiveReplacementDto extends WhyDto implements ReceiveReplacement {
  @Day() readonly arrivedOn: PlainDate;
}

export class ReturnDevicesDto extends WhyDto implements ReturnDevices {
  @Day() readonly returnedOn: PlainDate;
}

export class ReportLossDto extends WhyDto implements ReportLoss {
  @Day() readonly lostOn: PlainDate;
  /** Null or left out: waits for its quotation. */
  @Optional() @Nullable() @Amount() readonly charge?: Yen | null;
}

export class ReportRecoveryDto extends WhyDto implements ReportRecovery {
  @Day() readonly foundOn: PlainDate;
}
