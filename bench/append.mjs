// Embedded appends: one writer against one commit per event, 32 writers against batches of 32.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { lib } from './built.mjs';
import { bareLog } from './floors.mjs';
import { inFolder, paired, percent, rate, rounds, row } from './measure.mjs';
import { samples } from './lives.mjs';

const WRITERS = 32;

export async function append({ quick }) {
  const seconds = quick ? 0.5 : 2;
  const count = quick ? 4 : 9;
  return inFolder(async (folder) => {
    const { openEmbeddedStore } = await lib('event-store');
    const store = await openEmbeddedStore({ file: join(folder, 'log.sqlite') });
    const bare = bareLog(join(folder, 'bare.sqlite'));
    const events = await samples(folder);
    let next = 0;
    const event = () => events[next++ % events.length];
    const clocked = async (work) => {
      const start = performance.now();
      const until = start + seconds * 1000;
      const done = await work(until);
      return (done * 1000) / (performance.now() - start);
    };
    /** New streams throughout: each event is the first of its own, as dear as an index can make it. */
    const ours = (writers) => () =>
      clocked(async (until) => {
        let done = 0;
        const writer = async () => {
          while (performance.now() < until) {
            const { type, data, metadata } = event();
            await store.append(`contract-${randomUUID()}`, 'no_stream', [{ id: randomUUID(), type, data, metadata }]);
            done++;
          }
        };
        await Promise.all(Array.from({ length: writers }, writer));
        return done;
      });
    const floor = (batch) => () =>
      clocked(async (until) => {
        let done = 0;
        const rows = Array.from({ length: batch });
        while (performance.now() < until) {
          for (let i = 0; i < batch; i++) {
            const { type, rawData: data, rawMetadata: metadata } = event();
            rows[i] = { stream: `contract-${randomUUID()}`, revision: 0, id: randomUUID(), type, data, metadata };
          }
          bare.write(rows);
          done += batch;
        }
        return done;
      });
    const alone = await rounds(count, { floor: floor(1), ours: ours(1) });
    const grouped = await rounds(count, { floor: floor(WRITERS), ours: ours(WRITERS) });
    await store.close();
    bare.close();
    return [
      ['append, 1 writer', paired(alone.ours, alone.floor)],
      ['append, 32 writers', paired(grouped.ours, grouped.floor)],
    ].map(([figure, r]) =>
      row(figure, {
        ratio: r.median, worst: r.worst, aim: '>= 80 %', hit: r.median >= 0.8, shown: percent,
        detail: `${rate(r.ours)} against ${rate(r.floor)}`,
        note: 'canonical JSON of data and metadata and the hand-over to the append thread; the bare writer gets ready texts and blocks its event loop',
      }),
    );
  });
}
