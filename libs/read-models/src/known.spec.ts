import { VENDORS } from '@app/agreement';
import { addDays, maxDate, monthOf, type PlainDate } from '@app/calendar';
import { lifeOf, periodAt, withVendorFacts, type Line } from '@app/contract';
import { chargesOfMonth, ContractReader, contractsPage, renewalsPage, settlementsPage, type Db, type Knowing } from './index.js';
import type { LedgerEvent } from './ledger-event.js';
import { day, TestLedger, yen } from './testing/ledger.js';
import { lives } from './testing/lives.js';
import { closeServed, serve } from './testing/served.js';

// Each place needs a ledger of its own; a busy machine takes its time over them.
const PATIENCE_MS = 60_000;

afterEach(closeServed);

/** Places after which nothing of the append before is still to come, some way apart. */
function places(log: readonly LedgerEvent[], many: number): number[] {
  const whole = log.flatMap((e, i) => (log[i + 1]?.metadata.commandId === e.metadata.commandId ? [] : [i + 1]));
  return whole.filter((_, i) => i % Math.ceil(whole.length / many) === 0);
}

/** Everything that lists say on a day by what was known at a place. */
async function everything(db: Db, today: PlainDate, known: Knowing & { readonly now?: boolean }) {
  const page = { today, holidays: null, limit: 500, ...known };
  const months = [-14, -1, 0, 1, 13].map((n) => monthOf(addDays(today, 30 * n)));
  return {
    contracts: await contractsPage(db, page),
    cancelling: (await contractsPage(db, { ...page, status: 'cancelling' })).contracts.map((c) => c.id),
    renewals: await renewalsPage(db, page),
    soon: await renewalsPage(db, { ...page, to: addDays(today, 90) }),
    settlements: await settlementsPage(db, page),
    charges: await Promise.all(months.map((month) => chargesOfMonth(db, { ...page, month }))),
  };
}

describe('what was known at a place in the log', () => {
  it.each([31, 32, 33, 34])('is what a ledger says that has heard no more (lives %i)', async (seed) => {
    const { ledger } = lives({ seed, contracts: 12, steps: 220, ...(seed === 34 ? { policies: { rounding: 'halfUp', chainAnchor: 'originalStart' } } : {}) });
    const whole = await serve(ledger.log, { before: Math.floor(ledger.log.length / 3), batch: 5 });
    expect(whole.rows()['segments_past']!.length).toBeGreaterThan(5);
    let different = 0;
    for (const at of places(ledger.log, 12)) {
      const then = await serve(ledger.log.slice(0, at));
      const today = maxDate(...([day('2024-01-15'), ...ledger.log.slice(0, at).map((e) => e.metadata.businessDate)] as [PlainDate, PlainDate]));
      for (const on of [today, addDays(today, 500)]) {
        const expected = await everything(then.store.db, on, {});
        expect(await everything(whole.store.db, on, { at })).toEqual(expected);
        if (JSON.stringify(await everything(whole.store.db, on, {})) !== JSON.stringify(expected)) different++;
      }
    }
    // The later knowledge would have told another story.
    expect(different).toBeGreaterThan(8);
    expect(await everything(whole.store.db, ledger.today, { at: ledger.log.length })).toEqual(await everything(whole.store.db, ledger.today, {}));
    expect(await everything(whole.store.db, ledger.today, { at: 0 })).toMatchObject({ contracts: { contracts: [] }, renewals: { renewals: [] }, settlements: { settlements: [] } });
  }, PATIENCE_MS);

  it('shows a contract as it was known then, by its own events and its vendor', async () => {
    const { ledger, contractIds } = lives({ seed: 35, contracts: 6, steps: 150 });
    const { store } = await serve(ledger.log);
    const reader = new ContractReader(store, null);
    let known = 0;
    for (const at of places(ledger.log, 10)) {
      const then = new ContractReader((await serve(ledger.log.slice(0, at))).store, null);
      for (const id of contractIds) {
        const view = reader.contract(id, { asOf: ledger.today, at });
        expect(view).toEqual(then.contract(id, { asOf: ledger.today }));
        if (view) known++;
      }
    }
    expect(known).toBeGreaterThan(20);
  }, PATIENCE_MS);
});

describe('a day that is not today', () => {
  it.each([41, 42])('shows the term that holds the day, of every line in force on it (lives %i)', async (seed) => {
    const { ledger, contractIds } = lives({ seed, contracts: 14, steps: 220 });
    const { store } = await serve(ledger.log);
    const facts = VENDORS.flatMap((v) => ledger.vendor(v).discontinuations);
    let seen = 0;
    for (const on of [-700, -365, -31, 0, 45, 800].map((n) => addDays(ledger.today, n))) {
      const expected = contractIds.flatMap((contractId) => {
        const state = ledger.state(contractId);
        const life = state.status === 'recorded' ? lifeOf(withVendorFacts(state, facts)) : null;
        if (!life) return [];
        return [life.base, ...life.options].flatMap((l: Line) => {
          if (l.period.kind !== 'term' || l.voided || (l.end && l.end.on < on)) return [];
          const t = periodAt(l, maxDate(on, l.billingStartsOn), life.policies)!;
          return t.endsOn < on ? [] : [{ contractId, subject: l.subject, startsOn: t.startsOn, endsOn: t.endsOn, noticeDeadline: t.noticeDeadline, end: l.end?.on ?? null }];
        });
      });
      const told = (rows: Awaited<ReturnType<typeof renewalsPage>>['renewals']) =>
        rows.map(({ contractId, subject, startsOn, endsOn, noticeDeadline, end }) => ({ contractId, subject, startsOn, endsOn, noticeDeadline, end: end?.on ?? null }));
      const key = (r: object): string => JSON.stringify(r);
      const all = told((await renewalsPage(store.db, { today: on, now: false, limit: 500 })).renewals);
      expect(all.map(key).sort()).toEqual(expected.map(key).sort());
      expect(all.map((r) => r.noticeDeadline)).toEqual(all.map((r) => r.noticeDeadline).sort());
      seen += all.length;
      // A window of some weeks looks at fewer lines, and finds the same.
      for (const [a, b] of [[0, 40], [100, 180], [300, 420]] as const) {
        const window = { from: addDays(on, a), to: addDays(on, b) };
        const some = told((await renewalsPage(store.db, { today: on, now: false, limit: 500, ...window })).renewals);
        expect(some).toEqual(all.filter((r) => r.endsOn >= window.from && r.endsOn <= window.to));
      }
    }
    expect(seen).toBeGreaterThan(20);
  }, PATIENCE_MS);

  it('goes on from page to page', async () => {
    const { ledger } = lives({ seed: 43, contracts: 14, steps: 200 });
    const { store } = await serve(ledger.log);
    const at = places(ledger.log, 3)[2]!;
    const all = (await renewalsPage(store.db, { today: ledger.today, at, limit: 500 })).renewals;
    const paged: typeof all = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof renewalsPage>> = await renewalsPage(store.db, { today: ledger.today, at, limit: 2, cursor });
      paged.push(...page.renewals);
      if ((cursor = page.nextCursor) === null) break;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(4);
  });

  it('holds the charges that have fallen due by then', async () => {
    const ledger = new TestLedger();
    const running = ledger.contract('A', { item: 'L', billingStartsOn: '2025-10-01', fees: { initial: 0, monthly: yen(31_000) } });
    ledger.today = day('2025-12-01');
    const begins = ledger.contract('B', { item: 'L', billingStartsOn: '2025-12-11', acceptedOn: day('2025-12-01'), fees: { initial: 500, monthly: yen(31_000) } });
    ledger.today = day('2025-12-20');
    ledger.must(running, { name: 'DetectExcess', body: { detectedOn: day('2025-12-20'), accounts: 2, charge: 700 } } as never);
    const { store } = await serve(ledger.log);
    const due = async (asOf?: string) => {
      const { charges, total } = await chargesOfMonth(store.db, { month: '2025-12', limit: 50, ...(asOf === undefined ? {} : { asOf: day(asOf) }) });
      return [charges.map((c) => [c.contractId === begins ? 'B' : 'A', c.kind, c.dueOn, c.amount]), total];
    };
    const [all, total] = (await due()) as [unknown[][], number];
    expect(total).toBe(31_000 + 21_000 + 500 + 700);
    for (const on of ['2025-11-30', '2025-12-01', '2025-12-10', '2025-12-11', '2025-12-20', '2025-12-31', '2026-03-01']) {
      const by = all.filter(([, , dueOn]) => (dueOn as string) <= on);
      expect([on, ...(await due(on))]).toEqual([on, by, by.reduce((sum, c) => sum + (c[3] as number), 0)]);
    }
  });
});
