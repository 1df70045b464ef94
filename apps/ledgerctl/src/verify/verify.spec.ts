import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openRegister, type Register } from '@app/erasable';
import { openEmbeddedStore, type EventStore, type NewEvent, type StoredEvent } from '@app/event-store';
import { deriveId } from '@app/kernel';
import { createRunner, openReadStore, type Projection } from '@app/read-store';
import { copyDatabase, damageOf } from '../copy.js';
import { copyLog, lotsOf } from '../copy-log.js';
import { erasedAfter, refsIn, verifyLog } from './log.js';
import { verifyRows } from './rows.js';

let folder: string;
let register: Register;
const at = (name: string): string => join(folder, name);

const event = (n: number, type: string, data: object): NewEvent => ({
  id: deriveId('event', n),
  type,
  data,
  metadata: {
    commandId: deriveId('command', n),
    actor: { subject: 's', role: 'admin' },
    recordedAt: '2026-01-01T00:00:00.000Z',
    schemaVersion: 1,
    salt: '0'.repeat(32),
    receipts: [],
  },
});

/** Three events of one unit behind the founding; the last holds a text. */
async function fill(): Promise<void> {
  const store = await openEmbeddedStore({ file: at('log.sqlite') });
  const [ref] = await register.write(deriveId('command', 3), [{ kind: 'reason', slot: 'reason', text: '理由' }]);
  await store.append('ledger', 'no_stream', [event(0, 'LedgerFounded', { ledgerId: 'L' })]);
  await store.append('counter-1', 'no_stream', [event(1, 'Counted', { by: 1 }), event(2, 'Counted', { by: 2 })]);
  await store.append('counter-1', 1, [event(3, 'Counted', { by: 3, reason: ref })]);
  await store.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'));
  register = openRegister({ file: at('register.sqlite') });
  await fill();
});
afterEach(() => {
  register.close();
  rmSync(folder, { recursive: true, force: true });
});

const withStore = async <T>(work: (store: EventStore) => Promise<T>): Promise<T> => {
  const store = await openEmbeddedStore({ file: at('log.sqlite') });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};
const tamper = (file: string, sql: string): void => {
  const db = new DatabaseSync(at(file));
  db.exec(sql);
  db.close();
};
const findings = () => withStore((store) => verifyLog({ store, register, dense: true }));

test('a log as it was written has no faults', async () => {
  expect(await findings()).toEqual({
    ledgerId: 'L',
    events: 4,
    streams: 2,
    head: '4',
    texts: 1,
    erased: 0,
    faults: [],
    faultCount: 0,
  });
});

test.each([
  ['a row that is gone', 'DELETE FROM events WHERE position = 3', ['position at position 4', 'revision at position 4']],
  [
    'a row that was put in twice',
    'INSERT INTO events SELECT 5, stream, 7, id, type, data, metadata FROM events WHERE position = 2',
    ['revision at position 5'],
  ],
  ['data that are not canonical', `UPDATE events SET data = '{ "by":2}' WHERE position = 3`, ['canonical at position 3']],
  ['data that are no JSON', `UPDATE events SET data = '{"by":' WHERE position = 3`, ['canonical at after position 2']],
  [
    'metadata that are not whole',
    `UPDATE events SET metadata = '{"receipts":[],"recordedAt":"gestern"}' WHERE position = 3`,
    ['metadata at position 3'],
  ],
  ['no founding', 'DELETE FROM events WHERE position = 1; UPDATE events SET position = position - 1', ['founding at position 1']],
])('%s is found and named', async (_, sql, expected) => {
  tamper('log.sqlite', sql);
  const { faults } = await findings();
  expect(faults.map((f) => `${f.kind} at ${f.at.replace(/ \(.*/, '')}`)).toEqual(expected);
});

test('a text that was erased is no fault; one that was altered or is missing is', async () => {
  const verdict = async () => (await findings()).faults.map((f) => f.detail.replace(/text \S+ /, ''));
  tamper('register.sqlite', "UPDATE texts SET text = '別の理由'");
  expect(await verdict()).toEqual(['is altered in the register']);
  tamper('register.sqlite', "UPDATE texts SET text = NULL, salt = NULL, erased_at = '2025-12-31T00:00:00Z'");
  expect([await verdict(), (await findings()).erased]).toEqual([['is gone from the register, and no erasure names it'], 1]);
  // Whatever day the register gives: what it says of itself vouches for nothing.
  tamper('register.sqlite', "UPDATE texts SET erased_at = '2099-01-01T00:00:00Z'");
  expect(await verdict()).toEqual(['is gone from the register, and no erasure names it']);
  tamper('register.sqlite', 'DELETE FROM texts');
  expect(await verdict()).toEqual(['is missing in the register']);
});

test('an erasure accounts for what is gone; what it names and is there again is a fault', async () => {
  const [ref] = await register.write(deriveId('command', 3), [{ kind: 'reason', slot: 'reason', text: '理由' }]);
  await withStore((store) => store.append('erasure-1', 'no_stream', [event(4, 'ContractorErased', { erasureId: '1', contractorId: 'K', refs: [ref!.ref] })]));
  expect((await findings()).faults.map((f) => f.detail)).toEqual([expect.stringMatching(/was erased and is in the register again/)]);
  register.erase({ refs: [ref!.ref] });
  tamper('register.sqlite', "UPDATE texts SET erased_at = '2025-12-31T00:00:00Z'");
  expect((await findings()).faults).toEqual([]);
});

test('a text that is kept under another than its contractor, so that an erasure would miss it, is a fault', async () => {
  const command = deriveId('command', 4);
  const refs = await register.write(command, ['contractor.name', 'name'].map((slot) => ({ kind: 'name', slot, text: slot, subject: 'K-1' })));
  // Of another command, so kept under whom that was about.
  const [approver] = await register.write(deriveId('command', 5), [{ kind: 'reason', slot: 'reason', text: 'seen' }]);
  const opened = event(4, 'ManagementUnitOpened', { managementUnitId: 'u', contractorId: 'K-1', contractorName: refs[0], name: refs[1] });
  await withStore((store) => store.append('managementUnit-u', 'no_stream', [{ ...opened, metadata: { ...(opened.metadata as object), approval: { reason: approver } } }]));
  expect((await findings()).faults).toEqual([]);
  for (const [subject, said] of [["'K-2'", 'K-2'], ['NULL', 'nobody']]) {
    tamper('register.sqlite', `UPDATE texts SET subject = ${subject} WHERE slot = 'name'`);
    expect((await findings()).faults).toEqual([{ kind: 'text', at: expect.stringMatching(/^position 5 /), detail: `text ${refs[1]!.ref} is kept under ${said} in the register and belongs to K-1: an erasure would miss it` }]);
  }
});

test.each([
  ['FactRecorded', 'record-r', { recordId: 'r', contractId: 'k' }],
  ['ApprovalRequested', 'approval-a', { approvalId: 'a', contractorId: 'K-1' }],
])('%s: its texts belong to the contractor whom it is about', async (type, stream, data) => {
  const [text] = await register.write(deriveId('command', 5), [{ kind: 'note', slot: 'note', text: 'told', subject: 'K-1' }]);
  await withStore(async (store) => {
    await store.append('contract-k', 'no_stream', [event(4, 'Contracted', { contractId: 'k', contractorId: 'K-1' })]);
    await store.append(stream, 'no_stream', [event(5, type, { ...data, note: text })]);
  });
  expect((await findings()).faults).toEqual([]);
  tamper('register.sqlite', "UPDATE texts SET subject = 'K-2' WHERE slot = 'note'");
  expect((await findings()).faults).toEqual([{ kind: 'text', at: expect.stringMatching(/^position 6 /), detail: `text ${text!.ref} is kept under K-2 in the register and belongs to K-1: an erasure would miss it` }]);
});

test('an erasure that came while the log was being read accounts for what is gone', async () => {
  const [ref] = await register.write(deriveId('command', 3), [{ kind: 'reason', slot: 'reason', text: '理由' }]);
  const picture = '4';
  const during = () => withStore((store) => verifyLog({ store, register, dense: true, through: picture, erasedSince: () => erasedAfter(store, picture) }));
  register.erase({ refs: [ref!.ref] });
  expect((await during()).faults.map((f) => f.detail)).toEqual([expect.stringMatching(/no erasure names it/)]);
  await withStore((store) => store.append('erasure-1', 'no_stream', [event(4, 'ContractorErased', { erasureId: '1', contractorId: 'K', refs: [ref!.ref] })]));
  expect(await during()).toMatchObject({ erased: 1, faults: [] });
});

test('references are found wherever they stand', () => {
  const ref = (n: number) => ({ ref: `r${n}`, commitment: `c${n}` });
  expect(refsIn({ a: ref(1), b: [{ c: { d: ref(2) } }, null, 'x', { ref: 3 }] })).toEqual([ref(1), ref(2)]);
});

const sums: Projection<StoredEvent> = {
  name: 'sums',
  version: 2,
  tables: { sums: ({ clustered }) => [clustered.addColumn('stream', 'text', (c) => c.primaryKey()).addColumn('sum', 'integer')] },
  handle(events, w) {
    const add = w.prepare('INSERT INTO {sums} VALUES (?, ?) ON CONFLICT (stream) DO UPDATE SET sum = sum + excluded.sum');
    for (const e of events) if (e.type === 'Counted') add.run(e.stream, (e.data as { by: number }).by);
  },
};
const failing: Projection<StoredEvent> = {
  ...sums,
  name: 'failing',
  tables: { others: sums.tables['sums']! },
  handle: (events, w) => {
    for (const e of events) {
      if (e.position === '4') throw new Error('cannot');
      w.prepare('INSERT INTO {others} VALUES (?, 0) ON CONFLICT DO NOTHING').run(e.stream);
    }
  },
};

async function serve(projections: readonly Projection<StoredEvent>[]): Promise<void> {
  await withStore(async (store) => {
    const reads = openReadStore<never>({ file: at('read.sqlite') });
    const runner = createRunner(reads, { source: store, projections, ledgerId: 'L' });
    await runner.start();
    await runner.caughtUp();
    await runner.stop();
    await reads.close();
  });
}
let builds = 0;
const rows = (projections: readonly Projection<StoredEvent>[], ledgerId = 'L') =>
  withStore((store) => {
    const scratch = mkdtempSync(at(`scratch-${++builds}-`));
    return verifyRows({ store, projections, ledgerId, file: at('read.sqlite'), scratch });
  });

describe('rows', () => {
  test('that the log makes are the same, also where they stand before its head', async () => {
    await serve([sums]);
    await withStore((store) => store.append('counter-1', 2, [event(4, 'Counted', { by: 100 })]));
    expect(await rows([sums])).toEqual({ projections: [{ name: 'sums', result: 'same', position: '4', rows: 1 }], faults: [] });
  });

  test.each([
    ['UPDATE sums_g1 SET sum = 7', 'row stream = "counter-1": sum is 7, the log makes it 6'],
    [
      "INSERT INTO sums_g1 VALUES ('counter-0', 1)",
      'row stream = "counter-0" does not follow from the log: {"stream":"counter-0","sum":1}',
    ],
    ['DELETE FROM sums_g1', 'row stream = "counter-1", which follows from the log, is missing: {"stream":"counter-1","sum":6}'],
  ])('after %s differ, and the first is named', async (sql, detail) => {
    await serve([sums]);
    tamper('read.sqlite', sql);
    expect(await rows([sums])).toEqual({
      projections: [{ name: 'sums', result: 'different', position: '4', rows: expect.any(Number) }],
      faults: [{ kind: 'rows', at: 'sums', detail }],
    });
  });

  test('of a stopped projection are compared as far as it came', async () => {
    await serve([sums, failing]);
    expect(await rows([sums, failing])).toEqual({
      projections: [
        { name: 'sums', result: 'same', position: '4', rows: 1 },
        { name: 'failing', result: 'stopped', position: '3', rows: 2 },
      ],
      faults: [],
    });
  });

  test('of another version are left to the next start; those of another ledger are a fault', async () => {
    await serve([sums]);
    expect((await rows([{ ...sums, version: 3 }])).projections).toEqual([
      { name: 'sums', result: 'old', position: '4', rows: 0 },
    ]);
    expect((await rows([failing])).projections).toEqual([{ name: 'failing', result: 'absent', position: null, rows: 0 }]);
    expect((await rows([sums], 'M')).faults).toEqual([{ kind: 'rows', at: 'read models', detail: 'they are those of ledger L' }]);
  });
});

test('a copy is one picture of a file in use, and never goes over another', async () => {
  const writer = new DatabaseSync(at('log.sqlite'));
  writer.exec('BEGIN IMMEDIATE; DELETE FROM events');
  await copyDatabase(at('log.sqlite'), at('copy.sqlite'));
  writer.exec('ROLLBACK');
  writer.close();
  const copy = new DatabaseSync(at('copy.sqlite'), { readOnly: true });
  expect({ ...copy.prepare('SELECT count(*) AS n FROM events').get() }).toEqual({ n: 4 });
  copy.close();
  await expect(copyDatabase(at('log.sqlite'), at('copy.sqlite'))).rejects.toThrow(/EEXIST/);
  writeFileSync(at('damaged.sqlite'), 'no database at all');
  await expect(copyDatabase(at('damaged.sqlite'), at('copy-2.sqlite'))).rejects.toThrow(/^damaged\.sqlite: file is not a database/);
  await expect(copyDatabase(at('nothing.sqlite'), at('copy-3.sqlite'))).rejects.toThrow(/^nothing\.sqlite: unable to open/);
  expect([damageOf(at('copy.sqlite')), damageOf(at('none.sqlite'))]).toEqual([null, 'is missing']);
  tamper('copy.sqlite', "CREATE TRIGGER spy AFTER INSERT ON events BEGIN DELETE FROM events; END");
  expect(damageOf(at('copy.sqlite'))).toMatch(/^holds a trigger \(spy\)/);
});

describe('a log copied into another store', () => {
  const all = async (store: EventStore) =>
    (await store.readAll({ after: null, limit: 100 })).map((e) => ({ ...e, position: null }));
  const withCopy = async (work: (store: EventStore, copy: EventStore) => Promise<void>): Promise<void> =>
    withStore(async (store) => {
      const copy = await openEmbeddedStore({ file: at('other.sqlite') });
      try {
        await work(store, copy);
      } finally {
        await copy.close();
      }
    });

  test('is the same to the byte; begun again after an interruption it doubles nothing', () =>
    withCopy(async (store, copy) => {
      let left = 1;
      const failing = {
        ...copy,
        append: (...args: Parameters<EventStore['append']>) =>
          left-- > 0 ? copy.append(...args) : Promise.reject(new Error('cut short')),
      } as EventStore;
      await expect(copyLog(store, '4', failing)).rejects.toThrow('cut short');
      expect(await all(copy)).toEqual((await all(store)).slice(0, 1));
      for (let i = 0; i < 2; i++) await copyLog(store, '4', copy);
      expect(await all(copy)).toEqual(await all(store));
    }));

  test('ends where it is told to', () =>
    withCopy(async (store, copy) => {
      await copyLog(store, '2', copy);
      expect(await all(copy)).toEqual((await all(store)).slice(0, 2));
    }));

  test('is refused where the other store holds something else', () =>
    withCopy(async (store, copy) => {
      await copy.append('counter-1', 'no_stream', [event(9, 'Counted', { by: 9 })]);
      await expect(copyLog(store, '4', copy)).rejects.toThrow(/counter-1: expected revision no_stream/);
    }));

  test('goes in lots of one stream and half an append', () => {
    const stored = (stream: string, bytes: number) => ({ stream, rawData: 'x'.repeat(bytes) }) as StoredEvent;
    const lots = [
      ...lotsOf([
        stored('a', 1),
        stored('a', 1),
        stored('b', 1),
        stored('a', 300_000),
        stored('a', 300_000),
        stored('a', 900_000),
      ]),
    ];
    expect(lots.map((l) => l.map((e) => e.stream + e.rawData.length))).toEqual([
      ['a1', 'a1'],
      ['b1'],
      ['a300000'],
      ['a300000'],
      ['a900000'],
    ]);
  });
});
