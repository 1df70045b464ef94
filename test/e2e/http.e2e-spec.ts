import { randomUUID } from 'node:crypto';
import { addOptions, applied, contractBody, notice, openContract, openUnit, optionsBody, taken, UNIT } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Api, Reply } from './support/api.js';

let s: Service;
let api: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2026-01-10' });
  api = s.api;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

const isProblem = (r: Reply): void => {
  expect(r.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(r.body).toMatchObject({ type: expect.any(String), title: expect.any(String), status: r.status, detail: expect.any(String), code: expect.any(String) });
};

describe('who may call', () => {
  const ID = '00000000-0000-4000-8000-000000000000';
  const reads = [
    '/v1/contracts', `/v1/contracts/${ID}`, `/v1/contracts/${ID}/history`, '/v1/management-units', `/v1/management-units/${ID}`, '/v1/records', '/v1/renewals', '/v1/settlements',
    '/v1/charges?month=2026-01', `/v1/vendors/MOTEX/discontinuations/${ID}`, '/v1/agreement/items', '/v1/agreement/options', '/v1/agreement/clauses', '/v1/sandbox/clock',
  ];
  const commands = [
    '/v1/management-units', '/v1/contracts', `/v1/contracts/${ID}/options`, `/v1/contracts/${ID}/account-count`, `/v1/contracts/${ID}/account-count/${ID}/withdrawals`,
    `/v1/contracts/${ID}/cancellation-notices`, `/v1/contracts/${ID}/cancellation-notices/${ID}/withdrawals`, `/v1/contracts/${ID}/options/${ID}/cancellation-notices`,
    `/v1/contracts/${ID}/options/${ID}/cancellation-notices/${ID}/withdrawals`, `/v1/contracts/${ID}/terminations`, `/v1/contracts/${ID}/quotations`, `/v1/contracts/${ID}/excess-usages`,
    `/v1/contracts/${ID}/corrections`, ...['faults', 'replacements', 'returns', 'losses', 'recoveries'].map((d) => `/v1/contracts/${ID}/options/${ID}/devices/${d}`),
    '/v1/vendors/MOTEX/discontinuations', `/v1/vendors/MOTEX/discontinuations/${ID}/corrections`, '/v1/records',
  ];
  const simulations = ['cancellation', 'application', 'settlement', 'calendar'].map((x) => `/v1/simulations/${x}`);

  test('nobody without a token, or with one that is not known', async () => {
    for (const token of [null, 'cl_unknown', '', s.token.slice(0, -1)])
      for (const [method, path] of [...reads.map((p) => ['GET', p] as const), ...commands.map((p) => ['POST', p] as const), ...simulations.map((p) => ['POST', p] as const), ['PUT', '/v1/sandbox/clock'] as const, ['GET', '/v1/tokens'] as const]) {
        const r = await api.as(token).call(method, path, method === 'GET' ? undefined : {});
        expect([method, path, r.status]).toEqual([method, path, 401]);
        isProblem(r);
        expect(r.headers['www-authenticate']).toMatch(/^Bearer/);
      }
  });

  test('health needs no token', async () => {
    expect((await api.as(null).get('/health/live')).status).toBe(200);
    expect((await api.as(null).get('/health/ready')).body).toMatchObject({ status: 'ready' });
  });

  test.each([
    ['auditor', { read: true, command: false, admin: false }],
    ['billing', { read: true, command: false, admin: false }],
    ['operator', { read: true, command: true, admin: false }],
    ['admin', { read: true, command: true, admin: true }],
  ] as const)('%s: %j', async (role, may) => {
    const { token } = taken(await api.post('/v1/tokens', { subject: `a-${role}`, role }));
    const as = api.as(token);
    const let_ = async (method: string, path: string, body?: object): Promise<boolean> => {
      const r = await as.call(method, path, body);
      if (r.status === 403) isProblem(r);
      else expect([path, [200, 400, 404].includes(r.status), r.status]).toEqual([path, true, r.status]);
      return r.status !== 403;
    };
    for (const path of reads) expect([path, await let_('GET', path)]).toEqual([path, may.read]);
    for (const path of simulations) expect([path, await let_('POST', path, {})]).toEqual([path, may.read]);
    for (const path of commands) expect([path, await let_('POST', path, {})]).toEqual([path, may.command]);
    for (const [method, path] of [['GET', '/v1/tokens'], ['POST', '/v1/tokens'], ['POST', `/v1/tokens/${ID}/revocations`], ['PUT', '/v1/sandbox/clock'], ['GET', '/v1/admin/projections']] as const)
      expect([path, await let_(method, path, method === 'GET' ? undefined : {})]).toEqual([path, may.admin]);
  });

  test('a revoked token is nobody\'s', async () => {
    const { token, tokenId } = taken(await api.post('/v1/tokens', { subject: 'leaving', role: 'operator' }));
    expect((await api.as(token).get('/v1/sandbox/clock')).status).toBe(200);
    taken(await api.post(`/v1/tokens/${tokenId}/revocations`, { reason: 'left' }));
    expect((await api.as(token).get('/v1/sandbox/clock')).status).toBe(401);
  });

  test('a token is shown once, and the log holds its hash only', async () => {
    const key = randomUUID();
    const first = taken(await api.post('/v1/tokens', { subject: 'once', role: 'auditor' }, { key }));
    const again = taken(await api.post('/v1/tokens', { subject: 'once', role: 'auditor' }, { key }));
    expect(again.tokenId).toBe(first.tokenId);
    expect(again.token).toBeUndefined();
    const log = JSON.stringify(await readLog(s));
    expect(log).not.toContain(first.token);
    expect(log).not.toContain(s.token);
  });

  test('the body of nobody is not even parsed', async () => {
    expect((await api.as(null).post('/v1/contracts', undefined, { raw: '{"a":' })).status).toBe(401);
  });
});

describe('what is not a request', () => {
  test('bodies that are no JSON, no object, empty, doubled or too deep are 400', async () => {
    for (const raw of ['', '{', 'null', '[]', '5', '"x"', '{"name":"a","name":"b"}', `${'['.repeat(40)}${']'.repeat(40)}`, '{"__proto__":{}}', Buffer.from([0x7b, 0xff, 0x7d])]) {
      const r = await api.post('/v1/management-units', undefined, { raw, headers: { 'content-type': 'application/json' } });
      expect([String(raw), r.status, r.body.code]).toEqual([String(raw), 400, 'malformed-input']);
      isProblem(r);
      expect(r.body.errors.length).toBeGreaterThan(0);
    }
  });

  test('an unpaired surrogate is 400', async () => {
    const r = await api.post('/v1/management-units', undefined, { raw: String.raw`{"contractor":{"id":"K","name":"\ud800"},"name":"U"}` });
    expect([r.status, r.body.errors.map((e) => e.path)]).toEqual([400, ['contractor.name']]);
  });

  test('more than 1 MiB is 413, other media types 415', async () => {
    const big = JSON.stringify({ ...UNIT, reason: 'x'.repeat(1_048_577) });
    const large = await api.post('/v1/management-units', undefined, { raw: big });
    expect(large.status).toBe(413);
    isProblem(large);
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
      const r = await api.post('/v1/management-units', undefined, { raw: JSON.stringify(UNIT), headers: { 'content-type': type } });
      expect([type, r.status]).toEqual([type, 415]);
      isProblem(r);
    }
    expect((await api.post('/v1/management-units', UNIT, { headers: { 'content-type': 'application/json; charset=utf-8' } })).status).toBe(201);
  });

  test('unknown paths are 404, known paths with other methods 405 with what they take', async () => {
    for (const path of ['/', '/v1', '/v1/nothing', '/v2/contracts', '/v1/contracts/x/y/z']) {
      const r = await api.get(path);
      expect([path, r.status]).toEqual([path, 404]);
      isProblem(r as never);
    }
    for (const [method, path, allow] of [['DELETE', '/v1/contracts', 'POST, GET'], ['PUT', '/v1/management-units', 'POST, GET'], ['GET', '/v1/simulations/calendar', 'POST'], ['POST', '/v1/renewals', 'GET'], ['PATCH', '/v1/sandbox/clock', 'GET, PUT']] as const) {
      const r = await api.call(method, path, method === 'GET' ? undefined : {});
      expect([method, path, r.status]).toEqual([method, path, 405]);
      expect(String(r.headers['allow']).split(', ').sort()).toEqual(allow.split(', ').sort());
      isProblem(r);
    }
    expect([(await api.get('/v1/contracts/%E0%A4%A')).status, (await api.get('/v1/contracts/%00')).status]).toEqual([400, 400]);
  });

  test('ids that are none are 400, ids of nothing 404', async () => {
    const { contractId } = await openContract(api);
    const nobody = randomUUID();
    for (const id of ['x', '1', 'CAFE', `${contractId}0`]) {
      expect((await api.get<{ errors: { path: string }[] }>(`/v1/contracts/${id}`)).body.errors[0]!.path).toBe('id');
      expect((await api.post(`/v1/contracts/${id}/terminations`, { endsOn: '2026-03-01', ground: 'provider', reason: 'x' })).status).toBe(400);
      expect((await api.get(`/v1/management-units/${id}`)).status).toBe(400);
    }
    const why = { reason: 'x' };
    for (const [path, body] of [
      [`/v1/contracts/${nobody}/terminations`, { endsOn: '2026-03-01', ground: 'provider', ...why }],
      [`/v1/contracts/${contractId}/options/${nobody}/cancellation-notices`, notice('2026-01-10')],
      [`/v1/contracts/${contractId}/options/${nobody}/devices/losses`, { lostOn: '2026-01-10', charge: null }],
      [`/v1/contracts/${contractId}/account-count/${nobody}/withdrawals`, why],
      [`/v1/contracts/${contractId}/cancellation-notices/${nobody}/withdrawals`, { consentedOn: '2026-01-10', ...why }],
      [`/v1/contracts/${contractId}/corrections`, { eventId: nobody, ...why }],
      [`/v1/contracts/${contractId}/quotations`, { subject: nobody, kind: 'initial', amount: 5 }],
      [`/v1/contracts/${contractId}/excess-usages`, { detectedOn: '2026-01-10', accounts: 2, optionId: nobody }],
      ['/v1/contracts', contractBody(nobody)],
      ['/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-10', contractId: nobody, note: 'n' }],
      [`/v1/vendors/MOTEX/discontinuations/${nobody}/corrections`, why],
      ['/v1/vendors/Nobody/discontinuations', { endsOn: '2026-12-31', ...why }],
      [`/v1/tokens/${nobody}/revocations`, why],
    ] as const) {
      const r = await api.post(path, body);
      expect([path, r.status, r.body.code]).toEqual([path, 404, 'not-found']);
      isProblem(r);
    }
    for (const path of [`/v1/contracts/${nobody}`, `/v1/contracts/${nobody}/history`, `/v1/management-units/${nobody}`, `/v1/vendors/MOTEX/discontinuations/${nobody}`, `/v1/vendors/Nobody/discontinuations/${nobody}`])
      expect([path, (await api.get(path)).status]).toEqual([path, 404]);
  });

  test('unknown query parameters are refused everywhere', async () => {
    const { contractId } = await openContract(api);
    for (const path of [`/v1/contracts/${contractId}?x=1`, '/v1/contracts?page=2', `/v1/contracts/${contractId}/history?limit=0`, '/v1/contracts?limit=501', '/v1/contracts?limit=x', '/v1/renewals?from=2026-02-30', '/v1/charges', '/v1/charges?month=2026-13',
      '/v1/contracts?status=new', '/v1/contracts?item=Z', `/v1/contracts/${contractId}?asOf=2018-09-30`, `/v1/contracts/${contractId}?knownAt=2026-01-01`, '/v1/agreement/items?on=x', '/health/live?x=1', '/v1/settlements?from=2026-02-01&to=2026-01-01', '/v1/contracts?limit=5&limit=6']) {
      const r = await api.get<{ errors: object[] }>(path);
      expect([path, r.status]).toEqual([path, 400]);
      expect(r.body.errors.length).toBeGreaterThan(0);
    }
    for (const query of ['?preview=yes', '?preview', '?dryRun=true', '?preview=true&x=1']) expect([query, (await api.post(`/v1/management-units${query}`, UNIT)).status]).toEqual([query, 400]);
    expect((await api.post('/v1/simulations/calendar?preview=true', { termEndsOn: '2026-01-31' })).status).toBe(400);
  });
});

describe('what is out of bounds', () => {
  let unit: string;
  beforeAll(async () => void (unit = await openUnit(api)));
  const paths = async (path: string, body: object): Promise<string[]> => {
    const r = await api.post(path, body);
    expect([r.status, r.text.slice(0, 300)]).toEqual([400, expect.anything()]);
    isProblem(r);
    return r.body.errors.map((e) => e.path);
  };

  test('amounts, counts, dates and texts have bounds, and the bounds are allowed', async () => {
    const good = contractBody(unit, { accountCount: 1_000_000, fees: { initial: 1_000_000_000_000, monthly: { kind: 'fixed', amount: 1_000_000_000_000 } }, application: { number: '申'.repeat(200), onForm: true }, licensorTerms: { document: 'd'.repeat(2_000), agreedOn: '2018-10-01' }, billingStartsOn: '2099-12-31', acceptedOn: '2018-10-01' });
    expect((await api.post('/v1/contracts?preview=true', good)).status).toBe(200);
    const bad: [object, string][] = [
      [{ accountCount: 1_000_001 }, 'accountCount'],
      [{ accountCount: 0 }, 'accountCount'],
      [{ acceptedOn: '2018-09-30' }, 'acceptedOn'],
      [{ billingStartsOn: '2100-01-01' }, 'billingStartsOn'],
      [{ fees: { initial: 1_000_000_000_001, monthly: good.fees.monthly } }, 'fees.initial'],
      [{ fees: { initial: null, monthly: { kind: 'fixed', amount: 1_000_000_000_001 } } }, 'fees.monthly.amount'],
      [{ fees: { initial: null, monthly: { kind: 'perAccount', unit: 1_000_001 } } }, 'fees.monthly'],
      [{ fees: { initial: null, monthly: { kind: 'tiered', tiers: [{ upTo: 5, unit: 1 }] } } }, 'fees.monthly.tiers[0].upTo'],
      [{ fees: { initial: null, monthly: { kind: 'tiered', tiers: [{ upTo: 5, unit: 1 }, { upTo: 5, unit: 1 }, { unit: 1 }] } } }, 'fees.monthly.tiers[1].upTo'],
      [{ fees: { initial: null, monthly: { kind: 'free' } } }, 'fees.monthly.kind'],
      [{ application: { number: 'x'.repeat(201), onForm: true } }, 'application.number'],
      [{ application: { number: 'x\ny', onForm: true } }, 'application.number'],
      [{ application: { number: ' ', onForm: true } }, 'application.number'],
      [{ licensorTerms: { document: 'd'.repeat(2_001), agreedOn: '2018-10-01' } }, 'licensorTerms.document'],
      [{ item: 'Z' }, 'item'],
      [{ item: 'アンチウイルス:Symantec' }, 'item'],
      [{ reason: 'x'.repeat(2_001) }, 'reason'],
      [{ channel: 'x'.repeat(201) }, 'channel'],
    ];
    for (const [over, path] of bad) expect([over, await paths('/v1/contracts', { ...good, ...over })]).toEqual([over, [path]]);
  });

  test('what only the past can hold is not taken from the future, nor an arrival before its acceptance', async () => {
    const { contractId } = await openContract(api, { item: 'L', acceptedOn: '2026-01-05' });
    const { optionIds } = await addOptions(api, contractId, '2026-01-06', [applied(1), applied(2)]);
    const at = `/v1/contracts/${contractId}`;
    const devices = `${at}/options/${optionIds[1]!}/devices`;
    const bad: [string, object, string][] = [
      ['/v1/contracts', contractBody(unit, { acceptedOn: '2026-01-11' }), 'acceptedOn'],
      ['/v1/contracts', contractBody(unit, { acceptedOn: '2026-01-09', billingStartsOn: '2026-01-08' }), 'billingStartsOn'],
      [`${at}/options`, optionsBody('2026-01-11', [applied(4)]), 'acceptedOn'],
      [`${at}/options`, optionsBody('2026-01-04', [applied(4)]), 'acceptedOn'],
      [`${at}/options`, optionsBody('2026-01-08', [applied(4)], '2026-01-07'), 'billingStartsOn'],
      [`${at}/options`, optionsBody('2026-01-08', [applied(46)]), 'options[0].option'],
      [`${at}/cancellation-notices`, notice('2026-01-11'), 'arrivedOn'],
      [`${at}/cancellation-notices`, notice('2026-01-04'), 'arrivedOn'],
      [`${at}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-01-05'), 'arrivedOn'],
      [`${at}/excess-usages`, { detectedOn: '2026-01-11', accounts: 1 }, 'detectedOn'],
      [`${at}/excess-usages`, { detectedOn: '2026-01-04', accounts: 1 }, 'detectedOn'],
      [`${at}/account-count`, { accountCount: 5, effectiveOn: '2026-01-04', requestedBy: 'contractor' }, 'effectiveOn'],
      [`${at}/account-count`, { accountCount: 5, effectiveOn: '2026-02-01', requestedBy: 'provider', noticedOn: '2026-01-10' }, 'reason'],
      [`${at}/terminations`, { endsOn: '2026-01-04', ground: 'provider', reason: 'x' }, 'endsOn'],
      [`${devices}/faults`, { occurredOn: '2026-01-11', attributableToContractor: false }, 'occurredOn'],
      [`${devices}/replacements`, { arrivedOn: '2026-01-11' }, 'arrivedOn'],
      [`${devices}/returns`, { returnedOn: '2026-01-11' }, 'returnedOn'],
      [`${devices}/losses`, { lostOn: '2026-01-11', charge: null }, 'lostOn'],
      [`${devices}/losses`, { lostOn: '2026-01-05', charge: null }, 'lostOn'],
      [`${devices}/recoveries`, { foundOn: '2026-01-11' }, 'foundOn'],
      ['/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-11', note: 'n' }, 'occurredOn'],
    ];
    for (const [path, body, want] of bad) expect([path, body, await paths(path, body)]).toEqual([path, body, [want]]);
  });

  test('quantities must be those of the option (SPEC 2.2)', async () => {
    const { contractId } = await openContract(api, { item: 'L', accountCount: 20, acceptedOn: '2026-01-05' });
    const path = `/v1/contracts/${contractId}/options`;
    const monthly = { monthly: { kind: 'fixed', amount: 5 } as const };
    const bad: [Parameters<typeof optionsBody>[1][number], string][] = [
      [{ option: 31, fees: monthly }, 'options[0].accountCount'],
      [{ option: 33, accountCount: 3, fees: monthly }, 'options[0].accountCount'],
      [{ option: 4, accountCount: 3, fees: monthly }, 'options[0].accountCount'],
      [{ option: 4, units: 1, fees: monthly }, 'options[0].units'],
      [{ option: 13, units: 1, fees: monthly }, 'options[0].units'],
      [{ option: 31, accountCount: 5, units: 1, fees: monthly }, 'options[0].units'],
      [{ option: 31, accountCount: 5, fees: {} }, 'options[0].fees.monthly'],
      [{ option: 4, fees: { monthly: { kind: 'perAccount', unit: 5 } } }, 'options[0].fees.monthly.kind'],
      [{ option: 33, units: 1_001, fees: monthly }, 'options[0].units'],
      [{ option: 31, accountCount: 5, fees: { monthly: null as never } }, 'options[0].fees.monthly'],
    ];
    for (const [option, want] of bad) expect([option, await paths(path, optionsBody('2026-01-06', [option]))]).toEqual([option, [want]]);
    for (const option of [applied(13, { accountCount: 20 }), applied(31, { accountCount: 500, fees: { monthly: { kind: 'perAccount', unit: 5 } } }), applied(33, { units: 4 }), applied(5, { fees: { initial: null } }), applied(11)])
      expect([option, (await api.post(`${path}?preview=true`, optionsBody('2026-01-06', [option]))).status]).toEqual([option, 200]);
  });
});

test('titles and details speak Japanese or English, English where neither is asked for', async () => {
  const said = async (language: string): Promise<string> => (await api.get<{ title: string }>(`/v1/contracts/${randomUUID()}`, { headers: { 'accept-language': language } })).body.title;
  expect(await said('ja')).toMatch(/[ぁ-ん一-龠]/);
  expect(await said('ja-JP,ja;q=0.9,en;q=0.8')).toMatch(/[ぁ-ん一-龠]/);
  expect(await said('en-GB;q=0.9,ja;q=0.3')).toBe('Not found');
  expect(await said('fr')).toBe('Not found');
  expect(await said('*')).toBe('Not found');
});
