import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Answer } from '@app/transparency';
import { interrupted } from '../interrupt.js';
import { misuse, Trouble } from '../trouble.js';

/** A unix socket, or a host and a port. */
export type Where = { readonly path: string } | { readonly host: string; readonly port: number };

const MOST_BYTES = 65_536;
const TIME_LIMIT_MS = 10_000;
/** Owner and group: the service's account is let in by being in the group. */
const SOCKET_MODE = 0o660;

/** `host:port`. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(?:\[?([^\]]+)\]?:)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) throw misuse(`--listen must be a port or host:port, not ${text}`);
  return { host: host ?? '127.0.0.1', port: Number(port) };
}

/** A socket that nobody listens on any more is in the way of nobody. */
async function clearSocket(path: string): Promise<void> {
  if (!existsSync(path)) return;
  if (!lstatSync(path).isSocket()) throw misuse(`${path} is a file, not a socket`);
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (answered) throw new Trouble(`somebody listens on ${path} already`);
  unlinkSync(path);
}

/** Answers calls one after the other until the process is told to end. `ready` hears where. */
export async function serveAnswers(where: Where, answer: (method: string, path: string, body: string) => Answer, ready: (address: string) => void): Promise<void> {
  if ('path' in where) await clearSocket(where.path);
  const server: Server = createServer({ requestTimeout: TIME_LIMIT_MS, headersTimeout: TIME_LIMIT_MS, maxHeaderSize: 8_192 }, (req, res) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    req.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MOST_BYTES) {
        res.writeHead(413, { connection: 'close' }).end();
        req.destroy();
      } else parts.push(part);
    });
    req.on('end', () => {
      try {
        const { status, type, body } = answer(req.method ?? '', (req.url ?? '').split('?', 1)[0]!, Buffer.concat(parts).toString('utf8'));
        res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) }).end(body);
      } catch (error) {
        // What cannot be kept is not signed.
        process.stderr.write(`ledgerctl: ${(error as Error).message}\n`);
        res.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('it failed; see what it said\n');
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('path' in where) {
      // Made with nobody let in, then opened to the group: never wider, not for a moment.
      const before = process.umask(0o177);
      server.listen(where.path, resolve);
      process.umask(before);
    } else server.listen(where.port, where.host, resolve);
  });
  if ('path' in where) chmodSync(where.path, SOCKET_MODE);
  const at = server.address();
  ready(typeof at === 'string' || at === null ? String(at) : `http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`);
  await interrupted();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
