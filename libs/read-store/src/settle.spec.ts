import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunner, openReadStore, type Projection, type ProjectionRunner, type ReadStore } from './index.js';
import { MemoryLog, type TestEvent } from './testing/memory-log.js';

interface Schema {
  sums: { id: string; total: number };
}

/** Sums per id; while the rows are not complete it only notes the amounts and sums them up at the end, three ids at a time. */
const sums = (settled: string[][], poison = ''): Projection<TestEvent> => ({
  name: 'sums',
  version: 1,
  tables: {
    sums: ({ clustered }) => [clustered.addColumn('id', 'text', (c) => c.primaryKey()).addColumn('total', 'integer')],
    noted: ({ table }) => [table.addColumn('id', 'text').addColumn('amount', 'integer')],
  },
  handle(events, writer) {
    const note = writer.prepare('INSERT INTO {noted} VALUES (?, ?)');
    const add = writer.prepare('INSERT INTO {sums} VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET total = total + excluded.total');
    for (const { data } of events) (writer.complete ? add : note).run(data.id, data.amount);
  },
  settle(writer) {
    const rows = writer.prepare<{ id: string; total: number }>('SELECT id, sum(amount) AS total FROM {noted} GROUP BY id ORDER BY id LIMIT 3').all();
    if (rows.some((r) => r.id === poison)) throw new Error('cannot be summed up');
    const add = writer.prepare('INSERT INTO {sums} VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET total = total + excluded.total');
    for (const { id, total } of rows) {
      add.run(id, total);
      writer.prepare('DELETE FROM {noted} WHERE id = ?').run(id);
    }
    if (rows.length > 0) settled.push(rows.map((r) => r.id));
    return rows.length === 3;
  },
});

let folder: string;
let store: ReadStore<Schema>;
let runner: ProjectionRunner;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-'));
});
afterEach(async () => {
  await runner.stop();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function run(log: MemoryLog, projection: Projection<TestEvent>): Promise<void> {
  store = openReadStore<Schema>({ file: join(folder, 'read.sqlite') });
  runner = createRunner(store, { source: log, projections: [projection], ledgerId: 'one', pageSize: 5 });
  await runner.start();
  await runner.caughtUp();
}

const all = (): unknown[] => store.statement<Schema['sums']>('SELECT * FROM sums ORDER BY id').all().map((r) => ({ ...r }));

describe('what is put off while the rows are not complete', () => {
  const log = (): MemoryLog => {
    const l = new MemoryLog();
    for (let i = 0; i < 14; i++) l.append({ id: 'abcdefg'[i % 7]!, amount: i });
    return l;
  };
  const expected = 'abcdefg'.split('').map((id, i) => ({ id, total: 2 * i + 7 }));

  it('is settled in parts before they serve, and not put off afterwards', async () => {
    const l = log();
    const settled: string[][] = [];
    await run(l, sums(settled));
    expect(settled).toEqual([['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]);
    expect(all()).toEqual(expected);
    await runner.waitFor(l.append({ id: 'a', amount: 100 }), 1000);
    expect(all()[0]).toEqual({ id: 'a', total: 107 });
    expect(settled).toHaveLength(3);
  });

  it('is settled again for a rebuild, while the log grows', async () => {
    const l = log();
    const settled: string[][] = [];
    await run(l, sums(settled));
    await runner.rebuild('sums', () => void (l.events.length < 40 && l.append({ id: 'g', amount: 0 })));
    await runner.waitFor((await l.head())!, 1000);
    expect(all()).toEqual(expected);
    expect(settled.length).toBeGreaterThan(3);
  });

  it('stops the projection when it cannot be settled', async () => {
    await run(log(), sums([], 'e'));
    expect(runner.status()[0]).toMatchObject({ state: 'stopped', serving: false, reason: 'settling: cannot be summed up' });
  });
});
