/** Query parameters: texts; whatever a path does not name is refused. */
import { APPROVAL_STATES, CONTRACT_STATUSES } from '../../ports.js';
import { Day, Digits, Id, InMonth, Instant, ItemCodeOf, Name, OneOf, Optional, Subject, Such } from './rules.js';
import { isCitable, isClauseId } from '@app/agreement';
import type { PathError } from '../../ports.js';
import type { PlainDate } from '@app/calendar';

const OPAQUE = /^[A-Za-z0-9_.~-]{1,2000}$/;
const opaque = (v: unknown): boolean => typeof v === 'string' && OPAQUE.test(v);
const Position = (): PropertyDecorator => Such('position', opaque);
const Cursor = (): PropertyDecorator => Such('cursor', opaque);
const LIMIT = /^[1-9]\d{0,2}$/;

export class NoQuery {}

export class CommandQuery {
  @Optional() @OneOf('true', 'false') readonly preview?: 'true' | 'false';
}

export class FreshQuery {
  @Optional() @Position() readonly atLeast?: string;
}

export class PageQuery extends FreshQuery {
  @Optional() @Cursor() readonly cursor?: string;
  /** 1…500, default 50. */
  @Optional() @Such('limit', (v) => typeof v === 'string' && LIMIT.test(v) && Number(v) <= 500) readonly limit?: string;
}

/** Two ways to say one thing. */
const knownOnce = (q: { readonly knownAt?: string; readonly knownAtPosition?: string }): readonly PathError[] =>
  q.knownAt !== undefined && q.knownAtPosition !== undefined ? [{ path: 'knownAtPosition', message: 'notBoth|knownAt' }] : [];

export class ContractAtQuery extends FreshQuery {
  @Optional() @Day() readonly asOf?: PlainDate;
  @Optional() @Instant() readonly knownAt?: string;
  @Optional() @Position() readonly knownAtPosition?: string;

  static whole = knownOnce;
}

/** A page of a list as it stood on a day, by what was known at a time. */
class ThenQuery extends PageQuery {
  @Optional() @Day() readonly asOf?: PlainDate;
  @Optional() @Instant() readonly knownAt?: string;
  @Optional() @Position() readonly knownAtPosition?: string;
}

export class ContractsQuery extends ThenQuery {
  static whole = knownOnce;

  @Optional() @ItemCodeOf() readonly item?: string;
  @Optional() @OneOf(...CONTRACT_STATUSES) readonly status?: (typeof CONTRACT_STATUSES)[number];
  @Optional() @Name() readonly contractorId?: string;
  @Optional() @Id() readonly managementUnitId?: string;
  @Optional() @Name() readonly applicationNumber?: string;
}

export class WindowQuery extends PageQuery {
  @Optional() @Day() readonly from?: PlainDate;
  @Optional() @Day() readonly to?: PlainDate;

  static whole(q: WindowQuery): readonly PathError[] {
    return q.from !== undefined && q.to !== undefined && q.to < q.from ? [{ path: 'to', message: 'order|from' }] : [];
  }
}

export class RecordsQuery extends PageQuery {
  @Optional() @Id() readonly contractId?: string;
  @Optional() @Such('clause', (v) => typeof v === 'string' && isClauseId(v)) readonly clause?: string;
}

export class ApprovalsQuery extends PageQuery {
  @Optional() @OneOf(...APPROVAL_STATES) readonly state?: (typeof APPROVAL_STATES)[number];
  @Optional() @Id() readonly contractId?: string;
}

export class RefusalsQuery extends WindowQuery {
  /** Who asked. */
  @Optional() @Name() readonly subject?: string;
  @Optional() @Such('clause', (v) => typeof v === 'string' && isCitable(v)) readonly clause?: string;
}

const TERM = /^[1-9]\d{0,2}$/;

export class SilenceQuery extends FreshQuery {
  @Id() readonly contractId: string;
  /** The term that ran out, from 1. */
  @Such('term', (v) => typeof v === 'string' && TERM.test(v)) readonly term: string;
  /** `base` (default) or an option's id. */
  @Optional() @Subject() readonly subject?: string;
}

export class WindowThenQuery extends ThenQuery {
  @Optional() @Day() readonly from?: PlainDate;
  @Optional() @Day() readonly to?: PlainDate;

  static whole(q: WindowThenQuery): readonly PathError[] {
    return [...WindowQuery.whole(q), ...knownOnce(q)];
  }
}

export class ReadsQuery extends WindowQuery {
  @Optional() @Name() readonly subject?: string;
  @Optional() @Id() readonly contractId?: string;
}

export class ReviewQuery extends FreshQuery {
  @Day() readonly from: PlainDate;
  @Day() readonly to: PlainDate;

  static whole(q: ReviewQuery): readonly PathError[] {
    return WindowQuery.whole(q);
  }
}

export class EvidenceQuery extends FreshQuery {
  /** `false` leaves names and free texts out. */
  @Optional() @OneOf('true', 'false') readonly texts?: 'true' | 'false';
}

export class ReportQuery extends EvidenceQuery {
  /** Default: as Accept-Language says. */
  @Optional() @OneOf('ja', 'en') readonly lang?: 'ja' | 'en';
}

export class ChargesQuery extends ThenQuery {
  static whole = knownOnce;
  @InMonth() readonly month: string;
  @Optional() @Id() readonly contractId?: string;
}

export class ItemsQuery extends PageQuery {
  @Optional() @Day() readonly on?: PlainDate;
  @Optional() @Name() readonly name?: string;
}

export class OptionsQuery extends PageQuery {
  @Optional() @Name() readonly name?: string;
}

export class ClausesQuery extends PageQuery {}

/** Newest first. */
export class CheckpointsQuery {
  @Optional() @Cursor() readonly cursor?: string;
  @Optional() @Such('limit', (v) => typeof v === 'string' && LIMIT.test(v) && Number(v) <= 500) readonly limit?: string;
}

export class InclusionQuery {
  @Optional() @Id() readonly eventId?: string;
  @Optional() @Position() readonly position?: string;
  @Optional() @Digits(0, Number.MAX_SAFE_INTEGER) readonly size?: string;

  static whole(q: InclusionQuery): readonly PathError[] {
    return (q.eventId === undefined) === (q.position === undefined) ? [{ path: 'eventId', message: 'either|eventId|position' }] : [];
  }
}

export class ConsistencyQuery {
  @Digits(0, Number.MAX_SAFE_INTEGER) readonly from: string;
  @Optional() @Digits(0, Number.MAX_SAFE_INTEGER) readonly to?: string;
}
