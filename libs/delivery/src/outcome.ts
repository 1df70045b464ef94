import { retryAfterOf } from './schedule.js';

/** What came back of one attempt. */
export interface Reply {
  /** HTTP status; null: there was no answer. */
  readonly status: number | null;
  /** Why there was none: `timeout`, `forbidden-address`, `ECONNREFUSED` …; null where there was an answer. */
  readonly error: string | null;
  readonly retryAfter: string | null;
  readonly ms: number;
}

/**
 * `away`: the endpoint as a whole is not there, whatever was sent; `refused`: it is there and did not take this event.
 * Redirects are not followed, so they refuse.
 */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused' | 'away'; readonly retryAfterMs: number | null };

/** Statuses that speak of the receiver's service, not of the event. */
const AWAY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function outcomeOf({ status, retryAfter }: Reply, now: number): Outcome {
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  return { kind: status === null || AWAY.has(status) ? 'away' : 'refused', retryAfterMs: retryAfterOf(retryAfter, now) };
}
