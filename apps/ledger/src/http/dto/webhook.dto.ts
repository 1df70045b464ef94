import { FreeText, Id, JudgedBy, Nullable, OneOf, Optional, Sequence, Whole, Words } from './rules.js';
import { ReasonDto, WhyDto } from './why.dto.js';
import { MAX_OVERLAP_HOURS } from '@app/delivery';
import { EVENT_TYPE_NAMES, isEventType } from '@app/published';
import type { PathError } from '../../ports.js';

const typeErrors = (value: unknown): PathError[] =>
  Array.isArray(value) && value.length >= 1 && value.length <= EVENT_TYPE_NAMES.length
    ? value.flatMap((type: unknown, i) => (typeof type === 'string' && isEventType(type) ? [] : [{ path: `[${i}]`, message: 'publishedType' }]))
    : [{ path: '', message: `list|1|${EVENT_TYPE_NAMES.length}` }];

export class RegisterWebhookDto extends WhyDto {
  /** https, unless its host and port are listed in LEDGER_WEBHOOK_ALLOW. */
  @Words() readonly url: string;
  /** Null or left out: every type, those of later builds too. */
  @Optional() @Nullable() @JudgedBy(typeErrors) readonly types?: readonly string[] | null;
  @Optional() @FreeText() readonly description?: string;
  /** Sequence of the first event sent; left out: the next one published. */
  @Optional() @Sequence() readonly fromSequence?: string;
}

export class ChangeWebhookDto extends WhyDto {
  @Optional() @Words() readonly url?: string;
  @Optional() @Nullable() @JudgedBy(typeErrors) readonly types?: readonly string[] | null;
  @Optional() @FreeText() readonly description?: string;
  @Optional() @OneOf('enabled', 'disabled') readonly status?: 'enabled' | 'disabled';

  static whole(body: ChangeWebhookDto): readonly PathError[] {
    return [body.url, body.types, body.description, body.status].every((x) => x === undefined) ? [{ path: '', message: 'some|url|types|description|status' }] : [];
  }
}

export class RotateWebhookSecretDto extends WhyDto {
  /** For how long the secret before it goes on signing too; default 24. */
  @Optional() @Whole(0, MAX_OVERLAP_HOURS) readonly overlapHours?: number;
}

export class SkipWebhookEventDto extends ReasonDto {}

export class RedeliverWebhookDto extends WhyDto {
  @Optional() @Id() readonly eventId?: string;
  @Optional() @Sequence() readonly fromSequence?: string;

  static whole(body: RedeliverWebhookDto): readonly PathError[] {
    return (body.eventId === undefined) === (body.fromSequence === undefined) ? [{ path: 'eventId', message: 'either|eventId|fromSequence' }] : [];
  }
}
