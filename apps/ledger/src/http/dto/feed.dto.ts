import { isEventType } from '@app/published';
import { parseCursor } from '../feed-cursor.js';
import { Digits, Id, Nullable, Optional, Such } from './rules.js';

export const FeedCursorText = (): PropertyDecorator => Such('feedCursor', (v) => typeof v === 'string' && parseCursor(v) !== null);
const typesOf = (text: string): string[] => text.split(',');

export const MAX_PAGE = 1_000;
export const MAX_WAIT_S = 60;

export class FeedQuery {
  @Optional() @FeedCursorText() readonly after?: string;
  /** 1…1,000 (default 100); of an NDJSON answer: any number (default: up to the head). */
  @Optional() @Digits(1, 10_000_000) readonly limit?: string;
  /** Seconds to wait for an event where there is none yet: 0…60, default 0. */
  @Optional() @Digits(0, MAX_WAIT_S) readonly wait?: string;
  @Optional() @Such('eventTypes', (v) => typeof v === 'string' && typesOf(v).every(isEventType)) readonly types?: string;
  @Optional() @Id() readonly contractId?: string;
}

export class FeedStreamQuery {
  @Optional() @FeedCursorText() readonly after?: string;
}

export class DigestQuery {
  /** Number of events from the first; default: all. */
  @Optional() @Digits(0, Number.MAX_SAFE_INTEGER) readonly size?: string;
  @Optional() @Id() readonly contractId?: string;
}

export class ConsumerPositionDto {
  /** Null: before the first event. */
  @Nullable() @FeedCursorText() readonly cursor!: string | null;
}

/** Types of a query that named some. */
export const typesOfQuery = (types: string | undefined): readonly string[] | undefined => (types === undefined ? undefined : typesOf(types));
