/** A published event as the feed stores it. */
export interface FeedEvent {
  readonly id: string;
  /** Its sequence. */
  readonly revision: number;
  /** The envelope. */
  readonly data: unknown;
  /** The stored bytes, which are what is sent. */
  readonly rawData: string;
}

/** What deliveries need of the feed. Its failures are passing: whatever throws is asked again. */
export interface DeliveryFeed {
  /** The last published event; null: none yet. */
  head(): { readonly sequence: number; readonly id: string } | null;
  /** Events in order from a sequence on; fewer than `limit` at the head. */
  read(from: number, limit: number): Promise<readonly FeedEvent[]>;
  /** The first event of a contract from one sequence through another; null: none. */
  ofContract(contractId: string, from: number, through: number): Promise<FeedEvent | null>;
  /** Resolves when there is an event after a sequence, the time is up, or the signal aborts. */
  arrived(after: number, ms: number, signal: AbortSignal): Promise<void>;
}

/** Time as deliveries see it; tests move their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls once after a while; the answer takes it back. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    // Longer ones would overflow and fire at once; whoever waits looks again.
    const timer = setTimeout(call, Math.min(Math.max(ms, 0), 2 ** 31 - 1)).unref();
    return () => clearTimeout(timer);
  },
};

/** The contract that an event is about. */
export const contractOf = (event: FeedEvent): string => (event.data as { readonly subject: string }).subject;
/** Its type. */
export const typeOf = (event: FeedEvent): string => (event.data as { readonly type: string }).type;
