// Commands over HTTP: 32 connections as fast as they go, and an open loop at two rates.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { templates, writeLives } from './lives.mjs';
import { inFolder, median, ms, paired, percent, rate, rounds, row } from './measure.mjs';
import { startFloor, startGenerator, startService } from './servers.mjs';

const CONNECTIONS = 32;
const CONTRACTS = 5_000;

export async function http({ quick }) {
  return inFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const { live } = await writeLives(data, quick ? 60_000 : 200_000, await templates(folder, quick ? 100 : 300), CONTRACTS);
    if (live.length < CONTRACTS / 2) throw new Error(`only ${live.length} contracts are alive`);
    const service = await startService(data, { execArgv: process.env.LEDGER_BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.LEDGER_BENCH_PROFILE}`] : [] });
    const floor = await startFloor(join(folder, 'floor.sqlite'));
    await service.ready();
    const ours = await startGenerator(service, live);
    const theirs = await startGenerator(floor, live.map(([id, revision]) => [id, revision]));

    const headers = { authorization: `Bearer ${service.token()}` };
    /** How long after the last answer of a round the read models had it, in milliseconds. */
    const behind = [];
    const closed = (generator) => async () => {
      const { done, ms: took, last } = await generator.run({ run: 'closed', connections: CONNECTIONS, ms: quick ? 700 : 1_500 });
      if (last) {
        const asked = performance.now();
        await service.answers(`/v1/contracts/${last.contractId}?atLeast=${last.position}`, headers);
        behind.push(performance.now() - asked);
      }
      return (done * 1000) / took;
    };
    // Compiled code on both sides before anything counts, however slow the machine is just now.
    for (const generator of [theirs, ours]) await generator.run({ run: 'closed', connections: CONNECTIONS, ms: 500, atLeast: quick ? 8_000 : 30_000 });
    const speed = await rounds(quick ? 4 : 11, { floor: closed(theirs), ours: closed(ours) }, { pause: 300 });
    const r = paired(speed.ours, speed.floor);
    const rows = [
      row('commands over HTTP, 32 connections', {
        ratio: r.median, worst: r.worst, shown: percent, aim: '>= 160 %', hit: r.median >= 1.6,
        detail: `${rate(r.ours)} against ${rate(r.floor)}; the read models had the last of a round ${ms(median(behind))} after its answer`,
        note: 'the service\'s own thread: parsing, validating, deciding, canonical JSON and the answer, all on one core',
      }),
    ];
    for (const [perSecond, aim] of [[500, 4], [2_000, 8]]) {
      const seen = { p50: [], p99: [], max: [], bare: [] };
      for (let i = 0; i < (quick ? 2 : 5); i++) {
        const order = { run: 'open', connections: 128, rate: perSecond, ms: quick ? 2_000 : 6_000 };
        const mine = await ours.run(order);
        const bare = await theirs.run(order);
        seen.p50.push(mine.p50);
        seen.p99.push(mine.p99);
        seen.max.push(mine.max);
        seen.bare.push(bare.p99);
      }
      const p99 = median(seen.p99);
      rows.push(
        row(`p99 at ${perSecond}/s, open loop`, {
          ratio: p99, worst: Math.max(...seen.p99), shown: ms, aim: `<= ${aim} ms`, hit: p99 <= aim,
          detail: `p50 ${ms(median(seen.p50))}, worst of all ${ms(Math.max(...seen.max))}; the bare route's p99 ${ms(median(seen.bare))}`,
          note: 'what else wants the two cores, and syncs of the disk, delay everything behind them',
        }),
      );
    }
    await ours.stop();
    await theirs.stop();
    await floor.stop();
    await service.stop();
    return rows;
  });
}
