// One side of the rebuild's figure: `ours` or `floor`, from a log into a new file.
import { DatabaseSync } from 'node:sqlite';
import { lib } from './built.mjs';

const [kind, log, into] = process.argv.slice(2);
const samples = [];
const start = { at: 0, rss: 0 };
const sample = () => samples.push([performance.now(), process.memoryUsage.rss()]);
const timer = setInterval(sample, 50);

async function ours() {
  const [{ openEmbeddedStore }, { createRunner, openReadStore }, { readModels }] = await Promise.all([lib('event-store'), lib('read-store'), lib('read-models')]);
  const store = await openEmbeddedStore({ file: log });
  const reads = openReadStore({ file: into });
  const runner = createRunner(reads, { source: store, projections: readModels({ holidays: null }), ledgerId: 'bench', onError: (error) => console.error(error) });
  begin();
  await runner.start();
  await runner.caughtUp();
  const took = performance.now() - start.at;
  const stopped = runner.status().filter((s) => s.state !== 'live');
  if (stopped.length > 0) throw new Error(`a read model stopped: ${JSON.stringify(stopped)}`);
  await runner.stop();
  await reads.close();
  await store.close();
  return took;
}

/** Pages of 1,000 rows, both texts parsed, one row out for each, 2,000 to a commit. */
async function floor() {
  const from = new DatabaseSync(log, { readOnly: true });
  const page = from.prepare('SELECT position, stream, revision, id, type, data, metadata FROM events WHERE position > ? ORDER BY position LIMIT 1000');
  const to = new DatabaseSync(into);
  to.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000');
  to.exec('CREATE TABLE rows (position INTEGER PRIMARY KEY, stream TEXT, revision INTEGER, type TEXT, day TEXT, command TEXT, data TEXT) STRICT');
  const insert = to.prepare('INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)');
  begin();
  for (let after = 0, pages = 0; ; pages++) {
    const rows = page.all(after);
    if (pages % 2 === 0) to.exec('BEGIN');
    for (const r of rows) {
      const data = JSON.parse(r.data);
      const metadata = JSON.parse(r.metadata);
      insert.run(r.position, r.stream, r.revision, r.type, metadata.businessDate, metadata.commandId, data === null ? null : r.data);
    }
    if (pages % 2 === 1 || rows.length < 1_000) to.exec('COMMIT');
    if (rows.length < 1_000) break;
    after = rows.at(-1).position;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const took = performance.now() - start.at;
  from.close();
  to.close();
  return took;
}

function begin() {
  samples.length = 0;
  start.at = performance.now();
  start.rss = process.memoryUsage.rss();
}

const ms = await (kind === 'ours' ? ours() : floor());
clearInterval(timer);
const half = start.at + ms / 2;
const most = (of) => of.reduce((max, [, rss]) => Math.max(max, rss), 0);
const within = samples.filter(([at]) => at <= start.at + ms);
process.send({ ms, rss: { start: start.rss, firstHalf: most(within.filter(([at]) => at < half)), secondHalf: most(within.filter(([at]) => at >= half)) } }, () => process.exit(0));
