import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { canonicalJson } from '@app/kernel';
import { Book, BookReader, eventLeaf, firstUnlike, leafText, LeafTree, MerkleTree, TileTree, toHex, UnsupportedBook, verifyInclusion, type LoggedEvent } from './index.js';

const event = (n: number, data = `{"n":${n}}`): LoggedEvent => ({
  stream: `contract-${n % 7}`,
  revision: Math.floor(n / 7),
  position: String(n + 1),
  id: `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`,
  type: 'Counted',
  rawData: data,
  rawMetadata: '{"salt":"00"}',
});
const events = (from: number, to: number): LoggedEvent[] => Array.from({ length: to - from }, (_, i) => event(from + i));

let folder: string;
const file = (): string => join(folder, 'audit.sqlite');
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'book-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Vector {
  readonly event: { readonly data: object; readonly metadata: object; readonly [member: string]: unknown };
  readonly bytes: string;
  readonly leaf: string;
}
const { events: vectors } = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8')) as { events: Vector[] };

describe('a leaf', () => {
  it('is that of the published vectors', () => {
    expect(vectors.length).toBeGreaterThan(2);
    for (const { event: { data, metadata, ...rest }, bytes, leaf } of vectors) {
      const stored = { ...rest, rawData: canonicalJson(data), rawMetadata: canonicalJson(metadata) } as unknown as LoggedEvent;
      expect([leafText(stored), toHex(eventLeaf(stored))]).toEqual([bytes, leaf]);
      expect(canonicalJson({ data, metadata, ...rest })).toBe(bytes);
    }
  });

  it('is the canonical JSON of the whole event', () => {
    const text = leafText({ ...event(3), stream: 'counter-"1"', rawData: '{"a":"x"}' });
    expect(text).toBe(
      '{"data":{"a":"x"},"id":"00000000-0000-5000-8000-000000000003","metadata":{"salt":"00"},"position":"4","revision":0,"stream":"counter-\\"1\\"","type":"Counted"}',
    );
  });

  it('changes with every part of the event', () => {
    const e = event(3);
    const changed: Partial<LoggedEvent>[] = [{ stream: 'x' }, { revision: 1 }, { position: '5' }, { id: event(4).id }, { type: 'y' }, { rawData: '{}' }, { rawMetadata: '{}' }];
    expect(new Set([e, ...changed.map((c) => ({ ...e, ...c }))].map((x) => toHex(eventLeaf(x)))).size).toBe(8);
  });
});

describe('tiles', () => {
  it('give the roots and proofs of the whole tree, whenever it is taken up again', () => {
    const kept = new Map<string, Uint8Array>();
    const store = { read: (l: number, i: number) => kept.get(`${l}/${i}`) ?? null, write: (l: number, i: number, h: Uint8Array) => void kept.set(`${l}/${i}`, h.slice()) };
    const whole = new MerkleTree();
    let tiled = new TileTree(store, 0);
    const sizes = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 66_000];
    for (const size of sizes) {
      for (let n = whole.size; n < size; n++) {
        const leaf = eventLeaf(event(n));
        whole.append(leaf);
        tiled.append(leaf);
      }
      expect([size, toHex(tiled.root())]).toEqual([size, toHex(whole.root())]);
      tiled.flush();
      tiled = new TileTree(store, size);
      expect([size, toHex(tiled.root())]).toEqual([size, toHex(whole.root())]);
    }
    for (const size of sizes)
      for (const old of sizes.filter((s) => s <= size)) {
        expect(tiled.consistency(old, size).map(toHex)).toEqual(whole.consistency(old, size).map(toHex));
        expect(tiled.inclusion(old - 1, size).map(toHex)).toEqual(whole.inclusion(old - 1, size).map(toHex));
      }
    expect(toHex(tiled.leavesBetween(250, 520).subarray(32 * 7, 32 * 8))).toBe(toHex(eventLeaf(event(257))));
    expect(() => tiled.root(66_001)).toThrow(RangeError);
  });

  it('are held to the leaves at every level, also where those have gone on', () => {
    const kept = new Map<string, Uint8Array>();
    const store = { read: (l: number, i: number) => kept.get(`${l}/${i}`) ?? null, write: (l: number, i: number, h: Uint8Array) => void kept.set(`${l}/${i}`, h.slice()) };
    const tiled = new TileTree(store, 0);
    const leaves = events(0, 66_000).map(eventLeaf);
    leaves.forEach((leaf) => tiled.append(leaf));
    tiled.flush();
    const { levels } = LeafTree.of(Buffer.concat([...leaves, eventLeaf(event(66_000))]));
    const unlike = (size = 66_000): string | null => firstUnlike(store, size, (level) => levels[level]!);
    expect([unlike(), unlike(65_536), unlike(1), unlike(0)]).toEqual([null, null, null, null]);
    expect([...kept.keys()].filter((tile) => tile.startsWith('2/'))).toEqual(['2/0']);
    for (const tile of ['0/0', '0/257', '1/0', '1/1', '2/0']) {
      const right = kept.get(tile)!;
      kept.set(tile, right.map((byte, i) => (i === right.length - 1 ? byte ^ 1 : byte)));
      expect(unlike()).toBe(tile);
      kept.delete(tile);
      expect(unlike()).toBe(tile);
      kept.set(tile, right);
    }
    expect(unlike()).toBeNull();
  });
});

describe('the book', () => {
  it('keeps the tree across a restart, finds events, and proves them', () => {
    let book = Book.open(file(), 'L');
    book.append(events(0, 300));
    book.append([]);
    const root = toHex(book.tree().root());
    book.close();
    book = Book.open(file(), 'L');
    expect([book.tree().size, book.position, toHex(book.tree().root())]).toEqual([300, '300', root]);
    book.append(events(300, 700));
    const reader = BookReader.open(file());
    const place = reader.placeOf(event(400).id)!;
    expect(place).toEqual({ index: 400, position: '401', id: event(400).id });
    expect(reader.placeAtPosition('401', (a, b) => Number(a) - Number(b))).toEqual(place);
    expect([reader.placeOf(event(700).id), reader.placeAtPosition('701', (a, b) => Number(a) - Number(b))]).toEqual([null, null]);
    const tree = reader.tree();
    expect(verifyInclusion(eventLeaf(event(400)), 400, 650, tree.inclusion(400, 650), tree.root(650))).toBe(true);
    reader.close();
    book.close();
  });

  it('takes all of a batch or nothing', () => {
    const book = Book.open(file(), 'L');
    book.append(events(0, 10));
    const root = toHex(book.tree().root());
    const bad = { ...event(12), get rawData(): string { throw new Error('gone'); } };
    expect(() => book.append([...events(10, 12), bad])).toThrow('gone');
    expect([book.tree().size, book.position, toHex(book.tree().root())]).toEqual([10, '10', root]);
    book.append(events(10, 13));
    expect(book.tree().size).toBe(13);
    book.close();
  });

  it('knows whether it grew from a log, and begins anew where it did not, keeping what was signed', () => {
    const book = Book.open(file(), 'L');
    expect(book.endsWith(event(0))).toBe(false);
    book.append(events(0, 10));
    expect([book.endsWith(event(9)), book.endsWith(event(8)), book.endsWith(event(9, '{"n":10}'))]).toEqual([true, false, false]);
    book.keepCheckpoint({ size: 10, root: book.tree().root() }, 'note\n', '2026-01-01T00:00:00.000Z');
    book.keepCosignature(10, { witness: 'w', line: '— w x\n', signedAt: '2026-01-01T00:00:01.000Z' });
    book.keepKey('k', '2026-01-01T00:00:00.000Z');
    book.reset();
    expect([book.tree().size, book.position]).toEqual([0, null]);
    expect(book.checkpoints(5).map((c) => [c.size, c.note, c.cosignatures])).toEqual([
      [10, 'note\n', [{ witness: 'w', line: '— w x\n', signedAt: '2026-01-01T00:00:01.000Z' }]],
    ]);
    book.close();
    const another = Book.open(file(), 'M');
    another.append(events(0, 3));
    another.close();
    const back = Book.open(file(), 'L');
    expect([back.tree().size, back.checkpoints(5).length, back.keys().length]).toEqual([0, 1, 1]);
    back.close();
  });

  it('keeps the first checkpoint of a size, and finds the smallest over a leaf', () => {
    const book = Book.open(file(), 'L');
    book.append(events(0, 30));
    for (const size of [10, 20, 30]) book.keepCheckpoint({ size, root: book.tree().root(size) }, `first ${size}`, 'then');
    book.keepCheckpoint({ size: 20, root: book.tree().root(10) }, 'second', 'later');
    expect(book.checkpoints(2).map((c) => c.note)).toEqual(['first 30', 'first 20']);
    expect(book.checkpoints(2, 20).map((c) => c.note)).toEqual(['first 10']);
    expect([9, 10, 29, 30].map((i) => book.checkpointOver(i)?.size ?? null)).toEqual([10, 20, 30, null]);
    book.close();
  });

  it('refuses another file, and one of a newer build', () => {
    const db = new DatabaseSync(file());
    db.exec('CREATE TABLE x (y)');
    db.close();
    expect(() => Book.open(file(), 'L')).toThrow(UnsupportedBook);
    rmSync(file());
    Book.open(file(), 'L').close();
    const newer = new DatabaseSync(file());
    newer.exec('PRAGMA user_version = 2');
    newer.close();
    expect(() => BookReader.open(file())).toThrow(/newer build/);
  });
});
