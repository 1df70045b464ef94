/** Who may call what: every call of the service, by everybody there is, against the table that people review. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ROLES, type Role } from '@app/access';
import { ACCESS } from '../../apps/ledger/src/http/access.js';
import { TestIssuer } from '../../apps/ledger/src/testing/issuer.js';
import { taken } from './support/lives.js';
import { endServices, ROOT, Service } from './support/service.js';

let s: Service;
let issuer: TestIssuer;
const tokens = {} as { [R in Role]: string };
let revoked: string;
let expired: string;

beforeAll(async () => {
  issuer = await TestIssuer.start(['ES256']);
  const roles = Object.fromEntries(ROLES.map((r) => [`ledger-${r}`, r]));
  s = await Service.start({
    today: '2026-03-01',
    store: 'embedded',
    env: { LEDGER_OIDC_ISSUER: issuer.url, LEDGER_OIDC_AUDIENCE: 'ledger', LEDGER_OIDC_ROLES: JSON.stringify({ claim: ['realm_access', 'roles'], roles }) },
  });
  const issue = async (body: object) => taken(await s.api.post('/v1/tokens', body));
  for (const role of ROLES) tokens[role] = (await issue({ subject: `walks-as-${role}`, role })).token;
  const dead = await issue({ subject: 'was-revoked', role: 'admin' });
  taken(await s.api.post(`/v1/tokens/${dead.tokenId}/revocations`, { reason: 'left' }));
  revoked = dead.token;
  expired = (await issue({ subject: 'has-expired', role: 'admin', expiresOn: '2026-02-28' })).token;
}, 120_000);
afterAll(async () => {
  await endServices();
  await issuer.close();
}, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

/** The reviewed table: roles let in, by call. */
const TABLE = new Map(
  readFileSync(join(ROOT, 'docs/access-matrix.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [call, admin, operator, billing, auditor, nobody] = line.split('|').slice(1).map((cell) => cell.trim()) as string[];
      return [call!.slice(1, -1), { admin: admin === 'yes', operator: operator === 'yes', billing: billing === 'yes', auditor: auditor === 'yes', nobody: nobody === 'yes' }] as const;
    }),
);

const ID = '6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3';
const VALUES: { readonly [name: string]: string } = { vendor: 'MOTEX', projection: 'contracts', contractor: 'K-1', name: 'biller' };
const urlOf = (path: string): string => path.replace(/:(\w+)/g, (_, name: string) => VALUES[name] ?? ID).replace('/*', '/start.js');
const claims = (role: string) => ({ claims: { realm_access: { roles: [role, 'offline_access'] } } });

type Expected = Role | 'nobody' | 'no-role';
const bearer = (token: string): string => `Bearer ${token}`;

/** Everybody, and as what the table knows them. */
const everybody = async (): Promise<{ who: string; as: Expected; authorization: string | null }[]> => {
  const now = Math.floor(Date.now() / 1000);
  const forged = (await issuer.token(claims('ledger-admin'))).split('.');
  const unpublished = await issuer.addKey('ES256', { unpublished: true });
  return [
    ...ROLES.map((role) => ({ who: role, as: role, authorization: bearer(tokens[role]) })),
    ...(await Promise.all(ROLES.map(async (role) => ({ who: `${role} of the issuer`, as: role, authorization: bearer(await issuer.token(claims(`ledger-${role}`))) })))),
    { who: 'nobody', as: 'nobody', authorization: null },
    { who: 'a token that is not known', as: 'nobody', authorization: bearer(`cl_${'x'.repeat(43)}`) },
    { who: 'a revoked token', as: 'nobody', authorization: bearer(revoked) },
    { who: 'an expired token', as: 'nobody', authorization: bearer(expired) },
    { who: 'a name and a password', as: 'nobody', authorization: `Basic ${Buffer.from(`admin:${tokens.admin}`).toString('base64')}` },
    { who: "the issuer's expired token", as: 'nobody', authorization: bearer(await issuer.token({ claims: { ...claims('ledger-admin').claims, exp: now - 60 } })) },
    { who: "the issuer's token for another service", as: 'nobody', authorization: bearer(await issuer.token({ claims: { ...claims('ledger-admin').claims, aud: 'another' } })) },
    { who: "another issuer's token", as: 'nobody', authorization: bearer(await issuer.token({ claims: { ...claims('ledger-admin').claims, iss: 'https://elsewhere.example' } })) },
    { who: 'a token signed by an unknown key', as: 'nobody', authorization: bearer(await issuer.token({ ...claims('ledger-admin'), key: unpublished })) },
    { who: 'a token whose claims were changed', as: 'nobody', authorization: bearer(`${forged[0]}.${forged[1]!.slice(0, -2)}AA.${forged[2]}`) },
    { who: "the issuer's token without a role of ours", as: 'no-role', authorization: bearer(await issuer.token(claims('admin'))) },
    { who: "the issuer's token with two of our roles", as: 'no-role', authorization: bearer(await issuer.token({ claims: { realm_access: { roles: ['ledger-admin', 'ledger-auditor'] } } })) },
  ];
};

test('the table has every call of the service, and no other', () => {
  expect([...TABLE.keys()].sort()).toEqual(Object.keys(ACCESS).sort());
});

type Row = { readonly [R in Role | 'nobody']: boolean };

/** Every call of a table by everybody: what does not go as the table says, and how many calls were made. */
async function walk(table: ReadonlyMap<string, Row>, people: Awaited<ReturnType<typeof everybody>>): Promise<{ wrong: string[]; walked: number }> {
  const wrong: string[] = [];
  let walked = 0;
  for (const [call, row] of table) {
    const [method, path] = call.split(' ') as [string, string];
    for (const { who, as, authorization } of people) {
      const r = await s.api.call<{ code?: string } | null>(method, `${urlOf(path)}?nonsense=1`, method === 'GET' ? undefined : {}, { key: null, headers: { authorization: authorization ?? '' } });
      // Who is let in is told of the unknown parameter; the pages of the documentation take any.
      const inside = path.startsWith('/docs') ? 200 : 400;
      const expected = row.nobody ? inside : as === 'nobody' ? 401 : as === 'no-role' || !row[as] ? 403 : inside;
      if (r.status !== expected) wrong.push(`${call} as ${who}: ${r.status}, not ${expected}`);
      if (r.status === 401 && r.headers['www-authenticate'] === undefined) wrong.push(`${call} as ${who}: 401 does not say how`);
      walked++;
    }
  }
  return { wrong, walked };
}

test('every call lets in whom the table lets in, and nobody else', async () => {
  const people = await everybody();
  expect(people.length).toBe(20);
  expect(await walk(TABLE, people)).toEqual({ wrong: [], walked: Object.keys(ACCESS).length * 20 });
}, 180_000);

test('a cell that is wrong is found', async () => {
  const people = await everybody();
  const planted = async (call: string, cell: keyof Row) => (await walk(new Map([[call, { ...TABLE.get(call)!, [cell]: !TABLE.get(call)![cell] }]]), people)).wrong;
  expect(await planted('GET /v1/tokens', 'auditor')).toEqual(['GET /v1/tokens as auditor: 403, not 400', 'GET /v1/tokens as auditor of the issuer: 403, not 400']);
  expect(await planted('GET /v1/audit/reads', 'auditor')).toEqual(['GET /v1/audit/reads as auditor: 400, not 403', 'GET /v1/audit/reads as auditor of the issuer: 400, not 403']);
  expect((await planted('GET /v1/contracts', 'nobody')).length).toBe(12);
});

test('HEAD is no way around', async () => {
  for (const [call, row] of TABLE) {
    if (!call.startsWith('GET ') || row.nobody) continue;
    const r = await s.api.call('HEAD', urlOf(call.slice(4)), undefined, { headers: { authorization: '' } });
    expect([call, r.status]).toEqual([call, 401]);
  }
});

test("what the issuer's people record stands under a subject that no token can have", async () => {
  const operator = s.api.as(await issuer.token({ claims: { sub: 'user-7', realm_access: { roles: ['ledger-operator'] } } }));
  const body = { contractor: { id: 'K', name: 'N' }, name: 'U' };
  const made = taken(await operator.post('/v1/management-units', body, { key: 'k-1' }));
  expect((await operator.post('/v1/management-units', body, { key: 'k-1' })).headers['idempotency-replayed']).toBe('true');
  // The same key of another subject is another command.
  const other = taken(await s.api.as(tokens.operator).post('/v1/management-units', body, { key: 'k-1' }));
  expect(other.managementUnitId).not.toBe(made.managementUnitId);
  for (const subject of ['oidc:user-7', 'ledger']) {
    const r = await s.api.post('/v1/tokens', { subject, role: 'operator' });
    expect([subject, r.status, r.body.errors]).toMatchObject([subject, 400, [{ path: 'subject' }]]);
  }
});

test('keys are rotated, and an issuer out of reach lets nobody in that only a new key could', async () => {
  const known = await issuer.token(claims('ledger-auditor'));
  const as = (token: string) => s.api.as(token).get<{ code?: string }>('/v1/agreement/items');
  expect((await as(known)).status).toBe(200);
  issuer.trouble = { status: 503 };
  const next = await issuer.addKey('ES256');
  const unknown = await issuer.token({ ...claims('ledger-auditor'), key: next });
  let r = await as(unknown);
  // Right after a fetch nobody makes it fetch again; then the issuer cannot be reached.
  for (const until = Date.now() + 20_000; r.status === 401 && Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 500))) r = await as(unknown);
  expect([r.status, r.body.code, Number(r.headers['retry-after']) > 0]).toEqual([503, 'issuer-unavailable', true]);
  // Those that are known, and the ledger's own tokens, go on meanwhile.
  expect((await as(known)).status).toBe(200);
  expect((await as(tokens.auditor)).status).toBe(200);
  issuer.trouble = null;
  for (const until = Date.now() + 20_000; r.status !== 200 && Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 500))) r = await as(unknown);
  expect(r.status).toBe(200);
}, 60_000);

const SECURE = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

test('every answer has the security headers, whatever went wrong', async () => {
  const api = s.api;
  const answers = {
    ok: await api.get('/v1/contracts'),
    health: await api.get('/health/live'),
    document: await api.get('/docs-json'),
    400: await api.get('/v1/contracts?limit=0'),
    undecodable: await api.get('/v1/contracts/%E0%A4%A'),
    401: await api.as(null).get('/v1/contracts'),
    403: await api.as(tokens.billing).post('/v1/contracts', {}),
    404: await api.get('/v1/nothing'),
    405: await api.call('DELETE', '/v1/contracts'),
    413: await api.post('/v1/contracts', { long: 'x'.repeat(1_100_000) }),
    415: await api.post('/v1/contracts', undefined, { raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  };
  for (const [what, { headers }] of Object.entries(answers)) for (const [name, value] of Object.entries(SECURE)) expect([what, name, headers[name]]).toEqual([what, name, value]);
  for (const page of ['/docs', '/docs/start.js', '/docs/nothing']) {
    const { headers } = await api.get(page);
    expect([page, headers['content-security-policy'], headers['x-content-type-options'], headers['referrer-policy'], headers['x-frame-options']]).toEqual([page, expect.stringContaining("default-src 'self'") as string, 'nosniff', 'no-referrer', expect.stringMatching(/DENY|SAMEORIGIN/) as string]);
  }
  for (const { headers } of Object.values(answers)) expect([headers['server'], headers['x-powered-by']]).toEqual([undefined, undefined]);
});

test('what is not HTTP is answered as a problem like any other', async () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(s.port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.setEncoding('utf8').on('data', (part: string) => void (answer += part)).on('end', () => resolve(answer)).on('error', reject);
    });
  for (const [text, status] of [['NONSENSE\r\n\r\n', 400], [`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431]] as const) {
    const answer = await raw(text);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain('application/problem+json');
    for (const [name, value] of Object.entries(SECURE)) expect(answer).toContain(`${name}: ${value}\r\n`);
  }
});
