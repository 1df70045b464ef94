// With EVENTSTORE_URL: the adapter against the bare client on the same server.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { lib } from './built.mjs';
import { samples } from './lives.mjs';
import { inFolder, paired, percent, rate, rounds, row } from './measure.mjs';

const require = createRequire(import.meta.url);
const BATCH = 1_000;

export async function eventstoredb({ quick }) {
  const url = process.env.EVENTSTORE_URL;
  if (!url) return [{ figure: 'EventStoreDB', text: 'not run', aim: '', hit: null, detail: 'EVENTSTORE_URL is not set' }];
  const { EventStoreDBClient, jsonEvent, NO_STREAM, START, streamNameFilter } = require('@eventstore/db-client');
  return inFolder(async (folder) => {
    const { openEventStoreDb } = await lib('event-store');
    const store = await openEventStoreDb({ url });
    const client = EventStoreDBClient.connectionString(url);
    const events = await samples(folder);
    // A category of this run's own: the server may hold anything else.
    const category = `bench${randomUUID().replaceAll('-', '')}`;
    let next = 0;
    const event = () => {
      const { type, data, metadata } = events[next++ % events.length];
      return { id: randomUUID(), type, data, metadata };
    };
    const stream = (side) => `${category}${side}-${randomUUID()}`;
    const ours = (list) => store.append(stream('a'), 'no_stream', list);
    const bare = (list) => client.appendToStream(stream('b'), list.map((e) => jsonEvent(e)), { expectedRevision: NO_STREAM });
    const written = { a: 0, b: 0 };
    const perSecond = (count, side, work) => async () => {
      const start = performance.now();
      const n = await work();
      written[side] += n;
      return (n * 1000) / (performance.now() - start);
    };
    const sequential = (append, side, count) =>
      perSecond(count, side, async () => {
        for (let i = 0; i < count; i++) await append([event()]);
        return count;
      });
    const concurrent = (append, side, count) =>
      perSecond(count, side, async () => {
        let left = count;
        await Promise.all(Array.from({ length: 32 }, async () => { while (left-- > 0) await append([event()]); }));
        return count;
      });
    // Small events: a thousand of them are to fit into one append.
    const small = () => ({ id: randomUUID(), type: 'Quoted', data: { subject: 'base', kind: 'initial', amount: 1 }, metadata: { note: 'x'.repeat(300) } });
    const batch = (append, side) =>
      perSecond(BATCH, side, async () => {
        await append(Array.from({ length: BATCH }, small));
        return BATCH;
      });
    const n = quick ? 100 : 400;
    const figures = {
      sequential: [sequential(ours, 'a', n), sequential(bare, 'b', n)],
      '32 concurrent': [concurrent(ours, 'a', 6 * n), concurrent(bare, 'b', 6 * n)],
      'batch of 1,000': [batch(ours, 'a'), batch(bare, 'b')],
      'catch-up': [
        async () => {
          const stop = new AbortController();
          const start = performance.now();
          let got = 0;
          for await (const m of store.subscribe({ after: null, streamPrefixes: [`${category}a-`], signal: stop.signal })) {
            if (m.kind === 'events') got += m.events.length;
            if (got >= written.a) stop.abort();
          }
          return (got * 1000) / (performance.now() - start);
        },
        async () => {
          const start = performance.now();
          let got = 0;
          const subscription = client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [`${category}b-`], checkpointInterval: 1_000, maxSearchWindow: 2_000 }) });
          try {
            for await (const { event: e } of subscription) if (e && ++got >= written.b) break;
          } finally {
            await subscription.unsubscribe();
          }
          return (got * 1000) / (performance.now() - start);
        },
      ],
    };
    const out = [];
    for (const [name, [mine, theirs]] of Object.entries(figures)) {
      const seen = await rounds(quick ? 3 : 7, { floor: theirs, ours: mine });
      const r = paired(seen.ours, seen.floor);
      out.push(row(`EventStoreDB, ${name}`, { ratio: r.median, worst: r.worst, shown: percent, aim: '', hit: null, detail: `adapter ${rate(r.ours)}, bare client ${rate(r.floor)}` }));
    }
    await store.close();
    await client.dispose();
    return out;
  });
}
