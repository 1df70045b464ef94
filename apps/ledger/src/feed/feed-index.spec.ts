import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UnsupportedData, type StoredEvent } from '@app/event-store';
import { leafOf, MerkleTree, toHex } from '@app/transparency';
import { FeedIndex, FeedIndexWriter } from './feed-index.js';

const published = (n: number, word = 'told'): StoredEvent =>
  ({
    revision: n,
    id: `${word}-${n}`,
    position: String(3 * n),
    rawData: `{"${word}":${n}}`,
    data: { subject: `contract-${n % 3}` },
    metadata: { recordedAt: '2026-04-01T00:00:00.000Z' },
  }) as unknown as StoredEvent;
const events = (from: number, to: number, word?: string): StoredEvent[] => Array.from({ length: to - from }, (_, i) => published(from + i, word));
const rootOver = (which: readonly StoredEvent[]): string => {
  const tree = new MerkleTree();
  for (const e of which) tree.append(leafOf(e.rawData));
  return toHex(tree.root());
};

let folder: string;
const file = (): string => join(folder, 'feed.sqlite');
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'feed-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('digests are those of the events themselves, of all and of one contract, however often the file is opened', () => {
  const log = events(0, 700);
  for (const [from, to] of [[0, 1], [1, 256], [256, 300], [300, 700]] as const) {
    const writer = FeedIndexWriter.open(file());
    writer.add(log.slice(from, to));
    writer.close();
  }
  const index = FeedIndex.open(file());
  for (const size of [0, 1, 255, 256, 257, 511, 699, 700]) expect(index.digest(size)).toEqual({ size, root: rootOver(log.slice(0, size)) });
  expect(index.digest(undefined)).toEqual(index.digest(700));
  expect(index.digest(701)).toBeNull();
  const own = log.filter((_, n) => n % 3 === 1);
  for (const size of [0, 1, 100, own.length]) expect(index.contractDigest('contract-1', size)).toEqual({ size, root: rootOver(own.slice(0, size)) });
  expect(index.contractDigest('contract-1', own.length + 1)).toBeNull();
  index.close();
});

it('takes events in whole or not at all, and only those that follow', () => {
  const writer = FeedIndexWriter.open(file());
  writer.add(events(0, 10));
  expect(() => writer.add([...events(10, 15), published(16)])).toThrow('goes on at 16 where 15 was expected');
  const index = FeedIndex.open(file());
  expect(index.last()).toMatchObject({ sequence: 9 });
  writer.add(events(10, 20));
  expect(index.digest(undefined)).toEqual({ size: 20, root: rootOver(events(0, 20)) });
  index.close();
  writer.close();
});

it('another log is another index; what consumers said stays', () => {
  const writer = FeedIndexWriter.open(file());
  writer.add(events(0, 300));
  writer.acknowledge('billing', { sequence: 4, id: 'told-4' });
  writer.forget();
  writer.add(events(0, 260, 'other'));
  writer.close();
  const index = FeedIndex.open(file());
  expect(index.digest(undefined)).toEqual({ size: 260, root: rootOver(events(0, 260, 'other')) });
  expect(index.consumers()).toMatchObject([{ name: 'billing', cursor: { sequence: 4, id: 'told-4' } }]);
  index.close();
});

it('a file of format 1 is filled anew; its consumers and the publisher go on where they were', () => {
  const old = new DatabaseSync(file());
  old.exec(`
    CREATE TABLE events (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, contract TEXT NOT NULL, recorded_at TEXT NOT NULL, position TEXT NOT NULL) STRICT;
    CREATE INDEX events_by_contract ON events (contract, sequence);
    CREATE TABLE nodes (level INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, n)) STRICT, WITHOUT ROWID;
    CREATE TABLE consumers (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL, id TEXT NOT NULL, acknowledged_at TEXT NOT NULL) STRICT;
    CREATE TABLE publisher (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL) STRICT;
    INSERT INTO events VALUES (0, 'told-0', 'contract-0', '2026-04-01T00:00:00.000Z', '0');
    INSERT INTO nodes VALUES (0, 0, x'00');
    INSERT INTO consumers VALUES ('billing', 0, 'told-0', '2026-04-01T00:00:00.000Z');
    INSERT INTO publisher VALUES (1, '{"position":"7"}');
    PRAGMA user_version = 1;`);
  old.close();
  const writer = FeedIndexWriter.open(file());
  expect(writer.last()).toBeNull();
  expect(writer.loadCursor()).toEqual({ position: '7' });
  writer.add(events(0, 2));
  writer.close();
  const index = FeedIndex.open(file());
  expect(index.digest(undefined)).toEqual({ size: 2, root: rootOver(events(0, 2)) });
  expect(index.consumers()).toMatchObject([{ name: 'billing', cursor: { sequence: 0, id: 'told-0' } }]);
  index.close();
});

it('a file of a newer build is refused', () => {
  const newer = new DatabaseSync(file());
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  expect(() => FeedIndexWriter.open(file())).toThrow(UnsupportedData);
});
