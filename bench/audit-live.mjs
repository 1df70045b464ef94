// The audit beside the service: how long an event is unsigned at 2,000 events/s, and what tree and signatures cost commands.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { lib } from './built.mjs';
import { templates, writeLives } from './lives.mjs';
import { median, ms, paired, quantile, rate, row, times } from './measure.mjs';
import { startGenerator, startService } from './servers.mjs';

const CONTRACTS = 5_000;
const EVENTS_PER_SECOND = 2_000;
const LOOK_MS = 10;
const STAYS_MS = 2_000;

/** The signer as a process of its own. */
async function startSigner(program, folder, data) {
  const env = { ...process.env, LEDGER_DATA: data };
  const key = join(folder, 'signer-key');
  const socket = join(folder, 'signer.sock');
  const { ledgerId } = JSON.parse(readFileSync(join(data, 'ledger.json'), 'utf8'));
  const { status, stderr } = spawnSync(process.execPath, [program, 'signer', 'init', '--key', key, '--ledger', ledgerId], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`no key for the signer: ${stderr}`);
  const child = spawn(process.execPath, [program, 'signer', 'run', '--key', key, '--socket', socket], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return { socket, stop: () => (child.kill('SIGTERM'), once(child, 'exit')) };
}

/** The head of a log once it stays: the feed publishes what the log holds when the service starts. */
async function settled(data) {
  const log = new DatabaseSync(join(data, 'log.sqlite'), { readOnly: true });
  const last = log.prepare('SELECT max(position) AS last FROM events');
  for (let before = -1; ; ) {
    const head = last.get().last;
    if (head === before) {
      log.close();
      return head;
    }
    before = head;
    await new Promise((resolve) => setTimeout(resolve, STAYS_MS));
  }
}

/** Looks at log and evidence from outside: for each look, how long it took until what was in the log then was signed. */
function watch(data, BookReader) {
  const log = new DatabaseSync(join(data, 'log.sqlite'), { readOnly: true });
  const last = log.prepare('SELECT max(position) AS last FROM events');
  const book = BookReader.open(join(data, 'audit.sqlite'));
  const head = () => last.get().last;
  const signed = () => book.checkpoints(1)[0]?.size ?? 0;
  return {
    head,
    async during(work) {
      const waiting = [];
      const lags = [];
      const look = () => {
        const now = performance.now();
        const size = signed();
        while (waiting.length > 0 && waiting[0].head <= size) lags.push(now - waiting.shift().at);
        const at = head();
        if (at > size) waiting.push({ at: now, head: at });
      };
      const timer = setInterval(look, LOOK_MS);
      const from = head();
      const started = performance.now();
      const done = await work();
      const perSecond = ((head() - from) * 1000) / (performance.now() - started);
      while (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      clearInterval(timer);
      return { done, perSecond, lags: lags.sort((a, b) => a - b) };
    },
    close() {
      log.close();
      book.close();
    },
  };
}

export async function auditLive(program, folder, { quick }) {
  const { BookReader } = await lib('transparency');
  const [data, bare] = [join(folder, 'live'), join(folder, 'bare')];
  mkdirSync(data);
  const { live } = await writeLives(data, quick ? 60_000 : 200_000, await templates(folder, quick ? 100 : 300), CONTRACTS);
  cpSync(data, bare, { recursive: true });
  const signer = await startSigner(program, folder, data);
  const [ours, without] = [
    await startService(data, { env: { LEDGER_SIGNER: signer.socket } }),
    await startService(bare, { execArgv: ['--import', fileURLToPath(new URL('audit-none.mjs', import.meta.url))] }),
  ];
  await Promise.all([ours.ready(), without.ready()]);
  const generators = [await startGenerator(ours, live), await startGenerator(without, live.map(([id, revision]) => [id, revision]))];
  const seen = watch(data, BookReader);
  const from = await settled(data);
  let warmed = 0;
  for (const [i, g] of generators.entries()) {
    const { done } = await g.run({ run: 'closed', connections: 32, ms: 500, atLeast: quick ? 4_000 : 20_000 });
    if (i === 0) warmed = done;
  }
  await settled(bare);
  const order = { run: 'open', connections: 128, rate: Math.round((EVENTS_PER_SECOND * warmed) / ((await settled(data)) - from)), ms: quick ? 2_000 : 6_000 };
  const [own, none, rounds] = [[], [], []];
  for (let i = 0; i < (quick ? 2 : 7); i++) {
    const turns = [
      async () => {
        const round = await seen.during(() => generators[0].run(order));
        rounds.push(round);
        own.push(round.done);
      },
      async () => void none.push(await generators[1].run(order)),
    ];
    for (const turn of i % 2 ? turns : turns.toReversed()) await turn();
  }
  seen.close();
  for (const stop of [...generators, ours, without, signer]) await stop.stop();

  const lag = (q) => rounds.map(({ lags }) => quantile(lags, q));
  const longest = lag(1);
  const reached = median(rounds.map((r) => r.perSecond));
  const cost = (name) => paired(own.map((r) => r[name]), none.map((r) => r[name]), { lower: true });
  const [p50, p99] = [cost('p50'), cost('p99')];
  return [
    row(`signer lag at ${rate(reached)}`, {
      ratio: median(longest), worst: Math.max(...longest), shown: ms, aim: '<= 1000 ms', hit: Math.max(...longest) <= 1_000 && reached >= 0.9 * EVENTS_PER_SECOND,
      detail: `from an event's commit to a kept checkpoint over it: the longest of each round; p50 ${ms(median(lag(0.5)))}, p99 ${ms(median(lag(0.99)))}`,
      note: 'the thread rests between transactions, and a checkpoint is asked for every 1,000 events or second; fewer than 2,000 events/s are a machine that has no time',
    }),
    row('p50 of commands with tree and signer', {
      ratio: p50.median, worst: p50.worst, shown: times, aim: '<= 1.05x', hit: p50.median <= 1.05,
      detail: `${ms(p50.ours)} against ${ms(p50.floor)} without the thread of the audit, at ${order.rate} commands/s; p99 ${ms(p99.ours)} against ${ms(p99.floor)} (${times(p99.median)})`,
      note: 'threads and the signer share the two cores with commands',
    }),
  ];
}
