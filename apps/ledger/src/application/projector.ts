import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ProjectionStopped, WaitTimeout, type ProjectionStatus } from '@app/read-store';
import type { Ask, Failure, ProjectorData, Said } from './projector-thread.js';

export interface ProjectorOptions extends ProjectorData {
  /** Hears of failures that are retried, and of projections that stopped. */
  readonly onError: (error: unknown, projection: string | null) => void;
}

interface Pending {
  readonly asked: Ask;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const RESTART_MS = 1_000;

/** The read models' runner, in a thread of its own. A thread that is lost is replaced; what was asked of it is asked again. */
export class Projector {
  private worker: Worker;
  private latest: readonly ProjectionStatus[] = [];
  private readonly pending = new Map<number, Pending>();
  private asked = 0;
  private stopped: Promise<void> | null = null;

  constructor(private readonly o: ProjectorOptions) {
    this.worker = this.begin();
  }

  /** As of some milliseconds ago, and of the last answer; empty before the first. */
  status(): readonly ProjectionStatus[] {
    return this.latest;
  }

  /** Resolves when every read model holds the log (or has stopped). */
  caughtUp(): Promise<void> {
    return this.ask({ ask: 'caughtUp' });
  }

  /** Resolves when the rows of the read models hold a position. @throws {WaitTimeout} {ProjectionStopped} */
  waitFor(position: string, timeoutMs: number, models: readonly string[] | null): Promise<void> {
    return this.ask({ ask: 'waitFor', position, timeoutMs, models });
  }

  /** Builds a read model anew beside the one that serves, and swaps it in. */
  rebuild(projection: string): Promise<void> {
    return this.ask({ ask: 'rebuild', projection });
  }

  /** Ends after the transaction under way. Idempotent. */
  stop(): Promise<void> {
    this.stopped ??= (async () => {
      const { worker } = this;
      // A thread that is lost, and not replaced yet, answers no more.
      if (worker.threadId !== -1) {
        const gone = new Promise((resolve) => worker.once('exit', resolve));
        await Promise.race([this.ask({ ask: 'stop' }), gone]);
        await worker.terminate();
      }
      for (const { reject } of this.pending.values()) reject(new Error('the read models are being shut down'));
      this.pending.clear();
    })();
    return this.stopped;
  }

  private ask(asked: Ask): Promise<void> {
    if (this.stopped && asked.ask !== 'stop') return Promise.reject(new Error('the read models are being shut down'));
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { asked, resolve, reject });
      this.worker.postMessage({ ...asked, id });
    });
  }

  private begin(): Worker {
    const { onError: _, ...workerData } = this.o;
    const worker = new Worker(new URL('./projector-thread.js', import.meta.url), { name: 'projector', workerData });
    worker.on('message', (said: Said) => this.hear(said));
    worker.on('error', (error) => this.o.onError(error, null));
    worker.once('exit', () => void this.replace(worker));
    return worker;
  }

  private async replace(lost: Worker): Promise<void> {
    if (this.stopped || lost !== this.worker) return;
    this.latest = this.latest.map((s) => ({ ...s, state: 'catchingUp', reason: 'the thread of the read models ended and is started again' }));
    await sleep(RESTART_MS, undefined, { ref: false });
    if (this.stopped) return;
    this.worker = this.begin();
    for (const [id, { asked }] of this.pending) this.worker.postMessage({ ...asked, id });
  }

  private hear(said: Said): void {
    if (said.said === 'status') this.latest = said.status;
    else if (said.said === 'trouble') this.o.onError(said.error, said.projection);
    else {
      const pending = this.pending.get(said.id);
      this.pending.delete(said.id);
      if (said.said === 'done') pending?.resolve();
      else pending?.reject(errorOf(said.failure));
    }
  }
}

function errorOf(failure: Failure): Error {
  switch (failure.kind) {
    case 'timeout':
      return new WaitTimeout(failure.position);
    case 'stopped':
      return new ProjectionStopped(failure.projection, failure.reason);
    case 'other':
      return failure.error;
  }
}
