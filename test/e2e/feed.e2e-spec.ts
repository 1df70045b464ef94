/** The billing feed over HTTP: the same bytes at every door, in order, from any place, across restarts. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cursorOf, faultsOf, listen, ndjson, pullAll, rootOf, type Page, type Published } from './support/feed.js';
import { addOptions, applied, fixed, moveTo, notice, openContract, taken } from './support/lives.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

afterAll(endServices, 60_000);

/** Waits until as many events are published as the contracts' histories make of themselves, i.e. until nothing more comes. */
async function settled(api: Api): Promise<string> {
  for (let before = ''; ; await sleep(150)) {
    const { head, state } = taken(await api.get<{ head: string | null; state: string }>('/v1/feed/status'));
    if (head !== null && head === before && state === 'live') return head;
    before = head ?? '';
  }
}
const parse = (texts: readonly string[]): Published[] => texts.map((t) => JSON.parse(t) as Published);

describe('the feed', () => {
  let s: Service;
  let api: Api;
  const contracts: string[] = [];
  beforeAll(async () => {
    s = await Service.start({ today: '2026-01-05' });
    api = s.api;
    for (let i = 0; i < 6; i++) {
      const { contractId } = await openContract(api, { acceptedOn: '2026-01-05', item: 'X' });
      contracts.push(contractId);
      await addOptions(api, contractId, '2026-01-05', [applied(15), applied(30)]);
      taken(await api.post(`/v1/contracts/${contractId}/account-count`, { accountCount: 120 + i, effectiveOn: '2026-03-01', requestedBy: 'contractor', fees: { monthly: fixed(90_000 + i) } }));
    }
    taken(await api.post(`/v1/contracts/${contracts[0]}/cancellation-notices`, notice('2026-01-05', '2026-09-30')));
    await moveTo(api, '2027-03-01');
    await settled(api);
  }, 60_000);

  it('is complete and in order, and the same bytes at every door', async () => {
    const pulled = await pullAll(api, 7);
    expect(pulled.length).toBeGreaterThan(24);
    expect(faultsOf(pulled)).toEqual([]);
    expect(new Set(parse(pulled).map((e) => e.subject))).toEqual(new Set(contracts));
    expect((await ndjson(api)).lines).toEqual(pulled);
    const { blocks, ended } = listen(api, {}, (b) => b.length >= pulled.length);
    await ended;
    expect(blocks.map((b) => b.data)).toEqual(pulled);
    expect(blocks.map((b) => [b.id, b.event])).toEqual(parse(pulled).map((e) => [cursorOf(e), e.type]));
  });

  it('says the money that the ledger charges', async () => {
    const types = parse(await pullAll(api)).map((e) => e.type);
    expect(types).toEqual(expect.arrayContaining(['ledger.contract.contracted.v1', 'ledger.contract.option-added.v1', 'ledger.contract.cancellation-notified.v1', 'ledger.contract.ended.v1', 'ledger.contract.settlement-assessed.v1', 'ledger.contract.renewed.v1']));
  });

  it('goes on from any place, at each door', async () => {
    const pulled = await pullAll(api);
    const at = cursorOf(parse(pulled)[9]!);
    expect(await pullAll(api, 500, at)).toEqual(pulled.slice(10));
    const lines = await ndjson(api, `?after=${at}&limit=5`);
    expect(lines.lines).toEqual(pulled.slice(10, 15));
    expect(lines.next).toBe(cursorOf(parse(pulled)[14]!));
    for (const from of [{ after: at }, { lastEventId: at, after: cursorOf(parse(pulled)[0]!) }]) {
      const heard = listen(api, from, (b) => b.length >= 3);
      await heard.ended;
      expect(heard.blocks[0]!.data).toBe(pulled[10]);
    }
  });

  it('lets a full page be kept for ever, and no other', async () => {
    const full = await api.get<Page>('/v1/feed?limit=5');
    expect(full.headers['cache-control']).toBe('private, max-age=31536000, immutable');
    expect((await api.get<Page>('/v1/feed?limit=5')).text).toBe(full.text);
    expect(full.body.nextCursor).toBe(cursorOf(full.body.events[4]!));
    const head = await settled(api);
    const none = await api.get<Page>(`/v1/feed?after=${head}`);
    expect([none.body, none.headers['cache-control']]).toEqual([{ events: [], nextCursor: head }, 'no-store']);
  });

  it('filters by contract and by type without losing the place', async () => {
    const all = parse(await pullAll(api));
    const own = taken(await api.get<Page>(`/v1/feed?contractId=${contracts[2]}&limit=1000`));
    expect(own.events).toEqual(all.filter((e) => e.subject === contracts[2]));
    expect(own.nextCursor).toBe(cursorOf(all.at(-1)!));
    const two: Published[] = [];
    for (let cursor = ''; ; ) {
      const page = taken(await api.get<Page>(`/v1/feed?limit=2&contractId=${contracts[2]}${cursor && `&after=${cursor}`}`));
      if (page.events.length === 0) break;
      two.push(...page.events);
      cursor = page.nextCursor!;
    }
    expect(two).toEqual(own.events);
    const types = 'ledger.contract.renewed.v1,ledger.contract.ended.v1';
    const some = taken(await api.get<Page>(`/v1/feed?types=${types}&limit=1000`));
    expect(some.events).toEqual(all.filter((e) => types.split(',').includes(e.type)));
    expect(some.nextCursor).toBe(cursorOf(all.at(-1)!));
    expect((await ndjson(api, `?types=${types}`)).lines.map((l) => JSON.parse(l) as object)).toEqual(some.events);
    // previousid is the predecessor in the whole feed, whatever is filtered.
    for (const e of own.events.slice(1)) expect(e.previousid).toBe(all.filter((x) => x.subject === e.subject)[e.contractsequence - 1]!.id);
  });

  it('waits for an event where it is asked to', async () => {
    const head = await settled(api);
    const started = performance.now();
    expect(taken(await api.get<Page>(`/v1/feed?after=${head}&wait=1`)).events).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(900);
    const coming = api.get<Page>(`/v1/feed?after=${head}&wait=30`);
    const { contractId } = await openContract(api, { acceptedOn: '2027-03-01' });
    contracts.push(contractId);
    expect(taken(await coming).events.map((e) => [e.type, e.subject])).toEqual([['ledger.contract.contracted.v1', contractId]]);
  });

  it('gives digests that anyone can compute, of all and of one contract', async () => {
    const pulled = await pullAll(api);
    for (const size of [0, 1, 2, 3, 7, 8, 13, pulled.length]) expect(taken(await api.get(`/v1/feed/digests?size=${size}`))).toEqual({ size, root: rootOf(pulled.slice(0, size)) });
    expect(taken(await api.get('/v1/feed/digests'))).toEqual({ size: pulled.length, root: rootOf(pulled) });
    const own = pulled.filter((_, i) => parse(pulled)[i]!.subject === contracts[1]);
    expect(taken(await api.get(`/v1/feed/digests?contractId=${contracts[1]}`))).toEqual({ size: own.length, root: rootOf(own) });
    expect(taken(await api.get(`/v1/feed/digests?contractId=${contracts[1]}&size=2`))).toEqual({ size: 2, root: rootOf(own.slice(0, 2)) });
    const more = await api.get<{ errors: { path: string }[] }>(`/v1/feed/digests?size=${pulled.length + 1}`);
    expect([more.status, more.body.errors.map((e) => e.path)]).toEqual([400, ['size']]);
    // A planted fault: one byte, one event missing, two in another order.
    const [first, second, ...rest] = pulled as [string, string, ...string[]];
    for (const wrong of [[first.replace('"of"', '"oF"').replace('1.0', '1.1'), second, ...rest], [second, ...rest], [second, first, ...rest]]) expect(rootOf(wrong)).not.toBe(rootOf(pulled));
  });

  it('refuses a cursor that it does not hold, at each door', async () => {
    const head = await settled(api);
    const [sequence, id] = head.split('.') as [string, string];
    const beyond = `${String(Number(sequence) + 1).padStart(16, '0')}.${id}`;
    const other = `${sequence}.${randomUUID()}`;
    for (const cursor of [beyond, other]) {
      for (const path of [`/v1/feed?after=${cursor}`, `/v1/feed?after=${cursor}&contractId=${contracts[0]}`, `/v1/feed/stream?after=${cursor}`]) {
        const r = await api.get<{ code: string; facts: object }>(path);
        expect([path, r.status, r.body.code, r.body.facts]).toEqual([path, 409, 'feed-rewound', { asked: cursor, head }]);
      }
      const bulk = await api.get<{ code: string }>(`/v1/feed?after=${cursor}`, { headers: { accept: 'application/x-ndjson' } });
      expect([bulk.status, bulk.body.code]).toEqual([409, 'feed-rewound']);
      const r = await api.put<{ code: string }>('/v1/feed/consumers/billing/position', { cursor });
      expect([r.status, r.body.code]).toEqual([409, 'feed-rewound']);
    }
  });

  it('refuses what is malformed, with the path', async () => {
    const bad = async (path: string, headers: { readonly [name: string]: string } = {}): Promise<unknown> => {
      const r = await api.get<{ errors: { path: string }[] }>(path, { headers });
      return [r.status, r.body.errors?.map((e) => e.path)];
    };
    for (const [query, path] of [['after=12', 'after'], ['after=0000000000000001.x', 'after'], ['limit=0', 'limit'], ['limit=1001', 'limit'], ['limit=ten', 'limit'], ['wait=61', 'wait'], ['wait=-1', 'wait'], ['types=nothing.v1', 'types'], ['types=', 'types'], ['contractId=1', 'contractId'], ['what=1', 'what']])
      expect(await bad(`/v1/feed?${query}`)).toEqual([400, [path]]);
    expect(await bad('/v1/feed/stream?after=x')).toEqual([400, ['after']]);
    expect(await bad('/v1/feed/stream', { 'last-event-id': 'x' })).toEqual([400, ['Last-Event-ID']]);
    expect(await bad('/v1/feed/digests?size=-1')).toEqual([400, ['size']]);
    expect((await api.get('/v1/feed/schemas/nothing')).status).toBe(404);
    expect((await api.put('/v1/feed/consumers/a%20b/position', { cursor: await settled(api) })).status).toBe(400);
    expect((await api.put('/v1/feed/consumers/billing/position', { cursor: 3 })).status).toBe(400);
  });

  it('keeps how far a consumer is, and says how far behind', async () => {
    const all = parse(await pullAll(api));
    const cursor = cursorOf(all[4]!);
    expect(taken(await api.put<object>('/v1/feed/consumers/billing-2/position', { cursor }))).toMatchObject({ name: 'billing-2', cursor });
    const seen = (): Promise<{ name: string; cursor: string; rewound: boolean; lag: { events: number; seconds: number } }[]> =>
      api.get<{ consumers: { name: string; cursor: string; rewound: boolean; lag: { events: number; seconds: number } }[] }>('/v1/feed/consumers').then((r) => taken(r).consumers);
    expect(await seen()).toEqual([expect.objectContaining({ name: 'billing-2', cursor, rewound: false, lag: { events: all.length - 5, seconds: expect.any(Number) } })]);
    taken(await api.put('/v1/feed/consumers/billing-2/position', { cursor: cursorOf(all.at(-1)!) }));
    expect((await seen())[0]!.lag).toEqual({ events: 0, seconds: 0 });
  });

  it('describes itself', async () => {
    const { schemas } = taken(await api.get<{ schemas: { title: string; $id: string }[] }>('/v1/feed/schemas'));
    expect(schemas.map((x) => x.title)).toEqual(expect.arrayContaining(parse(await pullAll(api)).map((e) => e.type)));
    const one = schemas.find((x) => x.title === 'ledger.contract.ended.v1')!;
    expect(taken(await api.get(`/v1/feed/schemas/${one.title}`))).toEqual(one);
    expect(taken(await api.get<{ asyncapi: string }>('/v1/feed/asyncapi')).asyncapi).toBe('3.0.0');
  });

  it('ends the stream of a token that is revoked, and of no other', async () => {
    const { token, tokenId } = taken(await api.post('/v1/tokens', { subject: 'biller', role: 'billing' }));
    const head = await settled(api);
    const theirs = listen(api.as(token), { after: head });
    const mine = listen(api, { after: head });
    await sleep(300);
    taken(await api.post(`/v1/tokens/${tokenId}/revocations`, { reason: 'left' }));
    expect(await Promise.race([theirs.ended, sleep(5_000, 'open')])).toBe(200);
    await openContract(api, { acceptedOn: '2027-03-01' });
    for (const until = Date.now() + 5_000; mine.blocks.length === 0 && Date.now() < until; ) await sleep(20);
    expect(mine.blocks.map((b) => b.event)).toEqual(['ledger.contract.contracted.v1']);
    expect(theirs.blocks).toEqual([]);
    mine.close();
    await mine.ended;
  });

  it('is the same after a restart, by kill -9 and by SIGTERM with streams open', async () => {
    const before = await pullAll(api);
    await s.kill();
    await s.launch();
    await settled(s.api);
    expect(await pullAll(s.api)).toEqual(before);
    const open = listen(s.api);
    const waiting = s.api.get<Page>(`/v1/feed?after=${await settled(s.api)}&wait=60`).catch(() => null);
    await sleep(200);
    expect(await s.stop()).toBe(0);
    await Promise.all([open.ended, waiting]);
    await s.launch();
    api = s.api;
    await settled(api);
    expect(await pullAll(api)).toEqual(before);
    expect(s.complaints()).toEqual([]);
  }, 60_000);
});
