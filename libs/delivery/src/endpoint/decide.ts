import { isUuid, Malformed, NotFound, Rejected, type PathError } from '@app/kernel';
import { isEventType } from '@app/published';
import { urlFault, type AllowList, type UrlMistake } from '../target.js';
import type { WebhookCommand } from './commands.js';
import type { WebhookEvent, WebhookRegistered } from './events.js';
import { isRegistered, type RegisteredWebhook, type Webhook } from './state.js';

const HOUR_MS = 3_600_000;
/** How long at most a replaced secret goes on signing. */
export const MAX_OVERLAP_HOURS = 168;
/** Events that can be skipped on one endpoint: each is a decision of a person. */
const MAX_SKIPPED = 10_000;

/** What can be wrong with an endpoint: a rule with its bounds, `rule|bound|…`. Said in words at the edge. */
export type WebhookMistake = 'id' | 'someTypes' | 'publishedType' | 'twice' | `whole|${number}|${number}` | UrlMistake;

type Faults = PathError<WebhookMistake>[];

/**
 * What a command to an endpoint comes to; `[]` where it says nothing new. Refused without a clause: `webhook-exists`,
 * `lane-not-parked`, `event-not-reached` (it is still to be delivered), `too-many-skips`.
 */
export function decideWebhook(webhook: Webhook, webhookId: string, command: WebhookCommand, allow: AllowList): WebhookEvent[] | Rejected | Malformed<WebhookMistake> | NotFound {
  if (command.kind === 'Register') return register(webhook, command.webhook, allow);
  if (!isRegistered(webhook)) return new NotFound('webhook', webhookId);
  switch (command.kind) {
    case 'Change':
      return change(webhook, command, allow);
    case 'Remove':
      return [{ type: 'WebhookRemoved', data: { webhookId } }];
    case 'Gone':
      return webhook.status === 'disabled' ? [] : [{ type: 'WebhookDisabled', data: { webhookId, cause: 'gone', eventId: command.eventId } }];
    case 'RotateSecret': {
      const { secret, overlapHours, now } = command;
      if (!Number.isInteger(overlapHours) || overlapHours < 0 || overlapHours > MAX_OVERLAP_HOURS)
        return new Malformed([{ path: 'overlapHours', message: `whole|0|${MAX_OVERLAP_HOURS}` }]);
      const previousUntil = new Date(Date.parse(now) + overlapHours * HOUR_MS).toISOString();
      return [{ type: 'WebhookSecretRotated', data: { webhookId, secret, previousUntil } }];
    }
    case 'Skip': {
      const { contractId, parked } = command;
      if (parked === null || webhook.skipped.has(parked.eventId)) return new Rejected('lane-not-parked', [], { contractId });
      if (webhook.skipped.size >= MAX_SKIPPED) return new Rejected('too-many-skips', [], { limit: MAX_SKIPPED });
      return [{ type: 'WebhookEventSkipped', data: { webhookId, contractId, eventId: parked.eventId, sequence: parked.sequence } }];
    }
    case 'Redeliver': {
      const { contractId, eventId, sequence } = command.event;
      if (!command.reached) return new Rejected('event-not-reached', [], { eventId, contractId });
      return [{ type: 'WebhookRedeliveryAsked', data: { webhookId, contractId, eventId, sequence } }];
    }
    case 'Rewind':
      return [{ type: 'WebhookRewound', data: { webhookId, fromSequence: command.fromSequence } }];
  }
}

function register(webhook: Webhook, asked: WebhookRegistered, allow: AllowList): WebhookEvent[] | Rejected | Malformed<WebhookMistake> {
  const errors: Faults = [];
  if (!isUuid(asked.webhookId)) errors.push({ path: 'webhookId', message: 'id' });
  errors.push(...faultsOfUrl(asked.url, allow), ...faultsOfTypes(asked.types));
  if (errors.length > 0) return new Malformed(errors);
  if (webhook.status === 'none') return [{ type: 'WebhookRegistered', data: asked }];
  return isRegistered(webhook) && webhook.url === asked.url ? [] : new Rejected('webhook-exists', [], { webhookId: asked.webhookId });
}

function change(webhook: RegisteredWebhook, asked: Extract<WebhookCommand, { kind: 'Change' }>, allow: AllowList): WebhookEvent[] | Malformed<WebhookMistake> {
  const { url, types, description, status } = asked;
  const { webhookId } = webhook;
  const errors: Faults = [...(url === undefined ? [] : faultsOfUrl(url, allow)), ...(types === undefined ? [] : faultsOfTypes(types))];
  if (errors.length > 0) return new Malformed(errors);
  const events: WebhookEvent[] = [];
  if (url !== undefined && url !== webhook.url) events.push({ type: 'WebhookRetargeted', data: { webhookId, url } });
  if (types !== undefined && !sameTypes(types, webhook.types)) events.push({ type: 'WebhookTypesChosen', data: { webhookId, types } });
  if (description !== undefined) events.push({ type: 'WebhookDescribed', data: { webhookId, description } });
  if (status === 'disabled' && webhook.status === 'enabled') events.push({ type: 'WebhookDisabled', data: { webhookId, cause: 'command' } });
  if (status === 'enabled' && webhook.status === 'disabled') events.push({ type: 'WebhookEnabled', data: { webhookId } });
  return events;
}

function faultsOfUrl(url: string, allow: AllowList): Faults {
  const fault = urlFault(url, allow);
  return fault === null ? [] : [{ path: 'url', message: fault }];
}

function faultsOfTypes(types: readonly string[] | null): Faults {
  if (types === null) return [];
  if (types.length === 0) return [{ path: 'types', message: 'someTypes' }];
  return types.flatMap((type, i): Faults =>
    !isEventType(type)
      ? [{ path: `types[${i}]`, message: 'publishedType' }]
      : types.indexOf(type) < i
        ? [{ path: `types[${i}]`, message: 'twice' }]
        : [],
  );
}

const sameTypes = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((type) => b.includes(type)));
