// The billing feed: how fast it is read at each door against a bare read of the same log, what its readers cost
// commands, and how soon after a command's answer its event can be read.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { templates, writeLives } from './lives.mjs';
import { inFolder, median, ms, paired, percent, rate, rounds, row, times } from './measure.mjs';
import { startGenerator, startReader, startService } from './servers.mjs';

const CONTRACTS = 3_000;
const MANY = 50;

export async function feed({ quick }) {
  return inFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const { live } = await writeLives(data, quick ? 20_000 : 100_000, await templates(folder, quick ? 100 : 300), CONTRACTS);
    const service = await startService(data);
    await service.ready();
    const headers = { authorization: `Bearer ${service.token()}` };
    const reader = await startReader(service);
    try {
      const { head, took } = await published(service, headers);
      const count = Number(head.split('.')[0]) + 1;
      const doors = await measureDoors(join(data, 'log.sqlite'), reader, count, quick);
      // Each change of a count by the load is one more event of a contract that the lag is not measured on.
      const apart = live.splice(0, quick ? 100 : 500).map(([id]) => id);
      const generator = await startGenerator(service, live);
      const commands = await measureCommands(service, headers, reader, generator, apart, quick);
      await generator.stop();
      return [
        { figure: 'feed, publishing what the log holds', aim: '', hit: null, text: rate((count * 1000) / took), detail: `${count.toLocaleString('en-US')} events from the service's start on, beside the read models' first build` },
        ...doors,
        ...commands,
      ];
    } finally {
      await reader.stop();
      await service.stop();
    }
  });
}

const status = async (service, headers) => (await fetch(`http://127.0.0.1:${service.port}/v1/feed/status`, { headers })).json();

/** Waits until everything is published. */
async function published(service, headers) {
  const start = performance.now();
  for (let before = null; ; await new Promise((resolve) => setTimeout(resolve, 500))) {
    const { head, state, stopped, problem } = await status(service, headers);
    if (stopped) throw new Error(`the feed stopped: ${JSON.stringify({ stopped, problem })}`);
    if (state === 'live' && head && head === before) return { head, took: performance.now() - start - 500 };
    before = head ?? null;
  }
}

async function measureDoors(log, reader, all, quick) {
  const db = new DatabaseSync(log, { readOnly: true });
  const page = db.prepare("SELECT revision, id, data FROM events WHERE stream = 'published-billing' AND revision >= ? ORDER BY revision LIMIT 500");
  const count = Math.min(all, quick ? 4_000 : 40_000);
  const each = Math.min(count, quick ? 500 : 2_000);
  const perSecond = (took) => (took.count * 1000) / took.ms;
  /** The texts of as many events, read by pages and put into bytes. */
  const floor = () => {
    const start = performance.now();
    let from = 0;
    while (from < count) {
      const rows = page.all(from);
      Buffer.from(rows.map((r) => r.data).join('\n'));
      from = rows.at(-1).revision + 1;
    }
    return perSecond({ count: from, ms: performance.now() - start });
  };
  const sides = {
    floor,
    json: async () => perSecond(await reader.ask({ pull: 'json', count })),
    ndjson: async () => perSecond(await reader.ask({ pull: 'ndjson', count })),
    one: async () => perSecond(await reader.ask({ streams: 1, after: '', count })),
    many: async () => perSecond(await reader.ask({ streams: MANY, after: '', count: each })),
  };
  const seen = await rounds(quick ? 2 : 7, sides);
  db.close();
  return [
    ['json', 'feed, pages of 1,000'],
    ['ndjson', 'feed, lines'],
    ['one', 'feed, 1 stream'],
    ['many', `feed, ${MANY} streams together`],
  ].map(([side, figure]) => {
    const r = paired(seen[side], seen.floor);
    return row(figure, { ratio: r.median, worst: r.worst, shown: percent, aim: '', hit: null, detail: `${rate(r.ours)} events against ${rate(r.floor)} of a bare read` });
  });
}

async function measureCommands(service, headers, reader, generator, apart, quick) {
  const order = { run: 'open', connections: 128, rate: 500, ms: quick ? 2_000 : 6_000 };
  const turns = quick ? 2 : 5;
  await generator.run({ run: 'closed', connections: 32, ms: 500, atLeast: quick ? 2_000 : 15_000 });
  const alone = [];
  const beside = [];
  const heard = [];
  const without = async () => void alone.push((await generator.run(order)).p99);
  const along = async () => {
    await reader.ask({ hold: MANY, after: (await published(service, headers)).head });
    beside.push((await generator.run(order)).p99);
    heard.push((await reader.ask({ drop: true })).events);
  };
  for (let i = 0; i < turns; i++) for (const turn of i % 2 ? [along, without] : [without, along]) await turn();
  const cost = paired(beside, alone, { lower: true });

  // The lag is measured while other commands come at the same rate.
  const lags = [];
  const share = Math.floor(apart.length / turns);
  for (let i = 0; i < turns; i++) {
    const { head } = await published(service, headers);
    const [lag] = await Promise.all([
      reader.ask({ lag: apart.slice(i * share, (i + 1) * share), rate: share / 2, after: head }),
      generator.run({ ...order, ms: 3_000 }),
    ]);
    lags.push(lag);
  }
  const p99 = median(lags.map((l) => l.p99));
  return [
    row(`p99 of commands with ${MANY} streams`, {
      ratio: cost.median, worst: cost.worst, shown: times, aim: '<= 1.1x', hit: cost.median <= 1.1,
      detail: `${ms(cost.ours)} against ${ms(cost.floor)} without, at 500 commands/s; ${Math.round(median(heard)).toLocaleString('en-US')} events handed over in each round`,
      note: 'writes to that many sockets on the thread that also takes commands',
    }),
    row('publish lag p99 at 500 commands/s', {
      ratio: p99, worst: Math.max(...lags.map((l) => l.p99)), shown: ms, aim: '<= 100 ms', hit: p99 <= 100,
      detail: `from a command's answer to its event on a stream; p50 ${ms(median(lags.map((l) => l.p50)))}, longest ${ms(Math.max(...lags.map((l) => l.max)))}`,
      note: 'the feed gives way to commands, gathers for 10 ms, and a stream is written to every 20 ms',
    }),
  ];
}
