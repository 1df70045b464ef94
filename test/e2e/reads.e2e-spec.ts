/** Lists and reads: pages, filters, windows, and waiting for what was just written. */
import { addOptions, applied, contractBody, fixed, notice, openContract, openUnit, taken } from './support/lives.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

let s: Service;
let api: Api;
const contracts: { contractId: string; unit: string; item: string }[] = [];
let last = '';
beforeAll(async () => {
  s = await Service.start({ today: '2026-03-01' });
  api = s.api;
  for (const [i, item] of 'X X X L L L G C A D O B'.split(' ').entries()) {
    const unit = taken(await api.post('/v1/management-units', { contractor: { id: `K-${i % 3}`, name: `Contractor ${i % 3}` }, name: `Unit ${i}` })).managementUnitId;
    const day = `2026-01-${String(10 + i).padStart(2, '0')}`;
    const { contractId } = taken(await api.post('/v1/contracts', contractBody(unit, { item, acceptedOn: day, application: { number: `N-${i % 4}`, onForm: true }, fees: { initial: 1_000, monthly: fixed(31_000) } })));
    contracts.push({ contractId, unit, item });
    if (item === 'X') await addOptions(api, contractId, day, [applied(15)]);
    taken(await api.post('/v1/records', { clause: i % 2 ? 'A6-1-1' : 'A8-4-1-i', occurredOn: day, contractId, note: `note ${i}` }));
  }
  taken(await api.post(`/v1/contracts/${contracts[3]!.contractId}/cancellation-notices`, notice('2026-02-01', '2026-05-31')));
  taken(await api.post(`/v1/contracts/${contracts[4]!.contractId}/cancellation-notices`, notice('2026-01-20')));
  taken(await api.post(`/v1/contracts/${contracts[0]!.contractId}/cancellation-notices`, notice('2026-02-01', '2026-06-30')));
  last = taken(await api.post(`/v1/contracts/${contracts[1]!.contractId}/terminations`, { endsOn: '2026-02-20', ground: 'provider', reason: 'agreed' })).position;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

type Row = { readonly [name: string]: unknown };
async function all(path: string, list: string, limit: number): Promise<Row[]> {
  const out: Row[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { [name: string]: unknown; nextCursor: string | null } = taken(await api.get<{ [name: string]: unknown; nextCursor: string | null }>(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`));
    const rows = page[list] as Row[];
    expect(rows.length).toBeLessThanOrEqual(limit);
    if (page.nextCursor !== null) {
      expect(rows).toHaveLength(limit);
      expect(page.nextCursor).toMatch(/^[A-Za-z0-9_.~-]+$/);
    }
    out.push(...rows);
    cursor = page.nextCursor;
  }
  return out;
}
const ids = (rows: readonly Row[]): unknown[] => rows.map((r) => r['contractId'] ?? r['id']);

test.each([
  ['/v1/contracts', 'contracts', 12],
  ['/v1/management-units', 'managementUnits', 12],
  ['/v1/records', 'records', 12],
  ['/v1/renewals?from=2026-01-01&to=2027-12-31', 'renewals', 4],
  ['/v1/settlements', 'settlements', 8],
  ['/v1/charges?month=2026-02', 'charges', 14],
  ['/v1/tokens', 'tokens', 1],
  ['/v1/agreement/items', 'items', 8],
  ['/v1/agreement/options', 'options', 45],
  ['/v1/agreement/clauses', 'clauses', 169],
] as const)('%s pages with cursors: the same rows in the same order, however long the pages', async (path, list, atLeast) => {
  taken(await api.get(`/v1/contracts?atLeast=${last}`));
  const whole = await all(path, list, 500);
  expect(whole.length).toBeGreaterThanOrEqual(atLeast);
  for (const limit of [1, 3, 7]) expect(await all(path, list, limit)).toEqual(whole);
  const bad = await api.get<{ errors: { path: string }[] }>(`${path}${path.includes('?') ? '&' : '?'}cursor=nonsense`);
  expect([bad.status, bad.body.errors?.map((e) => e.path)]).toEqual([400, ['cursor']]);
});

test.each(['atLeast', 'knownAtPosition'])('%s takes positions of this log, and says so of those of another store', async (name) => {
  expect((await api.get(`/v1/contracts?${name}=${last}`)).status).toBe(200);
  const foreign = last.startsWith('C') ? '5' : 'C5P5';
  for (const text of [foreign, '9999999999999999', '-1', 'x']) {
    const { status, body } = await api.get<{ errors: { path: string }[] }>(`/v1/contracts?${name}=${text}`);
    expect([text, status, body.errors?.map((e) => e.path)]).toEqual([text, 400, [name]]);
  }
});

test('a history pages too, and tells who, when and why, with the texts of the register', async () => {
  const path = `/v1/contracts/${contracts[1]!.contractId}/history`;
  const whole = await all(path, 'events', 500);
  expect(await all(path, 'events', 1)).toEqual(whole);
  expect(whole.map((e) => e['type'])).toEqual(['Contracted', 'LicensorTermsAgreed', 'OptionAdded', 'Terminated', 'OptionEnded', 'Ended', 'SettlementAssessed', 'SettlementAssessed']);
  const terminated = whole.find((e) => e['type'] === 'Terminated')!;
  expect(JSON.stringify(terminated)).toContain('agreed');
  expect(JSON.stringify(terminated)).toMatch(/"recordedAt":"\d{4}-\d\d-\d\dT/);
  expect(JSON.stringify(terminated)).toContain('"admin"');
});

test('contracts: newest first, by item, status, contractor, unit and application', async () => {
  const whole = await all('/v1/contracts', 'contracts', 500);
  expect(ids(whole)).toEqual(contracts.map((c) => c.contractId).reverse());
  const by = async (query: string) => ids(await all(`/v1/contracts?${query}`, 'contracts', 2)).reverse();
  expect(await by('item=L')).toEqual(contracts.slice(3, 6).map((c) => c.contractId));
  expect(await by('status=ended')).toEqual([contracts[1]!.contractId, contracts[4]!.contractId]);
  expect(await by('status=cancelling')).toEqual([contracts[0]!.contractId, contracts[3]!.contractId]);
  expect(await by('contractorId=K-2')).toEqual(contracts.filter((_, i) => i % 3 === 2).map((c) => c.contractId));
  expect(await by(`managementUnitId=${contracts[5]!.unit}`)).toEqual([contracts[5]!.contractId]);
  expect(await by('applicationNumber=N-1&item=X')).toEqual([contracts[1]!.contractId]);
  expect(await by('contractorId=nobody')).toEqual([]);
});

test('a page goes on where it was, also when something new has come before it', async () => {
  const first = taken(await api.get<{ contracts: Row[]; nextCursor: string }>('/v1/contracts?limit=4'));
  const { position } = await openContract(api, { item: 'B' });
  const second = taken(await api.get<{ contracts: Row[] }>(`/v1/contracts?limit=4&cursor=${first.nextCursor}&atLeast=${position}`));
  expect([...ids(first.contracts), ...ids(second.contracts)]).toEqual(contracts.map((c) => c.contractId).reverse().slice(0, 8));
});

test('renewals: soonest deadline first; a line that will not renew says so', async () => {
  const rows = await all('/v1/renewals?from=2026-03-01&to=2027-03-31', 'renewals', 500);
  const deadlines = rows.map((r) => String(r['noticeDeadline']));
  expect(deadlines).toEqual([...deadlines].sort());
  const of = (i: number, subject: string) => rows.find((r) => r['contractId'] === contracts[i]!.contractId && r['subject'] === subject);
  expect(of(2, 'base')).toMatchObject({ renews: true, noticeDeadline: '2026-12-11' });
  expect(of(0, 'base')).toMatchObject({ renews: false });
  expect(of(1, 'base')).toBeUndefined();
});

test('settlements: assessed, fixed but not yet due, and what each live contract would owe today', async () => {
  const rows = await all('/v1/settlements', 'settlements', 500);
  const of = (i: number) => rows.filter((r) => r['contractId'] === contracts[i]!.contractId);
  expect(of(1).length).toBeGreaterThan(0);
  expect(of(0).length).toBeGreaterThan(0);
  expect(of(2).length).toBeGreaterThan(0);
  const kinds = new Set(rows.map((r) => JSON.stringify(r['status'] ?? r['kind'])));
  expect(kinds.size).toBe(3);
  const within = await all('/v1/settlements?from=2026-02-20&to=2026-02-20', 'settlements', 500);
  expect(new Set(ids(within))).toEqual(new Set([contracts[1]!.contractId]));
});

test('charges: what falls in a month, each with its clause and day, and their total', async () => {
  const { charges, total } = taken(await api.get<{ charges: { kind: string; clause: string; dueOn: string; amount: number | null }[]; total: number }>('/v1/charges?month=2026-02&limit=500'));
  expect(charges.reduce((sum, c) => sum + (c.amount ?? 0), 0)).toBe(total);
  for (const c of charges) expect([c.clause, c.dueOn]).toEqual([expect.stringMatching(/^[AX]\d/), expect.stringMatching(/^2026-02-/)]);
  const mine = taken(await api.get<{ charges: { kind: string; amount: number }[]; total: number }>(`/v1/charges?month=2026-02&contractId=${contracts[1]!.contractId}`));
  // 20 of 28 days.
  expect(mine.charges.filter((c) => c.kind === 'monthly').map((c) => c.amount)).toEqual([22_142, 714]);
  expect(mine.charges.some((c) => c.kind === 'settlement')).toBe(true);
  const initial = taken(await api.get<{ charges: { kind: string }[] }>(`/v1/charges?month=2026-01&contractId=${contracts[1]!.contractId}`));
  expect(initial.charges.map((c) => c.kind).sort()).toEqual(['initial', 'monthly', 'monthly']);
});

test('units and records show names and notes, newest first', async () => {
  const units = await all('/v1/management-units', 'managementUnits', 500);
  expect(units.slice(-3).map((u) => u['name'])).toEqual(['Unit 2', 'Unit 1', 'Unit 0']);
  const one = taken(await api.get<Row>(`/v1/management-units/${contracts[0]!.unit}`));
  expect(one).toMatchObject({ name: 'Unit 0', contractor: { id: 'K-0', name: 'Contractor 0' } });
  const records = await all(`/v1/records?clause=A6-1-1`, 'records', 2);
  expect(records.map((r) => r['note'])).toEqual(['note 11', 'note 9', 'note 7', 'note 5', 'note 3', 'note 1']);
  expect((await all(`/v1/records?contractId=${contracts[2]!.contractId}`, 'records', 5)).map((r) => r['note'])).toEqual(['note 2']);
});

test('agreement: names in force on a day; a name stands for its item on that day, whatever its white space', async () => {
  const named = async (on: string, name: string) => taken(await api.get<{ items: { code: string }[] }>(`/v1/agreement/items?on=${on}&name=${encodeURIComponent(name)}`)).items.map((i) => i.code);
  expect(await named('2021-09-30', 'アンチウイルス:Cylance')).toEqual(['C']);
  expect(await named('2022-01-01', 'アンチウイルス:Cylance')).toEqual([]);
  expect(await named('2022-07-01', 'アンチウイルス：Cylance')).toEqual(['C']);
  expect(await named('2026-01-01', 'IT資産管理:タイプX')).toEqual(['X']);
  const option = taken(await api.get<{ options: { option: number }[] }>(`/v1/agreement/options?name=${encodeURIComponent('IT 資産管理:タイプ A 教育支援オプション')}`)).options;
  expect(option.map((o) => o.option)).toEqual([37]);
});

test('a read waits for a position, but not for ever', async () => {
  const { position, contractId } = await openContract(api, { managementUnitId: await openUnit(api), item: 'A' });
  for (const path of [`/v1/contracts/${contractId}`, `/v1/contracts/${contractId}/history`, '/v1/contracts', '/v1/renewals', '/v1/settlements', '/v1/charges?month=2026-03', '/v1/management-units', '/v1/records'])
    expect([path, (await api.get(`${path}${path.includes('?') ? '&' : '?'}atLeast=${position}`)).status]).toEqual([path, 200]);
  expect((await api.get(`/v1/contracts?atLeast=nonsense`)).status).toBe(400);
  const ahead = /^\d+$/.test(position) ? String(Number(position) + 1_000_000) : position.replace(/\d+/g, (n) => String(BigInt(n) + 10n ** 15n));
  const late = await api.get(`/v1/contracts?atLeast=${ahead}`);
  expect([late.status, late.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  expect(late.body).toMatchObject({ status: 503 });
}, 30_000);
