import { issuerSubject, roleClaimed } from '@app/access';
import { isTrustworthy, type OidcConfig } from '../config.js';
import { Unavailable, type TokenIssuer, type Verdict } from '../ports.js';
import { isRecord } from '../values.js';
import type { JWTVerifyGetKey } from 'jose';

/** Signatures only that nobody can make who merely verifies them. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** `typ` of a token that grants access; absent is taken too, for many issuers leave it out. Never a logout or a DPoP token. */
const TYPES = ['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt'];
/** By how much the issuer's clock may differ from ours. */
const LEEWAY_S = 30;
/** Keys older than this are fetched anew beside the work they still do … */
const FRESH_MS = 5 * 60_000;
/** … and those older than this let nobody in: the issuer may have taken one back since. */
const MAX_AGE_MS = 15 * 60_000;
/** Pause between two fetches, however many unknown keys are named. */
const COOLDOWN_MS = 10_000;
const FETCH_MS = 5_000;
const MAX_DOCUMENT = 512 * 1024;

/** The issuer does not answer, or with something that cannot be used. */
class IssuerAway extends Error {
  override readonly name = 'IssuerAway';
}

export interface IssuerOptions {
  readonly log: { warn(facts: object, message: string): void };
  /** Milliseconds that never go back; default: the process's own. */
  readonly now?: () => number;
  readonly fetch?: typeof globalThis.fetch;
}

/** Judges the tokens of one OpenID Connect issuer. Reaches it when the first token comes, never at the start. */
export class OidcIssuer implements TokenIssuer {
  private readonly keys: IssuerKeys;

  constructor(
    private readonly config: OidcConfig,
    o: IssuerOptions,
  ) {
    this.keys = new IssuerKeys(config, o.log, o.now ?? (() => performance.now()), o.fetch ?? globalThis.fetch);
  }

  async judge(jwt: string): Promise<Verdict> {
    // Only an issuer's token needs the library; the start does not wait for it.
    const { jwtVerify, errors } = await import('jose');
    try {
      const { payload, protectedHeader } = await jwtVerify(jwt, (header, token) => this.keys.key(header, token), {
        issuer: this.config.issuer,
        audience: this.config.audience,
        algorithms: ALGORITHMS,
        clockTolerance: LEEWAY_S,
        requiredClaims: ['sub', 'exp'],
      });
      const { typ } = protectedHeader;
      if (typ !== undefined && !(typeof typ === 'string' && TYPES.includes(typ.toLowerCase()))) return invalid('type');
      if (typeof payload.sub !== 'string' || payload.sub === '' || payload.sub.length > 255) return invalid('subject');
      const subject = issuerSubject(payload.sub);
      const role = roleClaimed(payload, this.config.roles);
      if (role === 'role-unknown' || role === 'role-ambiguous') return { refused: role, subject };
      return { caller: { subject, role, tokenId: 'issuer' } };
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      if (error instanceof errors.JOSEError) return invalid(whyOf(error.code, 'claim' in error ? String(error.claim) : ''));
      throw error;
    }
  }
}

const invalid = (why: string): Verdict => ({ refused: 'token-invalid', why });

function whyOf(code: string, claim: string): string {
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return 'expired';
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return { iss: 'issuer', aud: 'audience', nbf: 'not-yet', exp: 'expired', sub: 'subject' }[claim] ?? 'malformed';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'signature';
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
    case 'ERR_JOSE_NOT_SUPPORTED':
      return 'algorithm';
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWKS_MULTIPLE_MATCHING_KEYS':
      return 'key';
    default:
      return 'malformed';
  }
}

/** The issuer's keys, as long as they may be relied on. */
class IssuerKeys {
  private known: JWTVerifyGetKey | null = null;
  private fetchedAt = -Infinity;
  private triedAt = -Infinity;
  private fetching: Promise<void> | null = null;

  constructor(
    private readonly config: OidcConfig,
    private readonly log: IssuerOptions['log'],
    private readonly now: () => number,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** The key a token names. One that is not known makes the keys be fetched again: they may have been rotated. */
  async key(...[header, token]: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    const { errors } = await import('jose');
    const age = this.now() - this.fetchedAt;
    if (this.known === null || age >= MAX_AGE_MS) await this.refresh();
    else if (age >= FRESH_MS && this.mayTry()) this.refresh().catch(() => undefined); // what is known serves on
    try {
      return await this.known!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.mayTry()) throw error;
    }
    await this.refresh();
    return this.known!(header, token);
  }

  private mayTry(): boolean {
    return this.fetching !== null || this.now() - this.triedAt >= COOLDOWN_MS;
  }

  /** Fetches the keys; those who ask meanwhile wait for the same answer. @throws {Unavailable} */
  private async refresh(): Promise<void> {
    const wait = Math.max(1, Math.ceil((this.triedAt + COOLDOWN_MS - this.now()) / 1000));
    if (!this.mayTry()) throw new Unavailable('issuer-unavailable', wait);
    this.fetching ??= this.load().finally(() => (this.fetching = null));
    try {
      await this.fetching;
    } catch (error) {
      this.log.warn({ err: error, issuer: this.config.issuer }, "the issuer's keys cannot be had");
      throw new Unavailable('issuer-unavailable', Math.ceil(COOLDOWN_MS / 1000));
    }
  }

  private async load(): Promise<void> {
    this.triedAt = this.now();
    const { createLocalJWKSet, errors } = await import('jose');
    const keys = await this.document(this.config.jwks ?? (await this.discovered()));
    try {
      this.known = createLocalJWKSet(keys as never);
    } catch (error) {
      if (error instanceof errors.JWKSInvalid) throw new IssuerAway('what it gives as its keys is no set of keys');
      throw error;
    }
    this.fetchedAt = this.now();
  }

  private async discovered(): Promise<string> {
    const { issuer } = this.config;
    const { issuer: named, jwks_uri: at } = await this.document(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if (named !== issuer) throw new IssuerAway(`its discovery document names the issuer ${JSON.stringify(named)}`);
    if (typeof at !== 'string' || !isTrustworthy(at)) throw new IssuerAway('its discovery document gives no https address of its keys');
    return at;
  }

  private async document(url: string): Promise<{ readonly [name: string]: unknown }> {
    const response = await this.fetch(url, { redirect: 'error', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(FETCH_MS) });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new IssuerAway(`${url} answered ${response.status}`);
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > MAX_DOCUMENT) throw new IssuerAway(`${url} answers with more than ${MAX_DOCUMENT} bytes`);
      parts.push(part);
    }
    let json: unknown;
    try {
      json = JSON.parse(Buffer.concat(parts).toString('utf8'));
    } catch {
      throw new IssuerAway(`${url} answers with something that is not JSON`);
    }
    if (!isRecord(json)) throw new IssuerAway(`${url} answers with something that is no JSON object`);
    return json;
  }
}
