import { broken, Day, FreeText, Id, JudgedBy, Name, OneOf, Optional, Part, Such, Words } from './rules.js';
import { ReasonDto, WhyDto } from './why.dto.js';
import { isRecord } from '../../values.js';
import { DECISIONS, ROLES } from '@app/access';
import { clause, isClauseId } from '@app/agreement';
import type { PathError } from '../../ports.js';
import type { DecideApproval, Role } from '@app/access';
import type { PlainDate } from '@app/calendar';
import type { Correct, CorrectDiscontinuation, Discontinue, RecordFact } from '@app/contract';

/** Only the frame is judged here; the replaced command's own body is judged by its own DTO (replacements.ts). */
function replacementErrors(value: unknown): PathError[] {
  if (!isRecord(value)) return [{ path: '', message: 'object' }];
  return [
    ...broken('unknown', Object.keys(value).filter((k) => k !== 'command' && k !== 'body')),
    ...broken('required', ['command', 'body'].filter((m) => !(m in value))),
    ...broken('command', 'command' in value && typeof value['command'] !== 'string' ? ['command'] : []),
  ];
}

export class CorrectDto extends ReasonDto implements Correct {
  @Id() readonly eventId: string;
  /** Left out: the fact is only struck. `command` is the path after the contract's id, `""` the contract's own entry. */
  @Optional() @JudgedBy(replacementErrors) readonly replacement?: { readonly command: string; readonly body: unknown };
}

export class DiscontinueDto extends ReasonDto implements Discontinue {
  @Day() readonly endsOn: PlainDate;
}

class DiscontinuationReplacementDto {
  @Day() readonly endsOn: PlainDate;
}
export class CorrectDiscontinuationDto extends ReasonDto implements CorrectDiscontinuation {
  /** Left out: the discontinuation is struck. */
  @Optional() @Part(DiscontinuationReplacementDto) readonly replacement?: DiscontinuationReplacementDto;
}

/** Clauses of class R ask to keep a record: of a version's coming into force too. */
const asksForRecord = (value: unknown): boolean => typeof value === 'string' && isClauseId(value) && clause(value).class === 'R';

export class RecordFactDto extends WhyDto implements RecordFact {
  @Such('recordClause', asksForRecord) readonly clause: string;
  @Day() readonly occurredOn: PlainDate;
  @Optional() @Id() readonly contractId?: string;
  @Optional() @Id() readonly optionId?: string;
  @Words() readonly note: string;

  static whole(body: RecordFactDto): readonly PathError[] {
    return body.optionId !== undefined && body.contractId === undefined ? [{ path: 'optionId', message: 'together|contractId' }] : [];
  }
}

export class IssueTokenDto extends WhyDto {
  /** Who acts: an id, never a person's name. */
  @Name() readonly subject: string;
  @OneOf(...ROLES) readonly role: Role;
  @Optional() @FreeText() readonly label?: string;
  /** Last day on which it is accepted; left out: until revoked. */
  @Optional() @Day() readonly expiresOn?: PlainDate;
}

export class RevokeTokenDto extends ReasonDto {}

export class DecideApprovalDto extends ReasonDto implements DecideApproval {
  @OneOf(...DECISIONS) readonly decision: DecideApproval['decision'];
}

export class EraseContractorDto extends ReasonDto {}

export class MoveClockDto {
  @Day() readonly today: PlainDate;
}

/** A command without members of its own. */
export class NothingDto extends WhyDto {}
