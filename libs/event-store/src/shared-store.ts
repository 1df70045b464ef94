/** Appends on behalf of other threads: one store writes, any thread can ask it to through a port. */
import type { MessagePort } from 'node:worker_threads';
import { EmbeddedLog, type EmbeddedLogShare, POLL_MS } from './embedded-log.js';
import { type AppendResult, type EventStore, type ExpectedRevision, type NewEvent, StoreClosed, StoreUnavailable, UnknownOutcome, WrongExpectedRevision } from './port.js';
import { serialise } from './serialise.js';

/** What another thread of the writing process needs in order to read and append; can be sent to it once, with the port in the transfer list. */
export interface EmbeddedStoreLoan extends EmbeddedLogShare {
  readonly port: MessagePort;
}

interface Asked {
  readonly id: number;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly texts: string[];
}

type Told =
  | { readonly id: number; readonly result: AppendResult }
  | { readonly id: number; readonly failure: 'conflict'; readonly actual: ExpectedRevision }
  | { readonly id: number; readonly failure: 'unavailable' | 'unknown' | 'closed'; readonly message: string };

/** Serves a borrower: appends ready texts and tells what came of it. */
export function serveLoan(port: MessagePort, append: (stream: string, expected: ExpectedRevision, texts: string[]) => Promise<AppendResult>): void {
  port.on('message', ({ id, stream, expected, texts }: Asked) => {
    append(stream, expected, texts).then(
      (result) => port.postMessage({ id, result } satisfies Told),
      (error: unknown) => port.postMessage(toldOf(id, error)),
    );
  });
  // A loan keeps nothing alive.
  port.unref();
}

function toldOf(id: number, error: unknown): Told {
  if (error instanceof WrongExpectedRevision) return { id, failure: 'conflict', actual: error.actual };
  const message = error instanceof Error ? error.message : String(error);
  return { id, failure: error instanceof StoreClosed ? 'closed' : error instanceof StoreUnavailable ? 'unavailable' : 'unknown', message };
}

interface Pending {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

/** Opens the borrowed store in the thread that the loan was sent to. Closing it leaves the lender open. */
export function openSharedStore(loan: EmbeddedStoreLoan): EventStore {
  return new SharedStore(loan);
}

class SharedStore extends EmbeddedLog implements EventStore {
  private readonly port: MessagePort;
  private readonly pending = new Map<number, Pending>();
  private asked = 0;
  private lastFailure: string | null = null;
  private settled: (() => void) | null = null;
  private lenderGone = false;

  constructor(loan: EmbeddedStoreLoan) {
    super(loan.file, new Int32Array(loan.signal), POLL_MS);
    this.port = loan.port;
    this.port.on('message', (told: Told) => this.hear(told));
    // The lender is gone, and with it whatever it had not told yet.
    this.port.on('close', () => {
      this.lenderGone = true;
      for (const { stream, reject } of this.pending.values()) reject(new UnknownOutcome(stream));
      this.pending.clear();
      this.settled?.();
    });
    this.port.unref();
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    if (this.ended || this.lenderGone) throw new StoreClosed();
    const texts = serialise(stream, expected, events);
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { stream, expected, resolve, reject });
      this.port.ref();
      this.port.postMessage({ id, stream, expected, texts } satisfies Asked);
    });
  }

  problem(): string | null {
    return this.lastFailure;
  }

  private hear(told: Told): void {
    const { stream, expected, resolve, reject } = this.pending.get(told.id)!;
    this.pending.delete(told.id);
    if (this.pending.size === 0) {
      this.port.unref();
      this.settled?.();
    }
    if ('result' in told) {
      this.lastFailure = null;
      return resolve(told.result);
    }
    if (told.failure === 'conflict') return reject(new WrongExpectedRevision(stream, expected, told.actual));
    this.lastFailure = told.message;
    reject(told.failure === 'closed' ? new StoreClosed() : told.failure === 'unavailable' ? new StoreUnavailable(told.message) : new UnknownOutcome(stream));
  }

  override async close(): Promise<void> {
    this.end();
    if (this.pending.size > 0) await new Promise<void>((resolve) => (this.settled = resolve));
    this.port.close();
    await super.close();
  }
}
