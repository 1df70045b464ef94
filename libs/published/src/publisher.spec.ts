import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { DEFAULT_POLICIES } from '@app/agreement';
import { plainDate, monthOf } from '@app/calendar';
import { contractStream } from '@app/contract';
import { openEmbeddedStore, openEventStoreDb, StoreUnavailable, UnknownOutcome, WrongExpectedRevision, type EventStore, type StoredEvent } from '@app/event-store';
import { canonicalJson, deriveId } from '@app/kernel';
import { problemsOf, PUBLISHED_STREAM, Publisher, type AdvisoryCursor, type CursorStore, type FeedLog, type PublisherOptions } from './index.js';
import { Biller } from './testing/biller.js';
import { anyPolicies, anyScript, metadataOf, RandomLife } from './testing/lives.js';
import { roomOn } from './testing/room.js';

jest.setTimeout(120_000);

const SOURCE = 'urn:uuid:7d444840-9dc0-41d0-b245-5ffdce74fad2';
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, Math.min(ms, 5)));

interface Engine {
  readonly name: string;
  readonly open: () => Promise<EventStore>;
  readonly done: () => Promise<void>;
  /** A position behind everything. */
  readonly beyond: string;
  /** Appends sent at once are written in their order. */
  readonly pipelines: boolean;
  /** Page, contracts remembered, bytes of an append (the least that holds what comes of one source event). */
  readonly portions: readonly (readonly [page: number, contracts: number, maxBytes: number | 'least'])[];
}

function embedded(): Engine {
  const opened: { store: EventStore; folder: string }[] = [];
  return {
    name: 'the embedded store',
    beyond: '999999999999999',
    pipelines: true,
    portions: [[7, 1, 1_000_000], [50, 3, 20_000], [1, 2, 'least']],
    open: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'published-'));
      const store = await openEmbeddedStore({ file: join(folder, 'log.sqlite'), pollMs: 20 });
      opened.push({ store, folder });
      return store;
    },
    done: async () => {
      for (const { store, folder } of opened.splice(0)) {
        await store.close();
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** One client of the server for all tests, each with a room of its own. */
function eventStoreDb(url: string): Engine {
  let client: Promise<EventStore> | null = null;
  return {
    name: 'EventStoreDB',
    beyond: 'C9007199254740991P9007199254740991',
    pipelines: false,
    portions: [[40, 2, 'least']],
    open: async () => roomOn(await (client ??= openEventStoreDb({ url }))),
    done: async () => {
      await (await client)?.close();
      client = null;
    },
  };
}

const url = process.env['EVENTSTORE_URL'];
if (!url) console.warn('NOT RUN against EventStoreDB: EVENTSTORE_URL is not set');

const publisher = (log: FeedLog, more: Partial<PublisherOptions> = {}): Publisher => new Publisher({ log, source: SOURCE, holidays: null, pause, ...more });

/** Lives lived before the tests, always the same. */
const LIVES = fc
  .sample(anyScript({ moves: 30, policies: fc.oneof(fc.constant(DEFAULT_POLICIES), anyPolicies()) }), { numRuns: 60, seed: 4 })
  .map((script, n) => {
    const life = new RandomLife(script, `life ${n}`);
    for (const move of script.moves) life.move(move);
    return life;
  })
  .filter((life) => life.appends.length >= 9)
  .slice(0, 14);

/** Their appends, interleaved, with events of other streams between them. */
const HISTORY = ((): { stream: string; expected: number; events: RandomLife['appends'][number] }[] => {
  const queues = LIVES.map((life) => [...life.appends]);
  const out: { stream: string; expected: number; events: RandomLife['appends'][number] }[] = [];
  for (let n = 0; queues.some((q) => q.length > 0); n++) {
    const queue = queues[(n * 5) % queues.length]!;
    const events = queue.shift();
    if (events) out.push({ stream: events[0]!.stream, expected: events[0]!.revision - 1, events });
    else queues.splice(queues.indexOf(queue), 1);
    if (n % 4 === 0) out.push({ ...other(n), expected: -1 });
  }
  return out;
})();

function other(n: number): { stream: string; events: RandomLife['appends'][number] } {
  const id = deriveId('other', n);
  const stream = `outcome-${id}`;
  return { stream, events: [{ id, type: 'CommandRefused', stream, revision: 0, position: '', data: {}, metadata: metadataOf('X', id, plainDate('2025-01-01'), n) }] };
}

async function record(store: EventStore, appends = HISTORY): Promise<void> {
  const write = ({ stream, expected, events }: (typeof HISTORY)[number]): Promise<unknown> =>
    store.append(stream, expected === -1 ? 'no_stream' : expected, events.map(({ id, type, data, metadata }) => ({ id, type, data, metadata })));
  if (pipelined) await Promise.all(appends.map(write));
  else for (const append of appends) await write(append);
}

const published = (store: EventStore): Promise<StoredEvent[]> => store.readStream(PUBLISHED_STREAM);
const bytes = (events: readonly StoredEvent[]): string[] => events.map((e) => `${e.id} ${e.rawData}`);

interface Event {
  id: string; sequence: string; subject: string; contractsequence: number; previousid?: string; businessdate: string; data: object;
}

/** What every reader may rely on: order, completeness, chains, schemas, and the money. */
function check(events: readonly StoredEvent[], compare: EventStore['compare'], lives: readonly RandomLife[] = LIVES): void {
  const last = new Map<string, Event>();
  const billers = new Map<string, Biller>();
  let position: string | null = null;
  events.forEach((stored, n) => {
    const event = stored.data as unknown as Event;
    if (problemsOf(event).length > 0) throw new Error(problemsOf(event).join('\n'));
    const before = last.get(event.subject);
    const is = [stored.revision, stored.id, event.sequence, event.contractsequence, event.previousid, stored.rawData];
    const due = [n, event.id, String(n).padStart(16, '0'), (before?.contractsequence ?? -1) + 1, before?.id, canonicalJson(event)];
    if (is.some((x, i) => x !== due[i])) expect(is).toEqual(due);
    const { source, previousRevision } = stored.metadata as unknown as { source: { position: string; stream: string }; previousRevision: number | null };
    if ((previousRevision ?? -1) !== (before ? Number(before.sequence) : -1)) throw new Error(`${n} does not follow ${previousRevision}`);
    if (source.stream !== contractStream(event.subject) || (position !== null && compare(source.position, position) < 0)) throw new Error(`${n} is out of order`);
    position = source.position;
    last.set(event.subject, event);
    const biller = billers.get(event.subject) ?? new Biller();
    biller.receive(event.data);
    billers.set(event.subject, biller);
  });
  for (const life of lives) {
    const owed = new Map<string, number>();
    for (const c of life.charges().values()) owed.set(monthOf(c.dueOn), (owed.get(monthOf(c.dueOn)) ?? 0) + (c.amount ?? 0));
    const billed = billers.get(life.contractId)!.totalsThrough(monthOf(life.horizon));
    expect({ [life.contractId]: Object.fromEntries(billed) }).toEqual({ [life.contractId]: Object.fromEntries(owed) });
  }
  expect(new Set(events.map((e) => e.id)).size).toBe(events.length);
  // A salt of its own each, made of its source's: the same for every publisher, and no one else's.
  expect(new Set(events.map((e) => e.metadata.salt).filter((s) => /^[0-9a-f]{32}$/.test(s))).size).toBe(events.length);
}

/** The feed is that of an undisturbed publisher, to the byte. */
let pipelined = false;
let expected: string[] = [];
/** Bytes of the most that comes of one source event. */
let least = 0;
function expectFeed(events: readonly StoredEvent[], through: number = expected.length): void {
  const is = bytes(events);
  const at = is.findIndex((text, n) => text !== expected[n]);
  if (at !== -1) expect([at, is[at]]).toEqual([at, expected[at]]);
  expect(is.length).toBe(through);
}

/** Passes everything on but what is given. */
const around = (store: EventStore, more: Partial<FeedLog>): FeedLog => ({
  append: (...a) => store.append(...(a as Parameters<EventStore['append']>)),
  readStream: (...a) => store.readStream(...a),
  head: () => store.head(),
  compare: (a, b) => store.compare(a, b),
  subscribe: (o) => store.subscribe(o),
  ...more,
});

/** How many appends of the source were published in more than one append. */
function parted(batches: readonly (readonly string[])[]): number {
  const commandOf = new Map(HISTORY.flatMap((h) => h.events).map((e) => [e.id, e.metadata.commandId]));
  return batches.filter((batch, i) => i > 0 && commandOf.get(batches[i - 1]!.at(-1)!) === commandOf.get(batch[0]!)).length;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Publishes in a process of its own and kills it when it has said a word so many times; false if it ended before. */
function killed(file: string, word: string, times: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', here('../../event-store/src/testing/typescript.mjs'), here('./testing/publishing.ts'), file, SOURCE], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split(word).length > times) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code, signal) => (signal === 'SIGKILL' ? resolve(true) : code === 0 ? resolve(false) : reject(new Error(`publishing ended with ${code}`))));
  });
}

class Crash extends Error {}

const sourceOf = (e: StoredEvent): string => (e.metadata as unknown as { source: { id: string } }).source.id;

async function until(true_: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 2_000; n++) {
    if (await true_()) return;
    await pause(5);
  }
  throw new Error('it never came');
}

function memory(): CursorStore & { saved: AdvisoryCursor | null } {
  const kept = {
    saved: null as AdvisoryCursor | null,
    load: async () => kept.saved,
    save: async (cursor: AdvisoryCursor) => void (kept.saved = cursor),
  };
  return kept;
}

describe.each([embedded(), ...(url ? [eventStoreDb(url)] : [])])('on $name:', ({ open, done, beyond, pipelines, portions }) => {
  afterAll(done);

  beforeAll(async () => {
    pipelined = pipelines;
    const store = await open();
    await record(store);
    await publisher(store).drain();
    const events = await published(store);
    expected = bytes(events);
    least = Math.max(...Map.groupBy(events, sourceOf).values().map((of) => of.reduce((sum, e) => sum + Buffer.byteLength(e.rawData), 0)));
    check(events, (a, b) => store.compare(a, b));
    expect(LIVES.flatMap((l) => l.appends).length).toBeGreaterThan(120);
    expect(expected.length).toBeGreaterThan(200);
  });

  describe('the published log is written exactly once', () => {
    it('as it happens or afterwards, in pages of any size, with any memory, in appends of any size', async () => {
      for (const [page, contracts, maxBytes] of portions) {
        const store = await open();
        const batches: string[][] = [];
        const log = around(store, {
          append: (stream, at, events) => {
            batches.push(events.map((e) => (e.metadata as { source: { id: string } }).source.id));
            return store.append(stream, at, events);
          },
        });
        const p = publisher(log, { page, contracts, maxBytes: maxBytes === 'least' ? least : maxBytes });
        await record(store, HISTORY.slice(0, 60));
        await p.drain();
        await record(store, HISTORY.slice(60));
        await p.drain();
        expectFeed(await published(store));
        expect(p.status()).toMatchObject({ state: 'live', stopped: null, problem: null, tail: { revision: expected.length - 1 } });
        if (maxBytes === 'least') expect(parted(batches)).toBeGreaterThan(0);
      }
    });

    it('whenever the publisher dies between its read and its append, or before it hears of its append', async () => {
      const store = await open();
      let deaths = 0;
      let appended = 0;
      const log = around(store, {
        append: async (stream, at, events) => {
          const written = appended++ % 3;
          if (written === 0 && deaths < 40) throw (deaths++, new Crash('before the append'));
          const result = await store.append(stream, at, events);
          if (written === 1 && deaths < 40) throw (deaths++, new Crash('after the append'));
          return result;
        },
      });
      for (let n = 0; n < HISTORY.length; n += 3) {
        await record(store, HISTORY.slice(n, n + 3));
        // A new one each time: nothing but the log is left of the one before.
        for (let done = false; !done; )
          done = await publisher(log, { page: 40, maxBytes: least }).drain().then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof Crash)) throw error;
              return false;
            },
          );
      }
      expect(deaths).toBe(40);
      expectFeed(await published(store));
    });

    it('also by several at once while commands go on', async () => {
      const store = await open();
      const stop = new AbortController();
      const several = [publisher(store), publisher(store, { contracts: 2, maxBytes: 30_000 }), publisher(store, { maxBytes: least })];
      const running = several.map((p) => p.run(stop.signal));
      for (let n = 0; n < HISTORY.length; n += 10) await record(store, HISTORY.slice(n, n + 10));
      const last = HISTORY.findLast((h) => h.stream.startsWith('contract-'))!.events.at(-1)!.id;
      await until(async () => (await store.readStream(PUBLISHED_STREAM, { direction: 'backwards', limit: 1 })).some((e) => sourceOf(e) === last));
      await until(async () => several.every((p) => p.status().state === 'live' && p.status().tail !== null));
      stop.abort();
      await Promise.all(running);
      expectFeed(await published(store));
    });

    it('when the outcome of an append is unknown: written, not written, or written late', async () => {
      const store = await open();
      await record(store);
      let n = 0;
      const sent: string[] = [];
      const late: Promise<unknown>[] = [];
      const log = around(store, {
        append: async (stream, at, events) => {
          sent.push(`${at} ${events.map((e) => e.id).join()}`);
          switch (n++ % 5) {
            case 0:
              await store.append(stream, at, events);
              throw new UnknownOutcome(stream);
            case 1:
              throw new UnknownOutcome(stream);
            case 2:
              late.push(pause(3).then(() => store.append(stream, at, events)).catch(() => null));
              throw new UnknownOutcome(stream);
            case 3:
              throw new StoreUnavailable('for a moment');
            default:
              return store.append(stream, at, events);
          }
        },
      });
      await publisher(log, { page: 30, maxBytes: 10_000 }).drain();
      await Promise.all(late);
      expectFeed(await published(store));
      // What is sent again is what was sent, to the last event.
      const attempts = new Map<string, Set<string>>();
      for (const s of sent) attempts.set(s.split(' ')[0]!, (attempts.get(s.split(' ')[0]!) ?? new Set()).add(s));
      expect([...attempts.values()].filter((a) => a.size > 1)).toEqual([]);
      expect(sent.length).toBeGreaterThan(attempts.size);
    });

    it('and a publisher that does not hold on to its expected revision is found out', async () => {
      const store = await open();
      await record(store);
      let n = 0;
      const careless = around(store, {
        append: async (stream, _, events) => {
          const [head] = await store.readStream(stream, { direction: 'backwards', limit: 1 });
          const result = await store.append(stream, head?.revision ?? 'no_stream', events);
          if (n++ === 2) throw new UnknownOutcome(stream);
          return result;
        },
      });
      await expect(publisher(careless, { maxBytes: 30_000 }).drain()).rejects.toMatchObject({ code: 'broken' });
      const events = await published(store);
      expect(() => check(events, (a, b) => store.compare(a, b))).toThrow();
    });

    it('and a doubled, a missing, a swapped and an altered event are found out', async () => {
      const store = await open();
      await record(store);
      await publisher(store).drain();
      const events = await published(store);
      const compare = (a: string, b: string): number => store.compare(a, b);
      const swapped = [...events.slice(0, 10), events[11]!, events[10]!, ...events.slice(12)];
      const dear = events.findIndex((e) => e.rawData.includes('"fee":'));
      const altered = events.map((e, i) => (i === dear ? { ...e, data: JSON.parse(e.rawData.replace('"fee":', '"fee":9')) as StoredEvent['data'] } : e));
      for (const wrong of [[...events, events.at(-1)!], events.toSpliced(20, 1), events.slice(0, -1), swapped, altered]) expect(() => check(wrong, compare)).toThrow();
      expect(() => check(events, compare)).not.toThrow();
    });
  });

  describe('the feed stops visibly', () => {
    const strange = (stream: string, revision: number) => {
      const id = deriveId('strange', revision);
      return { stream, expected: revision - 1, events: [{ id, type: 'SomethingNew', stream, revision, position: '', data: {}, metadata: metadataOf('X', id, plainDate('2025-01-01'), 1) }] };
    };

    it('at an event that it does not know, and what came before is published', async () => {
      const store = await open();
      const { stream } = HISTORY[0]!;
      const own = HISTORY.filter((h) => h.stream === stream);
      const before = HISTORY.slice(0, HISTORY.indexOf(own[1]!));
      await record(store, [...before, strange(stream, own[1]!.expected + 1), ...HISTORY.slice(before.length).filter((h) => h.stream !== stream)]);
      for (const p of [publisher(store), publisher(store)]) {
        await expect(p.drain()).rejects.toMatchObject({ name: 'FeedStopped', code: 'poison', event: { stream, type: 'SomethingNew' } });
        expect(p.status()).toMatchObject({ state: 'stopped', stopped: { code: 'poison' } });
        await p.run(new AbortController().signal);
        await expect(p.drain()).rejects.toMatchObject({ code: 'poison' });
      }
      const events = await published(store);
      expectFeed(events, events.length);
      expect(events.length).toBeGreaterThan(0);
    });

    it('when the published log or the log is behind what is known here', async () => {
      const store = await open();
      await record(store, HISTORY.slice(0, 30));
      const cursors = memory();
      const p = publisher(store, { cursor: cursors });
      await p.drain();
      await p.save();
      const { tail, position } = cursors.saved!;
      const stop = (cursor: AdvisoryCursor): Promise<void> => publisher(store, { cursor: { ...cursors, load: async () => cursor } }).drain();
      await expect(stop({ tail: { revision: tail!.revision + 1, id: tail!.id }, position })).rejects.toMatchObject({ code: 'rewound' });
      await expect(stop({ tail: { revision: tail!.revision, id: deriveId('another') }, position })).rejects.toMatchObject({ code: 'rewound' });
      await expect(stop({ tail: { revision: 0, id: deriveId('another') }, position })).rejects.toMatchObject({ code: 'rewound' });
      await expect(stop({ tail, position: beyond })).rejects.toMatchObject({ code: 'rewound' });
      await expect(stop({ tail, position })).resolves.toBeUndefined();

      // While it runs, too: the stream is gone from under it.
      const running = publisher(around(store, { readStream: async (name, o) => (name === PUBLISHED_STREAM && cut ? [] : store.readStream(name, o)) }));
      let cut = false;
      await running.drain();
      cut = true;
      await expect(running.drain()).rejects.toMatchObject({ code: 'rewound' });
    });

    it('at a published log that another hand wrote in', async () => {
      const store = await open();
      await record(store, HISTORY.slice(0, 5));
      await store.append(PUBLISHED_STREAM, 'no_stream', [{ id: deriveId('by hand'), type: 'x', data: {}, metadata: {} }]);
      await expect(publisher(store).drain()).rejects.toMatchObject({ code: 'broken' });
    });

    it('and only for that: what the store cannot do for now is tried again', async () => {
      const store = await open();
      await record(store);
      const stop = new AbortController();
      let down = 8;
      const p = publisher(
        around(store, {
          readStream: async (name, o) => {
            if (down-- > 0) throw new StoreUnavailable('not yet');
            return store.readStream(name, o);
          },
        }),
      );
      const running = p.run(stop.signal);
      await until(async () => p.status().state === 'live');
      expect(p.status()).toMatchObject({ problem: null, stopped: null });
      stop.abort();
      await running;
      expectFeed(await published(store));
    });
  });

  describe('the cursor', () => {
    it('spares reading again what translated to nothing, and counts for its tail only', async () => {
      const store = await open();
      await record(store, HISTORY.slice(0, 20));
      const cursor = memory();
      const first = publisher(store, { cursor });
      await first.drain();
      await record(store, Array.from({ length: 50 }, (_, n) => ({ ...other(1_000 + n), expected: -1 })));
      await first.drain();
      await first.save();
      const asked: (string | null | undefined)[] = [];
      const log = around(store, { subscribe: (o) => (asked.push(o.after), store.subscribe(o)) });
      await publisher(log, { cursor }).drain();
      expect(asked).toEqual([cursor.saved!.position]);

      await record(store, HISTORY.slice(20, 24));
      await publisher(store).drain();
      await publisher(log, { cursor }).drain();
      const [tail] = await store.readStream(PUBLISHED_STREAM, { direction: 'backwards', limit: 1 });
      expect(asked.at(-1)).toBe((tail!.metadata as unknown as { source: { position: string } }).source.position);
      expectFeed(await published(store), tail!.revision + 1);
    });

    it('of a publisher that saw an older tail costs nothing but time', async () => {
      const store = await open();
      const cursor = memory();
      for (let n = 0; n < HISTORY.length; n += 25) {
        await record(store, HISTORY.slice(n, n + 25));
        if (n % 50 === 0) {
          const p = publisher(store, { cursor });
          await p.drain();
          await p.save();
        } else await publisher(store).drain();
      }
      expectFeed(await published(store));
      expect(cursor.saved!.tail!.revision).toBeLessThan(expected.length);
    });
  });

  it('an append that another took first is an error of the store with the name that the publisher knows', async () => {
    const store = await open();
    await record(store, HISTORY.slice(0, 3));
    const error = await store.append(HISTORY[0]!.stream, 'no_stream', [{ id: deriveId('x'), type: 'x', data: {}, metadata: {} }]).catch((e: unknown) => e);
    expect([error instanceof WrongExpectedRevision, (error as Error).name]).toEqual([true, 'WrongExpectedRevision']);
  });
});

/** `KILLS=30 npm test -- libs/published/src/publisher` for more of them. */
const KILLS = Number(process.env['KILLS'] ?? 6);
it('a publisher whose process is killed, right before or right after its append, leaves nothing that the next one does not mend', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'published-'));
  const file = join(folder, 'log.sqlite');
  let store = await openEmbeddedStore({ file });
  pipelined = true;
  await record(store);
  await store.close();
  for (let i = 0; i < KILLS; i++) expect(await killed(file, i % 2 === 0 ? 'read' : 'appended', 1 + (i % 3 === 2 ? 1 : 0))).toBe(true);
  expect(await killed(file, 'never', 1)).toBe(false);
  store = await openEmbeddedStore({ file });
  expectFeed(await published(store));
  await store.close();
  rmSync(folder, { recursive: true });
});
