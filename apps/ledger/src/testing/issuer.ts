/** An OpenID Connect issuer on this machine: a discovery document, keys that can be rotated, and tokens of every kind. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA' | 'RS384' | 'ES384';

interface Key {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly sign: CryptoKey;
  readonly jwk: JWK;
}

export interface TokenOptions {
  readonly claims?: { readonly [name: string]: unknown };
  /** Members of the header over the usual ones; `undefined` leaves one out. */
  readonly header?: { readonly [name: string]: unknown };
  readonly key?: Key;
}

export class TestIssuer {
  readonly keys: Key[] = [];
  /** Keys that are given out; those taken back are not among them. */
  published: Key[] = [];
  /** How often the keys were fetched. */
  fetched = 0;
  /** What it answers instead, everywhere but at `/elsewhere`, which is discovery document and keys in one. */
  trouble: { readonly status?: number; readonly body?: string; readonly location?: string } | null = null;
  private numbered = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(algorithms: readonly Algorithm[] = ['ES256']): Promise<TestIssuer> {
    const server = createServer((request, response) => {
      const { trouble } = issuer;
      const json = (body: unknown): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.url === '/keys') issuer.fetched++;
      if (request.url === '/elsewhere') return json({ issuer: issuer.url, jwks_uri: `${issuer.url}/elsewhere`, keys: issuer.published.map((k) => k.jwk) });
      if (trouble) return void response.writeHead(trouble.status ?? 200, { ...(trouble.location && { location: trouble.location }) }).end(trouble.body ?? '');
      if (request.url === '/.well-known/openid-configuration') return json({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` });
      if (request.url === '/keys') return json({ keys: issuer.published.map((k) => k.jwk) });
      response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new TestIssuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const algorithm of algorithms) await issuer.addKey(algorithm);
    return issuer;
  }

  /** A new key, given out from now on unless it is to be `unpublished`. */
  async addKey(alg: Algorithm = 'ES256', { unpublished = false } = {}): Promise<Key> {
    const kid = `key-${++this.numbered}`;
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const key = { kid, alg, sign: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
    this.keys.push(key);
    if (!unpublished) this.published.push(key);
    return key;
  }

  token({ claims = {}, header = {}, key = this.keys[0]! }: TokenOptions = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, aud: 'ledger', sub: 'user-1', iat: now, exp: now + 300, roles: ['auditor'], ...claims };
    const protectedHeader = { alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header };
    const clean = (o: object): object => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined));
    return new SignJWT(clean(all) as never).setProtectedHeader(clean(protectedHeader) as never).sign(key.sign);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}
