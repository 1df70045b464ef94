import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  decideWebhook,
  Deliveries,
  evolveWebhook,
  isRegistered,
  newSigningSecret,
  noWebhook,
  Outgoing,
  purposeOf,
  SecretBox,
  systemClock,
  webhookStream,
  type AllowList,
  type DeliveryFeed,
  type EventPlace,
  type LaneState,
  type Recorded,
  type RegisteredWebhook,
  type Schedule,
  type SealedSecret,
  type Webhook,
  type WebhookCommand,
  type WebhookEvent,
} from '@app/delivery';
import type { Register } from '@app/erasable';
import type { EventStore, StoredEvent } from '@app/event-store';
import { deriveId, isMalformed, isNotFound, isRejected, Malformed, NotFound, type Rejected, type TextRef } from '@app/kernel';
import { revisionOfSequence, sequenceOf } from '@app/published';
import { fromCursor, toCursor } from '@app/read-models';
import type { Logger } from 'pino';
import { failedRead } from '../application/failed-read.js';
import { joinTexts } from '../application/texts.js';
import { webhookEvents } from '../application/system-events.js';
import { toRecorded } from '../application/streams.js';
import { type CommandEnvelope, type RuleMessage, type WebhookQueries } from '../ports.js';
import { secretsKey } from './secrets-key.js';

/** What deliveries need of the feed, with where an event is found. */
export interface WebhookFeed extends DeliveryFeed {
  /** Resolves once it is known where the feed stands, or when it closes. */
  opened(): Promise<void>;
  /** The place of a published event; null: there is none of that id. */
  placeOf(eventId: string): Promise<EventPlace | null>;
}

export interface WebhooksOptions {
  readonly store: EventStore;
  readonly feed: WebhookFeed;
  readonly register: Register;
  readonly folder: string;
  readonly allow: AllowList;
  readonly schedule: Schedule;
  /** Null: the folder's own. */
  readonly secretsKey: Uint8Array | null;
  /** One page of endpoints that are registered, newest first. */
  readonly idsPage: (page: { readonly cursor?: string; readonly limit: number }) => Promise<{ readonly ids: readonly string[]; readonly nextCursor: string | null }>;
  /** Records that an endpoint has answered 410. */
  readonly gone: (webhookId: string, eventId: string) => Promise<void>;
  readonly log: Logger;
}

/** A decided command to an endpoint; `shown` is in the first answer alone. */
export interface WebhookDecision {
  readonly events: readonly WebhookEvent[];
  readonly status: 200 | 201;
  readonly shown: object;
}

type Refs = { readonly [slot: string]: TextRef };

const TELL_AGAIN_MS = 1_000;
const FEED_WAIT_MS = 5_000;
const DEFAULT_OVERLAP_HOURS = 24;
/** Lanes shown with an endpoint; the counts say how many there are. */
const LANES_SHOWN = 100;

/** Webhook endpoints: what commands come to, what reads show, and the deliveries behind. */
export class Webhooks {
  private readonly deliveries: Deliveries;
  private box: SecretBox | null = null;
  /** Changes of one endpoint reach its deliveries in order. */
  private telling: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();
  private readonly closed = new Promise<void>((resolve) => this.closing.signal.addEventListener('abort', () => resolve(), { once: true }));

  constructor(private readonly o: WebhooksOptions) {
    this.deliveries = new Deliveries({
      feed: o.feed,
      file: join(o.folder, 'delivery.sqlite'),
      outgoing: new Outgoing({ allow: o.allow }),
      box: () => this.secrets(),
      schedule: o.schedule,
      gone: o.gone,
      clock: systemClock,
      chance: Math.random,
      onError: (error, message, facts) => o.log.warn({ err: error, ...facts }, message),
    });
  }

  /** Begins the deliveries to every endpoint, once the feed is there. */
  begin(ids: readonly string[]): void {
    for (const id of ids) this.changed(id);
  }

  /** An endpoint's stream has grown. */
  changed(webhookId: string): void {
    this.telling = this.telling.then(() => this.tell(webhookId));
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.telling;
    await this.deliveries.close();
  }

  /** Tries until the store answers: what was recorded reaches the deliveries. */
  private async tell(webhookId: string): Promise<void> {
    await Promise.race([this.o.feed.opened(), this.closed]);
    while (!this.closing.signal.aborted)
      try {
        const stored = await this.o.store.readStream(webhookStream(webhookId));
        return await this.deliveries.keep(webhookId, stateOf(stored), historyOf(stored));
      } catch (error) {
        this.o.log.warn({ err: error, webhookId }, 'a change of a webhook cannot reach its deliveries just now');
        await sleep(TELL_AGAIN_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
  }

  private secrets(): SecretBox {
    return (this.box ??= new SecretBox(secretsKey(this.o.folder, this.o.secretsKey)));
  }

  // ---------------------------------------------------------------------------------------------- commands

  /** What a command comes to on what its stream holds. */
  async decide(envelope: CommandEnvelope, on: { readonly webhookId: string; readonly commandId: string; readonly stored: readonly StoredEvent[]; readonly refs: Refs }): Promise<WebhookDecision | Rejected | Malformed<RuleMessage> | NotFound> {
    const webhook = stateOf(on.stored);
    // Nobody is told more of an endpoint that is not there.
    if (envelope.name !== 'RegisterWebhook' && !isRegistered(webhook)) return new NotFound('webhook', on.webhookId);
    // Right after the start the feed may still be opening.
    await Promise.race([this.o.feed.opened(), this.closed, sleep(FEED_WAIT_MS, undefined, { ref: false })]);
    const asked = await this.asked(envelope, on);
    if (isMalformed(asked) || isNotFound(asked)) return asked;
    const decided = decideWebhook(webhook, on.webhookId, asked.command, this.o.allow);
    if (isRejected(decided) || isMalformed(decided) || isNotFound(decided)) return decided;
    return { events: decided, status: envelope.name === 'RegisterWebhook' ? 201 : 200, shown: asked.shown ?? {} };
  }

  private async asked(envelope: CommandEnvelope, { webhookId, commandId, refs }: { readonly webhookId: string; readonly commandId: string; readonly refs: Refs }): Promise<{ command: WebhookCommand; shown?: object } | Malformed<RuleMessage> | NotFound> {
    const { name, params, preview } = envelope;
    switch (name as string) {
      case 'RegisterWebhook': {
        const { url, types = null, fromSequence } = envelope.body as { url: string; types?: readonly string[] | null; fromSequence?: string };
        const next = (this.o.feed.head()?.sequence ?? -1) + 1;
        const from = fromSequence === undefined ? next : revisionOfSequence(fromSequence);
        if (from === null || from > next) return new Malformed([{ path: 'fromSequence', message: `beyondFeed|${sequenceOf(next)}` }]);
        const { sealed, secret } = this.newSecret(webhookId, commandId);
        const { description } = refs;
        return {
          command: { kind: 'Register', webhook: { webhookId, url, types, fromSequence: from, secret: sealed, ...(description ? { description } : {}) } },
          // The secret is shown once, here; a replay has it no more.
          shown: preview ? {} : { secret },
        };
      }
      case 'ChangeWebhook': {
        const { url, types, status } = envelope.body as { url?: string; types?: readonly string[] | null; status?: 'enabled' | 'disabled' };
        const { description } = refs;
        return { command: { kind: 'Change', ...(url === undefined ? {} : { url }), ...(types === undefined ? {} : { types }), ...(description ? { description } : {}), ...(status === undefined ? {} : { status }) } };
      }
      case 'RemoveWebhook':
        return { command: { kind: 'Remove' } };
      case 'RotateWebhookSecret': {
        const { overlapHours = DEFAULT_OVERLAP_HOURS } = envelope.body as { overlapHours?: number };
        const { sealed, secret } = this.newSecret(webhookId, commandId);
        return { command: { kind: 'RotateSecret', secret: sealed, overlapHours, now: new Date().toISOString() }, shown: preview ? {} : { secret } };
      }
      case 'SkipWebhookEvent': {
        const contractId = params['contractId']!;
        return { command: { kind: 'Skip', contractId, parked: this.deliveries.courier(webhookId)?.parkedAt(contractId) ?? null } };
      }
      case 'RedeliverWebhook': {
        const { eventId, fromSequence } = envelope.body as { eventId?: string; fromSequence?: string };
        if (eventId === undefined) return this.rewound(webhookId, fromSequence!);
        const event = await this.o.feed.placeOf(eventId);
        if (event === null) return new NotFound('event', eventId);
        return { command: { kind: 'Redeliver', event, reached: this.deliveries.courier(webhookId)?.reached(event.contractId, event.sequence) ?? false } };
      }
      case 'RecordGone':
        return { command: { kind: 'Gone', eventId: params['eventId']! } };
      default:
        throw new Error(`${name} is no command to a webhook`);
    }
  }

  private rewound(webhookId: string, fromSequence: string): { command: WebhookCommand } | Malformed<RuleMessage> {
    const from = revisionOfSequence(fromSequence)!;
    const reached = (this.deliveries.view(webhookId)?.place.sequence ?? -1) + 1;
    if (from > reached) return new Malformed([{ path: 'fromSequence', message: `beyondDelivered|${sequenceOf(reached)}` }]);
    return { command: { kind: 'Rewind', fromSequence: from } };
  }

  private newSecret(webhookId: string, commandId: string): { readonly sealed: SealedSecret; readonly secret: string } {
    const secret = newSigningSecret();
    const secretId = deriveId('secret', commandId);
    return { sealed: { secretId, sealed: this.secrets().seal(secret, purposeOf(webhookId, secretId)) }, secret };
  }

  // ---------------------------------------------------------------------------------------------- reads

  readonly queries: WebhookQueries = {
    webhooks: async (page) => {
      const { ids, nextCursor } = await this.o.idsPage(page);
      const webhooks = await Promise.all(ids.map((id) => this.shown(id)));
      return { webhooks: webhooks.filter((w) => w !== null), nextCursor };
    },
    webhook: (id) => this.shown(id),
    webhookDeliveries: async (id, page) => {
      if (!isRegistered(stateOf(await this.o.store.readStream(webhookStream(id))))) return null;
      const found = this.deliveries.attempts(id, before(page.cursor), page.limit + 1);
      const rows = found.slice(0, page.limit);
      return {
        deliveries: rows.map(({ eventId, sequence, contractId, at, status, error, ms }) => ({ eventId, sequence: sequenceOf(sequence), contractId, at, status, error, ms })),
        nextCursor: found.length > page.limit ? toCursor([rows.at(-1)!.n]) : null,
      };
    },
  };

  private async shown(id: string): Promise<object | null> {
    const stored = await this.o.store.readStream(webhookStream(id));
    const webhook = stateOf(stored);
    if (!isRegistered(webhook)) return null;
    const { url, types, description, status, disabledBy, fromSequence, secrets } = webhook;
    const view = {
      id,
      url,
      types,
      description,
      status,
      disabledBy,
      fromSequence: sequenceOf(fromSequence),
      registeredAt: stored[0]!.metadata.recordedAt,
      secrets: secrets.map(({ secretId, until }) => ({ secretId, until })),
      delivery: this.standing(webhook),
    };
    return joinTexts(view, this.o.register);
  }

  /** How its deliveries stand; null until they have begun. */
  private standing({ webhookId }: RegisteredWebhook): object | null {
    const view = this.deliveries.view(webhookId);
    if (view === null) return null;
    const { place, lanes, rewound } = view;
    const parked = lanes.filter((l) => l.parkedAt !== null);
    const waiting = lanes.filter((l) => l.parkedAt === null);
    return {
      through: place.sequence < 0 ? null : sequenceOf(place.sequence),
      lag: { events: Math.max(0, (this.o.feed.head()?.sequence ?? -1) - place.sequence) },
      away: place.awaySince === null ? null : { since: place.awaySince, nextProbeAt: instant(place.probeAt) },
      rewound,
      laneCounts: { waiting: waiting.length, parked: parked.length },
      lanes: [...parked, ...waiting].slice(0, LANES_SHOWN).map(laneShown),
    };
  }
}

const instant = (ms: number): string => new Date(ms).toISOString();

const laneShown = (l: LaneState): object => ({
  contractId: l.contractId,
  status: l.parkedAt === null ? 'waiting' : 'parked',
  eventId: l.eventId,
  sequence: l.sequence === null ? null : sequenceOf(l.sequence),
  tries: l.tries,
  failure: l.failure,
  nextTryAt: l.parkedAt === null ? instant(l.nextAt) : null,
  parkedAt: l.parkedAt,
});

const historyOf = (stored: readonly StoredEvent[]): Recorded[] =>
  stored.map((e) => toRecorded(webhookEvents, e)).map(({ type, data, revision }) => ({ type, data, revision }) as unknown as Recorded);

const stateOf = (stored: readonly StoredEvent[]): Webhook => historyOf(stored).reduce<Webhook>(evolveWebhook, noWebhook);

function before(cursor: string | undefined): number | null {
  try {
    return fromCursor(cursor, [0])?.[0] ?? null;
  } catch (error) {
    return failedRead(error);
  }
}
