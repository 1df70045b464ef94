import type { TextRef } from '@app/kernel';
import type { SealedSecret, WebhookEvent } from './events.js';

/** A secret that signs; until an instant (RFC 3339 UTC) where it was replaced. */
export interface SigningSecret extends SealedSecret {
  readonly until: string | null;
}

/** An endpoint as its own stream tells it. */
export interface RegisteredWebhook {
  readonly status: 'enabled' | 'disabled';
  readonly webhookId: string;
  readonly url: string;
  readonly types: readonly string[] | null;
  readonly fromSequence: number;
  readonly description: TextRef | null;
  /** The newest first; at most two. */
  readonly secrets: readonly SigningSecret[];
  /** Why it is disabled; null while it is enabled. */
  readonly disabledBy: 'command' | 'gone' | null;
  /** Ids of events that it will not be told of. */
  readonly skipped: ReadonlySet<string>;
}

export type Webhook = { readonly status: 'none' } | { readonly status: 'removed' } | RegisteredWebhook;

export const noWebhook: Webhook = { status: 'none' };

export const isRegistered = (webhook: Webhook): webhook is RegisteredWebhook => webhook.status === 'enabled' || webhook.status === 'disabled';

/** Throws on a history that cannot have been decided (anything before the registration or after the removal). */
export function evolveWebhook(webhook: Webhook, event: WebhookEvent): Webhook {
  if (event.type === 'WebhookRegistered') {
    if (webhook.status !== 'none') throw new Error(`webhook ${event.data.webhookId} was registered twice`);
    const { webhookId, url, types, fromSequence, secret, description = null } = event.data;
    return { status: 'enabled', webhookId, url, types, fromSequence, description, secrets: [{ ...secret, until: null }], disabledBy: null, skipped: new Set() };
  }
  if (!isRegistered(webhook)) throw new Error(`${event.type} of webhook ${event.data.webhookId}, which is not registered`);
  switch (event.type) {
    case 'WebhookRetargeted':
      return { ...webhook, url: event.data.url };
    case 'WebhookTypesChosen':
      return { ...webhook, types: event.data.types };
    case 'WebhookDescribed':
      return { ...webhook, description: event.data.description };
    case 'WebhookDisabled':
      return { ...webhook, status: 'disabled', disabledBy: event.data.cause };
    case 'WebhookEnabled':
      return { ...webhook, status: 'enabled', disabledBy: null };
    case 'WebhookRemoved':
      return { status: 'removed' };
    case 'WebhookSecretRotated':
      return { ...webhook, secrets: [{ ...event.data.secret, until: null }, { ...webhook.secrets[0]!, until: event.data.previousUntil }] };
    case 'WebhookEventSkipped':
      return { ...webhook, skipped: new Set([...webhook.skipped, event.data.eventId]) };
    case 'WebhookRedeliveryAsked': {
      // Asked for by name, it is wanted after all.
      const skipped = new Set(webhook.skipped);
      skipped.delete(event.data.eventId);
      return { ...webhook, skipped };
    }
    case 'WebhookRewound':
      return webhook;
  }
}

/** The secrets that sign at an instant (RFC 3339 UTC), the newest first. */
export const signingAt = (webhook: RegisteredWebhook, now: string): readonly SigningSecret[] => webhook.secrets.filter((s) => s.until === null || now < s.until);
