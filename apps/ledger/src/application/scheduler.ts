import type { PlainDate } from '@app/calendar';
import type { Application } from './application.js';

/** One thing that falls due, as the renewals read model has it. */
export interface DueRow {
  readonly contractId: string;
  readonly on: PlainDate;
  readonly kind: string;
  readonly subject: string;
  /** The contract's revision that this follows from. */
  readonly revision: number;
}

export interface SchedulerOptions {
  readonly application: Application;
  /** What is due by a day, by day, then kind, then contract; at most `limit`. */
  readonly dueBy: (day: PlainDate, limit: number) => readonly DueRow[];
  /** Waits until the read models hold a position. */
  readonly waitFor: (position: string) => Promise<void>;
  readonly today: () => PlainDate;
  readonly everyMs?: number;
  readonly log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
}

/** How many due rows are worked off before the read model is asked again. */
const PAGE = 500;

/**
 * Writes what falls due, as a client of the commands: asks the read model what is due, sends one command for each
 * contract, day and kind, and asks again until nothing is left, however late it is and however often it runs.
 */
export class Scheduler {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;

  constructor(private readonly o: SchedulerOptions) {}

  start(): void {
    const every = this.o.everyMs ?? 30_000;
    this.timer = setInterval(() => {
      if (!this.running) this.running = this.work(this.o.today(), false).catch((error: unknown) => this.o.log.warn({ err: error }, 'due work failed and is tried again')).finally(() => (this.running = null));
    }, every);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }

  /**
   * Works off everything due by `through`. `asIfOnTime` decides each thing on its own day (the sandbox's clock passes
   * every day on its way); otherwise on today, so that lateness shows.
   */
  async work(through: PlainDate, asIfOnTime: boolean): Promise<void> {
    let stuck = 0;
    for (;;) {
      if (this.stopped) return;
      const rows = this.o.dueBy(through, PAGE);
      const first = rows[0];
      if (!first) return;
      let last: string | null = null;
      const done = new Set<string>();
      // A written consequence may bring the next one of the same contract forward, so one day and kind at a time.
      for (const row of rows) {
        if (row.on !== first.on || row.kind !== first.kind) break;
        if (done.has(row.contractId)) continue;
        done.add(row.contractId);
        const outcome = await this.o.application.executeDue(row.contractId, row, asIfOnTime ? row.on : this.o.today());
        if (outcome.status === 200) {
          const { position } = outcome.body as { position?: string };
          if (position) last = position;
        } else if (outcome.status !== 409 && outcome.status !== 412) this.o.log.warn({ contractId: row.contractId, due: row, status: outcome.status }, 'due work was not accepted');
        if (this.stopped) return;
      }
      if (last) {
        stuck = 0;
        await this.o.waitFor(last);
      } else if (++stuck > 50) {
        // Nothing was written although the read model says something is due: it is behind, or this is a defect.
        throw new Error(`due work does not get on: ${JSON.stringify(first)}`);
      } else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
