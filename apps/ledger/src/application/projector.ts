import { ProjectionStopped, WaitTimeout, type ProjectionStatus } from '@app/read-store';
import type { Ask, Failure, News, ProjectorData } from './projector-thread.js';
import { Thread } from './thread.js';

export interface ProjectorOptions extends ProjectorData {
  /** Hears of failures that are retried, and of projections that stopped. */
  readonly onError: (error: unknown, projection: string | null) => void;
}

/** The read models' runner, in a thread of its own. */
export class Projector {
  private readonly thread: Thread<Ask, News>;
  private latest: readonly ProjectionStatus[] = [];

  constructor({ onError, ...workerData }: ProjectorOptions) {
    this.thread = new Thread<Ask, News>({
      script: new URL('./projector-thread.js', import.meta.url),
      name: 'projector',
      data: () => ({ workerData }),
      news: (news) => {
        if (news.said === 'status') this.latest = news.status;
        else onError(news.error, news.projection);
      },
      errorOf,
      onError: (error) => onError(error, null),
      onLost: () => {
        this.latest = this.latest.map((s) => ({ ...s, state: 'catchingUp', reason: 'the thread of the read models ended and is started again' }));
      },
    });
  }

  /** As of some milliseconds ago, and of the last answer; empty before the first. */
  status(): readonly ProjectionStatus[] {
    return this.latest;
  }

  /** Resolves when every read model holds the log (or has stopped). */
  caughtUp(): Promise<void> {
    return this.thread.ask({ ask: 'caughtUp' });
  }

  /** Resolves when the rows of the read models hold a position. @throws {WaitTimeout} {ProjectionStopped} */
  waitFor(position: string, timeoutMs: number, models: readonly string[] | null): Promise<void> {
    return this.thread.ask({ ask: 'waitFor', position, timeoutMs, models });
  }

  /** Builds a read model anew beside the one that serves, and swaps it in. */
  rebuild(projection: string): Promise<void> {
    return this.thread.ask({ ask: 'rebuild', projection });
  }

  /** Ends after the transaction under way. Idempotent. */
  stop(): Promise<void> {
    return this.thread.stop();
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
