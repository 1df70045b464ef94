import { readFileSync } from 'node:fs';
import { ROLES, may } from '@app/access';
import { NotCanonical, Rejected } from '@app/kernel';
import { YenOutOfRange } from '@app/money';
import { ACCESS, accessOf } from './access.js';
import { BadParameter, Unavailable } from '../ports.js';
import { CONFIG, StubLedger, UUID, ask, serve, tokenOf } from '../testing/stub-ledger.js';
import type { Route } from './access.js';
import type { CommandOutcome } from '../ports.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const NOTICE = { arrivedOn: '2026-02-15', designatedOn: null, onForm: true };
const NOTICES = `/v1/contracts/${UUID}/cancellation-notices`;
const ROUTES = Object.keys(ACCESS) as Route[];

/** A concrete URL of a route. */
const urlOf = (path: string): string =>
  path
    .replace(':vendor', 'MOTEX')
    .replace(':projection', 'renewals')
    .replace('/schemas/:name', '/schemas/ledger.envelope.v1')
    .replace(/:\w+/g, UUID)
    .replace('/*', '/swagger-ui.css');

describe('the HTTP layer', () => {
  let app: NestFastifyApplication;
  let ledger: StubLedger;
  beforeAll(async () => {
    app = await serve((ledger = new StubLedger()));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    ledger.asked.length = 0;
    ledger.questions.length = 0;
    ledger.answers = {};
    ledger.outcome = { status: 201, body: { contractId: UUID, receipts: [], warnings: [] }, replayed: false };
    ledger.ready = { status: 'ready' };
  });

  describe('who may call what', () => {
    it('serves every route of the table, and no other', () => {
      const fastify = app.getHttpAdapter().getInstance();
      for (const route of ROUTES) {
        const [method, url] = route.split(' ') as [string, string];
        expect([route, fastify.hasRoute({ method: method as 'GET', url })]).toEqual([route, true]);
      }
      const printed = fastify.printRoutes({ commonPrefix: false });
      const served = [...printed.matchAll(/\(([A-Z, ]+)\)/g)].flatMap((m) => m[1]!.split(', ')).filter((m) => m !== 'HEAD');
      expect(served.length).toBe(ROUTES.length);
    });

    it('keeps tokens, projections and the clock to administrators, decisions to who may command', () => {
      const expected = (method: string, path: string): string =>
        /^\/(health|docs)/.test(path)
          ? 'public'
          : /^\/v1\/(tokens|admin)|\/erasures$/.test(path.replace('/v1/audit/erasures', '')) || (path.startsWith('/v1/sandbox/') && method === 'PUT') || (path.startsWith('/v1/webhooks') && method !== 'GET')
            ? 'admin'
            : path.startsWith('/v1/audit/')
              ? 'audit'
            : method === 'GET' || path === '/v1/feed/reconciliations'
              ? 'read'
              : path.startsWith('/v1/simulations/')
                ? 'simulate'
                : path.startsWith('/v1/feed/')
                  ? 'consume'
                  : 'command';
      expect(ACCESS).toEqual(Object.fromEntries(ROUTES.map((r) => [r, expected(...(r.split(' ') as [string, string]))])));
    });

    it('is a table that people review; a call that is missing there is added by hand', () => {
      const reviewed = readFileSync(new URL('../../../../docs/access-matrix.md', import.meta.url), 'utf8');
      const row = (route: Route): string => {
        const access = ACCESS[route];
        const cells = [...(['admin', 'operator', 'billing', 'auditor'] as const).map((role) => access === 'public' || may(role, access)), access === 'public'];
        return `| \`${route}\` |${cells.map((yes) => (yes ? ' yes |' : ' |')).join('')}`;
      };
      expect(reviewed.split('\n').filter((line) => line.startsWith('| `'))).toEqual(ROUTES.map(row));
    });

    describe.each(ROUTES)('%s', (route) => {
      const [method, path] = route.split(' ') as ['GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', string];
      const access = accessOf(method, path)!;
      const url = urlOf(path);
      const call = (headers: { [name: string]: string }) => app.inject({ method, url, headers });

      if (access === 'public') {
        it('needs no token', async () => {
          expect((await call({})).statusCode).toBeLessThan(400);
        });
      } else {
        it('asks for a token that is known', async () => {
          for (const authorization of ['', 'Bearer', 'Bearer unknown', 'Basic YTpi', `Bearer ${tokenOf('admin')}x`]) {
            const answer = await call(authorization ? { authorization } : {});
            expect([authorization, answer.statusCode, answer.headers['www-authenticate']]).toEqual([
              authorization,
              401,
              'Bearer realm="contract-ledger"',
            ]);
            expect(JSON.parse(answer.payload)).toMatchObject({ status: 401, code: 'no-token' });
          }
        });

        it.each(ROLES)('lets %s in as the roles say', async (role) => {
          const { statusCode } = await call({ authorization: `Bearer ${tokenOf(role)}` });
          if (may(role, access)) expect([401, 403, 404, 405]).not.toContain(statusCode);
          else expect(statusCode).toBe(403);
        });
      }

      it('refuses query parameters that it does not know, and one that is given twice', async () => {
        if (path.startsWith('/docs')) {
          expect(access).toBe('public');
          return;
        }
        const payload = method === 'GET' ? {} : { payload: '{}', headers: { 'content-type': 'application/json' } };
        const authorization = `Bearer ${tokenOf('admin')}`;
        for (const query of ['nonsense=1', 'preview=maybe', 'preview=true&preview=true', 'limit=1&limit=2', '__proto__=1', 'toString=1']) {
          const answer = await app.inject({ method, url: `${url}?${query}`, ...payload, headers: { ...payload.headers, authorization } });
          expect([query, answer.statusCode]).toEqual([query, 400]);
          expect((JSON.parse(answer.payload) as { errors: unknown[] }).errors.length).toBeGreaterThan(0);
        }
      });
    });

    it('judges the token before it reads the body', async () => {
      const answer = await app.inject({ method: 'POST', url: '/v1/contracts', headers: { 'content-type': 'application/json' }, payload: '{' });
      expect(answer.statusCode).toBe(401);
    });
  });

  describe('problems', () => {
    const problem = async (...args: [method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, headers?: { [name: string]: string }]) => {
      const answer = await ask(app, ...args);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(answer.body).toMatchObject({
        type: `urn:contract-ledger:problem:${String(answer.body['code'])}`,
        title: expect.any(String) as string,
        detail: expect.any(String) as string,
        status: answer.status,
      });
      expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|at Object/);
      return answer;
    };

    it.each([
      ['not JSON', '{', 'is not JSON'],
      ['empty', '', 'a JSON object is required'],
      ['a list', '[]', 'must be an object'],
      ['null', 'null', 'must be an object'],
      ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'is not UTF-8'],
    ])('400 where the body is %s', async (_, body, message) => {
      const { status, body: b } = await problem('POST', NOTICES, body);
      expect([status, b['errors']]).toEqual([400, [{ path: '', message }]]);
    });

    it('400 where a name is given twice, where __proto__ is, and where nesting has no end', async () => {
      const twice = '{"arrivedOn":"2026-02-15","designatedOn":null,"onForm":true,"arrivedOn":"2026-02-16"}';
      expect((await problem('POST', NOTICES, twice)).body['errors']).toEqual([{ path: 'arrivedOn', message: 'is given twice' }]);
      const proto = '{"arrivedOn":"2026-02-15","designatedOn":null,"onForm":true,"__proto__":{"onForm":false}}';
      expect((await problem('POST', NOTICES, proto)).body['errors']).toEqual([{ path: '__proto__', message: 'is not a known field' }]);
      expect((await problem('POST', NOTICES, `${'['.repeat(100_000)}${']'.repeat(100_000)}`)).status).toBe(400);
    });

    it('404 for unknown paths, 405 with Allow for unknown methods, 400 for malformed ids', async () => {
      expect((await problem('GET', '/v1/nothing')).body).toMatchObject({ status: 404, code: 'no-such-path' });
      expect((await problem('GET', '/v1/contracts/')).status).toBe(404);
      const put = await problem('PUT', `/v1/contracts/${UUID}`, {});
      expect([put.status, put.headers['allow']]).toEqual([405, 'GET']);
      expect((await problem('DELETE', '/v1/contracts')).headers['allow']).toBe('POST, GET');
      for (const id of ['5', 'x'.repeat(500), UUID.toUpperCase(), `${UUID}0`, '%00', '..%2f..'])
        expect((await problem('GET', `/v1/contracts/${id}`)).body).toMatchObject({ status: 400, errors: [{ path: 'id' }] });
      expect((await problem('POST', `/v1/contracts/${UUID}/options/7/devices/losses`, { lostOn: '2026-02-18', charge: 1 })).body).toMatchObject({
        status: 400,
        errors: [{ path: 'optionId' }],
      });
      expect((await problem('POST', '/v1/vendors/Nobody/discontinuations', { endsOn: '2026-12-31', reason: 'r' })).body).toMatchObject({
        status: 404,
        detail: 'There is no such vendor.',
      });
      expect((await problem('GET', '/v1/contracts/%E0%A4%A')).status).toBe(400);
    });

    it('413 above 1 MiB, 415 for anything but JSON', async () => {
      const sized = (n: number) => JSON.stringify({ ...NOTICE, document: 'x'.repeat(n - JSON.stringify({ ...NOTICE, document: '' }).length) });
      expect((await problem('POST', NOTICES, sized(1_048_577))).body).toMatchObject({ status: 413, code: 'body-too-large' });
      expect((await problem('POST', NOTICES, sized(1_048_576))).body).toMatchObject({ status: 400, errors: [{ path: 'document' }] });
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/jsonp'])
        expect([type, (await problem('POST', NOTICES, JSON.stringify(NOTICE), { 'content-type': type })).status]).toEqual([type, 415]);
      expect((await ask(app, 'POST', NOTICES, NOTICE, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(201);
    });

    it('409 with every violation, its clause and a sentence in the language asked for', async () => {
      const violations = [{ clause: 'A5-2', code: 'option-not-for-item', facts: { option: 1, item: 'O', items: ['L', 'X'] } }];
      ledger.outcome = { status: 409, rejected: new Rejected('refused-by-agreement', violations), replayed: true };
      const en = await problem('POST', NOTICES, NOTICE, { 'accept-language': 'en' });
      expect(en.headers).toMatchObject({ 'idempotency-replayed': 'true', 'content-language': 'en' });
      expect(en.body).toMatchObject({ status: 409, code: 'refused-by-agreement', violations: [{ ...violations[0], detail: 'Option 1 is not for item O; it is for L, X.' }] });
      const ja = await problem('POST', NOTICES, NOTICE, { 'accept-language': 'fr, ja;q=0.8, en;q=0.5' });
      expect(ja.headers['content-language']).toBe('ja');
      expect(String(ja.body['title'])).toMatch(/[ぁ-ん]/);
      expect(JSON.stringify(ja.body['violations'])).toMatch(/オプション/);
    });

    it('409 without a clause has its code and no violations', async () => {
      ledger.outcome = { status: 409, rejected: new Rejected('contract-ended', [], { endsOn: '2026-01-31' }), replayed: false };
      const { body, headers } = await problem('POST', NOTICES, NOTICE);
      expect([body['code'], body['violations'], body['facts'], headers['idempotency-replayed']]).toEqual(['contract-ended', [], { endsOn: '2026-01-31' }, undefined]);
    });

    it.each([
      [{ status: 400, errors: [{ path: 'arrivedOn', message: 'afterToday|2026-02-21|2026-02-20' }] }, 'malformed-input', { errors: [{ path: 'arrivedOn', message: 'is 2026-02-21, after today (2026-02-20); enter it once it has happened' }] }],
      [{ status: 404, what: 'contract' }, 'not-found', { detail: 'There is no such contract.' }],
      [{ status: 412, revision: 7 }, 'revision-mismatch', { facts: { revision: 7 } }],
      [{ status: 422 }, 'key-reused', {}],
    ] as [CommandOutcome, string, object][])('says what became of a command: %j', async (outcome, code, more) => {
      ledger.outcome = outcome;
      expect((await problem('POST', NOTICES, NOTICE)).body).toMatchObject({ status: outcome.status, code, ...more });
    });

    it('503 with Retry-After where something cannot answer now', async () => {
      ledger.outcome = new Unavailable('projection-stopped', 5, { projection: 'contracts' });
      const answer = await problem('POST', NOTICES, NOTICE);
      expect([answer.status, answer.headers['retry-after'], answer.body['code']]).toEqual([503, '5', 'projection-stopped']);
      expect([answer.body['title'], answer.body['detail']]).toEqual(['Not available at the moment', 'Try again shortly.']);
      ledger.answers['contract'] = Object.assign(new Error('gone'), { name: 'StoreUnavailable' });
      expect((await problem('GET', `/v1/contracts/${UUID}`)).headers['retry-after']).toBe('1');
    });

    it('400 for what only the domain or a query can see', async () => {
      ledger.outcome = new YenOutOfRange('10000000000000000000 yen cannot be held exactly');
      expect((await problem('POST', NOTICES, NOTICE)).body['errors']).toEqual([{ path: '', message: 'comes to more yen than can be held exactly' }]);
      ledger.outcome = new NotCanonical('a.b', 'notFinite');
      expect((await problem('POST', NOTICES, NOTICE)).body['errors']).toEqual([{ path: 'a.b', message: 'number is not finite' }]);
      ledger.answers['contracts'] = new BadParameter([{ path: 'cursor', message: 'cursor' }]);
      expect((await problem('GET', '/v1/contracts?cursor=abc')).body['errors']).toEqual([{ path: 'cursor', message: 'must be a cursor from an earlier answer' }]);
    });

    it('500 tells nothing but where to look', async () => {
      ledger.outcome = new Error('secret');
      const { status, body, headers } = await problem('POST', NOTICES, NOTICE);
      expect([status, body['facts']]).toEqual([500, { requestId: headers['x-request-id'] }]);
      expect(JSON.stringify(body)).not.toContain('secret');
    });
  });

  describe('commands', () => {
    it('carry caller, key, revision, preview and a hash of method, path and body', async () => {
      const headers = { 'idempotency-key': 'key-1', 'if-match': '"12"', authorization: `Bearer ${tokenOf('operator')}` };
      await ask(app, 'POST', `${NOTICES}?preview=true`, NOTICE, headers);
      await ask(app, 'POST', NOTICES, { onForm: true, designatedOn: null, arrivedOn: '2026-02-15' });
      await ask(app, 'POST', NOTICES, { ...NOTICE, arrivedOn: '2026-02-16' });
      await ask(app, 'POST', NOTICES.replace(UUID, UUID.replace('6f', '7f')), NOTICE);
      const [first, same, other, elsewhere] = ledger.asked;
      expect(first).toMatchObject({
        name: 'NotifyCancellation',
        params: { id: UUID },
        body: NOTICE,
        replacement: null,
        caller: { subject: 'operator-1', role: 'operator', tokenId: UUID },
        idempotencyKey: 'key-1',
        ifMatch: 12,
        preview: true,
      });
      expect(same).toMatchObject({ idempotencyKey: null, ifMatch: null, preview: false, requestHash: first!.requestHash });
      expect(new Set([first, other, elsewhere].map((e) => e!.requestHash)).size).toBe(3);
      expect(first!.requestHash).toMatch(/^[0-9a-f]{64}$/);
    });

    it('refuse a key or a revision that is malformed', async () => {
      for (const key of ['', ' ', 'a b', 'é', 'x'.repeat(201)])
        expect([key, (await ask(app, 'POST', NOTICES, NOTICE, { 'idempotency-key': key })).status]).toEqual([key, 400]);
      expect((await ask(app, 'POST', NOTICES, NOTICE, { 'idempotency-key': 'x'.repeat(200) })).status).toBe(201);
      for (const tag of ['12', '*', 'W/"1"', '"-1"', '"1.5"', '"01"', '""', '"1", "2"'])
        expect([tag, (await ask(app, 'POST', NOTICES, NOTICE, { 'if-match': tag })).status]).toEqual([tag, 400]);
      const unit = { contractor: { id: 'K', name: 'N' }, name: 'U' };
      expect((await ask(app, 'POST', '/v1/management-units', unit, { 'if-match': '"1"' })).status).toBe(400);
      expect(ledger.asked.length).toBe(1);
    });

    it('answer receipts with statements and warnings with sentences, and say that they are a reading', async () => {
      ledger.outcome = {
        status: 200,
        replayed: true,
        body: {
          contractId: UUID,
          revision: 3,
          receipts: [{ clause: 'A10-2', facts: { endsOn: '2026-09-30' }, policy: { lateDesignation: 'renew' } }],
          warnings: [{ code: 'deadline-missed', clause: 'A3-2b', facts: { noticeDeadline: '2026-08-31' } }],
        },
      };
      const { status, body, headers } = await ask(app, 'POST', `${NOTICES}?preview=true`, NOTICE);
      expect([status, headers['idempotency-replayed'], body['preview']]).toEqual([200, 'true', true]);
      expect(body['receipts']).toEqual([
        { clause: 'A10-2', statement: expect.stringMatching(/\w{3}/) as string, facts: { endsOn: '2026-09-30' }, policy: { lateDesignation: 'renew' } },
      ]);
      expect(body['warnings']).toEqual([
        { code: 'deadline-missed', clause: 'A3-2b', detail: 'The notice arrived after the deadline 2026-08-31.', facts: { noticeDeadline: '2026-08-31' } },
      ]);
      expect(body['notice']).toMatch(/not legal advice/);
    });

    it('parse a replacement like the command that it is', async () => {
      const replace = (command: string, body: unknown) =>
        ask(app, 'POST', `/v1/contracts/${UUID}/corrections`, { eventId: UUID, reason: 'wrong', replacement: { command, body } });
      expect((await replace(`options/${UUID}/devices/losses`, { lostOn: '2026-02-18', charge: null })).status).toBe(201);
      expect(ledger.asked[0]!.replacement).toMatchObject({ name: 'ReportLoss', params: { optionId: UUID }, body: { lostOn: '2026-02-18', charge: null } });
      expect((await replace(`options/${UUID}/cancellation-notices/${UUID}/withdrawals`, { consentedOn: '2026-02-16', reason: 'r' })).status).toBe(201);
      expect(ledger.asked[1]!.replacement).toMatchObject({ name: 'WithdrawNotice', params: { optionId: UUID, noticeId: UUID } });
      expect((await replace('cancellation-notices', { ...NOTICE, arrivedOn: 5 })).body['errors']).toMatchObject([{ path: 'replacement.body.arrivedOn' }]);
      expect((await replace('', {})).body['errors']).toContainEqual({ path: 'replacement.body.fees', message: 'is required' });
      for (const command of ['corrections', 'options/', '/options', 'options/5/devices/losses', 'nothing'])
        expect((await replace(command, {})).body['errors']).toMatchObject([{ path: 'replacement.command' }]);
      await ask(app, 'POST', `/v1/contracts/${UUID}/corrections`, { eventId: UUID, reason: 'wrong' });
      expect(ledger.asked.at(-1)!.replacement).toBeNull();
    });

    it('do not let a token be kept by caches', async () => {
      const { headers } = await ask(app, 'POST', '/v1/tokens', { subject: 's', role: 'auditor' });
      expect(headers['cache-control']).toBe('no-store');
    });
  });

  describe('reads', () => {
    it.each([
      [`/v1/contracts/${UUID}?asOf=2026-03-01&knownAt=2026-02-01T00:00:00Z&atLeast=123`, 'contract', [UUID, { asOf: '2026-03-01', knownAt: '2026-02-01T00:00:00Z', atLeast: '123' }]],
      ['/v1/contracts?item=L&status=cancelling&limit=7&cursor=abc', 'contracts', [{ item: 'L', status: 'cancelling', limit: 7, cursor: 'abc' }]],
      [`/v1/contracts/${UUID}/history`, 'history', [UUID, { limit: 50 }]],
      ['/v1/management-units', 'managementUnits', [{ limit: 50 }]],
      [`/v1/management-units/${UUID}`, 'managementUnit', [UUID, {}]],
      [`/v1/records?clause=A2&contractId=${UUID}`, 'records', [{ clause: 'A2', contractId: UUID, limit: 50 }]],
      ['/v1/renewals?from=2026-01-01&to=2026-12-31&limit=500', 'renewals', [{ from: '2026-01-01', to: '2026-12-31', limit: 500 }]],
      ['/v1/settlements', 'settlements', [{ limit: 50 }]],
      ['/v1/charges?month=2026-02', 'charges', [{ month: '2026-02', limit: 50 }]],
      [`/v1/vendors/MOTEX/discontinuations/${UUID}`, 'discontinuation', ['MOTEX', UUID, { limit: 50 }]],
      ['/v1/tokens', 'tokens', [{ limit: 50 }]],
      ['/v1/admin/projections', 'projections', []],
    ])('%s asks %s', async (url, name, args) => {
      expect(await ask(app, 'GET', url)).toMatchObject({ status: 200, body: { answered: name } });
      expect(ledger.questions.map(([n, a]) => [n, a.map((x) => (typeof x === 'object' ? { ...x } : x))])).toEqual([[name, args]]);
    });

    it('404 where there is nothing', async () => {
      ledger.answers = { contract: null, history: null, managementUnit: null, discontinuation: null };
      for (const url of [`/v1/contracts/${UUID}`, `/v1/contracts/${UUID}/history`, `/v1/management-units/${UUID}`, `/v1/vendors/MOTEX/discontinuations/${UUID}`, `/v1/vendors/Nobody/discontinuations/${UUID}`])
        expect([url, (await ask(app, 'GET', url)).status]).toEqual([url, 404]);
      expect((await ask(app, 'POST', '/v1/admin/projections/nothing/rebuilds', {})).status).toBe(404);
    });

    it.each([
      [`/v1/contracts/${UUID}?asOf=2026-02-30`, 'asOf'],
      [`/v1/contracts/${UUID}?asOf=2018-09-30`, 'asOf'],
      [`/v1/contracts/${UUID}?knownAt=2026-02-01`, 'knownAt'],
      [`/v1/contracts/${UUID}?knownAt=2026-02-30T00:00:00Z`, 'knownAt'],
      [`/v1/contracts/${UUID}?knownAt=2026-02-01T00:00:00%2B09:00`, 'knownAt'],
      [`/v1/contracts/${UUID}?atLeast=a%20b`, 'atLeast'],
      ['/v1/contracts?limit=0', 'limit'],
      ['/v1/contracts?limit=501', 'limit'],
      ['/v1/contracts?limit=1.5', 'limit'],
      ['/v1/contracts?item=Z', 'item'],
      ['/v1/contracts?status=gone', 'status'],
      ['/v1/contracts?managementUnitId=5', 'managementUnitId'],
      ['/v1/contracts?cursor=', 'cursor'],
      ['/v1/records?clause=A99', 'clause'],
      ['/v1/charges', 'month'],
      ['/v1/charges?month=2026-13', 'month'],
      ['/v1/charges?month=2018-09', 'month'],
      ['/v1/renewals?from=2026-12-31&to=2026-01-01', 'to'],
      ['/v1/agreement/items?on=2018-09-30', 'on'],
      ['/v1/agreement/items?name=', 'name'],
    ])('%s is malformed at %s', async (url, path) => {
      expect(await ask(app, 'GET', url)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    });
  });

  describe('the agreement', () => {
    it('names the items of a day, and who bore a name', async () => {
      const { body } = await ask(app, 'GET', '/v1/agreement/items?on=2021-10-01');
      expect((body['items'] as { code: string }[]).length).toBe(8);
      expect(body['nextCursor']).toBeNull();
      expect(body['items']).toContainEqual(expect.objectContaining({ code: 'C', name: 'アンチウイルス:BlackBerry', vendor: 'ArcticWolf' }));
      const named = await ask(app, 'GET', `/v1/agreement/items?on=2024-01-01&name=${encodeURIComponent('IT資産管理/CE')}`);
      expect((named.body['items'] as { code: string }[]).map((i) => i.code)).toEqual(['O']);
      const none = await ask(app, 'GET', `/v1/agreement/items?on=2025-10-01&name=${encodeURIComponent('IT資産管理/S')}`);
      expect(none).toMatchObject({ status: 200, body: { items: [], nextCursor: null } });
    });

    it('finds an option by an alias, and lists all 45', async () => {
      const { body } = await ask(app, 'GET', `/v1/agreement/options?name=${encodeURIComponent('Webアクセス管理forSBC方式仮想デスクトップタイプXオプション')}`);
      expect((body['options'] as { option: number }[]).map((o) => o.option)).toEqual([17]);
      expect(((await ask(app, 'GET', '/v1/agreement/options')).body['options'] as unknown[]).length).toBe(45);
    });

    it('states every clause in both languages, by pages if asked', async () => {
      const all = (await ask(app, 'GET', '/v1/agreement/clauses')).body['clauses'] as { id: string; statement: { ja: string; en: string } }[];
      expect(all.length).toBe(169);
      expect(all.every((c) => c.statement.ja && c.statement.en)).toBe(true);
      const seen: unknown[] = [];
      let cursor: string | null = '0';
      while (cursor !== null) {
        const { body } = await ask(app, 'GET', `/v1/agreement/clauses?limit=50&cursor=${cursor}`);
        seen.push(...(body['clauses'] as unknown[]));
        cursor = body['nextCursor'] as string | null;
      }
      expect(seen).toEqual(all);
    });
  });

  describe('the sandbox clock', () => {
    it('shows the day, moves on, never back', async () => {
      expect((await ask(app, 'GET', '/v1/sandbox/clock')).body).toEqual({ today: '2026-02-20' });
      expect(await ask(app, 'PUT', '/v1/sandbox/clock', { today: '2026-03-01' })).toMatchObject({ status: 200, body: { today: '2026-03-01' } });
      expect(await ask(app, 'PUT', '/v1/sandbox/clock', { today: '2026-02-19' })).toMatchObject({ status: 400, body: { errors: [{ path: 'today' }] } });
      expect((await ask(app, 'PUT', '/v1/sandbox/clock', { today: '2026-02-30' })).status).toBe(400);
    });

    it('does not exist without the setting', async () => {
      const without = await serve(Object.assign(new StubLedger(), { sandbox: null }), { ...CONFIG, sandbox: null });
      for (const method of ['GET', 'PUT'] as const)
        expect((await ask(without, method, '/v1/sandbox/clock', method === 'PUT' ? { today: '2026-03-01' } : undefined)).status).toBe(404);
      await without.close();
    });
  });

  describe('health', () => {
    it.each([
      ['ready', 200],
      ['degraded', 200],
      ['starting', 503],
      ['stopping', 503],
    ] as const)('%s is %i', async (state, status) => {
      ledger.ready = { status: state, checks: { renewals: 'stopped' } };
      const answer = await app.inject({ method: 'GET', url: '/health/ready' });
      expect([answer.statusCode, JSON.parse(answer.payload)]).toEqual([status, { status: state, checks: { renewals: 'stopped' } }]);
      expect((await app.inject({ method: 'GET', url: '/health/live' })).statusCode).toBe(200);
    });
  });

  it('lets go of the ledger once, when it closes', async () => {
    const mine = new StubLedger();
    const closing = await serve(mine);
    await closing.close();
    expect(mine.closed).toBe(1);
  });
});
