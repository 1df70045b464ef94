/** The published log as its readers meet it: pages of stored bytes, waiting for more, digests, consumers' positions. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Holidays } from '@app/calendar';
import { StoreUnavailable, type EmbeddedStoreLoan, type EventLog, type StoredEvent } from '@app/event-store';
import { PUBLISHED_STREAM } from '@app/published';
import type { Digest } from '@app/transparency';
import type { Logger } from 'pino';
import { Thread } from '../application/thread.js';
import { BadParameter, FeedRewound, Unavailable, type FeedCursor, type FeedFilter, type FeedPage } from '../ports.js';
import { FeedIndex, type Consumer } from './feed-index.js';
import type { FeedAsk, FeedNews, FeedThreadData, PublisherReport } from './feed-thread.js';
import { Tail } from './tail.js';

export interface FeedOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  /** How the thread of the feed reaches the log; asked for each thread. */
  readonly lend: () => EmbeddedStoreLoan | { readonly url: string };
  readonly ledgerId: string;
  readonly holidays: Holidays | null;
  /** The data folder. */
  readonly folder: string;
  /** The log was taken as it is by an explicit command. */
  readonly anew: boolean;
  readonly logger: Logger;
}

export interface FeedReport {
  readonly head: FeedCursor | null;
  readonly publisher: PublisherReport;
}

/** Events looked at in one go by a filtered page. */
const SCAN = 500;
/** A filtered page ends after so many events, found or not; its cursor leads on. */
const LOOKED_AT = 20_000;
const STARTING: PublisherReport = { state: 'starting', stopped: null, problem: null, tail: null, position: null };

const cursorOf = (e: StoredEvent): FeedCursor => ({ sequence: e.revision, id: e.id });

export class Feed {
  private thread: Thread<FeedAsk, FeedNews> | null = null;
  private index: FeedIndex | null = null;
  private last: FeedCursor | null = null;
  private known = false;
  private publisher = STARTING;
  private readonly waiting = new Set<() => void>();
  private readonly tail: Tail;
  private readonly doors = new AbortController();
  /** Aborts when the doors are to close: streams end, waits are over. */
  readonly closing = this.doors.signal;

  constructor(private readonly o: FeedOptions) {
    this.tail = new Tail((from, limit) => this.fromLog(from, limit));
  }

  /** Begins to publish. Before that every read is refused as starting. Idempotent. */
  start(): void {
    if (this.thread || this.closing.aborted) return;
    const { ledgerId, holidays, folder, logger } = this.o;
    const file = join(folder, 'feed.sqlite');
    let { anew } = this.o;
    this.thread = new Thread<FeedAsk, FeedNews>({
      script: new URL('./feed-thread.js', import.meta.url),
      name: 'feed',
      data: () => {
        const log = this.o.lend();
        const workerData: FeedThreadData = { file, log, ledgerId, holidays, anew };
        anew = false;
        return { workerData, ...('port' in log && { transferList: [log.port] }) };
      },
      news: (news) => this.hear(news, file),
      errorOf: (failure: Error) => failure,
      onError: (error) => logger.error({ err: error }, 'the thread of the feed failed'),
      onLost: () => {
        this.publisher = { ...this.publisher, state: 'starting', problem: 'the thread of the feed ended and is started again' };
      },
    });
  }

  private hear(news: FeedNews, file: string): void {
    const { logger } = this.o;
    switch (news.said) {
      case 'open':
        this.index ??= FeedIndex.open(file);
        return;
      case 'head':
        if (news.head === null || (this.last !== null && news.head.sequence < this.last.sequence)) this.tail.forget();
        this.last = news.head;
        this.known = true;
        for (const wake of this.waiting) wake();
        return;
      case 'status':
        if (news.status.stopped && !this.publisher.stopped)
          logger.error({ stopped: news.status.stopped }, 'the feed has stopped: nothing more is published until someone has looked');
        this.publisher = news.status;
        return;
      case 'trouble':
        logger.warn({ err: news.error }, 'the published log cannot be followed just now');
    }
  }

  report(): FeedReport {
    return { head: this.last, publisher: this.publisher };
  }

  /** The last event that is published and indexed. @throws {Unavailable} before it is known */
  head(): FeedCursor | null {
    if (!this.known) throw new Unavailable('starting', 1);
    return this.last;
  }

  /** Resolves when there is an event behind a sequence, when the time is up, when the signal aborts, or when the feed closes. */
  async arrived(after: number, ms: number, signal?: AbortSignal): Promise<void> {
    const there = (): boolean => (this.last?.sequence ?? -1) > after || this.closing.aborted;
    if (there() || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const wake = (): void => {
        if (there()) done();
      };
      const timer = setTimeout(done, ms);
      timer.unref();
      this.waiting.add(wake);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Resolves once it is known where the feed stands, or when it closes. */
  async opened(): Promise<void> {
    while (!this.known && !this.closing.aborted)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
      });
  }

  /** A cursor must name an event of this feed. @throws {FeedRewound} */
  check(cursor: FeedCursor): void {
    const head = this.head();
    const there = head !== null && cursor.sequence <= head.sequence ? this.index!.at(cursor.sequence) : null;
    if (there?.id !== cursor.id) throw new FeedRewound(cursor, head);
  }

  /** Published events from a sequence on, as they are stored; none beyond {@link head}. */
  read(from: number, limit: number): Promise<readonly StoredEvent[]> {
    const head = this.head()?.sequence ?? -1;
    return this.tail.read(from, Math.min(limit, head - from + 1));
  }

  /** What follows a cursor, whole or filtered; `next` is where to go on. @throws {FeedRewound} */
  async page(after: FeedCursor | null, limit: number, filter: FeedFilter = {}): Promise<FeedPage> {
    if (after) this.check(after);
    if (filter.contractId !== undefined) return this.pageOfContract(after, limit, filter.contractId, filter.types);
    if (filter.types !== undefined) return this.pageOfTypes(after, limit, new Set(filter.types));
    const events = await this.read((after?.sequence ?? -1) + 1, limit);
    return { events, next: events.length > 0 ? cursorOf(events.at(-1)!) : after, full: events.length === limit };
  }

  private async pageOfTypes(after: FeedCursor | null, limit: number, types: ReadonlySet<string>): Promise<FeedPage> {
    const found: StoredEvent[] = [];
    let next = after;
    for (let looked = 0; found.length < limit && looked < LOOKED_AT; looked += SCAN) {
      const page = await this.read((next?.sequence ?? -1) + 1, SCAN);
      for (const e of page) {
        next = cursorOf(e);
        if (types.has(e.type) && found.push(e) === limit) break;
      }
      if (page.length < SCAN) break;
    }
    return { events: found, next, full: false };
  }

  private async pageOfContract(after: FeedCursor | null, limit: number, contractId: string, types: readonly string[] | undefined): Promise<FeedPage> {
    // Read first: what comes meanwhile is the next page's.
    const head = this.head();
    const sequences = this.index!.ofContract(contractId, after?.sequence ?? -1, limit);
    const events: StoredEvent[] = [];
    for (const sequence of sequences) events.push(...(await this.read(sequence, 1)));
    const next = sequences.length === limit ? cursorOf(events.at(-1)!) : (head ?? after);
    return { events: types === undefined ? events : events.filter((e) => types.includes(e.type)), next, full: false };
  }

  /** Where a contract's events are in the feed. */
  contractSequences(contractId: string, through = Number.MAX_SAFE_INTEGER): number[] {
    this.head();
    return this.index!.ofContract(contractId, -1, Number.MAX_SAFE_INTEGER).filter((s) => s <= through);
  }

  /** Sequence of a contract's first event from a sequence on; null: none. */
  nextOfContract(contractId: string, from: number): number | null {
    this.head();
    return this.index!.ofContract(contractId, from - 1, 1)[0] ?? null;
  }

  /** Sequence of an event by its id; null: none. Looks from the end backwards, so much at a time. */
  async find(id: string): Promise<number | null> {
    for (let through = this.head()?.sequence ?? -1; through >= 0; through -= LOOKED_AT) {
      const sequence = this.index!.find(id, through - LOOKED_AT, through);
      if (sequence !== null) return sequence;
      await turn();
    }
    return null;
  }

  /** RFC 6962 root over the stored bytes of the first `size` events, of all or of one contract. @throws {BadParameter} there are not so many */
  digest(size: number | undefined, contractId?: string): Digest {
    this.head();
    const digest = contractId === undefined ? this.index!.digest(size) : this.index!.contractDigest(contractId, size);
    if (digest === null) throw new BadParameter([{ path: 'size', message: 'sizeOfFeed' }]);
    return digest;
  }

  /** Keeps how far a consumer says it is; null: before the first event. @throws {FeedRewound} */
  async acknowledge(name: string, cursor: FeedCursor | null): Promise<Consumer> {
    if (cursor) this.check(cursor);
    return this.thread!.ask<Consumer>({ ask: 'acknowledge', name, cursor });
  }

  /** Every named consumer with how far it is behind: events, and seconds since the first one that it lacks was recorded. */
  consumers(): readonly (Consumer & { readonly rewound: boolean; readonly lag: { readonly events: number; readonly seconds: number } })[] {
    const head = this.head()?.sequence ?? -1;
    return this.index!.consumers().map((c) => {
      const sequence = c.cursor?.sequence ?? -1;
      const lacks = this.index!.at(sequence + 1);
      return {
        ...c,
        rewound: c.cursor !== null && this.index!.at(sequence)?.id !== c.cursor.id,
        lag: { events: Math.max(0, head - sequence), seconds: lacks ? Math.max(0, Math.floor((Date.now() - Date.parse(lacks.recordedAt)) / 1_000)) : 0 },
      };
    });
  }

  /** Ends streams and waits; publishing goes on. */
  closeDoors(): void {
    this.doors.abort();
    for (const wake of this.waiting) wake();
  }

  async close(): Promise<void> {
    this.closeDoors();
    await this.thread?.stop();
    this.index?.close();
    this.index = null;
    this.known = false;
  }

  private async fromLog(from: number, limit: number): Promise<StoredEvent[]> {
    try {
      return await this.o.log.readStream(PUBLISHED_STREAM, { from, limit });
    } catch (error) {
      if (error instanceof StoreUnavailable) throw new Unavailable('store-unavailable', 1);
      throw error;
    }
  }
}
