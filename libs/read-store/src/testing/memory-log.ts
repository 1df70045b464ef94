import type { EventSource, LoggedEvent } from '../port.js';

export interface TestEvent extends LoggedEvent {
  readonly data: { readonly id: string; readonly amount: number };
}

/** A log in memory that behaves like a store's: pages, catch-up to live in batches, failures on request. */
export class MemoryLog implements EventSource<TestEvent> {
  readonly events: TestEvent[] = [];
  /** How many pages and subscriptions were asked for. */
  pages = 0;
  subscriptions = 0;
  /** Errors to throw from the next reads, one each. */
  readonly failures: Error[] = [];
  private wake = Promise.withResolvers<void>();
  private broken: Error | null = null;

  append(...entries: { type?: string; id?: string; amount?: number; recordedAt?: string }[]): string {
    for (const { type = 'Counted', id = 'a', amount = 1, recordedAt } of entries) {
      const n = this.events.length + 1;
      this.events.push({
        id: `e${n}`,
        type,
        position: String(n),
        metadata: { recordedAt: recordedAt ?? new Date(Date.UTC(2026, 0, 1) + n).toISOString() },
        data: { id, amount },
      });
    }
    this.rouse();
    return String(this.events.length);
  }

  /** Ends the running subscription with an error. */
  breakOff(error: Error): void {
    this.broken = error;
    this.rouse();
  }

  async readAll({ after, limit }: { after: string | null; limit: number }): Promise<TestEvent[]> {
    this.pages++;
    await Promise.resolve();
    const failure = this.failures.shift();
    if (failure) throw failure;
    return this.events.slice(Number(after), Number(after) + limit);
  }

  async *subscribe({ after, signal }: { after: string | null; signal: AbortSignal }) {
    this.subscriptions++;
    let next = Number(after);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    while (!signal.aborted) {
      const { broken } = this;
      this.broken = null;
      if (broken) throw broken;
      const events = this.events.slice(next, next + 500);
      if (events.length > 0) {
        next += events.length;
        yield { kind: 'events' as const, events };
        continue;
      }
      yield { kind: 'caughtUp' as const };
      if (next < this.events.length || this.broken) continue;
      await Promise.race([this.wake.promise, aborted]);
    }
  }

  async head(): Promise<string | null> {
    return this.events.at(-1)?.position ?? null;
  }

  compare(a: string, b: string): number {
    return Number(a) - Number(b);
  }

  private rouse(): void {
    const { resolve } = this.wake;
    this.wake = Promise.withResolvers();
    resolve();
  }
}
