// Logs of realistic size for the bench: a few hundred contract lives are decided by the service's own application over
// an embedded store, and then written many times over under other ids and instants, by business day as they would have come.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { app, lib } from './built.mjs';

/** The last day of every life: nothing is due on it any more. The service runs with this as its sandbox's day. */
export const TODAY = '2026-10-30';
const OPERATOR = { subject: 'operator-1', role: 'operator', tokenId: 'none' };

/** A small generator of its own, so that every run of the bench tells the same lives. */
function random(seed) {
  let s = seed >>> 0;
  const next = () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { chance: (p) => next() < p, upTo: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] };
}

const dayNumber = (text) => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
const dayText = (n) => new Date(n * 86_400_000).toISOString().slice(0, 10);

/** Options that may be applied for together, by item. */
const BUNDLES = {
  X: [[15, 19], [17], [15], [34], [30], [19, 17], [1, 2], [32]],
  L: [[13], [13, 18], [33], [20, 24], [29], [1]],
  G: [[44], [45], [5]],
  D: [[8], [10]],
  C: [[7], [7, 9]],
  A: [[18], [29, 39], [42]],
  O: [[18], [29]],
  B: [[5]],
};

/** One contract's commands on their days, from acceptance until the end or today. */
function plot(r, optionRow) {
  const item = r.pick(['X', 'X', 'X', 'L', 'L', 'G', 'D', 'C', 'A', 'O', 'B']);
  const today = dayNumber(TODAY);
  const accepted = dayNumber('2019-04-01') + r.upTo(today - dayNumber('2019-04-01') - 60);
  const steps = [{ on: accepted, name: 'ContractItem', item, ahead: r.upTo(60), accounts: 60 + r.upTo(900) }];
  const span = today - accepted;
  const later = (n) => Array.from({ length: n }, () => accepted + 1 + r.upTo(span - 1)).sort((a, b) => a - b);
  const bundle = r.pick(BUNDLES[item]);
  if (r.chance(0.8)) steps.push({ on: accepted + (r.chance(0.7) ? 0 : r.upTo(40)), name: 'AddOptions', bundle, optionRow });
  for (const on of later(r.upTo(5))) steps.push({ on, name: 'ChangeAccountCount', accounts: 60 + r.upTo(900) });
  for (const on of later(r.chance(0.3) ? 1 : 0)) steps.push({ on, name: 'DetectExcess', accounts: 1 + r.upTo(30) });
  for (const on of later(r.chance(0.2) ? 1 : 0)) steps.push({ on, name: 'Quote' });
  // Two of three are still alive today.
  const ends = r.chance(0.34) ? accepted + 90 + r.upTo(Math.max(1, span - 120)) : null;
  if (ends !== null && ends < today) steps.push({ on: ends, name: 'NotifyCancellation', ahead: r.chance(0.5) ? 31 + r.upTo(90) : null });
  return steps.sort((a, b) => a.on - b.on);
}

function body(step, r) {
  const on = dayText(step.on);
  const fee = (unit) => (r.chance(0.5) ? { kind: 'fixed', amount: 20_000 + 1_000 * r.upTo(300) } : { kind: 'perAccount', unit });
  switch (step.name) {
    case 'ContractItem':
      return {
        item: step.item, accountCount: step.accounts, acceptedOn: on, billingStartsOn: dayText(step.on + step.ahead),
        fees: { initial: 50_000, monthly: fee(300) }, application: { number: `A-${r.upTo(1_000_000)}`, onForm: true },
        licensorTerms: { document: 'terms', agreedOn: on },
      };
    case 'AddOptions':
      return {
        acceptedOn: on, billingStartsOn: dayText(step.on + 75), application: { number: `A-${r.upTo(1_000_000)}`, onForm: true },
        options: step.bundle.map((option) => {
          const row = step.optionRow(option);
          const fees = { ...(row.initial === 'zero' ? {} : { initial: 30_000 }), ...(row.monthly ? { monthly: row.basis === 'none' ? { kind: 'fixed', amount: 9_000 } : fee(40) } : {}) };
          return { option, ...(row.basis === 'own' ? { accountCount: 50 + r.upTo(100) } : {}), ...(row.basis === 'units' ? { units: 1 } : {}), fees };
        }),
      };
    case 'ChangeAccountCount':
      return { accountCount: step.accounts, effectiveOn: dayText(step.on + r.upTo(30)), requestedBy: 'contractor' };
    case 'DetectExcess':
      return { detectedOn: on, accounts: step.accounts, charge: 1_000 * step.accounts };
    case 'Quote':
      return { subject: 'base', kind: 'initial', amount: 1_000 * r.upTo(90) };
    case 'NotifyCancellation':
      return { arrivedOn: on, designatedOn: step.ahead === null ? null : dayText(step.on + step.ahead), onForm: true };
  }
}

/** Decides the lives and gives their events by life, in log order. */
async function decideLives(count, folder, seed) {
  const [{ Application }, { Scheduler }, store_, contract, erasable, access, agreement] = await Promise.all([
    app('application/application'), app('application/scheduler'), lib('event-store'), lib('contract'), lib('erasable'), lib('access'), lib('agreement'),
  ]);
  const r = random(seed);
  const store = await store_.openEmbeddedStore({ file: join(folder, 'templates.sqlite') });
  const register = erasable.openRegister({ file: join(folder, 'register.sqlite') });
  let today = TODAY;
  const log = { info() {}, warn(facts, text) { throw new Error(`${text} ${JSON.stringify(facts)}`); }, error(facts, text) { throw new Error(`${text} ${JSON.stringify(facts)}`); } };
  const application = new Application({
    store, register, tokens: new access.TokenBook(), policies: agreement.DEFAULT_POLICIES, holidays: null, build: 'bench', today: () => today, log,
    reads: { usesOf: () => [], commandsAt: () => null, contractsOfItems: () => [], waitFor: async () => undefined, outcomes: async () => ({ outcomes: [], nextCursor: null }) },
  });
  let contractId = null;
  const state = { current: null };
  const dueBy = (day) =>
    state.current === null ? []
    : contract.upcoming(state.current, { holidays: null }).filter((d) => d.on !== null && d.on <= day)
        .map((d) => ({ contractId, on: d.on, kind: d.event.type, subject: contract.subjectOf(d.event), revision: state.current.revision }));
  const reload = async () => void (state.current = await application.readContract(contractId));
  const scheduler = new Scheduler({ application, dueBy, waitFor: reload, today: () => today, log });
  let keys = 0;
  const send = async (name, params, content) => {
    const key = `k${keys++}`;
    return application.execute({ name, params, body: content, replacement: null, caller: OPERATOR, idempotencyKey: key, requestHash: contractHash(key), ifMatch: null, preview: false, requestId: `bench-${key}` });
  };
  const lives = [];
  const { sha256Hex } = await lib('kernel');
  const contractHash = (key) => sha256Hex(key);
  let refused = 0;
  for (let i = 0; i < count; i++) {
    state.current = null;
    const steps = plot(r, agreement.option);
    today = dayText(steps[0].on);
    const unit = await send('OpenManagementUnit', {}, { contractor: { id: `c-${i}`, name: 'contractor' }, name: 'unit' });
    const content = body(steps[0], r);
    const made = await send('ContractItem', {}, { ...content, managementUnitId: unit.body.managementUnitId });
    if (made.status !== 201) throw new Error(`a life of the bench cannot begin: ${JSON.stringify(made)}`);
    contractId = made.body.contractId;
    await reload();
    for (const step of steps.slice(1)) {
      await scheduler.work(dayText(step.on), true);
      today = dayText(step.on);
      const out = await send(step.name, { id: contractId }, body(step, r));
      if (out.status === 400) throw new Error(`${step.name}: ${JSON.stringify(out)}`);
      if (out.status === 409) refused++;
      await reload();
    }
    await scheduler.work(TODAY, true);
    today = TODAY;
    const end = contract.lifeOf(state.current, { holidays: null }).end;
    lives.push({ contractId, live: end === null, revision: state.current.revision });
  }
  const events = [];
  for (let after = null; ; ) {
    const page = await store.readAll({ after, limit: 2_000 });
    events.push(...page);
    if (page.length < 2_000) break;
    after = page.at(-1).position;
  }
  await store.close();
  register.close();
  return { lives, events, refused };
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|"salt":"[0-9a-f]{32}"|"recordedAt":"[^"]*"/g;

/** Texts cut at everything that differs between two lives of the same shape: ids, salts, instants. */
function cut(text, ids) {
  const pieces = [];
  const holes = [];
  let at = 0;
  for (const m of text.matchAll(ID)) {
    const kind = m[0][1] === 's' ? 's' : m[0][1] === 'r' ? 'r' : 'i';
    const from = kind === 's' ? m.index + 8 : kind === 'r' ? m.index + 14 : m.index;
    pieces.push(text.slice(at, from));
    if (kind === 'i' && !ids.has(m[0])) ids.set(m[0], ids.size);
    holes.push(kind === 's' ? -1 : kind === 'r' ? -2 : ids.get(m[0]));
    at = kind === 'i' ? m.index + m[0].length : m.index + m[0].length - 1;
  }
  pieces.push(text.slice(at));
  return { pieces, holes };
}

const fill = ({ pieces, holes }, ids, salt, instant) => {
  let out = pieces[0];
  for (let i = 0; i < holes.length; i++) out += (holes[i] === -1 ? salt : holes[i] === -2 ? instant : ids[holes[i]]) + pieces[i + 1];
  return out;
};

let pool = '';
let poolAt = 0;
function hex(n) {
  if (poolAt + n > pool.length) {
    pool = randomBytes(1 << 16).toString('hex');
    poolAt = 0;
  }
  return pool.slice(poolAt, (poolAt += n));
}
const uuid = () => `${hex(8)}-${hex(4)}-5${hex(3)}-8${hex(3)}-${hex(12)}`;

/** Lives as templates, decided once per run (kept in the given folder for the other figures). */
export async function templates(folder, count = 300, seed = 20_261_030) {
  const file = join(folder, `templates-${count}-${seed}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'deciding-'));
  const { lives, events } = await decideLives(count, work, seed);
  rmSync(work, { recursive: true, force: true });
  const out = [];
  // Every life begins with its unit; nothing of one life lies between the events of another.
  let current = null;
  for (const e of events) {
    if (e.type === 'ManagementUnitOpened') {
      current = { ids: new Map(), events: [] };
      out.push(current);
    }
    const { ids } = current;
    current.events.push({
      day: e.metadata.businessDate, type: e.type, revision: e.revision,
      stream: cut(e.stream, ids), id: cut(e.id, ids), data: cut(e.rawData, ids), metadata: cut(e.rawMetadata, ids),
    });
  }
  const made = out.map(({ ids, events: told }, i) => ({ ids: ids.size, contract: ids.get(lives[i].contractId), live: lives[i].live, revision: lives[i].revision, events: told }));
  writeFileSync(file, JSON.stringify(made));
  return made;
}

/** How many lives pass side by side; their events lie in the log by business day. */
const COHORT = 4_000;

/**
 * Founds a ledger in a data folder and writes lives until its log holds `total` events, past every safety (a bench can do it again).
 * Answers contracts that are alive, with their revisions: `[contractId, revision]`.
 */
export async function writeLives(folder, total, made, keepLive = 20_000) {
  const file = join(folder, 'log.sqlite');
  const [{ openEmbeddedStore }, { foundLedger }] = await Promise.all([lib('event-store'), app('application/founding')]);
  const store = await openEmbeddedStore({ file });
  await foundLedger(store, folder, made[0].events[0].day, 'bench');
  await store.close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA wal_autocheckpoint = 20000');
  const insert = db.prepare('INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)');
  let position = db.prepare('SELECT max(position) AS last FROM events').get().last ?? 0;
  const live = [];
  let next = 0;
  while (position < total) {
    const cohort = [];
    for (let n = 0, count = 0; n < COHORT && position + count < total; n++) {
      const life = made[next++ % made.length];
      const ids = Array.from({ length: life.ids }, uuid);
      if (life.live) live.push([ids[life.contract], life.revision]);
      for (let k = 0; k < life.events.length; k++) cohort.push({ day: life.events[k].day, n, e: life.events[k], ids });
      count += life.events.length;
    }
    cohort.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.n - b.n));
    db.exec('BEGIN');
    for (const { e, ids, day } of cohort) {
      const instant = `${day}T03:00:00.000Z`;
      insert.run(++position, fill(e.stream, ids), e.revision, fill(e.id, ids), e.type, fill(e.data, ids), fill(e.metadata, ids, hex(32), instant));
    }
    db.exec('COMMIT');
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  // Spread over the whole log, so that a start does not only meet what was written last.
  const step = Math.max(1, Math.floor(live.length / keepLive));
  return { events: position, live: live.filter((_, i) => i % step === 0).slice(0, keepLive) };
}

/** Some hundred real events, as objects and as the texts they are stored in. */
export async function samples(folder, count = 512) {
  const made = await templates(folder, 40);
  const out = [];
  for (const life of made)
    for (const e of life.events) {
      if (out.length === count) return out;
      const ids = Array.from({ length: life.ids }, uuid);
      const rawData = fill(e.data, ids);
      const rawMetadata = fill(e.metadata, ids, hex(32), `${e.day}T03:00:00.000Z`);
      out.push({ type: e.type, rawData, rawMetadata, data: JSON.parse(rawData), metadata: JSON.parse(rawMetadata) });
    }
  return out;
}
