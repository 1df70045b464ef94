import type { TextRef } from '@app/kernel';
import type { SealedSecret, WebhookRegistered } from './events.js';

/** An event of the feed, by its place and its contract. */
export interface EventPlace {
  readonly eventId: string;
  readonly sequence: number;
  readonly contractId: string;
}

export type WebhookCommand =
  | { readonly kind: 'Register'; readonly webhook: WebhookRegistered }
  | {
      readonly kind: 'Change';
      readonly url?: string;
      readonly types?: readonly string[] | null;
      readonly description?: TextRef;
      readonly status?: 'enabled' | 'disabled';
    }
  | { readonly kind: 'Remove' }
  /** The endpoint has answered 410. */
  | { readonly kind: 'Gone'; readonly eventId: string }
  /** `now` is an RFC 3339 instant in UTC. */
  | { readonly kind: 'RotateSecret'; readonly secret: SealedSecret; readonly overlapHours: number; readonly now: string }
  /** `parked`: the event at which the contract's lane is parked; null where it is not. */
  | { readonly kind: 'Skip'; readonly contractId: string; readonly parked: EventPlace | null }
  /** `reached`: the event has been sent, or is next on its lane; any other is still to come in its order. */
  | { readonly kind: 'Redeliver'; readonly event: EventPlace; readonly reached: boolean }
  | { readonly kind: 'Rewind'; readonly fromSequence: number };
