/**
 * Bits of a small log's file, flipped one at a time: some evenly, or with `EVERY_BIT=1` all of them. Each flip is
 * told, or it is harmless: then every read of the service finds what it found before, and the log can be appended to as
 * before.
 */
import { closeSync, copyFileSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { bookEvidence } from '../../apps/ledgerctl/src/audit/evidence.js';
import { makeLedger, removeScratch, scratch, sql, verifyFile } from './support.js';

afterAll(removeScratch);

/** What there is to be read, by the table and by the index; null: it cannot be read. */
function reads(file: string): string | null {
  try {
    const db = new DatabaseSync(new URL(`file://${file}?immutable=1`), { readOnly: true });
    try {
      const all = (text: string): unknown => db.prepare(text).all();
      return JSON.stringify([
        all('SELECT * FROM events ORDER BY position'),
        all('SELECT * FROM events INDEXED BY events_by_stream ORDER BY stream, revision'),
        all('SELECT stream, revision, position FROM events INDEXED BY events_by_stream ORDER BY stream DESC, revision DESC'),
        all('SELECT max(position) AS last FROM events'),
      ]);
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}

/** Appends as the service does; whether it went through and is there. */
function appends(file: string): boolean {
  try {
    const db = new DatabaseSync(file);
    try {
      db.exec('PRAGMA synchronous = OFF');
      for (let n = 0; n < 3; n++) db.prepare("INSERT INTO events VALUES ((SELECT max(position) + 1 FROM events), 'new', ?, 'id', 'T', '{}', '{}')").run(n);
      const [check] = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
      return check!.integrity_check === 'ok' && (db.prepare("SELECT count(*) AS n FROM events WHERE stream = 'new'").get() as { n: number }).n === 3;
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

const PAGE = 512;
const ALL = process.env['EVERY_BIT'] === '1';
/** Whether a bit is flipped: without all of them one of so many, evenly. */
const chosen = (at: number, bit: number, oneOf: number): boolean => ALL || (at * 8 + bit) % oneOf === 0;
/** Odd, so that it comes by every bit of a byte. */
const [OF_THE_FILE, OF_ITS_WAL] = [9, 37];
/** Parts of the file's head, as SQLite's file format has them: what a flip there may leave unnoticed, and why that does no harm. */
const HEAD: readonly (readonly [from: number, to: number, why: string])[] = [
  [24, 28, 'a counter of changes, for caches'],
  [28, 32, 'the size in pages, which counts only while the counters agree'],
  [40, 44, 'a counter of changes of the tables, for caches'],
  [48, 52, 'how large a cache is suggested'],
  [92, 96, 'the counter when the size was noted'],
  [96, 100, 'the version of SQLite that wrote last'],
];

test('bits of the file are told or harmless', async () => {
  const folder = scratch();
  await makeLedger(folder, { events: 4, signed: [4] });
  // Small pages make a small file; nothing else differs.
  sql(folder, `PRAGMA journal_mode = DELETE; PRAGMA page_size = ${PAGE}; VACUUM; PRAGMA journal_mode = WAL`);
  const file = join(folder, 'log.sqlite');
  const sound = readFileSync(file);
  const before = reads(file);
  const { evidence } = bookEvidence(join(folder, 'audit.sqlite'));
  expect((await verifyFile(file, evidence)).ok).toBe(true);
  expect(appends(copied(file))).toBe(true);

  let [flips, told, named] = [0, 0, 0];
  const unnoticed: number[] = [];
  const harmful: string[] = [];
  const bytes = Buffer.from(sound);
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      if (!chosen(at, bit, OF_THE_FILE)) continue;
      flips++;
      bytes[at]! ^= 1 << bit;
      writeFileSync(file, bytes);
      const report = await verifyFile(file, evidence);
      if (!report.ok) {
        told++;
        if (/^(after )?position \d+ /.test(report.first!.at)) named++;
      } else {
        unnoticed.push(at);
        // One of eight: an append takes longer than everything else here.
        if (reads(file) !== before || ((at + bit) % 8 === 0 && !appends(copied(file)))) harmful.push(`bit ${bit} of byte ${at}`);
      }
      bytes[at]! ^= 1 << bit;
    }
  evidence.close();
  const harmless = Map.groupBy(unnoticed, (at) => (at < 100 ? (HEAD.find(([from, to]) => at >= from && at < to)?.[2] ?? `byte ${at} of the head`) : 'unused space in a page'));
  process.stderr.write(
    `bits.spec.ts: ${flips} of ${bytes.length * 8} bits flipped: ${told} told (${named} with the event), ${unnoticed.length} harmless\n${[...harmless].map(([why, at]) => `  ${at.length} bits: ${why}\n`).join('')}`,
  );
  expect(harmful).toEqual([]);
  expect([...harmless.keys()].filter((why) => why.startsWith('byte'))).toEqual([]);
  // The test looked: by far the most is told, and what lies in rows is named.
  expect(flips).toBe(ALL ? bytes.length * 8 : Math.ceil((bytes.length * 8) / OF_THE_FILE));
  expect(told).toBeGreaterThan(flips * 0.3);
  expect(named).toBeGreaterThan(flips * 0.05);
}, 900_000);

/**
 * Bits of the write-ahead log, where events lie that are not in the file yet: SQLite takes a damaged part and what comes
 * after it for never written, so that events are missing.
 */
test('bits of the write-ahead log are told or harmless', async () => {
  const folder = scratch();
  await makeLedger(folder, { events: 8, signed: [6] });
  const file = join(folder, 'log.sqlite');
  sql(folder, `PRAGMA journal_mode = DELETE; PRAGMA page_size = ${PAGE}; VACUUM; PRAGMA journal_mode = WAL`);
  const writer = new DatabaseSync(file);
  writer.exec('PRAGMA wal_autocheckpoint = 0; CREATE TEMP TABLE kept AS SELECT * FROM events WHERE position > 3; DELETE FROM events WHERE position > 3; PRAGMA wal_checkpoint(TRUNCATE)');
  for (let position = 4; position <= 8; position++) writer.exec(`INSERT INTO events SELECT * FROM kept WHERE position = ${position}`);
  const [main, sound] = [readFileSync(file), readFileSync(`${file}-wal`)];
  writer.close();
  const { evidence } = bookEvidence(join(folder, 'audit.sqlite'));
  const verified = async (wal: Uint8Array) => {
    rmSync(`${file}-shm`, { force: true });
    writeFileSync(file, main);
    writeFileSync(`${file}-wal`, wal);
    return verifyFile(file, evidence);
  };
  expect(await verified(sound)).toMatchObject({ ok: true, events: 8 });

  const [missing, unnoticed]: [number[], number[]] = [[], []];
  const bytes = Buffer.from(sound);
  let flips = 0;
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      if (!chosen(at, bit, OF_ITS_WAL)) continue;
      flips++;
      bytes[at]! ^= 1 << bit;
      const report = await verified(bytes);
      if (report.ok) unnoticed.push(at);
      else if (report.findings.some(({ kind }) => kind === 'missing')) missing.push(report.events);
      bytes[at]! ^= 1 << bit;
    }
  evidence.close();
  process.stderr.write(`bits.spec.ts: ${flips} of ${bytes.length * 8} bits of a write-ahead log flipped: ${flips - unnoticed.length} told (${missing.length} as missing events), ${unnoticed.length} harmless\n`);
  expect(unnoticed).toEqual([]);
  // Whatever part of it is lost is told: all of it, or the last commit alone.
  expect(missing.length).toBe(flips);
  expect([Math.min(...missing), Math.max(...missing)]).toEqual([3, 7]);
}, 900_000);

/**
 * Random bits of a larger log: `BITS=10000 EVENTS=2000 npm test -- test/tamper/bits`. The default is a sample of the same.
 */
test('random bits of a larger log are told or harmless', async () => {
  const [bits, events, seed] = [process.env['BITS'] ?? '150', process.env['EVENTS'] ?? '300', process.env['SEED'] ?? '1'].map(Number) as [number, number, number];
  const folder = scratch();
  await makeLedger(folder, { events, signed: [events] });
  const file = join(folder, 'log.sqlite');
  const { size } = statSync(file);
  const before = reads(file);
  const open = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const flip = (at: number, bit: number): void => {
    readSync(open, byte, 0, 1, at);
    byte[0]! ^= 1 << bit;
    writeSync(open, byte, 0, 1, at);
  };
  const { evidence } = bookEvidence(join(folder, 'audit.sqlite'));
  let [state, told, named, harmless] = [seed >>> 0, 0, 0, 0];
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const harmful: string[] = [];
  for (let n = 0; n < bits; n++) {
    const [at, bit] = [random(size), random(8)];
    flip(at, bit);
    const report = await verifyFile(file, evidence);
    if (!report.ok) {
      told++;
      if (/^(after )?position \d+ /.test(report.first!.at)) named++;
    } else {
      harmless++;
      if (reads(file) !== before) harmful.push(`bit ${bit} of byte ${at}`);
    }
    flip(at, bit);
  }
  closeSync(open);
  evidence.close();
  process.stderr.write(`bits.spec.ts: ${bits} random bits of ${size} bytes (${events} events, seed ${seed}): ${told} told (${named} with the event), ${harmless} harmless\n`);
  expect(harmful).toEqual([]);
  expect(named).toBeGreaterThan(bits / 3);
}, 3_600_000);

function copied(file: string): string {
  copyFileSync(file, `${file}.copy`);
  return `${file}.copy`;
}
