/** Worker threads that answer what they are asked, from both sides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type MessagePort, type Transferable, Worker } from 'node:worker_threads';

/** What a thread says in answer to an ask; anything else that it says is news. */
export type Answer = { readonly said: 'done'; readonly id: number; readonly value: unknown } | { readonly said: 'failed'; readonly id: number; readonly failure: unknown };

export interface ThreadOptions<News> {
  readonly script: URL;
  readonly name: string;
  /** What a thread is started with; asked anew for each. */
  readonly data: () => { readonly workerData: object; readonly transferList?: Transferable[] };
  readonly news: (news: News) => void;
  /** Errors lose their class on the way between threads. */
  readonly errorOf: (failure: never) => Error;
  readonly onError: (error: unknown) => void;
  /** Hears that a thread is gone and another is about to be started. */
  readonly onLost?: () => void;
  /** How long an ordered stop may take before the thread is ended all the same; default: as long as it takes. */
  readonly stopMs?: number;
}

interface Pending {
  readonly asked: object;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const RESTART_MS = 1_000;

/** A thread as those see it who ask it. One that is lost is replaced; what was asked of it is asked again. */
export class Thread<Ask extends { readonly ask: string }, News> {
  private worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private asked = 0;
  private stopped: Promise<void> | null = null;

  constructor(private readonly o: ThreadOptions<News>) {
    this.worker = this.begin();
  }

  ask<T = void>(asked: Ask | { readonly ask: 'stop' }): Promise<T> {
    if (this.stopped && asked.ask !== 'stop') return Promise.reject(this.ended());
    const id = ++this.asked;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { asked, resolve: resolve as (value: unknown) => void, reject });
      this.worker.postMessage({ ...asked, id });
    });
  }

  /** Asks it to `stop`, then ends it. Idempotent. */
  stop(): Promise<void> {
    this.stopped ??= (async () => {
      const { worker } = this;
      // A thread that is lost, and not replaced yet, answers no more.
      if (worker.threadId !== -1) {
        const gone = new Promise((resolve) => worker.once('exit', resolve));
        const { stopMs } = this.o;
        await Promise.race([this.ask({ ask: 'stop' }), gone, ...(stopMs === undefined ? [] : [sleep(stopMs, undefined, { ref: false })])]);
        await worker.terminate();
      }
      for (const { reject } of this.pending.values()) reject(this.ended());
      this.pending.clear();
    })();
    return this.stopped;
  }

  private ended(): Error {
    return new Error(`the thread ${this.o.name} is being shut down`);
  }

  private begin(): Worker {
    const { workerData, transferList } = this.o.data();
    const worker = new Worker(this.o.script, { name: this.o.name, workerData, ...(transferList && { transferList }) });
    worker.on('message', (said: Answer | News) => this.hear(said));
    worker.on('error', (error) => this.o.onError(error));
    worker.once('exit', () => void this.replace(worker));
    return worker;
  }

  private async replace(lost: Worker): Promise<void> {
    if (this.stopped || lost !== this.worker) return;
    this.o.onLost?.();
    await sleep(RESTART_MS, undefined, { ref: false });
    if (this.stopped) return;
    this.worker = this.begin();
    for (const [id, { asked }] of this.pending) this.worker.postMessage({ ...asked, id });
  }

  private hear(said: Answer | News): void {
    if (!isAnswer(said)) return this.o.news(said as News);
    const pending = this.pending.get(said.id);
    this.pending.delete(said.id);
    if (said.said === 'done') pending?.resolve(said.value);
    else pending?.reject(this.o.errorOf(said.failure as never));
  }
}

const isAnswer = (said: unknown): said is Answer => {
  const kind = (said as { said?: unknown }).said;
  return kind === 'done' || kind === 'failed';
};

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** In the thread: answers each ask. `before` runs ahead of an answer, so that news arrive first. */
export function answerAsks<Ask extends { readonly ask: string }>(
  port: MessagePort,
  answer: (asked: Ask) => Promise<unknown>,
  failureOf: (error: unknown) => unknown,
  before: (asked: Ask) => void = () => undefined,
): void {
  port.on('message', ({ id, ...asked }: Ask & { readonly id: number }) => {
    const ask = asked as unknown as Ask;
    const say = (said: Answer): void => {
      before(ask);
      port.postMessage(said);
    };
    answer(ask).then(
      (value) => say({ said: 'done', id, value }),
      (error: unknown) => say({ said: 'failed', id, failure: failureOf(error) }),
    );
  });
}
