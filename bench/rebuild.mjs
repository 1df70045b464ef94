// All read models from nothing out of a million events, against a bare read, parse and bulk insert; and the memory it takes.
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templates, writeLives } from './lives.mjs';
import { inFolder, paired, percent, rate, row } from './measure.mjs';

/** One side in a process of its own. */
const side = (kind, log, into) =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('rebuild-side.mjs', import.meta.url)), [kind, log, into], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let result = null;
    child.once('message', (m) => (result = m));
    child.once('exit', (code) => (code === 0 && result ? resolve(result) : reject(new Error(`${kind} ended with ${code}`))));
    process.once('exit', () => child.kill('SIGKILL'));
  });

export async function rebuild({ quick }) {
  const total = quick ? 100_000 : 1_000_000;
  return inFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const { events } = await writeLives(data, total, await templates(folder, quick ? 100 : 300));
    const log = join(data, 'log.sqlite');
    const seen = { ours: [], floor: [], rss: [] };
    for (let i = 0; i < (quick ? 2 : 3); i++) {
      const sides = ['floor', 'ours'];
      for (const kind of i % 2 ? sides.toReversed() : sides) {
        const { ms, rss } = await side(kind, log, join(folder, `${kind}-${i}.sqlite`));
        seen[kind].push((events * 1000) / ms);
        if (kind === 'ours') seen.rss.push(rss);
      }
    }
    const r = paired(seen.ours, seen.floor);
    const rss = seen.rss[0];
    const megabytes = (x) => `${Math.round(x / 2 ** 20)} MiB`;
    // Flat: the second half of the log takes no more than the first did.
    const growth = Math.max(...seen.rss.map((x) => x.secondHalf / x.firstHalf));
    return [
      row(`rebuild of all read models, ${events.toLocaleString('en-US')}`, {
        ratio: r.median, worst: r.worst, shown: percent, aim: '>= 60 %', hit: r.median >= 0.6, detail: `${rate(r.ours)} against ${rate(r.floor)}`,
        note: 'the events kept beside the contracts, and deriving their rows once for each append with a fact, so that lists can say what was known when',
      }),
      row('memory while rebuilding', {
        ratio: growth, worst: growth, shown: (x) => `${x.toFixed(2)}x`, aim: 'flat: <= 1.1x', hit: growth <= 1.1,
        detail: `largest RSS in the second half of the time over that of the first; ${megabytes(rss.firstHalf)} and ${megabytes(rss.secondHalf)}, from ${megabytes(rss.start)} at the start`,
        note: 'caches that still fill, or rows that pile up',
      }),
    ];
  });
}
