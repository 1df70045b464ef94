import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Holidays } from '@app/calendar';
import { createRunner, openReadStore, type EventSource, type ProjectionRunner, type ReadStore } from '@app/read-store';
import { readModels } from '../index.js';
import type { LedgerEvent } from '../ledger-event.js';
import type { ReadModels } from '../schema.js';

/** A log in memory as a source of read models; `batch` is how many events a live message holds. */
class ListedLog implements EventSource<LedgerEvent> {
  private wake = Promise.withResolvers<void>();
  private shown: number;

  constructor(
    private readonly events: readonly LedgerEvent[],
    private readonly batch: number,
    shown: number,
  ) {
    this.shown = shown;
  }

  /** Lets the log be seen up to a length, as if it was appended just now. */
  show(length: number): void {
    this.shown = length;
    this.wake.resolve();
    this.wake = Promise.withResolvers();
  }

  async readAll({ after, limit }: { after: string | null; limit: number }): Promise<readonly LedgerEvent[]> {
    return this.events.slice(Number(after), Math.min(Number(after) + limit, this.shown));
  }

  async *subscribe({ after, signal }: { after: string | null; signal: AbortSignal }) {
    let next = Number(after);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    while (!signal.aborted) {
      const events = this.events.slice(next, Math.min(next + this.batch, this.shown));
      next += events.length;
      if (events.length > 0) yield { kind: 'events' as const, events };
      else {
        const { promise } = this.wake;
        yield { kind: 'caughtUp' as const };
        if (next >= this.shown) await Promise.race([promise, aborted]);
      }
    }
  }

  async head(): Promise<string | null> {
    return this.shown === 0 ? null : String(this.shown);
  }

  compare(a: string, b: string): number {
    return Number(a) - Number(b);
  }
}

export interface Serving {
  /** How many events there are before the read models start; the rest comes live. Default: all. */
  readonly before?: number;
  /** Events in one live message. */
  readonly batch?: number;
  /** Events in one page while catching up. */
  readonly pageSize?: number;
  readonly holidays?: Holidays | null;
}

/** Read models of a log, whole and up to date. */
export class Served {
  private constructor(
    readonly store: ReadStore<ReadModels>,
    readonly runner: ProjectionRunner,
    readonly log: ListedLog,
    private readonly events: readonly LedgerEvent[],
    private readonly folder: string,
  ) {}

  static async of(events: readonly LedgerEvent[], { before = events.length, batch = 500, pageSize = 2_000, holidays = null }: Serving = {}): Promise<Served> {
    const folder = mkdtempSync(join(tmpdir(), 'models-'));
    const store = openReadStore<ReadModels>({ file: join(folder, 'read.sqlite') });
    const log = new ListedLog(events, batch, before);
    const errors: unknown[] = [];
    const runner = createRunner(store, { source: log, projections: readModels({ holidays }), ledgerId: 'ledger', pageSize, onError: (e) => errors.push(e) });
    await runner.start();
    await runner.caughtUp();
    const served = new Served(store, runner, log, events, folder);
    if (before < events.length) await served.catchUp();
    const stopped = runner.status().find((s) => s.state === 'stopped');
    if (stopped) throw new Error(`${stopped.name} stopped: ${stopped.reason}`, { cause: errors[0] });
    return served;
  }

  /** Shows everything that the log holds by now. */
  async catchUp(): Promise<void> {
    this.log.show(this.events.length);
    if (this.events.length > 0) await this.runner.waitFor(String(this.events.length), 10_000);
  }

  /** Every row of every read model, by table; generations of the tables left out. */
  rows(): { [table: string]: unknown[] } {
    const db = new DatabaseSync(join(this.folder, 'read.sqlite'), { readOnly: true });
    try {
      const views = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").all().map((r) => String(r['name']));
      return Object.fromEntries(views.map((v) => [v, db.prepare(`SELECT * FROM ${v}`).all().map((r) => JSON.stringify(r)).sort()]));
    } finally {
      db.close();
    }
  }

  async close(): Promise<void> {
    await this.runner.stop();
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}

const open: Served[] = [];

/** As {@link Served.of}; closed by {@link closeServed}. */
export async function serve(events: readonly LedgerEvent[], serving?: Serving): Promise<Served> {
  const served = await Served.of(events, serving);
  open.push(served);
  return served;
}

export async function closeServed(): Promise<void> {
  for (const s of open.splice(0)) await s.close();
}
