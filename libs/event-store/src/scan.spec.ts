import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedScan, openEmbeddedStore, type EventStore } from './index.js';

let folder: string;
let file: string;
let store: EventStore;
const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ id: `00000000-0000-5000-8000-${String(from + i).padStart(12, '0')}`, type: 'T', data: { i: from + i }, metadata: {} }));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scan-'));
  file = join(folder, 'log.sqlite');
  store = await openEmbeddedStore({ file });
  await store.append('counter-1', 'no_stream', events(0, 120));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
const positions = (scan: EmbeddedScan, after = 0, through = 1_000): string[] => [...scan.events(after, through)].flat().map((e) => e.position);

test('a log is read as it lies there, in order, in use or not', async () => {
  const beside = EmbeddedScan.open(file);
  expect(positions(beside)).toEqual(Array.from({ length: 120 }, (_, i) => String(i + 1)));
  expect(positions(beside, 3, 6)).toEqual(['4', '5', '6']);
  await store.append('counter-1', 119, events(120, 121));
  expect([beside.head(), beside.after(119, 5).map((e) => e.position), beside.damage(true)]).toEqual([121, ['120', '121'], []]);
  beside.close();
  await store.close();
  const alone = EmbeddedScan.open(file);
  expect([alone.head(), alone.damage(true)]).toEqual([121, []]);
  expect(alone.at(7)).toEqual({ position: '7', stream: 'counter-1', revision: 6, id: events(6, 7)[0]!.id, type: 'T', rawData: '{"i":6}', rawMetadata: '{}' });
  expect([alone.at(122), alone.find(events(6, 7)[0]!.id), alone.find('none')]).toEqual([null, 7, null]);
  alone.close();
  // Nothing was left beside what was looked at.
  expect(existsSync(`${file}-shm`) || existsSync(`${file}-wal`)).toBe(false);
});

test('a text whose bytes are no UTF-8 is given as its bytes; one that holds U+FFFD itself is a text', async () => {
  await store.close();
  const db = new DatabaseSync(file);
  const put = (position: number, bytes: string): void => db.exec(`UPDATE events SET data = CAST(x'${bytes}' AS TEXT), metadata = CAST(x'${bytes}' AS TEXT) WHERE position = ${position}`);
  const BYTES = ['efbfbd', 'ff', 'efbf', 'f09f98', 'efbfbdff', 'e38182efbfbd'];
  BYTES.forEach((bytes, i) => put(i + 1, bytes));
  db.close();
  const scan = EmbeddedScan.open(file);
  const told = ({ rawData, rawMetadata }: { rawData: unknown; rawMetadata: unknown }): string[] => [rawData, rawMetadata].map((v) => (typeof v === 'string' ? v : Buffer.from(v as Uint8Array).toString('hex')));
  const expected = ['\ufffd', 'ff', 'efbf', 'f09f98', 'efbfbdff', 'あ\ufffd'].map((v) => [v, v]);
  expect([...scan.events(0, 6)].flat().map(told)).toEqual(expected);
  expect(scan.after(0, 6).map(told)).toEqual(expected);
  expect(expected.map((_, i) => told(scan.at(i + 1)!))).toEqual(expected);
  scan.close();
});

test('a row that cannot be read ends the reading right behind the one before it', async () => {
  await store.close();
  const db = new DatabaseSync(file);
  db.exec('UPDATE events SET revision = 9007199254740993 WHERE position = 70');
  db.close();
  const scan = EmbeddedScan.open(file);
  const read: string[] = [];
  expect(() => {
    for (const lot of scan.events(0, 1_000)) read.push(...lot.map((e) => e.position));
  }).toThrow(/too large/);
  expect(read.at(-1)).toBe('69');
  scan.close();
});
