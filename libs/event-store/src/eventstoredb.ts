import type { EventMetadata, Json } from '@app/kernel';
import type { AllStreamRecordedEvent, AppendResult as ClientAppendResult, EventStoreDBClient, Position as ClientPosition, RecordedEvent } from '@eventstore/db-client';
import {
  type AppendResult,
  AppendTooLarge,
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
  WrongExpectedRevision,
} from './port.js';
import { serialise } from './serialise.js';

export interface EventStoreDbOptions {
  /** `esdb://…` or `esdb+discover://…`. */
  readonly url: string;
  /** Own time limit of one attempt to append; the client has none that holds. Milliseconds, default 3,000. */
  readonly attemptMs?: number;
  /** How long an append or a read is repeated before giving up. Milliseconds, default 10,000. */
  readonly totalMs?: number;
  /** A read that brings nothing for so long is taken for lost. Milliseconds, default 5,000. */
  readonly silenceMs?: number;
}

type Library = typeof import('@eventstore/db-client');

const DEFAULT_BATCH = 500;
/** Events the server looks through before it sends a filter checkpoint: large, or a filter that matches little crawls. */
const SEARCH_WINDOW = 2_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 3_000;
/** gRPC status: a live subscription was dropped because a burst overran the server's buffer. Normal operation. */
const ABORTED = 10;

/**
 * Opens the store on an EventStoreDB server (20.10 and later) or its successor. Does not wait for the server.
 * One server per process: the client library keeps all pending appends of a process in one map.
 */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStore> {
  const library = await import('@eventstore/db-client');
  return new EventStoreDb(library, Connections.for(library, options.url), options);
}

/**
 * The clients of this process. Appends have one to themselves: an error on any other stream of a client replaces its
 * channel while older append streams live on, and then the fault of one rejects the appends of another and a late
 * answer throws inside the library.
 */
class Connections {
  private static shared: Connections | undefined;
  private users = 0;
  private readonly clients: { append?: EventStoreDBClient; read?: EventStoreDBClient } = {};

  static for(library: Library, url: string): Connections {
    const shared = (this.shared ??= new Connections(library, url));
    if (shared.url !== url) throw new Error('this process already uses another EventStoreDB; one client per process');
    try {
      shared.client('read');
    } catch (error) {
      if (shared.users === 0) this.shared = undefined;
      throw error;
    }
    shared.users++;
    process.on('unhandledRejection', containLateReply);
    return shared;
  }

  private constructor(
    private readonly library: Library,
    private readonly url: string,
  ) {}

  client(use: 'append' | 'read'): EventStoreDBClient {
    return (this.clients[use] ??= this.library.EventStoreDBClient.connectionString(this.url));
  }

  /** Gives up a client that may be stuck for good (a failed first call for the server's features is remembered for ever). */
  retire(use: 'append' | 'read', client: EventStoreDBClient): void {
    if (this.clients[use] !== client) return;
    this.clients[use] = undefined;
    void client.dispose().catch(ignore);
  }

  async release(): Promise<void> {
    process.off('unhandledRejection', containLateReply);
    if (--this.users > 0) return;
    if (Connections.shared === this) Connections.shared = undefined;
    const clients = Object.values(this.clients);
    await Promise.race([Promise.allSettled(clients.map((c) => c.dispose())), delay(1_000)]);
  }
}

/**
 * The library lets some rejections of broken append streams go unhandled, which would end the process. The appends
 * concerned have their own time limit and are repeated, so nothing is lost. Whatever is not the library's stays fatal.
 */
function containLateReply(reason: unknown): void {
  if (reason instanceof Error && /[\\/]@(eventstore[\\/]db-client|grpc[\\/]grpc-js)[\\/]/.test(reason.stack ?? '')) return;
  if (process.listeners('unhandledRejection').every((l) => l === containLateReply)) throw reason;
}

class EventStoreDb implements EventStore {
  private readonly attemptMs: number;
  private readonly totalMs: number;
  private readonly silenceMs: number;
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly closed = new AbortController();
  private closing: Promise<void> | undefined;
  /** Definite answers so far: tells a slow server from a silent append stream. */
  private answers = 0;
  private appendTrouble: string | null = null;
  private subscribeTrouble: string | null = null;

  constructor(
    private readonly library: Library,
    private readonly connections: Connections,
    options: EventStoreDbOptions,
  ) {
    this.attemptMs = options.attemptMs ?? 3_000;
    this.totalMs = options.totalMs ?? 10_000;
    this.silenceMs = options.silenceMs ?? 5_000;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    if (this.closing) throw new StoreClosed();
    const texts = serialise(stream, expected, events);
    const work = this.appendUntilKnown(stream, expected, texts);
    const settled = work.catch(ignore).finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
    return work;
  }

  /** Repeats with the same ids and revision until the server has said yes or no: it compares ids on disk, so a repeat is safe. */
  private async appendUntilKnown(stream: string, expected: ExpectedRevision, texts: readonly string[]): Promise<AppendResult> {
    const giveUpAt = performance.now() + this.totalMs;
    let maybeWritten = false;
    for (let attempt = 0; ; attempt++) {
      const client = this.connections.client('append');
      const answersBefore = this.answers;
      try {
        const result = await withTimeout(this.appendOnce(client, stream, expected, texts), this.attemptMs);
        this.answers++;
        this.appendTrouble = null;
        return result.position ? { revision: revisionOf(result.nextExpectedRevision), position: toPosition(result.position) } : await this.readBack(stream, result);
      } catch (error) {
        const refusal = this.refusal(stream, expected, texts, error);
        if (refusal) {
          this.answers++;
          if (!(refusal instanceof StoreUnavailable)) this.appendTrouble = null;
          throw refusal;
        }
        this.appendTrouble = `appends fail: ${describe(error)}`;
        maybeWritten ||= !neverSent(error);
        if (!(error instanceof TimedOut) || this.answers === answersBefore) this.connections.retire('append', client);
        const pause = backoff(attempt);
        if (performance.now() + pause >= giveUpAt)
          throw maybeWritten ? new UnknownOutcome(stream, { cause: error }) : new StoreUnavailable(this.appendTrouble, { cause: error });
        await delay(pause);
      }
    }
  }

  private appendOnce(client: EventStoreDBClient, stream: string, expected: ExpectedRevision, texts: readonly string[]): Promise<ClientAppendResult> {
    const { jsonEvent, NO_STREAM } = this.library;
    const events = [];
    for (let i = 0; i < texts.length; i += 4)
      // Parsed canonical text is printed by the library in the same order: what is stored is canonical, byte for byte.
      events.push(jsonEvent({ id: texts[i]!, type: texts[i + 1]!, data: JSON.parse(texts[i + 2]!), metadata: JSON.parse(texts[i + 3]!) }));
    return client.appendToStream(stream, events, { expectedRevision: expected === 'no_stream' ? NO_STREAM : BigInt(expected) });
  }

  /** A definite no, in the port's terms; null when the outcome is open. */
  private refusal(stream: string, expected: ExpectedRevision, texts: readonly string[], error: unknown): Error | null {
    const { WrongExpectedVersionError, MaxAppendSizeExceededError, AccessDeniedError, StreamDeletedError } = this.library;
    if (error instanceof WrongExpectedVersionError) {
      const actual = error.actualVersion;
      return new WrongExpectedRevision(stream, expected, typeof actual === 'bigint' ? revisionOf(actual) : 'no_stream');
    }
    if (error instanceof MaxAppendSizeExceededError) {
      const bytes = texts.reduce((sum, text, i) => (i % 4 === 2 ? sum + Buffer.byteLength(text) : sum), 0);
      return new AppendTooLarge(bytes, error.maxAppendSize);
    }
    if (error instanceof AccessDeniedError || error instanceof StreamDeletedError)
      return new StoreUnavailable((this.appendTrouble = `appends fail: ${describe(error)}`), { cause: error });
    return null;
  }

  /** Some answers come without a position: the event knows it. */
  private async readBack(stream: string, { nextExpectedRevision }: ClientAppendResult): Promise<AppendResult> {
    const revision = revisionOf(nextExpectedRevision);
    const [event] = await this.readStream(stream, { from: revision, limit: 1 });
    return { revision, position: event!.position };
  }

  async readStream(stream: string, { from, direction = 'forwards', limit }: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    if (this.closing) throw new StoreClosed();
    const { FORWARDS, BACKWARDS, START, END, StreamNotFoundError } = this.library;
    const forwards = direction === 'forwards';
    return this.repeatRead(async (client) => {
      const events: StoredEvent[] = [];
      const reading = client.readStream(stream, {
        fromRevision: from === undefined ? (forwards ? START : END) : BigInt(from),
        direction: forwards ? FORWARDS : BACKWARDS,
        ...(limit === undefined ? {} : { maxCount: limit }),
      });
      try {
        for await (const { event } of this.patiently(reading)) if (event) events.push(toStored(event));
      } catch (error) {
        if (error instanceof StreamNotFoundError) return [];
        throw error;
      }
      return events;
    });
  }

  async readAll({ after, limit, direction = 'forwards' }: ReadAllOptions): Promise<StoredEvent[]> {
    if (this.closing) throw new StoreClosed();
    const { FORWARDS, BACKWARDS, START, END } = this.library;
    const forwards = direction === 'forwards';
    return this.repeatRead(async (client) => {
      const events: StoredEvent[] = [];
      let at = after == null ? null : parsePosition(after);
      // Read positions are inclusive, and system events are in between. Each call is read to its end: one broken off
      // with an answer already buffered is never let go of by the client.
      for (let maxCount = limit + 1; ; maxCount = Math.max(maxCount, 64)) {
        let seen = 0;
        const from = at;
        const reading = client.readAll({ fromPosition: at ?? (forwards ? START : END), direction: forwards ? FORWARDS : BACKWARDS, maxCount });
        for await (const { event } of this.patiently(reading)) {
          seen++;
          if (!event || events.length === limit || (from && (forwards ? comparePositions(event.position, from) <= 0 : comparePositions(event.position, from) >= 0))) continue;
          at = event.position;
          if (!isSystem(event)) events.push(toStored(event));
        }
        if (events.length === limit || seen < maxCount || at === from) return events;
      }
    });
  }

  async head(): Promise<Position | null> {
    const [last] = await this.readAll({ limit: 1, direction: 'backwards' });
    return last?.position ?? null;
  }

  /** The items of a read, with a time limit on silence. Cancels the call whichever way the reading ends. */
  private async *patiently<T>(reading: AsyncIterable<T> & Cancellable): AsyncGenerator<T, void, undefined> {
    reading.on('error', ignore); // one that comes after the loop must not end the process
    const timer = setTimeout(() => reading.destroy(new TimedOut(this.silenceMs)), this.silenceMs);
    try {
      for await (const item of reading) {
        yield item;
        timer.refresh();
      }
    } finally {
      clearTimeout(timer);
      void reading.cancel().catch(ignore);
    }
  }

  private async repeatRead<T>(read: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.totalMs;
    for (let attempt = 0; ; attempt++) {
      const client = this.connections.client('read');
      try {
        return await read(client);
      } catch (error) {
        if (error instanceof this.library.AccessDeniedError) throw new StoreUnavailable(`reads fail: ${describe(error)}`, { cause: error });
        if (error instanceof TimedOut) this.connections.retire('read', client);
        const pause = backoff(attempt);
        if (this.closing) throw new StoreClosed();
        if (performance.now() + pause >= giveUpAt) throw new StoreUnavailable(`reads fail: ${describe(error)}`, { cause: error });
        await delay(pause);
      }
    }
  }

  compare(a: Position, b: Position): number {
    return comparePositions(parsePosition(a), parsePosition(b));
  }

  problem(): string | null {
    return this.appendTrouble ?? this.subscribeTrouble;
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionMessage, void, undefined> {
    if (this.closing) throw new StoreClosed();
    const signal = AbortSignal.any([options.signal, this.closed.signal]);
    let after = options.after;
    let failures = 0;
    while (!signal.aborted) {
      try {
        for await (const { message, at } of this.subscribeOnce({ ...options, after, signal })) {
          after = at;
          failures = 0;
          this.subscribeTrouble = null;
          if (message) yield message;
          if (signal.aborted) return;
        }
        if (signal.aborted) return;
        throw new Error('the server ended the subscription'); // as a failure: nothing resubscribes by itself
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { code?: unknown }).code === ABORTED) continue;
        if (failures > 0) this.subscribeTrouble = `the subscription is down: ${describe(error)}`;
        await delay(backoff(failures++), signal);
      }
    }
  }

  /**
   * One subscription until it ends or fails. `at` is the position it can be resumed from once `message` was handled;
   * filter checkpoints and `caughtUp` are queued behind the events that came before them.
   */
  private async *subscribeOnce({
    after,
    streamPrefixes,
    signal,
    batch = DEFAULT_BATCH,
  }: SubscribeOptions): AsyncGenerator<{ message?: SubscriptionMessage; at: Position | null }, void, undefined> {
    const { START, streamNameFilter } = this.library;
    if (streamPrefixes?.length === 0) streamPrefixes = ['$nothing-'];
    // Once the server says "caught up", everything up to here has been looked through.
    const headBefore = await this.head();
    if (signal.aborted) return;
    const filterOptions = {
      maxSearchWindow: SEARCH_WINDOW,
      checkpointInterval: 1,
      checkpointReached: async (_: unknown, position: ClientPosition): Promise<void> => void subscription.push(new Mark('checkpoint', position)),
    };
    const subscription = this.connections.client('read').subscribeToAll(
      {
        fromPosition: after === null ? START : parsePosition(after),
        filter: streamPrefixes ? streamNameFilter({ ...filterOptions, prefixes: [...streamPrefixes] }) : streamNameFilter({ ...filterOptions, regex: '^[^$]' }),
      },
      { highWaterMark: batch },
    );
    subscription.on('caughtUp', () => void subscription.push(new Mark('caughtUp')));
    subscription.on('fellBehind', () => void subscription.push(new Mark('fellBehind')));
    const state = watch(subscription, signal);
    let at = after;
    let live = false;
    let said: Position | null | undefined;
    const advance = (to: Position | null): void => {
      if (to !== null && (at === null || this.compare(to, at) > 0)) at = to;
    };
    let events: StoredEvent[] = [];
    try {
      for (;;) {
        const item = subscription.read() as { event?: AllStreamRecordedEvent } | Mark | null;
        if (events.length > 0 && (item === null || item instanceof Mark || events.length >= batch)) {
          const message = { kind: 'events', events } as const;
          advance(events.at(-1)!.position);
          events = [];
          yield { message, at };
          if (signal.aborted) return;
        }
        if (item instanceof Mark) {
          if (item.kind === 'checkpoint') advance(toPosition(item.position!));
          else live = item.kind === 'caughtUp';
          if (item.kind === 'caughtUp') advance(headBefore);
          yield { at };
        } else if (item?.event) {
          const position = toPosition(item.event.position);
          if (at === null || this.compare(position, at) > 0) events.push(toStored(item.event));
        } else if (item === null) {
          if (subscription.readableLength > 0) continue;
          // Servers before 23.10 do not say that they have caught up.
          live ||= headBefore === null || (at !== null && this.compare(at, headBefore) >= 0);
          if (live && said !== at) {
            said = at;
            yield { message: { kind: 'caughtUp', position: at }, at };
          } else await state.change();
          if (signal.aborted) return;
          if (state.over && subscription.readableLength === 0) {
            if (state.error) throw state.error;
            return;
          }
        }
      }
    } finally {
      state.stop();
      void subscription.unsubscribe().catch(ignore);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    this.closed.abort();
    await Promise.all(this.underWay);
    await this.connections.release();
  }
}

/** A word of the server that travels through the event queue, so that it is heard after the events before it. */
class Mark {
  constructor(
    readonly kind: 'checkpoint' | 'caughtUp' | 'fellBehind',
    readonly position?: ClientPosition,
  ) {}
}

interface Cancellable {
  on(event: 'error', listener: () => void): unknown;
  destroy(error: Error): unknown;
  cancel(): Promise<void>;
}

/** Waits on a readable without taking from it. */
function watch(
  readable: { on(event: string, listener: (error?: Error) => void): unknown },
  signal: AbortSignal,
): { over: boolean; error: Error | undefined; change(): Promise<void>; stop(): void } {
  let changed = false;
  let wake: (() => void) | undefined;
  const notice = (): void => {
    changed = true;
    wake?.();
  };
  const end = (error?: Error): void => {
    state.over = true;
    state.error ??= error;
    notice();
  };
  const state = {
    over: false,
    error: undefined as Error | undefined,
    async change(): Promise<void> {
      if (!changed && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      changed = false;
      wake = undefined;
    },
    stop: () => signal.removeEventListener('abort', notice),
  };
  readable.on('readable', notice);
  readable.on('end', () => end());
  readable.on('close', () => end());
  readable.on('error', end); // also keeps a late error from ending the process
  signal.addEventListener('abort', notice);
  return state;
}

class TimedOut extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new TimedOut(ms)), ms)));
  work.catch(ignore); // an answer after the time limit has no one waiting for it
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const delay = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });

const backoff = (attempt: number): number => Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.75 + Math.random() / 2);

const ignore = (): void => undefined;

const describe = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

/** gRPC promises that such a call did not leave this machine. */
const neverSent = (error: unknown): boolean => /No connection established|Name resolution failed|Failed to connect|ECONNREFUSED/.test(describe(error));

const isSystem = (event: { readonly streamId: string; readonly type: string }): boolean => event.streamId.startsWith('$') || event.type.startsWith('$');

function toStored(event: RecordedEvent): StoredEvent {
  if (!event.position) throw new Error(`${event.streamId}: the server gives no positions on reads; a newer one is needed`);
  const data = event.data as Json;
  const metadata = (event.metadata ?? {}) as unknown as EventMetadata;
  return {
    id: event.id,
    type: event.type,
    stream: event.streamId,
    revision: revisionOf(event.revision),
    position: toPosition(event.position),
    data,
    metadata,
    rawData: JSON.stringify(data),
    rawMetadata: JSON.stringify(metadata),
  };
}

function revisionOf(revision: bigint): number {
  if (revision > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`revision ${revision} is beyond what a stream of this ledger can have`);
  return Number(revision);
}

const toPosition = ({ commit, prepare }: ClientPosition): Position => `C${commit}P${prepare}`;

function parsePosition(text: Position): ClientPosition {
  const match = /^C(\d{1,20})P(\d{1,20})$/.exec(text);
  if (!match) throw new RangeError(`${text} is not a position of this log`);
  return { commit: BigInt(match[1]!), prepare: BigInt(match[2]!) };
}

const comparePositions = (a: ClientPosition, b: ClientPosition): number =>
  a.commit !== b.commit ? (a.commit < b.commit ? -1 : 1) : a.prepare === b.prepare ? 0 : a.prepare < b.prepare ? -1 : 1;
