// Verifying a log against its signatures, from a process's start to its answer, against a bare read and hash of the same rows; keeping the tree; and the audit beside the service.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../scripts/build.mjs';
import { DIST } from '../scripts/dist.mjs';
import { auditLive } from './audit-live.mjs';
import { lib } from './built.mjs';
import { templates, writeLives } from './lives.mjs';
import { inFolder, paired, percent, rate, row } from './measure.mjs';

/** Milliseconds from the start of a process to its end, and its largest RSS in bytes as it says itself. */
const timed = (args) =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, ['--import', fileURLToPath(new URL('audit-rss.mjs', import.meta.url)), ...args], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    let [said, err, rss] = ['', '', ''];
    child.stdout.on('data', (d) => (said += d));
    child.stderr.on('data', (d) => (err += d));
    child.stdio[3].on('data', (d) => (rss += d));
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('close', (code) => (process.off('exit', kill), code === 0 ? resolve({ ms: performance.now() - started, said, rss: Number(rss) * 1024 }) : reject(new Error(`${args.join(' ')} ended with ${code}\n${said}${err}`))));
  });

/** The tree over a log, signed every 1,000 events; answers the seconds of CPU that keeping it took. */
async function makeBook(log, file, ledgerId) {
  const [{ EmbeddedScan }, t] = await Promise.all([lib('event-store'), lib('transparency')]);
  const origin = `contract-ledger/${ledgerId}`;
  const key = t.newSignerKey(origin, t.ED25519);
  const book = t.Book.open(file, ledgerId);
  const scan = EmbeddedScan.beside(log);
  let cpu = 0;
  for (let at = 0; ; ) {
    const before = process.cpuUsage();
    const events = scan.after(at, 1_000);
    if (events.length === 0) break;
    book.append(events);
    const { user, system } = process.cpuUsage(before);
    cpu += (user + system) / 1e6;
    const checkpoint = { origin, size: book.tree().size, root: book.tree().root() };
    const text = t.checkpointText(checkpoint);
    book.keepCheckpoint(checkpoint, `${text}\n${t.signText(text, key)}`, new Date().toISOString());
    at = Number(events.at(-1).position);
  }
  scan.close();
  book.close();
  return { cpu, vkey: key.vkey };
}

export async function audit({ quick }) {
  const total = quick ? 100_000 : 1_000_000;
  const program = join(DIST, await build('ledgerctl'), 'apps/ledgerctl/src/main.js');
  return inFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const { events } = await writeLives(data, total, await templates(folder, quick ? 100 : 300));
    const log = join(data, 'log.sqlite');
    const { openEmbeddedStore } = await lib('event-store');
    const store = await openEmbeddedStore({ file: log });
    const [first] = await store.readAll({ after: null, limit: 1 });
    await store.close();
    const book = join(folder, 'audit.sqlite');
    const { cpu, vkey } = await makeBook(log, book, first.data.ledgerId);
    for (const name of ['-wal', '-shm']) rmSync(log + name, { force: true });

    const verify = (...more) => timed([program, 'audit', 'verify', '--json', '--log', log, '--audit', book, '--key', vkey, ...more]);
    const floor = () => timed([fileURLToPath(new URL('audit-floor.mjs', import.meta.url)), log]);
    const seen = { ours: [], pages: [], floor: [], rss: [], floorRss: [] };
    for (let i = 0; i < (quick ? 2 : 3); i++)
      for (const side of i % 2 ? ['floor', 'ours', 'pages'] : ['pages', 'ours', 'floor']) {
        const { ms, rss, said } = side === 'floor' ? await floor() : await verify(...(side === 'ours' ? ['--no-pages'] : []));
        if (side !== 'floor' && JSON.parse(said).signed !== events) throw new Error('the log was not verified as it should be');
        seen[side].push((events * 1000) / ms);
        if (side === 'ours') seen.rss.push(rss);
        if (side === 'floor') seen.floorRss.push(rss);
      }
    const megabytes = (all) => `${Math.round(Math.max(...all) / 2 ** 20)} MiB`;
    const figure = (name, ours, aim) => {
      const r = paired(ours, seen.floor);
      const seconds = events / r.ours;
      return row(name, {
        ratio: r.median, worst: r.worst, shown: percent, aim: `<= ${aim} s for a million`, hit: (seconds * 1e6) / events <= aim,
        detail: `${seconds.toFixed(1)} s, ${rate(r.ours)} against ${rate(r.floor)} of a bare read and hash; ${megabytes(seen.rss)} against ${megabytes(seen.floorRss)}`,
        note: 'every text is held to being canonical, and each event to the one before it',
      });
    };
    const share = (2_000 * cpu) / events;
    return [
      figure(`verify, ${events.toLocaleString('en-US')} events`, seen.ours, 4),
      figure("the same with SQLite's check of pages", seen.pages, 10),
      row('keeping the tree at 2,000 events/s', { ratio: share, worst: share, shown: percent, aim: '<= 5 % of a core', hit: share <= 0.05, detail: `${rate(events / cpu)} of CPU`, note: 'finding places by event id needs an index' }),
      ...(await auditLive(program, folder, { quick })),
    ];
  });
}
