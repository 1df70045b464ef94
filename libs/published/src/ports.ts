import type { EventMetadata } from '@app/kernel';
import type { SourceEvent } from './translate.js';

/** The published log's side of an event; the envelope is the data. What every event of the log carries, and how far the feed has come. */
export interface PublishedMetadata extends EventMetadata {
  /** The event it was made from. */
  readonly source: { readonly id: string; readonly stream: string; readonly revision: number; readonly position: string };
  /** Revision of the preceding event of the same contract; null for its first. */
  readonly previousRevision: number | null;
}

interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

/**
 * What the publisher needs of the log; the event store is one. Its errors are told by name: `WrongExpectedRevision`,
 * `UnknownOutcome`, `StoreUnavailable`, `StoreClosed`.
 */
export interface FeedLog {
  append(stream: string, expected: 'no_stream' | number, events: readonly NewEvent[]): Promise<{ readonly revision: number }>;
  readStream(stream: string, options?: { readonly from?: number; readonly direction?: 'forwards' | 'backwards'; readonly limit?: number }): Promise<readonly SourceEvent[]>;
  head(): Promise<string | null>;
  compare(a: string, b: string): number;
  subscribe(options: {
    readonly after: string | null;
    readonly streamPrefixes: readonly string[];
    readonly signal: AbortSignal;
    readonly batch?: number;
  }): AsyncIterable<{ readonly kind: 'events'; readonly events: readonly SourceEvent[] } | { readonly kind: 'caughtUp'; readonly position: string | null }>;
}

/** Where the feed stood when it was written down, and how far the log had been read then. */
export interface AdvisoryCursor {
  /** Last published event; null: none yet. */
  readonly tail: { readonly revision: number; readonly id: string } | null;
  /** Everything up to here is published or translates to nothing. Valid for that tail only. */
  readonly position: string | null;
}

/** Keeps the cursor beside the log. Losing it costs time only. */
export interface CursorStore {
  load(): Promise<AdvisoryCursor | null>;
  save(cursor: AdvisoryCursor): Promise<void>;
}
