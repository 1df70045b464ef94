import { DatabaseSync } from 'node:sqlite';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ANSWERS, type AppendAnswer, type AppendRequest, type AppendThreadData, appendThread, CONFLICT, OK, SQLITE_IOERR } from './append-thread.js';
import { checkpointThread } from './checkpoint-thread.js';
import { EmbeddedLog, type EmbeddedLogShare, POLL_MS as LOOK_AGAIN_MS } from './embedded-log.js';
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
import { serveLoan, type EmbeddedStoreLoan } from './shared-store.js';

export interface EmbeddedStoreOptions {
  /** Path of `log.sqlite`; made when absent (its folder must exist). */
  readonly file: string;
  /** How often subscriptions look for what other processes wrote, in milliseconds (default 250). */
  readonly pollMs?: number;
  /** The log may not outgrow this many bytes; appends beyond fail as they do on a full disk. Default: no bound but the disk's. */
  readonly maxBytes?: number;
}

/** Version of the tables below, kept in the file (`PRAGMA user_version`). A newer one is refused, an older one brought up at open. */
export const DATA_FORMAT = 1;
/** "LgEv": marks the file as a log of this ledger (`PRAGMA application_id`). */
export const APPLICATION_ID = 0x4c674576;

/** `UPGRADES[n]` leads from format n to n + 1. Positions are dense: events are never deleted, so max + 1 is the next. */
export const UPGRADES: readonly string[] = [
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
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedEventStore> {
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

/** Appends in one message: small enough that the thread commits one lot while the next is being serialised. */
const LOT = 16;
/** With at most so many appends under way, look out for the answer before sleeping on it; how long, and when to try again after that was in vain (milliseconds). */
const POLL_APPENDS = 4;
const POLL_MS = 1;
const POLL_PAUSE_MS = 20;

/** The script of a thread that runs from its source text. */
const scriptOf = (thread: (sqlite: typeof import('node:sqlite'), threads: typeof import('node:worker_threads')) => void): string =>
  `(${thread.toString()})(require('node:sqlite'), require('node:worker_threads'))`;

/** Id, type, data, metadata. */
const TEXTS_PER_EVENT = 4;

interface Pending {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

/** The embedded log; other threads can follow it, or append through it. */
export interface EmbeddedEventStore extends EventStore {
  readonly share: EmbeddedLogShare;
  /** Lets one other thread read and append; see {@link openSharedStore}. */
  lend(): EmbeddedStoreLoan;
}

class EmbeddedStore implements EmbeddedEventStore {
  readonly share: EmbeddedLogShare;
  private readonly log: EmbeddedLog;
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly flags: Int32Array;

  /** Appends of this turn of the event loop, not sent yet; they travel in one message. */
  private outgoing: (string | number)[] = [];
  private waiting: Pending[] = [];
  /** Sent and unanswered, one list per message, oldest first. */
  private readonly inFlight: Pending[][] = [];
  private answersSeen = 0;
  private polling = false;
  private pollUntil = 0;
  private pollAgainAt = 0;
  private readonly lent: MessagePort[] = [];
  private closing: Promise<void> | undefined;
  private finished: (() => void) | undefined;
  /** Why nothing can be written until a restart, and why the last append failed. */
  private trouble: string | null = null;
  private lastFailure: string | null = null;

  constructor(options: EmbeddedStoreOptions) {
    const { port1, port2 } = new MessageChannel();
    const signal = new SharedArrayBuffer(8);
    this.flags = new Int32Array(signal);
    this.share = { file: options.file, signal };
    this.log = new EmbeddedLog(options.file, this.flags, options.pollMs ?? LOOK_AGAIN_MS);
    this.port = port1;
    this.port.on('message', this.answered);
    const workerData: AppendThreadData = { file: options.file, port: port2, signal, maxBytes: options.maxBytes ?? 0, checkpoints: scriptOf(checkpointThread) };
    this.worker = new Worker(scriptOf(appendThread), {
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
    return this.appendTexts(stream, expected, serialise(stream, expected, events));
  }

  lend(): EmbeddedStoreLoan {
    const { port1, port2 } = new MessageChannel();
    serveLoan(port1, (stream, expected, texts) => this.appendTexts(stream, expected, texts));
    this.lent.push(port1);
    return { ...this.share, port: port2 };
  }

  private async appendTexts(stream: string, expected: ExpectedRevision, texts: readonly string[]): Promise<AppendResult> {
    if (this.closing) throw new StoreClosed();
    if (this.trouble !== null) throw new StoreUnavailable(this.trouble);
    // While the thread is at work the rest of this turn may come along: each message costs a wake-up.
    if (this.waiting.length === 0) {
      if (this.inFlight.length === 0) queueMicrotask(this.send);
      else setImmediate(this.send);
    }
    this.outgoing.push(stream, expected === 'no_stream' ? -1 : expected, texts.length / TEXTS_PER_EVENT, ...texts);
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
    if (Atomics.load(this.flags, ANSWERS) !== this.answersSeen) {
      this.answersSeen = Atomics.load(this.flags, ANSWERS);
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

  readStream(stream: string, options?: ReadStreamOptions): Promise<StoredEvent[]> {
    return this.log.readStream(stream, options);
  }

  readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    return this.log.readAll(options);
  }

  head(): Promise<Position | null> {
    return this.log.head();
  }

  compare(a: Position, b: Position): number {
    return this.log.compare(a, b);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    return this.log.subscribe(options);
  }

  problem(): string | null {
    return this.trouble ?? this.lastFailure;
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    this.send();
    this.log.end();
    if (this.worker.threadId !== -1) {
      const finished = new Promise<void>((resolve) => (this.finished = resolve));
      const exited = new Promise((resolve) => this.worker.once('exit', resolve));
      this.post(null);
      await finished;
      await this.log.close();
      this.signal();
      await exited;
    } else await this.log.close();
    this.port.close();
    for (const port of this.lent) port.close();
  }
}
