/** Deliveries with a feed, a clock and receivers of a test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { canonicalJson, deriveId } from '@app/kernel';
import { sequenceOf } from '@app/published';
import {
  contractOf,
  DEFAULT_SCHEDULE,
  Deliveries,
  evolveWebhook,
  newSigningSecret,
  noWebhook,
  purposeOf,
  SecretBox,
  type Clock,
  type DeliveryFeed,
  type FeedEvent,
  type Recorded,
  type Reply,
  type Schedule,
  type Webhook,
  type WebhookEvent,
} from '../index.js';

/** A clock that stands until it is moved. */
export class TestClock implements Clock {
  private at = Date.parse('2026-04-01T00:00:00Z');
  private timers: { readonly at: number; readonly call: () => void }[] = [];

  now(): number {
    return this.at;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.at + Math.max(0, ms), call };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((t) => t !== timer));
  }

  /** Moves on, stopping at each timer on the way. */
  async move(ms: number): Promise<void> {
    const until = this.at + ms;
    await settled();
    for (;;) {
      const next = this.timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((t) => t !== next);
      this.at = Math.max(this.at, next.at);
      next.call();
      await settled();
    }
    this.at = until;
    await settled();
  }
}

/** Until everything that can happen without time has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await turn();
}

export const contract = (n: number): string => deriveId('contract', n);
export const eventId = (sequence: number): string => deriveId('published', sequence);

/** A published log in memory. */
export class TestFeed implements DeliveryFeed {
  readonly events: FeedEvent[] = [];
  /** Throws when it is read. */
  away = false;
  reads = 0;
  private waiters: (() => void)[] = [];

  publish(...contracts: readonly number[]): void {
    for (const n of contracts) {
      const revision = this.events.length;
      const subject = contract(n);
      const contractsequence = this.events.filter((e) => contractOf(e) === subject).length;
      const data = { specversion: '1.0', id: eventId(revision), sequence: sequenceOf(revision), subject, contractsequence, type: n % 2 ? 'ledger.contract.contracted.v1' : 'ledger.contract.ended.v1', data: { note: '費用 ¥1' } };
      this.events.push({ id: data.id, revision, data, rawData: canonicalJson(data) });
    }
    for (const wake of this.waiters.splice(0)) wake();
  }

  head(): { sequence: number; id: string } | null {
    const last = this.events.at(-1);
    return last ? { sequence: last.revision, id: last.id } : null;
  }

  async read(from: number, limit: number): Promise<readonly FeedEvent[]> {
    this.reads++;
    if (this.away) throw new Error('the store is away');
    return this.events.slice(from, from + limit);
  }

  async ofContract(contractId: string, from: number, through: number): Promise<FeedEvent | null> {
    if (this.away) throw new Error('the store is away');
    return this.events.slice(from, through + 1).find((e) => contractOf(e) === contractId) ?? null;
  }

  async arrived(after: number, _ms: number, signal: AbortSignal): Promise<void> {
    if (this.events.length - 1 > after || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.waiters.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

export interface Request {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly sequence: number;
  readonly contractId: string;
  readonly at: number;
}

export const said = (status: number, retryAfter: string | null = null): Reply => ({ status, error: null, retryAfter, ms: 1 });
export const unmet = (error: string): Reply => ({ status: null, error, retryAfter: null, ms: 1 });
export const OK = said(200);

export const WEBHOOK = deriveId('webhook', 1);
export const KEY = new Uint8Array(32).fill(7);

export interface RoomOptions {
  readonly schedule?: Schedule;
  readonly fromSequence?: number;
  readonly types?: readonly string[] | null;
  readonly requests?: number;
  readonly recordGone?: (webhookId: string, eventId: string) => Promise<void>;
}

/** One endpoint (more by {@link register}) and everything around it. */
export class Room {
  readonly clock = new TestClock();
  readonly feed = new TestFeed();
  readonly requests: Request[] = [];
  readonly errors: string[] = [];
  readonly gone: string[] = [];
  /** Requests in flight, and the most there ever were: of one contract and altogether. */
  flying: Request[] = [];
  mostOfOne = 0;
  mostAtOnce = 0;
  answer: (request: Request) => Reply | Promise<Reply> = () => OK;
  readonly box = new SecretBox(KEY);
  readonly secret = newSigningSecret();
  readonly folder = mkdtempSync(join(tmpdir(), 'deliveries-'));
  readonly histories = new Map<string, Recorded[]>();
  deliveries: Deliveries;

  constructor(private readonly o: RoomOptions = {}) {
    this.deliveries = this.open();
  }

  private open(): Deliveries {
    return new Deliveries({
      feed: this.feed,
      file: join(this.folder, 'delivery.sqlite'),
      outgoing: { post: (url, headers, body) => this.receive(url, headers, body), close: () => undefined },
      box: () => this.box,
      schedule: this.o.schedule ?? DEFAULT_SCHEDULE,
      gone: async (webhookId, id) => {
        await this.o.recordGone?.(webhookId, id);
        this.gone.push(id);
        await this.record(webhookId, { type: 'WebhookDisabled', data: { webhookId, cause: 'gone', eventId: id } });
      },
      clock: this.clock,
      chance: () => 0.5,
      ...(this.o.requests === undefined ? {} : { requests: this.o.requests }),
      onError: (error, message) => this.errors.push(`${message}: ${String(error)}`),
    });
  }

  private async receive(url: string, headers: { readonly [name: string]: string }, body: Buffer): Promise<Reply> {
    const text = body.toString('utf8');
    const { sequence, subject } = JSON.parse(text) as { sequence: string; subject: string };
    const request = { url, headers, body: text, sequence: Number(sequence), contractId: subject, at: this.clock.now() };
    this.requests.push(request);
    this.flying.push(request);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.flying.length);
    this.mostOfOne = Math.max(this.mostOfOne, this.flying.filter((r) => r.contractId === subject && r.url === url).length);
    try {
      return await this.answer(request);
    } finally {
      this.flying = this.flying.filter((r) => r !== request);
    }
  }

  async register(webhookId = WEBHOOK, url = 'https://receiver.example/hook'): Promise<void> {
    const secretId = deriveId('secret', webhookId);
    const secret = { secretId, sealed: this.box.seal(this.secret, purposeOf(webhookId, secretId)) };
    await this.record(webhookId, { type: 'WebhookRegistered', data: { webhookId, url, types: this.o.types ?? null, fromSequence: this.o.fromSequence ?? 0, secret } });
  }

  /** Puts an event on an endpoint's stream and tells its deliveries. */
  async record(webhookId: string, event: WebhookEvent): Promise<void> {
    const history = this.histories.get(webhookId) ?? [];
    this.histories.set(webhookId, [...history, { ...event, revision: history.length }]);
    await this.tell(webhookId);
    await settled();
  }

  state(webhookId = WEBHOOK): Webhook {
    return this.histories.get(webhookId)!.reduce<Webhook>(evolveWebhook, noWebhook);
  }

  private tell(webhookId: string): Promise<void> {
    return this.deliveries.keep(webhookId, this.state(webhookId), this.histories.get(webhookId)!);
  }

  /** As after kill -9: what was not written down is forgotten, what was in flight is never answered. */
  async crash(): Promise<void> {
    // The old couriers live on as ghosts that hear nothing more; their journal is cut off.
    const ghost = this.deliveries as unknown as { journal: { pending: Map<string, unknown>; close(): void }; couriers: Map<string, { abort: AbortController }> };
    for (const courier of ghost.couriers.values()) courier.abort.abort();
    ghost.journal.pending.clear();
    ghost.journal.close();
    this.flying = [];
    this.deliveries = this.open();
    for (const webhookId of this.histories.keys()) await this.tell(webhookId);
    await settled();
  }

  get view() {
    return this.deliveries.view(WEBHOOK)!;
  }

  /** Sequences that one contract's requests were about, in order. */
  of(n: number): number[] {
    return this.requests.filter((r) => r.contractId === contract(n)).map((r) => r.sequence);
  }

  async end(): Promise<void> {
    await this.deliveries.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
