import { lifeOf, upcoming, withVendorFacts } from '@app/contract';
import { contractView, ContractReader, dueBy, placeKnownAt } from './index.js';
import { day, TestLedger } from './testing/ledger.js';
import { lives } from './testing/lives.js';
import { closeServed, serve } from './testing/served.js';

afterEach(closeServed);

describe('the rows of contracts', () => {
  it.each([1, 2, 3, 4, 5])('are the same however the events come (lives %i)', async (seed) => {
    const { ledger } = lives({ seed });
    expect(ledger.log.length).toBeGreaterThan(60);
    const atOnce = await serve(ledger.log);
    const rows = atOnce.rows();
    for (const table of ['contracts', 'segments', 'charges', 'commands', 'records']) expect(rows[table]).not.toHaveLength(0);
    expect(rows['put_off']).toEqual([]);
    const oneByOne = await serve(ledger.log, { before: 0, batch: 1 });
    expect(oneByOne.rows()).toEqual(rows);
    const smallPages = await serve(ledger.log, { pageSize: 7 });
    expect(smallPages.rows()).toEqual(rows);
    const half = await serve(ledger.log, { before: Math.floor(ledger.log.length / 2), batch: 13 });
    expect(half.rows()).toEqual(rows);
  });

  it('are the same when they are built anew beside the living ones', async () => {
    const { ledger } = lives({ seed: 6 });
    const served = await serve(ledger.log, { before: 0, batch: 3 });
    const rows = served.rows();
    await Promise.all(served.runner.status().map((s) => served.runner.rebuild(s.name)));
    expect(served.rows()).toEqual(rows);
    expect(served.runner.status().map((s) => s.generation)).toEqual(served.runner.status().map(() => 2));
  });

  it('show a contract as its own events and its vendor say', async () => {
    for (const seed of [7, 8]) {
      const { ledger, contractIds } = lives({ seed });
      const { store } = await serve(ledger.log, { before: 10 });
      const reader = new ContractReader(store, null);
      for (const id of contractIds) {
        const state = ledger.state(id);
        if (state.status !== 'recorded') throw new Error(id);
        const discontinuations = ['ArcticWolf', 'Acronis', 'MOTEX', 'LayerX'].flatMap((v) => ledger.vendor(v).discontinuations);
        const position = ledger.log.findLast((e) => e.stream === `contract-${id}`)!.position;
        const view = reader.contract(id, { asOf: ledger.today });
        expect(view).toMatchObject({ ...contractView(state, { asOf: ledger.today, position, discontinuations, holidays: null }), contractor: { id: 'contractor' } });
        expect(view).toEqual(reader.contract(id, { asOf: ledger.today }));
      }
      expect(reader.contract('00000000-0000-5000-8000-000000000000', { asOf: ledger.today })).toBeNull();
    }
  });
});

describe('a contract as known at an instant', () => {
  it('is what was recorded by then, and unknown before', async () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01' });
    const concluded = ledger.log.at(-1)!.metadata.recordedAt;
    ledger.must(id, { name: 'NotifyCancellation', body: { arrivedOn: day('2025-10-01'), designatedOn: day('2025-12-31'), onForm: true } });
    const noticed = ledger.log.at(-1)!.metadata.recordedAt;
    ledger.discontinue('MOTEX', '2025-11-30');
    const { store, log } = await serve(ledger.log);
    const reader = new ContractReader(store, null);
    const known = async (instant: string) => reader.contract(id, { asOf: day('2025-10-01'), at: (await placeKnownAt(store, log, instant)).at });
    expect(await known(new Date(Date.parse(concluded) - 1).toISOString())).toBeNull();
    expect((await known(concluded))!.end).toBeNull();
    expect(await known(concluded)).toMatchObject({ revision: 1, position: '3', status: 'active' });
    expect((await known(noticed))!.end).toEqual({ on: '2025-12-31', reason: 'notice', clause: 'A10-1' });
    expect(reader.contract(id, { asOf: day('2025-10-01') })!.end).toEqual({ on: '2025-11-30', reason: 'A9', clause: 'A9' });
  });

  it('is later than recorded where the clock had gone ahead before', async () => {
    const ledger = new TestLedger();
    ledger.now = Date.UTC(2026, 0, 1);
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01' });
    ledger.now = Date.UTC(2025, 11, 1);
    ledger.must(id, { name: 'NotifyCancellation', body: { arrivedOn: day('2025-10-01'), designatedOn: null, onForm: true } });
    const { store, log } = await serve(ledger.log);
    const reader = new ContractReader(store, null);
    const known = async (instant: string) => reader.contract(id, { asOf: day('2025-10-01'), at: (await placeKnownAt(store, log, instant)).at });
    expect(await known('2025-12-31T00:00:00Z')).toBeNull();
    expect((await known('2026-01-01T00:00:05Z'))?.end?.on).toBe('2025-10-31');
  });
});

describe('what falls due next', () => {
  it('is the first thing of each contract, by day, kind and contract', async () => {
    for (const seed of [11, 12, 13]) {
      const { ledger, contractIds } = lives({ seed, contracts: 20 });
      const { store } = await serve(ledger.log);
      const discontinuations = ['ArcticWolf', 'Acronis', 'MOTEX', 'LayerX'].flatMap((v) => ledger.vendor(v).discontinuations);
      const expected = contractIds.flatMap((contractId) => {
        const state = ledger.state(contractId);
        if (state.status !== 'recorded') return [];
        const [first] = upcoming(withVendorFacts(state, discontinuations), { holidays: null });
        return first && first.on !== null ? [{ contractId, on: first.on, kind: first.event.type, revision: state.revision }] : [];
      });
      const rows = dueBy(store, day('2099-12-31'), 500);
      for (const e of expected) expect(rows).toContainEqual(expect.objectContaining(e));
      expect(expected.length).toBeGreaterThan(2);
      expect(rows.map((r) => r.on)).toEqual(rows.map((r) => r.on).sort());
      expect(new Set(rows.map((r) => r.contractId)).size).toBe(rows.length);
      expect(dueBy(store, rows[0]!.on, 500).every((r) => r.on === rows[0]!.on)).toBe(true);
      expect(dueBy(store, day('2099-12-31'), 2)).toEqual(rows.slice(0, 2));
    }
  });

  it('follows a vendor before the contract itself was told', async () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'X', billingStartsOn: '2025-10-01' });
    const { store, catchUp } = await (async () => {
      const served = await serve(ledger.log);
      return { store: served.store, catchUp: () => served.catchUp() };
    })();
    expect(dueBy(store, day('2099-12-31'), 5)).toEqual([{ contractId: id, on: '2026-10-01', kind: 'Renewed', subject: 'base', revision: 1 }]);
    ledger.discontinue('MOTEX', '2026-03-31');
    await catchUp();
    expect(dueBy(store, day('2099-12-31'), 5)).toEqual([{ contractId: id, on: '2026-04-01', kind: 'Ended', subject: 'base', revision: 1 }]);
    ledger.discontinue('Acronis', '2026-02-28');
    await catchUp();
    expect(dueBy(store, day('2099-12-31'), 5)[0]!.on).toBe('2026-04-01');
    ledger.correctDiscontinuation('MOTEX', ledger.vendor('MOTEX').discontinuations[0]!.discontinuationId, null);
    await catchUp();
    expect(dueBy(store, day('2099-12-31'), 5)[0]).toMatchObject({ on: '2026-10-01', kind: 'Renewed' });
    expect(lifeOf(ledger.state(id) as never)!.end).toBeNull();
  });
});
