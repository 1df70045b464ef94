import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net';
import { Outgoing, targetKey, type OutgoingOptions, type Reply } from './index.js';
import { certificateFor } from './testing/certificate.js';

/** Stands for an address on the public Internet; 127.0.0.1 is what lies inside. */
const OUTSIDE = '127.0.0.2';
const INSIDE = '127.0.0.1';
const NAME = 'receiver.test';
const certificate = certificateFor(NAME);
const BODY = Buffer.from('{"note":"費用"}', 'utf8');

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

interface Receiver {
  readonly port: number;
  readonly requests: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  /** Connections, whatever became of them. */
  connections: number;
}

async function listening(server: Server | ReturnType<typeof createPlainServer>, host: string, receiver: { connections: number }, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    receiver.connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const ok: RequestListener = (_request, response) => void response.writeHead(200).end('taken');

async function receiver({ answer = ok, host = OUTSIDE, secure = true, port = 0 }: { answer?: RequestListener; host?: string; secure?: boolean; port?: number } = {}): Promise<Receiver> {
  const made: Omit<Receiver, 'port'> & { port: number } = { port: 0, requests: [], connections: 0 };
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      made.requests.push({ method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      answer(request, response);
    });
  };
  const server = secure ? createSecureServer(certificate, listener) : createServer(listener);
  server.on('tlsClientError', () => undefined);
  made.port = await listening(server, host, made, port);
  return made;
}

function outgoing(o: Partial<OutgoingOptions> = {}): Outgoing {
  const out = new Outgoing({ allow: new Set(), isOpen: (address) => address === OUTSIDE, resolve: async () => [{ address: OUTSIDE, family: 4 }], ca: certificate.cert, connectMs: 500, totalMs: 1_000, ...o });
  closers.push(() => out.close());
  return out;
}
const to = (r: Receiver, host = NAME): string => `https://${host}:${r.port}/hook?x=1`;
const post = (out: Outgoing, url: string): Promise<Reply> => out.post(url, { 'content-type': 'application/json', 'webhook-id': 'e1' }, BODY);

describe('a delivery', () => {
  it('posts the bytes, and is told the status', async () => {
    const r = await receiver({ answer: (_q, s) => void s.writeHead(202, { 'retry-after': '7' }).end() });
    expect(await post(outgoing(), to(r))).toEqual({ status: 202, error: null, retryAfter: '7', ms: expect.any(Number) });
    expect(r.requests).toEqual([{ method: 'POST', url: '/hook?x=1', body: BODY.toString('utf8'), headers: expect.objectContaining({ host: `${NAME}:${r.port}`, 'webhook-id': 'e1', 'content-length': String(BODY.length) }) }]);
  });

  it('knows the receiver by its certificate, by name and authority', async () => {
    const r = await receiver();
    expect((await post(outgoing(), to(r, 'other.test'))).error).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect((await post(outgoing({ ca: certificateFor(NAME).cert }), to(r))).error).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(r.requests).toEqual([]);
  });

  it('follows no redirect', async () => {
    const inside = await receiver({ host: INSIDE, secure: false });
    const second = await receiver();
    for (const location of [`http://${INSIDE}:${inside.port}/`, to(second)])
      for (const status of [301, 302, 303, 307, 308]) {
        const r = await receiver({ answer: (_q, s) => void s.writeHead(status, { location }).end() });
        expect((await post(outgoing(), to(r))).status).toBe(status);
      }
    expect([inside.connections, second.connections]).toEqual([0, 0]);
  });
});

describe('where a delivery goes', () => {
  it('is never inside: not as a literal, not by a name', async () => {
    const inside = await receiver({ host: INSIDE });
    expect((await post(outgoing(), to(inside, INSIDE))).error).toBe('forbidden-address');
    for (const found of [[{ address: INSIDE, family: 4 }], [{ address: OUTSIDE, family: 4 }, { address: INSIDE, family: 4 }], [{ address: '::1', family: 6 }], [{ address: '::ffff:127.0.0.1', family: 6 }]])
      expect([found, (await post(outgoing({ resolve: async () => found }), to(inside))).error]).toEqual([found, 'forbidden-address']);
    expect(inside.connections).toBe(0);
  });

  it('is judged by the rules of addresses unless a test says otherwise', async () => {
    const inside = await receiver({ host: INSIDE });
    const plain = { allow: new Set<string>(), ca: certificate.cert, connectMs: 300, totalMs: 600 };
    for (const address of [INSIDE, '169.254.169.254', '10.0.0.1', '0.0.0.0'])
      expect([address, (await post(outgoing({ ...plain, isOpen: undefined as never, resolve: async () => [{ address, family: 4 }] }), to(inside))).error]).toEqual([address, 'forbidden-address']);
    // The system's own resolver, and a name that everybody has.
    expect((await post(new Outgoing(plain), to(inside, 'localhost'))).error).toBe('forbidden-address');
    expect(inside.connections).toBe(0);
  });

  it('is seen by this test where the check is left out', async () => {
    const inside = await receiver({ host: INSIDE });
    const resolve = async () => [{ address: INSIDE, family: 4 }];
    expect((await post(outgoing({ isOpen: () => true, resolve }), to(inside))).status).toBe(200);
    expect(inside.connections).toBe(1);
  });

  it('is asked anew for every connection, and the address that was checked is the one connected to', async () => {
    const outside = await receiver();
    const inside = await receiver({ host: INSIDE, port: outside.port });
    let asked = 0;
    // Rebinds its name after each question.
    const rebinding = outgoing({ resolve: async () => [{ address: asked++ % 2 === 0 ? OUTSIDE : INSIDE, family: 4 }] });
    const replies = [];
    for (let i = 0; i < 6; i++) replies.push(await post(rebinding, to(outside)));
    expect(replies.map((r) => r.status ?? r.error)).toEqual([200, 'forbidden-address', 200, 'forbidden-address', 200, 'forbidden-address']);
    expect([asked, outside.requests.length, inside.connections]).toEqual([6, 3, 0]);
  });

  it('may be inside, and plain, where host and port are listed', async () => {
    const inside = await receiver({ host: INSIDE, secure: false });
    const url = `http://${INSIDE}:${inside.port}/hook`;
    expect((await post(outgoing(), url)).error).toBe('forbidden-target');
    expect((await post(outgoing({ allow: new Set([targetKey(new URL(url))]) }), url)).status).toBe(200);
    expect((await post(outgoing({ allow: new Set([`${INSIDE}:1`]) }), url)).error).toBe('forbidden-target');
    expect(inside.connections).toBe(1);
  });

  it.each(['not a url', 'ftp://x/', 'file:///etc/passwd'])('%s is no target', async (url) => expect((await post(outgoing(), url)).error).toBe('forbidden-target'));

  it('is told where a name has no address', async () => {
    const resolve = async () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    expect((await post(outgoing({ resolve }), 'https://nowhere.test/')).error).toBe('ENOTFOUND');
    expect((await post(outgoing({ resolve: async () => [] }), 'https://nowhere.test/')).error).toBe('ENOTFOUND');
  });
});

describe('a receiver that misbehaves', () => {
  const answered = async (answer: RequestListener): Promise<Reply> => post(outgoing(), to(await receiver({ answer })));

  it('refuses the connection', async () => {
    const r = await receiver();
    closers.splice(0).forEach((close) => close());
    expect((await post(outgoing(), to(r))).error).toBe('ECONNREFUSED');
  });

  it('hangs before it answers', async () => {
    const reply = await answered(() => undefined);
    expect(reply).toMatchObject({ status: null, error: 'timeout' });
    expect(reply.ms).toBeLessThan(2_000);
  });

  it('never finishes the handshake, or has no address in time', async () => {
    const silent = { connections: 0 };
    const port = await listening(createPlainServer(), OUTSIDE, silent);
    expect((await post(outgoing(), `https://${NAME}:${port}/`)).error).toBe('connect-timeout');
    expect(silent.connections).toBe(1);
    expect((await post(outgoing({ resolve: () => new Promise(() => undefined) }), `https://${NAME}:${port}/`)).error).toBe('connect-timeout');
  });

  it('speaks no HTTP, or breaks off', async () => {
    expect((await answered((q) => void q.socket.write('SMTP ready\r\n\r\n'))).error).toBe('HPE_INVALID_CONSTANT');
    expect((await answered((q) => void q.socket.destroy())).error).toBe('ECONNRESET');
  });

  it('sends endless headers', async () => {
    expect((await answered((_q, s) => void s.writeHead(200, { x: 'a'.repeat(20_000) }).end())).error).toBe('HPE_HEADER_OVERFLOW');
  });

  it('sends an endless body: its status stands, and the connection is closed', async () => {
    let sent = 0;
    let closed = false;
    const reply = await answered((_q, s) => {
      s.writeHead(200);
      s.on('close', () => (closed = true));
      const more = (): void => {
        while (!closed && s.write(Buffer.alloc(16_384))) sent += 16_384;
        if (!closed) s.once('drain', more);
      };
      more();
    });
    expect(reply).toMatchObject({ status: 200, error: null });
    expect(reply.ms).toBeLessThan(900);
    // What lies in the buffers of the system, not what an endless body would be.
    expect(sent).toBeLessThan(20_000_000);
  });

  it('begins a body and hangs: its status stands once the time is up', async () => {
    const reply = await answered((_q, s) => void s.writeHead(503, { 'retry-after': '3' }).write('…'));
    expect(reply).toMatchObject({ status: 503, error: null, retryAfter: '3' });
  });

  it('wants another protocol', async () => {
    expect((await answered((q) => void q.socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'))).status).toBeNull();
  });
});

describe('closing', () => {
  it('ends what is under way', async () => {
    const r = await receiver({ answer: () => undefined });
    const out = outgoing({ totalMs: 60_000 });
    const reply = post(out, to(r));
    while (r.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    out.close();
    expect((await reply).error).toBe('closed');
  });
});
