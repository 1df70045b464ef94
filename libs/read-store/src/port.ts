import type { Compilable, CreateIndexBuilder, CreateTableBuilder, Kysely } from 'kysely';

/** What the runner needs to know of an event; event-store's `StoredEvent` is one. */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  /** Opaque; ordered by {@link EventSource.compare} only. */
  readonly position: string;
  /** `recordedAt`: RFC 3339 UTC with milliseconds. */
  readonly metadata: { readonly recordedAt: string };
}

/** Where events come from; event-store's `EventStore` is one. */
export interface EventSource<E extends LoggedEvent = LoggedEvent> {
  /** One page after a position; fewer than `limit` means the end was reached. */
  readAll(options: { readonly after: string | null; readonly limit: number }): Promise<readonly E[]>;
  /** Everything after a position, then what comes, until the signal aborts. */
  subscribe(options: {
    readonly after: string | null;
    readonly signal: AbortSignal;
  }): AsyncIterable<{ readonly kind: 'events'; readonly events: readonly E[] } | { readonly kind: 'caughtUp' }>;
  head(): Promise<string | null>;
  compare(a: string, b: string): number;
}

/** A value that both databases take as a parameter. Booleans are 0 and 1, JSON is text, dates are text. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A prepared statement, kept as long as its connection. Rows have no prototype: copy before comparing strictly. */
export interface Statement<R = unknown> {
  all(...parameters: SqlValue[]): R[];
  get(...parameters: SqlValue[]): R | undefined;
  /** Number of rows changed. */
  run(...parameters: SqlValue[]): number;
}

/** Builds the physical table of one generation. Names are given by logical name; the suffix is added here. */
export interface TableMaker {
  /** The new table, still without columns. */
  readonly table: CreateTableBuilder<string>;
  /** As `table`, stored in the order of its primary key without a second tree: for short rows found by a text key. */
  readonly clustered: CreateTableBuilder<string>;
  /** An index on it, still without columns; the name needs to be unique within the table only. */
  readonly index: (name: string) => CreateIndexBuilder;
}

/** What a projection writes with, inside the transaction that also moves its checkpoint. */
export interface ProjectionWriter {
  /**
   * A cached prepared statement. Tables of this projection are written in braces: `INSERT INTO {contracts} …`; an
   * unknown name in braces throws. Statements see what this transaction has written.
   */
  prepare<R = unknown>(sql: string): Statement<R>;
  /** The physical name of a logical table. */
  table(logical: string): string;
  /**
   * What the projection wants to remember between batches (a cache of rows, say). Made on first use; thrown away
   * whenever a transaction of this projection is rolled back, so it never knows more than the tables.
   */
  memory<M>(make: () => M): M;
  /** Running maximum of `recordedAt` before the batch's first event; null before any event. */
  readonly knownTime: string | null;
  /**
   * Whether the rows have once held the whole log. Until then nobody reads them, and what is the same for many events
   * may be put off until {@link Projection.settle}.
   */
  readonly complete: boolean;
}

/** A read model: which tables, and what an event does to them. It holds no state but through the writer. */
export interface Projection<E extends LoggedEvent = LoggedEvent> {
  /** Letters, digits and `_`. */
  readonly name: string;
  /** Raised when the tables or the handling change: the rows are then rebuilt by themselves at the next start. */
  readonly version: number;
  /** Versions whose tables still answer this version's queries; their rows serve (without moving) until the swap. */
  readonly servedBy?: readonly number[];
  /** Logical tables (unique in the store) and how one is made. */
  readonly tables: { readonly [logical: string]: (make: TableMaker) => readonly Compilable[] };
  /**
   * Takes events in log order, each exactly once as far as the tables know. A throw stops this projection alone, at
   * the event that threw; what went before stays.
   */
  handle(events: readonly E[], writer: ProjectionWriter): void | Promise<void>;
  /**
   * Works off a part of what was put off while the rows were not complete, and says whether something is left. Called at
   * the log's end, each time in a transaction of its own, before the rows may serve. A throw stops the projection.
   */
  settle?(writer: ProjectionWriter): boolean | Promise<boolean>;
}

/**
 * - `catchingUp`: on its way to the log's end
 * - `live`: has the whole log, save what is in flight
 * - `stopped`: an event could not be handled; its rows stand at `position`, `reason` and `event` say why
 */
export type ProjectionState = 'catchingUp' | 'live' | 'stopped';

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  readonly state: ProjectionState;
  /** Whether its reads may be answered: it holds (or held, if `stale`) a whole log. */
  readonly serving: boolean;
  /** The rows that serve are an older version's and do not move until the rebuild beside them is swapped in. */
  readonly stale: boolean;
  /** Last event in the serving rows. */
  readonly position: string | null;
  readonly knownTime: string | null;
  readonly reason: string | null;
  /** The event that stopped it. */
  readonly event: { readonly id: string; readonly position: string } | null;
  /** A rebuild beside the serving rows. */
  readonly rebuilding: { readonly generation: number; readonly position: string | null } | null;
  readonly updatedAt: string | null;
}

/**
 * One generation of a projection: its tables, and how far they are. A projection has one that serves its queries, and
 * while it is rebuilt a second one beside it.
 */
export interface Track {
  readonly projection: string;
  readonly generation: number;
  readonly version: number;
  /** The views of the logical names look at these tables. */
  readonly serving: boolean;
  /** Has once held the whole log. */
  readonly complete: boolean;
  readonly tables: readonly string[];
  readonly position: string | null;
  readonly knownTime: string | null;
  readonly reason: string | null;
  readonly event: { readonly id: string; readonly position: string } | null;
  readonly updatedAt: string | null;
}

/** What an adapter offers the runner. All but `transaction` and `writer` are called within a transaction. */
export interface TrackStore {
  /** All or nothing. The runner begins one only when the former has ended. */
  transaction<T>(work: () => T | Promise<T>): Promise<T>;
  /** Part of a transaction that is taken back alone when it throws. */
  savepoint<T>(work: () => T | Promise<T>): Promise<T>;
  /** Whether an error is the database's condition (disk full, locked), not the fault of what was written. */
  isPassing(error: unknown): boolean;
  /** The log that the rows came from; null before the first. */
  ledger(): string | null;
  setLedger(ledgerId: string): void;
  tracks(): Track[];
  /** Makes tables and checkpoint; a serving track's views too. */
  create(projection: Projection<never>, track: Track): void;
  /** Keeps everything of a track but its names. */
  save(track: Track): void;
  /** Points the views at a track's tables and marks the former one for removal. */
  swap(from: Track, to: Track): void;
  /** Removes tables, views (of a serving track) and checkpoint. */
  drop(track: Track): void;
  writer(track: Track): TrackWriter;
}

export interface TrackWriter extends ProjectionWriter {
  knownTime: string | null;
  complete: boolean;
  /** Throws the projection's memory away. */
  forget(): void;
}

export interface RunnerOptions<E extends LoggedEvent> {
  readonly source: EventSource<E>;
  readonly projections: readonly Projection<E>[];
  /** Identity of the log. Rows that came from another one are thrown away at the start. */
  readonly ledgerId: string;
  /** Events per transaction while catching up (default 2,000). */
  readonly pageSize?: number;
  /** Hears of failures that are retried (source away, disk full) and of projections that stopped. */
  readonly onError?: (error: unknown, projection: string | null) => void;
}

/** Feeds the projections from the log. */
export interface ProjectionRunner {
  /**
   * Prepares the tables, forces the rebuilds that are due, and begins to read. Resolves before the log's end is
   * reached: see {@link caughtUp}.
   */
  start(): Promise<void>;
  /** Ends reading after the transaction under way. The checkpoints stay. Idempotent. */
  stop(): Promise<void>;
  /** One row per projection, in the order given. */
  status(): ProjectionStatus[];
  /** Resolves once every projection is live or stopped; rejects when the runner is stopped before. */
  caughtUp(): Promise<void>;
  /**
   * Resolves as soon as the serving rows of the projections (default: all) hold everything up to a position. Without
   * a projection it resolves at once.
   * @throws {WaitTimeout} after `timeoutMs` milliseconds
   * @throws {ProjectionStopped} one of them has stopped before the position
   */
  waitFor(position: string, timeoutMs: number, projections?: readonly string[]): Promise<void>;
  /**
   * Builds projections anew beside the serving rows, with one reading of the log for all of them, and swaps each in
   * one transaction; joins a rebuild under way. `onProgress` hears the position after each page. Mends a stopped
   * projection if its code was mended.
   * @throws {ProjectionStopped} one of them cannot be built; sound rows go on serving
   */
  rebuild(projections: string | readonly string[], onProgress?: (position: string) => void): Promise<void>;
}

/** Queries on read models by their logical names. Several read connections; writers never block them. */
export interface ReadStore<Schema> {
  /** Typed queries, each on the newest rows. */
  readonly db: Kysely<Schema>;
  /**
   * Several queries on one unmoving picture of all read models. Inside, use only the given handle.
   */
  withReadTransaction<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  /** A cached prepared statement for the hot path, by logical table names. Synchronous; SQLite only. */
  statement<R = unknown>(sql: string): Statement<R>;
  /** Several {@link statement}s on one unmoving picture. Synchronous; SQLite only. */
  snapshot<T>(work: () => T): T;
  /** For the runner. */
  readonly tracks: TrackStore;
  close(): Promise<void>;
}

/** The read models' file is of a newer build, or something else. */
export class UnsupportedReadStore extends Error {
  override readonly name = 'UnsupportedReadStore';
}

/** A read model did not reach a position in time. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
  constructor(readonly position: string) {
    super(`the read models did not reach position ${position} in time`);
  }
}

/** A read model has stopped and will not reach the position. */
export class ProjectionStopped extends Error {
  override readonly name = 'ProjectionStopped';
  constructor(
    readonly projection: string,
    readonly reason: string,
  ) {
    super(`the read model ${projection} has stopped: ${reason}`);
  }
}
