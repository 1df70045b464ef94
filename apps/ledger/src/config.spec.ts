import { COSIGNATURE, ED25519, newSignerKey } from '@app/transparency';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN_ROLES } from '@app/access';
import { DEFAULT_POLICIES } from '@app/agreement';
import { DEFAULT_SCHEDULE } from '@app/delivery';
import { BadConfig, readConfig } from './config.js';

const refusals = (env: { [name: string]: string }, cwd = '/here'): readonly string[] => {
  try {
    readConfig(env, cwd);
    return [];
  } catch (e) {
    if (!(e instanceof BadConfig)) throw e;
    return e.problems;
  }
};

const WITNESS = newSignerKey('witness.example/w1', COSIGNATURE).vkey;

describe('the settings', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(folder, name);
  };
  const TABLE = { name: 'National holidays', from: '2026-01-01', to: '2026-12-31', dates: ['2026-01-01', '2026-01-12'] };

  it('have defaults, and empty counts as not set', () => {
    const defaults = { port: 3000, data: '/here/data', policies: DEFAULT_POLICIES, sandbox: null, holidays: null, eventStoreUrl: null, oidc: null, fourEyes: true, retentionYears: 10, rateLimit: null, logLevel: 'info', signer: null, witnesses: [], webhooks: { allow: new Set(), schedule: DEFAULT_SCHEDULE }, secretsKey: null };
    expect(readConfig({}, '/here')).toEqual(defaults);
    expect(readConfig({ LEDGER_PORT: '', LEDGER_POLICIES: ' ', LEDGER_SANDBOX: '', EVENTSTORE_URL: '' }, '/here')).toEqual(defaults);
  });

  it('are read', () => {
    expect(
      readConfig({
        LEDGER_PORT: '8080',
        LEDGER_DATA: '/var/ledger',
        LEDGER_POLICIES: '{"art142":"returns","rounding":"halfUp"}',
        LEDGER_HOLIDAYS: file('holidays.json', TABLE),
        LEDGER_SANDBOX: 'true',
        LEDGER_SANDBOX_TODAY: '2026-02-20',
        EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false',
        LEDGER_FOUR_EYES: 'true',
        LEDGER_RETENTION_YEARS: '7',
        LEDGER_RATE_LIMIT: '600',
        LEDGER_LOG_LEVEL: 'warn',
        LEDGER_WEBHOOK_ALLOW: '127.0.0.1:8080, billing.internal:443',
        LEDGER_WEBHOOK_RETRY_SECONDS: '0.5, 10,300',
        LEDGER_SECRETS_KEY: Buffer.alloc(32, 5).toString('base64'),
        LEDGER_SIGNER: '/run/ledger/signer.sock',
        LEDGER_WITNESSES: `https://witness.example/log+${WITNESS} http://127.0.0.1:9000/+${WITNESS}`,
      }),
    ).toEqual({
      port: 8080,
      data: '/var/ledger',
      policies: { ...DEFAULT_POLICIES, art142: 'returns', rounding: 'halfUp' },
      holidays: { name: 'National holidays', from: '2026-01-01', to: '2026-12-31', days: new Set(TABLE.dates) },
      sandbox: { today: '2026-02-20' },
      eventStoreUrl: 'esdb://127.0.0.1:2113?tls=false',
      fourEyes: true,
      retentionYears: 7,
      rateLimit: 600,
      oidc: null,
      logLevel: 'warn',
      webhooks: { allow: new Set(['127.0.0.1:8080', 'billing.internal:443']), schedule: { ...DEFAULT_SCHEDULE, retryMs: [500, 10_000, 300_000] } },
      secretsKey: Buffer.alloc(32, 5),
      signer: '/run/ledger/signer.sock',
      witnesses: [
        { url: 'https://witness.example/log', vkey: WITNESS },
        { url: 'http://127.0.0.1:9000/', vkey: WITNESS },
      ],
    });
  });

  describe('of an issuer', () => {
    const ISSUER = { LEDGER_OIDC_ISSUER: 'https://id.example/realms/a', LEDGER_OIDC_AUDIENCE: 'ledger' };

    it('need its name and ours, nothing else', () => {
      expect(readConfig(ISSUER).oidc).toEqual({ issuer: 'https://id.example/realms/a', audience: 'ledger', roles: PLAIN_ROLES, jwks: null });
      expect(readConfig({ ...ISSUER, LEDGER_OIDC_ROLES: '{"claim":["realm_access","roles"],"roles":{"ops":"operator"}}', LEDGER_OIDC_JWKS: 'https://id.example/keys' }).oidc).toMatchObject({
        roles: { path: ['realm_access', 'roles'], roles: new Map([['ops', 'operator']]) },
        jwks: 'https://id.example/keys',
      });
      expect(readConfig({ ...ISSUER, LEDGER_OIDC_ISSUER: 'http://127.0.0.1:8080' }).oidc?.issuer).toBe('http://127.0.0.1:8080');
    });

    it.each([
      [{ LEDGER_OIDC_AUDIENCE: 'ledger' }, 'LEDGER_OIDC_AUDIENCE: needs LEDGER_OIDC_ISSUER'],
      [{ LEDGER_OIDC_ISSUER: 'https://id.example' }, 'LEDGER_OIDC_AUDIENCE: must name'],
      [{ ...ISSUER, LEDGER_OIDC_ISSUER: 'http://id.example' }, 'LEDGER_OIDC_ISSUER: must be an https URL'],
      [{ ...ISSUER, LEDGER_OIDC_ISSUER: 'https://user:pass@id.example' }, 'LEDGER_OIDC_ISSUER: must be an https URL'],
      [{ ...ISSUER, LEDGER_OIDC_ISSUER: 'http://127.0.0.1.evil.example' }, 'LEDGER_OIDC_ISSUER: must be an https URL'],
      [{ ...ISSUER, LEDGER_OIDC_JWKS: 'ftp://id.example' }, 'LEDGER_OIDC_JWKS: must be an https URL'],
      [{ ...ISSUER, LEDGER_OIDC_ROLES: 'roles' }, 'LEDGER_OIDC_ROLES: must be JSON'],
      [{ ...ISSUER, LEDGER_OIDC_ROLES: '{"roles":{"x":"root"}}' }, 'LEDGER_OIDC_ROLES: roles: x must stand for one of'],
    ])('%j are refused', (env, why) => {
      expect(refusals(env as never)).toEqual([expect.stringContaining(why)]);
    });
  });

  it('leave the sandbox off unless it is switched on, whatever day is named', () => {
    expect(readConfig({ LEDGER_SANDBOX_TODAY: '2026-02-20' }).sandbox).toBeNull();
    expect(readConfig({ LEDGER_SANDBOX: 'true' }).sandbox).toEqual({ today: null });
  });

  it('ask for four eyes wherever it is not a sandbox', () => {
    expect([readConfig({}).fourEyes, readConfig({ LEDGER_SANDBOX: 'true' }).fourEyes, readConfig({ LEDGER_FOUR_EYES: 'false' }).fourEyes]).toEqual([true, false, false]);
  });

  it.each([
    [{ LEDGER_FOUR_EYES: 'maybe' }, /^LEDGER_FOUR_EYES: /],
    [{ LEDGER_RETENTION_YEARS: '-1' }, /^LEDGER_RETENTION_YEARS: /],
    [{ LEDGER_RETENTION_YEARS: '101' }, /^LEDGER_RETENTION_YEARS: /],
    [{ LEDGER_RATE_LIMIT: '0' }, /^LEDGER_RATE_LIMIT: /],
    [{ LEDGER_RATE_LIMIT: 'many' }, /^LEDGER_RATE_LIMIT: /],
    [{ LEDGER_PORT: 'http' }, /^LEDGER_PORT: /],
    [{ LEDGER_PORT: '65536' }, /^LEDGER_PORT: /],
    [{ LEDGER_PORT: '-1' }, /^LEDGER_PORT: /],
    [{ LEDGER_PORT: '80.5' }, /^LEDGER_PORT: /],
    [{ LEDGER_POLICIES: '{' }, /^LEDGER_POLICIES: must be a JSON object/],
    [{ LEDGER_POLICIES: '[]' }, /^LEDGER_POLICIES: /],
    [{ LEDGER_POLICIES: '{"luck":"good"}' }, /^LEDGER_POLICIES: luck is not a policy/],
    [{ LEDGER_POLICIES: '{"rounding":"ceil"}' }, /^LEDGER_POLICIES: rounding must be one of floor, halfUp/],
    [{ LEDGER_POLICIES: '{"art142":"returns"}' }, /needs LEDGER_HOLIDAYS/],
    [{ LEDGER_SANDBOX: 'yes' }, /^LEDGER_SANDBOX: /],
    [{ LEDGER_SANDBOX_TODAY: '2026-02-30' }, /^LEDGER_SANDBOX_TODAY: /],
    [{ LEDGER_SANDBOX: 'true', LEDGER_SANDBOX_TODAY: '2018-09-30' }, /^LEDGER_SANDBOX_TODAY: .*2018-10-01/],
    [{ EVENTSTORE_URL: 'http://127.0.0.1:2113' }, /^EVENTSTORE_URL: /],
    [{ LEDGER_HOLIDAYS: 'nowhere.json' }, /^LEDGER_HOLIDAYS: cannot be read/],
    [{ LEDGER_LOG_LEVEL: 'loud' }, /^LEDGER_LOG_LEVEL: /],
    [{ LEDGER_WEBHOOK_ALLOW: '127.0.0.1' }, /^LEDGER_WEBHOOK_ALLOW: .*"127.0.0.1"/],
    [{ LEDGER_WEBHOOK_RETRY_SECONDS: '5,soon' }, /^LEDGER_WEBHOOK_RETRY_SECONDS: /],
    [{ LEDGER_WEBHOOK_RETRY_SECONDS: '604801' }, /^LEDGER_WEBHOOK_RETRY_SECONDS: /],
    [{ LEDGER_SECRETS_KEY: 'c2hvcnQ=' }, /^LEDGER_SECRETS_KEY: must be 32 bytes/],
    [{ LEDGER_WITNESSES: `https://w.example+${WITNESS}` }, /^LEDGER_WITNESSES: needs LEDGER_SIGNER/],
    [{ LEDGER_SIGNER: '/s', LEDGER_WITNESSES: 'https://w.example' }, /^LEDGER_WITNESSES: https:\/\/w.example: must be <url>\+<public key>/],
    [{ LEDGER_SIGNER: '/s', LEDGER_WITNESSES: `ftp://w.example+${WITNESS}` }, /must be an http\(s\) URL/],
    [{ LEDGER_SIGNER: '/s', LEDGER_WITNESSES: `https://w.example+${newSignerKey('log', ED25519).vkey}` }, /not one that cosigns/],
  ])('%j is refused', (env, because) => {
    expect(refusals(env)).toEqual([expect.stringMatching(because)]);
  });

  it('name everything that is wrong at once', () => {
    expect(refusals({ LEDGER_PORT: 'x', LEDGER_SANDBOX: 'x', EVENTSTORE_URL: 'x' }).length).toBe(3);
  });

  it.each([
    ['not JSON', '{'],
    ['a list', []],
    ['without a name', { ...TABLE, name: '' }],
    ['a range backwards', { ...TABLE, from: '2027-01-01' }],
    ['a date outside', { ...TABLE, dates: ['2027-01-01'] }],
    ['a date that does not exist', { ...TABLE, dates: ['2026-02-30'] }],
    ['something unknown', { ...TABLE, days: [] }],
    ['no list of dates', { ...TABLE, dates: 'none' }],
  ])('a holiday table that is %s is refused', (_, content) => {
    expect(refusals({ LEDGER_HOLIDAYS: file('bad.json', content) })).toEqual([expect.stringMatching(/^LEDGER_HOLIDAYS: /)]);
  });
});
