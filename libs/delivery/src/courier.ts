import type { RegisteredWebhook } from './endpoint/state.js';
import type { Attempt, Kept, LaneState, Place } from './journal.js';
import { outcomeOf, type Outcome, type Reply } from './outcome.js';
import { contractOf, typeOf, type Clock, type DeliveryFeed, type FeedEvent } from './ports.js';
import { pauseAfter, pauseOfProbe, type Schedule } from './schedule.js';
import type { Slots } from './slots.js';

/** What a recorded command asks of the deliveries of its endpoint. */
export type Operation =
  | { readonly kind: 'skip'; readonly revision: number; readonly contractId: string; readonly sequence: number }
  | { readonly kind: 'redeliver'; readonly revision: number; readonly contractId: string; readonly sequence: number }
  | { readonly kind: 'rewind'; readonly revision: number; readonly fromSequence: number };

/** Where a courier writes what must survive it. */
export interface CourierJournal {
  place(webhookId: string, place: Place): void;
  lane(webhookId: string, contractId: string, lane: LaneState | null): void;
  attempt(webhookId: string, attempt: Attempt): void;
}

export interface CourierOptions {
  readonly feed: DeliveryFeed;
  readonly journal: CourierJournal;
  /** One request; never throws. */
  readonly send: (webhook: RegisteredWebhook, event: FeedEvent) => Promise<Reply>;
  /** The endpoint has answered 410: resolves once it is recorded. */
  readonly gone: (event: FeedEvent) => Promise<void>;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly chance: () => number;
  readonly schedule: Schedule;
  readonly slots: Slots;
  /** Requests at a time to this endpoint; retries have at most half of them. */
  readonly concurrency?: number;
  /** Contracts that must fail in a row before the endpoint counts as away. */
  readonly awayAfter?: number;
  /** Contracts that may wait at a time; beyond, the endpoint's cursor waits. */
  readonly maxLanes?: number;
  readonly onError: (error: unknown, message: string) => void;
}

/** An event that was read and that the place is not yet past. */
interface Item {
  readonly event: FeedEvent;
  done: boolean;
}

interface Lane extends LaneState {
  busy: boolean;
  /** When it was tried last; 0 for never. */
  triedAt: number;
}

export interface CourierView {
  readonly place: Place;
  readonly lanes: readonly LaneState[];
  /** The feed no longer holds what was delivered: nothing is sent until somebody says from where. */
  readonly rewound: boolean;
}

interface Tried {
  readonly outcome: Outcome;
  /** The status, or why there was none. */
  readonly said: string | null;
}

const WINDOW = 200;
const WINDOW_CHARACTERS = 4_000_000;
const PAGE = 50;
const ARRIVAL_MS = 60_000;
const FEED_PAUSE_MS = 1_000;
const QUIET_PAUSE_MS = 100;

/**
 * Brings one endpoint its events. Each contract is a lane: one request in flight, in the order of the feed; lanes run
 * beside each other. A lane that fails is kept with its head and waits by itself, the others flow on. The place moves
 * over everything delivered, unwanted, or owned by such a lane; nothing before it is ever read again.
 */
export class Courier {
  private readonly window: Item[] = [];
  private characters = 0;
  /** What is read and not yet sent, by contract; a contract with a lane has no queue. */
  private readonly queues = new Map<string, Item[]>();
  private readonly lanes = new Map<string, Lane>();
  /** Contracts of the queues with a request in flight. */
  private readonly flying = new Set<string>();
  private place: Place;
  private next: number;
  private requests = 0;
  private retrying = 0;
  /** Contracts that met nobody, since somebody was last there. */
  private readonly unmet = new Set<string>();
  private readonly operations: Operation[] = [];
  private halted = false;
  private compared = false;
  private rewound = false;
  private readAgainAt = 0;
  private waiting: (() => void) | null = null;
  private woken = false;
  private listening = false;
  private readonly abort = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private webhook: RegisteredWebhook,
    revision: number,
    kept: Kept | null,
    private readonly o: CourierOptions,
  ) {
    this.seen = revision;
    this.place = kept?.place ?? { applied: -1, sequence: webhook.fromSequence - 1, eventId: null, awaySince: null, probes: 0, probeAt: 0 };
    this.next = this.place.sequence + 1;
    for (const lane of kept?.lanes ?? []) this.lanes.set(lane.contractId, { ...lane, busy: false, triedAt: 0 });
  }

  /** Revision of the endpoint's stream up to which it was told of; what it asks may still wait to be carried out. */
  seen: number;

  /** Begins, with what was asked and is not yet carried out. */
  start(operations: readonly Operation[]): void {
    this.update(this.webhook, this.seen, operations);
    this.running = this.run();
  }

  /** The endpoint has changed. */
  update(webhook: RegisteredWebhook, revision: number, operations: readonly Operation[]): void {
    this.webhook = webhook;
    this.seen = revision;
    // Recorded or taken back meanwhile: the endpoint's own state says whether anything is sent.
    this.halted = false;
    this.operations.push(...operations);
    if (this.operations.length === 0) this.setPlace({ applied: revision });
    this.wake();
  }

  /** Ends; what is in flight is finished by the caller's closing of its connections. */
  async stop(): Promise<void> {
    this.abort.abort();
    this.wake();
    await this.running;
  }

  view(): CourierView {
    return { place: this.place, lanes: [...this.lanes.values()].map(stateOf), rewound: this.rewound };
  }

  /** The event at which a contract's lane is parked; null where it is not. */
  parkedAt(contractId: string): { readonly eventId: string; readonly sequence: number; readonly contractId: string } | null {
    const lane = this.lanes.get(contractId);
    return lane?.parkedAt != null && lane.eventId !== null && lane.sequence !== null ? { eventId: lane.eventId, sequence: lane.sequence, contractId } : null;
  }

  /** Whether an event has had its turn: it can be sent again without overtaking another. */
  reached(contractId: string, sequence: number): boolean {
    const lane = this.lanes.get(contractId);
    if (lane) return sequence < lane.head || lane.sequence === sequence;
    const first = this.queues.get(contractId)?.[0]?.event.revision ?? this.next;
    return sequence < first;
  }

  // ---------------------------------------------------------------------------------------------- the loop

  private get stopping(): boolean {
    return this.abort.signal.aborted;
  }

  private get enabled(): boolean {
    return this.webhook.status === 'enabled' && !this.halted && !this.rewound && this.operations.length === 0;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.compare();
        if (this.operations.length > 0 && this.requests === 0) this.carryOut();
        if (this.enabled) {
          await this.fill();
          // What was asked meanwhile goes first.
          if (this.enabled) this.dispatch();
        }
      } catch (error) {
        this.o.onError(error, 'the feed cannot be read for deliveries just now');
        this.readAgainAt = this.o.clock.now() + FEED_PAUSE_MS;
      }
      await this.rest();
    }
  }

  private wake = (): void => {
    this.woken = true;
    this.waiting?.();
  };

  /** Until something happens, or the next thing is due. */
  private async rest(): Promise<void> {
    if (!this.woken && !this.stopping) {
      const until = this.nextDue();
      await new Promise<void>((resolve) => {
        const cancel = until === null ? () => undefined : this.o.clock.after(until - this.o.clock.now(), () => this.waiting?.());
        this.waiting = () => {
          cancel();
          this.waiting = null;
          resolve();
        };
      });
    }
    this.woken = false;
  }

  private nextDue(): number | null {
    const times = [this.readAgainAt];
    if (this.enabled) {
      if (this.place.awaySince !== null) times.push(this.place.probeAt);
      else for (const lane of this.lanes.values()) if (!lane.busy && lane.parkedAt === null) times.push(lane.nextAt);
    }
    // What is due already waits for a request to end, and that wakes.
    const now = this.o.clock.now();
    const later = times.filter((t) => t > now);
    return later.length === 0 ? null : Math.min(...later);
  }

  /** Once, at the beginning: the feed must hold what was delivered. */
  private async compare(): Promise<void> {
    if (this.compared) return;
    const { sequence, eventId } = this.place;
    if (eventId !== null) {
      const [event] = await this.o.feed.read(sequence, 1);
      this.rewound = event?.id !== eventId;
      if (this.rewound) this.o.onError(new Error(`${eventId} is not at ${sequence}`), 'the feed was rewound: nothing is delivered until somebody says from where');
    }
    this.compared = true;
  }

  // ---------------------------------------------------------------------------------------------- reading

  private wanted(event: FeedEvent): boolean {
    const { types, skipped } = this.webhook;
    return (types === null || types.includes(typeOf(event))) && !skipped.has(event.id);
  }

  private async fill(): Promise<void> {
    if (this.readAgainAt > this.o.clock.now()) return;
    const { feed } = this.o;
    const room = (): boolean => this.window.length < WINDOW && this.characters < WINDOW_CHARACTERS && this.lanes.size < (this.o.maxLanes ?? 1_000) && !this.stopping;
    // An endpoint that is away needs something to be probed with, no more.
    const enough = (): boolean => this.place.awaySince !== null && (this.window.length > 0 || [...this.lanes.values()].some((l) => l.parkedAt === null));
    while (room() && !enough()) {
      const head = feed.head();
      if (head === null || head.sequence < this.next) return this.listen();
      const events = await feed.read(this.next, PAGE);
      if (events[0]?.revision !== this.next) throw new Error(`the feed ends at ${head.sequence}, but has no event ${this.next}`);
      for (const event of events) this.take(event);
      this.advance();
    }
  }

  private take(event: FeedEvent): void {
    const contractId = contractOf(event);
    const item: Item = { event, done: !this.wanted(event) || this.lanes.has(contractId) };
    this.window.push(item);
    this.characters += event.rawData.length;
    this.next = event.revision + 1;
    if (item.done) return;
    const queue = this.queues.get(contractId);
    if (queue) queue.push(item);
    else this.queues.set(contractId, [item]);
  }

  /** The place moves over what is done. */
  private advance(): void {
    let last: Item | null = null;
    while (this.window[0]?.done) {
      last = this.window.shift()!;
      this.characters -= last.event.rawData.length;
    }
    if (last) this.setPlace({ sequence: last.event.revision, eventId: last.event.id });
  }

  /** Tells when something is published. */
  private listen(): void {
    if (this.listening) return;
    this.listening = true;
    const pause = (ms: number): void => void (this.readAgainAt = this.o.clock.now() + ms);
    this.o.feed
      .arrived(this.next - 1, ARRIVAL_MS, this.abort.signal)
      .then(() => {
        // Without anything new: a feed that is closing says so at once, again and again.
        if (!this.stopping && (this.o.feed.head()?.sequence ?? -1) < this.next) pause(QUIET_PAUSE_MS);
      })
      .catch((error: unknown) => {
        this.o.onError(error, 'the feed cannot be followed for deliveries just now');
        pause(FEED_PAUSE_MS);
      })
      .finally(() => {
        this.listening = false;
        this.wake();
      });
  }

  // ---------------------------------------------------------------------------------------------- sending

  private dispatch(): void {
    if (this.place.awaySince !== null) return this.probe();
    const now = this.o.clock.now();
    const concurrency = this.o.concurrency ?? 8;
    const due = [...this.lanes.values()].filter((l) => !l.busy && l.parkedAt === null && l.nextAt <= now).sort((a, b) => a.triedAt - b.triedAt || a.head - b.head);
    for (const lane of due) {
      // What fails slowly must not take every place from what flows.
      if (this.requests >= concurrency || this.retrying >= Math.max(1, concurrency / 2)) break;
      if (!this.o.slots.take(this.wake)) return;
      void this.sendLane(lane, false);
    }
    for (const contractId of this.queues.keys()) {
      if (this.requests >= concurrency) break;
      if (this.flying.has(contractId)) continue;
      if (!this.o.slots.take(this.wake)) return;
      void this.sendQueued(contractId, false);
    }
  }

  /** One request to an endpoint that is away: with whatever was not tried for longest, so that no single event keeps it away. */
  private probe(): void {
    if (this.requests > 0 || this.o.clock.now() < this.place.probeAt) return;
    const queued = this.queues.keys().next();
    const lane = [...this.lanes.values()].filter((l) => l.parkedAt === null).sort((a, b) => a.triedAt - b.triedAt || a.head - b.head)[0];
    if (queued.done && !lane) return;
    if (!this.o.slots.take(this.wake)) return;
    if (!queued.done) void this.sendQueued(queued.value, true);
    else void this.sendLane(lane!, true);
  }

  /** The first queued event of a contract. */
  private async sendQueued(contractId: string, probing: boolean): Promise<void> {
    const queue = this.queues.get(contractId)!;
    const { event } = queue[0]!;
    this.requests++;
    this.flying.add(contractId);
    try {
      // What is wanted may have changed since it was read.
      const tried = this.wanted(event) ? await this.attempt(event) : null;
      if (this.stopping) return;
      if (tried) this.met(contractId, tried.outcome, probing);
      if (tried === null || tried.outcome.kind === 'delivered') {
        queue.shift()!.done = true;
        if (queue.length === 0) this.queues.delete(contractId);
        this.advance();
      } else this.failed(this.openLane(contractId, event.revision), event, tried, probing);
    } finally {
      this.requests--;
      this.flying.delete(contractId);
      this.o.slots.give();
      this.wake();
    }
  }

  /** The next event of a contract with a lane. */
  private async sendLane(lane: Lane, probing: boolean): Promise<void> {
    this.requests++;
    this.retrying++;
    lane.busy = true;
    try {
      let { event, through } = await this.nextOf(lane);
      // More may have been read meanwhile, and it is the lane's too. Nothing comes between this look and the closing.
      while (event === null && through !== this.next - 1) ({ event, through } = await this.nextOf(lane));
      if (this.stopping) return;
      if (event === null) return this.closeLane(lane);
      const tried = await this.attempt(event);
      if (this.stopping) return;
      this.met(lane.contractId, tried.outcome, probing);
      if (tried.outcome.kind === 'delivered') this.past(lane, event.revision);
      else this.failed(lane, event, tried, probing);
    } catch (error) {
      this.o.onError(error, 'the feed cannot be read for deliveries just now');
      this.setLane(lane, { nextAt: this.o.clock.now() + FEED_PAUSE_MS });
    } finally {
      this.requests--;
      this.retrying--;
      lane.busy = false;
      this.o.slots.give();
      this.wake();
    }
  }

  /** What a lane sends next; null: the contract has nothing more that was read up to `through` and not delivered. */
  private async nextOf(lane: Lane): Promise<{ event: FeedEvent | null; through: number }> {
    const { feed } = this.o;
    const through = this.next - 1;
    const [again] = lane.again;
    if (again !== undefined) {
      const [event] = await feed.read(again, 1);
      if (event?.revision !== again) throw new Error(`the feed has no event ${again}`);
      return { event, through };
    }
    for (let from = lane.head; from <= through; ) {
      const event = await feed.ofContract(lane.contractId, from, through);
      if (event === null || this.wanted(event)) return { event, through };
      from = event.revision + 1;
    }
    return { event: null, through };
  }

  private async attempt(event: FeedEvent): Promise<Tried> {
    const at = new Date(this.o.clock.now()).toISOString();
    const reply = await this.o.send(this.webhook, event);
    const outcome = outcomeOf(reply, this.o.clock.now());
    if (!this.stopping) {
      this.o.journal.attempt(this.webhook.webhookId, { eventId: event.id, sequence: event.revision, contractId: contractOf(event), at, status: reply.status, error: reply.error, ms: reply.ms });
      if (outcome.kind === 'gone') this.halt(event);
    }
    return { outcome, said: reply.status === null ? reply.error : String(reply.status) };
  }

  // ---------------------------------------------------------------------------------------------- what came of it

  /** Somebody was there, or nobody: several contracts in a row that meet nobody, and the endpoint is away. */
  private met(contractId: string, outcome: Outcome, probing: boolean): void {
    if (outcome.kind !== 'away') {
      this.unmet.clear();
      if (this.place.awaySince !== null) this.setPlace({ awaySince: null, probes: 0, probeAt: 0 });
      return;
    }
    this.unmet.add(contractId);
    const { awaySince, probes } = this.place;
    const now = this.o.clock.now();
    const pause = (n: number): number => now + pauseOfProbe(this.o.schedule, n, outcome.retryAfterMs, this.o.chance());
    // What was in flight when the endpoint went away tells nothing new.
    if (probing) this.setPlace({ probes: probes + 1, probeAt: pause(probes + 1) });
    else if (awaySince === null && this.unmet.size >= (this.o.awayAfter ?? 2)) this.setPlace({ awaySince: new Date(now).toISOString(), probes: 0, probeAt: pause(0) });
  }

  /** A try is used up; a probe of an endpoint that is away uses none. */
  private failed(lane: Lane, event: FeedEvent, { outcome, said }: Tried, probing: boolean): void {
    const now = this.o.clock.now();
    const same = lane.eventId === event.id;
    const about = { eventId: event.id, sequence: event.revision, failure: said };
    lane.triedAt = now;
    if (outcome.kind === 'delivered' || outcome.kind === 'gone' || (probing && outcome.kind === 'away')) return this.setLane(lane, { ...about, tries: same ? lane.tries : 0, nextAt: now });
    const tries = (same ? lane.tries : 0) + 1;
    const pause = pauseAfter(this.o.schedule, tries, outcome.retryAfterMs, this.o.chance());
    if (pause === null) this.setLane(lane, { ...about, tries, parkedAt: new Date(now).toISOString() });
    else this.setLane(lane, { ...about, tries, nextAt: now + pause });
  }

  /** A lane is past an event. */
  private past(lane: Lane, sequence: number): void {
    const fresh = { tries: 0, nextAt: this.o.clock.now(), parkedAt: null, eventId: null, sequence: null, failure: null };
    if (lane.again[0] === sequence) this.setLane(lane, { ...fresh, again: lane.again.slice(1) });
    else this.setLane(lane, { ...fresh, head: Math.max(lane.head, sequence + 1) });
  }

  private halt(event: FeedEvent): void {
    if (this.halted) return;
    this.halted = true;
    const record = async (): Promise<void> => {
      while (!this.stopping && this.halted)
        try {
          return await this.o.gone(event);
        } catch (error) {
          this.o.onError(error, 'that an endpoint is gone cannot be recorded just now');
          await new Promise<void>((resolve) => this.o.clock.after(FEED_PAUSE_MS, resolve));
        }
    };
    void record();
  }

  /** The contract waits by itself from an event on; what was queued of it is the lane's. */
  private openLane(contractId: string, head: number): Lane {
    const lane: Lane = { contractId, head, again: [], tries: 0, nextAt: this.o.clock.now(), parkedAt: null, eventId: null, sequence: null, failure: null, busy: false, triedAt: 0 };
    this.lanes.set(contractId, lane);
    for (const item of this.queues.get(contractId) ?? []) item.done = true;
    this.queues.delete(contractId);
    this.setLane(lane, {});
    this.advance();
    return lane;
  }

  private closeLane(lane: Lane): void {
    this.lanes.delete(lane.contractId);
    this.o.journal.lane(this.webhook.webhookId, lane.contractId, null);
  }

  private setLane(lane: Lane, change: Partial<LaneState>): void {
    Object.assign(lane, change);
    this.o.journal.lane(this.webhook.webhookId, lane.contractId, stateOf(lane));
  }

  private setPlace(change: Partial<Place>): void {
    this.place = { ...this.place, ...change };
    this.o.journal.place(this.webhook.webhookId, this.place);
  }

  // ---------------------------------------------------------------------------------------------- what was asked

  /** With nothing in flight. */
  private carryOut(): void {
    for (const operation of this.operations.splice(0)) {
      if (operation.kind === 'rewind') this.rewind(operation.fromSequence);
      else if (operation.kind === 'skip') this.skip(operation.contractId, operation.sequence);
      else this.redeliver(operation.contractId, operation.sequence);
      this.setPlace({ applied: operation.revision });
    }
  }

  private skip(contractId: string, sequence: number): void {
    const lane = this.lanes.get(contractId);
    // A journal that was lost has no lane; the skipped event is not wanted when it is read again.
    if (lane && (lane.again[0] === sequence || sequence >= lane.head)) this.past(lane, sequence);
  }

  private redeliver(contractId: string, sequence: number): void {
    if (!this.reached(contractId, sequence)) return;
    const known = this.lanes.get(contractId);
    const lane = known ?? this.openLane(contractId, this.queues.get(contractId)?.[0]?.event.revision ?? this.next);
    const again = sequence >= lane.head ? lane.again : [...new Set([...lane.again, sequence])].sort((a, b) => a - b);
    this.setLane(lane, { again, tries: 0, nextAt: this.o.clock.now(), parkedAt: null, eventId: null, sequence: null, failure: null });
  }

  /** Backwards only: what was not reached yet is not passed over. */
  private rewind(asked: number): void {
    const from = Math.min(asked, this.place.sequence + 1);
    this.window.length = 0;
    this.characters = 0;
    this.queues.clear();
    this.rewound = false;
    for (const lane of this.lanes.values()) {
      if (lane.head < from) continue;
      const again = lane.again.filter((s) => s < from);
      if (again.length === 0) this.closeLane(lane);
      else this.setLane(lane, { head: from, again, tries: 0, nextAt: this.o.clock.now(), parkedAt: null, eventId: null, sequence: null, failure: null });
    }
    this.next = from;
    this.setPlace({ sequence: from - 1, eventId: null });
  }
}

const stateOf = ({ contractId, head, again, tries, nextAt, parkedAt, eventId, sequence, failure }: Lane): LaneState => ({ contractId, head, again, tries, nextAt, parkedAt, eventId, sequence, failure });
