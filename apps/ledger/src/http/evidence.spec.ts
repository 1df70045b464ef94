import { LogAltered } from '../ports.js';
import { serve, StubLedger, tokenOf, UUID } from '../testing/stub-ledger.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

describe('evidence of a contract', () => {
  const ledger = new StubLedger();
  let app: NestFastifyApplication;
  beforeAll(async () => void (app = await serve(ledger)));
  afterAll(() => app.close());
  beforeEach(() => {
    ledger.questions.length = 0;
    ledger.accessed.length = 0;
    ledger.altered = null;
  });
  const get = (path: string, language?: string) => app.inject({ method: 'GET', url: `/v1/audit/contracts/${path}`, headers: { authorization: `Bearer ${tokenOf('auditor')}`, ...(language && { 'accept-language': language }) } });

  it('is handed over byte for byte, as a file that no cache keeps', async () => {
    const answer = await get(`${UUID}/evidence`);
    expect([answer.statusCode, answer.body, answer.headers['content-type']]).toEqual([200, '{"format":"contract-ledger-evidence/1"}', 'application/json; charset=utf-8']);
    expect(answer.headers).toMatchObject({ 'content-disposition': `attachment; filename="contract-${UUID}.evidence.json"`, 'cache-control': 'no-store' });
    expect(ledger.questions).toEqual([['evidence', [UUID, { texts: true }]]]);
  });

  it('is an export, recorded with what was asked for', async () => {
    await get(`${UUID}/evidence?texts=false`);
    await get(`${UUID}/report?lang=ja`);
    expect(ledger.accessed).toMatchObject([
      { type: 'Exported', route: 'GET /v1/audit/contracts/:id/evidence', parameters: { id: UUID, texts: 'false' }, status: 200 },
      { type: 'Exported', route: 'GET /v1/audit/contracts/:id/report', parameters: { id: UUID, lang: 'ja' }, status: 200 },
    ]);
  });

  it('comes as a page that may load nothing but its own style, in the language asked for', async () => {
    const answer = await get(`${UUID}/report?lang=ja&texts=false`, 'en');
    expect([answer.statusCode, answer.body, answer.headers['content-type'], answer.headers['content-language']]).toEqual([200, '<!doctype html>', 'text/html; charset=utf-8', 'ja']);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; .*frame-ancestors 'none'$/);
    await get(`${UUID}/report`, 'ja');
    await get(`${UUID}/report`);
    expect(ledger.questions.map(([, args]) => args[1])).toEqual([{ texts: false, language: 'ja' }, { texts: true, language: 'ja' }, { texts: true, language: 'en' }]);
  });

  it.each(['evidence?texts=no', 'evidence?lang=ja', 'report?lang=fr', 'report?texts=1'])('refuses %s', async (path) => {
    expect((await get(`${UUID}/${path}`)).statusCode).toBe(400);
    expect(ledger.questions).toEqual([]);
  });

  it('is not made of a log that was altered: 409 names where', async () => {
    ledger.altered = new LogAltered('revision 3 (Renewed x)', 'it is not as it was signed');
    const answer = await get(`${UUID}/evidence`);
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'log-altered', detail: expect.stringContaining('revision 3 (Renewed x): it is not as it was signed') }]);
  });
});
