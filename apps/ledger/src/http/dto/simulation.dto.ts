import { broken, Accounts, Amount, Day, JudgedBy, Name, Nullable, Optional, OptionNumber, Parts, Such, Units, Whole } from './rules.js';
import { parsePolicies, quantityErrors, revisionNamed } from '@app/agreement';
import type { PathError } from '../../ports.js';
import type { OptionNo, OptionUse, Policies } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import type { Yen } from '@app/money';

const policyErrors = (value: unknown): readonly PathError[] => {
  const parsed = parsePolicies(value);
  return 'errors' in parsed ? parsed.errors : [];
};

class PoliciesDto {
  /** Overrides the service's policies; those left out stay. */
  @Optional() @JudgedBy(policyErrors) readonly policies?: Partial<Policies>;
}

export class CancellationDto extends PoliciesDto {
  /** Item code, or the item's name in force when the notice arrives; this or `option`. */
  @Optional() @Name() readonly item?: string;
  @Optional() @OptionNumber() readonly option?: OptionNo;
  @Day() readonly billingStartsOn: PlainDate;
  @Optional() @Amount() readonly monthlyFee?: Yen;
  @Day() readonly arrivedOn: PlainDate;
  @Nullable() @Day() readonly designatedOn: PlainDate | null;

  static whole(body: CancellationDto): readonly PathError[] {
    return (body.item === undefined) === (body.option === undefined) ? [{ path: 'item', message: 'either|item|option' }] : [];
  }
}

class OptionUseDto implements OptionUse {
  @OptionNumber() readonly option: OptionNo;
  @Optional() @Accounts() readonly accountCount?: number;
  @Optional() @Units() readonly units?: number;

  static whole(body: OptionUseDto): readonly PathError[] {
    return quantityErrors(body);
  }
}

export class ApplicationSimulationDto extends PoliciesDto {
  /** Item code, or the item's name in force today. */
  @Name() readonly item: string;
  @Accounts() readonly accountCount: number;
  @Parts(OptionUseDto, 0, 1000) readonly active: readonly OptionUseDto[];
  @Parts(OptionUseDto, 0, 1000) readonly apply: readonly OptionUseDto[];
}

export class SettlementSimulationDto extends PoliciesDto {
  @Amount() readonly monthlyFee: Yen;
  @Day() readonly periodStartsOn: PlainDate;
  @Day() readonly periodEndsOn: PlainDate;
  @Day() readonly endsOn: PlainDate;
  /** The version of the agreement whose rules are asked for: the day it came into force, or its clause. Default: the one in force on `endsOn`. */
  @Optional() @Such('revision', (v) => revisionNamed(v) !== undefined) readonly underRevision?: string;

  static whole(body: SettlementSimulationDto): readonly PathError[] {
    return body.periodEndsOn < body.periodStartsOn ? [{ path: 'periodEndsOn', message: 'order|periodStartsOn' }] : [];
  }
}

const AnyDay = (): PropertyDecorator => Day('1900-01-01', '2199-12-31');

export class CalendarDto extends PoliciesDto {
  @Optional() @AnyDay() readonly billingStartsOn?: PlainDate;
  @Optional() @Whole(1, 120) readonly months?: number;
  @Optional() @Whole(1, 120) readonly count?: number;
  @Optional() @AnyDay() readonly termEndsOn?: PlainDate;
  @Optional() @AnyDay() readonly arrivedOn?: PlainDate;
  @Optional() @Nullable() @AnyDay() readonly designatedOn?: PlainDate | null;
  @Optional() @AnyDay() readonly deviceEventOn?: PlainDate;

  static whole(body: CalendarDto): readonly PathError[] {
    const chain = ['billingStartsOn', 'months', 'count'] as const;
    const missing = chain.filter((m) => body[m] === undefined);
    const asks = missing.length < chain.length || body.termEndsOn || body.arrivedOn || body.deviceEventOn;
    return [
      ...broken('required', missing.length < chain.length ? missing : []),
      ...broken('required', body.designatedOn !== undefined && !body.arrivedOn ? ['arrivedOn'] : []),
      ...broken('question', asks || body.designatedOn !== undefined ? [] : ['']),
    ];
  }
}
