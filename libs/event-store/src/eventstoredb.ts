import type { EventMetadata, Json } from '@app/kernel';
import type { AllStreamRecordedEvent, EventStoreDBClient, Position as ClientPosition, RecordedEvent } from '@eventstore/db-client';
import { type Appended, AppendRefused, AppendStream, loadProtocol, type Protocol } from './append-stream.js';
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
/** gRPC status codes. ABORTED: a burst overran the server's buffer for a live subscription, which is normal operation. */
const ABORTED = 10;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12; // a server before 21.10
const UNAUTHENTICATED = 16;
const REFUSALS: readonly unknown[] = [PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED];

/**
 * Opens the store on an EventStoreDB server (21.10 and later) or its successor. Does not wait for the server.
 * @throws on a connection string that cannot be read
 */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStore> {
  const [library, protocol] = await Promise.all([import('@eventstore/db-client'), loadProtocol()]);
  return new EventStoreDb(library, new Connection(library, protocol, options.url), options);
}

/** The client in use and its stream of appends, made when needed and given up when they seem stuck. */
class Connection {
  private current: EventStoreDBClient | undefined;
  private stream: AppendStream | undefined;

  constructor(
    private readonly library: Library,
    private readonly protocol: Protocol,
    private readonly url: string,
  ) {
    this.client();
  }

  client(): EventStoreDBClient {
    return (this.current ??= this.library.EventStoreDBClient.connectionString(this.url));
  }

  appends(): AppendStream {
    if (!this.stream || this.stream.over) this.stream = new AppendStream(this.protocol, this.client());
    return this.stream;
  }

  /** Gives up a client whose connection has gone silent: its other calls fail now and are made again by their makers. */
  retire(client: EventStoreDBClient): void {
    if (this.current !== client) return;
    this.current = undefined;
    this.stream?.cancel();
    void client.dispose().catch(ignore);
  }

  async close(): Promise<void> {
    this.stream?.cancel();
    // waits for calls to notice that they were cancelled, but not for ever
    await Promise.race([this.current?.dispose(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
  }
}

class EventStoreDb implements EventStore {
  private readonly attemptMs: number;
  private readonly totalMs: number;
  private readonly silenceMs: number;
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly closed = new AbortController();
  private closing: Promise<void> | undefined;
  private appendTrouble: string | null = null;
  private subscribeTrouble: string | null = null;

  constructor(
    private readonly library: Library,
    private readonly connection: Connection,
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
      const client = this.connection.client();
      const appends = this.connection.appends();
      const received = appends.received;
      try {
        const appended = await withTimeout(appends.append(stream, expected, texts), this.attemptMs);
        this.appendTrouble = null;
        return await this.result(stream, appended);
      } catch (error) {
        if (error instanceof WrongExpectedRevision || error instanceof AppendTooLarge) {
          this.appendTrouble = null;
          throw error;
        }
        this.appendTrouble = `appends fail: ${describe(error)}`;
        const refused = error instanceof AppendRefused || isRefusal(error);
        maybeWritten ||= !refused && !neverSent(error);
        if (error instanceof TimedOut && appends.received === received) this.connection.retire(client);
        const pause = backoff(attempt);
        if (refused || performance.now() + pause >= giveUpAt)
          throw maybeWritten ? new UnknownOutcome(stream, { cause: error }) : new StoreUnavailable(this.appendTrouble, { cause: error });
        await delay(pause);
      }
    }
  }

  /** Some answers come without a position: the event knows it. */
  private async result(stream: string, { revision: last, position }: Appended): Promise<AppendResult> {
    const revision = revisionOf(last);
    if (position) return { revision, position: toPosition(position) };
    const [event] = await this.read(stream, { from: revision, limit: 1 });
    return { revision, position: event!.position };
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    if (this.closing) throw new StoreClosed();
    return this.read(stream, options);
  }

  private async read(stream: string, { from, direction = 'forwards', limit }: ReadStreamOptions): Promise<StoredEvent[]> {
    if (limit === 0) return [];
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
      const client = this.connection.client();
      try {
        return await read(client);
      } catch (error) {
        if (isRefusal(error)) throw new StoreUnavailable(`reads fail: ${describe(error)}`, { cause: error });
        if (error instanceof TimedOut) this.connection.retire(client);
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
    const subscription = this.connection.client().subscribeToAll(
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
    const next = (): { event?: AllStreamRecordedEvent } | Mark | null => subscription.read() as never;
    try {
      for (;;) {
        let item = next();
        if (item === null && events.length > 0) {
          await turn(); // more of the same burst is on its way; one message for all of it is cheaper to handle
          item = next();
        }
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
          // a tombstone, for one, lies in an ordinary stream, at a revision no stream can have
          if (!isSystem(item.event) && (at === null || this.compare(position, at) > 0)) events.push(toStored(item.event));
        } else if (item === null) {
          if (state.error) throw state.error;
          if (state.over) return;
          // Servers before 23.10 do not say that they have caught up.
          live ||= headBefore === null || (at !== null && this.compare(at, headBefore) >= 0);
          if (live && said !== at) {
            said = at;
            yield { message: { kind: 'caughtUp', position: at }, at };
          } else await state.change();
          if (signal.aborted) return;
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
    await this.connection.close();
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

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const backoff = (attempt: number): number => Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.75 + Math.random() / 2);

const ignore = (): void => undefined;

const describe = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

/** gRPC promises that such a call did not leave this machine. */
const neverSent = (error: unknown): boolean => /No connection established|Name resolution failed|Failed to connect|ECONNREFUSED/.test(describe(error));

/** No repetition will help. The code is what counts: during failures the client throws plain errors that carry one. */
const isRefusal = (error: unknown): boolean => REFUSALS.includes((error as { code?: unknown }).code);

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
