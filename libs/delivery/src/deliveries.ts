import { Courier, type CourierView, type Operation } from './courier.js';
import type { WebhookEvent } from './endpoint/events.js';
import { isRegistered, signingAt, type RegisteredWebhook, type Webhook } from './endpoint/state.js';
import { Journal, type NumberedAttempt } from './journal.js';
import type { Outgoing } from './outgoing.js';
import type { Reply } from './outcome.js';
import type { Clock, DeliveryFeed, FeedEvent } from './ports.js';
import type { Schedule } from './schedule.js';
import { purposeOf, SecretUnreadable, type SecretBox } from './sealing.js';
import { signed } from './signature.js';
import { Slots } from './slots.js';

export interface DeliveriesOptions {
  readonly feed: DeliveryFeed;
  /** Path of `delivery.sqlite`. */
  readonly file: string;
  readonly outgoing: Pick<Outgoing, 'post' | 'close'>;
  /** Asked for when a secret is first needed. */
  readonly box: () => SecretBox;
  readonly schedule: Schedule;
  /** Records that an endpoint has answered 410. */
  readonly gone: (webhookId: string, eventId: string) => Promise<void>;
  readonly clock: Clock;
  readonly chance: () => number;
  /** Requests at a time, to all endpoints together (default 32). */
  readonly requests?: number;
  readonly onError: (error: unknown, message: string, facts: { readonly webhookId: string } | null) => void;
}

/** An event of an endpoint's own stream, in its place. */
export type Recorded = WebhookEvent & { readonly revision: number };

const REQUESTS = 32;

/** Every endpoint with its courier. */
export class Deliveries {
  private readonly journal: Journal;
  private readonly slots: Slots;
  private readonly couriers = new Map<string, Courier>();
  private closed = false;

  constructor(private readonly o: DeliveriesOptions) {
    this.slots = new Slots(o.requests ?? REQUESTS);
    this.journal = new Journal({ file: o.file, clock: o.clock, onError: (error) => o.onError(error, 'the journal of deliveries cannot be written just now', null) });
  }

  /** The endpoint as its whole stream now tells it; begins its deliveries where there are none yet. */
  async keep(webhookId: string, webhook: Webhook, history: readonly Recorded[]): Promise<void> {
    const courier = this.couriers.get(webhookId);
    if (!isRegistered(webhook)) {
      this.couriers.delete(webhookId);
      await courier?.stop();
      if (!this.closed) this.journal.forget(webhookId);
      return;
    }
    if (this.closed) return;
    const revision = history.at(-1)!.revision;
    const kept = courier ? null : this.journal.load(webhookId);
    // A log that was restored may end before what was carried out.
    const seen = courier?.seen ?? Math.min(kept?.place.applied ?? -1, revision);
    const operations = history.filter((e) => e.revision > seen).flatMap(operationOf);
    if (courier) return courier.update(webhook, revision, operations);
    const fresh = new Courier(webhook, revision, kept, {
      feed: this.o.feed,
      journal: this.journal,
      send: (to, event) => this.send(to, event),
      gone: (event) => this.o.gone(webhookId, event.id),
      clock: this.o.clock,
      chance: this.o.chance,
      schedule: this.o.schedule,
      slots: this.slots,
      onError: (error, message) => this.o.onError(error, message, { webhookId }),
    });
    this.couriers.set(webhookId, fresh);
    fresh.start(operations);
  }

  /** How the deliveries to an endpoint stand; null: there are none. */
  view(webhookId: string): CourierView | null {
    return this.couriers.get(webhookId)?.view() ?? null;
  }

  courier(webhookId: string): Pick<Courier, 'parkedAt' | 'reached' | 'view'> | null {
    return this.couriers.get(webhookId) ?? null;
  }

  /** Recent attempts, newest first, before a number. */
  attempts(webhookId: string, before: number | null, limit: number): NumberedAttempt[] {
    return this.journal.attempts(webhookId, before, limit);
  }

  /** Ends what is under way, and keeps how far it came. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const stopped = [...this.couriers.values()].map((courier) => courier.stop());
    this.o.outgoing.close();
    await Promise.all(stopped);
    this.journal.close();
  }

  private async send(webhook: RegisteredWebhook, event: FeedEvent): Promise<Reply> {
    const at = new Date(this.o.clock.now());
    try {
      const secrets = signingAt(webhook, at.toISOString()).map(({ secretId, sealed }) => this.o.box().open(sealed, purposeOf(webhook.webhookId, secretId)));
      return await this.o.outgoing.post(
        webhook.url,
        { 'content-type': 'application/cloudevents+json; charset=utf-8', 'user-agent': 'contract-ledger', ...signed(event.id, at, event.rawData, secrets) },
        Buffer.from(event.rawData, 'utf8'),
      );
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error;
      this.o.onError(error, 'the signing secret cannot be read: give the key that it was sealed under, or rotate the secret', { webhookId: webhook.webhookId });
      return { status: null, error: 'secret-unreadable', retryAfter: null, ms: 0 };
    }
  }
}

/** What an event of an endpoint asks of its deliveries. */
function operationOf(e: Recorded): Operation[] {
  const { revision } = e;
  switch (e.type) {
    case 'WebhookEventSkipped':
      return [{ kind: 'skip', revision, contractId: e.data.contractId, sequence: e.data.sequence }];
    case 'WebhookRedeliveryAsked':
      return [{ kind: 'redeliver', revision, contractId: e.data.contractId, sequence: e.data.sequence }];
    case 'WebhookRewound':
      return [{ kind: 'rewind', revision, fromSequence: e.data.fromSequence }];
    case 'WebhookRegistered':
    case 'WebhookRetargeted':
    case 'WebhookTypesChosen':
    case 'WebhookDescribed':
    case 'WebhookDisabled':
    case 'WebhookEnabled':
    case 'WebhookRemoved':
    case 'WebhookSecretRotated':
      return [];
  }
}
