import type { TextRef } from '@app/kernel';

/** A signing secret as it is kept: encrypted under a key that lies outside the log. */
export interface SealedSecret {
  readonly secretId: string;
  readonly sealed: string;
}

/** An endpoint is to be told of published events, from one on. */
export interface WebhookRegistered {
  readonly webhookId: string;
  readonly url: string;
  /** Published event types; null: all of them, also those of later builds. */
  readonly types: readonly string[] | null;
  /** Sequence of the first event it is told of. */
  readonly fromSequence: number;
  readonly secret: SealedSecret;
  /** What people call it: free text, so beside the log. */
  readonly description?: TextRef;
}

export interface WebhookRetargeted {
  readonly webhookId: string;
  readonly url: string;
}

export interface WebhookTypesChosen {
  readonly webhookId: string;
  readonly types: readonly string[] | null;
}

export interface WebhookDescribed {
  readonly webhookId: string;
  readonly description: TextRef;
}

/** Nothing is sent until it is enabled; what is published meanwhile waits. */
export interface WebhookDisabled {
  readonly webhookId: string;
  /** `gone`: the endpoint answered 410 to the event named. */
  readonly cause: 'command' | 'gone';
  readonly eventId?: string;
}

export interface WebhookEnabled {
  readonly webhookId: string;
}

export interface WebhookRemoved {
  readonly webhookId: string;
}

/** A new secret signs from now on, the one before it beside it until the instant named. */
export interface WebhookSecretRotated {
  readonly webhookId: string;
  readonly secret: SealedSecret;
  /** RFC 3339 UTC. */
  readonly previousUntil: string;
}

/** The endpoint will not be told of this event; the reason is in the metadata. */
export interface WebhookEventSkipped {
  readonly webhookId: string;
  readonly contractId: string;
  readonly eventId: string;
  readonly sequence: number;
}

/** One event is sent again, before whatever else waits on its contract's lane. */
export interface WebhookRedeliveryAsked {
  readonly webhookId: string;
  readonly contractId: string;
  readonly eventId: string;
  readonly sequence: number;
}

/** Everything from a sequence on is sent again. */
export interface WebhookRewound {
  readonly webhookId: string;
  readonly fromSequence: number;
}

export type WebhookEvent =
  | { readonly type: 'WebhookRegistered'; readonly data: WebhookRegistered }
  | { readonly type: 'WebhookRetargeted'; readonly data: WebhookRetargeted }
  | { readonly type: 'WebhookTypesChosen'; readonly data: WebhookTypesChosen }
  | { readonly type: 'WebhookDescribed'; readonly data: WebhookDescribed }
  | { readonly type: 'WebhookDisabled'; readonly data: WebhookDisabled }
  | { readonly type: 'WebhookEnabled'; readonly data: WebhookEnabled }
  | { readonly type: 'WebhookRemoved'; readonly data: WebhookRemoved }
  | { readonly type: 'WebhookSecretRotated'; readonly data: WebhookSecretRotated }
  | { readonly type: 'WebhookEventSkipped'; readonly data: WebhookEventSkipped }
  | { readonly type: 'WebhookRedeliveryAsked'; readonly data: WebhookRedeliveryAsked }
  | { readonly type: 'WebhookRewound'; readonly data: WebhookRewound };

/** The stored names and versions, for the registry of event types. */
export const WEBHOOK_EVENTS = [
  { type: 'WebhookRegistered', version: 1 },
  { type: 'WebhookRetargeted', version: 1 },
  { type: 'WebhookTypesChosen', version: 1 },
  { type: 'WebhookDescribed', version: 1 },
  { type: 'WebhookDisabled', version: 1 },
  { type: 'WebhookEnabled', version: 1 },
  { type: 'WebhookRemoved', version: 1 },
  { type: 'WebhookSecretRotated', version: 1 },
  { type: 'WebhookEventSkipped', version: 1 },
  { type: 'WebhookRedeliveryAsked', version: 1 },
  { type: 'WebhookRewound', version: 1 },
] as const satisfies readonly { type: WebhookEvent['type']; version: number }[];

/** The stream of one endpoint. */
export const webhookStream = (webhookId: string): string => `webhook-${webhookId}`;
