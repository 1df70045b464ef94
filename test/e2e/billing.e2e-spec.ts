/**
 * Two simulated years of contracts, and a biller that lives from the feed: the consumer is killed with -9 at random
 * moments, the service at others, months are closed meanwhile. Then: nothing missed, nothing doubled, nothing out of
 * order, digests agree, and statement plus adjustments is `GET /v1/charges` to the yen. `EVENTS` and `KILLS` for more
 * (scripts/feed-cycles.mjs), `SEED` for others.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { addDays, addMonths, monthOf, plainDate, type PlainDate } from '@app/calendar';
import { contractEvents, type ContractEventType } from '@app/contract';
import { RULES } from '@app/published';
import type { Act } from '../../apps/ledgerctl/src/demo/acts.js';
import { story } from '../../apps/ledgerctl/src/demo/story.js';
import { freePort } from './support/port.js';
import { buildConsumer, ConsumerProcess, publishedLog } from './support/consumer.js';
import { taken } from './support/lives.js';
import { Load, random } from './support/load.js';
import { readWholeLog } from './support/log.js';
import { build, endServices, Service } from './support/service.js';
import type { Api, Reply } from './support/api.js';

const EVENTS = Number(process.env['EVENTS'] ?? 400);
const KILLS = Number(process.env['KILLS'] ?? 3);
const SEED = Number(process.env['SEED'] ?? 20250401);
const FIRST = plainDate('2025-04-01');
const LAST = plainDate('2027-03-31');

const scratch = mkdtempSync(join(tmpdir(), 'billing-e2e-'));
beforeAll(() => {
  build();
  buildConsumer();
}, 300_000);
afterAll(async () => {
  await endServices();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

// ------------------------------------------------------------------------------------------------ what must hold

interface Stored {
  readonly id: string;
  readonly sequence: string;
  readonly subject: string;
  readonly contractsequence: number;
  readonly previousid?: string;
}

/** The book holds the published log: the same bytes, in the same order, each once, and the checkpoint stands behind the last. */
function holdsEverything(book: DatabaseSync, published: readonly string[]): void {
  // Lists of the database's making belong to another realm than the test's.
  const rows = [...book.prepare('SELECT sequence, stored FROM events ORDER BY sequence').all()] as { sequence: number; stored: string }[];
  assert.deepEqual(rows.map((r) => r.sequence), [...published].map((_, i) => i), 'sequences of the book');
  rows.forEach((r, i) => assert.equal(r.stored, published[i], `event ${i} of the book`));
  const at = book.prepare('SELECT sequence, id FROM checkpoint').get() as { sequence: number; id: string };
  assert.deepEqual({ ...at }, { sequence: published.length - 1, id: (JSON.parse(published.at(-1)!) as Stored).id }, 'the checkpoint');
}

/** Within each contract the events are numbered without a gap and each names the one before it. */
function inOrder(published: readonly string[]): void {
  const last = new Map<string, Stored>();
  const ids = new Set<string>();
  for (const [i, text] of published.entries()) {
    const e = JSON.parse(text) as Stored;
    assert.ok(!ids.has(e.id), `${e.id} was published twice`);
    ids.add(e.id);
    assert.equal(Number(e.sequence), i);
    const before = last.get(e.subject);
    assert.deepEqual([e.contractsequence, e.previousid], [(before?.contractsequence ?? -1) + 1, before?.id], `event ${i} of ${e.subject}`);
    last.set(e.subject, e);
  }
}

/** Every event of a contract that matters for billing was published once, in the order of the log, and nothing else. */
async function publishedOnce(s: Service): Promise<number> {
  const log = await readWholeLog(s);
  const known = new Set<string>(contractEvents.types);
  const wanted = log.filter((e) => e.stream.startsWith('contract-') && known.has(e.type) && RULES[e.type as ContractEventType] !== 'ignore').map((e) => e.id);
  const published = log.filter((e) => e.stream === 'published-billing');
  const sources = published.filter((e) => e.type !== 'ledger.contract.charges-restated.v1').map((e) => (e.metadata as unknown as { source: { id: string } }).source.id);
  assert.deepEqual(sources, wanted, 'what was published');
  return published.length;
}

/** Waits until everything is published. */
async function settled(s: Service): Promise<void> {
  for (let i = 0; ; i++)
    try {
      await publishedOnce(s);
      return;
    } catch (error) {
      if (i === 100) throw error;
      await sleep(100);
    }
}

interface MonthOfCharges {
  readonly charges: readonly { readonly contractId: string; readonly id: string; readonly amount: number | null }[];
  readonly total: number;
  readonly nextCursor: string | null;
}

/** What the ledger charges in a month, by contract and charge. */
async function charged(api: Api, month: string): Promise<{ readonly by: Map<string, number>; readonly total: number }> {
  const by = new Map<string, number>();
  for (let cursor: string | null = null; ; ) {
    const page: MonthOfCharges = taken(await api.get<MonthOfCharges>(`/v1/charges?month=${month}&limit=500${cursor ? `&cursor=${cursor}` : ''}`));
    for (const c of page.charges) if (c.amount) by.set(`${c.contractId} ${c.id}`, c.amount);
    cursor = page.nextCursor;
    if (cursor === null) return { by, total: page.total };
  }
}

interface Billed {
  readonly closed: boolean;
  readonly charges: readonly { readonly contractId: string; readonly id: string; readonly amount: number | null }[];
}

const sorted = (by: ReadonlyMap<string, number>): [string, number][] => [...by].sort(([a], [b]) => (a < b ? -1 : 1));

/** Statement plus adjustments of every month is what the ledger charges, charge by charge; gives the yen compared. */
async function billsWhatIsCharged(api: Api, consumer: ConsumerProcess, months: readonly string[]): Promise<number> {
  let yen = 0;
  for (const month of months) {
    const statement = JSON.parse((await ok(consumer, 'statement', month, '--json')).out) as Billed;
    const adjustments = JSON.parse((await ok(consumer, 'adjustments', '--about', month, '--json')).out) as Billed['charges'];
    const billed = new Map<string, number>();
    for (const c of [...statement.charges, ...adjustments]) billed.set(`${c.contractId} ${c.id}`, (billed.get(`${c.contractId} ${c.id}`) ?? 0) + (c.amount ?? 0));
    for (const [key, amount] of billed) if (amount === 0) billed.delete(key);
    const { by, total } = await charged(api, month);
    assert.deepEqual(sorted(billed), sorted(by), `charges of ${month}`);
    assert.equal([...billed.values()].reduce((a, b) => a + b, 0), total, `total of ${month}`);
    yen += total;
  }
  return yen;
}

async function ok(consumer: ConsumerProcess, ...args: readonly string[]): Promise<{ readonly out: string }> {
  const said = await consumer.command(...args);
  assert.equal(said.exit, 0, `${args.join(' ')}: ${said.out.slice(0, 2_000)}${said.err}`);
  return said;
}

// ------------------------------------------------------------------------------------------------ two years

test(`${EVENTS} events over two years, the consumer and the service killed ${KILLS} times each`, async () => {
  const started = performance.now();
  const next = random(SEED);
  const s = await Service.start({ today: FIRST, env: { LEDGER_PORT: String(await freePort()) } });
  const token = taken(await s.api.post('/v1/tokens', { subject: 'billing-system', role: 'billing' })).token;
  const url = `http://127.0.0.1:${s.port}`;
  const consumer = new ConsumerProcess(join(scratch, 'book'), {
    LEDGER_URL: url, LEDGER_TOKEN: token, ...(s.onEventStoreDb ? { EVENTSTORE_URL: process.env['EVENTSTORE_URL']! } : {}),
  });
  const { api } = s;
  consumer.start();

  const load = new Load(`b${SEED}`, next);
  const acts = story();
  const names = new Map<string, string>();
  let today: PlainDate = FIRST;
  const steps = Math.max(24, Math.round(EVENTS / 100));
  let events = 0;
  let over = false;

  /** Kills at moments spread over the whole run. */
  const killing = async (kill: () => Promise<void>): Promise<number> => {
    let killed = 0;
    const moments = Array.from({ length: KILLS }, () => next()).sort((a, b) => a - b);
    for (const moment of moments) {
      while (!over && events < moment * EVENTS) await sleep(5);
      await sleep(next() * 60);
      await kill();
      killed++;
    }
    return killed;
  };
  const killers = Promise.all([
    killing(async () => {
      assert.ok(consumer.running, consumer.err);
      await consumer.kill();
      consumer.start();
    }),
    killing(async () => {
      await s.kill();
      await s.launch();
    }),
  ]);
  /** Until it is answered: the service may be dead just now. */
  const persistently = async <T>(what: () => Promise<Reply<T>>, statuses: readonly number[] = [200, 201]): Promise<T> => {
    for (let i = 0; ; i++) {
      const r = await what().catch(() => null);
      if (r && statuses.includes(r.status)) return r.body;
      assert.ok((r === null || r.status === 503) && i < 600, `${r?.status} ${r?.text}`);
      await sleep(100);
    }
  };
  /** How many events are published. */
  const published = async (): Promise<number> => Number((await persistently(() => api.get<{ head: string | null }>('/v1/feed/status'))).head?.slice(0, 16) ?? -1) + 1;
  const moveClock = (to: string): Promise<unknown> => persistently(() => api.put('/v1/sandbox/clock', { today: to }));
  const tell = async (act: Act): Promise<void> => {
    const id = (name: string): string => names.get(name)!;
    const [path, body] = [typeof act.path === 'string' ? act.path : act.path(id), typeof act.body === 'function' ? act.body(id) : act.body];
    const answer = await persistently(() => api.post(path, body, { key: `story.${act.key}` }), act.refusedBy === undefined ? [200, 201] : [409]);
    if (act.refusedBy === undefined) for (const [name, value] of Object.entries(act.naming?.(answer as never) ?? {})) names.set(name, value);
  };

  const days = Math.ceil(730 / steps);
  for (let step = 0; step < steps; step++) {
    const to = addDays(FIRST, Math.min(729, days * (step + 1)));
    // The story's customers, each act on its day …
    for (const act of acts.filter((x) => x.on <= to && (step === 0 || x.on > today))) {
      await moveClock(act.on);
      await tell(act);
    }
    await moveClock(to);
    // … and many whom no story is told of.
    const month = monthOf(today);
    today = to;
    const running = load.run(api, () => today, 6, true);
    while (events < (EVENTS * (step + 1)) / steps) {
      await sleep(20);
      events = await published();
    }
    load.stop();
    await running;
    // A month that is over is billed now and then; what comes later is an adjustment.
    if (month < monthOf(today) && next() < 0.6) await closed(consumer, month);
  }
  over = true;
  const [consumerKills, serviceKills] = await killers;
  await moveClock(LAST);
  await consumer.kill('SIGTERM');

  await settled(s);
  // Once more from where it stands, with everybody alive.
  await ok(consumer, 'run', '--once');
  const log = await publishedLog(s);
  const count = await publishedOnce(s);
  expect(log.length).toBe(count);
  expect(count).toBeGreaterThanOrEqual(EVENTS);
  inOrder(log);
  const file = join(consumer.data, 'billing.sqlite');
  const book = new DatabaseSync(file, { readOnly: true });
  holdsEverything(book, log);
  const months = Array.from({ length: 27 }, (_, i) => addMonths(monthOf(FIRST), i));
  const early = (book.prepare('SELECT min(first_month) AS m FROM lines').get() as { m: string }).m;
  for (let m = early; m < monthOf(FIRST); m = addMonths(m, 1)) months.push(m);
  const yen = await billsWhatIsCharged(api, consumer, months);
  const reconciled = await ok(consumer, 'reconcile', '--through', monthOf(LAST));
  expect(reconciled.out).toContain(`${count} events: the same bytes in the same order`);
  expect(reconciled.out).toMatch(/: (\d+) agree, 0 differ/);
  const { adjustments, closings } = book.prepare('SELECT (SELECT count(*) FROM adjustments) AS adjustments, (SELECT count(*) FROM closings) AS closings').get() as { adjustments: number; closings: number };
  book.close();
  expect(closings).toBeGreaterThan(5);
  expect(adjustments).toBeGreaterThan(0);
  const types = new Set(log.map((e) => (JSON.parse(e) as { type: string }).type));
  const options = new Set(log.flatMap((e) => (JSON.parse(e) as { data: { option?: number } }).data.option ?? []));
  // The story alone has every kind of option, a correction, lent devices, settlements, a cascade and a vendor that ends its software.
  expect(options.size).toBe(45);
  expect(types.size).toBeGreaterThan(15);
  expect([consumerKills, serviceKills]).toEqual([KILLS, KILLS]);
  expect(s.complaints()).toEqual([]);

  await faultsAreSeen(s, consumer, log, months, token);
  process.stderr.write(
    `billing from the feed, ${s.onEventStoreDb ? 'EventStoreDB' : 'embedded store'}, seed ${SEED}: ${count} events of ${types.size} types and ${options.size} kinds of options, consumer killed ${consumerKills} times, service ${serviceKills} times; ` +
      `0 missed, 0 doubled, 0 out of order, digests agree, ${months.length} months with ${adjustments} adjustments and ${yen} yen equal; ${Math.round((performance.now() - started) / 1000)} s\n`,
  );
}, 180_000 + EVENTS * 120 + KILLS * 10_000);

/** A month is closed also while the service is away: then a little later. */
async function closed(consumer: ConsumerProcess, month: string): Promise<void> {
  for (let i = 0; ; i++) {
    const said = await consumer.command('close', month);
    // The sandbox's day is ahead of everybody's: a consumer to whom nothing was told of the month yet waits with it.
    if (said.exit === 0 || said.err.includes('is closed') || said.err.includes('has not begun')) return;
    assert.ok(said.exit === 3 && i < 60, `close ${month}: ${said.err}`);
    await sleep(500);
  }
}

/** Each check is worth something: a book with a fault does not pass. */
async function faultsAreSeen(s: Service, consumer: ConsumerProcess, published: readonly string[], months: readonly string[], token: string): Promise<void> {
  const plant = async (name: string, sql: string, seen: (book: DatabaseSync, faulty: ConsumerProcess) => void | Promise<void>): Promise<void> => {
    const data = join(scratch, name);
    cpSync(consumer.data, data, { recursive: true });
    const faulty = new ConsumerProcess(data, { LEDGER_URL: `http://127.0.0.1:${s.port}`, LEDGER_TOKEN: token });
    const book = new DatabaseSync(join(data, 'billing.sqlite'));
    assert.ok(Number(book.prepare(sql).run().changes) > 0, `${name} was not planted`);
    await seen(book, faulty);
    book.close();
    rmSync(data, { recursive: true });
  };
  const at = Math.floor(published.length / 3);
  const differs = async (faulty: ConsumerProcess): Promise<string> => {
    const said = await faulty.command('reconcile', '--through', monthOf(LAST));
    assert.equal(said.exit, 1, said.out + said.err);
    return said.out;
  };
  await plant('skipped', `DELETE FROM events WHERE sequence = ${at}`, async (book, faulty) => {
    assert.throws(() => holdsEverything(book, published));
    assert.match(await differs(faulty), new RegExp(`from sequence ${at} on they are not the ledger's`));
  });
  await plant('altered', `UPDATE events SET stored = replace(stored, '"specversion":"1.0"', '"specversion":"1.0" ') WHERE sequence = ${at}`, async (book, faulty) => {
    assert.throws(() => holdsEverything(book, published));
    const { id } = JSON.parse(published[at]!) as Stored;
    assert.ok((await differs(faulty)).includes(`from sequence ${at} on they are not the ledger's: ${id}`));
  });
  const open = months[23]!;
  const sound = new DatabaseSync(join(consumer.data, 'billing.sqlite'), { readOnly: true });
  const { lineId } = sound.prepare("SELECT line_id AS lineId FROM lines WHERE line ->> 'fee' > 0 AND first_month < ?1 AND (last_month IS NULL OR last_month > ?1) ORDER BY line_id LIMIT 1").get(open) as { lineId: string };
  sound.close();
  await plant('unapplied', `DELETE FROM lines WHERE line_id = '${lineId}'`, async (_, faulty) => {
    await assert.rejects(billsWhatIsCharged(s.api, faulty, [open]), /charges of/);
    assert.ok((await differs(faulty)).includes(`line ${lineId}`));
  });
  await plant('unadjusted', 'DELETE FROM adjustments WHERE number = (SELECT min(number) FROM adjustments)', async (_, faulty) => {
    await assert.rejects(billsWhatIsCharged(s.api, faulty, months));
    assert.match(await differs(faulty), /its lines agree: the difference is in the closed statement or its adjustments/);
  });
  const swapped = [...published];
  [swapped[at], swapped[at + 1]] = [swapped[at + 1]!, swapped[at]!];
  assert.throws(() => inOrder(swapped));
  assert.throws(() => inOrder([...published, published.at(-1)!]));
}
