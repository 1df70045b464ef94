import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ruleMessage } from './http/rule-texts.js';
import { isRecord } from './values.js';
import { parseRoleClaim, PLAIN_ROLES } from '@app/access';
import { parsePolicies, DEFAULT_POLICIES, FIRST_DAY } from '@app/agreement';
import { parsePlainDate } from '@app/calendar';
import { DEFAULT_SCHEDULE, parseAllowList, type AllowList, type Schedule } from '@app/delivery';
import { parseSecretsKey } from './delivery/secrets-key.js';
import { COSIGNATURE, parseVerifierKey } from '@app/transparency';
import type { RoleClaim } from '@app/access';
import type { Policies } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An OpenID Connect issuer whose tokens are taken beside the ledger's own. */
export interface OidcConfig {
  /** Exactly as its tokens name it. */
  readonly issuer: string;
  readonly audience: string;
  readonly roles: RoleClaim;
  /** Where its keys are; null: where its discovery document says. */
  readonly jwks: string | null;
}

/** The settings of one run. */
export interface Config {
  /** On 127.0.0.1; 0 lets the system choose. */
  readonly port: number;
  /** Absolute path. */
  readonly data: string;
  readonly policies: Policies;
  /** Null: real time. `today`: where a new sandbox's clock stands first; null: the real today. */
  readonly sandbox: { readonly today: PlainDate | null } | null;
  /** For the switch art142 only. */
  readonly holidays: Holidays | null;
  /** Null: the embedded store. */
  readonly eventStoreUrl: string | null;
  /** Whether corrections, withdrawals and erasures wait for a second subject. */
  readonly fourEyes: boolean;
  /** How long names and texts are kept after the year in which the contractor's last contract ended. */
  readonly retentionYears: number;
  /** Commands a minute for each subject; null: no limit. */
  readonly rateLimit: number | null;
  /** Null: the ledger's own tokens only. */
  readonly oidc: OidcConfig | null;
  readonly webhooks: {
    /** Targets that may be private and plain http. */
    readonly allow: AllowList;
    readonly schedule: Schedule;
  };
  /** Seals the secrets of webhooks; null: a file of the data folder holds the key. */
  readonly secretsKey: Uint8Array | null;
  readonly logLevel: LogLevel;
  /** Path of the socket on which the log's signer answers; null: checkpoints are not signed. */
  readonly signer: string | null;
  /** Who is offered every signed checkpoint. */
  readonly witnesses: readonly WitnessConfig[];
}

export interface WitnessConfig {
  /** Submission prefix, `http(s)://…`. */
  readonly url: string;
  /** Its public key, `<name>+<id>+<base64>`. */
  readonly vkey: string;
}

/** Every setting that is wrong, named; the service refuses to start. */
export class BadConfig extends Error {
  override readonly name = 'BadConfig';
  constructor(readonly problems: readonly string[]) {
    super(`the settings are refused:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  }
}

/**
 * Settings from environment variables. Empty counts as not set.
 * Throws {@link BadConfig} naming every variable that is wrong.
 */
export function readConfig(env: { readonly [name: string]: string | undefined }, cwd = process.cwd()): Config {
  const problems: string[] = [];
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  const wrong = (name: string, why: string): void => void problems.push(`${name}: ${why}`);

  const port = number(given('LEDGER_PORT') ?? '3000');
  if (port === null || port > 65_535) wrong('LEDGER_PORT', 'must be a port number from 0 to 65535');

  const policies = policiesOf(given('LEDGER_POLICIES'), wrong);
  const holidays = holidaysOf(given('LEDGER_HOLIDAYS'), cwd, wrong);
  if (policies.art142 === 'returns' && !given('LEDGER_HOLIDAYS'))
    wrong('LEDGER_POLICIES', 'art142 "returns" needs LEDGER_HOLIDAYS, a file of dates with a named range');

  const switched = given('LEDGER_SANDBOX') ?? 'false';
  if (switched !== 'true' && switched !== 'false') wrong('LEDGER_SANDBOX', 'must be true or false');
  const day = given('LEDGER_SANDBOX_TODAY');
  const today = day === undefined ? null : parsePlainDate(day);
  if (day !== undefined && (today === null || today < FIRST_DAY || today > '2099-12-31'))
    wrong('LEDGER_SANDBOX_TODAY', `must be a date YYYY-MM-DD from ${FIRST_DAY} to 2099-12-31`);

  const url = given('EVENTSTORE_URL') ?? null;
  if (url !== null && !/^(esdb|kurrentdb)(\+discover)?:\/\/./.test(url))
    wrong('EVENTSTORE_URL', 'must be a connection string that begins with esdb:// or esdb+discover://');

  const fourEyes = given('LEDGER_FOUR_EYES') ?? (switched === 'true' ? 'false' : 'true');
  if (fourEyes !== 'true' && fourEyes !== 'false') wrong('LEDGER_FOUR_EYES', 'must be true or false');
  const retentionYears = number(given('LEDGER_RETENTION_YEARS') ?? '10');
  if (retentionYears === null || retentionYears > 100) wrong('LEDGER_RETENTION_YEARS', 'must be a number of years from 0 to 100');
  const perMinute = given('LEDGER_RATE_LIMIT');
  const rateLimit = perMinute === undefined ? null : number(perMinute);
  if (perMinute !== undefined && (rateLimit === null || rateLimit === 0)) wrong('LEDGER_RATE_LIMIT', 'must be a number of commands a minute from 1 to 999999');
  const oidc = oidcOf(given, wrong);
  const { allow, wrong: unlisted } = parseAllowList(given('LEDGER_WEBHOOK_ALLOW') ?? '');
  for (const entry of unlisted) wrong('LEDGER_WEBHOOK_ALLOW', `must be a list of host:port; ${JSON.stringify(entry)} is none`);
  const schedule = scheduleOf(given('LEDGER_WEBHOOK_RETRY_SECONDS'), wrong);
  const key = given('LEDGER_SECRETS_KEY');
  const secretsKey = key === undefined ? null : parseSecretsKey(key);
  if (key !== undefined && secretsKey === null) wrong('LEDGER_SECRETS_KEY', 'must be 32 bytes in base64, such as `openssl rand -base64 32` makes');

  const logLevel = given('LEDGER_LOG_LEVEL') ?? 'info';
  if (!(LOG_LEVELS as readonly string[]).includes(logLevel)) wrong('LEDGER_LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`);

  const witnesses = witnessesOf(given('LEDGER_WITNESSES'), wrong);
  if (witnesses.length > 0 && given('LEDGER_SIGNER') === undefined)
    wrong('LEDGER_WITNESSES', 'needs LEDGER_SIGNER: a witness takes signed checkpoints only');

  if (problems.length > 0) throw new BadConfig(problems);
  return {
    port: port!,
    data: resolve(cwd, given('LEDGER_DATA') ?? './data'),
    policies,
    sandbox: switched === 'true' ? { today } : null,
    holidays,
    eventStoreUrl: url,
    fourEyes: fourEyes === 'true',
    retentionYears: retentionYears!,
    rateLimit,
    oidc,
    webhooks: { allow, schedule },
    secretsKey,
    logLevel: logLevel as LogLevel,
    signer: given('LEDGER_SIGNER') === undefined ? null : resolve(cwd, given('LEDGER_SIGNER')!),
    witnesses,
  };
}

type Wrong = (name: string, why: string) => void;

/** `<url>+<vkey>`, several with spaces or commas between. */
function witnessesOf(text: string | undefined, wrong: Wrong): WitnessConfig[] {
  return (text ?? '').split(/[\s,]+/).filter((one) => one !== '').flatMap((one) => {
    const cut = one.indexOf('+');
    const [url, vkey] = [one.slice(0, cut), one.slice(cut + 1)];
    try {
      const { protocol, username, search, hash } = new URL(url);
      if (!/^https?:$/.test(protocol) || username || search || hash) throw new TypeError('the part before the first + must be an http(s) URL, without a user or a query');
      const key = parseVerifierKey(vkey);
      if (key.kind !== COSIGNATURE) throw new TypeError('the key is not one that cosigns (its base64 begins with "B")');
      return [{ url, vkey: key.vkey }];
    } catch (error) {
      wrong('LEDGER_WITNESSES', `${one}: must be <url>+<public key>; ${(error as Error).message}`);
      return [];
    }
  });
}

const number = (text: string): number | null => (/^\d{1,6}$/.test(text) ? Number(text) : null);

/** Pauses in seconds, one before each further try. */
function scheduleOf(text: string | undefined, wrong: Wrong): Schedule {
  if (text === undefined) return DEFAULT_SCHEDULE;
  const seconds = text.split(',').map((s) => (/^\d{1,6}(\.\d{1,3})?$/.test(s.trim()) ? Number(s) : null));
  if (seconds.length > 50 || seconds.some((s) => s === null || s > 604_800)) {
    wrong('LEDGER_WEBHOOK_RETRY_SECONDS', 'must be a list of at most 50 pauses in seconds, each at most 604800, such as 5,300,1800');
    return DEFAULT_SCHEDULE;
  }
  return { ...DEFAULT_SCHEDULE, retryMs: seconds.map((s) => Math.round(s! * 1_000)) };
}

function policiesOf(text: string | undefined, wrong: Wrong): Policies {
  if (text === undefined) return DEFAULT_POLICIES;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    wrong('LEDGER_POLICIES', 'must be a JSON object of policy switches');
    return DEFAULT_POLICIES;
  }
  const parsed = parsePolicies(json);
  if ('policies' in parsed) return parsed.policies;
  for (const e of parsed.errors) wrong('LEDGER_POLICIES', `${e.path} ${ruleMessage(e.message, 'en')}`.trimStart());
  return DEFAULT_POLICIES;
}

/** Whether keys may be fetched from there: by https, or from this machine. */
export function isTrustworthy(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname));
}

function oidcOf(given: (name: string) => string | undefined, wrong: Wrong): OidcConfig | null {
  const issuer = given('LEDGER_OIDC_ISSUER');
  if (issuer === undefined) {
    for (const name of ['LEDGER_OIDC_AUDIENCE', 'LEDGER_OIDC_ROLES', 'LEDGER_OIDC_JWKS']) if (given(name) !== undefined) wrong(name, 'needs LEDGER_OIDC_ISSUER beside it');
    return null;
  }
  const https = 'must be an https URL (http only to this machine)';
  if (!isTrustworthy(issuer)) wrong('LEDGER_OIDC_ISSUER', https);
  const audience = given('LEDGER_OIDC_AUDIENCE');
  if (audience === undefined) wrong('LEDGER_OIDC_AUDIENCE', 'must name the audience that the issuer gives this ledger');
  const jwks = given('LEDGER_OIDC_JWKS') ?? null;
  if (jwks !== null && !isTrustworthy(jwks)) wrong('LEDGER_OIDC_JWKS', https);
  const text = given('LEDGER_OIDC_ROLES');
  let roles: RoleClaim | string = PLAIN_ROLES;
  if (text !== undefined)
    try {
      roles = parseRoleClaim(JSON.parse(text));
    } catch {
      roles = 'must be JSON: {"claim": "roles", "roles": {"<value>": "<role>"}}';
    }
  if (typeof roles === 'string') wrong('LEDGER_OIDC_ROLES', roles);
  return { issuer, audience: audience ?? '', roles: typeof roles === 'string' ? PLAIN_ROLES : roles, jwks };
}

/** `{"name": "…", "from": "YYYY-MM-DD", "to": "YYYY-MM-DD", "dates": ["YYYY-MM-DD", …]}`. */
function holidaysOf(file: string | undefined, cwd: string, wrong: Wrong): Holidays | null {
  if (file === undefined) return null;
  const bad = (why: string): null => {
    wrong('LEDGER_HOLIDAYS', why);
    return null;
  };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
  } catch (e) {
    return bad(`cannot be read as JSON (${e instanceof Error ? e.message : String(e)})`);
  }
  if (!isRecord(json)) return bad('must hold {"name", "from", "to", "dates"}');
  const { name, from, to, dates, ...rest } = json;
  if (Object.keys(rest).length > 0) return bad(`${Object.keys(rest).join(', ')}: not known; known are name, from, to, dates`);
  if (typeof name !== 'string' || name === '') return bad('name must say which table this is');
  const first = parsePlainDate(from as string);
  const last = parsePlainDate(to as string);
  if (first === null || last === null || first > last) return bad('from and to must be dates YYYY-MM-DD, in order');
  if (!Array.isArray(dates)) return bad('dates must be a list');
  const outside = dates.filter((d) => parsePlainDate(d as string) === null || d < first || d > last);
  if (outside.length > 0) return bad(`not a date from ${first} to ${last}: ${JSON.stringify(outside[0])}`);
  return { name, from: first, to: last, days: new Set(dates as string[]) };
}
