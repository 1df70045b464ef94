import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { EventMetadata, Json } from '@app/kernel';
import { ANSWERS } from './append-thread.js';
import { type EventStore, type Position, type ReadAllOptions, type ReadStreamOptions, StoreClosed, type StoredEvent, type SubscribeOptions, type SubscriptionMessage } from './port.js';

/** What another thread of the writing process needs to follow its log; can be sent to it. */
export interface EmbeddedLogShare {
  readonly file: string;
  /** The counters of the append thread: a commit wakes whoever waits for more. */
  readonly signal: SharedArrayBuffer;
}

/** The part of an {@link EventStore} that reads. */
export type EventLog = Pick<EventStore, 'readStream' | 'readAll' | 'head' | 'compare' | 'subscribe' | 'close'>;

/** Opens the log of an open embedded store for reading in another thread. */
export const openEmbeddedLog = (share: EmbeddedLogShare): EventLog => new EmbeddedLog(share.file, new Int32Array(share.signal), POLL_MS);

/** A row as a list: node:sqlite makes lists at a fraction of the cost of objects. */
type Row = readonly [position: number, stream: string, revision: number, id: string, type: string, data: string, metadata: string];

const toEvent = (r: Row): StoredEvent => ({
  id: r[3],
  type: r[4],
  stream: r[1],
  revision: r[2],
  position: String(r[0]),
  data: JSON.parse(r[5]) as Json,
  metadata: JSON.parse(r[6]) as EventMetadata,
  rawData: r[5],
  rawMetadata: r[6],
});

const SELECT = 'SELECT position, stream, revision, id, type, data, metadata FROM events';
const MAX_REVISION = Number.MAX_SAFE_INTEGER;
/** How often subscriptions look for what other processes wrote. */
export const POLL_MS = 250;
/** A subscription looks at this many positions in one go, so that a filter that matches little cannot hold the event loop. */
const WINDOW = 20_000;
const DEFAULT_BATCH = 500;

/** TypeScript's library knows it from ES2024 on. */
const atomics = Atomics as unknown as {
  waitAsync(array: Int32Array, index: number, value: number, timeoutMs: number): { readonly async: false } | { readonly async: true; readonly value: Promise<unknown> };
};

/** Reads the log's file, on a connection that cannot write. */
export class EmbeddedLog implements EventLog {
  private readonly db: DatabaseSync;
  private readonly forwards: StatementSync;
  private readonly backwards: StatementSync;
  private readonly allForwards: StatementSync;
  private readonly allBackwards: StatementSync;
  private readonly last: StatementSync;
  private readonly wakers = new Set<() => void>();
  private closed = false;

  constructor(
    file: string,
    private readonly flags: Int32Array,
    private readonly pollMs: number,
  ) {
    this.db = new DatabaseSync(file, { timeout: 5_000, readOnly: true });
    this.db.exec('PRAGMA cache_size = -32768');
    this.forwards = this.rows('WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?');
    this.backwards = this.rows('WHERE stream = ? AND revision <= ? ORDER BY revision DESC LIMIT ?');
    this.allForwards = this.rows('WHERE position > ? ORDER BY position LIMIT ?');
    this.allBackwards = this.rows('WHERE position < ? ORDER BY position DESC LIMIT ?');
    this.last = this.db.prepare('SELECT max(position) AS last FROM events');
  }

  private rows(where: string): StatementSync {
    const statement = this.db.prepare(`${SELECT} ${where}`);
    statement.setReturnArrays(true);
    return statement;
  }

  async readStream(stream: string, { from, direction = 'forwards', limit = MAX_REVISION }: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    if (this.closed) throw new StoreClosed();
    const rows = direction === 'forwards' ? this.forwards.all(stream, from ?? 0, limit) : this.backwards.all(stream, from ?? MAX_REVISION, limit);
    return (rows as unknown as Row[]).map(toEvent);
  }

  async readAll({ after, limit, direction = 'forwards' }: ReadAllOptions): Promise<StoredEvent[]> {
    if (this.closed) throw new StoreClosed();
    const rows =
      direction === 'forwards'
        ? this.allForwards.all(after == null ? 0 : parsePosition(after), limit)
        : this.allBackwards.all(after == null ? MAX_REVISION : parsePosition(after), limit);
    return (rows as unknown as Row[]).map(toEvent);
  }

  async head(): Promise<Position | null> {
    if (this.closed) throw new StoreClosed();
    return toPosition(this.lastPosition());
  }

  compare(a: Position, b: Position): number {
    return parsePosition(a) - parsePosition(b);
  }

  async *subscribe({ after, streamPrefixes, signal, batch = DEFAULT_BATCH }: SubscribeOptions): AsyncGenerator<SubscriptionMessage, void, undefined> {
    if (this.closed) throw new StoreClosed();
    const page = this.rows(`WHERE position > ? AND position <= ? ${prefixFilter(streamPrefixes)} ORDER BY position LIMIT ?`);
    const bounds = (streamPrefixes ?? []).flatMap((p) => [p, `${p}\u{10ffff}`]);
    let at = after === null ? 0 : parsePosition(after);
    let saidAt = -1;
    while (!signal.aborted && !this.closed) {
      const answers = Atomics.load(this.flags, ANSWERS);
      const head = this.lastPosition();
      const upTo = Math.min(at + WINDOW, head);
      const rows = upTo > at ? (page.all(at, upTo, ...bounds, batch) as unknown as Row[]) : [];
      at = rows.length === batch ? rows[batch - 1]![0] : Math.max(at, upTo);
      if (rows.length > 0) yield { kind: 'events', events: rows.map(toEvent) };
      if (signal.aborted || this.closed) return;
      if (at < head) await turn();
      else {
        if (saidAt !== at) yield { kind: 'caughtUp', position: toPosition(at) };
        saidAt = at;
        await this.more(answers, signal);
      }
    }
  }

  /** Resolves when the append thread has answered since `answers`, after a while in any case, or when the signal aborts or the log closes. */
  private async more(answers: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.closed) return;
    const answered = atomics.waitAsync(this.flags, ANSWERS, answers, this.pollMs);
    if (!answered.async) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.wakers.delete(done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.wakers.add(done);
      void answered.value.then(done);
    });
  }

  private lastPosition(): number {
    return (this.last.get() as { last: number | null }).last ?? 0;
  }

  protected get ended(): boolean {
    return this.closed;
  }

  /** Refuses further calls and ends subscriptions; the file stays open until {@link close}. */
  end(): void {
    this.closed = true;
    for (const waker of this.wakers) waker();
  }

  async close(): Promise<void> {
    this.end();
    if (this.db.isOpen) this.db.close();
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
