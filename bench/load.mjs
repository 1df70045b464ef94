// Loading a stream of 10, 100 and 1,000 events: the store's read against a bare one, both parsed.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { lib } from './built.mjs';
import { bareLog } from './floors.mjs';
import { samples } from './lives.mjs';
import { inFolder, paired, rounds, row, times } from './measure.mjs';

const LENGTHS = [10, 100, 1_000];

export async function load({ quick }) {
  return inFolder(async (folder) => {
    const { openEmbeddedStore } = await lib('event-store');
    const file = join(folder, 'log.sqlite');
    await (await openEmbeddedStore({ file })).close();
    const events = await samples(folder);
    const streams = Object.fromEntries(LENGTHS.map((n) => [n, Array.from({ length: Math.ceil((quick ? 2_000 : 20_000) / n) }, () => `contract-${randomUUID()}`)]));
    // Side by side in the log, as events of many contracts come; 50 to a commit.
    const log = bareLog(file);
    let rows = [];
    let next = 0;
    for (let revision = 0; revision < Math.max(...LENGTHS); revision++)
      for (const n of LENGTHS)
        if (revision < n)
          for (const stream of streams[n]) {
            const { type, rawData: data, rawMetadata: metadata } = events[next++ % events.length];
            rows.push({ stream, revision, id: randomUUID(), type, data, metadata });
            if (rows.length === 50) log.write(rows.splice(0));
          }
    log.write(rows);
    log.close();

    const store = await openEmbeddedStore({ file });
    const db = new DatabaseSync(file, { readOnly: true });
    db.exec('PRAGMA cache_size = -32768');
    const select = db.prepare('SELECT position, stream, revision, id, type, data, metadata FROM events WHERE stream = ? ORDER BY revision');
    const out = [];
    for (const n of LENGTHS) {
      const turns = Math.ceil((quick ? 5_000 : 50_000) / n);
      const timed = (work) => async () => {
        const start = performance.now();
        for (let i = 0; i < turns; i++) {
          const loaded = await work(streams[n][(i * 7919) % streams[n].length]);
          if (loaded.length !== n) throw new Error(`${loaded.length} events instead of ${n}`);
        }
        return ((performance.now() - start) * 1000) / turns;
      };
      const seen = await rounds(
        quick ? 5 : 15,
        {
          floor: timed((stream) => {
            const found = select.all(stream);
            for (const r of found) {
              r.data = JSON.parse(r.data);
              r.metadata = JSON.parse(r.metadata);
            }
            return found;
          }),
          ours: timed((stream) => store.readStream(stream)),
        },
        { pause: 10 },
      );
      const r = paired(seen.ours, seen.floor, { lower: true });
      out.push(
        row(`load a stream of ${n}`, {
          ratio: r.median, worst: r.worst, shown: times, aim: '<= 1.3x', hit: r.median <= 1.3,
          detail: `${r.ours.toFixed(0)} us against ${r.floor.toFixed(0)} us for a bare read and parse`,
          note: 'making an event of each row',
        }),
      );
    }
    await store.close();
    db.close();
    return out;
  });
}
