import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { EventMetadata, Json } from '@app/kernel';
import { type AppendAnswer, type AppendRequest, type AppendThreadData, appendThread, CONFLICT, OK, SQLITE_IOERR } from './append-thread.js';
import {
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  StoreClosed,
  type StoredEvent,
  StoreUnavailable,
  type SubscribeOptions,
  type SubscriptionMessage,
  UnknownOutcome,
  UnsupportedData,
  WrongExpectedRevision,
} from './port.js';
import { serialise } from './serialise.js';

export interface EmbeddedStoreOptions {
  /** Path of `log.sqlite`; made when absent (its folder must exist). */
  readonly file: string;
  /** How often subscriptions look for what other processes wrote, in milliseconds (default 250). */
  readonly pollMs?: number;
  /** The log may not outgrow this many bytes; appends beyond fail as they do on a full disk. Default: no bound but the disk's. */
  readonly maxBytes?: number;
}

/** Version of the tables below, kept in the file (`PRAGMA user_version`). A newer one is refused, an older one brought up at open. */
const DATA_FORMAT = 1;
/** "LgEv": marks the file as a log of this ledger (`PRAGMA application_id`). */
const APPLICATION_ID = 0x4c674576;

/** `UPGRADES[n]` leads from format n to n + 1. Positions are dense: events are never deleted, so max + 1 is the next. */
const UPGRADES: readonly string[] = [
  `CREATE TABLE events (
     position INTEGER PRIMARY KEY,
     stream   TEXT NOT NULL,
     revision INTEGER NOT NULL,
     id       TEXT NOT NULL,
     type     TEXT NOT NULL,
     data     TEXT NOT NULL,
     metadata TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);`,
];

/** Opens the log kept in one SQLite file. @throws {UnsupportedData} the file is something else or was written by a newer version */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EventStore> {
  const db = prepareFile(options.file);
  try {
    return new EmbeddedStore(options);
  } finally {
    db.close();
  }
}

function prepareFile(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const format = pragma('user_version');
    const application = pragma('application_id');
    const empty = format === 0 && application === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
    if (!empty && application !== APPLICATION_ID) throw new UnsupportedData(`${file} is not a log of this ledger`);
    if (format > DATA_FORMAT)
      throw new UnsupportedData(`${file} has data format ${format}; this build knows up to ${DATA_FORMAT}: use a newer build`);
    db.exec('PRAGMA journal_mode = WAL');
    for (let at = format; at < DATA_FORMAT; at++)
      db.exec(`BEGIN IMMEDIATE; ${UPGRADES[at]!} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${at + 1}; COMMIT`);
    return db;
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode === 26) throw new UnsupportedData(`${file} is not a SQLite file`);
    throw error;
  }
}

interface Row {
  position: number;
  stream: string;
  revision: number;
  id: string;
  type: string;
  data: string;
  metadata: string;
}

const toEvent = (r: Row): StoredEvent => ({
  id: r.id,
  type: r.type,
  stream: r.stream,
  revision: r.revision,
  position: String(r.position),
  data: JSON.parse(r.data) as Json,
  metadata: JSON.parse(r.metadata) as EventMetadata,
  rawData: r.data,
  rawMetadata: r.metadata,
});

const SELECT = 'SELECT position, stream, revision, id, type, data, metadata FROM events';
const MAX_REVISION = Number.MAX_SAFE_INTEGER;
/** A subscription looks at this many positions in one go, so that a filter that matches little cannot hold the event loop. */
const WINDOW = 20_000;
const DEFAULT_BATCH = 500;
/** Appends in one message: small enough that the thread commits one lot while the next is being serialised. */
const LOT = 16;
/** With at most so many appends under way, look out for the answer before sleeping on it; how long, and when to try again after that was in vain (milliseconds). */
const POLL_APPENDS = 4;
const POLL_MS = 1;
const POLL_PAUSE_MS = 20;

interface Pending {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

class EmbeddedStore implements EventStore {
  private readonly db: DatabaseSync;
  private readonly forwards: StatementSync;
  private readonly backwards: StatementSync;
  private readonly allForwards: StatementSync;
  private readonly allBackwards: StatementSync;
  private readonly last: StatementSync;
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly flags: Int32Array;
  private readonly pollMs: number;

  /** Appends of this turn of the event loop, not sent yet; they travel in one message. */
  private outgoing: (string | number)[] = [];
  private waiting: Pending[] = [];
  /** Sent and unanswered, one list per message, oldest first. */
  private readonly inFlight: Pending[][] = [];
  private readonly wakers = new Set<() => void>();
  private answersSeen = 0;
  private polling = false;
  private pollUntil = 0;
  private pollAgainAt = 0;
  private closing: Promise<void> | undefined;
  private finished: (() => void) | undefined;
  /** Why nothing can be written until a restart, and why the last append failed. */
  private trouble: string | null = null;
  private lastFailure: string | null = null;

  constructor(options: EmbeddedStoreOptions) {
    this.pollMs = options.pollMs ?? 250;
    this.db = new DatabaseSync(options.file, { timeout: 5_000, readOnly: true });
    this.db.exec('PRAGMA cache_size = -32768');
    this.forwards = this.db.prepare(`${SELECT} WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?`);
    this.backwards = this.db.prepare(`${SELECT} WHERE stream = ? AND revision <= ? ORDER BY revision DESC LIMIT ?`);
    this.allForwards = this.db.prepare(`${SELECT} WHERE position > ? ORDER BY position LIMIT ?`);
    this.allBackwards = this.db.prepare(`${SELECT} WHERE position < ? ORDER BY position DESC LIMIT ?`);
    this.last = this.db.prepare('SELECT max(position) AS last FROM events');

    const { port1, port2 } = new MessageChannel();
    const signal = new SharedArrayBuffer(8);
    this.flags = new Int32Array(signal);
    this.port = port1;
    this.port.on('message', this.answered);
    const workerData: AppendThreadData = { file: options.file, port: port2, signal, maxBytes: options.maxBytes ?? 0 };
    this.worker = new Worker(`(${appendThread.toString()})(require('node:sqlite'), require('node:worker_threads'))`, {
      eval: true,
      name: 'append',
      execArgv: [],
      workerData,
      transferList: [port2],
    });
    this.worker.on('error', (error) => this.threadLost(error));
    this.worker.on('exit', () => this.threadLost(null));
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    if (this.closing) throw new StoreClosed();
    const texts = serialise(stream, expected, events);
    if (this.trouble !== null) throw new StoreUnavailable(this.trouble);
    if (this.waiting.length === 0) queueMicrotask(this.send);
    this.outgoing.push(stream, expected === 'no_stream' ? -1 : expected, events.length, ...texts);
    return new Promise((resolve, reject) => {
      this.waiting.push({ stream, expected, resolve, reject });
      if (this.waiting.length === LOT) this.send();
    });
  }

  private readonly send = (): void => {
    if (this.waiting.length === 0) return;
    const message: AppendRequest = this.outgoing;
    this.inFlight.push(this.waiting);
    this.outgoing = [];
    this.waiting = [];
    this.post(message);
    // Sleeping costs a wake-up, as dear as a commit on a fast disk: look out for the answer while that pays.
    const now = performance.now();
    if (now < this.pollAgainAt || this.inFlight.length > 1 || this.inFlight[0]!.length > POLL_APPENDS) return;
    this.pollUntil = now + POLL_MS;
    if (!this.polling) setImmediate(this.poll);
    this.polling = true;
  };

  private post(message: AppendRequest): void {
    this.port.postMessage(message);
    this.signal();
  }

  private signal(): void {
    Atomics.add(this.flags, 0, 1);
    Atomics.notify(this.flags, 0);
  }

  private readonly poll = (): void => {
    if (Atomics.load(this.flags, 1) !== this.answersSeen) {
      this.answersSeen = Atomics.load(this.flags, 1);
      for (let x = receiveMessageOnPort(this.port); x; x = receiveMessageOnPort(this.port)) this.answered(x.message as AppendAnswer | null);
    }
    if (this.inFlight.length === 0 && this.waiting.length === 0) this.polling = false;
    else if (performance.now() < this.pollUntil) setImmediate(this.poll);
    else {
      this.polling = false;
      this.pollAgainAt = performance.now() + POLL_PAUSE_MS;
    }
  };

  private readonly answered = (answer: AppendAnswer | null): void => {
    if (answer === null) {
      this.finished?.();
      return;
    }
    let lot: Pending[] = [];
    for (let i = 0, next = 0; i < answer.length; i += 3, next++) {
      if (next === lot.length) {
        lot = this.inFlight.shift()!;
        next = 0;
      }
      const { stream, expected, resolve, reject } = lot[next]!;
      const kind = answer[i];
      const a = answer[i + 1] as number;
      const b = answer[i + 2];
      if (kind === OK) {
        this.lastFailure = null;
        resolve({ revision: a, position: String(b) });
      } else if (kind === CONFLICT) reject(new WrongExpectedRevision(stream, expected, a < 0 ? 'no_stream' : a));
      else reject(this.failure(stream, a, String(b)));
    }
    this.wake();
  };

  private failure(stream: string, code: number, text: string): Error {
    if (code !== SQLITE_IOERR) return new StoreUnavailable((this.lastFailure = `the log cannot be written: ${text}`));
    const first = this.trouble === null;
    this.trouble ??= `the log cannot be written until a restart: ${text}`;
    return first ? new UnknownOutcome(stream, { cause: new Error(text) }) : new StoreUnavailable(this.trouble);
  }

  /** The thread ended; unless asked to, that is a fault: what was under way may or may not be written. */
  private threadLost(error: Error | null): void {
    this.finished?.();
    if (this.closing && !error) return;
    this.trouble ??= `the append thread ended${error ? `: ${error.message}` : ''}`;
    const cause = error ?? new Error(this.trouble);
    for (const { stream, reject } of [...this.inFlight.splice(0).flat(), ...this.waiting.splice(0)]) reject(new UnknownOutcome(stream, { cause }));
    this.outgoing = [];
  }

  private wake(): void {
    for (const waker of this.wakers) waker();
    this.wakers.clear();
  }

  async readStream(stream: string, { from, direction = 'forwards', limit = MAX_REVISION }: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    if (this.closing) throw new StoreClosed();
    const rows = direction === 'forwards' ? this.forwards.all(stream, from ?? 0, limit) : this.backwards.all(stream, from ?? MAX_REVISION, limit);
    return (rows as unknown as Row[]).map(toEvent);
  }

  async readAll({ after, limit, direction = 'forwards' }: ReadAllOptions): Promise<StoredEvent[]> {
    if (this.closing) throw new StoreClosed();
    const rows =
      direction === 'forwards'
        ? this.allForwards.all(after == null ? 0 : parsePosition(after), limit)
        : this.allBackwards.all(after == null ? MAX_REVISION : parsePosition(after), limit);
    return (rows as unknown as Row[]).map(toEvent);
  }

  async head(): Promise<Position | null> {
    if (this.closing) throw new StoreClosed();
    return toPosition(this.lastPosition());
  }

  compare(a: Position, b: Position): number {
    return parsePosition(a) - parsePosition(b);
  }

  problem(): string | null {
    return this.trouble ?? this.lastFailure;
  }

  async *subscribe({ after, streamPrefixes, signal, batch = DEFAULT_BATCH }: SubscribeOptions): AsyncGenerator<SubscriptionMessage, void, undefined> {
    if (this.closing) throw new StoreClosed();
    const page = this.db.prepare(
      `${SELECT} WHERE position > ? AND position <= ? ${prefixFilter(streamPrefixes)} ORDER BY position LIMIT ?`,
    );
    const bounds = (streamPrefixes ?? []).flatMap((p) => [p, `${p}\u{10ffff}`]);
    let at = after === null ? 0 : parsePosition(after);
    let saidAt = -1;
    while (!signal.aborted && !this.closing) {
      const head = this.lastPosition();
      const upTo = Math.min(at + WINDOW, head);
      const rows = upTo > at ? (page.all(at, upTo, ...bounds, batch) as unknown as Row[]) : [];
      at = rows.length === batch ? rows[batch - 1]!.position : Math.max(at, upTo);
      if (rows.length > 0) yield { kind: 'events', events: rows.map(toEvent) };
      if (signal.aborted || this.closing) return;
      if (at < head) await turn();
      else {
        if (saidAt !== at) yield { kind: 'caughtUp', position: toPosition(at) };
        saidAt = at;
        await this.more(at, signal);
      }
    }
  }

  /** Resolves when the log may have grown beyond `position`, the signal aborts or the store closes. */
  private async more(position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.closing || this.lastPosition() > position) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, this.pollMs);
      signal.addEventListener('abort', done);
      this.wakers.add(done);
    });
  }

  private lastPosition(): number {
    return (this.last.get() as { last: number | null }).last ?? 0;
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    this.send();
    this.wake();
    if (this.worker.threadId !== -1) {
      const finished = new Promise<void>((resolve) => (this.finished = resolve));
      const exited = new Promise((resolve) => this.worker.once('exit', resolve));
      this.post(null);
      await finished;
      this.db.close();
      this.signal();
      await exited;
    } else this.db.close();
    this.port.close();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const toPosition = (position: number): Position | null => (position === 0 ? null : String(position));

function parsePosition(text: Position): number {
  const position = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new RangeError(`${text} is not a position of this log`);
  return position;
}

/** The unary plus keeps SQLite from walking the index by stream, which would need a sort of the whole log. */
const prefixFilter = (prefixes: readonly string[] | undefined): string =>
  prefixes === undefined ? '' : `AND (${prefixes.map(() => '(+stream >= ? AND +stream < ?)').join(' OR ') || '0'})`;
