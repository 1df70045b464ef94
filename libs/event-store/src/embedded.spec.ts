import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { openEmbeddedStore } from './embedded.js';
import { type EventStore, type NewEvent, StoreUnavailable, UnknownOutcome, UnsupportedData, WrongExpectedRevision } from './port.js';
import { collect, eventStoreSuite, freshStream, ids, someEvents } from './testing/suite.js';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
});
beforeEach(() => {
  file = join(folder, `${randomUUID()}.sqlite`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

eventStoreSuite('embedded', { open: () => openEmbeddedStore({ file: join(folder, 'log.sqlite') }) });

const large = (chars: number): NewEvent[] => [{ ...someEvents(1)[0]!, data: { text: 'x'.repeat(chars) } }];

describe('embedded store', () => {
  describe('the file', () => {
    it('keeps format and purpose, and leaves nothing beside it when closed', async () => {
      const store = await openEmbeddedStore({ file });
      await store.append(freshStream(), 'no_stream', someEvents(3));
      await store.close();
      expect(existsSync(`${file}-wal`)).toBe(false);
      const db = new DatabaseSync(file);
      expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
      expect(db.prepare('SELECT position, revision, data FROM events').all()).toEqual([0, 1, 2].map((n) => ({ position: n + 1, revision: n, data: `{"n":${n}}` })));
      db.close();
    });

    it('of a newer format is refused and left alone', async () => {
      await (await openEmbeddedStore({ file })).close();
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 2');
      db.close();
      await expect(openEmbeddedStore({ file })).rejects.toThrow(UnsupportedData);
      await expect(openEmbeddedStore({ file })).rejects.toThrow('data format 2; this build knows up to 1');
    });

    it('of another purpose is refused', async () => {
      const db = new DatabaseSync(file);
      db.exec('CREATE TABLE customers (name TEXT)');
      db.close();
      await expect(openEmbeddedStore({ file })).rejects.toThrow('is not a log of this ledger');
      writeFileSync(`${file}.txt`, 'no database at all, but some text that is long enough to be looked at'.repeat(100));
      await expect(openEmbeddedStore({ file: `${file}.txt` })).rejects.toThrow(UnsupportedData);
    });

    it('may be written by another process too: what is remembered is checked, and subscriptions hear of it', async () => {
      const [one, two] = [await openEmbeddedStore({ file, pollMs: 10 }), await openEmbeddedStore({ file, pollMs: 10 })];
      const stream = freshStream();
      await one.append(stream, 'no_stream', someEvents(2));
      const theirs = someEvents(2, 2);
      const heard = collect(one, { after: await one.head() }, (events) => events.length >= 2);
      await two.append(stream, 1, theirs);
      await expect(one.append(stream, 1, someEvents(1))).rejects.toMatchObject({ actual: 3 });
      expect((await one.append(stream, 3, someEvents(1, 4))).position).toBe('5');
      expect((await two.append(stream, 4, someEvents(1, 5))).position).toBe('6');
      expect(ids((await heard).events).slice(0, 2)).toEqual(ids(theirs));
      await one.close();
      await two.close();
    });
  });

  describe('a disk that is full', () => {
    const full = (): Promise<EventStore> => openEmbeddedStore({ file, maxBytes: 400_000 });

    it('fails the append concerned, whole, and says so; what fits still goes in', async () => {
      const store = await full();
      await store.append('contract-1', 'no_stream', someEvents(1));
      const failed = store.append('contract-1', 0, [...someEvents(3, 1), ...large(500_000)]);
      await expect(failed).rejects.toThrow(StoreUnavailable);
      await expect(failed).rejects.toThrow('full');
      expect(store.problem()).toMatch('full');
      expect(await store.readStream('contract-1')).toHaveLength(1);
      expect((await store.append('contract-1', 0, someEvents(1, 1))).position).toBe('2');
      expect(store.problem()).toBeNull();
      await store.close();
    });

    it('does not fail the appends that shared its commit', async () => {
      const store = await full();
      const streams = Array.from({ length: 12 }, () => freshStream());
      const outcomes = await Promise.allSettled(
        streams.map((s, i) => store.append(s, i === 3 ? 0 : 'no_stream', i === 5 ? large(500_000) : someEvents(2))),
      );
      expect(outcomes.map((o, i) => (o.status === 'fulfilled' ? 'ok' : i === 3 ? o.reason instanceof WrongExpectedRevision : o.reason instanceof StoreUnavailable))).toEqual(
        streams.map((_, i) => (i === 3 || i === 5 ? true : 'ok')),
      );
      const all = await store.readAll({ limit: 100 });
      expect(all).toHaveLength(20);
      expect(all.map((e) => e.position)).toEqual(all.map((_, i) => String(i + 1)));
      await store.close();
    });
  });

  it('says that the outcome is unknown when the append thread is lost, and refuses from then on', async () => {
    const store = await openEmbeddedStore({ file });
    await store.append('contract-1', 'no_stream', someEvents(1));
    const appended = store.append('contract-1', 0, someEvents(1)).catch((e: unknown) => e);
    const lost = (store as unknown as { worker: Worker }).worker.terminate();
    const outcome = await appended; // the thread may just have been quick enough
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UnknownOutcome);
    else expect(outcome).toMatchObject({ revision: 1 });
    await lost;
    await expect(store.append('contract-1', 1, someEvents(1))).rejects.toThrow(StoreUnavailable);
    expect(store.problem()).toMatch('append thread');
    expect(await store.readStream('contract-1')).not.toHaveLength(0);
    await store.close();
  });

  it('has the write-ahead log copied back beside the appends and begins it anew, with nothing lost', async () => {
    const store = await openEmbeddedStore({ file });
    const size = (name: string): number => statSync(name).size;
    const MiB = 2 ** 20;
    /** Without a pause, which the helper alone could use to reach the end. */
    const write = async (mebibytes: number): Promise<void> => {
      let left = 10 * mebibytes;
      await Promise.all(Array.from({ length: 32 }, async () => { while (left-- > 0) await store.append(freshStream(), 'no_stream', large(100_000)); }));
    };
    // Too short to begin anew: whatever is in the file came by the helper.
    await write(40);
    for (const until = Date.now() + 10_000; size(file) < 20 * MiB && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(size(file)).toBeGreaterThan(20 * MiB);
    await write(240);
    expect(size(`${file}-wal`)).toBeLessThan(150 * MiB);
    await store.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    const reopened = await openEmbeddedStore({ file });
    expect(await reopened.head()).toBe('2800');
    await reopened.close();
  }, 60_000);

  it('commits many appends at once', async () => {
    const store = await openEmbeddedStore({ file });
    await store.append(freshStream(), 'no_stream', someEvents(1));
    const time = async (work: () => Promise<unknown>): Promise<number> => {
      const from = performance.now();
      await work();
      return performance.now() - from;
    };
    const one = await time(async () => {
      for (let i = 0; i < 200; i++) await store.append(freshStream(), 'no_stream', someEvents(1));
    });
    const together = await time(() => Promise.all(Array.from({ length: 200 }, () => store.append(freshStream(), 'no_stream', someEvents(1)))));
    expect(together).toBeLessThan(one);
    await store.close();
  });

  it('walks a log that hardly matches in bounded steps', async () => {
    const store = await openEmbeddedStore({ file });
    for (let i = 0; i < 25; i++) await store.append(`other-${i}`, 'no_stream', someEvents(1_000));
    await store.append('contract-1', 'no_stream', someEvents(1));
    const { events, caughtUp } = await collect(store, { after: null, streamPrefixes: ['contract-'] }, (_, caught) => caught.length > 0);
    expect(events.map((e) => e.position)).toEqual(['25001']);
    expect(caughtUp).toEqual(['25001']);
    expect((await collect(store, { after: null, streamPrefixes: [] }, (_, caught) => caught.length > 0)).events).toEqual([]);
    await store.close();
  });
});
