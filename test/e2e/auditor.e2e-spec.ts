/** What auditors see of other times, and what is seen of auditors. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestIssuer } from '../../apps/ledger/src/testing/issuer.js';
import { addOptions, applied, contractBody, fixed, moveTo, notice, openContract, openUnit, taken } from './support/lives.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

type Row = { readonly [name: string]: unknown };
type List = { readonly [name: string]: readonly Row[] } & { readonly knownAtPosition?: string; readonly total?: number };

let s: Service;
let auditor: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2026-01-05' });
  auditor = s.api.as(taken(await s.api.post('/v1/tokens', { subject: 'auditor-1', role: 'auditor', reason: 'the yearly audit', label: 'Audit 2026' })).token);
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

const readsOf = async (query = '') => taken(await s.api.get<{ reads: Row[] }>(`/v1/audit/reads${query}`)).reads;

describe('another time', () => {
  let id: string;
  /** Places in the log, and instants, after each thing that became known. */
  const known: { position: string; instant: string }[] = [];
  const note = async (position: string): Promise<void> => {
    await sleep(5);
    known.push({ position, instant: new Date().toISOString() });
    await sleep(5);
  };

  beforeAll(async () => {
    const opened = await openContract(s.api, { item: 'X', acceptedOn: '2026-01-05', billingStartsOn: '2026-02-01', fees: { initial: 5_000, monthly: fixed(100_000) } });
    id = opened.contractId;
    await note(opened.position);
    await note((await addOptions(s.api, id, '2026-01-05', [applied(15)], '2026-02-01')).position);
    await note(taken(await s.api.post(`/v1/contracts/${id}/cancellation-notices`, notice('2026-01-05', '2026-06-30'))).position);
  }, 60_000);

  const at = async (path: string, n: number, by: 'position' | 'instant', more = ''): Promise<List> => {
    const { position, instant } = known[n]!;
    return taken(await s.api.get<List>(`${path}${path.includes('?') ? '&' : '?'}${by === 'position' ? `knownAtPosition=${position}` : `knownAt=${instant}`}${more}`));
  };

  it.each(['position', 'instant'] as const)('lists say what was known, by %s', async (by) => {
    for (let n = 0; n < 3; n++) {
      const contracts = await at('/v1/contracts', n, by);
      expect(contracts['contracts']!.map((c) => [c['id'], c['end'] === null, (c['options'] as unknown[]).length])).toEqual([[id, n < 2, n < 1 ? 0 : 1]]);
      // By the instant the unit may have followed.
      expect(contracts.knownAtPosition).toEqual(by === 'position' ? known[n]!.position : expect.any(String));

      const renewals = await at('/v1/renewals', n, by);
      expect(renewals['renewals']!.filter((r) => r['subject'] === 'base').map((r) => r['renews'])).toEqual([n < 2]);

      const settlements = await at('/v1/settlements', n, by);
      expect(settlements['settlements']!.map((x) => [x['status'], x['dueOn']])).toEqual([n < 2 ? ['if-ended-today', '2026-01-05'] : ['fixed', '2026-06-30']]);

      const charges = await at('/v1/charges?month=2026-07', n, by);
      expect(charges['charges']!.map((c) => c['kind'])).toEqual(n === 0 ? ['monthly'] : n === 1 ? ['monthly', 'monthly'] : []);
      expect(charges.total).toBe([100_000, 101_000, 0][n]);
    }
  });

  it('nothing was known before the first event of a contract', async () => {
    const before = new Date(Date.parse(known[0]!.instant) - 3_600_000).toISOString();
    for (const [path, list] of [['/v1/contracts', 'contracts'], ['/v1/renewals', 'renewals'], ['/v1/settlements', 'settlements'], ['/v1/charges?month=2026-02', 'charges']] as const) {
      const answer = taken(await s.api.get<List>(`${path}${path.includes('?') ? '&' : '?'}knownAt=${before}`));
      expect([path, answer[list], answer.knownAtPosition]).toEqual([path, [], null]);
    }
    expect((await s.api.get(`/v1/contracts/${id}?knownAt=${before}`)).status).toBe(404);
  });

  it('a day and a time of knowledge are asked for together', async () => {
    const one = taken(await s.api.get<Row>(`/v1/contracts/${id}?asOf=2026-07-01&knownAtPosition=${known[1]!.position}`));
    expect([one['status'], one['end'], one['knownAtPosition']]).toEqual(['active', null, known[1]!.position]);
    expect((await at('/v1/contracts?status=ended', 2, 'position', '&asOf=2026-07-01'))['contracts']!.length).toBe(1);
    expect((await at('/v1/contracts?status=ended', 1, 'position', '&asOf=2026-07-01'))['contracts']).toEqual([]);
    expect((await at('/v1/settlements', 2, 'position', '&asOf=2026-07-01'))['settlements']!.map((x) => x['status'])).toEqual(['assessed']);
    expect((await at('/v1/renewals', 0, 'instant', '&asOf=2027-03-01'))['renewals']!.map((r) => [r['index'], r['endsOn']])).toEqual([[2, '2028-01-31']]);
    expect((await at('/v1/charges?month=2026-02', 1, 'position', '&asOf=2026-01-31'))['charges']).toEqual([]);
  });

  it('what is known now is said when nothing else is asked for, and two ways of saying a time are one too many', async () => {
    expect(taken(await s.api.get<List>('/v1/contracts')).knownAtPosition).toBeUndefined();
    for (const path of ['/v1/contracts', `/v1/contracts/${id}`, '/v1/renewals', '/v1/settlements', '/v1/charges?month=2026-02']) {
      const r = await s.api.get<{ errors: { path: string }[] }>(`${path}${path.includes('?') ? '&' : '?'}knownAt=2026-01-01T00:00:00Z&knownAtPosition=5`);
      expect([path, r.status, r.body.errors.map((e) => e.path)]).toEqual([path, 400, ['knownAtPosition']]);
      expect((await s.api.get(`${path}${path.includes('?') ? '&' : '?'}knownAtPosition=x`)).status).toBe(400);
    }
  });

  it('stays what it was when the read models are built anew, and when the clock has moved on', async () => {
    const paths = ['/v1/contracts', '/v1/renewals?asOf=2026-01-05', '/v1/settlements?asOf=2026-01-05', '/v1/charges?month=2026-07'];
    // Of a known instant the position may move on: what is published later bears the time of what it tells.
    const stays = async (answer: ReturnType<typeof at>) => ({ ...(await answer), knownAtPosition: null });
    const all = () => Promise.all(paths.flatMap((path) => [0, 1, 2].map((n) => stays(at(`${path}${path.includes('?') ? '&' : '?'}limit=500`, n, 'instant', path.includes('asOf') ? '' : '&asOf=2026-01-05')))));
    const before = await all();
    await moveTo(s.api, '2026-08-01');
    expect(await all()).toEqual(before);
    expect((await s.api.post('/v1/admin/projections/contracts/rebuilds', {})).status).toBe(202);
    for (;;) {
      const { projections } = taken(await s.api.get<{ projections: { name: string; generation: number; state: string }[] }>('/v1/admin/projections'));
      if (projections.find((p) => p.name === 'contracts')!.generation > 1) break;
      await sleep(50);
    }
    expect(await all()).toEqual(before);
  }, 60_000);
});

describe('an auditor', () => {
  it('leaves a trace in the log of what was looked at, before the answer is given', async () => {
    const before = (await readsOf('?subject=auditor-1')).length;
    const unit = await openUnit(s.api);
    const { contractId } = taken(await s.api.post('/v1/contracts', contractBody(unit, { acceptedOn: '2026-01-05' })));
    taken(await auditor.get(`/v1/contracts/${contractId}?asOf=2026-01-06`));
    taken(await auditor.get('/v1/contracts?limit=2'));
    taken(await auditor.get('/v1/agreement/items'));
    expect((await auditor.get('/v1/contracts/6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3')).status).toBe(404);
    taken(await s.api.get(`/v1/contracts/${contractId}`));
    const reads = await readsOf('?subject=auditor-1');
    expect(reads.length).toBe(before + 3);
    expect(reads.slice(0, 3)).toMatchObject([
      { type: 'AuditorRead', subject: 'auditor-1', role: 'auditor', route: 'GET /v1/contracts/:id', parameters: { id: '6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3' }, status: 404, rows: 0 },
      { route: 'GET /v1/contracts', parameters: { limit: '2' }, status: 200, rows: 2 },
      { route: 'GET /v1/contracts/:id', parameters: { id: contractId, asOf: '2026-01-06' }, status: 200, rows: 1 },
    ]);
    expect(await readsOf(`?contractId=${contractId}`)).toMatchObject([{ subject: 'auditor-1' }]);
  });

  it('is recorded many times at once, each read once', async () => {
    const before = (await readsOf('?subject=auditor-1&limit=500')).length;
    const answers = await Promise.all(Array.from({ length: 60 }, () => auditor.get('/v1/management-units?limit=1')));
    expect(answers.every((r) => r.status === 200)).toBe(true);
    const reads = await readsOf('?subject=auditor-1&limit=500');
    expect(reads.length).toBe(before + 60);
    expect(new Set(reads.map((r) => r['requestId'])).size).toBe(before + 60);
  });

  it('may see who had access and who used it, and that is recorded as an export', async () => {
    const review = taken(await auditor.get<{ grants: Row[]; actors: Row[]; notice: string }>('/v1/audit/access-review?from=2020-01-01&to=2099-12-31'));
    expect(review.grants).toContainEqual(expect.objectContaining({ subject: 'auditor-1', role: 'auditor', state: 'in-force', issuedBy: 'admin', issueReason: 'the yearly audit', label: 'Audit 2026', revokedAt: null }));
    expect(review.grants.find((g) => g['subject'] === 'admin')).toMatchObject({ issuedBy: 'ledger', role: 'admin' });
    expect(review.actors).toContainEqual(expect.objectContaining({ subject: 'auditor-1', role: 'auditor', by: 'token', days: 1 }));
    expect(review.actors).toContainEqual(expect.objectContaining({ subject: 'ledger', by: 'service' }));
    expect(JSON.stringify(review)).not.toMatch(/"hash"|cl_/);
    expect((await readsOf('?limit=1'))[0]).toMatchObject({ type: 'Exported', subject: 'auditor-1', parameters: { from: '2020-01-01', to: '2099-12-31' } });
    expect((await auditor.get('/v1/audit/access-review?from=2026-01-01')).status).toBe(400);
    expect((await auditor.get('/v1/audit/access-review?from=2026-01-02&to=2026-01-01')).status).toBe(400);
  });
});

test('no secret is in the log of the service, at its most talkative', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'said-'));
  const issuer = await TestIssuer.start();
  const file = join(folder, 'output');
  process.env['E2E_LOG'] = file;
  const talking = await Service.start({ store: 'embedded', env: { LEDGER_LOG_LEVEL: 'trace', LEDGER_OIDC_ISSUER: issuer.url, LEDGER_OIDC_AUDIENCE: 'ledger' } }).finally(() => delete process.env['E2E_LOG']);
  const { api } = talking;
  const secrets: string[] = [talking.token];
  const jwt = await issuer.token();
  const expired = await issuer.token({ claims: { exp: 1 } });
  const unknown = `cl_${randomBytes(32).toString('base64url')}`;
  const inBody = `whsec_${randomBytes(24).toString('base64')}`;
  const inQuery = randomBytes(16).toString('hex');
  secrets.push(unknown, inBody, inQuery, ...jwt.split('.').slice(1), ...expired.split('.').slice(1));
  const issued = taken(await api.post('/v1/tokens', { subject: 'somebody', role: 'operator' })).token;
  secrets.push(issued);
  for (const token of [issued, unknown, jwt, expired, `${jwt}x`]) {
    const bearer = api.as(token);
    await bearer.get('/v1/contracts');
    await bearer.get(`/v1/contracts?secret=${inQuery}`);
    await bearer.get(`/v1/contracts/${inQuery}`);
    await bearer.get(`/nothing/${inQuery}`);
    await bearer.post('/v1/management-units', { contractor: { id: 'K', name: 'N' }, name: 'U', secret: inBody });
    await bearer.post('/v1/webhooks', { url: 'https://receiver.example/hook', secret: inBody, secrets: [inBody] });
    await bearer.post('/v1/contracts', undefined, { raw: `{"secret":"${inBody}"`, headers: { 'content-type': 'application/json' } });
    bearer.close();
  }
  // Out of reach, it says so; not whose token it could not judge.
  issuer.trouble = { status: 500 };
  const rotated = await issuer.addKey();
  const late = await issuer.token({ key: rotated });
  secrets.push(...late.split('.').slice(1));
  await api.as(late).get('/v1/contracts');
  await talking.stop();
  await issuer.close();
  const said = readFileSync(file, 'utf8');
  expect(said.split('\n').length).toBeGreaterThan(30);
  expect(said).toContain('"msg":"request"');
  for (const secret of secrets) expect([secret.slice(0, 12), said.includes(secret)]).toEqual([secret.slice(0, 12), false]);
  // Nor in what the service keeps, but where the administrator's own is handed over.
  const kept = readdirSync(talking.data).filter((name) => name !== 'admin-token' && /\.(sqlite|sqlite-wal|json)$/.test(name));
  expect(kept.length).toBeGreaterThan(3);
  for (const name of kept) {
    const bytes = readFileSync(join(talking.data, name)).toString('latin1');
    for (const secret of secrets) expect([name, secret.slice(0, 12), bytes.includes(secret)]).toEqual([name, secret.slice(0, 12), false]);
  }
  await talking.end();
  rmSync(folder, { recursive: true });
}, 90_000);
