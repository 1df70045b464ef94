import { randomUUID } from 'node:crypto';
import type { Json } from '@app/kernel';
import {
  AppendTooLarge,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  StoreClosed,
  type StoredEvent,
  type SubscribeOptions,
  WrongExpectedRevision,
} from '../port.js';

/** How the suite gets at a store. The data outlive a close; other writers may be at work on other streams. */
export interface Harness {
  open(): Promise<EventStore>;
}

/** A stream name of its own for every use, so that tests can share one log. */
export const freshStream = (category = 'contract'): string => `${category}-${randomUUID()}`;

/** `n` events with data `{n: from}`, `{n: from + 1}`, … */
export const someEvents = (n: number, from = 0, type = 'Tested'): NewEvent[] =>
  Array.from({ length: n }, (_, i) => ({ id: randomUUID(), type, data: { n: from + i }, metadata: { recordedAt: '2026-04-01T00:00:00Z' } }));

export const ids = (events: readonly { readonly id: string }[]): string[] => events.map((e) => e.id);

/** Hands over the events of a subscription until `enough` says so; fails the test on a repeat or a step back. */
export async function collect(
  store: EventStore,
  options: Omit<SubscribeOptions, 'signal'>,
  enough: (events: readonly StoredEvent[], caughtUp: readonly (Position | null)[]) => boolean,
): Promise<{ events: StoredEvent[]; caughtUp: (Position | null)[] }> {
  const stop = new AbortController();
  const events: StoredEvent[] = [];
  const caughtUp: (Position | null)[] = [];
  let at = options.after;
  for await (const message of store.subscribe({ ...options, signal: stop.signal })) {
    if (message.kind === 'caughtUp') {
      if (at !== null && message.position !== null && store.compare(message.position, at) < 0) throw new Error('caught up behind what was handed over');
      at = message.position;
      caughtUp.push(message.position);
    } else
      for (const event of message.events) {
        if (at !== null && store.compare(event.position, at) <= 0) throw new Error(`${event.position} came at or after ${at}`);
        at = event.position;
        events.push(event);
      }
    if (enough(events, caughtUp)) stop.abort();
  }
  return { events, caughtUp };
}

/** What both adapters do alike. Registers its tests under `name`. */
export function eventStoreSuite(name: string, harness: Harness): void {
  describe(`event store: ${name}`, () => {
    let store: EventStore;

    beforeAll(async () => {
      store = await harness.open();
    });
    afterAll(async () => {
      await store.close();
    });
    const restart = async (): Promise<void> => {
      await store.close();
      store = await harness.open();
    };
    const refusal = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<unknown> =>
      store.append(stream, expected, events).then(
        () => 'appended',
        (error: unknown) => error,
      );

    describe('append', () => {
      it('begins a stream at revision 0 and counts on without a gap', async () => {
        const stream = freshStream();
        expect((await store.append(stream, 'no_stream', someEvents(1))).revision).toBe(0);
        expect((await store.append(stream, 0, someEvents(3, 1))).revision).toBe(3);
        expect((await store.append(stream, 3, someEvents(1, 4))).revision).toBe(4);
        const read = await store.readStream(stream);
        expect(read.map((e) => e.revision)).toEqual([0, 1, 2, 3, 4]);
        expect(read.map((e) => e.data)).toEqual([0, 1, 2, 3, 4].map((n) => ({ n })));
      });

      it('returns the position of the last event appended', async () => {
        const stream = freshStream();
        const { position } = await store.append(stream, 'no_stream', someEvents(3));
        expect((await store.readStream(stream)).at(-1)!.position).toBe(position);
      });

      it('keeps data and metadata as canonical JSON, byte for byte', async () => {
        const stream = freshStream();
        const data = { z: 1, a: 'é\u2028"\\日本', list: [{ y: null, b: false }], n: 1e21, small: 0.1, none: undefined, '€': '', nested: { b: 2, a: 1 } };
        const metadata = { $correlationId: 'k', b: [1, 2], a: { d: 1, c: 2 } };
        await store.append(stream, 'no_stream', [{ id: randomUUID(), type: 'Tested', data, metadata }]);
        const [event] = await store.readStream(stream);
        expect(event!.rawData).toBe('{"a":"é\u2028\\"\\\\日本","list":[{"b":false,"y":null}],"n":1e+21,"nested":{"a":1,"b":2},"small":0.1,"z":1,"€":""}');
        expect(event!.rawMetadata).toBe('{"$correlationId":"k","a":{"c":2,"d":1},"b":[1,2]}');
        expect(event!.data).toEqual(JSON.parse(JSON.stringify(data)));
        expect(event!.metadata).toEqual(metadata);
      });

      it('writes all events of an append or none', async () => {
        const stream = freshStream();
        await store.append(stream, 'no_stream', someEvents(2));
        await expect(store.append(stream, 'no_stream', someEvents(5))).rejects.toThrow(WrongExpectedRevision);
        await expect(store.append(stream, 5, someEvents(5))).rejects.toThrow(WrongExpectedRevision);
        expect(await store.readStream(stream)).toHaveLength(2);
        await store.append(stream, 1, someEvents(100, 2));
        const positions = (await store.readStream(stream)).map((e) => e.position);
        expect(positions).toHaveLength(102);
        expect([...positions].sort((a, b) => store.compare(a, b))).toEqual(positions);
      });

      it('refuses a revision the stream is not at, and says where it is', async () => {
        const stream = freshStream();
        expect(await refusal(stream, 0, someEvents(1))).toMatchObject({ name: 'WrongExpectedRevision', stream, expected: 0, actual: 'no_stream' });
        await store.append(stream, 'no_stream', someEvents(3));
        expect(await refusal(stream, 'no_stream', someEvents(1))).toMatchObject({ name: 'WrongExpectedRevision', stream, expected: 'no_stream', actual: 2 });
        expect(await refusal(stream, 1, someEvents(1))).toMatchObject({ expected: 1, actual: 2 });
        expect(await refusal(stream, 3, someEvents(1))).toMatchObject({ expected: 3, actual: 2 });
        expect(await store.readStream(stream)).toHaveLength(3);
      });

      it('lets exactly one of many concurrent writers win', async () => {
        const stream = freshStream();
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal(stream, 'no_stream', someEvents(2))));
        expect(outcomes.filter((o) => o === 'appended')).toHaveLength(1);
        expect(outcomes.filter((o) => o instanceof WrongExpectedRevision)).toHaveLength(19);
        expect(await store.readStream(stream)).toHaveLength(2);
      });

      it('keeps concurrent appends to different streams apart, good ones and refused ones', async () => {
        const streams = Array.from({ length: 50 }, () => freshStream());
        const outcomes = await Promise.all(streams.map((s, i) => refusal(s, i % 5 === 0 ? 7 : 'no_stream', someEvents(2))));
        expect(outcomes.filter((o) => o === 'appended')).toHaveLength(40);
        expect((await Promise.all(streams.map((s) => store.readStream(s)))).map((e) => e.length)).toEqual(streams.map((_, i) => (i % 5 === 0 ? 0 : 2)));
      });

      it('refuses what cannot be stored before anything is written', async () => {
        const stream = freshStream();
        const one = someEvents(1)[0]!;
        await expect(store.append(stream, 'no_stream', [])).rejects.toThrow(TypeError);
        await expect(store.append('$system', 'no_stream', [one])).rejects.toThrow(TypeError);
        await expect(store.append('', 'no_stream', [one])).rejects.toThrow(TypeError);
        await expect(store.append(stream, -1, [one])).rejects.toThrow(TypeError);
        await expect(store.append(stream, 'any' as ExpectedRevision, [one])).rejects.toThrow(TypeError);
        await expect(store.append(stream, 'no_stream', [one, { ...one, id: 'not-a-uuid' }])).rejects.toThrow(TypeError);
        await expect(store.append(stream, 'no_stream', [one, { ...one, type: '$type' }])).rejects.toThrow(TypeError);
        await expect(store.append(stream, 'no_stream', [one, { ...one, data: { big: 1n } as unknown as Json }])).rejects.toThrow('big');
        await expect(store.append(stream, 'no_stream', [one, { ...one, metadata: { half: '\ud800' } }])).rejects.toThrow('half');
        expect(await store.readStream(stream)).toEqual([]);
      });

      it('takes 1 MiB of data in one append and no more', async () => {
        const stream = freshStream();
        const half = (chars: number): NewEvent => ({ ...someEvents(1)[0]!, data: 'x'.repeat(chars - 2) });
        await expect(store.append(stream, 'no_stream', [half(524_288), half(524_289)])).rejects.toThrow(AppendTooLarge);
        expect(await store.readStream(stream)).toEqual([]);
        expect((await store.append(stream, 'no_stream', [half(524_000), half(524_000)])).revision).toBe(1);
      });
    });

    describe('append, repeated', () => {
      it('answers a repeat with the original revision and position and writes nothing', async () => {
        const stream = freshStream();
        const [first, second] = [someEvents(3), someEvents(2, 3)];
        const original = [await store.append(stream, 'no_stream', first), await store.append(stream, 2, second)];
        await store.append(stream, 4, someEvents(1, 5));
        expect([await store.append(stream, 'no_stream', first), await store.append(stream, 2, second)]).toEqual(original);
        expect(await store.readStream(stream)).toHaveLength(6);
      });

      it('also after a restart', async () => {
        const stream = freshStream();
        const [first, second] = [someEvents(3), someEvents(2, 3)];
        const original = [await store.append(stream, 'no_stream', first), await store.append(stream, 2, second)];
        await restart();
        expect([await store.append(stream, 'no_stream', first), await store.append(stream, 2, second)]).toEqual(original);
        expect(ids(await store.readStream(stream))).toEqual(ids([...first, ...second]));
      });

      it('compares ids, not bodies: the first body stays', async () => {
        const stream = freshStream();
        const [event] = someEvents(1);
        await store.append(stream, 'no_stream', [event!]);
        await store.append(stream, 'no_stream', [{ ...event!, data: { n: 'other' } }]);
        expect((await store.readStream(stream)).map((e) => e.data)).toEqual([{ n: 0 }]);
      });

      it('refuses a mixture of known and new ids, a longer batch, another order and another place', async () => {
        const stream = freshStream();
        const events = someEvents(3);
        await store.append(stream, 'no_stream', events);
        const [fresh] = someEvents(1);
        for (const [expected, batch] of [
          ['no_stream', [...events, fresh!]],
          ['no_stream', [events[0]!, fresh!]],
          ['no_stream', [fresh!, events[1]!]],
          ['no_stream', [events[1]!, events[0]!, events[2]!]],
          ['no_stream', [events[1]!]],
          [1, [events[2]!, fresh!]],
        ] as const)
          await expect(store.append(stream, expected, batch)).rejects.toThrow(WrongExpectedRevision);
        expect(ids(await store.readStream(stream))).toEqual(ids(events));
      });

      it('writes once what is sent many times at once', async () => {
        const stream = freshStream();
        const events = someEvents(2);
        const results = await Promise.all(Array.from({ length: 10 }, () => store.append(stream, 'no_stream', events)));
        expect(new Set(results.map((r) => JSON.stringify(r))).size).toBe(1);
        expect(ids(await store.readStream(stream))).toEqual(ids(events));
      });
    });

    describe('read one stream', () => {
      it('is empty when there is none', async () => {
        expect(await store.readStream(freshStream())).toEqual([]);
        expect(await store.readStream(freshStream(), { direction: 'backwards', limit: 1 })).toEqual([]);
      });

      it('forwards and backwards, from a revision, up to a limit', async () => {
        const stream = freshStream();
        await store.append(stream, 'no_stream', someEvents(10));
        const revisions = async (options: Parameters<EventStore['readStream']>[1]): Promise<number[]> => (await store.readStream(stream, options)).map((e) => e.revision);
        expect(await revisions({ from: 7 })).toEqual([7, 8, 9]);
        expect(await revisions({ from: 2, limit: 3 })).toEqual([2, 3, 4]);
        expect(await revisions({ from: 10 })).toEqual([]);
        expect(await revisions({ direction: 'backwards', limit: 2 })).toEqual([9, 8]);
        expect(await revisions({ direction: 'backwards', from: 4 })).toEqual([4, 3, 2, 1, 0]);
        expect(await revisions({ direction: 'backwards', from: 4, limit: 2 })).toEqual([4, 3]);
      });

      it('gives every event whole', async () => {
        const stream = freshStream('managementUnit');
        const [event] = someEvents(1, 42);
        const { position } = await store.append(stream, 'no_stream', [event!]);
        expect(await store.readStream(stream)).toEqual([
          { ...event!, stream, revision: 0, position, rawData: '{"n":42}', rawMetadata: '{"recordedAt":"2026-04-01T00:00:00Z"}' },
        ]);
        expect(position).toMatch(/^[A-Za-z0-9._~-]+$/);
      });

      it('gives thousands of events in order', async () => {
        const stream = freshStream();
        for (let i = 0; i < 5; i++) await store.append(stream, i === 0 ? 'no_stream' : i * 1000 - 1, someEvents(1000, i * 1000));
        const read = await store.readStream(stream);
        expect(read.map((e) => (e.data as { n: number }).n)).toEqual(Array.from({ length: 5000 }, (_, n) => n));
      });

      it('sees at once what was acknowledged', async () => {
        for (let i = 0; i < 20; i++) {
          const stream = freshStream();
          await store.append(stream, 'no_stream', someEvents(1));
          expect(await store.readStream(stream)).toHaveLength(1);
        }
      });
    });

    describe('read all', () => {
      it('in the order of appending across streams, exclusive of the position given, page by page', async () => {
        const before = await store.head();
        const streams = [freshStream('a'), freshStream('b')];
        const written: string[] = [];
        for (let i = 0; i < 12; i++) {
          const events = someEvents(2, i);
          const n = Math.floor(i / 2);
          await store.append(streams[i % 2]!, n === 0 ? 'no_stream' : 2 * n - 1, events);
          written.push(...ids(events));
        }
        const read: StoredEvent[] = [];
        for (let after = before; ; ) {
          const page = await store.readAll({ after, limit: 5 });
          read.push(...page);
          if (page.length < 5) break;
          after = page.at(-1)!.position;
        }
        expect(ids(read.filter((e) => streams.includes(e.stream)))).toEqual(written);
        expect(read.every((e, i) => i === 0 || store.compare(read[i - 1]!.position, e.position) < 0)).toBe(true);
        expect(read.some((e) => e.stream.startsWith('$'))).toBe(false);
      });

      it('backwards from the end and from a position', async () => {
        const stream = freshStream();
        const events = someEvents(6);
        await store.append(stream, 'no_stream', events);
        const [last, ...others] = (await store.readAll({ limit: 500, direction: 'backwards' })).filter((e) => e.stream === stream);
        expect(ids([last!, ...others])).toEqual(ids(events).reverse());
        const before = (await store.readAll({ limit: 500, direction: 'backwards', after: last!.position })).filter((e) => e.stream === stream);
        expect(before).toEqual(others);
      });

      it('from the very beginning', async () => {
        await store.append(freshStream(), 'no_stream', someEvents(1));
        const [first] = await store.readAll({ limit: 1 });
        expect((await store.readAll({ limit: 1, after: null }))[0]).toEqual(first);
        expect(await store.readAll({ limit: 10, after: first!.position, direction: 'backwards' })).toEqual([]);
      });

      it('knows the last position, also after a restart', async () => {
        const { position } = await store.append(freshStream(), 'no_stream', someEvents(3));
        const head = await store.head();
        expect(store.compare(head!, position)).toBeGreaterThanOrEqual(0);
        await restart();
        expect(store.compare((await store.head())!, head!)).toBeGreaterThanOrEqual(0);
        expect(store.compare(position, position)).toBe(0);
        expect(store.compare((await store.readAll({ limit: 1 }))[0]!.position, position)).toBeLessThan(0);
      });
    });

    describe('subscribe', () => {
      it('hands over what is there, says so, then goes on live', async () => {
        const category = `sub${randomUUID().slice(0, 8)}`;
        const stream = freshStream(category);
        const after = await store.head();
        const old = someEvents(20);
        await store.append(stream, 'no_stream', old);
        const fresh = someEvents(5, 20);
        let appended: Promise<unknown> | undefined;
        const { events, caughtUp } = await collect(store, { after, streamPrefixes: [`${category}-`] }, (got, caught) => {
          if (caught.length > 0) appended ??= store.append(stream, 19, fresh);
          return got.length >= 25;
        });
        await appended;
        expect(ids(events)).toEqual(ids([...old, ...fresh]));
        expect(store.compare(caughtUp[0]!, events[19]!.position)).toBeGreaterThanOrEqual(0);
      });

      it('only the streams asked for, from a position, wherever that lies', async () => {
        const tag = randomUUID().slice(0, 8);
        const [a, b, c] = [freshStream(`x${tag}`), freshStream(`y${tag}`), freshStream(`x${tag}z`)];
        const wanted: string[] = [];
        const positions: Position[] = [];
        for (let i = 0; i < 10; i++)
          for (const stream of [a, b, c]) {
            const [event] = someEvents(1, i);
            const { position } = await store.append(stream, i === 0 ? 'no_stream' : i - 1, [event!]);
            positions.push(position);
            if (stream !== c) wanted.push(event!.id);
          }
        const streamPrefixes = [`x${tag}-`, `y${tag}-`];
        const start = await collect(store, { after: null, streamPrefixes }, (got) => got.length >= 20);
        expect(ids(start.events)).toEqual(wanted);
        // positions of an event of each stream, the unwanted one included
        for (const [at, left] of [
          [9, 13],
          [10, 12],
          [11, 12],
        ] as const) {
          const rest = await collect(store, { after: positions[at]!, streamPrefixes }, (got) => got.length >= left);
          expect(ids(rest.events)).toEqual(wanted.slice(20 - left));
        }
      });

      it('every stream when none is named, in the order of the log', async () => {
        const after = await store.head();
        const streams = [freshStream('one'), freshStream('two')];
        const written: string[] = [];
        for (let i = 0; i < 6; i++) {
          const events = someEvents(1);
          await store.append(streams[i % 2]!, i < 2 ? 'no_stream' : Math.floor(i / 2) - 1, events);
          written.push(...ids(events));
        }
        const { events } = await collect(store, { after }, (got) => got.filter((e) => streams.includes(e.stream)).length >= 6);
        expect(ids(events.filter((e) => streams.includes(e.stream)))).toEqual(written);
        expect(events.some((e) => e.stream.startsWith('$'))).toBe(false);
      });

      it('says caught up when nothing matches, with a position to resume from', async () => {
        const { position } = await store.append(freshStream(), 'no_stream', someEvents(3));
        const { events, caughtUp } = await collect(store, { after: position, streamPrefixes: ['nothing-'] }, (_, caught) => caught.length > 0);
        expect(events).toEqual([]);
        expect(store.compare(caughtUp[0]!, position)).toBeGreaterThanOrEqual(0);
      });

      it('loses and repeats nothing across bursts of a thousand events and many writers', async () => {
        const category = `burst${randomUUID().slice(0, 8)}`;
        const after = await store.head();
        const total = 2 * 1000 + 20 * 30;
        const subscribers = [1, 2, 3].map((n) =>
          collect(store, { after, streamPrefixes: [`${category}-`], batch: [1, 100, 500][n - 1]! }, (got) => got.length >= total),
        );
        const writer = async (): Promise<void> => {
          const stream = freshStream(category);
          for (let i = 0; i < 30; i++) await store.append(stream, i === 0 ? 'no_stream' : i - 1, someEvents(1, i));
        };
        await Promise.all([
          ...Array.from({ length: 20 }, writer),
          store.append(freshStream(category), 'no_stream', someEvents(1000)),
          store.append(freshStream(category), 'no_stream', someEvents(1000)),
        ]);
        const expected = ids((await allAfter(store, after)).filter((e) => e.stream.startsWith(`${category}-`)));
        expect(expected).toHaveLength(total);
        for (const { events } of await Promise.all(subscribers)) expect(ids(events)).toEqual(expected);
      });

      it('fetches no further while the consumer is busy, and misses nothing by it', async () => {
        const category = `slow${randomUUID().slice(0, 8)}`;
        const after = await store.head();
        const stream = freshStream(category);
        await store.append(stream, 'no_stream', someEvents(300));
        const seen: number[] = [];
        const stop = new AbortController();
        for await (const message of store.subscribe({ after, streamPrefixes: [`${category}-`], batch: 50, signal: stop.signal })) {
          if (message.kind !== 'events') continue;
          expect(message.events.length).toBeLessThanOrEqual(50);
          if (seen.length === 0) await store.append(stream, 299, someEvents(300, 300));
          await new Promise((resolve) => setTimeout(resolve, 5));
          seen.push(...message.events.map((e) => e.revision));
          if (seen.length >= 600) stop.abort();
        }
        expect(seen).toEqual(Array.from({ length: 600 }, (_, n) => n));
      });

      it('ends when the signal aborts, waiting or not, and when the consumer breaks off', async () => {
        const stop = new AbortController();
        const kinds: string[] = [];
        const head = await store.head();
        const options = { after: head, streamPrefixes: ['nothing-'] };
        for await (const message of store.subscribe({ ...options, signal: stop.signal })) {
          kinds.push(message.kind);
          setTimeout(() => stop.abort(), 20);
        }
        expect(kinds).toContain('caughtUp');
        for await (const message of store.subscribe({ ...options, signal: new AbortController().signal })) {
          expect(message.kind).toBe('caughtUp');
          break;
        }
        for await (const message of store.subscribe({ ...options, signal: AbortSignal.abort() })) throw new Error(`a ${message.kind} after the abort`);
      });

      it('ends when the store closes', async () => {
        const running = collect(store, { after: await store.head(), streamPrefixes: ['nothing-'] }, () => false);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await restart();
        expect((await running).events).toEqual([]);
      });
    });

    describe('close', () => {
      it('finishes the appends under way, then refuses everything', async () => {
        const streams = Array.from({ length: 10 }, () => freshStream());
        const closed = store;
        const appends = streams.map((s) => closed.append(s, 'no_stream', someEvents(2)));
        await restart();
        expect((await Promise.all(appends)).map((r) => r.revision)).toEqual(streams.map(() => 1));
        for (const s of streams) expect(await store.readStream(s)).toHaveLength(2);
        await closed.close();
        await expect(closed.append(freshStream(), 'no_stream', someEvents(1))).rejects.toThrow(StoreClosed);
        await expect(closed.readStream(streams[0]!)).rejects.toThrow(StoreClosed);
        await expect(closed.readAll({ limit: 1 })).rejects.toThrow(StoreClosed);
        await expect(closed.head()).rejects.toThrow(StoreClosed);
        await expect(collect(closed, { after: null }, () => true)).rejects.toThrow(StoreClosed);
      });

      it('says nothing is wrong while nothing is', () => {
        expect(store.problem()).toBeNull();
      });
    });
  });
}

async function allAfter(store: EventStore, after: Position | null): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const page = await store.readAll({ after: events.at(-1)?.position ?? after, limit: 1000 });
    events.push(...page);
    if (page.length < 1000) return events;
  }
}
