import { randomUUID } from 'node:crypto';
import { ITEM_CODES, OPTIONS, prerequisitesOn, type ItemCode, type OptionRow } from '@app/agreement';
import { addOptions, applied, contractBody, fixed, moveTo, notice, openContract, openUnit, optionsBody, taken, type Applied, type ContractBody } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Answer, Api, Reply } from './support/api.js';

let s: Service;
let api: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2026-03-01' });
  api = s.api;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

const cited = (r: Reply): string[] => r.body.violations.map((v) => v.clause);

/**
 * 409 with exactly these clauses; nothing on any stream but the record of the refusal; the same 409 again from it.
 */
async function refused(path: string, body: object, clauses: readonly string[], code = 'refused-by-agreement'): Promise<Answer> {
  const before = await readLog(s);
  const key = randomUUID();
  const r = await api.post(path, body, { key });
  expect([path, r.status, r.text.slice(0, 400)]).toEqual([path, 409, expect.anything()]);
  expect(r.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect([r.body.code, cited(r)]).toEqual([code, clauses]);
  for (const v of r.body.violations) expect(v).toEqual({ clause: v.clause, code: expect.any(String), detail: expect.stringMatching(/\w/), facts: expect.any(Object) });
  const after = await readLog(s);
  expect(after.slice(before.length).map((e) => [e.type, e.stream.split('-')[0]])).toEqual([['CommandRefused', 'outcome']]);
  const again = await api.post(path, body, { key });
  expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([409, 'true', r.body]);
  expect((await readLog(s)).length).toBe(after.length);
  return r.body;
}

const at = (contractId: string): string => `/v1/contracts/${contractId}`;
const contract = (item: string, over: Partial<ContractBody> = {}) => openContract(api, { item, acceptedOn: '2026-01-10', ...over });

describe('contracting', () => {
  test('A5-1: terms agreed only after the acceptance', async () => {
    const unit = await openUnit(api);
    await refused('/v1/contracts', contractBody(unit, { licensorTerms: { document: 'EULA', agreedOn: '2026-01-02' } }), ['A5-1']);
  });

  test('A8-1: an application that is not on the form', async () => {
    const unit = await openUnit(api);
    await refused('/v1/contracts', contractBody(unit, { application: { number: 'A', onForm: false } }), ['A8-1']);
    const { contractId } = await contract('L');
    await refused(`${at(contractId)}/options`, { ...optionsBody('2026-02-01', [applied(4)]), application: { number: 'A', onForm: false } }, ['A8-1']);
  });

  test('A4-2: a second live contract of an item in one unit', async () => {
    const { unit, contractId } = await contract('L');
    await refused('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-01' }), ['A4-2']);
    taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
    await refused('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-02', billingStartsOn: '2026-04-30' }), ['A4-2']);
    taken(await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-02', billingStartsOn: '2026-05-01' })));
  });

  test('every reason is reported, sorted by clause', async () => {
    const unit = await openUnit(api);
    taken(await api.post('/v1/contracts', contractBody(unit, { item: 'A' })));
    await refused('/v1/contracts', contractBody(unit, { item: 'A', licensorTerms: { document: 'EULA', agreedOn: '2026-01-02' } }), ['A4-2', 'A5-1']);
  });
});

describe('applications for options', () => {
  const rowOf = (no: number): OptionRow => OPTIONS.find((o) => o.option === no)!;
  let of: Map<ItemCode, string>;
  beforeAll(async () => {
    of = new Map();
    for (const code of ITEM_CODES) of.set(code, (await contract(code, { accountCount: 49 })).contractId);
  });

  test('A5-2 to A5-20: on every item, each of the 45 options is refused by the clause that SPEC 2.2 names, or taken', async () => {
    let no = 0;
    for (const code of ITEM_CODES)
      for (const row of OPTIONS) {
        const r = await api.post(`${at(of.get(code)!)}/options?preview=true`, optionsBody('2026-02-01', [applied(row.option)]));
        const want = !row.items.includes(code)
          ? [row.eligibility]
          : [...prerequisitesOn(row.option, code).map((p) => p.clause), ...(row.minAccounts ? [row.minAccounts.clause] : [])];
        expect([code, row.option, r.status, r.status === 409 ? cited(r) : []]).toEqual([code, row.option, want.length > 0 ? 409 : 200, want]);
        no++;
      }
    expect(no).toBe(8 * 45);
  }, 60_000);

  test('each option on an item that it is not for, recorded: that clause alone', async () => {
    for (const row of OPTIONS) {
      const wrong = ITEM_CODES.find((c) => !row.items.includes(c));
      if (wrong === undefined) continue;
      // Its other faults are not reported.
      const fees: Applied['fees'] = row.monthly ? { initial: row.initial === 'zero' ? 5 : null, monthly: fixed(1) } : { monthly: fixed(1) };
      await refused(`${at(of.get(wrong)!)}/options`, optionsBody('2026-02-01', [applied(row.option, { fees })]), [row.eligibility!]);
    }
    expect(rowOf(5).items).toHaveLength(8);
  }, 60_000);

  test('prerequisites: A5-3, A5-4, A5-8, A5-11, A8-2-19', async () => {
    await refused(`${at(of.get('L')!)}/options`, optionsBody('2026-02-01', [applied(2)]), ['A5-3']);
    await refused(`${at(of.get('L')!)}/options`, optionsBody('2026-02-01', [applied(1), applied(3)]), ['A5-4']);
    await refused(`${at(of.get('C')!)}/options`, optionsBody('2026-02-01', [applied(9)]), ['A5-8']);
    await refused(`${at(of.get('D')!)}/options`, optionsBody('2026-02-01', [applied(9)]), ['A5-8']);
    await refused(`${at(of.get('L')!)}/options`, optionsBody('2026-02-01', [applied(18)]), ['A5-11']);
    await refused(`${at(of.get('X')!)}/options`, optionsBody('2026-02-01', [applied(16), applied(19)]), ['A8-2-19']);
    await refused(`${at(of.get('L')!)}/options`, optionsBody('2026-02-01', [applied(3), applied(18), applied(2), applied(7)]), ['A5-11', 'A5-3', 'A5-6']);
  });

  test('A5-4: on-site work cannot be added to devices that are lent already', async () => {
    const { contractId } = await contract('L');
    await addOptions(api, contractId, '2026-01-15', [applied(1), applied(2)]);
    await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(3)]), ['A5-4']);
  });

  test('A5-19: recovery storage below 50 accounts', async () => {
    await refused(`${at(of.get('G')!)}/options`, optionsBody('2026-02-01', [applied(44)]), ['A5-19']);
  });

  test('A5-10, A5-16: another count than the contract\'s', async () => {
    for (const no of [13, 14, 20, 21, 24, 26]) await refused(`${at(of.get('L')!)}/options`, optionsBody('2026-02-01', [applied(no, { accountCount: 48 })]), ['A5-10']);
    for (const no of [15, 16, 17, 22, 23, 25, 27, 28]) await refused(`${at(of.get('X')!)}/options`, optionsBody('2026-02-01', [applied(no, { accountCount: 50 })]), ['A5-16']);
  });

  test('A8-2-n: one live contract of an option', async () => {
    const { contractId } = await contract('L');
    await addOptions(api, contractId, '2026-01-15', [applied(13), applied(31)]);
    await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(13), applied(31)]), ['A8-2-13', 'A8-2-31']);
    await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(35), applied(35)]), ['A8-2-35']);
    // Accepted earlier, recorded later: no less live.
    await refused(`${at(contractId)}/options`, optionsBody('2026-01-12', [applied(13)]), ['A8-2-13']);
    await addOptions(api, contractId, '2026-02-01', [applied(4), applied(4), applied(11), applied(11)]);
  });

  test('A8-3, A8-5: four tunnels, four storages', async () => {
    const { contractId } = await contract('L');
    await addOptions(api, contractId, '2026-01-15', [applied(1, { units: 3 }), applied(33, { units: 2 }), applied(33, { units: 2 })]);
    await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(1, { units: 2 }), applied(33)]), ['A8-3', 'A8-5'].map((c) => (c === 'A8-3' ? rowOf(1).maxClause! : c)));
    await addOptions(api, contractId, '2026-02-01', [applied(1)]);
    await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(1)]), [rowOf(1).maxClause!]);
    const x = await contract('X');
    await refused(`${at(x.contractId)}/options`, optionsBody('2026-02-01', [applied(34, { units: 5 })]), ['A8-5']);
    // A unit whose later end is fixed still counts.
    const { optionIds } = await addOptions(api, x.contractId, '2026-01-15', [applied(34, { units: 3 }), applied(34)]);
    taken(await api.post(`${at(x.contractId)}/options/${optionIds[1]!}/cancellation-notices`, notice('2026-02-01', '2026-03-31')));
    await refused(`${at(x.contractId)}/options`, optionsBody('2026-03-01', [applied(34)], '2026-04-01'), ['A8-5']);
  });

  test('X1-1-2b, X1-2-2a: fees that do not exist', async () => {
    const { contractId } = await contract('L');
    const path = `${at(contractId)}/options`;
    await refused(path, optionsBody('2026-02-01', [applied(31, { fees: { initial: 1, monthly: fixed(5) } })]), ['X1-1-2b']);
    await refused(path, optionsBody('2026-02-01', [applied(11, { fees: { monthly: fixed(5) } })]), ['X1-2-2a']);
    const { optionIds } = await addOptions(api, contractId, '2026-02-01', [applied(31, { fees: { initial: 0, monthly: fixed(5) } }), applied(11)]);
    await refused(`${at(contractId)}/quotations`, { subject: optionIds[0]!, kind: 'initial', amount: 1 }, ['X1-1-2b']);
    await refused(`${at(contractId)}/quotations`, { subject: optionIds[1]!, kind: 'monthly', fee: fixed(5), effectiveOn: '2026-03-01' }, ['X1-2-2a']);
    await refused(`${at(contractId)}/account-count`, { accountCount: 80, effectiveOn: '2026-03-01', requestedBy: 'contractor', optionFees: { [optionIds[1]!]: { monthly: fixed(5) } } }, ['X1-2-2a']);
  });

  test('an option is billed no earlier than its contract: no clause says so, a code does', async () => {
    const { contractId } = await contract('L', { billingStartsOn: '2026-03-01' });
    await refused(`${at(contractId)}/options`, optionsBody('2026-02-01', [applied(4)], '2026-02-28'), [], 'billed-before-contract');
  });
});

describe('account counts', () => {
  test('A5-19: below 50 on any day with recovery storage in use', async () => {
    const { contractId } = await contract('G', { accountCount: 60 });
    await addOptions(api, contractId, '2026-01-15', [applied(44)]);
    const change = (accountCount: number, effectiveOn: string) => ({ accountCount, effectiveOn, requestedBy: 'contractor' });
    await refused(`${at(contractId)}/account-count`, change(49, '2026-04-01'), ['A5-19']);
    const up = taken(await api.post(`${at(contractId)}/account-count`, change(80, '2026-04-01')));
    expect(up.changeId).toMatch(/^[0-9a-f-]{36}$/);
    await refused(`${at(contractId)}/account-count`, change(49, '2026-03-01'), ['A5-19']);
    taken(await api.post(`${at(contractId)}/account-count`, change(50, '2026-03-01')));
  });

  test('A7-2: by the provider only after a notice and an excess', async () => {
    const { contractId } = await contract('L');
    const by = (over: object) => ({ accountCount: 120, effectiveOn: '2026-04-01', requestedBy: 'provider', reason: 'excess use', ...over });
    await refused(`${at(contractId)}/account-count`, by({}), ['A7-2', 'A7-2']);
    await refused(`${at(contractId)}/account-count`, by({ noticedOn: '2026-02-20' }), ['A7-2']);
    taken(await api.post(`${at(contractId)}/excess-usages`, { detectedOn: '2026-02-15', accounts: 20, charge: null }));
    await refused(`${at(contractId)}/account-count`, by({ noticedOn: '2026-02-20', effectiveOn: '2026-02-20' }), ['A7-2']);
    taken(await api.post(`${at(contractId)}/account-count`, by({ noticedOn: '2026-02-20' })));
  });

  test('a change that is in effect, or withdrawn already, is not withdrawn', async () => {
    const { contractId } = await contract('L');
    const past = taken(await api.post(`${at(contractId)}/account-count`, { accountCount: 80, effectiveOn: '2026-03-01', requestedBy: 'contractor' }));
    await refused(`${at(contractId)}/account-count/${past.changeId}/withdrawals`, { reason: 'no' }, [], 'already-in-effect');
    const next = taken(await api.post(`${at(contractId)}/account-count`, { accountCount: 90, effectiveOn: '2026-05-01', requestedBy: 'contractor' }));
    taken(await api.post(`${at(contractId)}/account-count/${next.changeId}/withdrawals`, { reason: 'no' }));
    await refused(`${at(contractId)}/account-count/${next.changeId}/withdrawals`, { reason: 'no' }, [], 'already-withdrawn');
  });

  test('X1-2-2b: excess of an option that is not billed for it', async () => {
    const { contractId } = await contract('L');
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(1), applied(31), applied(11)]);
    for (const i of [0, 2]) await refused(`${at(contractId)}/excess-usages`, { detectedOn: '2026-02-15', accounts: 2, optionId: optionIds[i]! }, ['X1-2-2b']);
    taken(await api.post(`${at(contractId)}/excess-usages`, { detectedOn: '2026-02-15', accounts: 2, optionId: optionIds[1]! }));
  });
});

describe('stopping what another option needs (N18)', () => {
  test.each([
    ['A5-3', 'L', 1, 2],
    ['A5-11', 'L', 13, 18],
    ['A8-2-19', 'X', 15, 19],
    ['A8-2-19', 'X', 17, 19],
  ] as const)('%s: %s', async (clause, item, needed, dependent) => {
    const { contractId } = await contract(item);
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(needed), applied(dependent)]);
    const stop = (i: number) => `${at(contractId)}/options/${optionIds[i]!}/cancellation-notices`;
    await refused(stop(0), notice('2026-02-01', '2026-03-31'), [clause]);
    // Not on the form it has no effect, so it breaks nothing.
    expect((await api.post(stop(0), notice('2026-02-01', '2026-03-31', false))).status).toBe(200);
    taken(await api.post(stop(1), notice('2026-02-01', '2026-03-31')));
    taken(await api.post(stop(0), notice('2026-02-01', '2026-03-31')));
  });

  test('A8-2-19: either of two is enough', async () => {
    const { contractId } = await contract('X');
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(15), applied(17), applied(19)]);
    taken(await api.post(`${at(contractId)}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-02-01', '2026-03-31')));
    await refused(`${at(contractId)}/options/${optionIds[1]!}/cancellation-notices`, notice('2026-02-01', '2026-03-31'), ['A8-2-19']);
  });
});

describe('after a fixed end', () => {
  const attempts = (contractId: string, optionId: string): [string, object][] => [
    [`${at(contractId)}/options`, optionsBody('2026-02-20', [applied(4)], '2026-05-01')],
    [`${at(contractId)}/account-count`, { accountCount: 80, effectiveOn: '2026-05-01', requestedBy: 'contractor' }],
    [`${at(contractId)}/quotations`, { subject: 'base', kind: 'monthly', fee: fixed(5), effectiveOn: '2026-05-01' }],
    [`${at(contractId)}/quotations`, { subject: optionId, kind: 'monthly', fee: fixed(5), effectiveOn: '2026-05-01' }],
    [`${at(contractId)}/terminations`, { endsOn: '2026-05-01', ground: 'provider', reason: 'late' }],
  ];
  const within: [string, object][] = [
    ['options', optionsBody('2026-02-20', [applied(4)], '2026-04-30')],
    ['account-count', { accountCount: 80, effectiveOn: '2026-04-30', requestedBy: 'contractor' }],
    ['quotations', { subject: 'base', kind: 'monthly', fee: fixed(5), effectiveOn: '2026-04-30' }],
  ];

  test.each([
    ['A10-1', 'L'],
    ['A10-2', 'X'],
  ])('%s: by a notice', async (clause, item) => {
    const { contractId } = await contract(item);
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(4)]);
    taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-20', '2026-04-30')));
    for (const [path, body] of attempts(contractId, optionIds[0]!)) await refused(path, body, [path.endsWith('quotations') && (body as { subject: string }).subject !== 'base' ? 'N13' : clause]);
    for (const [path, body] of within) taken(await api.post(`${at(contractId)}/${path}`, body));
  });

  test('by the provider or the general terms no clause says it, a code does', async () => {
    for (const ground of ['provider', 'general-terms-28-2', 'general-terms-28-3']) {
      const { contractId } = await contract('L');
      const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(31)]);
      taken(await api.post(`${at(contractId)}/terminations`, { endsOn: '2026-04-30', ground, reason: 'ends' }));
      for (const [path, body] of attempts(contractId, optionIds[0]!))
        if (!path.endsWith('quotations') || (body as { subject: string }).subject === 'base') await refused(path, body, [], 'contract-ended');
    }
  });

  test.each([
    ['A10-3', 'L', 33],
    ['A10-4', 'X', 34],
    ['A10-5', 'G', 44],
  ] as const)('%s: by the last storage', async (clause, item, no) => {
    const { contractId } = await contract(item);
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(no)]);
    const seen = taken(await api.post(`${at(contractId)}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-02-20', '2026-04-30')));
    expect(seen.warnings.map((w) => [w.code, w.clause])).toContainEqual(['cascade', clause]);
    await refused(`${at(contractId)}/account-count`, { accountCount: 80, effectiveOn: '2026-05-01', requestedBy: 'contractor' }, [clause]);
  });

  test('A8-8: of one option', async () => {
    const { contractId } = await contract('L');
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(31)]);
    taken(await api.post(`${at(contractId)}/options/${optionIds[0]!}/cancellation-notices`, notice('2026-02-20', '2026-03-31')));
    await refused(`${at(contractId)}/quotations`, { subject: optionIds[0]!, kind: 'monthly', fee: fixed(5), effectiveOn: '2026-04-01' }, ['A8-8']);
  });

  test('A9: a new contract that would begin after its vendor has stopped', async () => {
    taken(await api.post('/v1/vendors/LayerX/discontinuations', { endsOn: '2026-06-30', reason: 'the vendor ends it' }));
    const unit = await openUnit(api);
    await refused('/v1/contracts', contractBody(unit, { item: 'B', acceptedOn: '2026-02-01', billingStartsOn: '2026-07-01' }), ['A9']);
    const { contractId } = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'B', acceptedOn: '2026-02-01', billingStartsOn: '2026-06-30' })));
    await refused(`${at(contractId)}/account-count`, { accountCount: 80, effectiveOn: '2026-07-01', requestedBy: 'contractor' }, ['A9']);
  });
});

describe('withdrawing a notice', () => {
  test('N41: with a consent that came after the end', async () => {
    const { contractId } = await contract('L');
    const { noticeId } = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-01-20')));
    const path = `${at(contractId)}/cancellation-notices/${noticeId}/withdrawals`;
    await refused(path, { consentedOn: '2026-02-20', reason: 'both agree' }, ['N41']);
    taken(await api.post(path, { consentedOn: '2026-02-19', reason: 'both agree' }));
    await refused(path, { consentedOn: '2026-02-19', reason: 'both agree' }, [], 'already-withdrawn');
  });

  test('A5-3: where a dependent option would outlive what it needs', async () => {
    const { contractId } = await contract('L');
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(1), applied(2)]);
    const stop = async (i: number) => taken(await api.post(`${at(contractId)}/options/${optionIds[i]!}/cancellation-notices`, notice('2026-02-01', '2026-04-30'))).noticeId;
    const dependent = await stop(1);
    await stop(0);
    await refused(`${at(contractId)}/options/${optionIds[1]!}/cancellation-notices/${dependent}/withdrawals`, { consentedOn: '2026-02-20', reason: 'both agree' }, ['A5-3']);
  });

  test('A4-2: where a successor is contracted', async () => {
    const { contractId, unit } = await contract('L');
    const { noticeId } = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-04-30')));
    taken(await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-02-10', billingStartsOn: '2026-05-01' })));
    await refused(`${at(contractId)}/cancellation-notices/${noticeId}/withdrawals`, { consentedOn: '2026-02-20', reason: 'both agree' }, ['A4-2']);
  });
});

describe('lent devices', () => {
  let contractId: string;
  let devices: string;
  beforeAll(async () => {
    contractId = (await contract('L')).contractId;
    const { optionIds } = await addOptions(api, contractId, '2026-01-15', [applied(1), applied(2)]);
    devices = `${at(contractId)}/options/${optionIds[1]!}/devices`;
    await Promise.all(
      [['faults', { occurredOn: '2026-02-01', attributableToContractor: false }], ['replacements', { arrivedOn: '2026-02-01' }], ['returns', { returnedOn: '2026-02-01' }], ['losses', { lostOn: '2026-02-01', charge: null }], ['recoveries', { foundOn: '2026-02-01' }]].map(
        async ([what, body]) => expect((await api.post(`${at(contractId)}/options/${optionIds[0]!}/devices/${what as string}`, body)).body.violations.map((v) => v.clause)).toEqual(['A8-2-2']),
      ),
    );
  });

  test('A8-4-2, A8-4-4a, A8-4-5, A8-4-7, A8-4-8-i', async () => {
    await refused(`${devices}/returns`, { returnedOn: '2026-02-01' }, ['A8-4-2']);
    await refused(`${devices}/replacements`, { arrivedOn: '2026-02-01' }, ['A8-4-4a']);
    await refused(`${devices}/recoveries`, { foundOn: '2026-02-01' }, ['A8-4-8-i']);
    await refused(`${devices}/faults`, { occurredOn: '2026-02-01', attributableToContractor: false, charge: 5 }, ['A8-4-5']);
    taken(await api.post(`${devices}/losses`, { lostOn: '2026-02-01', charge: 5 }));
    taken(await api.post(`${devices}/losses`, { lostOn: '2026-02-02', charge: null }));
    await refused(`${devices}/losses`, { lostOn: '2026-02-03', charge: 5 }, ['A8-4-7']);
    taken(await api.post(`${devices}/recoveries`, { foundOn: '2026-02-03' }));
  });

  test('A8-4-2, A8-4-7: after they went back', async () => {
    const other = await contract('L');
    const { optionIds } = await addOptions(api, other.contractId, '2026-01-15', [applied(1), applied(2)]);
    const path = `${at(other.contractId)}/options/${optionIds[1]!}/devices`;
    taken(await api.post(`${at(other.contractId)}/cancellation-notices`, notice('2026-01-20')));
    taken(await api.post(`${path}/returns`, { returnedOn: '2026-02-25' }));
    await refused(`${path}/returns`, { returnedOn: '2026-02-26' }, ['A8-4-2']);
    await refused(`${path}/losses`, { lostOn: '2026-02-26', charge: 5 }, ['A8-4-7']);
    await refused(`${path}/faults`, { occurredOn: '2026-02-26', attributableToContractor: true }, ['N13']);
  });
});

describe('corrections', () => {
  test('of what is corrected already, of what nobody entered, and of what a later acceptance rests on', async () => {
    const { contractId } = await contract('X', { acceptedOn: '2025-02-01' });
    const added = await addOptions(api, contractId, '2026-01-15', [applied(1)]);
    await addOptions(api, contractId, '2026-01-16', [applied(2)]);
    const path = `${at(contractId)}/corrections`;
    const listed = await refused(path, { eventId: added.events[0]!.id, reason: 'never applied for' }, ['A5-3']);
    expect(listed.violations[0]!.facts['eventId']).toMatch(/^[0-9a-f-]{36}$/);
    const notified = taken(await api.post(`${at(contractId)}/excess-usages`, { detectedOn: '2026-02-01', accounts: 2 }));
    taken(await api.post(path, { eventId: notified.events[0]!.id, reason: 'typed wrongly' }));
    await refused(path, { eventId: notified.events[0]!.id, reason: 'typed wrongly' }, [], 'already-corrected');
    const renewed = (await readLog(s)).find((e) => e.stream === `contract-${contractId}` && e.type === 'Renewed')!;
    await refused(path, { eventId: renewed.id, reason: 'not so' }, [], 'only-entries-can-be-corrected');
  });

  test('of a contract that is void', async () => {
    const opened = await contract('A');
    taken(await api.post(`${at(opened.contractId)}/corrections`, { eventId: opened.events[0]!.id, reason: 'never concluded' }));
    await refused(`${at(opened.contractId)}/cancellation-notices`, notice('2026-02-01'), [], 'contract-void');
  });
});

test('a late fact about the past is not refused for what it costs', async () => {
  await moveTo(api, '2026-03-02');
  const { contractId } = await contract('X', { acceptedOn: '2025-01-10' });
  const late = taken(await api.post(`${at(contractId)}/cancellation-notices`, notice('2025-12-20', '2026-02-28')));
  expect(late.warnings.map((w) => w.code)).toEqual(expect.arrayContaining(['deadline-missed', 'settlement']));
});
