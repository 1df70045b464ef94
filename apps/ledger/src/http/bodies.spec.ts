import { GOOD_BODIES } from '../testing/good-bodies.js';
import { StubLedger, UUID, ask, serve } from '../testing/stub-ledger.js';
import type { GoodBody } from '../testing/good-bodies.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Json = { [key: string]: unknown };

const WRONG: { readonly [type: string]: readonly unknown[] } = {
  string: [5, [], {}, null, '', '\u0000', 'a\nb', '\ud800', 'x'.repeat(5000), true],
  number: ['5', -1, 1.5, null, 1e18, [], {}, true],
  boolean: ['true', 1, null, {}],
  object: ['x', 5, [], null, true],
  list: ['x', {}, null, [], 5, [5], [null], [[]]],
};
const WRONG_DAYS = ['2026-02-30', '2026-2-3', '20260203', '2026-02-03T00:00:00Z', '0000-00-00', '99999-01-01', ' 2026-02-03', '2018-09-30', '2100-01-01'];

const isRecord = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);
const typeOf = (x: unknown): string => (Array.isArray(x) ? 'list' : typeof x);

type Path = readonly (string | number)[];
const text = (path: Path): string => path.reduce<string>((s, p) => (typeof p === 'number' ? `${s}[${p}]` : s ? `${s}.${p}` : p), '');

function* members(value: unknown, path: Path = []): Generator<readonly [Path, unknown]> {
  if (isRecord(value)) {
    for (const [k, v] of Object.entries(value)) {
      yield [[...path, k], v];
      yield* members(v, [...path, k]);
    }
  } else if (Array.isArray(value)) for (const [i, v] of value.entries()) yield* members(v, [...path, i]);
}

const GONE = Symbol('gone');
function put(body: unknown, path: Path, value: unknown): Json {
  const out = structuredClone(body) as Json;
  let at = out as { [key: string | number]: unknown };
  for (const p of path.slice(0, -1)) at = at[p] as typeof at;
  if (value === GONE) delete at[path.at(-1)!];
  else at[path.at(-1)!] = value;
  return out;
}

/** Every way to spoil a good body, with the path of the spoilt member. */
function* spoilt({ body, optional = [], nullable = [] }: GoodBody): Generator<readonly [what: string, body: Json, path: string]> {
  for (const [path, value] of members(body)) {
    const at = text(path);
    // A tier's bound makes it another tier; a fee's kind makes it another fee.
    if (path.at(-1) !== 'upTo' && !optional.includes(at)) yield [`no ${at}`, put(body, path, GONE), at];
    for (const wrong of WRONG[typeOf(value)]!) {
      if (wrong === null && nullable.includes(at)) continue;
      // The path after the contract's id may be empty: it then names the contract's own entry, with its own body.
      if (at === 'replacement.command' && wrong === '') continue;
      if (wrong === '' && (at === 'label' || at === 'description')) continue;
      yield [`${at} = ${String(JSON.stringify(wrong)).slice(0, 30)}`, put(body, path, wrong), at];
    }
    if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value))
      for (const day of WRONG_DAYS) yield [`${at} = ${day}`, put(body, path, day), at];
    if (isRecord(value) && !/^option(Fees|AccountCounts)$/.test(at)) {
      yield [`${at}.nonsense`, put(body, [...path, 'nonsense'], 1), `${at}.nonsense`];
      yield [`${at}.toString`, put(body, [...path, 'toString'], 1), `${at}.toString`];
    }
  }
  for (const name of ['nonsense', 'constructor', 'hasOwnProperty', '5']) yield [name, { ...body, [name]: 1 }, name];
  yield ['reason = null', { ...body, reason: null }, 'reason'];
  yield ['channel = 5', { ...body, channel: 5 }, 'channel'];
  yield ['document too long', { ...body, document: 'x'.repeat(2001) }, 'document'];
}

describe('the bodies of commands', () => {
  let app: NestFastifyApplication;
  const ledger = new StubLedger();
  beforeAll(async () => {
    app = await serve(ledger);
  });
  afterAll(() => app.close());

  describe.each(GOOD_BODIES.map((g) => [`${g.command} ${text(Object.keys(g.body))}`, g] as const))('%s', (_, good) => {
    it('passes as it was sent, as an instance of its DTO', async () => {
      ledger.asked.length = 0;
      const answer = await ask(app, good.method ?? 'POST', good.path, good.body);
      expect(answer.status).toBe(201);
      expect(ledger.asked.map((e) => e.name)).toEqual([good.command]);
      expect(JSON.parse(JSON.stringify(ledger.asked[0]!.body))).toEqual(good.body);
      expect(Object.getPrototypeOf(ledger.asked[0]!.body)).not.toBe(Object.prototype);
    });

    it('is refused with the path of what is wrong, and reaches nobody', async () => {
      ledger.asked.length = 0;
      const wrong: string[] = [];
      let tried = 0;
      for (const [what, body, path] of spoilt(good)) {
        tried++;
        const { status, body: problem } = await ask(app, good.method ?? 'POST', good.path, body);
        const errors = (problem['errors'] ?? []) as { path: string; message: string }[];
        // What is wrong inside a list may be told by its element.
        if (status !== 400 || !errors.some((e) => e.path === path || e.path.startsWith(`${path}[`)))
          wrong.push(`${what}: ${status} ${JSON.stringify(errors)}`);
      }
      expect(wrong).toEqual([]);
      expect(tried).toBeGreaterThan(15);
      expect(ledger.asked).toEqual([]);
    });
  });

  it('refuses an unpaired surrogate even where it is escaped', async () => {
    const { status, body } = await ask(app, 'POST', '/v1/management-units', '{"contractor":{"id":"K","name":"\\ud800"},"name":"U"}');
    expect([status, (body['errors'] as { path: string }[])[0]!.path]).toEqual([400, 'contractor.name']);
  });

  it('takes the widest and the narrowest values that are allowed', async () => {
    const unit = { contractor: { id: 'K', name: '山'.repeat(200) }, name: '𠮷'.repeat(200), reason: '', document: '文'.repeat(2000) };
    expect((await ask(app, 'POST', '/v1/management-units', unit)).status).toBe(201);
    const [, { path, body }] = GOOD_BODIES as readonly [GoodBody, GoodBody];
    for (const [member, value] of [
      [['accountCount'], 1],
      [['accountCount'], 1_000_000],
      [['fees', 'initial'], 10 ** 12],
      [['fees', 'initial'], 0],
      [['fees', 'initial'], null],
      [['acceptedOn'], '2018-10-01'],
      [['billingStartsOn'], '2099-12-31'],
    ] as const)
      expect([member, value, (await ask(app, 'POST', path, put(body, member, value))).status]).toEqual([member, value, 201]);
    for (const [member, value] of [
      [['accountCount'], 1_000_001],
      [['accountCount'], 0],
      [['fees', 'initial'], 10 ** 12 + 1],
    ] as const)
      expect([member, value, (await ask(app, 'POST', path, put(body, member, value))).status]).toEqual([member, value, 400]);
  });

  it('asks for a reason where the provider changes the account count', async () => {
    const body = { accountCount: 120, effectiveOn: '2026-03-01', requestedBy: 'provider', noticedOn: '2026-02-01' };
    const at = `/v1/contracts/${UUID}/account-count`;
    const { status, body: problem } = await ask(app, 'POST', at, body);
    expect([status, problem['errors']]).toEqual([400, [{ path: 'reason', message: 'is required' }]]);
    expect((await ask(app, 'POST', at, { ...body, reason: 'excess' })).status).toBe(201);
  });

  it('takes a quotation of one kind or of the other, not both', async () => {
    const at = `/v1/contracts/${UUID}/quotations`;
    const fee = { kind: 'fixed', amount: 1 };
    for (const body of [
      { subject: 'base', kind: 'monthly', amount: 5, effectiveOn: '2026-03-01' },
      { subject: 'base', kind: 'monthly', fee, effectiveOn: '2026-03-01', amount: 5 },
      { subject: 'base', kind: 'initial', fee, effectiveOn: '2026-03-01' },
      { subject: 'base', kind: 'initial', amount: 5, effectiveOn: '2026-03-01' },
      { subject: 'elsewhere', kind: 'initial', amount: 5 },
    ])
      expect([body, (await ask(app, 'POST', at, body)).status]).toEqual([body, 400]);
  });

  it('knows which clauses ask to keep a record', async () => {
    const body = { clause: 'A8-8', occurredOn: '2026-02-01', note: 'x' };
    expect((await ask(app, 'POST', '/v1/records', body)).status).toBe(400);
    expect((await ask(app, 'POST', '/v1/records', { ...body, clause: 'N41' })).status).toBe(400);
    expect((await ask(app, 'POST', '/v1/records', { ...body, clause: 'A2' })).status).toBe(201);
    expect((await ask(app, 'POST', '/v1/records', { ...body, clause: 'A2', optionId: UUID })).status).toBe(400);
  });
});
