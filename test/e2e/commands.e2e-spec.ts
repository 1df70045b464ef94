import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import { addOptions, applied, contractBody, fixed, moveTo, notice, openContract, openUnit, optionsBody, taken, UNIT } from './support/lives.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';
import type { Answer, Api, Reply } from './support/api.js';

let s: Service;
let api: Api;
beforeAll(async () => {
  s = await Service.start({ today: '2026-01-10' });
  api = s.api;
}, 120_000);
afterAll(endServices, 60_000);
afterEach(() => expect(s.complaints()).toEqual([]));

const replayed = (r: Reply): boolean => r.headers['idempotency-replayed'] === 'true';

/** Ids that are made up, and hashes, numbered in the order in which they appear: two tellings of one decision are then equal. */
function neutral(body: Answer, ...known: readonly string[]): object {
  const seen = new Map<string, string>();
  const { revision: _, position: __, preview: ___, ...rest } = body as Answer & { preview?: true };
  const text = canonicalJson(rest).replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}/g, (id) => {
    if (known.includes(id)) return id;
    if (!seen.has(id)) seen.set(id, `#${seen.size + 1}`);
    return seen.get(id)!;
  });
  return JSON.parse(text) as object;
}

describe('a repeated command', () => {
  test('answers as the first time, whatever it made', async () => {
    const unit = await openUnit(api);
    const calls: [string, object][] = [['/v1/management-units', UNIT]];
    const { contractId } = await openContract(api, { managementUnitId: unit, item: 'L', accountCount: 60, acceptedOn: '2026-01-05' });
    const { optionIds } = await addOptions(api, contractId, '2026-01-05', [applied(1), applied(2, { units: 1 }), applied(31)]);
    const at = `/v1/contracts/${contractId}`;
    calls.push(
      ['/v1/contracts', contractBody(await openUnit(api), { acceptedOn: '2026-01-06' })],
      [`${at}/options`, optionsBody('2026-01-07', [applied(13), applied(18)])],
      [`${at}/account-count`, { accountCount: 80, effectiveOn: '2026-02-01', requestedBy: 'contractor', fees: { monthly: fixed(7) } }],
      [`${at}/quotations`, { subject: 'base', kind: 'monthly', fee: fixed(90_000), effectiveOn: '2026-03-01' }],
      [`${at}/excess-usages`, { detectedOn: '2026-01-09', accounts: 3, charge: null }],
      [`${at}/options/${optionIds[1]!}/devices/faults`, { occurredOn: '2026-01-08', attributableToContractor: true, charge: 500 }],
      [`${at}/options/${optionIds[1]!}/devices/replacements`, { arrivedOn: '2026-01-09' }],
      [`${at}/options/${optionIds[1]!}/devices/returns`, { returnedOn: '2026-01-09' }],
      [`${at}/options/${optionIds[1]!}/devices/losses`, { lostOn: '2026-01-09', charge: 900 }],
      [`${at}/options/${optionIds[1]!}/devices/recoveries`, { foundOn: '2026-01-10' }],
      [`${at}/options/${optionIds[2]!}/cancellation-notices`, notice('2026-01-09', '2026-03-31')],
      [`${at}/cancellation-notices`, notice('2026-01-09', '2026-06-30')],
      [`${at}/terminations`, { endsOn: '2026-05-31', ground: 'provider', reason: 'agreed' }],
      ['/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-09', contractId, note: 'devices are prepared' }],
    );
    const firsts: [string, object, string, Reply][] = [];
    for (const [path, body] of calls) {
      const key = randomUUID();
      const first = await api.post(path, body, { key });
      expect([path, first.status, first.text.slice(0, 200)]).toEqual([path, first.status === 201 ? 201 : 200, expect.anything()]);
      expect(replayed(first)).toBe(false);
      firsts.push([path, body, key, first]);
    }
    const before = (await readLog(s)).length;
    for (const [path, body, key, first] of firsts) {
      const again = await api.post(path, body, { key });
      expect([path, again.status, again.body]).toEqual([path, first.status, first.body]);
      expect([path, replayed(again)]).toEqual([path, true]);
    }
    expect((await readLog(s)).length).toBe(before);
  });

  test('that was refused is refused again, from the record', async () => {
    const { contractId } = await openContract(api, { item: 'X' });
    const key = randomUUID();
    const path = `/v1/contracts/${contractId}/options`;
    const body = optionsBody('2026-01-05', [applied(7)]);
    const first = await api.post(path, body, { key });
    expect([first.status, first.body.violations.map((v) => v.clause)]).toEqual([409, ['A5-6']]);
    const again = await api.post(path, body, { key });
    expect([again.status, again.body, replayed(again)]).toEqual([409, first.body, true]);
    const japanese = await api.post(path, body, { key, headers: { 'accept-language': 'ja' } });
    expect([japanese.status, japanese.body.code]).toEqual([409, first.body.code]);
    expect(japanese.body.detail).not.toBe(first.body.detail);
    expect((await api.post('/v1/management-units', UNIT, { key })).status).toBe(422);
  });

  test('with another body or another path is 422', async () => {
    const { contractId } = await openContract(api);
    const other = await openContract(api);
    const key = randomUUID();
    const done = taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices`, notice('2026-01-09', '2026-12-31'), { key }));
    const changed = await api.post(`/v1/contracts/${contractId}/cancellation-notices`, notice('2026-01-09', '2026-11-30'), { key });
    expect([changed.status, changed.body.code]).toEqual([422, 'key-reused']);
    taken(await api.get(`/v1/contracts/${contractId}?atLeast=${done.position}`));
    for (const path of [`/v1/contracts/${other.contractId}/cancellation-notices`, `/v1/contracts/${contractId}/terminations`])
      expect([path, (await api.post(path, path.endsWith('notices') ? notice('2026-01-09', '2026-12-31') : { endsOn: '2026-12-31', ground: 'provider', reason: 'x' }, { key })).status]).toEqual([path, 422]);
    const read = taken(await api.get<{ revision: number }>(`/v1/contracts/${other.contractId}`));
    expect(read.revision).toBe(other.revision);
  });

  test('is told from another subject\'s by its token', async () => {
    const token = taken(await api.post('/v1/tokens', { subject: 'someone-else', role: 'operator' })).token;
    const key = randomUUID();
    const mine = taken(await api.post('/v1/management-units', UNIT, { key }));
    const theirs = await api.as(token).post('/v1/management-units', UNIT, { key });
    expect([theirs.status, replayed(theirs)]).toEqual([201, false]);
    expect(theirs.body.managementUnitId).not.toBe(mine.managementUnitId);
  });

  test('is never used up by a 400, a 404, a 412 or a preview', async () => {
    const unit = await openUnit(api);
    const key = randomUUID();
    const body = contractBody(unit);
    expect((await api.post('/v1/contracts', { ...body, accountCount: 0 }, { key })).status).toBe(400);
    expect((await api.post('/v1/contracts', { ...body, acceptedOn: '2026-01-11', billingStartsOn: '2026-01-11' }, { key })).status).toBe(400);
    expect((await api.post('/v1/contracts', contractBody(randomUUID()), { key })).status).toBe(404);
    expect((await api.post('/v1/contracts?preview=true', body, { key })).body.preview).toBe(true);
    const done = await api.post('/v1/contracts', body, { key });
    expect([done.status, replayed(done)]).toEqual([201, false]);
    const at = `/v1/contracts/${done.body.contractId}/cancellation-notices`;
    const other = randomUUID();
    const stale = await api.post(at, notice('2026-01-09', '2026-12-31'), { key: other, headers: { 'if-match': '"77"' } });
    expect([stale.status, stale.body.code]).toEqual([412, 'revision-mismatch']);
    const fresh = await api.post(at, notice('2026-01-09', '2026-11-30'), { key: other, headers: { 'if-match': `"${done.body.revision}"` } });
    expect([fresh.status, replayed(fresh)]).toEqual([200, false]);
    // A replay comes before If-Match: the revision has moved on.
    const again = await api.post(at, notice('2026-01-09', '2026-11-30'), { key: other, headers: { 'if-match': `"${done.body.revision}"` } });
    expect([again.status, again.body, replayed(again)]).toEqual([200, fresh.body, true]);
  });

  test('in flight at the same time waits and answers alike', async () => {
    for (let round = 0; round < 5; round++) {
      const unit = await openUnit(api);
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 6 }, () => api.post('/v1/contracts', contractBody(unit), { key })));
      expect(answers.map((a) => a.status)).toEqual(Array(6).fill(201));
      for (const a of answers) expect(a.body).toEqual(answers[0]!.body);
      expect(answers.filter((a) => !replayed(a))).toHaveLength(1);
      const { contractId } = answers[0]!.body;
      const changeKey = randomUUID();
      const change = { accountCount: 90 + round, effectiveOn: '2026-02-01', requestedBy: 'contractor' };
      const changes = await Promise.all(Array.from({ length: 4 }, () => api.post(`/v1/contracts/${contractId}/account-count`, change, { key: changeKey })));
      for (const a of changes) expect(a.body).toEqual(changes[0]!.body);
      expect(changes[0]!.body.revision).toBe(answers[0]!.body.revision + 1);
    }
  });

  test('with nothing new to say still uses its key up', async () => {
    const issued = taken(await api.post('/v1/tokens', { subject: 'short-lived', role: 'auditor' }));
    const path = `/v1/tokens/${issued.tokenId}/revocations`;
    taken(await api.post(path, { reason: 'gone' }));
    const key = randomUUID();
    const first = await api.post(path, { reason: 'gone' }, { key });
    expect([first.status, first.body.events]).toEqual([200, []]);
    const again = await api.post(path, { reason: 'gone' }, { key });
    expect([again.status, again.body, replayed(again)]).toEqual([200, first.body, true]);
    expect((await api.post(path, { reason: 'another' }, { key })).status).toBe(422);
  });
});

describe('a preview', () => {
  test('is the later answer, and nothing is stored', async () => {
    const unit = await openUnit(api);
    const opening = await openContract(api, { managementUnitId: unit, item: 'X', acceptedOn: '2026-01-05', billingStartsOn: '2026-01-05' });
    const { contractId } = opening;
    const storage = await addOptions(api, contractId, '2026-01-05', [applied(34, { units: 2, fees: { monthly: fixed(30_000) } }), applied(15), applied(1), applied(2)]);
    const at = `/v1/contracts/${contractId}`;
    const excess = taken(await api.post(`${at}/excess-usages`, { detectedOn: '2026-01-09', accounts: 3 }));
    const known = [unit, contractId, ...storage.optionIds, excess.chargeId];
    const calls: [string, object][] = [
      ['/v1/management-units', UNIT],
      ['/v1/contracts', contractBody(unit, { item: 'L' })],
      [`${at}/options`, optionsBody('2026-01-08', [applied(30), applied(19)])],
      [`${at}/account-count`, { accountCount: 80, effectiveOn: '2026-02-01', requestedBy: 'contractor', fees: { monthly: fixed(7) } }],
      [`${at}/quotations`, { subject: 'base', kind: 'excess', amount: 4_000, chargeId: excess.chargeId }],
      [`${at}/options/${storage.optionIds[3]!}/devices/losses`, { lostOn: '2026-01-09', charge: null }],
      [`${at}/options/${storage.optionIds[0]!}/cancellation-notices`, notice('2026-01-09', '2026-09-30')],
      [`${at}/cancellation-notices`, notice('2026-01-09', '2026-08-31')],
      [`${at}/terminations`, { endsOn: '2026-01-09', ground: 'provider', reason: 'agreed' }],
      [`${at}/corrections`, { eventId: opening.events[0]!.id, reason: 'typed wrongly', replacement: { command: '', body: contractBody(unit, { accountCount: 120, acceptedOn: '2026-01-05', billingStartsOn: '2026-01-05' }) } }],
      ['/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-09', contractId, note: 'devices are prepared' }],
    ];
    let { position } = excess;
    for (const [path, body] of calls) {
      const log = (await readLog(s)).length;
      const revision = taken(await api.get<{ revision: number }>(`${at}?atLeast=${position}`)).revision;
      const preview = await api.post(`${path}?preview=true`, body);
      expect([path, preview.status, preview.body.preview, preview.text.slice(0, 300)]).toEqual([path, 200, true, expect.anything()]);
      expect([path, (await readLog(s)).length]).toEqual([path, log]);
      expect(taken(await api.get<{ revision: number }>(at)).revision).toBe(revision);
      const done = taken(await api.post(path, body));
      position = done.position;
      expect(neutral(preview.body, ...known)).toEqual(neutral(done, ...known));
      if (path.startsWith(at)) expect(preview.body.revision).toBe(done.revision);
    }
  });

  test('shows the settlement that will be assessed', async () => {
    const { contractId } = await openContract(api, { item: 'X', acceptedOn: '2026-01-01' });
    const body = notice('2026-01-09', '2026-06-30');
    const shown = taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices?preview=true`, body));
    const warned = shown.warnings.find((w) => w.code === 'settlement')!;
    expect(warned.facts).toMatchObject({ subject: 'base', endsOn: '2026-06-30', amount: 600_000 });
    taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices`, body));
    const read = taken(await api.get<{ settlement: { total: number }; end: object }>(`/v1/contracts/${contractId}`));
    expect([read.settlement.total, read.end]).toEqual([600_000, { on: '2026-06-30', reason: 'notice', clause: 'A10-2' }]);
  });

  test('of what would be refused is refused, and leaves no record', async () => {
    const { contractId } = await openContract(api, { item: 'B' });
    const log = (await readLog(s)).length;
    const preview = await api.post(`/v1/contracts/${contractId}/options?preview=true`, optionsBody('2026-01-05', [applied(1)]));
    expect([preview.status, preview.body.violations.map((v) => v.clause)]).toEqual([409, ['A5-2']]);
    expect((await readLog(s)).length).toBe(log);
  });
});

describe('If-Match', () => {
  test('lets one of several decisions on the same revision through', async () => {
    const { contractId, revision } = await openContract(api);
    const answers = await Promise.all(
      [90, 91, 92, 93].map((accountCount) => api.post(`/v1/contracts/${contractId}/account-count`, { accountCount, effectiveOn: '2026-02-01', requestedBy: 'contractor' }, { headers: { 'if-match': `"${revision}"` } })),
    );
    expect(answers.map((a) => a.status).sort((a, b) => a - b)).toEqual([200, 412, 412, 412]);
    expect(taken(await api.get<{ revision: number }>(`/v1/contracts/${contractId}`)).revision).toBe(revision + 1);
  });

  test('is not needed: concurrent commands are all taken, one after the other', async () => {
    const { contractId, revision } = await openContract(api);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => api.post(`/v1/contracts/${contractId}/account-count`, { accountCount: 50 + i, effectiveOn: '2026-02-01', requestedBy: 'contractor' })),
    );
    expect(answers.map((a) => a.status)).toEqual(Array(10).fill(200));
    expect(answers.map((a) => a.body.revision).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => revision + 1 + i));
  });

  test('malformed, or where there is no contract to compare with, is 400', async () => {
    const { contractId } = await openContract(api);
    for (const value of ['3', '"x"', 'W/"3"', '*'])
      expect((await api.post(`/v1/contracts/${contractId}/terminations`, { endsOn: '2026-05-31', ground: 'provider', reason: 'x' }, { headers: { 'if-match': value } })).body.errors).toMatchObject([{ path: 'If-Match' }]);
    expect((await api.post('/v1/management-units', UNIT, { headers: { 'if-match': '"0"' } })).status).toBe(400);
  });
});

describe('a client', () => {
  test('reads its own write', async () => {
    for (let i = 0; i < 10; i++) {
      const { contractId, position, revision } = await openContract(api);
      const read = taken(await api.get<{ revision: number }>(`/v1/contracts/${contractId}?atLeast=${position}`));
      expect(read.revision).toBe(revision);
    }
  });

  test('gets a key of the server\'s where it sends none', async () => {
    const a = taken(await api.post('/v1/management-units', UNIT, { key: null }));
    const b = taken(await api.post('/v1/management-units', UNIT, { key: null }));
    expect(a.managementUnitId).not.toBe(b.managementUnitId);
    expect((await api.post('/v1/management-units', UNIT, { key: '' })).status).toBe(400);
    expect((await api.post('/v1/management-units', UNIT, { key: 'x'.repeat(201) })).status).toBe(400);
  });

  test('sees every receipt with its clause and its sentence, in its language', async () => {
    await moveTo(api, '2026-01-12');
    const { contractId } = await openContract(api, { acceptedOn: '2026-01-01' });
    const path = `/v1/contracts/${contractId}/cancellation-notices`;
    const en = taken(await api.post(`${path}?preview=true`, notice('2026-01-11', '2026-09-30')));
    const ja = taken(await api.post(`${path}?preview=true`, notice('2026-01-11', '2026-09-30'), { headers: { 'accept-language': 'ja,en;q=0.5' } }));
    expect(en.receipts.map((r) => r.clause)).toContain('A10-2');
    expect(ja.receipts.map((r) => r.clause)).toEqual(en.receipts.map((r) => r.clause));
    for (const r of en.receipts) expect(r.statement).toMatch(/[a-z]/);
    for (const r of ja.receipts) expect(r.statement).toMatch(/[ぁ-ん一-龠]/);
    expect(ja.warnings.map((w) => w.code)).toEqual(en.warnings.map((w) => w.code));
    for (const w of ja.warnings) expect(w.detail).toMatch(/[ぁ-ん一-龠]/);
  });
});

test('names and free text go to the register: none is in the log, every one is in the reads', async () => {
  const texts = ['Secret Contractor', 'Secret Unit', 'Secret EULA', 'secret reason', 'secret document', 'secret note', 'secret label', 'secret withdrawal'];
  const unit = await openUnit(api, { contractor: { id: 'C-9', name: texts[0] }, name: texts[1], document: texts[4] });
  const { contractId } = taken(await api.post('/v1/contracts', { ...contractBody(unit, { item: 'L', licensorTerms: { document: texts[2]!, agreedOn: '2026-01-01' } }), reason: texts[3], document: texts[4] }));
  const told = taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices`, notice('2026-01-09', '2026-06-30')));
  taken(await api.post(`/v1/contracts/${contractId}/cancellation-notices/${told.noticeId}/withdrawals`, { consentedOn: '2026-01-10', reason: texts[7] }));
  const corrected = taken(await api.post(`/v1/contracts/${contractId}/corrections`, { eventId: told.events[0]!.id, reason: texts[3] }));
  const record = taken(await api.post('/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-09', contractId, note: texts[5], document: texts[4] }));
  taken(await api.post('/v1/tokens', { subject: 'texts', role: 'auditor', label: texts[6] }));
  expect((await api.post(`/v1/contracts/${contractId}/options`, { ...optionsBody('2026-01-05', [applied(7)]), reason: texts[3] })).status).toBe(409);
  const log = JSON.stringify(await readLog(s));
  for (const text of texts) expect([text, log.includes(text)]).toEqual([text, false]);
  // The answers carry references, not texts.
  expect(JSON.stringify(corrected)).not.toContain(texts[3]);
  const history = JSON.stringify(taken(await api.get(`/v1/contracts/${contractId}/history?atLeast=${record.position}`)));
  for (const text of [texts[2], texts[3], texts[4], texts[7]]) expect([text, history.includes(text!)]).toEqual([text, true]);
  const read = JSON.stringify([taken(await api.get(`/v1/contracts/${contractId}`)), taken(await api.get(`/v1/management-units/${unit}`)), taken(await api.get(`/v1/records?contractId=${contractId}`)), taken(await api.get('/v1/tokens'))]);
  for (const text of [texts[0], texts[1], texts[5], texts[6]]) expect([text, read.includes(text!)]).toEqual([text, true]);
});
