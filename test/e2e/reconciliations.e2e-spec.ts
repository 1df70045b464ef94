/** `POST /v1/feed/reconciliations`: did the biller apply what was published? And a consumer sent back to the start. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ndjson } from './support/feed.js';
import { addOptions, applied, fixed, moveTo, openContract, taken } from './support/lives.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

interface Line {
  readonly lineId: string;
  readonly subject: string;
  readonly clause: string;
  readonly amount: number;
  readonly events: readonly { readonly id: string; readonly sequence: string; readonly type: string; readonly amount: number }[];
}
interface Reconciled {
  readonly cursor: string | null;
  readonly matched: number;
  readonly differences: readonly { readonly contractId: string; readonly month: string; readonly total: number; readonly expected: number; readonly unknown?: boolean; readonly lines: readonly Line[] }[];
}
interface Event {
  readonly id: string;
  readonly sequence: string;
  readonly type: string;
  readonly data: { readonly segments: readonly { readonly lineId: string }[] };
}

let s: Service;
let api: Api;
let billing: Api;
let contractId: string;
let option: string;
let events: Event[];
const reconcile = (body: object, as: Api = billing) => as.post<Reconciled & { code: string; errors: { path: string }[] }>('/v1/feed/reconciliations', body, { key: null });

beforeAll(async () => {
  s = await Service.start({ today: '2026-01-05' });
  ({ api } = s);
  while (taken(await api.get<{ state: string }>('/v1/feed/status')).state !== 'live') await sleep(20);
  expect(taken(await reconcile({ rows: [{ contractId: randomUUID(), month: '2026-01', total: 0 }] }, api))).toMatchObject({ cursor: null, matched: 0, differences: [{ unknown: true }] });
  ({ contractId } = await openContract(api, { acceptedOn: '2026-01-05', billingStartsOn: '2026-01-16' }));
  [option] = (await addOptions(api, contractId, '2026-01-05', [applied(30, { fees: { monthly: fixed(3_100) } })], '2026-01-16')).optionIds as [string];
  await moveTo(api, '2026-03-02');
  taken(await api.post(`/v1/contracts/${contractId}/quotations`, { subject: 'base', kind: 'monthly', fee: fixed(80_000), effectiveOn: '2026-02-15' }));
  billing = api.as(taken(await api.post('/v1/tokens', { subject: 'billing-system', role: 'billing' })).token);
  while ((events = (await ndjson(api)).lines.map((l) => JSON.parse(l) as Event)).length < 3) await sleep(50);
}, 60_000);
afterAll(endServices, 60_000);

const total = async (month: string): Promise<number> => taken(await api.get<{ total: number }>(`/v1/charges?month=${month}&contractId=${contractId}`)).total;
const cursorOf = (e: Event): string => `${e.sequence}.${e.id}`;

it('matches what the ledger charges, and says up to where', async () => {
  const rows = await Promise.all(['2025-12', '2026-01', '2026-02', '2026-03', '2026-12'].map(async (month) => ({ contractId, month, total: await total(month) })));
  expect(rows.map((r) => r.total)).toEqual([0, 10_000 + 51_612 + 1_600, 50_000 + 40_000 + 3_100, 83_100, 83_100]);
  expect(taken(await reconcile({ rows }))).toEqual({ cursor: cursorOf(events.at(-1)!), matched: 5, differences: [] });
});

it('names contract, month and lines, with their clauses and the events that say them', async () => {
  const owed = await total('2026-02');
  const { matched, differences } = taken(await reconcile({ rows: [{ contractId, month: '2026-02', total: 103_100 }, { contractId, month: '2026-03', total: 83_100 }] }));
  expect(matched).toBe(1);
  expect(differences).toMatchObject([{ contractId, month: '2026-02', total: 103_100, expected: owed }]);
  const { lines } = differences[0]!;
  expect(lines.reduce((sum, l) => sum + l.amount, 0)).toBe(owed);
  expect(lines.map((l) => [l.subject, l.clause])).toEqual([['base', 'A11c'], [option, 'A11c'], ['base', 'A11c']]);
  // The first of the base's lines was 100,000 until the price became known: who is there has not applied the last event.
  expect(lines[0]!.events.map((e) => [e.id, e.amount])).toEqual([[events[0]!.id, 100_000], [events[2]!.id, lines[0]!.amount]]);
  expect(lines[0]!.events.at(-1)).toMatchObject({ type: 'ledger.contract.quoted.v1', sequence: events[2]!.sequence });
});

it('with the biller’s own lines it names those that differ alone', async () => {
  const { lines } = taken(await reconcile({ rows: [{ contractId, month: '2026-02', total: 0 }] })).differences[0]!;
  const mine = lines.map(({ lineId, amount }) => ({ lineId, amount }));
  expect(taken(await reconcile({ rows: [{ contractId, month: '2026-02', total: await total('2026-02'), lines: mine }] })).matched).toBe(1);
  const { differences } = taken(await reconcile({ rows: [{ contractId, month: '2026-02', total: 7, lines: [mine[0]!, { ...mine[1]!, amount: 1 }, mine[2]!] }] }));
  expect(differences[0]!.lines.map((l) => l.lineId)).toEqual([mine[1]!.lineId]);
});

it('counts what was published up to the cursor', async () => {
  const before = { cursor: cursorOf(events[1]!), rows: [{ contractId, month: '2026-02', total: 103_100 }] };
  expect(taken(await reconcile(before))).toEqual({ cursor: cursorOf(events[1]!), matched: 1, differences: [] });
  const r = await reconcile({ ...before, cursor: `0000000000000001.${randomUUID()}` });
  expect([r.status, r.body.code]).toEqual([409, 'feed-rewound']);
});

it('names a contract of which nothing was published, whatever its total', async () => {
  const unknown = randomUUID();
  expect(taken(await reconcile({ rows: [{ contractId: unknown, month: '2026-02', total: 0 }] })).differences).toEqual([{ contractId: unknown, month: '2026-02', total: 0, expected: 0, unknown: true, lines: [] }]);
});

it('refuses what is malformed, with the path', async () => {
  const row = { contractId, month: '2026-02', total: 1 };
  for (const [body, path] of [
    [{}, 'rows'],
    [{ rows: [] }, 'rows'],
    [{ rows: Array.from({ length: 1_001 }, () => row) }, 'rows'],
    [{ rows: [{ ...row, month: '2026-13' }] }, 'rows[0].month'],
    [{ rows: [{ ...row, total: 1.5 }] }, 'rows[0].total'],
    [{ rows: [{ ...row, total: '1' }] }, 'rows[0].total'],
    [{ rows: [{ ...row, contractId: 'x' }] }, 'rows[0].contractId'],
    [{ rows: [{ ...row, lines: [{ lineId: 'x', amount: 1 }] }] }, 'rows[0].lines[0].lineId'],
    [{ rows: [row, row] }, 'rows[1]'],
    [{ rows: [row], cursor: '12' }, 'cursor'],
    [{ rows: [row], what: 1 }, 'what'],
  ] as const) {
    const r = await reconcile(body);
    expect([r.status, r.body.errors.map((e) => e.path)]).toEqual([400, [path]]);
  }
});

it('takes a thousand rows, and stores nothing', async () => {
  const months = Array.from({ length: 1_000 }, (_, i) => `${2019 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`).filter((m) => m <= '2099-12');
  const before = taken(await api.get<{ head: string }>('/v1/feed/status')).head;
  const { matched, differences } = taken(await reconcile({ rows: months.map((month) => ({ contractId, month, total: 0 })) }));
  expect(matched + differences.length).toBe(months.length);
  expect(taken(await api.get<{ head: string }>('/v1/feed/status')).head).toBe(before);
});

it('a consumer is sent back to the start', async () => {
  const at = (cursor: string | null) => billing.put<object>('/v1/feed/consumers/billing-3/position', { cursor });
  taken(await at(cursorOf(events.at(-1)!)));
  expect(taken(await at(null))).toMatchObject({ name: 'billing-3', cursor: null });
  const { consumers } = taken(await api.get<{ consumers: object[] }>('/v1/feed/consumers'));
  expect(consumers).toContainEqual(expect.objectContaining({ name: 'billing-3', cursor: null, rewound: false, lag: { events: events.length, seconds: expect.any(Number) as number } }));
});

it('long polling waits for lines too', async () => {
  const started = performance.now();
  const waiting = ndjson(api, `?after=${cursorOf(events.at(-1)!)}&wait=20`);
  await sleep(400);
  taken(await api.post(`/v1/contracts/${contractId}/quotations`, { subject: 'base', kind: 'monthly', fee: fixed(70_000), effectiveOn: '2026-04-01' }));
  const { lines } = await waiting;
  expect(lines.length).toBe(1);
  expect(performance.now() - started).toBeGreaterThan(390);
  expect(performance.now() - started).toBeLessThan(15_000);
});
