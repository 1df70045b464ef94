import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import {
  createRunner,
  openReadStore,
  type Projection,
  type ProjectionRunner,
  ProjectionStopped,
  type ReadStore,
  UnsupportedReadStore,
  WaitTimeout,
} from './index.js';
import { MemoryLog, type TestEvent } from './testing/memory-log.js';

interface Schema {
  totals: { id: string; total: number };
  journal: { position: number; id: string; known: string | null };
}

let folder: string;
let file: string;
let log: MemoryLog;
const stores: ReadStore<Schema>[] = [];
const runners: ProjectionRunner[] = [];
const errors: { error: unknown; projection: string | null }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-'));
  file = join(folder, 'read.sqlite');
  log = new MemoryLog();
  errors.length = 0;
});
afterEach(async () => {
  await shutDown();
  rmSync(folder, { recursive: true });
});

async function shutDown(): Promise<void> {
  for (const r of runners.splice(0)) await r.stop();
  for (const s of stores.splice(0)) await s.close();
}

/** Sums up amounts per id; an amount of 13 is poison. */
const totals = (change: Partial<Projection<TestEvent>> & { factor?: number } = {}): Projection<TestEvent> => ({
  name: 'totals',
  version: 1,
  tables: {
    totals: ({ clustered, index }) => [
      clustered.addColumn('id', 'text', (c) => c.primaryKey()).addColumn('total', 'integer', (c) => c.notNull()),
      index('by_total').column('total'),
    ],
  },
  handle(events, writer) {
    const add = writer.prepare(
      'INSERT INTO {totals} (id, total) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET total = total + excluded.total',
    );
    for (const { data } of events) {
      if (data.amount === 13) throw new Error('unlucky');
      add.run(data.id, data.amount * (change.factor ?? 1));
    }
  },
  ...change,
});

/** Notes every event, once: a second time breaks its key. */
const journal = (change: Partial<Projection<TestEvent>> = {}): Projection<TestEvent> => ({
  name: 'journal',
  version: 1,
  tables: {
    journal: ({ table }) => [
      table
        .addColumn('position', 'integer', (c) => c.primaryKey())
        .addColumn('id', 'text')
        .addColumn('known', 'text'),
    ],
  },
  handle(events, writer) {
    const note = writer.prepare('INSERT INTO {journal} (position, id, known) VALUES (?, ?, ?)');
    for (const e of events) note.run(Number(e.position), e.data.id, writer.knownTime);
  },
  ...change,
});

const tenfold: Pick<Projection<TestEvent>, 'handle'> = {
  handle: (events, writer) => totals({ factor: 10 }).handle(events, writer),
};

interface Setting {
  readonly projections?: Projection<TestEvent>[];
  readonly ledgerId?: string;
  readonly pageSize?: number;
}

async function begin({ projections = [totals(), journal()], ledgerId = 'L1', pageSize }: Setting = {}) {
  const store = openReadStore<Schema>({ file });
  stores.push(store);
  const onError = (error: unknown, projection: string | null) => void errors.push({ error, projection });
  const runner = createRunner(store, { source: log, projections, ledgerId, onError, ...(pageSize && { pageSize }) });
  runners.push(runner);
  await runner.start();
  return { store, runner };
}

/** As {@link begin}, once everything is read. */
async function run(setting: Setting = {}) {
  const running = await begin(setting);
  await running.runner.caughtUp();
  return running;
}

const sum = (store: ReadStore<Schema>): number =>
  store.statement<{ n: number }>('SELECT coalesce(sum(total), 0) AS n FROM totals').get()!.n;
const count = (store: ReadStore<Schema>): number => store.statement<{ n: number }>('SELECT count(*) AS n FROM journal').get()!.n;
const many = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `k${i % 7}`, amount: 2 }));
const state = (runner: ProjectionRunner) => Object.fromEntries(runner.status().map((s) => [s.name, s.state]));
const tablesOf = (): string[] => {
  const db = new DatabaseSync(file, { readOnly: true });
  const names = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_g%' ESCAPE '\\' ORDER BY name`)
    .all();
  db.close();
  return names.map((r) => String(r['name']));
};

describe('following the log', () => {
  it('catches up in pages, then live, for all projections with one reading', async () => {
    log.append(...many(25));
    const { store, runner } = await run({ pageSize: 10 });
    expect([sum(store), count(store), log.pages]).toEqual([50, 25, 3]);
    expect(state(runner)).toEqual({ totals: 'live', journal: 'live' });
    const position = log.append({ amount: 5 });
    await runner.waitFor(position, 1000);
    expect([sum(store), count(store), log.subscriptions]).toEqual([55, 26, 1]);
    expect(runner.status()[0]).toMatchObject({
      serving: true,
      stale: false,
      position,
      reason: null,
      event: null,
      rebuilding: null,
      generation: 1,
    });
  });

  it('goes on after a restart where it was, handling nothing twice', async () => {
    log.append(...many(5));
    await run();
    await shutDown();
    log.append(...many(5));
    const { store } = await run();
    expect([sum(store), count(store)]).toEqual([20, 10]);
  });

  it('tells the running maximum of the recording instants, and hands it to the projection', async () => {
    const times = ['2026-01-01T00:00:02.000Z', '2026-01-01T00:00:01.000Z', '2026-01-01T00:00:03.000Z'];
    const { store, runner } = await run();
    for (const recordedAt of times) await runner.waitFor(log.append({ recordedAt }), 1000);
    expect(runner.status().map((s) => s.knownTime)).toEqual([times[2], times[2]]);
    const known = await store.db.selectFrom('journal').select('known').orderBy('position').execute();
    expect(known.map((r) => r.known)).toEqual([null, times[0], times[0]]);
  });

  it('survives a subscription that breaks and reads that fail, losing and doubling nothing', async () => {
    log.append(...many(5));
    log.failures.push(new Error('store away'));
    const { store, runner } = await run();
    await runner.waitFor(log.append({ amount: 0 }), 1000);
    log.breakOff(new Error('connection lost'));
    log.failures.push(new Error('still away'));
    await runner.waitFor(log.append(...many(3)), 2000);
    expect([sum(store), count(store)]).toEqual([16, 9]);
    expect(errors.map((e) => (e.error as Error).message)).toEqual(['store away', 'connection lost', 'still away']);
  });

  it('takes a failure of the database as passing, not as the event’s fault', async () => {
    let full = true;
    const failing = totals({
      handle(events, writer) {
        void totals().handle(events, writer);
        if (full) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
      },
    });
    log.append(...many(3));
    const { store, runner } = await begin({ projections: [failing, journal()] });
    await expect(runner.waitFor('3', 60)).rejects.toThrow(WaitTimeout);
    expect(runner.status()[0]).toMatchObject({
      state: 'catchingUp',
      reason: 'database or disk is full',
      event: null,
      serving: false,
    });
    full = false;
    await runner.waitFor('3', 2000);
    expect([sum(store), count(store)]).toEqual([6, 3]);
    await runner.caughtUp();
    expect(runner.status()[0]).toMatchObject({ state: 'live', reason: null });
  });

  it('lets a projection work asynchronously in one transaction', async () => {
    const slow = totals({
      async handle(events, writer) {
        for (const e of events) {
          await setTimeout(1);
          await totals().handle([e], writer);
        }
      },
    });
    log.append(...many(3));
    const { store } = await run({ projections: [slow, journal()] });
    expect([sum(store), count(store)]).toEqual([6, 3]);
  });

  it('refuses two projections with one name or one table, and impossible tables', async () => {
    await expect(begin({ projections: [totals(), totals()] })).rejects.toThrow('projection totals is there twice');
    await expect(begin({ projections: [totals(), totals({ name: 'other' })] })).rejects.toThrow('table totals is there twice');
    await expect(begin({ projections: [totals({ tables: { checkpoints: () => [] } })] })).rejects.toThrow(
      'cannot be the name of a table',
    );
  });
});

describe('waiting for a position', () => {
  it('answers at once, later, or not in time', async () => {
    const { runner } = await run();
    const position = log.append({});
    await runner.waitFor(position, 1000);
    await runner.waitFor(position, 0);
    const next = runner.waitFor('2', 1000, ['totals']);
    log.append({});
    await next;
    await expect(runner.waitFor('99', 10)).rejects.toThrow(new WaitTimeout('99'));
    expect(() => runner.waitFor('1', 10, ['nonsense'])).toThrow('there is no read model nonsense');
  });

  it('ends when the runner does', async () => {
    const { runner } = await run();
    const waiting = runner.waitFor('99', 10_000);
    const seen = expect(waiting).rejects.toThrow('being shut down');
    await runner.stop();
    await seen;
  });

  it('sees an append within a few milliseconds', async () => {
    const { runner } = await run();
    const took: number[] = [];
    for (let i = 0; i < 200; i++) {
      const begun = performance.now();
      await runner.waitFor(log.append({}), 1000);
      took.push(performance.now() - begun);
    }
    took.sort((a, b) => a - b);
    expect(took[100]).toBeLessThan(5);
  });
});

describe('an event that cannot be handled', () => {
  it('stops its own projection just before it, and no other', async () => {
    log.append(...many(3), { amount: 13 }, ...many(2));
    const { store, runner } = await run();
    expect(state(runner)).toEqual({ totals: 'stopped', journal: 'live' });
    expect(runner.status()[0]).toMatchObject({
      position: '3',
      reason: 'Counted at 4: unlucky',
      event: { id: 'e4', position: '4' },
    });
    expect(runner.status().map((s) => s.serving)).toEqual([false, true]);
    expect([sum(store), count(store)]).toEqual([6, 6]);
    await runner.waitFor(log.append({}), 1000, ['journal']);
    await runner.waitFor('3', 0, ['totals']);
    await expect(runner.waitFor('4', 1000)).rejects.toThrow(ProjectionStopped);
    expect(errors).toEqual([{ error: new Error('unlucky'), projection: 'totals' }]);
  });

  it('ends the waiting of those who wait for it', async () => {
    const { runner } = await run();
    const waiting = runner.waitFor('1', 5000);
    log.append({ amount: 13 });
    await expect(waiting).rejects.toThrow('the read model totals has stopped: Counted at 1: unlucky');
  });

  it('is tried again at the next start, with mended code', async () => {
    log.append(...many(2), { amount: 13 }, ...many(1));
    await run();
    await shutDown();
    const again = await run();
    expect(state(again.runner)).toEqual({ totals: 'stopped', journal: 'live' });
    await shutDown();
    const mended = totals({
      handle: (events, writer) =>
        totals().handle(
          events.filter((e) => e.data.amount !== 13),
          writer,
        ),
    });
    const { store, runner } = await run({ projections: [mended, journal()] });
    expect([sum(store), count(store)]).toEqual([6, 4]);
    expect(runner.status()[0]).toMatchObject({ state: 'live', reason: null, event: null, position: '4' });
  });

  it('takes the projection’s memory back with its rows', async () => {
    const remembering = totals({
      handle(events, writer) {
        const seen = writer.memory(() => ({
          total: writer.prepare<{ n: number }>('SELECT coalesce(sum(total), 0) AS n FROM {totals}').get()!.n,
        }));
        for (const e of events) {
          seen.total += e.data.amount;
          writer.prepare('INSERT INTO {totals} VALUES (?, 0) ON CONFLICT DO NOTHING').run(e.data.id);
          if (e.data.amount === 13) throw new Error('unlucky');
          writer.prepare('UPDATE {totals} SET total = ?').run(seen.total);
        }
      },
    });
    log.append({ amount: 1 }, { amount: 2 }, { amount: 13 });
    const { store } = await run({ projections: [remembering] });
    expect(sum(store)).toBe(3);
  });
});

describe('rebuilding', () => {
  it('builds beside the serving rows, which go on and are read meanwhile, then swaps', async () => {
    log.append(...many(400));
    const doubling = { factor: 1 };
    const projection = totals({
      handle: (events, writer) => totals({ factor: doubling.factor }).handle(events, writer),
    });
    const { store, runner } = await run({ projections: [projection, journal()], pageSize: 40 });
    expect(sum(store)).toBe(800);
    const progress: string[] = [];
    const seen = new Set<number>();
    let reading = true;
    const reader = (async () => {
      while (reading) {
        seen.add(sum(store));
        await setTimeout(0);
      }
    })();
    const rebuilt = runner.rebuild('totals', (position) => {
      progress.push(position);
      if (progress.length === 10) log.append({ id: 'z', amount: 1 });
      if (progress.length === 2)
        expect(runner.status()[0]).toMatchObject({ state: 'live', serving: true, generation: 1, rebuilding: { generation: 2 } });
    });
    await runner.rebuild('totals'); // joins the one under way
    await rebuilt;
    reading = false;
    await reader;
    expect(progress.length).toBeGreaterThan(30);
    expect([...seen].every((n) => n === 800 || n === 801)).toBe(true);
    await runner.waitFor('401', 1000);
    expect([sum(store), count(store)]).toEqual([801, 401]);
    expect(runner.status()[0]).toMatchObject({ state: 'live', generation: 2, rebuilding: null, position: '401' });
    await runner.waitFor(log.append({ amount: 1 }), 1000);
    expect(sum(store)).toBe(802);
    expect(tablesOf()).toEqual(['journal_g1', 'totals_g2']);
  });

  it('never shows a reader fewer events than before', async () => {
    log.append(...many(200));
    const { store, runner } = await run({ pageSize: 40 });
    let last = 0;
    const rebuilt = runner.rebuild('totals', () => void log.append({ amount: 1 }));
    let done = false;
    void rebuilt.then(() => (done = true));
    while (!done) {
      const now = sum(store);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
      await setTimeout(0);
    }
    await runner.waitFor((await log.head())!, 1000);
    expect(sum(store)).toBe(400 + log.events.length - 200);
  });

  it('reads the log once for several', async () => {
    log.append(...many(100));
    const { store, runner } = await run({ pageSize: 40 });
    const pages = log.pages;
    await runner.rebuild(['totals', 'journal']);
    // Ten full pages of a quarter, one short one to see the end, and perhaps one read ahead.
    expect(log.pages - pages).toBeLessThanOrEqual(12);
    expect([sum(store), count(store)]).toEqual([200, 100]);
    expect(tablesOf()).toEqual(['journal_g2', 'totals_g2']);
  });

  it('mends a stopped projection once its code is mended', async () => {
    log.append(...many(2), { amount: 13 });
    let mended = false;
    const projection = totals({
      handle: (events, writer) => totals().handle(mended ? events.filter((e) => e.data.amount !== 13) : events, writer),
    });
    const { store, runner } = await run({ projections: [projection, journal()] });
    await expect(runner.rebuild('totals')).rejects.toThrow(ProjectionStopped);
    mended = true;
    await runner.rebuild('totals');
    expect(runner.status()[0]).toMatchObject({ state: 'live', position: '3', reason: null });
    await runner.waitFor(log.append({ amount: 1 }), 1000);
    expect(sum(store)).toBe(5);
    expect(tablesOf()).toEqual(['journal_g1', expect.stringMatching(/^totals_g/)]);
  });

  it('resumes after a restart in its midst', async () => {
    log.append(...many(300));
    const first = await run({ pageSize: 80 });
    const cut = first.runner.rebuild('totals', (position) => void (Number(position) > 100 && first.runner.stop()));
    await expect(cut).rejects.toThrow('being shut down');
    await shutDown();
    expect(tablesOf()).toEqual(['journal_g1', 'totals_g1', 'totals_g2']);
    let handled = 0;
    const counting = totals({ handle: (events, writer) => ((handled += events.length), totals().handle(events, writer)) });
    const { store, runner } = await begin({ projections: [counting, journal()] });
    expect(runner.status()[0]?.rebuilding?.position).not.toBeNull();
    await runner.rebuild('totals');
    expect(sum(store)).toBe(600);
    expect(handled).toBeLessThan(300);
    expect(tablesOf()).toEqual(['journal_g1', 'totals_g2']);
  });
});

describe('a new version of a projection', () => {
  it('is built at the start, the old rows serving meanwhile where they may', async () => {
    log.append(...many(100));
    await run();
    await shutDown();
    log.append({ amount: 2 });
    const next = totals({ version: 2, servedBy: [1], ...tenfold });
    const { store, runner } = await begin({ projections: [next, journal()], pageSize: 10 });
    expect(runner.status()[0]).toMatchObject({
      state: 'catchingUp',
      serving: true,
      stale: true,
      version: 1,
      position: '100',
      rebuilding: { generation: 2 },
    });
    expect(sum(store)).toBe(200);
    await runner.waitFor('101', 2000, ['totals']);
    expect(sum(store)).toBe(2020);
    await runner.caughtUp();
    expect(runner.status()[0]).toMatchObject({ state: 'live', stale: false, version: 2, generation: 2 });
  });

  it('throws incompatible rows away, and does not serve until it has the whole log', async () => {
    log.append(...many(100));
    await run();
    await shutDown();
    const next = totals({ version: 2, ...tenfold });
    const { store, runner } = await begin({ projections: [next, journal()], pageSize: 10 });
    expect(runner.status().map((s) => s.serving)).toEqual([false, true]);
    await runner.caughtUp();
    expect(runner.status().map((s) => s.serving)).toEqual([true, true]);
    expect(sum(store)).toBe(2000);
  });

  it('that stops shows as stopped while the old rows serve', async () => {
    log.append(...many(10));
    await run();
    await shutDown();
    const broken = totals({
      version: 2,
      servedBy: [1],
      handle() {
        throw new Error('not written yet');
      },
    });
    const { store, runner } = await run({ projections: [broken, journal()] });
    expect(runner.status()[0]).toMatchObject({
      state: 'stopped',
      stale: true,
      serving: true,
      position: '10',
      event: { id: 'e1' },
    });
    expect(sum(store)).toBe(20);
    await expect(runner.waitFor(log.append({}), 1000)).rejects.toThrow('not written yet');
  });

  it('notices tables that came or went without one', async () => {
    log.append(...many(10));
    await run({ projections: [totals()] });
    await shutDown();
    const more = totals({
      tables: { ...totals().tables, extra: ({ table }) => [table.addColumn('x', 'text')] },
    });
    const { store } = await run({ projections: [more] });
    expect(sum(store)).toBe(20);
    expect(tablesOf()).toEqual(['extra_g1', 'totals_g1']);
  });

  it('removes what no projection is left for', async () => {
    log.append(...many(10));
    await run();
    await shutDown();
    const { store } = await run({ projections: [journal()] });
    expect(tablesOf()).toEqual(['journal_g1']);
    expect(() => store.statement('SELECT * FROM totals').all()).toThrow('no such table');
  });
});

describe('rows that do not fit the log', () => {
  it('are rebuilt when they are ahead of its end', async () => {
    log.append(...many(10));
    await run();
    await shutDown();
    log.events.length = 4;
    const { store, runner } = await run();
    expect([sum(store), count(store)]).toEqual([8, 4]);
    expect(runner.status().map((s) => s.position)).toEqual(['4', '4']);
  });

  it('are rebuilt when they come from another ledger', async () => {
    log.append(...many(10));
    await run();
    await shutDown();
    log = new MemoryLog();
    log.append(...many(12).map((e) => ({ ...e, amount: 3 })));
    const { store } = await run({ ledgerId: 'L2' });
    expect([sum(store), count(store)]).toEqual([36, 12]);
  });
});

describe('reading', () => {
  it('gives one unmoving picture to a transaction, new rows to others, and never writes', async () => {
    const { store, runner } = await run();
    await runner.waitFor(log.append(...many(7)), 1000);
    await store.withReadTransaction(async (db) => {
      const read = async () =>
        (
          await db
            .selectFrom('totals')
            .select((e) => e.fn.sum<number>('total').as('n'))
            .executeTakeFirstOrThrow()
        ).n;
      expect(await read()).toBe(14);
      await runner.waitFor(log.append({ amount: 1 }), 1000);
      expect(await read()).toBe(14);
      expect((await store.db.selectFrom('journal').selectAll().execute()).length).toBe(8);
      expect(sum(store)).toBe(15);
    });
    await expect(store.db.insertInto('totals').values({ id: 'x', total: 1 }).execute()).rejects.toThrow(/readonly|cannot modify/);
    expect(store.snapshot(() => [sum(store), store.snapshot(() => count(store))])).toEqual([15, 8]);
  });

  it('lets more transactions than connections take turns', async () => {
    const { store } = await run();
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        store.withReadTransaction(async (db) => {
          await setTimeout(1);
          await db.selectFrom('totals').selectAll().execute();
          return i;
        }),
      ),
    );
    expect(results).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('uses the index of the tables behind a view', async () => {
    const { store } = await run();
    const plan = store.statement<{ detail: string }>('EXPLAIN QUERY PLAN SELECT * FROM totals WHERE total = 3').all();
    expect(plan.map((r) => r.detail).join()).toMatch(/USING (COVERING )?INDEX totals_g1_by_total/);
  });

  it('streams', async () => {
    const { store, runner } = await run();
    await runner.waitFor(log.append(...many(5)), 1000);
    const positions: number[] = [];
    for await (const row of store.db.selectFrom('journal').select('position').orderBy('position').stream())
      positions.push(row.position);
    expect(positions).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('the file', () => {
  it('is refused when a newer build wrote it, or when it is something else', () => {
    void openReadStore({ file }).close();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 2');
    db.close();
    expect(() => openReadStore({ file })).toThrow(/data format 2, this build knows up to 1/);
    const foreign = new DatabaseSync(join(folder, 'foreign.sqlite'));
    foreign.exec('CREATE TABLE mine (x)');
    foreign.close();
    expect(() => openReadStore({ file: join(folder, 'foreign.sqlite') })).toThrow(UnsupportedReadStore);
  });

  it('of an older format is emptied and rebuilt', async () => {
    log.append(...many(5));
    await run();
    await shutDown();
    const db = new DatabaseSync(file);
    db.exec('DROP TABLE ledger; PRAGMA user_version = 0');
    db.close();
    const { store } = await run();
    expect([sum(store), count(store)]).toEqual([10, 5]);
  });
});
