// Measures the built service against floors of the same run: npm run bench -- [--only <figure>]… [--quick] [--json <file>]
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { requireNode, use } from './dist.mjs';

requireNode();
const FIGURES = ['append', 'http', 'load', 'rebuild', 'growth', 'startup', 'feed', 'audit', 'eventstoredb'];

let options;
try {
  options = parseArgs({ options: { only: { type: 'string', multiple: true }, quick: { type: 'boolean' }, json: { type: 'string' } } }).values;
  for (const name of options.only ?? []) if (!FIGURES.includes(name)) throw new Error(`no figure '${name}'; there are ${FIGURES.join(', ')}`);
} catch (e) {
  console.error(e.message);
  process.exit(2);
}

const { build } = await import('./build.mjs');
const hash = await build();
use(hash);

/** Each figure in a process of its own, so that none inherits another's heap. */
const figure = (name) =>
  new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('../bench/run.mjs', import.meta.url)), [name, ...(options.quick ? ['--quick'] : [])], {
      env: { ...process.env, LEDGER_BENCH_BUILD: hash, NODE_COMPILE_CACHE: '' },
      execArgv: ['--expose-gc'],
    });
    let rows = [];
    child.on('message', (said) => (rows = rows.concat(said)));
    const stop = () => child.kill('SIGTERM');
    process.once('SIGINT', stop).once('SIGTERM', stop);
    child.once('exit', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(code === 0 ? rows : [...rows, { figure: name, aim: '', hit: false, text: `did not finish (${code})`, detail: '', note: 'see its message above' }]);
    });
  });

const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 2 ** 30), loadBefore: loadavg()[0] };
console.log(`build ${hash}, Node ${machine.node}, ${machine.cpus} × ${machine.model}, load ${machine.loadBefore.toFixed(2)}${options.quick ? ', quick: small sizes, figures are rough' : ''}\n`);
const all = [];
for (const name of options.only ?? FIGURES) {
  const rows = await figure(name);
  all.push(...rows);
  for (const r of rows) {
    console.log(`${(r.hit === null ? '' : r.hit ? 'hit' : 'MISS').padEnd(5)}${r.figure.padEnd(38)} ${r.text.padEnd(28)} ${(r.aim ? `aim ${r.aim}` : '').padEnd(16)} ${r.detail}`);
    if (r.note) console.log(`     held back by: ${r.note}`);
  }
}
if (options.json) writeFileSync(options.json, `${JSON.stringify({ build: hash, quick: options.quick === true, machine, rows: all }, null, 2)}\n`);
