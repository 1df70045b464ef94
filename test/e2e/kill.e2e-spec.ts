/**
 * kill -9 while many clients write. After each: nothing that was acknowledged is lost, nothing is doubled, and the read
 * models agree with the log. `CYCLES` for more of it, `SEED` for others, `KILL=server` to kill EventStoreDB instead.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { taken } from './support/lives.js';
import { everythingRead, Load, random } from './support/load.js';
import { readLog } from './support/log.js';
import { endServices, Service, shell, STORE } from './support/service.js';

const CYCLES = Number(process.env['CYCLES'] ?? 3);
const SEED = Number(process.env['SEED'] ?? 20260101);
const SERVER = process.env['KILL'] === 'server';
const MONTHS = ['2026-01', '2026-02', '2026-03'];

afterAll(endServices, 60_000);

/** The read models as they are, and built anew from the log. */
async function readModelsAgree(s: Service, contracts: readonly string[]): Promise<void> {
  const before = await everythingRead(s.api, contracts, MONTHS);
  expect(await s.stop()).toBe(0);
  const files = readdirSync(s.data).filter((f) => f.startsWith('read.sqlite'));
  expect(files.length).toBeGreaterThan(0);
  for (const f of files) rmSync(join(s.data, f));
  await s.launch();
  const after = await everythingRead(s.api, contracts, MONTHS);
  expect(Object.keys(after).length).toBeGreaterThan(contracts.length);
  expect(after).toEqual(before);
}

const figure = (s: Service, load: Load, cycles: number, events: number, ms: number): void => {
  const f = load.figures;
  process.stderr.write(
    `kill -9 of the ${SERVER ? 'EventStoreDB server' : 'service'}, ${s.onEventStoreDb ? 'EventStoreDB' : 'embedded store'}, seed ${SEED}: ${cycles} cycles, ${f.acknowledged} commands acknowledged, ${f.refused} refused, ` +
      `${f.open} without an answer (${f.doneAlready} of them had been done), ${f.unavailable} answers 503, ${events} events; 0 lost, 0 doubled, read models agree; ${Math.round(ms / 1000)} s\n`,
  );
};

if (!SERVER)
  test(`the service, ${CYCLES} times`, async () => {
    const started = performance.now();
    const next = random(SEED);
    const s = await Service.start({ today: '2026-01-10', policies: { limitsScope: 'parent' } });
    const load = new Load(`k${SEED}`, next);
    let today = '2026-01-10';
    let events = 0;
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const from = load.sent.length;
      const running = load.run(s.api, () => today, 8, false);
      const { acknowledged } = load.figures;
      while (load.figures.acknowledged < acknowledged + 25) await sleep(20);
      await sleep(next() * 500);
      // Now and then while the clock moves on.
      const moving = next() < 0.3 ? s.api.put('/v1/sandbox/clock', { today: `2026-${cycle % 2 ? '02' : '03'}-${String(1 + (cycle % 28)).padStart(2, '0')}` }).catch(() => null) : null;
      if (moving) await sleep(next() * 60);
      await s.kill();
      load.stop();
      await Promise.all([running, moving]);
      // Now and then before it has recovered.
      if (next() < 0.3) {
        const starting = s.launch().catch(() => null);
        await sleep(next() * 900);
        await s.kill();
        await starting;
      }
      await s.launch();
      today = taken(await s.api.get<{ today: string }>('/v1/sandbox/clock')).today;
      await load.finish(s.api);
      await load.repeatAll(s.api, from, 50);
      const log = await readLog(s);
      load.holdAgainst(log, 'admin');
      events = log.length;
      await load.textsAreThere(s.api);
      if (cycle % 5 === 0 || cycle === CYCLES) await readModelsAgree(s, load.contractIds);
    }
    await load.repeatAll(s.api, 0, 0);
    expect((await readLog(s)).length).toBe(events);
    expect(load.figures.acknowledged).toBeGreaterThan(CYCLES * 20);
    expect(load.figures.open).toBeGreaterThan(0);
    figure(s, load, CYCLES, events, performance.now() - started);
  }, 60_000 + CYCLES * 30_000);

if (!SERVER)
  test('a first start, at any moment: the ledger is founded once and its administrator gets in', async () => {
    const s = await Service.prepare({ today: '2026-01-10' });
    const next = random(SEED);
    for (let i = 0; i < 8; i++) {
      const starting = s.launch().catch(() => null);
      await sleep(150 + i * 60 + next() * 100);
      await s.kill();
      await starting;
    }
    await s.launch();
    expect((await s.api.get('/v1/tokens')).status).toBe(200);
    const log = await readLog(s);
    expect(log[0]).toMatchObject({ type: 'LedgerFounded', stream: 'ledger' });
    expect(log.map((e) => e.type)).toEqual(['LedgerFounded', 'PoliciesSet', 'TokenIssued']);
    await s.end();
  }, 90_000);

if (SERVER)
  test(`the server of the log, ${CYCLES} times, while the service lives`, async () => {
    const started = performance.now();
    expect(STORE).toBe('eventstoredb');
    const restart = process.env['EVENTSTORE_RESTART'];
    if (!restart) throw new Error('EVENTSTORE_RESTART must be a command that kills the server and starts it again on its data');
    const next = random(SEED);
    const s = await Service.start({ today: '2026-01-10', policies: { limitsScope: 'parent' } });
    const load = new Load(`k${SEED}`, next);
    let events = 0;
    const { pid } = s;
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const from = load.sent.length;
      const running = load.run(s.api, () => '2026-01-10', 8, true);
      const { acknowledged } = load.figures;
      while (load.figures.acknowledged < acknowledged + 25) await sleep(20);
      await sleep(next() * 1_000);
      await shell(restart);
      await sleep(300);
      load.stop();
      await running;
      await load.repeatAll(s.api, from, 50);
      const log = await readLog(s);
      load.holdAgainst(log, 'admin');
      events = log.length;
    }
    expect(s.pid).toBe(pid);
    await load.repeatAll(s.api, 0, 0);
    await load.textsAreThere(s.api);
    await readModelsAgree(s, load.contractIds);
    expect(load.figures.acknowledged).toBeGreaterThan(CYCLES * 20);
    figure(s, load, CYCLES, events, performance.now() - started);
  }, 60_000 + CYCLES * 90_000);
