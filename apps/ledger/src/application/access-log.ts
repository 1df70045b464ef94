import { setImmediate as turn } from 'node:timers/promises';
import type { PlainDate } from '@app/calendar';
import { WrongExpectedRevision, type EventStore, type NewEvent } from '@app/event-store';
import { deriveId } from '@app/kernel';
import { Unavailable, type AccessRecorder, type Accessed } from '../ports.js';
import { stamp } from './metadata.js';
import { accessEvents, accessStream } from './system-events.js';

export interface AccessLogOptions {
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly build: string;
  readonly today: () => PlainDate;
  readonly log: { error(facts: object, message: string): void };
}

interface Waiting {
  readonly accessed: Accessed;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/** Events in one append at most. */
const BATCH = 100;
const ATTEMPTS = 3;

/**
 * Writes down who looked at what, before the answer leaves: an answer whose record cannot be written is not given. What
 * one turn of the event loop brings, and what comes while an append is under way, goes into one append.
 */
export class AccessLog implements AccessRecorder {
  private readonly waiting: Waiting[] = [];
  private writing: Promise<void> | null = null;
  /** The stream's last revision as far as is known: this process alone writes it. */
  private tail: { readonly stream: string; readonly revision: number | 'no_stream' } | null = null;

  /** Position of the last read recorded by this process; null before the first. */
  last: string | null = null;

  constructor(private readonly o: AccessLogOptions) {}

  /** Resolves when it is durable. @throws {Unavailable} */
  record(accessed: Accessed): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ accessed, done, failed });
      this.writing ??= this.write().finally(() => (this.writing = null));
    });
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    for (;;) {
      await turn();
      if (this.waiting.length === 0) return;
      const batch = this.waiting.splice(0, BATCH);
      try {
        await this.append(batch.map((w) => w.accessed));
        for (const w of batch) w.done();
      } catch (error) {
        // Whether it was written may not be known: then it says of a read that it took place, and it was not answered.
        this.tail = null;
        this.o.log.error({ err: error, reads: batch.length }, 'reads could not be recorded, and were not answered');
        for (const w of batch) w.failed(new Unavailable('read-not-recorded', 1));
      }
    }
  }

  private async append(reads: readonly Accessed[]): Promise<void> {
    const stream = accessStream(new Date());
    const events = reads.flatMap((a) => this.eventOf(a));
    for (let attempt = 1; ; attempt++) {
      if (this.tail?.stream !== stream) {
        const [last] = await this.o.store.readStream(stream, { direction: 'backwards', limit: 1 });
        this.tail = { stream, revision: last ? last.revision : 'no_stream' };
      }
      try {
        const { revision, position } = await this.o.store.append(stream, this.tail.revision, events);
        this.tail = { stream, revision };
        this.last = position;
        return;
      } catch (error) {
        this.tail = null;
        if (!(error instanceof WrongExpectedRevision) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private eventOf({ type, caller, requestId, route, parameters, status, rows }: Accessed): NewEvent[] {
    const commandId = deriveId('access', requestId);
    const event = { id: deriveId('event', commandId, 0), type, data: { route, parameters, status, rows }, receipts: [] };
    const envelope = { name: type === 'Exported' ? 'Export' : 'Read', caller, requestHash: commandId, requestId };
    return stamp([event], accessEvents, { commandId, envelope: envelope as never, businessDate: this.o.today(), build: this.o.build }, { status });
  }
}
