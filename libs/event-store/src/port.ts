import type { EventMetadata, Json } from '@app/kernel';

/**
 * A place in the log of all events: opaque, URL-safe text, ordered by {@link EventStore.compare} only.
 * Embedded: a decimal integer; EventStoreDB: `C<commit>P<prepare>`.
 */
export type Position = string;

/** What the stream's last revision must be for an append. Always explicit: with "any" a repeat would double (see README). */
export type ExpectedRevision = 'no_stream' | number;

/** Anything whose canonical JSON can be stored; interfaces have no index signature, hence `object`. */
export type Storable = Json | object;

export interface NewEvent {
  /** Lower-case UUID. Deterministic for a command, so that a repeated append is recognised. */
  readonly id: string;
  /** Stable logical name, never a class name; must not begin with `$`. */
  readonly type: string;
  readonly data: Storable;
  readonly metadata: Storable;
}

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  /** Place in its stream, from 0, gapless. */
  readonly revision: number;
  readonly position: Position;
  readonly data: Json;
  readonly metadata: EventMetadata;
  /** The stored canonical JSON text of `data`, byte for byte. */
  readonly rawData: string;
  /** The stored canonical JSON text of `metadata`, byte for byte. */
  readonly rawMetadata: string;
}

/** Revision and position of the last event of an append, the original ones if the append was a repeat. */
export interface AppendResult {
  readonly revision: number;
  readonly position: Position;
}

export interface ReadStreamOptions {
  /** First revision read (inclusive). Default: the stream's beginning, or its end when reading backwards. */
  readonly from?: number;
  readonly direction?: 'forwards' | 'backwards';
  /** At most this many events. Default: all. */
  readonly limit?: number;
}

export interface ReadAllOptions {
  /** Events strictly after this position (strictly before, when reading backwards); null or absent: from the very end concerned. */
  readonly after?: Position | null;
  readonly limit: number;
  readonly direction?: 'forwards' | 'backwards';
}

export interface SubscribeOptions {
  /** Events strictly after this position; null: from the beginning. */
  readonly after: Position | null;
  /** Only streams whose name begins with one of these, e.g. `contract-`. Default: all but system streams. */
  readonly streamPrefixes?: readonly string[];
  /** Ends the iteration without an error. */
  readonly signal: AbortSignal;
  /** At most this many events in one message (default 500). */
  readonly batch?: number;
}

/**
 * `caughtUp`: everything up to `position` was handed over (events of other streams may lie between); said once the
 * existing log is through and again whenever the live end is reached after more. `position` is safe to resume from.
 */
export type SubscriptionMessage =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  | { readonly kind: 'caughtUp'; readonly position: Position | null };

/**
 * The log: streams of events, and all of them in one order. Two adapters (embedded, EventStoreDB) pass one suite.
 * Every method throws {@link StoreClosed} after {@link close}, and {@link StoreUnavailable} when the store cannot be reached.
 */
export interface EventStore {
  /**
   * Appends all events or none. Acknowledged only when durable. A repeat (the stream holds exactly these ids right
   * after `expected`) succeeds with the original revision and position, also after a restart.
   * @throws {WrongExpectedRevision} the stream is elsewhere
   * @throws {UnknownOutcome} no answer in time: repeat with the same ids and the same expected revision
   * @throws {AppendTooLarge} more than 1 MiB of data
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;
  /** The events of one stream; `[]` when it does not exist. Meant for up to some 10,000 events. */
  readStream(stream: string, options?: ReadStreamOptions): Promise<StoredEvent[]>;
  /** One page of the whole log, system events (`$…`) left out. Fewer than `limit` means the end was reached. */
  readAll(options: ReadAllOptions): Promise<StoredEvent[]>;
  /** Position of the last event; null when the log is empty. */
  head(): Promise<Position | null>;
  /** Negative, 0 or positive as `a` lies before, at or after `b`. */
  compare(a: Position, b: Position): number;
  /**
   * Catch-up to live: gapless, in order, no repeats. Resumes by itself from the last message handed over when the
   * connection drops; the next batch is fetched only when the consumer asks. Ends when the signal aborts or the store closes.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionMessage>;
  /** Why appends or subscriptions are failing just now, for readiness and logs; null while all is well as far as is known. */
  problem(): string | null;
  /** Finishes what was begun (pending appends are made durable), then lets go of everything. Idempotent. */
  close(): Promise<void>;
}

/** Largest total size of the data of one append, in bytes of UTF-8 (EventStoreDB's own limit, held by both adapters). */
export const MAX_APPEND_BYTES = 1_048_576;

export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: ExpectedRevision,
  ) {
    super(`${stream}: expected revision ${expected}, is at ${actual}`);
  }
}

/** The append may or may not have been written. Repeating it with the same ids and expected revision is safe. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
  constructor(
    readonly stream: string,
    options?: ErrorOptions,
  ) {
    super(`${stream}: no answer in time, the outcome of the append is unknown`, options);
  }
}

/** The store cannot serve now. An append that failed with this was not written. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The data of one append exceed {@link MAX_APPEND_BYTES}. Nothing was written. */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';
  constructor(
    readonly bytes: number | undefined,
    readonly limit: number = MAX_APPEND_BYTES,
  ) {
    super(`${bytes === undefined ? 'too much' : `${bytes} bytes of`} data in one append; at most ${limit} bytes are allowed`);
  }
}

export class StoreClosed extends Error {
  override readonly name = 'StoreClosed';
  constructor() {
    super('the event store is closed');
  }
}

/** The data on disk cannot be used by this build: wrong kind of file, or written by a newer version. */
export class UnsupportedData extends Error {
  override readonly name = 'UnsupportedData';
}
