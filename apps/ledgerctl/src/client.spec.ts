import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf, Client, complaintOf, listed } from './client.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly key: string | undefined;
}
let server: Server;
let seen: Seen[];
let answer: (n: number, reply: ServerResponse, url: string) => void;
const json = (reply: ServerResponse, status: number, body: unknown, headers = {}): void =>
  void reply.writeHead(status, headers).end(JSON.stringify(body));

beforeEach(async () => {
  seen = [];
  server = createServer((request, reply) => {
    seen.push({ method: request.method!, url: request.url!, key: request.headers['idempotency-key'] as string | undefined });
    request.resume().on('end', () => answer(seen.length, reply, request.url!));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
const client = (patienceMs = 2_000): Client =>
  new Client({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't', language: 'en', patienceMs });

test('a keyed command is repeated while the service is away, with the same key', async () => {
  answer = (n, reply) =>
    n === 1
      ? reply.destroy()
      : n === 2
        ? json(reply, 503, {})
        : json(reply, 201, { contractId: 'c' }, { 'idempotency-replayed': 'true' });
  expect(await client().post('/v1/contracts', {}, { key: 'k' })).toEqual({
    status: 201,
    body: { contractId: 'c' },
    replayed: true,
  });
  expect(seen.map((s) => s.key)).toEqual(['k', 'k', 'k']);
});

test('a command without a key is sent once', async () => {
  answer = (_, reply) => reply.destroy();
  await expect(client().post('/v1/contracts', {})).rejects.toThrow(
    /does not answer \(ECONNRESET\): is it running, and is LEDGER_PORT its port/,
  );
  answer = (_, reply) => json(reply, 503, { title: 'starting' });
  expect((await client().post('/v1/contracts', {})).status).toBe(503);
  expect(seen).toHaveLength(2);
});

test('patience ends', async () => {
  answer = (_, reply) => json(reply, 503, {});
  expect((await client(50).get('/v1/contracts')).status).toBe(503);
});

test('what is no JSON is not our service, and is not asked again', async () => {
  answer = (_, reply) => void reply.end('<html>');
  await expect(client().get('/')).rejects.toThrow(/is not the ledger's service/);
  expect(seen).toHaveLength(1);
});

test('a preview says so in its address; lists are read to their end', async () => {
  answer = (_, reply, url) =>
    json(
      reply,
      200,
      url.includes('cursor=b') ? { rows: [{ n: 3 }], nextCursor: null } : { rows: [{ n: 1 }, { n: 2 }], nextCursor: 'b' },
    );
  await client().post('/v1/records', {}, { preview: true });
  expect((await Array.fromAsync(listed(client(), '/v1/rows?x=1', 'rows'))).map((r) => r['n'])).toEqual([1, 2, 3]);
  expect(seen.map((s) => s.url)).toEqual([
    '/v1/records?preview=true',
    '/v1/rows?x=1&limit=500',
    '/v1/rows?x=1&limit=500&cursor=b',
  ]);
});

test('a complaint is told in one line, with a hint where a token is the matter', () => {
  const problem = (status: number, body: object | null) => ({ status, body: body as never, replayed: false });
  expect(
    complaintOf(
      problem(400, {
        errors: [
          { path: 'a.b', message: 'must be' },
          { path: '', message: 'no' },
        ],
      }),
    ),
  ).toBe('a.b: must be; no');
  expect([
    complaintOf(problem(409, { detail: 'd', title: 't' })),
    complaintOf(problem(500, { title: 't' })),
    complaintOf(problem(500, null)),
  ]).toEqual(['d', 't', 'HTTP 500']);
  expect(() => bodyOf(problem(401, { title: 'who' }), 'doing')).toThrow(/^doing: who \(give an administrator/);
  expect(() => bodyOf(problem(403, { title: 'no' }), 'doing')).toThrow(/role admin/);
  expect(bodyOf(problem(204, null), 'doing')).toEqual({});
});
