/** What an administrator of the database could do to the rows, and what the auditor is told. */
import { copyFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { ED25519, newSignerKey } from '@app/transparency';
import { copyLedger, event, idOf, KEY, LEDGER, makeLedger, removeScratch, scratch, sql, verifyFolder, WITNESS, type Checked } from './support.js';

const EVENTS = 40;
let sound: string;
let checkpoints: Map<number, string>;
let older: string;
beforeAll(async () => {
  older = scratch();
  await makeLedger(older, { events: 20, signed: [10, 20], witnessed: [20] });
  sound = scratch();
  checkpoints = await makeLedger(sound, { events: EVENTS, signed: [10, 20, 35], witnessed: [20, 35] });
});
afterAll(removeScratch);

test('a log as it was signed has no differences, and what remains possible is said', async () => {
  const report = await verifyFolder(sound, { witness: true });
  expect(report).toMatchObject({
    ok: true,
    findings: [],
    ledgerId: LEDGER,
    events: EVENTS,
    streams: 4,
    head: String(EVENTS),
    signed: 35,
    unsigned: 5,
    checkpoints: { held: 3, unknown: 0 },
    witnessed: [{ name: WITNESS.name, size: 35, at: '2026-01-01T00:00:00.000Z' }],
    anchored: null,
    keys: 'given',
  });
  expect(report.notExcluded.join('\n')).toMatch(/last 5 events, which are not signed yet\n.*rollback/);
  expect((await verifyFolder(sound, { keys: [] })).notExcluded.join('\n')).toMatch(/forgery: the keys are those that the ledger itself names/);
  expect((await verifyFolder(sound, { anchors: [checkpoints.get(35)!] })).notExcluded).toEqual(['alteration of the last 5 events, which are not signed yet']);
});

const row = (n: number): string => `position = ${n + 1}`;
/** Moves every row from a position on, from the end, so that no two meet. */
const shift = (from: number, by: 1 | -1): string =>
  by === 1
    ? `UPDATE events SET position = -position WHERE position >= ${from}; UPDATE events SET position = -position + 1 WHERE position < 0;`
    : `UPDATE events SET position = -position WHERE position > ${from}; UPDATE events SET position = -position - 1 WHERE position < 0;`;
const swap = (a: number, b: number): string =>
  `UPDATE events SET position = -1 WHERE ${row(a)}; UPDATE events SET position = ${a + 1} WHERE ${row(b)}; UPDATE events SET position = ${b + 1} WHERE position = -1;`;
const forged = (position: number, stream = 'counter-9'): string =>
  `INSERT INTO events SELECT ${position}, '${stream}', 0, '00000000-0000-5000-8000-000000000000', type, data, metadata FROM events WHERE position = 20;`;

/** What is done, and the finding that names it: its kind, the position it names, what it says. */
const ROWS: readonly (readonly [what: string, sql: string, kind: string, at: RegExp, detail: RegExp])[] = [
  ['a value altered', `UPDATE events SET data = replace(data, '"by":7', '"by":8') WHERE ${row(7)}`, 'altered', /^position 8 .*counter-1 revision 2/, /not as it was signed/],
  ['metadata altered', `UPDATE events SET metadata = replace(metadata, 'admin', 'audit') WHERE ${row(7)}`, 'altered', /^position 8 /, /not as it was signed/],
  ['data written in another way', `UPDATE events SET data = replace(data, ':', ': ') WHERE ${row(7)}`, 'altered', /^position 8 /, /not as it was signed/],
  ['another type', `UPDATE events SET type = 'Kounted' WHERE ${row(7)}`, 'altered', /^position 8 \(Kounted/, /not as it was signed/],
  ['another id', `UPDATE events SET id = '00000000-0000-5000-8000-000000000000' WHERE ${row(7)}`, 'altered', /^position 8 /, new RegExp(`event ${idOf(7)} was signed here and is nowhere`)],
  ['another revision', `UPDATE events SET revision = 99 WHERE ${row(7)}`, 'altered', /^position 8 .*revision 99/, /not as it was signed/],
  ['moved to another stream', `UPDATE events SET stream = 'counter-7', revision = 0 WHERE ${row(7)}`, 'altered', /^position 8 /, /not as it was signed/],
  ['the founding altered', `UPDATE events SET data = replace(data, '0190', '0191') WHERE position = 1`, 'altered', /^position 1 /, /not as it was signed/],
  ['an event deleted', `DELETE FROM events WHERE ${row(7)}`, 'missing', /^position 9 /, new RegExp(idOf(7))],
  ['an event deleted and the gap closed', `DELETE FROM events WHERE ${row(7)}; ${shift(8, -1)}`, 'missing', /^position 8 /, new RegExp(idOf(7))],
  ['the first event deleted', 'DELETE FROM events WHERE position = 1', 'missing', /^position 2 /, new RegExp(idOf(0))],
  ['the last signed events deleted', 'DELETE FROM events WHERE position > 33', 'missing', /^after position 33 /, new RegExp(`35 events were signed, 33 are there: 2 are missing at the end, the first of them ${idOf(33)}`)],
  ['unsigned events deleted', 'DELETE FROM events WHERE position > 37', 'missing', /^after position 37 /, /no signature reaches here yet/],
  ['all events deleted', 'DELETE FROM events', 'missing', /^the beginning$/, /35 events were signed, 0 are there/],
  ['an event put in', `${shift(8, 1)} ${forged(8)}`, 'inserted', /^position 8 .*counter-9/, /nothing like it was signed/],
  ['an event put in front', `${shift(1, 1)} ${forged(1)}`, 'inserted', /^position 1 /, /nothing like it was signed/],
  ['two events swapped', swap(7, 9), 'reordered', /^position 8 /, new RegExp(`event ${idOf(7)} was signed here and stands at position 10`)],
  ['an event put in twice', `INSERT INTO events SELECT 41, 'counter-8', 0, id, type, data, metadata FROM events WHERE ${row(7)}; DELETE FROM events WHERE ${row(7)}`, 'reordered', /^position 9 /, /stands at position 41/],
  ['an unsigned event altered', `UPDATE events SET data = replace(data, '"by":38', '"by":39') WHERE ${row(38)}`, 'altered', /^position 39 /, /no signature reaches here yet/],
];

describe('rows', () => {
  test.each(ROWS)('%s: %s', async (_, text, kind, at, detail) => {
    const folder = copyLedger(sound);
    sql(folder, text);
    const { ok, first } = await verifyFolder(folder);
    expect({ ok, first }).toEqual({ ok: false, first: { kind, index: expect.any(Number), at: expect.stringMatching(at), detail: expect.stringMatching(detail) } });
  });

  test('an event put in below the first position, where only its stream would find it, is told', async () => {
    const folder = copyLedger(sound);
    sql(folder, forged(-3));
    expect((await verifyFolder(folder)).first).toMatchObject({ kind: 'inserted', at: expect.stringMatching(/^position -3 /) });
  });

  // Both are read as the same text: what is no UTF-8 is handed over as U+FFFD, which was signed here.
  test('bytes that are no UTF-8 where the character that stands for such bytes was signed are told', async () => {
    const folder = scratch();
    await makeLedger(folder, { events: 12, signed: [12], make: (n) => event(n, n === 7 ? { note: 'a\ufffdb' } : undefined) });
    expect(await verifyFolder(folder)).toMatchObject({ ok: true, signed: 12 });
    sql(folder, `UPDATE events SET data = CAST(unhex(replace(hex(data), 'EFBFBD', 'FF')) AS TEXT) WHERE ${row(7)}`);
    expect((await verifyFolder(folder)).first).toMatchObject({ kind: 'altered', at: expect.stringMatching(/^position 8 /) });
  });

  // Nobody can tell who appended an event before it was signed; it is counted as unsigned.
  test('an event appended by hand is counted as one that nobody signed', async () => {
    const folder = copyLedger(sound);
    sql(folder, forged(EVENTS + 1));
    expect(await verifyFolder(folder)).toMatchObject({ ok: true, unsigned: 6 });
    sql(folder, `UPDATE events SET revision = 3 WHERE position = ${EVENTS + 1}`);
    expect((await verifyFolder(folder)).first).toMatchObject({ kind: 'revision', at: expect.stringMatching(/^position 41 /) });
  });

  test('an event altered where the leaves kept beside it are altered too is told to its checkpoint', async () => {
    const folder = copyLedger(sound);
    await makeLedgerAnew(folder, 12);
    const { first } = await verifyFolder(folder);
    expect(first).toMatchObject({ kind: 'range', at: expect.stringMatching(/^position 11 .* to position 20 /), detail: expect.stringMatching(/among these 10 something was altered/) });
  });

  test.each([
    ['a leaf', 'UPDATE tiles SET hashes = unhex(hex(zeroblob(32)) || substr(hex(hashes), 65))', /its tree is not that of the log \(0\/0\)/],
    ['all leaves', 'DELETE FROM tiles', /its tree is not that of the log \(0\/0\)/],
    ['the size of the tree', 'UPDATE tree SET size = 41', /its tree is not that of the log \(size\)/],
    ['a root, beside the note that was signed', 'UPDATE checkpoints SET root = zeroblob(32) WHERE size = 20', /root of the checkpoint of 20 events/],
    ['the size of a checkpoint', 'UPDATE checkpoints SET size = 36 WHERE size = 35', /checkpoint of 36 events/],
  ])('%s altered where only what is kept beside the log is, is told, and that the log is sound', async (_, statement, detail) => {
    const folder = copyLedger(sound);
    sql(folder, statement, 'audit.sqlite');
    const { ok, findings } = await verifyFolder(folder);
    expect(ok).toBe(false);
    expect(findings).toEqual([{ kind: 'kept', index: null, at: 'what is kept beside the log', detail: expect.stringMatching(detail) }]);
    expect(findings[0]!.detail).toMatch(/the log itself is as it was signed/);
  });

  test('an event altered without anything kept beside it is told to the checkpoint kept elsewhere', async () => {
    const folder = copyLedger(sound, ['log.sqlite']);
    sql(folder, ROWS[0]![1]);
    expect((await verifyFolder(folder, { anchors: [checkpoints.get(20)!] })).first).toMatchObject({ kind: 'range', at: expect.stringMatching(/^position 1 .* to position 20 /) });
    expect((await verifyFolder(folder)).first).toMatchObject({ kind: 'checkpoint', detail: 'none is signed by a key that was given' });
  });
});

/** Rewrites the log from an event on, with all leaves as whoever can write both files would have them, and the old checkpoints. */
async function makeLedgerAnew(folder: string, from: number, key = KEY, signed: readonly number[] = []): Promise<void> {
  const fresh = scratch();
  await makeLedger(fresh, { events: EVENTS, signed, key, make: (n) => event(n, n === 0 || n < from ? undefined : { by: n + 1_000 }) });
  if (signed.length === 0) {
    sql(fresh, `ATTACH '${join(folder, 'audit.sqlite')}' AS was; INSERT INTO checkpoints SELECT * FROM was.checkpoints; INSERT INTO cosignatures SELECT * FROM was.cosignatures`, 'audit.sqlite');
  }
  for (const name of ['log.sqlite', 'audit.sqlite']) copyFileSync(join(fresh, name), join(folder, name));
}

describe('an older copy', () => {
  const restored = (names: readonly string[]): string => {
    const folder = copyLedger(sound);
    for (const name of names) copyFileSync(join(older, name), join(folder, name));
    return folder;
  };

  test('of the log alone is told by what was signed', async () => {
    expect((await verifyFolder(restored(['log.sqlite']))).first).toMatchObject({ kind: 'missing', detail: expect.stringMatching(/35 events were signed, 20 are there/) });
  });

  test('of everything is told only by a checkpoint kept elsewhere; without one it is not excluded', async () => {
    const folder = restored(['log.sqlite', 'audit.sqlite']);
    const alone = await verifyFolder(folder, { witness: true });
    expect(alone.ok).toBe(true);
    expect(alone.notExcluded.join()).toMatch(/rollback/);
    expect((await verifyFolder(folder)).notExcluded.join()).toMatch(/rollback/);
    const held = await verifyFolder(folder, { anchors: [checkpoints.get(35)!] });
    expect(held).toMatchObject({ ok: false, anchored: 35, first: { kind: 'missing', detail: expect.stringMatching(/35 events were signed, 20 are there/) } });
  });
});

describe('a log rewritten with the stolen key', () => {
  const rewritten = async (): Promise<string> => {
    const folder = scratch();
    await makeLedgerAnew(folder, 12, KEY, [10, 20, 35]);
    return folder;
  };
  test.each<[string, () => Checked, object]>([
    ['nobody else tells, and that is said', () => ({}), { ok: true, notExcluded: expect.arrayContaining([expect.stringMatching(/rollback, or a rewrite by whoever holds the signing key/)]) }],
    ['a witness tells', () => ({ witness: true }), { ok: false, first: { kind: 'witness', at: WITNESS.name } }],
    ['a checkpoint kept elsewhere tells', () => ({ anchors: [checkpoints.get(35)!] }), { ok: false }],
  ])('%s', async (_, checked, expected) => expect(await verifyFolder(await rewritten(), checked())).toMatchObject(expected));
});

describe('the evidence', () => {
  test.each<[string, string, object]>([
    ['a signature altered', "UPDATE checkpoints SET note = replace(note, '\n35\n', '\n36\n') WHERE size = 35", { kind: 'signature' }],
    ['a checkpoint by another key', `UPDATE checkpoints SET note = 'x'`, { kind: 'signature' }],
    ['no checkpoints', 'DELETE FROM checkpoints', { kind: 'checkpoint', detail: 'none is signed by a key that was given' }],
  ])('with %s is told', async (_, text, first) => {
    const folder = copyLedger(sound);
    sql(folder, text, 'audit.sqlite');
    expect(await verifyFolder(folder)).toMatchObject({ ok: false, first });
  });

  test('with keys that are none vouches for nothing, and that is said', async () => {
    const folder = copyLedger(sound);
    sql(folder, "UPDATE keys SET vkey = 'nonsense'", 'audit.sqlite');
    expect(await verifyFolder(folder, { keys: [] })).toMatchObject({ ok: true, keys: 'none', signed: 0, notExcluded: expect.arrayContaining(['alteration: nothing signed vouches for this log']) });
  });

  test('with checkpoints by a key that nobody brought along is none', async () => {
    const folder = scratch();
    await makeLedgerAnew(folder, 12, newSignerKey(KEY.name, ED25519), [35]);
    expect((await verifyFolder(folder)).first).toMatchObject({ kind: 'checkpoint', detail: 'none is signed by a key that was given (1 by others)' });
  });

  test('that contradicts itself is told', async () => {
    const folder = copyLedger(sound);
    const other = scratch();
    const anew = await makeLedger(other, { events: 20, signed: [15], make: (n) => event(n, n === 0 ? undefined : { by: n + 5 }) });
    expect((await verifyFolder(folder, { anchors: [anew.get(15)!] })).first).toMatchObject({ kind: 'checkpoint', detail: expect.stringMatching(/the signer signed two histories/) });
  });
});

describe('the file', () => {
  test('cut short anywhere is told', async () => {
    const { size } = statSync(join(sound, 'log.sqlite'));
    for (let left = 0; left < size; left += 4_096 / 2) {
      const folder = copyLedger(sound);
      truncateSync(join(folder, 'log.sqlite'), left);
      expect([left, (await verifyFolder(folder)).ok]).toEqual([left, false]);
    }
  });

  test('that is missing, or another, is told', async () => {
    const folder = copyLedger(sound);
    rmSync(join(folder, 'log.sqlite'));
    expect((await verifyFolder(folder)).ok).toBe(false);
    copyFileSync(join(folder, 'audit.sqlite'), join(folder, 'log.sqlite'));
    expect((await verifyFolder(folder)).first).toMatchObject({ kind: 'file' });
  });

  test.each([
    ['without its index', 'DROP INDEX events_by_stream', /tables are not those of a log/],
    ['with a trigger', 'CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events WHERE position = 3; END', /tables are not those of a log/],
    ['of a newer format', 'PRAGMA user_version = 9', /data format is 9/],
    ['of another program', 'PRAGMA application_id = 1', /not marked as a log/],
  ])('%s is told', async (_, text, detail) => {
    const folder = copyLedger(sound);
    sql(folder, text);
    expect(await verifyFolder(folder)).toMatchObject({ ok: false, findings: [{ kind: 'file', detail: expect.stringMatching(detail) }] });
  });
});
