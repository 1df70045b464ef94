/** The documentation of the running service: a description of every call, and an example that works when it is sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addOptions, applied, contractBody, notice, openUnit, taken, UNIT } from './support/lives.js';
import { cursorOf, listen, type Page } from './support/feed.js';
import { Receiver } from './support/receiver.js';
import { endServices, Service } from './support/service.js';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly examples: { readonly [name: string]: { readonly value: object } } } } };
}

afterAll(endServices, 60_000);

test('every call has an example, and every example works', async () => {
  // A receiver that takes nothing, so that a lane is parked.
  const receiver = await Receiver.start();
  receiver.answer = () => 500;
  const s = await Service.start({ today: '2026-02-28', env: { LEDGER_FOUR_EYES: 'true', LEDGER_WEBHOOK_ALLOW: `127.0.0.1:${receiver.port}`, LEDGER_WEBHOOK_RETRY_SECONDS: '0' } });
  const { api } = s;
  const page = await api.as(null).get('/docs');
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const { paths } = taken(await api.as(null).get<{ paths: { [path: string]: { [method: string]: Operation } } }>('/docs-json'));

  const unit = await openUnit(api);
  const opened = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'X', acceptedOn: '2026-01-05', billingStartsOn: '2026-02-01' })));
  const at = `/v1/contracts/${opened.contractId}`;
  const added = await addOptions(api, opened.contractId, '2026-01-06', [applied(1), applied(2), applied(30)], '2026-02-01');
  const devices = added.optionIds[1]!;
  taken(await api.post(`${at}/options/${devices}/devices/faults`, { occurredOn: '2026-02-05', attributableToContractor: false }));
  taken(await api.post(`${at}/options/${devices}/devices/losses`, { lostOn: '2026-02-06', charge: 5 }));
  const change = taken(await api.post(`${at}/account-count`, { accountCount: 90, effectiveOn: '2026-08-01', requestedBy: 'contractor' }));
  // What is withdrawn or corrected, on a contract that ends by it.
  const ending = taken(await api.post('/v1/contracts', contractBody(await openUnit(api), { item: 'X', acceptedOn: '2026-01-05' })));
  const ends = await addOptions(api, ending.contractId, '2026-01-06', [applied(30)]);
  const notified = taken(await api.post(`/v1/contracts/${ending.contractId}/cancellation-notices`, notice('2026-02-10', '2026-12-31')));
  const stopped = taken(await api.post(`/v1/contracts/${ending.contractId}/options/${ends.optionIds[0]!}/cancellation-notices`, notice('2026-02-10', '2026-06-30')));
  const vendor = taken(await api.post('/v1/vendors/LayerX/discontinuations', { endsOn: '2027-12-31', reason: 'ends' }));
  const token = taken(await api.post('/v1/tokens', { subject: 'for-the-docs', role: 'auditor' }));
  // What waits for a second pair of eyes, asked for by somebody else.
  const clerk = api.as(taken(await api.post('/v1/tokens', { subject: 'clerk', role: 'operator' })).token);
  const waiting = await clerk.post(`/v1/contracts/${ending.contractId}/cancellation-notices/${notified.noticeId}/withdrawals`, { consentedOn: '2026-02-11', reason: 'the contractor stays' });
  await openUnit(api, { contractor: { id: 'K-none', name: '契約なし' }, name: '空' });

  const webhook = taken(await api.post('/v1/webhooks', { url: receiver.url, fromSequence: '0000000000000000' }));
  const isParked = async (): Promise<boolean> => {
    const { delivery } = taken(await api.get<{ delivery: { lanes: { contractId: string; status: string }[] } | null }>(`/v1/webhooks/${webhook.webhookId}`));
    return delivery?.lanes.some((l) => l.contractId === opened.contractId && l.status === 'parked') ?? false;
  };
  while (!(await isParked())) await sleep(50);

  const projection = taken(await api.get<{ projections: { projection: string; name: string }[] }>('/v1/admin/projections')).projections[0]!.name;

  const first = taken(await api.get<Page>('/v1/feed?limit=1&wait=30')).events[0]!;
  const cursor = cursorOf(first);

  const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
  const ids = (path: string): { [name: string]: string } => {
    const withdrawn = path.endsWith('withdrawals') && !path.includes('account-count');
    const id = withdrawn || path.endsWith('corrections') ? ending.contractId : path.startsWith('/v1/management-units') ? unit : path.startsWith('/v1/webhooks') ? webhook.webhookId : opened.contractId;
    return {
      id,
      contractId: opened.contractId,
      optionId: withdrawn ? ends.optionIds[0]! : path.includes('/devices/') ? devices : added.optionIds[2]!,
      noticeId: path.includes('/options/') ? stopped.noticeId : notified.noticeId,
      changeId: change.changeId,
      vendor: 'LayerX',
      discontinuationId: vendor.discontinuationId,
      tokenId: token.tokenId,
      approvalId: waiting.body.approvalId,
      contractor: 'K-none',
      projection,
      name: path.includes('/schemas/') ? 'ledger.envelope.v1' : 'billing',
    };
  };
  const place: { readonly [name: string]: string } = { managementUnitId: await openUnit(api), eventId: notified.events[0]!.id, contractId: opened.contractId, optionId: devices, cursor };
  const filled = (body: object): object => JSON.parse(JSON.stringify(body, (k, v: unknown) => (typeof v === 'string' && UUID.test(v) ? (place[k] ?? v) : v))) as object;

  /** Reads that ask for something. */
  const asked = (path: string): string | undefined =>
    ({
      '/v1/charges': '?month=2026-02',
      '/v1/audit/access-review': '?from=2026-01-01&to=2026-03-31',
      '/v1/audit/proofs': `?eventId=${place['eventId']}`,
      '/v1/audit/proofs/consistency': '?from=1',
      '/v1/audit/silence': `?contractId=${place['contractId']}&term=1`,
    })[path];

  const failed: string[] = [];
  let sent = 0;
  let reads = 0;
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const at_ = path.replace(/\{(\w+)\}/g, (_, name: string) => ids(path)[name] ?? `no ${name}`);
      if (path.endsWith('/stream')) {
        reads++;
        const { blocks, ended } = listen(api, {}, (b) => b.length > 0);
        await ended;
        if (!blocks[0]?.data) failed.push(`GET ${at_} said nothing`);
        continue;
      }
      if (method === 'get') {
        reads++;
        const needed = (operation.parameters ?? []).filter((p) => p.in === 'query' && p.required).map((p) => p.name);
        const r = await api.get(`${at_}${asked(path) ?? (needed.length === 0 ? '' : `?no=${needed.join()}`)}`);
        if (r.status !== 200) failed.push(`GET ${at_} -> ${r.status}`);
        continue;
      }
      const example = Object.values(operation.requestBody?.content['application/json'].examples ?? {})[0];
      // Only a removal needs no body.
      if (!example && method !== 'delete') {
        failed.push(`${method} ${path} has no example`);
        continue;
      }
      sent++;
      const preview = (operation.parameters ?? []).some((p) => p.name === 'preview');
      const r = await api.call(method.toUpperCase(), `${at_}${preview ? '?preview=true' : ''}`, example && filled(example.value));
      if (![200, 201, 202].includes(r.status)) failed.push(`${method} ${at_} ${JSON.stringify(example && filled(example.value))} -> ${r.status} ${r.text.slice(0, 300)}`);
    }
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(27);
  expect(reads).toBeGreaterThan(15);
  expect((await api.post('/v1/management-units', UNIT)).status).toBe(201);
  expect(s.complaints()).toEqual([]);
  await s.end();
}, 90_000);
