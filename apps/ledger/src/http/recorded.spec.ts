import { ACCESS } from './access.js';
import { recordedAs } from './recorded.js';
import { Unavailable } from '../ports.js';
import { ask, serve, StubLedger, tokenOf, UUID } from '../testing/stub-ledger.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

describe('what is written down of reads', () => {
  let app: NestFastifyApplication;
  let ledger: StubLedger;
  beforeAll(async () => {
    app = await serve((ledger = new StubLedger()));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    ledger.accessed.length = 0;
    ledger.unrecorded = null;
    ledger.answers = {};
  });
  const as = (role: 'admin' | 'operator' | 'billing' | 'auditor', url: string, method: 'GET' | 'HEAD' = 'GET') => ask(app, method, url, undefined, { authorization: `Bearer ${tokenOf(role)}` });

  it('is every read of an auditor that shows data, and every export', () => {
    const of = (role: 'admin' | 'auditor') => Object.keys(ACCESS).filter((call) => recordedAs(...(call.split(' ') as [string, string]), role) !== null);
    expect(of('admin').sort()).toEqual(['GET /v1/audit/access-review', 'GET /v1/audit/contracts/:id/evidence', 'GET /v1/audit/contracts/:id/report']);
    const silent = Object.keys(ACCESS).filter((call) => call.startsWith('GET ') && ['read', 'audit'].includes(ACCESS[call as keyof typeof ACCESS]) && !of('auditor').includes(call));
    expect(silent.sort()).toEqual(
      [
        'GET /v1/agreement/clauses', 'GET /v1/agreement/items', 'GET /v1/agreement/options', 'GET /v1/sandbox/clock',
        'GET /v1/audit/checkpoints', 'GET /v1/audit/checkpoints/latest', 'GET /v1/audit/keys', 'GET /v1/audit/proofs/consistency',
        'GET /v1/feed/asyncapi', 'GET /v1/feed/schemas', 'GET /v1/feed/schemas/:name', 'GET /v1/feed/status',
      ].sort(),
    );
    expect(of('auditor').length).toBeGreaterThan(15);
  });

  it('says who, which call, what was asked for, and how much was shown', async () => {
    ledger.answers = { contracts: { contracts: [{}, {}, {}], nextCursor: null }, contract: { id: UUID } };
    await as('auditor', `/v1/contracts/${UUID}?asOf=2026-03-01&knownAt=2026-02-01T00:00:00Z`);
    await as('auditor', '/v1/contracts?item=L&limit=7');
    expect(ledger.accessed).toMatchObject([
      { type: 'AuditorRead', caller: { subject: 'auditor-1', role: 'auditor' }, route: 'GET /v1/contracts/:id', parameters: { id: UUID, asOf: '2026-03-01', knownAt: '2026-02-01T00:00:00Z' }, status: 200, rows: 1 },
      { type: 'AuditorRead', route: 'GET /v1/contracts', parameters: { item: 'L', limit: '7' }, status: 200, rows: 3 },
    ]);
    expect(ledger.accessed[0]!.requestId).not.toBe(ledger.accessed[1]!.requestId);
  });

  it('keeps free text out of the log unless the log has it already', async () => {
    ledger.answers = { contracts: { contracts: [], nextCursor: null } };
    const url = `/v1/contracts?contractorId=${encodeURIComponent('山田太郎')}&applicationNumber=Yamada`;
    await as('auditor', url);
    ledger.answers = { contracts: { contracts: [{}], nextCursor: null } };
    await as('auditor', url);
    expect(ledger.accessed.map((a) => a.parameters)).toEqual([
      { contractorId: null, applicationNumber: null },
      { contractorId: '山田太郎', applicationNumber: 'Yamada' },
    ]);
  });

  it('is that something is not there, but not what tells nothing', async () => {
    ledger.answers = { contract: null };
    expect((await as('auditor', `/v1/contracts/${UUID}`)).status).toBe(404);
    expect(ledger.accessed).toMatchObject([{ status: 404, rows: 0, parameters: { id: UUID } }]);
    ledger.answers = { contract: new Unavailable('not-caught-up') };
    expect((await as('auditor', `/v1/contracts/${UUID}`)).status).toBe(503);
    expect((await as('auditor', '/v1/contracts?limit=0')).status).toBe(400);
    expect((await ask(app, 'GET', '/v1/contracts', undefined, { authorization: '' })).status).toBe(401);
    expect((await as('auditor', '/v1/tokens')).status).toBe(403);
    expect(ledger.accessed.length).toBe(1);
  });

  it('is nothing of other roles, nor of questions about the agreement', async () => {
    for (const role of ['admin', 'operator', 'billing'] as const) await as(role, '/v1/contracts');
    await as('auditor', '/v1/agreement/clauses?limit=1');
    expect(ledger.accessed).toEqual([]);
    await as('admin', '/v1/audit/access-review?from=2026-01-01&to=2026-03-31');
    expect(ledger.accessed).toMatchObject([{ type: 'Exported', caller: { role: 'admin' }, parameters: { from: '2026-01-01', to: '2026-03-31' }, rows: 1 }]);
  });

  it('is a read by POST too, with the contracts that it asks about', async () => {
    const reconcile = (...contractIds: string[]) => ask(app, 'POST', '/v1/feed/reconciliations', { rows: contractIds.flatMap((contractId) => ['2026-02', '2026-03'].map((month) => ({ contractId, month, total: 1 }))) }, { authorization: `Bearer ${tokenOf('auditor')}` });
    const other = UUID.replace(/^./, (c) => (c === '0' ? '1' : '0'));
    await reconcile(UUID);
    await reconcile(UUID, other);
    expect(ledger.accessed).toMatchObject([
      { type: 'AuditorRead', route: 'POST /v1/feed/reconciliations', parameters: { contractId: UUID } },
      { type: 'AuditorRead', route: 'POST /v1/feed/reconciliations', parameters: { contractIds: `${UUID} ${other}` } },
    ]);
  });

  it('is of an export all that it lists', async () => {
    ledger.answers = { accessReview: { from: '2026-01-01', grants: [{}, {}], actors: [{}] } };
    await as('admin', '/v1/audit/access-review?from=2026-01-01&to=2026-03-31');
    expect(ledger.accessed).toMatchObject([{ rows: 3 }]);
  });

  it('is a HEAD too', async () => {
    expect((await app.inject({ method: 'HEAD', url: '/v1/contracts', headers: { authorization: `Bearer ${tokenOf('auditor')}` } })).statusCode).toBe(200);
    expect(ledger.accessed).toMatchObject([{ route: 'GET /v1/contracts' }]);
  });

  it('has to be written before the answer leaves: nothing of it is shown otherwise', async () => {
    ledger.answers = { contract: { secret: 'of the contract' } };
    ledger.unrecorded = new Unavailable('read-not-recorded', 1);
    const { status, body, headers } = await as('auditor', `/v1/contracts/${UUID}`);
    expect([status, body['code'], headers['retry-after'], headers['content-type']]).toEqual([503, 'read-not-recorded', '1', 'application/problem+json; charset=utf-8']);
    expect(JSON.stringify(body)).not.toContain('of the contract');
    expect(body['detail']).toMatch(/has to be recorded/);
    // Who is not recorded is answered.
    expect((await as('operator', `/v1/contracts/${UUID}`)).status).toBe(200);
    // A stream is not begun.
    expect((await as('auditor', '/v1/feed/stream')).status).toBe(503);
  });
});
