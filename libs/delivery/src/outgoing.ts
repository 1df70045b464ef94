import { lookup as systemLookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './address.js';
import type { Reply } from './outcome.js';
import { hostOf, targetKey, type AllowList } from './target.js';

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface OutgoingOptions {
  readonly allow: AllowList;
  /** Time for address, connection and handshake; milliseconds. */
  readonly connectMs?: number;
  /** Time for the whole of it. */
  readonly totalMs?: number;
  /** For tests: names, addresses that count as public, the receiver's own authority. */
  readonly resolve?: (host: string) => Promise<readonly Address[]>;
  readonly isOpen?: (address: string) => boolean;
  readonly ca?: string;
}

const CONNECT_MS = 5_000;
const TOTAL_MS = 15_000;
const MAX_HEADER_BYTES = 16_384;
/** So much of an answer is read, and dropped, for the receiver's sake; then the connection is closed. */
const MAX_BODY_BYTES = 65_536;

/** A name or a literal that leads where deliveries do not go. */
class ForbiddenAddress extends Error {
  readonly code = 'forbidden-address';
}

/**
 * Posts to receivers. Every connection is made to an address that was checked for that very connection: a literal is
 * checked as it stands, a name where the socket asks for its address, and nothing else is connected to. Whatever the
 * environment says of proxies or of certificates counts for nothing; redirects are not followed; bodies are not kept.
 */
export class Outgoing {
  // Not kept alive: each delivery is a connect of its own, and so a check. TLS sessions are resumed.
  private readonly plain = new HttpAgent({ keepAlive: false });
  private readonly secure: HttpsAgent;
  private readonly resolve: (host: string) => Promise<readonly Address[]>;
  private readonly isOpen: (address: string) => boolean;
  private readonly running = new Set<ClientRequest>();

  constructor(private readonly o: OutgoingOptions) {
    this.secure = new HttpsAgent({ keepAlive: false, rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(o.ca === undefined ? {} : { ca: o.ca }) });
    this.resolve = o.resolve ?? ((host) => systemLookup(host, { all: true, verbatim: true }));
    this.isOpen = o.isOpen ?? isPublicAddress;
  }

  /** Never throws: what went wrong stands in the reply. */
  async post(target: string, headers: { readonly [name: string]: string }, body: Buffer): Promise<Reply> {
    const started = performance.now();
    const done = (reply: Omit<Reply, 'ms'>): Reply => ({ ...reply, ms: Math.round(performance.now() - started) });
    const failed = (error: string): Reply => done({ status: null, error, retryAfter: null });
    const url = URL.parse(target);
    if (url === null) return failed('forbidden-target');
    const listed = this.o.allow.has(targetKey(url));
    // What was allowed when the endpoint was registered need not be allowed any more.
    if (url.protocol !== 'https:' && !(listed && url.protocol === 'http:')) return failed('forbidden-target');
    const host = hostOf(url);
    if (isIP(host) !== 0 && !listed && !this.isOpen(host)) return failed('forbidden-address');
    try {
      const response = await this.send(url, headers, body, listed);
      return done({ status: response.status, error: null, retryAfter: response.retryAfter });
    } catch (error) {
      return failed((error as { code?: string }).code ?? 'connection-failed');
    }
  }

  /** Ends what is under way. */
  close(): void {
    for (const request of this.running) request.destroy(coded('closed'));
    this.plain.destroy();
    this.secure.destroy();
  }

  private send(url: URL, headers: { readonly [name: string]: string }, body: Buffer, listed: boolean): Promise<{ status: number; retryAfter: string | null }> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: secure ? this.secure : this.plain,
        headers: { ...headers, 'content-length': String(body.length) },
        lookup: this.checkedLookup(listed),
        maxHeaderSize: MAX_HEADER_BYTES,
      });
      this.running.add(request);
      let answer: { status: number; retryAfter: string | null } | null = null;
      const connect = setTimeout(() => request.destroy(coded('connect-timeout')), this.o.connectMs ?? CONNECT_MS);
      const total = setTimeout(() => request.destroy(coded('timeout')), this.o.totalMs ?? TOTAL_MS);
      request.once('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connect)));
      // Nobody listens to what else a receiver may say: no continuation, no upgrade.
      request.once('upgrade', (_response, socket) => socket.destroy());
      request.once('response', (response) => {
        answer = { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null };
        drop(response);
      });
      let why: Error | null = null;
      request.once('error', (error) => (why = error));
      // The connection is through with: the answer stands as soon as its head was read, however its body ended.
      request.once('close', () => {
        clearTimeout(connect);
        clearTimeout(total);
        this.running.delete(request);
        if (answer) resolve(answer);
        else reject(why ?? coded('no-answer'));
      });
      request.end(body);
    });
  }

  /** What a socket asks for the addresses of a name: it gets those that were checked, and connects to no other. */
  private checkedLookup(listed: boolean): LookupFunction {
    return (host, options, callback) => {
      this.resolve(host).then(
        (found) => {
          const [first] = found;
          const closed = listed ? undefined : found.find(({ address }) => !this.isOpen(address));
          if (first === undefined) callback(coded('ENOTFOUND'), '', 0);
          // One address that is not public is enough: the name is not that of a receiver outside.
          else if (closed !== undefined) callback(new ForbiddenAddress(`${host} has the address ${closed.address}`), '', 0);
          else if (options.all) callback(null, found.map(({ address, family }) => ({ address, family })));
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, '', 0),
      );
    };
  }
}

const coded = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

/** Reads an answer away, up to a bound. */
function drop(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) response.destroy();
  });
  // How a body ends does not matter any more.
  response.on('error', () => undefined);
}
