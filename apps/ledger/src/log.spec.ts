import { pino } from 'pino';
import { createServer } from './http/server.js';
import { CONFIG, StubLedger, UUID, ask, tokenOf } from './testing/stub-ledger.js';

interface Line {
  readonly [name: string]: unknown;
}

describe('the log', () => {
  const lines: Line[] = [];
  const log = pino({ level: 'info' }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) });
  const requests = (): Line[] => lines.filter((l) => l['msg'] === 'request');

  it('has one line per request: what was asked, what became of it, how long it took; never a token or a body', async () => {
    const ledger = new StubLedger();
    const app = await createServer(ledger, CONFIG, log);
    const { headers } = await ask(app, 'POST', `/v1/contracts/${UUID}/terminations`, { endsOn: '2026-09-30', ground: 'provider', reason: 'a very private reason' });
    await ask(app, 'GET', '/v1/contracts?limit=0&cursor=secret', undefined, { authorization: 'Bearer nobody' });
    ledger.outcome = new Error('broken');
    await ask(app, 'POST', `/v1/contracts/${UUID}/terminations`, { endsOn: '2026-09-30', ground: 'provider', reason: 'a very private reason' });
    await app.close();
    expect(requests()).toEqual([
      expect.objectContaining({ requestId: headers['x-request-id'], method: 'POST', route: '/v1/contracts/:id/terminations', status: 201, subject: 'admin-1', ms: expect.any(Number) as number }),
      expect.objectContaining({ method: 'GET', route: '/v1/contracts', status: 401 }),
      expect.objectContaining({ status: 500 }),
    ]);
    const failed = lines.find((l) => l['msg'] === 'a request failed') as Line & { err: { stack: string } };
    expect([failed['requestId'], failed.err.stack.includes('broken')]).toEqual([requests()[2]!['requestId'], true]);
    const everything = JSON.stringify(lines);
    for (const secret of [tokenOf('admin'), 'nobody', 'private', 'secret']) expect(everything).not.toContain(secret);
  });
});
