import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  type LoggedEvent,
  type Projection,
  type ProjectionRunner,
  ProjectionStopped,
  type ProjectionStatus,
  type ReadStore,
  type RunnerOptions,
  type Track,
  type TrackWriter,
  WaitTimeout,
} from './port.js';

/** Makes the runner of a store's projections. Throws when two of them share a name or a table. */
export function createRunner<E extends LoggedEvent>(
  store: Pick<ReadStore<never>, 'tracks'>,
  options: RunnerOptions<E>,
): ProjectionRunner {
  return new Runner(store.tracks, options);
}

/** A track under way: what its row says as of the last commit, and how it is fed. */
interface Feed<E extends LoggedEvent> {
  row: Track;
  readonly projection: Projection<E>;
  readonly writer: TrackWriter;
  /** Null once it has stopped or was replaced. */
  lane: Lane<E> | null;
}

/** Tracks that are read for together. Each of them is at `position` or ahead of it. */
interface Lane<E extends LoggedEvent> {
  position: string | null;
  readonly feeds: Set<Feed<E>>;
  /** The bulk of what was put off on the way is worked off. */
  settled: boolean;
}

/** All that exists of one projection. */
interface Model<E extends LoggedEvent> {
  readonly projection: Projection<E>;
  /** What queries see. Without a feed it is an older version's and does not move. */
  serving: Track;
  feed: Feed<E> | null;
  /** A generation that is built beside it. */
  building: Rebuild<E> | null;
}

interface Rebuild<E extends LoggedEvent> {
  readonly feed: Feed<E>;
  readonly done: PromiseWithResolvers<void>;
  readonly listeners: ((position: string) => void)[];
}

interface Move<E extends LoggedEvent> {
  readonly feed: Feed<E>;
  readonly row: Track;
}

interface Waiter {
  readonly position: string;
  readonly models: readonly string[] | null;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 2_000;
/** While others are live, a page behind the scenes must not hold them up for long. */
const BACKGROUND_SHARE = 4;

/**
 * Rows in memory, lanes and tables change together: every change runs alone (`exclusive`), its transaction and what
 * memory learns from it.
 */
class Runner<E extends LoggedEvent> implements ProjectionRunner {
  private readonly models = new Map<string, Model<E>>();
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private readonly waiters = new Set<Waiter>();
  private readonly awaitingEnd: PromiseWithResolvers<void>[] = [];
  private live: Lane<E> | null = null;
  private last: Promise<unknown> = Promise.resolve();
  /** Why reading is interrupted at the moment. */
  private fault: string | null = null;
  private started = false;
  private readonly pageSize: number;

  constructor(
    private readonly store: ReadStore<never>['tracks'],
    private readonly options: RunnerOptions<E>,
  ) {
    this.pageSize = options.pageSize ?? 2_000;
    const taken = new Set<string>();
    for (const p of options.projections)
      for (const name of [`projection ${p.name}`, ...Object.keys(p.tables).map((t) => `table ${t}`)]) {
        if (taken.has(name)) throw new Error(`${name} is there twice`);
        taken.add(name);
      }
  }

  async start(): Promise<void> {
    if (this.started) throw new Error('the runner was started before');
    this.started = true;
    const head = await this.options.source.head();
    await this.exclusive(() => this.store.transaction(() => this.prepare(head)));
    const lanes: Feed<E>[][] = [];
    for (const model of this.models.values())
      for (const feed of [model.feed, model.building?.feed]) {
        if (!feed) continue;
        const together = lanes.find((lane) => lane[0]?.row.position === feed.row.position);
        if (together) together.push(feed);
        else lanes.push([feed]);
      }
    for (const feeds of lanes) this.open(feeds);
    this.settle();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
    await this.last;
    const error = shutDown();
    for (const w of this.waiters) w.reject(error);
    for (const end of this.awaitingEnd.splice(0)) end.reject(error);
    for (const { building } of this.models.values()) building?.done.reject(error);
  }

  status(): ProjectionStatus[] {
    return [...this.models.values()].map((model) => {
      const { projection, serving, feed, building } = model;
      const telling = feed?.row ?? building?.feed.row ?? serving;
      const state = this.state(model);
      return {
        name: projection.name,
        version: serving.version,
        generation: serving.generation,
        state,
        serving: serving.complete,
        stale: feed === null,
        position: serving.position,
        knownTime: serving.knownTime,
        reason: telling.reason ?? (state === 'catchingUp' ? this.fault : null),
        event: telling.event,
        rebuilding: building && { generation: building.feed.row.generation, position: building.feed.row.position },
        updatedAt: serving.updatedAt,
      };
    });
  }

  caughtUp(): Promise<void> {
    if (this.stopping.signal.aborted) return Promise.reject(shutDown());
    const end = Promise.withResolvers<void>();
    this.awaitingEnd.push(end);
    this.settle();
    return end.promise;
  }

  waitFor(position: string, timeoutMs: number, projections?: readonly string[]): Promise<void> {
    const models = projections ?? null;
    for (const name of models ?? []) this.model(name);
    const already = this.verdict(position, models);
    if (already === true) return Promise.resolve();
    if (already) return Promise.reject(already);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        position,
        models,
        resolve: () => (end(), resolve()),
        reject: (error) => (end(), reject(error)),
      };
      const timer = globalThis.setTimeout(() => waiter.reject(new WaitTimeout(position)), timeoutMs);
      this.waiters.add(waiter);
    });
  }

  async rebuild(projections: string | readonly string[], onProgress?: (position: string) => void): Promise<void> {
    const models = [projections].flat().map((name) => this.model(name));
    const rebuilds = await this.exclusive(async () => {
      if (this.stopping.signal.aborted) throw shutDown();
      const due = models.filter(({ building }) => !building || building.feed.row.reason !== null);
      const rows = due.map(({ projection, serving, building }) =>
        this.fresh(projection, (building?.feed.row ?? serving).generation + 1, false),
      );
      await this.store.transaction(() => {
        due.forEach(({ projection, building }, i) => {
          if (building) this.store.drop(building.feed.row);
          this.store.create(projection as Projection<never>, rows[i] as Track);
        });
      });
      due.forEach((model, i) => (model.building = this.rebuildOf(this.feed(model.projection, rows[i] as Track))));
      if (due.length > 0) this.open(due.flatMap(({ building }) => building?.feed ?? []));
      return models.flatMap(({ building }) => building ?? []);
    });
    if (onProgress) rebuilds[0]?.listeners.push(onProgress);
    await Promise.all(rebuilds.map(({ done }) => done.promise));
  }

  /** Decides, within a transaction, which rows may stay and which generations are needed. */
  private prepare(head: string | null): void {
    const { store, options } = this;
    const foreign = store.ledger() !== options.ledgerId;
    if (foreign) store.setLedger(options.ledgerId);
    const stored = new Map<string, Track[]>();
    for (const track of store.tracks()) {
      const projection = options.projections.find((p) => p.name === track.projection);
      if (!foreign && projection && this.mayStay(track, projection, head))
        stored.set(track.projection, [...(stored.get(track.projection) ?? []), track]);
      else store.drop(track);
    }
    for (const projection of options.projections) {
      const tracks = stored.get(projection.name) ?? [];
      const create = (row: Track): Track => (store.create(projection as Projection<never>, row), row);
      let serving = tracks.find((t) => t.serving);
      let building = tracks.find((t) => !t.serving);
      // What was built beside rows that are gone has nothing to wait for.
      if (!serving && building) {
        store.drop(building);
        building = undefined;
      }
      serving ??= create(this.fresh(projection, 1, true));
      const current = serving.version === projection.version;
      if (!current) building ??= create(this.fresh(projection, serving.generation + 1, false));
      this.models.set(projection.name, {
        projection,
        serving,
        feed: current ? this.feed(projection, serving) : null,
        building: building ? this.rebuildOf(this.feed(projection, building)) : null,
      });
    }
  }

  private mayStay(track: Track, projection: Projection<E>, head: string | null): boolean {
    const beyond = track.position !== null && this.compare(track.position, head) > 0;
    const sameTables =
      track.tables.length === Object.keys(projection.tables).length && track.tables.every((t) => t in projection.tables);
    if (beyond || !sameTables) return false;
    if (track.version === projection.version) return true;
    return track.serving && track.complete && (projection.servedBy ?? []).includes(track.version);
  }

  private fresh(projection: Projection<E>, generation: number, serving: boolean): Track {
    return {
      projection: projection.name,
      generation,
      version: projection.version,
      serving,
      complete: false,
      tables: Object.keys(projection.tables),
      position: null,
      knownTime: null,
      reason: null,
      event: null,
      updatedAt: null,
    };
  }

  /** A track that had stopped is tried again: the code may have been mended. */
  private feed(projection: Projection<E>, row: Track): Feed<E> {
    return { projection, row: { ...row, reason: null, event: null }, writer: this.store.writer(row), lane: null };
  }

  private rebuildOf(feed: Feed<E>): Rebuild<E> {
    const done = Promise.withResolvers<void>();
    done.promise.catch(() => undefined); // nobody may be waiting for it
    return { feed, done, listeners: [] };
  }

  private open(feeds: readonly Feed<E>[]): void {
    const lane: Lane<E> = { position: feeds[0]?.row.position ?? null, feeds: new Set(feeds), settled: false };
    for (const feed of feeds) feed.lane = lane;
    const running = this.run(lane).finally(() => this.running.delete(running));
    this.running.add(running);
  }

  /** Feeds a lane until it has joined the live one or has nobody left, whatever goes wrong on the way. */
  private async run(lane: Lane<E>): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.isFed(lane)) {
      const from = lane.position;
      try {
        await this.catchUp(lane);
        if (this.live === lane) await this.follow(lane);
      } catch (error) {
        this.fault = messageOf(error);
        this.options.onError?.(error, null);
      }
      if (this.live === lane) this.live = null;
      if (!this.isFed(lane)) return;
      if (lane.position !== from) pause = FIRST_PAUSE_MS;
      await setTimeout(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  private isFed(lane: Lane<E>): boolean {
    return lane.feeds.size > 0 && !this.stopping.signal.aborted;
  }

  /** Reads pages up to the log's end; then the lane is the live one, or its tracks went over to that one. */
  private async catchUp(lane: Lane<E>): Promise<void> {
    const { source } = this.options;
    const read = (after: string | null) => {
      const limit = this.live ? Math.ceil(this.pageSize / BACKGROUND_SHARE) : this.pageSize;
      const events = source.readAll({ after, limit });
      events.catch(() => undefined); // heard when it is awaited, if it is
      return { events, limit };
    };
    for (let page = read(lane.position); ;) {
      const events = await page.events;
      const last = events.at(-1);
      const more = last !== undefined && events.length >= page.limit;
      if (more) page = read(last.position);
      await this.apply(lane, events);
      if (!lane.settled && (!more || this.hasReachedLive(lane))) await this.settleBulk(lane);
      if (!this.isFed(lane) || (await this.exclusive(() => this.arrive(lane, !more)))) return;
      if (!more) page = read(lane.position);
      await setImmediate(); // pages may come without any waiting, and others want their turn
    }
  }

  /** Works off what was put off on the way, part by part, so that others get their turn. The rest follows on arrival. */
  private async settleBulk(lane: Lane<E>): Promise<void> {
    for (const feed of lane.feeds)
      while (!this.stopping.signal.aborted && (await this.exclusive(() => this.settlePart(feed)))) await setImmediate();
    lane.settled = true;
  }

  /** One part of what an incomplete track put off; whether more is left. */
  private async settlePart(feed: Feed<E>): Promise<boolean> {
    const { projection, writer, row } = feed;
    if (!projection.settle || row.complete) return false;
    try {
      return await this.store.transaction(() => this.store.savepoint(() => projection.settle!(writer)));
    } catch (error) {
      writer.forget();
      if (this.store.isPassing(error)) throw error;
      this.options.onError?.(error, projection.name);
      await this.keep(() => [{ feed, row: { ...row, reason: `settling: ${messageOf(error)}` } }]);
      await this.leave(feed);
      this.settle();
      return false;
    }
  }

  private async follow(lane: Lane<E>): Promise<void> {
    for await (const message of this.options.source.subscribe({ after: lane.position, signal: this.stopping.signal })) {
      if (message.kind === 'events') await this.apply(lane, message.events);
      if (!this.isFed(lane)) return;
    }
  }

  private hasReachedLive(lane: Lane<E>): boolean {
    return this.live !== null && this.compare(lane.position, this.live.position) >= 0;
  }

  /** Makes the lane the live one at the log's end, or joins the live one once it is as far. False: neither yet. */
  private async arrive(lane: Lane<E>, atEnd: boolean): Promise<boolean> {
    const { live } = this;
    if (live ? !this.hasReachedLive(lane) : !atEnd) return false;
    for (const feed of lane.feeds) while (await this.settlePart(feed));
    if (!this.isFed(lane)) return true;
    const arrived = [...lane.feeds];
    const first = arrived.filter((feed) => !feed.row.complete);
    if (first.length > 0) await this.keep(() => first.map((feed) => ({ feed, row: { ...feed.row, complete: true } })));
    if (live) {
      lane.feeds.clear();
      for (const feed of arrived) {
        feed.lane = live;
        live.feeds.add(feed);
      }
    }
    this.live ??= lane;
    this.fault = null;
    for (const feed of arrived) await this.swapWhenDue(feed);
    this.settle();
    return true;
  }

  /** Hands events to every track of the lane, in one transaction with their checkpoints. */
  private apply(lane: Lane<E>, events: readonly E[]): Promise<void> {
    return this.exclusive(async () => {
      const last = events.at(-1);
      if (!last) return;
      const from = lane.position;
      const updatedAt = new Date().toISOString();
      try {
        await this.keep(async () => {
          const moves: Move<E>[] = [];
          for (const feed of lane.feeds) {
            const { position } = feed.row;
            const news = position === from ? events : events.filter((e) => this.compare(e.position, position) > 0);
            if (news.length > 0) moves.push({ feed, row: { ...(await this.handle(feed, news)), updatedAt } });
          }
          return moves;
        });
      } catch (error) {
        for (const feed of lane.feeds) feed.writer.forget();
        throw error;
      }
      lane.position = last.position;
      this.fault = null;
      for (const feed of lane.feeds) {
        if (feed.row.reason !== null) await this.leave(feed);
        else if (!feed.row.serving) await this.advanceRebuild(feed, last.position);
      }
      this.settle();
    });
  }

  /** The row of a track after events, or up to the first that it cannot take. Only passing failures are thrown. */
  private async handle(feed: Feed<E>, events: readonly E[]): Promise<Track> {
    try {
      feed.writer.knownTime = feed.row.knownTime;
      feed.writer.complete = feed.row.complete;
      await this.store.savepoint(() => feed.projection.handle(events, feed.writer));
      return moved(feed.row, events);
    } catch (error) {
      if (this.store.isPassing(error)) throw error;
      feed.writer.forget();
    }
    // Once more, one by one, to keep what went before the culprit.
    let row = feed.row;
    for (const event of events) {
      const one = [event];
      try {
        feed.writer.knownTime = row.knownTime;
        await this.store.savepoint(() => feed.projection.handle(one, feed.writer));
        row = moved(row, one);
      } catch (error) {
        if (this.store.isPassing(error)) throw error;
        feed.writer.forget();
        this.options.onError?.(error, feed.projection.name);
        const reason = `${event.type} at ${event.position}: ${messageOf(error)}`;
        return { ...row, reason, event: { id: event.id, position: event.position } };
      }
    }
    return row;
  }

  /** Keeps the rows that the work answers; memory follows only after the commit. */
  private async keep(work: () => readonly Move<E>[] | Promise<readonly Move<E>[]>): Promise<void> {
    let moves: readonly Move<E>[] = [];
    await this.store.transaction(async () => {
      moves = await work();
      for (const { row } of moves) this.store.save(row);
    });
    for (const { feed, row } of moves) {
      feed.row = row;
      const model = this.model(row.projection);
      if (model.feed === feed) model.serving = row;
    }
  }

  /** A track that stopped is fed no more. One that was built beside sound rows is removed again. */
  private async leave(feed: Feed<E>): Promise<void> {
    feed.lane?.feeds.delete(feed);
    feed.lane = null;
    const model = this.model(feed.row.projection);
    if (model.building?.feed !== feed) return;
    model.building.done.reject(new ProjectionStopped(feed.row.projection, feed.row.reason ?? ''));
    if (!model.feed) return;
    model.building = null;
    await this.remove(feed.row);
  }

  private async advanceRebuild(feed: Feed<E>, position: string): Promise<void> {
    for (const hear of this.model(feed.row.projection).building?.listeners ?? []) hear(position);
    if (feed.lane === this.live) await this.swapWhenDue(feed);
  }

  /** Never swaps rows in that are behind the ones that serve. */
  private async swapWhenDue(feed: Feed<E>): Promise<void> {
    const model = this.model(feed.row.projection);
    const { building, serving: old } = model;
    if (building?.feed !== feed || this.compare(feed.row.position, old.position) < 0) return;
    const row = { ...feed.row, serving: true };
    await this.store.transaction(() => this.store.swap(old, row));
    model.feed?.lane?.feeds.delete(model.feed);
    feed.row = model.serving = row;
    model.feed = feed;
    model.building = null;
    building.done.resolve();
    this.settle();
    await this.remove({ ...old, serving: false });
  }

  /** What is left behind when this fails goes at the next start. */
  private async remove(track: Track): Promise<void> {
    await this.store
      .transaction(() => this.store.drop(track))
      .catch((error: unknown) => this.options.onError?.(error, track.projection));
  }

  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.last.then(work);
    this.last = run.catch(() => undefined);
    return run;
  }

  private get prepared(): boolean {
    return this.models.size === this.options.projections.length;
  }

  private state({ feed, building }: Model<E>): ProjectionStatus['state'] {
    const telling = feed ?? building?.feed;
    if (telling?.row.reason) return 'stopped';
    return feed?.lane && feed.lane === this.live ? 'live' : 'catchingUp';
  }

  private model(name: string): Model<E> {
    const model = this.models.get(name);
    if (!model) throw new Error(`there is no read model ${name}`);
    return model;
  }

  /** Whether all models have a position; an error when one never will. */
  private verdict(position: string, names: readonly string[] | null): boolean | Error {
    if (!this.prepared) return false;
    for (const model of names ? names.map((n) => this.model(n)) : this.models.values()) {
      if (this.compare(model.serving.position, position) >= 0) continue;
      const stuck = model.building ? model.building.feed.row : model.serving;
      return stuck.reason ? new ProjectionStopped(model.projection.name, stuck.reason) : false;
    }
    return true;
  }

  /** Answers everybody who waits for what has come about. */
  private settle(): void {
    for (const w of this.waiters) {
      const verdict = this.verdict(w.position, w.models);
      if (verdict === true) w.resolve();
      else if (verdict) w.reject(verdict);
    }
    if (this.prepared && this.awaitingEnd.length > 0 && [...this.models.values()].every((m) => this.state(m) !== 'catchingUp'))
      for (const end of this.awaitingEnd.splice(0)) end.resolve();
  }

  /** Null lies before everything. */
  private compare(a: string | null, b: string | null): number {
    if (a === b) return 0;
    if (a === null) return -1;
    return b === null ? 1 : this.options.source.compare(a, b);
  }
}

const messageOf = (error: unknown): string => (error as Partial<Error> | null | undefined)?.message ?? String(error);

const shutDown = (): Error => new Error('the read models are being shut down');

function moved<E extends LoggedEvent>(row: Track, events: readonly E[]): Track {
  const latest = latestOf(events);
  const knownTime = row.knownTime === null || (latest !== null && latest > row.knownTime) ? latest : row.knownTime;
  return { ...row, position: events.at(-1)?.position ?? row.position, knownTime };
}

/** Every track is handed the same page: it is looked through once. */
const latestOfPage = new WeakMap<readonly LoggedEvent[], string | null>();

function latestOf(events: readonly LoggedEvent[]): string | null {
  const known = latestOfPage.get(events);
  if (known !== undefined) return known;
  let latest: string | null = null;
  for (const { metadata } of events) if (latest === null || metadata.recordedAt > latest) latest = metadata.recordedAt;
  latestOfPage.set(events, latest);
  return latest;
}
