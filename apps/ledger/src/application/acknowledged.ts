import type { AppendResult, EventStore, ExpectedRevision, NewEvent, Position, ReadAllOptions, ReadStreamOptions, StoredEvent, SubscribeOptions, SubscriptionMessage } from '@app/event-store';

/** A store that remembers how far this process has been told that the log reaches: what a caller may have been answered. */
export class AcknowledgedStore implements EventStore {
  /** Position of the furthest append acknowledged; null before the first. */
  acknowledged: Position | null = null;

  constructor(private readonly inner: EventStore) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const result = await this.inner.append(stream, expected, events);
    if (this.acknowledged === null || this.inner.compare(result.position, this.acknowledged) > 0) this.acknowledged = result.position;
    return result;
  }

  readStream(stream: string, options?: ReadStreamOptions): Promise<StoredEvent[]> {
    return this.inner.readStream(stream, options);
  }

  readAll(options: ReadAllOptions): Promise<StoredEvent[]> {
    return this.inner.readAll(options);
  }

  head(): Promise<Position | null> {
    return this.inner.head();
  }

  compare(a: Position, b: Position): number {
    return this.inner.compare(a, b);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionMessage> {
    return this.inner.subscribe(options);
  }

  problem(): string | null {
    return this.inner.problem();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
