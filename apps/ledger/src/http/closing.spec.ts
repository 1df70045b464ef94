import { Agent, request } from 'node:http';
import { StubLedger, UUID, serve, tokenOf } from '../testing/stub-ledger.js';
import type { CommandOutcome } from '../ports.js';

const NOTICE = JSON.stringify({ arrivedOn: '2026-02-15', designatedOn: null, onForm: true });

describe('closing', () => {
  const post = (url: string, agent: Agent): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(
        `${url}/v1/contracts/${UUID}/cancellation-notices`,
        { method: 'POST', agent, headers: { authorization: `Bearer ${tokenOf('admin')}`, 'content-type': 'application/json' } },
        (response) => response.resume().once('end', () => resolve(response.statusCode!)),
      );
      sent.once('error', reject).end(NOTICE);
    });

  it('answers what is under way, though its connection would be kept, and only then lets go of the ledger', async () => {
    const ledger = new StubLedger();
    const order: string[] = [];
    let finish!: (outcome: CommandOutcome) => void;
    ledger.application.execute = () => {
      order.push('asked');
      return new Promise((resolve) => (finish = resolve));
    };
    ledger.close = async () => void order.push('closed');
    const app = await serve(ledger);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const agent = new Agent({ keepAlive: true });

    const answered = post(url, agent).then((status) => order.push(`answered ${status}`));
    while (order.length === 0) await new Promise((r) => setTimeout(r, 5));
    const started = performance.now();
    const closed = app.close();
    await new Promise((r) => setTimeout(r, 50));
    await expect(post(url, new Agent())).rejects.toThrow();
    expect(order).toEqual(['asked']);
    order.push('decided');
    finish({ status: 201, body: { contractId: UUID }, replayed: false });
    await answered;
    await closed;
    // The client hears of its answer a moment after it was sent.
    expect([...order].sort()).toEqual(['answered 201', 'asked', 'closed', 'decided']);
    expect(order.slice(0, 2)).toEqual(['asked', 'decided']);
    expect(performance.now() - started).toBeLessThan(5_000);
    agent.destroy();
  });
});
