import { createHmac } from 'node:crypto';
import { PLAIN_ROLES } from '@app/access';
import { TestIssuer } from '../testing/issuer.js';
import { OidcIssuer } from './issuer.js';
import { Unavailable } from '../ports.js';

const MINUTE = 60_000;

describe("an issuer's tokens", () => {
  let issuer: TestIssuer;
  let at: number;
  let judging: OidcIssuer;
  const warnings: object[] = [];
  const log = { warn: (facts: object) => void warnings.push(facts) };

  beforeEach(async () => {
    issuer = await TestIssuer.start(['ES256', 'RS256', 'PS256', 'EdDSA', 'RS384']);
    at = 0;
    warnings.length = 0;
    judging = new OidcIssuer({ issuer: issuer.url, audience: 'ledger', roles: PLAIN_ROLES, jwks: null }, { log, now: () => at });
  });
  afterEach(() => issuer.close());

  const key = (alg: string) => issuer.keys.find((k) => k.alg === alg)!;
  const refused = (why: string) => ({ refused: 'token-invalid', why });
  const LET_IN = { caller: { subject: 'oidc:user-1', role: 'auditor', tokenId: 'issuer' } };
  const seconds = (n: number) => Math.floor(Date.now() / 1000) + n;

  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'])('are taken when signed by %s', async (alg) => {
    expect(await judging.judge(await issuer.token({ key: key(alg) }))).toEqual(LET_IN);
  });

  it.each([
    ['another algorithm', { key: 'RS384' }, 'algorithm'],
    ['no key id that is known', { header: { kid: 'key-99' } }, 'key'],
    ['no key id, where one key only fits', { header: { kid: undefined }, key: 'RS256' }, 'taken'],
    ['another issuer', { claims: { iss: 'https://elsewhere.example' } }, 'issuer'],
    ['another audience', { claims: { aud: 'another' } }, 'audience'],
    ['no audience', { claims: { aud: undefined } }, 'audience'],
    ['audiences with ours among them', { claims: { aud: ['another', 'ledger'] } }, 'taken'],
    ['an expiry that has passed', { claims: { exp: seconds(-40) } }, 'expired'],
    ['an expiry within the leeway', { claims: { exp: seconds(-15) } }, 'taken'],
    ['no expiry', { claims: { exp: undefined } }, 'expired'],
    ['a beginning still to come', { claims: { nbf: seconds(60) } }, 'not-yet'],
    ['a beginning within the leeway', { claims: { nbf: seconds(15) } }, 'taken'],
    ['no subject', { claims: { sub: undefined } }, 'subject'],
    ['an empty subject', { claims: { sub: '' } }, 'subject'],
    ['the type JWT', { header: { typ: 'JWT' } }, 'taken'],
    ['no type', { header: { typ: undefined } }, 'taken'],
    ['the type of a logout', { header: { typ: 'logout+jwt' } }, 'type'],
    ['the type of a proof of possession', { header: { typ: 'dpop+jwt' } }, 'type'],
    ['a header that must be understood', { header: { crit: ['b64'], b64: false } }, 'malformed'],
  ] as const)('with %s are judged', async (_, options, expected) => {
    const named = 'key' in options ? { ...options, key: key(options.key) } : options;
    expect(await judging.judge(await issuer.token(named as never).catch(() => 'a.b.c'))).toEqual(expected === 'taken' ? LET_IN : refused(expected));
  });

  it('are refused when somebody else could have made them', async () => {
    const good = await issuer.token();
    const [header, claims, signature] = good.split('.') as [string, string, string];
    const encoded = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url');
    const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
    const promoted = encoded({ ...parsed, roles: ['admin'] });
    expect(await judging.judge(`${header}.${promoted}.${signature}`)).toEqual(refused('signature'));
    expect(await judging.judge(`${header}.${claims}.${signature.slice(0, -4)}AAAA`)).toEqual(refused('signature'));
    for (const alg of ['none', 'None', 'HS256']) {
      const forged = `${encoded({ alg, kid: 'key-2', typ: 'at+jwt' })}.${promoted}`;
      // The public key taken for a secret: the oldest trick there is.
      const mac = createHmac('sha256', JSON.stringify(key('RS256').jwk)).update(forged).digest('base64url');
      expect([alg, await judging.judge(`${forged}.${mac}`)]).toEqual([alg, refused('algorithm')]);
    }
    const other = await issuer.addKey('ES256', { unpublished: true });
    expect(await judging.judge(await issuer.token({ key: { ...other, kid: 'key-1' } }))).toEqual(refused('signature'));
    // A key of its own in the header is nobody's word.
    expect(await judging.judge(await issuer.token({ key: other, header: { jwk: other.jwk, kid: undefined } }))).toEqual(refused('signature'));
    for (const text of ['a.b.c', '..', `${header}.${claims}.`, `${header}..${signature}`, '💥.e.e']) expect(await judging.judge(text)).toMatchObject({ refused: 'token-invalid' });
  });

  it('without one role of ours are let in nowhere', async () => {
    expect(await judging.judge(await issuer.token({ claims: { roles: ['everybody'] } }))).toEqual({ refused: 'role-unknown', subject: 'oidc:user-1' });
    expect(await judging.judge(await issuer.token({ claims: { roles: ['auditor', 'admin'] } }))).toEqual({ refused: 'role-ambiguous', subject: 'oidc:user-1' });
  });

  describe('and its keys', () => {
    it('are fetched once, and again for one that was not known', async () => {
      const token = await issuer.token();
      await Promise.all(Array.from({ length: 20 }, () => judging.judge(token)));
      expect(issuer.fetched).toBe(1);
      at += MINUTE;
      const rotated = await issuer.addKey();
      issuer.published = [rotated];
      expect(await judging.judge(await issuer.token({ key: rotated }))).toEqual(LET_IN);
      expect(issuer.fetched).toBe(2);
      // The one taken back is not relied on any more.
      at += MINUTE;
      expect(await judging.judge(token)).toEqual(refused('key'));
    });

    it('are not fetched as often as somebody names unknown ones', async () => {
      await judging.judge(await issuer.token());
      for (let i = 0; i < 50; i++) {
        at += 100;
        expect(await judging.judge(await issuer.token({ header: { kid: `no-${i}` } }))).toEqual(refused('key'));
      }
      expect(issuer.fetched).toBe(1);
      at += 10_000;
      await judging.judge(await issuer.token({ header: { kid: 'no' } }));
      expect(issuer.fetched).toBe(2);
    });

    it('serve on while the issuer is out of reach, until they are too old', async () => {
      const token = await issuer.token();
      expect(await judging.judge(token)).toEqual(LET_IN);
      issuer.trouble = { status: 503 };
      for (let minutes = 1; minutes < 15; minutes++) {
        at = minutes * MINUTE;
        expect([minutes, await judging.judge(token)]).toEqual([minutes, LET_IN]);
      }
      at = 15 * MINUTE;
      await expect(judging.judge(token)).rejects.toThrow(Unavailable);
      at += MINUTE;
      issuer.trouble = null;
      expect(await judging.judge(token)).toEqual(LET_IN);
    });

    it.each([
      ['nothing', { status: 500 }],
      ['something else', { body: 'hello' }],
      ['a list', { body: '[]' }],
      ['keys that are none', { body: '{"issuer": "x", "keys": 5}' }],
      ['too much', { body: `{"keys": "${'x'.repeat(600_000)}"}` }],
      ['another place, however good', { status: 302, location: '/elsewhere' }],
    ])('let nobody in when it answers with %s', async (_, trouble) => {
      issuer.trouble = trouble;
      const failed = await judging.judge(await issuer.token()).catch((e: unknown) => e);
      expect(failed).toBeInstanceOf(Unavailable);
      expect(failed).toMatchObject({ code: 'issuer-unavailable', retryAfterSeconds: 10 });
      expect(warnings.length).toBe(1);
      // Nobody can make it be asked again at once.
      at += 4_000;
      await expect(judging.judge(await issuer.token())).rejects.toMatchObject({ retryAfterSeconds: 6 });
      issuer.trouble = null;
      at += 6_000;
      expect(await judging.judge(await issuer.token())).toEqual(LET_IN);
    });

    it('let nobody in when another issuer answers in its place', async () => {
      issuer.trouble = { body: JSON.stringify({ issuer: 'https://elsewhere.example', jwks_uri: `${issuer.url}/keys` }) };
      await expect(judging.judge(await issuer.token())).rejects.toThrow(Unavailable);
      at += MINUTE;
      issuer.trouble = { body: JSON.stringify({ issuer: issuer.url, jwks_uri: 'http://elsewhere.example/keys' }) };
      await expect(judging.judge(await issuer.token())).rejects.toThrow(Unavailable);
      expect(issuer.fetched).toBe(0);
    });

    it('can be named without a discovery document', async () => {
      const direct = new OidcIssuer({ issuer: issuer.url, audience: 'ledger', roles: PLAIN_ROLES, jwks: `${issuer.url}/keys` }, { log, now: () => at });
      expect(await direct.judge(await issuer.token())).toEqual(LET_IN);
      expect(issuer.fetched).toBe(1);
    });

    it('have to be named where several fit', async () => {
      await issuer.addKey('ES256');
      expect(await judging.judge(await issuer.token({ header: { kid: undefined } }))).toEqual(refused('key'));
    });

    it('are waited for no longer than some seconds', async () => {
      const slow = new OidcIssuer({ issuer: issuer.url, audience: 'ledger', roles: PLAIN_ROLES, jwks: null }, { log, now: () => at, fetch: (_url, init) => Promise.reject((init as { signal: AbortSignal }).signal instanceof AbortSignal ? new Error('timed out') : new Error('no limit')) });
      await expect(slow.judge(await issuer.token())).rejects.toThrow(Unavailable);
      expect(warnings).toMatchObject([{ err: { message: 'timed out' } }]);
    });
  });
});
