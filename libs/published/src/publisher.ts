/**
 * Writes the published log, each event exactly once. The tail of the published stream is the only truth about progress:
 * its revision is what the next append expects, and its metadata say up to where the log has been translated. Translating
 * is pure, ids derive from the source, and every append names the revision it expects, so a publisher may die at any
 * moment, repeat itself, or run beside another one.
 */
import type { Holidays } from '@app/calendar';
import { problemsOf, PUBLISHED_STREAM } from './events.js';
import type { AdvisoryCursor, CursorStore, FeedLog } from './ports.js';
import { metadataOf, publishedFrom, PublishedLogBroken, recall, Recent, remade, remembered, sameAppend, type Remembered } from './recall.js';
import { metadataFor, NO_MEMORY, sealed, translateAppend, type ContractMemory, type Draft, type SourceEvent } from './translate.js';

/** Streams that are translated. */
export const SOURCE_PREFIX = 'contract-';

export interface PublisherOptions {
  readonly log: FeedLog;
  /** `source` of every event: a URI of the ledger, the same for all publishers. */
  readonly source: string;
  readonly holidays: Holidays | null;
  readonly cursor?: CursorStore;
  /** Waits, or returns early when the signal aborts. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Events read at once (default: the store's). */
  readonly page?: number;
  /** Largest append, in bytes of data (default 1,000,000; the store's limit is 1 MiB). */
  readonly maxBytes?: number;
  /** Contracts remembered whole (default 1,000), and a hundred times as many in brief. */
  readonly contracts?: number;
  /** The cursor is saved after so many events since it was last (default 1,000), and at the end of {@link Publisher.run}. */
  readonly saveEvery?: number;
}

/**
 * Why nothing more is published until someone has looked: `poison`: an event cannot be translated; `rewound`: the
 * published log, or the log, is behind what is known here; `broken`: the published log is not what a publisher wrote.
 */
export class FeedStopped extends Error {
  override readonly name = 'FeedStopped';
  constructor(
    readonly code: 'poison' | 'rewound' | 'broken',
    message: string,
    /** The event that cannot be translated. */
    readonly event: { readonly stream: string; readonly revision: number; readonly id: string; readonly type: string } | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Tail {
  readonly revision: number;
  readonly id: string;
  /** Source position. */
  readonly position: string;
}

export interface FeedStatus {
  readonly state: 'starting' | 'catching-up' | 'live' | 'stopped';
  readonly stopped: FeedStopped | null;
  /** What keeps the publisher from getting on just now; it goes on trying. */
  readonly problem: string | null;
  /** Last published event. */
  readonly tail: Tail | null;
  /** Everything in the log up to here is published or translates to nothing. */
  readonly position: string | null;
}

/** Another publisher was faster. */
class Overtaken extends Error {}

interface Unit {
  readonly stream: string;
  /** Everything made from one source event: never parted. */
  readonly drafts: readonly Draft[];
  readonly bytes: number;
  /** Whether the source's append ends here. */
  readonly whole: boolean;
}

const UNKNOWN: Remembered = { memory: NO_MEMORY, lastRevision: null };

const utf8 = new TextEncoder();
const BACK_OFF_MS = [20, 50, 100, 250, 500, 1_000, 2_000, 5_000];
const backOff = (attempt: number): number => BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)]!;
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Publisher {
  private readonly recent: Recent;
  /** Memories that the appends under way lead to. */
  private staged = new Map<string, Remembered>();
  private tail: Tail | null = null;
  private position: string | null = null;
  private state: FeedStatus['state'] = 'starting';
  private stopped: FeedStopped | null = null;
  private problem: string | null = null;
  private begun = false;
  private unsaved = 0;

  constructor(private readonly o: PublisherOptions) {
    this.recent = new Recent(o.contracts ?? 1_000);
  }

  status(): FeedStatus {
    const { state, stopped, problem, tail, position } = this;
    return { state, stopped, problem, tail, position };
  }

  /** Publishes everything that the log holds now; returns early when the signal aborts. @throws {FeedStopped} */
  async drain(signal?: AbortSignal): Promise<void> {
    const end = new AbortController();
    await this.guarded(() => this.follow(signal ? AbortSignal.any([signal, end.signal]) : end.signal, () => end.abort()));
  }

  /**
   * Publishes what the log holds and what is added, until the signal aborts or the feed stops: then it returns and
   * {@link status} says why. What the store cannot do for now is tried again.
   */
  async run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.guarded(() => this.follow(signal, () => (attempt = 0)));
      } catch (error) {
        if (error instanceof FeedStopped || nameOf(error) === 'StoreClosed') return;
        this.problem = messageOf(error);
      }
      if (!signal.aborted) await this.o.pause(backOff(attempt), signal);
    }
    await this.save();
  }

  /** From the tail on; tells when the end of the log is reached. */
  private async follow(signal: AbortSignal, caughtUp: () => void): Promise<void> {
    await this.begin();
    const { position: after } = this;
    this.state = 'catching-up';
    for await (const message of this.o.log.subscribe({ after, streamPrefixes: [SOURCE_PREFIX], signal, ...(this.o.page ? { batch: this.o.page } : {}) })) {
      if (message.kind === 'events') await this.take(message.events, signal);
      else {
        this.advance(message.position, 1);
        this.state = 'live';
        caughtUp();
      }
      this.problem = null;
    }
  }

  /** Writes the cursor down. */
  async save(): Promise<void> {
    if (!this.begun || this.unsaved === 0 || this.stopped) return;
    this.unsaved = 0;
    const { tail, position } = this;
    await this.o.cursor?.save({ tail: tail && { revision: tail.revision, id: tail.id }, position });
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    if (this.stopped) throw this.stopped;
    try {
      await work();
    } catch (error) {
      const stop = error instanceof PublishedLogBroken ? new FeedStopped('broken', error.message, null, { cause: error }) : error;
      if (stop instanceof FeedStopped) {
        this.stopped = stop;
        this.state = 'stopped';
      }
      throw stop;
    }
  }

  // ---------------------------------------------------------------------------------------------- where to go on

  /** Reads the tail and goes on from there. */
  private async begin(): Promise<void> {
    const { log } = this.o;
    this.staged.clear();
    const [last] = await log.readStream(PUBLISHED_STREAM, { direction: 'backwards', limit: 1 });
    const tail: Tail | null = last ? { revision: last.revision, id: last.id, position: metadataOf(last).source.position } : null;
    const cursor = this.begun ? null : ((await this.o.cursor?.load()) ?? null);
    await this.mustHold(tail, this.tail);
    if (cursor) await this.mustHold(tail, cursor.tail);
    this.tail = tail;
    let position = tail?.position ?? null;
    if (cursor && (cursor.tail?.revision ?? -1) === (tail?.revision ?? -1)) position = await this.laterOf(position, cursor);
    // What was read here to no effect need not be read again.
    else if (this.position !== null && (position === null || log.compare(this.position, position) > 0)) position = this.position;
    this.position = position;
    this.begun = true;
  }

  /** A tail that was seen once is there for ever. */
  private async mustHold(tail: Tail | null, known: { readonly revision: number; readonly id: string } | null): Promise<void> {
    if (known === null) return;
    const at = tail?.revision === known.revision ? tail : (tail?.revision ?? -1) < known.revision ? null : (await this.o.log.readStream(PUBLISHED_STREAM, { from: known.revision, limit: 1 }))[0];
    if (at?.id !== known.id)
      throw new FeedStopped('rewound', `${PUBLISHED_STREAM} was seen at revision ${known.revision} with ${known.id}; it is now ${at ? `${at.id} there` : `at ${tail?.revision ?? 'nothing'}`}`);
  }

  private async laterOf(position: string | null, cursor: AdvisoryCursor): Promise<string | null> {
    const { log } = this.o;
    if (cursor.position === null) return position;
    const head = await log.head();
    if (head === null || log.compare(head, cursor.position) < 0) throw new FeedStopped('rewound', `the log was read up to ${cursor.position} and now ends at ${head ?? 'nothing'}`);
    return position === null || log.compare(cursor.position, position) > 0 ? cursor.position : position;
  }

  private advance(position: string | null, events: number): void {
    if (position === null || (this.position !== null && this.o.log.compare(position, this.position) <= 0)) return;
    this.position = position;
    this.unsaved += events;
  }

  // ---------------------------------------------------------------------------------------------- a page of the log

  /** Publishes what a page of the log says, and moves on behind it. Events come in the log's order. */
  private async take(events: readonly SourceEvent[], signal?: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.publish(events, signal);
        break;
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        await this.begin();
      }
    }
    this.advance(events.at(-1)?.position ?? null, events.length);
    if (this.unsaved >= (this.o.saveEvery ?? 1_000)) await this.save();
  }

  private async publish(events: readonly SourceEvent[], signal?: AbortSignal): Promise<void> {
    const { log } = this.o;
    const { position } = this;
    const appends: SourceEvent[][] = [];
    for (const event of events) {
      if (!event.stream.startsWith(SOURCE_PREFIX) || (position !== null && log.compare(event.position, position) <= 0)) continue;
      const last = appends.at(-1);
      if (last && sameAppend(last[0]!, event)) last.push(event);
      else appends.push([event]);
    }
    const units: Unit[] = [];
    let poison: FeedStopped | null = null;
    for (const [i, append] of appends.entries()) {
      try {
        units.push(...(await this.translate(append, i === appends.length - 1)));
      } catch (error) {
        if (!(error instanceof FeedStopped)) throw error;
        poison = error;
        break;
      }
    }
    // What came before a poisoned event is published.
    for (const batch of this.batches(units)) await this.append(batch, signal);
    for (const [stream, entry] of this.staged) this.recent.set(stream, entry);
    this.staged.clear();
    if (poison) throw poison;
  }

  /** What an append translates to and is not published yet. Its memory is staged. */
  private async translate(seen: readonly SourceEvent[], mayGoOn: boolean): Promise<Unit[]> {
    const first = seen[0]!;
    const { stream } = first;
    const { log, holidays } = this.o;
    const held = this.staged.get(stream) ?? this.recent.get(stream);
    const brief = held ? undefined : this.recent.brief(stream);
    const stands = held?.memory.state.status === 'recorded' ? held.memory.state.revision : (brief?.revision ?? -1);
    // The rest of an append that was translated whole when its beginning was read.
    if (stands >= seen.at(-1)!.revision) return [];
    const goesOn = stands + 1 === first.revision;
    const before = goesOn && brief ? await log.readStream(stream, { limit: first.revision }) : [];
    const recalled = goesOn ? null : await recall(log, first, this.tail?.revision ?? -1);
    const append = recalled ? recalled.append : mayGoOn ? await this.completed(seen) : seen;
    let made: { readonly memory: ContractMemory; readonly lastRevision: number | null; readonly old: Draft | undefined; readonly units: Unit[] };
    try {
      const { memory, lastRevision } = recalled ? remembered(recalled) : (held ?? (brief ? remade(brief, before, { holidays }) : UNKNOWN));
      const { memory: after, drafts } = translateAppend(memory, append, { holidays });
      const fresh = drafts.filter((d) => this.tail === null || log.compare(d.source.position, this.tail.position) > 0);
      made = { memory: after, lastRevision, old: drafts[drafts.length - fresh.length - 1], units: this.unitsOf(stream, fresh) };
    } catch (error) {
      const { revision, id, type } = first;
      throw new FeedStopped('poison', `${stream} from revision ${revision} (${type} ${id}) cannot be published: ${messageOf(error)}`, { stream, revision, id, type }, { cause: error });
    }
    this.staged.set(stream, { memory: made.memory, lastRevision: made.old ? await this.revisionOf(made.old) : made.lastRevision });
    return made.units;
  }

  /** Where an event of an append stands whose first part is published already. */
  private async revisionOf(draft: Draft): Promise<number> {
    const event = await publishedFrom(this.o.log, draft.source.position, this.tail!.revision);
    if (event?.id !== draft.id) throw new PublishedLogBroken(`${draft.id} is not where it was published`);
    return event.revision;
  }

  /** A page may end within an append; an append is written whole, so the rest is there. */
  private async completed(seen: readonly SourceEvent[]): Promise<readonly SourceEvent[]> {
    const out = [...seen];
    for (const limit = 100; ; ) {
      const more = await this.o.log.readStream(seen[0]!.stream, { from: out.at(-1)!.revision + 1, limit });
      const same = more.findIndex((e) => !sameAppend(e, seen[0]!));
      out.push(...(same === -1 ? more : more.slice(0, same)));
      if (same !== -1 || more.length < limit) return out;
    }
  }

  private unitsOf(stream: string, drafts: readonly Draft[]): Unit[] {
    const units: { stream: string; drafts: Draft[]; bytes: number; whole: boolean }[] = [];
    for (const draft of drafts) {
      // Canonical or not, the same JSON has the same length; so has every sequence.
      const text = JSON.stringify(sealed(draft, this.o.source, 0));
      const problems = problemsOf(JSON.parse(text));
      if (problems.length > 0) throw new Error(`${draft.type} does not keep its schema: ${problems.join('; ')}`);
      const bytes = utf8.encode(text).length;
      const last = units.at(-1);
      if (last && last.drafts[0]!.source.id === draft.source.id) {
        last.drafts.push(draft);
        last.bytes += bytes;
      } else units.push({ stream, drafts: [draft], bytes, whole: false });
    }
    const last = units.at(-1);
    if (last) last.whole = true;
    for (const unit of units) if (unit.bytes > this.maxBytes) throw new Error(`${unit.drafts[0]!.source.id} becomes ${unit.bytes} bytes; at most ${this.maxBytes} can be published at once`);
    return units;
  }

  private get maxBytes(): number {
    return this.o.maxBytes ?? 1_000_000;
  }

  /** As much at a time as one append may hold; an append of the source is parted only where it is too large by itself. */
  private *batches(units: readonly Unit[]): Generator<readonly Unit[]> {
    for (let from = 0; from < units.length; ) {
      let bytes = 0;
      let to = from;
      let whole = from;
      while (to < units.length && bytes + units[to]!.bytes <= this.maxBytes) {
        bytes += units[to]!.bytes;
        to++;
        if (units[to - 1]!.whole) whole = to;
      }
      const end = whole > from ? whole : to;
      yield units.slice(from, end);
      from = end;
    }
  }

  // ---------------------------------------------------------------------------------------------- the published log

  /** Appends until the outcome is known: always the same bytes with the same expected revision. */
  private async append(batch: readonly Unit[], signal?: AbortSignal): Promise<void> {
    const stands = this.tail?.revision ?? -1;
    const heads = new Map<string, number | null>();
    const events = batch.flatMap((u) => u.drafts).map((draft, i) => {
      const revision = stands + 1 + i;
      const { stream } = draft.source;
      const previousRevision = heads.get(stream) ?? this.staged.get(stream)!.lastRevision;
      heads.set(stream, revision);
      return { id: draft.id, type: draft.type, data: sealed(draft, this.o.source, revision), metadata: metadataFor(draft, previousRevision) };
    });
    const position = batch.at(-1)!.drafts[0]!.source.position;
    for (let attempt = 0; ; attempt++) {
      try {
        const { revision } = await this.o.log.append(PUBLISHED_STREAM, stands === -1 ? 'no_stream' : stands, events);
        if (revision !== stands + events.length) throw new PublishedLogBroken(`an append behind revision ${stands} ended at ${revision}, not ${stands + events.length}`);
        break;
      } catch (error) {
        const name = nameOf(error);
        if (name === 'WrongExpectedRevision') throw new Overtaken();
        if (signal?.aborted || (name !== 'UnknownOutcome' && name !== 'StoreUnavailable')) throw error;
        this.problem = messageOf(error);
        await this.o.pause(backOff(attempt), signal);
      }
    }
    this.problem = null;
    this.tail = { revision: stands + events.length, id: events.at(-1)!.id, position };
    for (const [stream, lastRevision] of heads) this.staged.set(stream, { ...this.staged.get(stream)!, lastRevision });
    this.unsaved += events.length;
  }
}
