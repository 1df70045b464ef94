import { VENDORS, itemsOf } from '@app/agreement';
import { addDays, addMonths, firstOf, lastOf, monthOf, type PlainDate } from '@app/calendar';
import { chargesThrough, lifeOf, periodAt, withVendorFacts, type Life } from '@app/contract';
import { deriveId } from '@app/kernel';
import {
  chargesOfMonth,
  ContractReader,
  contractsOfItems,
  contractsPage,
  ifEndedOn,
  knownTimeOf,
  MalformedCursor,
  outcomesPage,
  placeKnownAt,
  placeOf,
  progressOf,
  recordsPage,
  refusalsPage,
  renewalsPage,
  settlementsPage,
  tokenRows,
  tokensPage,
  unfinishedUnits,
  unitsPage,
  unitView,
  usesOf,
  type Status,
} from './index.js';
import { day, TestLedger, text, yen } from './testing/ledger.js';
import { lives, type Lives } from './testing/lives.js';
import { closeServed, serve } from './testing/served.js';

afterEach(closeServed);

/** All pages of a list, with as many rows as wanted on each. */
async function all<K extends string, R>(plural: K, page: (cursor: string | null) => Promise<{ [P in K]: R[] } & { nextCursor: string | null }>): Promise<R[]> {
  const out: R[] = [];
  for (let cursor: string | null = null; ; ) {
    const answer: { [P in K]: R[] } & { nextCursor: string | null } = await page(cursor);
    out.push(...answer[plural]);
    if (answer.nextCursor === null) return out;
    expect(answer.nextCursor).toMatch(/^[A-Za-z0-9_-]+$/);
    cursor = answer.nextCursor;
  }
}

/** The lives of contracts as reads must show them: with their vendors' facts. */
function livesOf({ ledger, contractIds }: Lives): { id: string; life: Life }[] {
  const discontinuations = VENDORS.flatMap((v) => ledger.vendor(v).discontinuations);
  return contractIds.flatMap((id) => {
    const state = ledger.state(id);
    const life = state.status === 'recorded' ? lifeOf(withVendorFacts(state, discontinuations)) : null;
    return life ? [{ id, life }] : [];
  });
}

const worlds = [21, 22, 23, 24].map((seed) => [seed, lives({ seed, contracts: 14, steps: 200, ...(seed === 24 ? { policies: { rounding: 'halfUp', chainAnchor: 'originalStart' } } : {}) })] as const);

describe('contracts', () => {
  it.each(worlds)('come newest first, by their status on a day (lives %i)', async (_, world) => {
    const { store } = await serve(world.ledger.log);
    const reader = new ContractReader(store, null);
    for (const today of [world.ledger.today, addDays(world.ledger.today, -200), addDays(world.ledger.today, 300)]) {
      const around = { today, holidays: null };
      const list = await all('contracts', (cursor) => contractsPage(store.db, { ...around, cursor, limit: 3 }));
      expect(list.map((c) => c.id)).toEqual([...world.contractIds].reverse());
      for (const c of list) expect({ ...reader.contract(c.id, { asOf: today })!, charges: [] }).toEqual(c);
      for (const status of ['accepted', 'active', 'cancelling', 'ended'] satisfies Status[]) {
        const some = await all('contracts', (cursor) => contractsPage(store.db, { ...around, cursor, limit: 2, status }));
        expect(some.map((c) => c.id)).toEqual(list.filter((c) => c.status === status).map((c) => c.id));
      }
    }
  });

  it('are found by item, contractor, unit and application', async () => {
    const ledger = new TestLedger();
    const a = ledger.contract('A', { item: 'L', billingStartsOn: '2025-10-01' });
    const b = ledger.contract('B', { item: 'X', billingStartsOn: '2025-10-01' });
    const { store } = await serve(ledger.log);
    const found = async (filter: object) => (await contractsPage(store.db, { today: day('2025-10-01'), holidays: null, limit: 50, ...filter })).contracts.map((c) => c.id);
    expect(await found({ item: 'L' })).toEqual([a]);
    expect(await found({ contractorId: 'contractor' })).toEqual([b, a]);
    expect(await found({ contractorId: 'another' })).toEqual([]);
    expect(await found({ managementUnitId: deriveId('unit', 'B') })).toEqual([b]);
    expect(await found({ applicationNumber: 'A-A' })).toEqual([a]);
    expect(contractsOfItems(store, itemsOf('MOTEX'), null, 1)).toEqual([[a, b].sort()[0]]);
    expect(contractsOfItems(store, itemsOf('MOTEX'), [a, b].sort()[0]!, 5)).toEqual([[a, b].sort()[1]]);
    expect(contractsOfItems(store, itemsOf('Acronis'), null, 5)).toEqual([]);
  });
});

describe('charges of a month', () => {
  it.each(worlds)('are those of the contracts, each on its day, and their exact total (lives %i)', async (_, world) => {
    const { store } = await serve(world.ledger.log);
    const known = livesOf(world);
    let checked = 0;
    for (let month = '2024-01'; month <= '2027-06'; month = addMonths(month, 1)) {
      const expected = known.flatMap(({ id, life }) =>
        chargesThrough(life, lastOf(month))
          .filter((c) => c.dueOn >= firstOf(month))
          .map((c) => ({ contractId: id, ...c, ...(c.voidedBy === undefined ? {} : { voidedBy: 'N39' }) })),
      );
      const list = await all('charges', (cursor) => chargesOfMonth(store.db, { month, cursor, limit: 9 }));
      expect(list.map((c) => c.dueOn)).toEqual(list.map((c) => c.dueOn).sort());
      const byId = (x: { contractId: string; id: string }, y: { contractId: string; id: string }) => (x.contractId + x.id < y.contractId + y.id ? -1 : 1);
      expect(list.toSorted(byId)).toEqual(expected.toSorted(byId));
      const total = expected.reduce((sum, c) => sum + (c.amount ?? 0), 0);
      expect((await chargesOfMonth(store.db, { month, limit: 1 })).total).toBe(total);
      const of = world.contractIds[0]!;
      const one = await chargesOfMonth(store.db, { month, contractId: of, limit: 500 });
      expect(one.charges.toSorted(byId)).toEqual(expected.filter((c) => c.contractId === of).toSorted(byId));
      expect(one.total).toBe(expected.filter((c) => c.contractId === of).reduce((sum, c) => sum + (c.amount ?? 0), 0));
      checked += list.length;
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('adds up exactly beyond what a database adds in floating point', async () => {
    const ledger = new TestLedger();
    for (let i = 0; i < 9; i++) ledger.contract(`K${i}`, { item: 'C', billingStartsOn: '2025-10-01', fees: { initial: 999_999_999_999 - i, monthly: yen(1_000_000_000_000) } });
    const { store } = await serve(ledger.log);
    expect(await chargesOfMonth(store.db, { month: '2025-10', limit: 1 })).toMatchObject({ total: 9 * 1_000_000_000_000 + 9 * 999_999_999_999 - 36 });
    expect(await chargesOfMonth(store.db, { month: '2025-09', limit: 1 })).toEqual({ charges: [], total: 0, nextCursor: null });
    expect((await chargesOfMonth(store.db, { month: '2025-10', contractId: deriveId('none'), limit: 1 })).total).toBe(0);
  });
});

describe('renewals', () => {
  it.each(worlds)('are the next term ends of the lines in force, soonest deadline first, however late the scheduler (lives %i)', async (_, world) => {
    const { store } = await serve(world.ledger.log);
    let checked = 0;
    for (const today of [0, 40, 400, 1200].map((n) => addDays(world.ledger.today, n))) {
      const lines = livesOf(world).flatMap(({ id, life }) =>
        [life.base, ...life.options]
          .filter((l) => l.period.kind === 'term' && !l.voided && (l.end === null || l.end.on >= today))
          .map((l) => {
            const t = periodAt(l, today > l.billingStartsOn ? today : l.billingStartsOn, life.policies)!;
            return { contractId: id, subject: l.subject, endsOn: t.endsOn, noticeDeadline: t.noticeDeadline, renews: l.end === null || l.end.on > t.endsOn };
          }),
      );
      for (const [from, to] of [[undefined, undefined], [addDays(today, 60), addDays(today, 200)], [addDays(today, -900), addDays(today, 30)]] as const) {
        const list = await all('renewals', (cursor) => renewalsPage(store.db, { from, to, today, cursor, limit: 3 }));
        const expected = lines.filter((l) => (from === undefined || l.endsOn >= from) && (to === undefined || l.endsOn <= to));
        expect(list).toHaveLength(expected.length);
        expect(list).toEqual(expect.arrayContaining(expected.map((e) => expect.objectContaining(e) as unknown)));
        expect(list.map((r) => r.noticeDeadline)).toEqual(list.map((r) => r.noticeDeadline).sort());
        checked += list.length;
      }
    }
    expect(checked).toBeGreaterThan(15);
  });

  it('say what will not renew', async () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'X', billingStartsOn: '2025-10-01' });
    ledger.today = day('2026-08-31');
    ledger.must(id, { name: 'NotifyCancellation', body: { arrivedOn: ledger.today, designatedOn: day('2026-09-30'), onForm: true } });
    const { store } = await serve(ledger.log);
    expect(await renewalsPage(store.db, { today: day('2026-08-31'), limit: 50 })).toEqual({
      renewals: [
        {
          contractId: id, managementUnitId: deriveId('unit', 'K'), contractorId: 'contractor', item: 'X', subject: 'base', option: null,
          index: 1, startsOn: '2025-10-01', endsOn: '2026-09-30', noticeDeadline: '2026-08-31', nextRenewalOn: null, renews: false,
          end: { on: '2026-09-30', reason: 'notice', clause: 'A10-2' },
        },
      ],
      nextCursor: null,
    });
    expect((await renewalsPage(store.db, { today: day('2026-10-01'), limit: 50 })).renewals).toEqual([]);
  });
});

describe('settlements', () => {
  it.each(worlds)('are those of fixed ends by end day, and of each contract without one as if it ended today (lives %i)', async (_, world) => {
    const { store } = await serve(world.ledger.log);
    const known = livesOf(world);
    for (const today of [world.ledger.today, addDays(world.ledger.today, 100)]) {
      const window = { from: undefined, to: undefined } as { from?: PlainDate; to?: PlainDate };
      for (const w of [window, { from: today }, { to: addDays(today, -1) }, { from: addDays(today, 1), to: addDays(today, 400) }]) {
        const list = await all('settlements', (cursor) => settlementsPage(store.db, { ...w, today, holidays: null, cursor, limit: 3 }));
        const inWindow = (d: PlainDate) => (w.from === undefined || d >= w.from) && (w.to === undefined || d <= w.to);
        const expected = known.flatMap(({ id, life }) => [
          ...[...Map.groupBy(life.settlements, (s) => s.dueOn)].map(([dueOn, lines]) => ({ contractId: id, dueOn, status: dueOn < today ? 'assessed' : 'fixed', total: lines.reduce((sum, s) => sum + s.amount, 0) })),
          ...(life.end ? [] : [{ contractId: id, dueOn: today, status: 'if-ended-today', total: ifEndedOn(life, today).reduce((sum, s) => sum + s.amount, 0) }]),
        ]);
        const wanted = expected.filter((e) => inWindow(e.dueOn));
        expect(list).toHaveLength(wanted.length);
        expect(list).toEqual(expect.arrayContaining(wanted.map((e) => expect.objectContaining(e) as unknown)));
        expect(list.map((s) => s.dueOn)).toEqual(list.map((s) => s.dueOn).sort());
        expect(list.every((s) => s.lines.every((l) => l.estimated === s.estimated))).toBe(true);
      }
    }
  });

  it('tell the base and the options apart, and an estimate from what was assessed', async () => {
    const ledger = new TestLedger();
    const id = ledger.contract('K', { item: 'X', billingStartsOn: '2025-10-01', fees: { initial: 0, monthly: yen(100_000) } });
    const options = ledger.must(id, {
      name: 'AddOptions',
      body: { acceptedOn: day('2025-10-01'), billingStartsOn: day('2025-10-01'), application: { number: 'O', onForm: true }, options: [{ option: 30, accountCount: 5, fees: { monthly: yen(10_000) } }] },
    })['optionIds'] as string[];
    const served = await serve(ledger.log);
    const at = async (today: string) => (await settlementsPage(served.store.db, { today: day(today), holidays: null, limit: 50 })).settlements;
    const summary = async (today: string) => (await at(today)).map((s) => [s.dueOn, s.status, s.estimated, s.total, s.lines.map((l) => [l.subject, l.amount])]);
    expect(await summary('2026-07-31')).toEqual([['2026-07-31', 'if-ended-today', true, 220_000, [['base', 200_000], [options[0], 20_000]]]]);
    expect(await summary('2025-09-30')).toEqual([['2025-09-30', 'if-ended-today', true, 0, [['base', 0], [options[0], 0]]]]);
    ledger.today = day('2026-06-30');
    ledger.must(id, { name: 'Terminate', body: { endsOn: day('2026-07-31'), ground: 'provider', reason: 'r' } });
    await served.catchUp();
    const lines = [['base', 200_000], [options[0], 20_000]];
    expect(await summary('2026-07-30')).toEqual([['2026-07-31', 'fixed', true, 220_000, lines]]);
    expect(await summary('2026-07-31')).toEqual([['2026-07-31', 'fixed', false, 220_000, lines]]);
    expect(await summary('2026-08-01')).toEqual([['2026-07-31', 'assessed', false, 220_000, lines]]);
  });
});

describe('discontinuations', () => {
  it('show what they mean for each contract, and who was told', async () => {
    const ledger = new TestLedger();
    const [a, b, c, d] = ['A', 'B', 'C', 'D'].map((name) => ledger.contract(name, { item: name === 'D' ? 'G' : 'L', billingStartsOn: '2025-10-01' })) as [string, string, string, string];
    ledger.today = day('2025-11-01');
    ledger.must(b, { name: 'NotifyCancellation', body: { arrivedOn: ledger.today, designatedOn: day('2025-12-31'), onForm: true } });
    ledger.must(c, { name: 'Terminate', body: { endsOn: day('2025-10-20'), ground: 'provider', reason: 'r' } });
    const discontinuationId = ledger.discontinue('MOTEX', '2026-03-31');
    const served = await serve(ledger.log, { before: 3 });
    const outcomes = () => all('outcomes', (cursor) => outcomesPage(served.store.db, { discontinuationId, cursor, limit: 1 }));
    expect(await outcomes()).toEqual([
      { contractId: a, outcome: 'ends', endsOn: '2026-03-31', reason: 'A9', told: false },
      { contractId: b, outcome: 'alreadyEnds', endsOn: '2025-12-31', reason: 'notice', told: false },
    ]);
    expect(await progressOf(served.store.db, discontinuationId)).toEqual({ contracts: 2, told: 0 });
    ledger.must(a, { name: 'RecordDue', through: ledger.today });
    await served.catchUp();
    expect(await progressOf(served.store.db, discontinuationId)).toEqual({ contracts: 2, told: 1 });
    ledger.correctDiscontinuation('MOTEX', discontinuationId, null);
    await served.catchUp();
    expect((await outcomes()).map((o) => [o.contractId, o.outcome, o.endsOn, o.told])).toEqual([
      [a, 'lifted', null, false],
      [b, 'lifted', '2025-12-31', true],
    ]);
    expect(await progressOf(served.store.db, deriveId('none'))).toEqual({ contracts: 0, told: 0 });
    expect(contractsOfItems(served.store, itemsOf('Acronis'), null, 5)).toEqual([d]);
  });
});

describe('units', () => {
  it('come newest first with their contracts, and name what they have not finished', async () => {
    const ledger = new TestLedger();
    const first = ledger.unit('first', 'c1');
    const second = ledger.unit('second', 'c2');
    const id = ledger.contract('K', { item: 'L', billingStartsOn: '2025-10-01', managementUnitId: first });
    const append = [{ id: deriveId('prepared'), type: 'Contracted', data: {}, metadata: {} }];
    ledger.record(`managementUnit-${second}`, 'ContractItem', ledger.command(), [{ type: 'ItemReserved', data: { contractId: 'x', item: 'L', billingStartsOn: '2025-10-01', append } }]);
    const served = await serve(ledger.log, { before: 2, batch: 1 });
    const { store } = served;
    const today = day('2025-10-02');
    const list = await all('managementUnits', (cursor) => unitsPage(store.db, { today, cursor, limit: 1 }));
    expect(list).toEqual([
      { id: second, contractor: { id: 'c2', name: text('c2') }, name: text('second'), contracts: [], revision: 1, position: String(ledger.log.length) },
      { id: first, contractor: { id: 'c1', name: text('c1') }, name: text('first'), contracts: [{ id, item: 'L', status: 'active', acceptedOn: '2025-10-01', billingStartsOn: '2025-10-01', endsOn: null }], revision: 0, position: '1' },
    ]);
    expect(await unitView(store.db, first, today)).toEqual(list[1]);
    expect(await unitView(store.db, deriveId('none'), today)).toBeNull();
    expect(new ContractReader(store, null).contract(id, { asOf: today })!.contractor.name).toEqual(text('c1'));
    expect(unfinishedUnits(store)).toEqual([second]);
    ledger.record('contract-other', 'ContractItem', ledger.command(), [{ ...append[0]!, data: ledger.log.find((e) => e.type === 'Contracted')!.data as object }]);
    await served.catchUp();
    expect(unfinishedUnits(store)).toEqual([]);
  });
});

describe('records, refusals and commands', () => {
  it('are listed newest first and found by what they are about', async () => {
    const world = lives({ seed: 31, steps: 150 });
    const { ledger } = world;
    const { store } = await serve(ledger.log);
    const records = await all('records', (cursor) => recordsPage(store.db, { cursor, limit: 2 }));
    const recorded = ledger.log.filter((e) => e.type === 'FactRecorded');
    expect(records.map((r) => r.id)).toEqual(recorded.map((e) => (e.data as { recordId: string }).recordId).reverse());
    const of = records[0]!.contractId!;
    expect((await recordsPage(store.db, { contractId: of, clause: 'A6-1-1', limit: 500 })).records).toEqual(records.filter((r) => r.contractId === of));
    expect((await recordsPage(store.db, { clause: 'A6-1-2', limit: 500 })).records).toEqual([]);

    const refusals = await all('refusals', (cursor) => refusalsPage(store.db, { cursor, limit: 2 }));
    expect(refusals.length).toBeGreaterThan(2);
    expect(refusals[0]).toMatchObject({ command: 'AddOptions', subject: 'clerk', role: 'operator', code: 'refused-by-agreement', violations: [{ clause: 'A5-3', allowedFrom: null }], allowedFrom: null, position: ledger.log.findLast((e) => e.type === 'CommandRefused')!.position });
    expect((await refusalsPage(store.db, { subject: 'nobody', limit: 5 })).refusals).toEqual([]);

    for (const e of ledger.log) expect(usesOf(store, e.metadata.commandId)).toContainEqual({ stream: e.stream, requestHash: e.metadata.requestHash, name: e.metadata.command });
    expect(usesOf(store, deriveId('none'))).toEqual([]);
    expect(usesOf(store, 'no id at all')).toEqual([]);
  });
});

describe('tokens', () => {
  it('are kept with their revocation, and shown without their hashes', async () => {
    const ledger = new TestLedger();
    const issue = (tokenId: string, more: object = {}) =>
      ledger.record(`token-${tokenId}`, 'IssueToken', ledger.command(), [{ type: 'TokenIssued', data: { tokenId, subject: `s ${tokenId}`, role: 'operator', hash: `h ${tokenId}`, expiresOn: null, ...more } }]);
    issue('a', { label: text('label') });
    issue('b', { expiresOn: '2026-01-01' });
    ledger.record('token-a', 'RevokeToken', ledger.command(), [{ type: 'TokenRevoked', data: { tokenId: 'a' } }]);
    const { store } = await serve(ledger.log);
    expect(tokenRows(store)).toEqual([
      { tokenId: 'a', subject: 's a', role: 'operator', hash: 'h a', revoked: true, expiresOn: null },
      { tokenId: 'b', subject: 's b', role: 'operator', hash: 'h b', revoked: false, expiresOn: '2026-01-01' },
    ]);
    const at = (n: number) => ledger.log[n]!.metadata.recordedAt;
    expect(await all('tokens', (cursor) => tokensPage(store.db, { cursor, limit: 1 }))).toEqual([
      { tokenId: 'b', subject: 's b', role: 'operator', label: null, expiresOn: '2026-01-01', issuedAt: at(1), issuedBy: 'clerk', issueReason: null, revokedAt: null, revokedBy: null, revokeReason: null },
      { tokenId: 'a', subject: 's a', role: 'operator', label: text('label'), expiresOn: null, issuedAt: at(0), issuedBy: 'clerk', issueReason: null, revokedAt: at(2), revokedBy: 'clerk', revokeReason: null },
    ]);
  });
});

describe('known time', () => {
  it('is the running maximum of the recording instants', async () => {
    const ledger = new TestLedger();
    for (let i = 0; i < 2500; i++) {
      ledger.now = Date.UTC(2026, 0, 1) + i * 1000 - (i % 10 === 0 ? 5500 : 0);
      ledger.record(`record-${i}`, 'RecordFact', ledger.command(), [{ type: 'FactRecorded', data: { recordId: String(i), clause: 'A2', occurredOn: '2026-01-01', note: text('n') } }]);
    }
    const { store, log } = await serve(ledger.log, { before: 1200, batch: 77 });
    let known = '';
    for (const e of ledger.log) {
      if (e.metadata.recordedAt > known) known = e.metadata.recordedAt;
      expect(knownTimeOf(store, e)).toBe(known);
    }
    for (const at of [0, 1, 500, 1000, 1005, 1999, 2000, 2499]) {
      const instant = knownTimeOf(store, ledger.log[at]!);
      const n = ledger.log.findLastIndex((e) => knownTimeOf(store, e) <= instant);
      const place = { position: ledger.log[n]!.position, at: n + 1 };
      expect(await placeKnownAt(store, log, instant)).toEqual(place);
      expect(await placeOf(store, log, place.position)).toEqual(place);
    }
    for (const n of [1, 2, 99, 100, 101, 999, 1000, 2300, 2499, 2500]) expect(await placeOf(store, log, String(n))).toEqual({ position: String(n), at: n });
    expect(await placeKnownAt(store, log, '2025-12-31T00:00:00.000Z')).toEqual({ position: null, at: 0 });
    expect(await placeKnownAt(store, log, '2027-01-01T00:00:00.000Z')).toEqual({ position: '2500', at: 2500 });
    expect(await placeOf(store, log, '9999')).toEqual({ position: '2500', at: 2500 });
    // An instant is the same in every spelling.
    for (const spelling of ['2026-01-01T00:30:00Z', '2026-01-01T00:30:00.000000Z', '2026-01-01T09:30:00+09:00']) expect((await placeKnownAt(store, log, spelling)).at).toBe(1801);
    await expect(placeKnownAt(store, log, 'yesterday')).rejects.toThrow(RangeError);
  });
});

describe('cursors', () => {
  const today = day('2025-10-01');
  const foreign = ['x', '', '!!', 'W10', 'WzEsMl0', 'WyJhIl0', 'bnVsbA', Buffer.from('[1.5]').toString('base64url'), `${Buffer.from('[1]').toString('base64url')}=`, Buffer.from('[ 1]').toString('base64url')];
  it.each(foreign)('that no list gave out are refused: %s', async (cursor) => {
    const { store } = await serve([]);
    const page = { cursor, limit: 1 };
    await expect(contractsPage(store.db, { ...page, today, holidays: null })).rejects.toThrow(MalformedCursor);
    await expect(renewalsPage(store.db, { ...page, today })).rejects.toThrow(MalformedCursor);
    await expect(settlementsPage(store.db, { ...page, today, holidays: null })).rejects.toThrow(MalformedCursor);
    await expect(chargesOfMonth(store.db, { ...page, month: '2025-10' })).rejects.toThrow(MalformedCursor);
    await expect(unitsPage(store.db, { ...page, today })).rejects.toThrow(MalformedCursor);
    await expect(recordsPage(store.db, page)).rejects.toThrow(MalformedCursor);
  });

  it('lead past the end without an error', async () => {
    const { store } = await serve([]);
    expect(await contractsPage(store.db, { cursor: Buffer.from('[5]').toString('base64url'), limit: 1, today, holidays: null })).toEqual({ contracts: [], nextCursor: null });
    expect(monthOf(today)).toBe('2025-10');
  });
});
