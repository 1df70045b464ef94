/** Every command with each member missing, of the wrong type, out of range, unknown: 400 with the path, in words of the language asked for, and nothing stored. */
import { randomUUID } from 'node:crypto';
import { addOptions, applied, contractBody, fixed, notice, openContract, openUnit, optionsBody, taken, UNIT } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Api } from './support/api.js';

interface Command {
  readonly path: string;
  readonly body: object;
  /** Members that may be left out, or be null. */
  readonly optional?: readonly string[];
  readonly nullable?: readonly string[];
  readonly put?: true;
}
type Kind = 'day' | 'name' | 'words' | 'text' | 'id' | 'count' | 'yen' | 'flag' | 'one-of' | 'option' | 'object' | 'list' | 'subject' | 'clause' | 'up-to' | 'command';

const LONG = 'x'.repeat(201);
const DAYS = ['2026-02-30', '2026-2-3', '20260203', '2026-02-03T00:00:00Z', '0000-00-00', '99999-01-01', ' 2026-02-03', '2026-02-03\n', '2018-09-30', '2100-01-01', '2026-13-01', '２０２６-02-03'];
const WRONG: { readonly [K in Kind]: readonly unknown[] } = {
  day: [5, [], {}, true, '', null, ...DAYS],
  name: [5, [], {}, true, '', ' ', null, '\u0000', 'a\tb', '\u0085', LONG],
  words: [5, [], {}, true, '', ' \u3000', null, '\u0000', 'x'.repeat(2_001)],
  text: [5, [], {}, true, null, '\u0000', 'x'.repeat(2_001)],
  id: [5, [], {}, true, '', 'x', null, '00000000-0000-0000-0000-000000000000', ` ${randomUUID()}`, randomUUID().toUpperCase()],
  count: ['5', -1, 0, 1.5, null, 1e18, 1_000_001, [], {}, true],
  yen: ['5', -1, 1.5, null, 1e18, 1_000_000_000_001, [], {}, true],
  flag: ['true', 1, 0, null, [], {}],
  'one-of': [5, [], {}, true, '', null, 'nonsense', 'toString'],
  option: [0, 46, -1, 1.5, '5', null, [], {}, true],
  object: ['x', 5, [], null, true],
  list: ['x', 5, {}, null, true, []],
  subject: [5, [], {}, true, '', 'BASE', null],
  'up-to': ['5', -1, 0, 1.5, null, 1e18, [], {}, true],
  command: [5, [], {}, true, null, 'nonsense', 'corrections', '/options', 'options/x'],
  clause: [5, [], {}, true, '', 'A99', 'A10-1', 'S-R7-10-1-2', null],
};

function kindOf(key: string, value: unknown): Kind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'boolean') return 'flag';
  if (/On$|^today$/.test(key)) return 'day';
  if (['managementUnitId', 'contractId', 'optionId', 'eventId'].includes(key)) return 'id';
  if (['accountCount', 'accounts', 'units'].includes(key)) return 'count';
  if (key === 'upTo') return 'up-to';
  if (['requestedBy', 'ground', 'kind', 'role'].includes(key)) return 'one-of';
  if (key === 'option' || key === 'clause' || key === 'command') return key;
  if (key === 'subject') return value === 'base' ? 'subject' : 'name';
  if (['document', 'reason', 'note', 'label'].includes(key)) return 'words';
  return typeof value === 'number' ? 'yen' : 'name';
}

type Place = readonly (string | number)[];
const named = (place: Place): string => place.reduce<string>((path, p) => (typeof p === 'number' ? `${path}[${p}]` : path ? `${path}.${p}` : p), '');

function* places(value: unknown, at: Place = []): Generator<{ place: Place; value: unknown }> {
  if (Array.isArray(value)) for (const [i, v] of value.entries()) yield* places(v, [...at, i]);
  else if (typeof value === 'object' && value !== null)
    for (const [k, v] of Object.entries(value)) {
      yield { place: [...at, k], value: v };
      yield* places(v, [...at, k]);
    }
}

const MISSING = Symbol('missing');
function put(body: object, place: Place, value: unknown): object {
  const copy = structuredClone(body);
  let at = copy as { [key: string | number]: unknown };
  for (const p of place.slice(0, -1)) at = at[p] as typeof at;
  if (value === MISSING) delete at[place.at(-1)!];
  else at[place.at(-1)!] = value;
  return copy;
}

/** Bodies that must be refused, each with the path that must be named. */
function* bad(c: Command): Generator<{ body: object; path: string; what: string }> {
  const tolerant = (list: readonly string[] | undefined, path: string): boolean => (list ?? []).includes(path);
  yield { body: put(c.body, ['nonsense'], 1), path: 'nonsense', what: 'unknown' };
  for (const { place, value } of places(c.body)) {
    const path = named(place);
    const key = String(place.at(-1));
    const kind = kindOf(key, value);
    const freely = ['reason', 'document', 'label'].includes(path) && tolerant(c.optional, path);
    if (!tolerant(c.optional, path)) yield { body: put(c.body, place, MISSING), path, what: 'missing' };
    for (const wrong of WRONG[freely ? 'text' : kind]) if (!(wrong === null && tolerant(c.nullable, path))) yield { body: put(c.body, place, wrong), path, what: JSON.stringify(wrong).slice(0, 40) };
    if (kind === 'object' && !/^option(Fees|AccountCounts)$/.test(key)) yield { body: put(c.body, [...place, 'nonsense'], 1), path: named([...place, 'nonsense']), what: 'unknown' };
  }
}

let s: Service;
let api: Api;
let commands: Command[];
const WHY = { reason: 'because', channel: 'mail', document: 'D-1' };
const MAY = ['reason', 'channel', 'document'];
const MUST = ['channel', 'document'];

const IN_JAPANESE = { headers: { 'accept-language': 'ja' } };
const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/;

beforeAll(async () => {
  s = await Service.start({ today: '2026-02-20' });
  api = s.api;
  const unit = await openUnit(api);
  const opened = await openContract(api, { managementUnitId: unit, item: 'L', acceptedOn: '2026-01-05', billingStartsOn: '2026-02-01' });
  const at = `/v1/contracts/${opened.contractId}`;
  const added = await addOptions(api, opened.contractId, '2026-02-01', [applied(1), applied(2), applied(31)]);
  const [, devices, own] = added.optionIds as [string, string, string];
  const change = taken(await api.post(`${at}/account-count`, { accountCount: 90, effectiveOn: '2026-06-01', requestedBy: 'contractor' }));
  const excess = taken(await api.post(`${at}/excess-usages`, { detectedOn: '2026-02-18', accounts: 3 }));
  taken(await api.post(`${at}/options/${devices}/devices/faults`, { occurredOn: '2026-02-10', attributableToContractor: true }));
  taken(await api.post(`${at}/options/${devices}/devices/losses`, { lostOn: '2026-02-10', charge: null }));
  const other = await openContract(api, { item: 'L', acceptedOn: '2026-01-05' });
  const otherOptions = await addOptions(api, other.contractId, '2026-01-06', [applied(31)]);
  const notified = taken(await api.post(`/v1/contracts/${other.contractId}/cancellation-notices`, notice('2026-02-01', '2026-05-31')));
  const stopped = taken(await api.post(`/v1/contracts/${other.contractId}/options/${otherOptions.optionIds[0]!}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
  const vendor = taken(await api.post('/v1/vendors/LayerX/discontinuations', { endsOn: '2027-12-31', reason: 'ends' }));
  const token = taken(await api.post('/v1/tokens', { subject: 'to-be-revoked', role: 'auditor' }));
  const option = { ...optionsBody('2026-02-11', [applied(35, { accountCount: 5, fees: { initial: 0, monthly: { kind: 'tiered', tiers: [{ upTo: 10, unit: 5 }, { unit: 4 }] } } }), applied(33, { units: 2, fees: { initial: 5, monthly: { kind: 'perAccount', unit: 7 } } })], '2026-02-12'), ...WHY };
  const optional = MAY;

  commands = [
    { path: '/v1/management-units', body: { ...UNIT, ...WHY }, optional },
    { path: '/v1/contracts', body: { ...contractBody(unit, { item: 'X' }), ...WHY }, optional, nullable: ['fees.initial'] },
    {
      path: `${at}/options`,
      body: option,
      optional: [...MAY, 'options[0].fees.initial', 'options[1].units', 'options[1].fees.initial', 'options[0].fees.monthly.tiers[0].upTo'],
      nullable: ['options[0].fees.initial', 'options[1].fees.initial'],
    },
    {
      path: `${at}/account-count`,
      body: { accountCount: 120, effectiveOn: '2026-03-01', requestedBy: 'contractor', noticedOn: '2026-02-19', fees: { monthly: fixed(7) }, optionFees: { [own]: { monthly: fixed(8) } }, optionAccountCounts: { [own]: 9 }, ...WHY },
      optional: [...MAY, 'noticedOn', 'fees', 'optionFees', 'optionAccountCounts', `optionFees.${own}`, `optionAccountCounts.${own}`],
    },
    { path: `${at}/account-count/${change.changeId}/withdrawals`, body: WHY, optional: MUST },
    { path: `${at}/cancellation-notices`, body: { ...notice('2026-02-15', '2026-06-30'), ...WHY }, optional, nullable: ['designatedOn'] },
    { path: `/v1/contracts/${other.contractId}/cancellation-notices/${notified.noticeId}/withdrawals`, body: { consentedOn: '2026-02-10', ...WHY }, optional: MUST },
    { path: `${at}/options/${own}/cancellation-notices`, body: { ...notice('2026-02-15', '2026-06-30'), ...WHY }, optional, nullable: ['designatedOn'] },
    { path: `/v1/contracts/${other.contractId}/options/${otherOptions.optionIds[0]!}/cancellation-notices/${stopped.noticeId}/withdrawals`, body: { consentedOn: '2026-02-10', ...WHY }, optional: MUST },
    { path: `${at}/terminations`, body: { endsOn: '2026-09-30', ground: 'provider', ...WHY }, optional: MUST },
    { path: `${at}/quotations`, body: { subject: 'base', kind: 'monthly', fee: fixed(5), effectiveOn: '2026-03-01', ...WHY }, optional },
    { path: `${at}/quotations`, body: { subject: 'base', kind: 'excess', amount: 5, chargeId: excess.chargeId, ...WHY }, optional: [...MAY, 'chargeId'] },
    { path: `${at}/excess-usages`, body: { detectedOn: '2026-02-18', accounts: 3, charge: 900, optionId: own, ...WHY }, optional: [...MAY, 'charge', 'optionId'], nullable: ['charge'] },
    { path: `${at}/corrections`, body: { eventId: added.events[0]!.id, replacement: { command: 'options', body: optionsBody('2026-02-01', [applied(1), applied(2), applied(31)]) }, ...WHY }, optional: [...MUST, 'replacement'] },
    { path: `${at}/options/${devices}/devices/faults`, body: { occurredOn: '2026-02-18', attributableToContractor: true, charge: 900, ...WHY }, optional: [...MAY, 'charge'] },
    { path: `${at}/options/${devices}/devices/replacements`, body: { arrivedOn: '2026-02-18', ...WHY }, optional },
    { path: `${at}/options/${devices}/devices/returns`, body: { returnedOn: '2026-02-18', ...WHY }, optional },
    { path: `${at}/options/${devices}/devices/losses`, body: { lostOn: '2026-02-18', charge: 900, ...WHY }, optional: [...MAY, 'charge'], nullable: ['charge'] },
    { path: `${at}/options/${devices}/devices/recoveries`, body: { foundOn: '2026-02-18', ...WHY }, optional },
    { path: '/v1/vendors/Acronis/discontinuations', body: { endsOn: '2026-12-31', ...WHY }, optional: MUST },
    { path: `/v1/vendors/LayerX/discontinuations/${vendor.discontinuationId}/corrections`, body: { replacement: { endsOn: '2028-12-31' }, ...WHY }, optional: [...MUST, 'replacement'] },
    { path: '/v1/records', body: { clause: 'A8-4-1-i', occurredOn: '2026-02-18', contractId: opened.contractId, optionId: devices, note: 'consent given', ...WHY }, optional: [...MAY, 'contractId', 'optionId'] },
    { path: '/v1/tokens', body: { subject: 'someone', role: 'auditor', label: 'for the audit', ...WHY }, optional: [...MAY, 'label'] },
    { path: `/v1/tokens/${token.tokenId}/revocations`, body: WHY, optional: MUST },
    { path: '/v1/sandbox/clock', body: { today: '2026-02-21' }, put: true },
  ];
}, 120_000);
afterAll(endServices, 60_000);

test('every command: 400 with the path, and nothing stored', async () => {
  const log = (await readLog(s)).length;
  let tried = 0;
  const wrong: string[] = [];
  const routes = new Set<string>();
  for (const c of commands) {
    const name = c.path.replace(/[0-9a-f-]{36}/g, ':id');
    routes.add(name);
    if (!c.put) {
      const good = await api.post(`${c.path}?preview=true`, c.body);
      if (good.status !== 200) wrong.push(`${name}: the good body is refused: ${good.status} ${good.text.slice(0, 300)}`);
    }
    for (const { body, path, what } of bad(c)) {
      tried++;
      const r = c.put ? await api.call('PUT', c.path, body, IN_JAPANESE) : await api.post(c.path, body, IN_JAPANESE);
      const paths = r.status === 400 ? r.body.errors.map((e) => e.path) : [];
      // What stands on the member may be told of what is in it.
      const found = paths.some((p) => p === path || p.startsWith(`${path}.`) || p.startsWith(`${path}[`));
      if (!found || !r.body.errors.every((e) => JAPANESE.test(e.message))) wrong.push(`${name}: ${path} ${what} -> ${r.status} ${r.text.slice(0, 200)}`);
    }
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(routes.size).toBe(24);
  expect(tried).toBeGreaterThan(1_500);
  expect((await readLog(s)).length).toBe(log);
  expect(s.complaints()).toEqual([]);
  expect((await api.get('/v1/sandbox/clock')).body).toEqual({ today: '2026-02-20' });
}, 120_000);

test('a replacement is judged like a command of its own', async () => {
  const { contractId, events } = await openContract(api, { item: 'X', acceptedOn: '2026-01-05' });
  const path = `/v1/contracts/${contractId}/corrections`;
  const unit = await openUnit(api);
  for (const [replacement, want] of [
    [{ command: '', body: { ...contractBody(unit), accountCount: 0 } }, 'replacement.body.accountCount'],
    [{ command: '', body: { ...contractBody(unit), nonsense: 1 } }, 'replacement.body.nonsense'],
    [{ command: '', body: null }, 'replacement.body'],
    [{ command: 'nonsense', body: {} }, 'replacement.command'],
    [{ command: 'corrections', body: {} }, 'replacement.command'],
    [{ command: '/options', body: {} }, 'replacement.command'],
    [{ command: 'options/x/cancellation-notices', body: notice('2026-02-01') }, 'replacement.command'],
    [{ command: 'cancellation-notices', body: notice('2026-02-01') }, 'replacement.command'],
    [{ command: '', body: contractBody(unit, { acceptedOn: '2026-01-05' }) }, 'replacement.body.managementUnitId'],
    [{ command: '', body: contractBody(unit), more: 1 }, 'replacement.more'],
  ] as const) {
    const r = await api.post(path, { eventId: events[0]!.id, reason: 'typed wrongly', replacement });
    expect([replacement, r.status, r.body.errors?.map((e) => e.path)]).toEqual([replacement, 400, [want]]);
  }
});

test('what only the contract, the day or the tables show is told in both languages too', async () => {
  const { contractId, events } = await openContract(api, { item: 'L', acceptedOn: '2026-01-05' });
  const unit = await openUnit(api);
  const at = `/v1/contracts/${contractId}`;
  for (const [url, body, path, en, ja] of [
    [`${at}/cancellation-notices`, notice('2026-02-21'), 'arrivedOn', 'is 2026-02-21, after today (2026-02-20); enter it once it has happened', '2026-02-21 は今日(2026-02-20)より後です。実際に起きてから入力してください'],
    [`${at}/terminations`, { endsOn: '2026-01-04', ground: 'provider', reason: 'x' }, 'endsOn', 'is before the acceptance (2026-01-05)', '承諾日(2026-01-05)より前にはできません'],
    [`${at}/options`, optionsBody('2026-02-01', [{ option: 31, fees: { monthly: fixed(5) } }]), 'options[0].accountCount', 'is missing; option 31 has an account count of its own', '必須です。オプション 31 には固有の契約アカウント数があります'],
    [`${at}/account-count`, { accountCount: 9, effectiveOn: '2026-03-01', requestedBy: 'contractor', optionAccountCounts: { [randomUUID()]: 5 } }, null, 'is not an option of this contract', 'この契約のオプションではありません'],
    [`${at}/quotations`, { subject: 'base', kind: 'excess', amount: 5 }, 'chargeId', 'is missing; name the charge that the price is for', '必須です。どの費用の価格かを指定してください'],
    [`${at}/quotations`, { subject: 'base', kind: 'monthly', fee: { kind: 'tiered', tiers: [{ upTo: 9, unit: 5 }, { upTo: 99, unit: 4 }] }, effectiveOn: '2026-03-01' }, 'fee.tiers[1].upTo', 'the last tier is open: leave it out', '最後の段階には上限がないため、指定できません'],
    [`${at}/corrections`, { eventId: events[0]!.id, reason: 'typed wrongly', replacement: { command: '', body: contractBody(unit, { item: 'L' }) } }, 'replacement.body.managementUnitId', /^must be the unit of this contract/, /^この契約の管理単位/],
    ['/v1/contracts', contractBody(unit, { item: 'nonsense' }), 'item', /^is neither an item's code nor the name of one in force on 20/, /^品目のコードでも、20/],
    ['/v1/records', { clause: 'A8-4-1-i', occurredOn: '2026-02-21', note: 'consent given' }, 'occurredOn', /^is 2026-02-21, after today/, /^2026-02-21 は今日/],
    ['/v1/simulations/settlement', { monthlyFee: 5, periodStartsOn: '2026-01-01', periodEndsOn: '2026-12-31', endsOn: '2026-02-01', policies: { rounding: 'up' } }, 'policies.rounding', 'must be one of floor, halfUp', 'floor、halfUp のいずれかでなければなりません'],
    ['/v1/tokens', { subject: 'Jane Doe', role: 'auditor' }, 'subject', /^must be an id of 1 to 100/, /からなる ID でなければなりません$/],
    ['/v1/webhooks', { url: 'https://127.0.0.1/' }, 'url', /^leads to an address that is not public/, /^公開されていないアドレスです/],
  ] as const) {
    const answers = await Promise.all(['en', 'ja'].map((language) => api.post(url, body, { headers: { 'accept-language': language } })));
    expect([url, ...answers.map((r) => [r.status, r.headers['content-language'], r.body.errors])]).toEqual([
      url,
      ...[['en', en], ['ja', ja]].map(([language, said]) => [400, language, [{ path: path ?? expect.any(String), message: said instanceof RegExp ? expect.stringMatching(said) : said }]]),
    ]);
  }
});
