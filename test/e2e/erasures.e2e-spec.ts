/** Erasing a person: refused while it must be kept, then gone from every file, and never back. */
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './support/api.js';
import { contractBody, moveTo, openContract, openUnit, taken, UNIT } from './support/lives.js';
import { ledgerctl, program } from './support/ledgerctl.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';

afterAll(endServices, 60_000);
beforeAll(() => void program(), 300_000);

const NAME = '消去太郎商事';
const SECRETS = [NAME, '秘密の本社', '規約同意書第七号', '本人の都合', '現地の覚え書き'];

interface Named {
  readonly contractor: { readonly id: string; readonly name: string | null };
  readonly licensorTerms: { readonly document: string | null };
}

/** The files of a folder that hold a text, as bytes. */
function filesWith(folder: string, text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  return readdirSync(folder)
    .filter((f) => statSync(join(folder, f)).isFile() && readFileSync(join(folder, f)).includes(bytes))
    .sort();
}

test('names and texts go for good, once the years of retention have run; every proof stays', async () => {
  const service = await Service.start({ today: '2026-01-10', store: 'embedded' });
  let api: Api = service.api;
  const unit = await openUnit(api, { contractor: { id: 'K/消1', name: NAME }, name: '秘密の本社' });
  const erasures = `/v1/contractors/${encodeURIComponent('K/消1')}/erasures`;
  const { contractId } = taken(await api.post('/v1/contracts', { ...contractBody(unit, { acceptedOn: '2026-01-05' }), licensorTerms: { document: '規約同意書第七号', agreedOn: '2026-01-05' } }));
  taken(await api.post('/v1/records', { clause: 'A6-1-1', occurredOn: '2026-01-06', contractId, note: '現地の覚え書き' }));
  const other = await openContract(api, { acceptedOn: '2026-01-05' });
  const erase = (key: string) => api.post(erasures, { reason: 'the period has passed' }, { key });

  expect((await api.post('/v1/contractors/nobody/erasures', { reason: 'x' })).status).toBe(404);
  expect((await api.post(erasures, {})).status).toBe(400);
  const clerk = api.as(taken(await api.post('/v1/tokens', { subject: 'clerk', role: 'operator' })).token);
  expect((await clerk.post(erasures, { reason: 'x' })).status).toBe(403);
  const live = await erase('live');
  expect([live.status, live.body.code, (live.body as unknown as { facts: object }).facts]).toEqual([409, 'contract-live', { contractId, endsOn: null, allowedFrom: null }]);

  taken(await api.post(`/v1/contracts/${contractId}/terminations`, { endsOn: '2026-06-30', ground: 'provider', reason: '本人の都合' }));
  expect((await erase('fixed')).body.code).toBe('contract-live');
  await moveTo(api, '2026-07-01');
  const early = await erase('early');
  expect([early.status, early.body.code, (early.body as unknown as { facts: object }).facts]).toEqual([409, 'retention-runs', { contractId, endedOn: '2026-06-30', years: 10, allowedFrom: '2037-01-01' }]);
  const { refusals } = taken(await api.get<{ refusals: { code: string; allowedFrom: string | null }[] }>('/v1/audit/refusals?subject=admin'));
  expect(refusals.map((r) => [r.code, r.allowedFrom])).toEqual([
    ['retention-runs', '2037-01-01'],
    ['contract-live', '2037-01-01'],
    ['contract-live', null],
  ]);
  await moveTo(api, '2036-12-31');
  expect((await erase('a-day-before')).body.code).toBe('retention-runs');
  await moveTo(api, '2037-01-01');
  const before = new Date().toISOString();
  for (const secret of SECRETS) expect([secret, filesWith(service.data, secret).filter((f) => f.startsWith('register'))]).toEqual([secret, expect.arrayContaining([expect.stringMatching(/^register/)])]);

  // A backup of the register, made before.
  await service.stop();
  const backup = join(service.data, 'older-register');
  copyFileSync(join(service.data, 'register.sqlite'), backup);
  await service.launch();
  api = service.api;

  expect((await api.post(`${erasures}?preview=true`, { reason: 'the period has passed' })).body).toMatchObject({ preview: true, texts: 5, remaining: 0 });
  const erased = taken(await erase('now'));
  expect(erased).toMatchObject({ contractorId: 'K/消1', texts: 5, remaining: 0, events: [{ type: 'ContractorErased' }] });
  expect((await erase('now')).headers['idempotency-replayed']).toBe('true');

  const shown = async (at = ''): Promise<void> => {
    const contract = taken(await api.get<Named>(`/v1/contracts/${contractId}${at}`));
    expect([contract.contractor, contract.licensorTerms.document]).toEqual([{ id: 'K/消1', name: null }, null]);
    expect(taken(await api.get<{ name: string | null }>(`/v1/management-units/${unit}`)).name).toBeNull();
    expect(taken(await api.get<{ records: { note: string | null }[] }>(`/v1/records?contractId=${contractId}`)).records[0]!.note).toBeNull();
    expect(taken(await api.get<Named>(`/v1/contracts/${other.contractId}`)).contractor.name).toBe(UNIT.contractor.name);
    const { text } = await api.get(`/v1/contracts/${contractId}/history`);
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  };
  await shown();
  await shown(`?knownAt=${before}`);
  // Gone from the running service's files, its write-ahead logs too; only the backup still has them.
  for (const secret of SECRETS) expect([secret, filesWith(service.data, secret)]).toEqual([secret, ['older-register']]);
  expect(taken(await api.get<{ erasures: { contractorId: string; texts: number }[] }>('/v1/audit/erasures')).erasures).toMatchObject([{ contractorId: 'K/消1', texts: 5, asked: { subject: 'admin', reason: 'the period has passed' }, approved: null }]);
  const verified = await ledgerctl(service, ['verify', '--json']);
  expect([verified.exit, (JSON.parse(verified.out) as { faults: object[] }).faults]).toEqual([0, []]);

  // Texts that come anew under the same id are not what was erased.
  const again = await openUnit(api, { contractor: { id: 'K/消1', name: '新しい名' }, name: '新しい本社' });

  // The register comes back from the backup: what was erased is erased again before anybody is let in.
  await service.stop();
  const events = (await readLog(service)).length;
  copyFileSync(backup, join(service.data, 'register.sqlite'));
  expect(filesWith(service.data, NAME)).toContain('register.sqlite');
  await service.launch();
  api = service.api;
  await shown();
  await shown(`?knownAt=${before}`);
  for (const secret of SECRETS) expect([secret, filesWith(service.data, secret)]).toEqual([secret, ['older-register']]);
  expect((await readLog(service)).length).toBe(events);
  expect(taken(await api.get<{ name: string | null }>(`/v1/management-units/${again}`)).name).toBeNull();
}, 300_000);

test('under four eyes the erasure waits as well, and what waits is erased with the rest', async () => {
  const service = await Service.start({ today: '2026-01-10', store: 'embedded', env: { LEDGER_FOUR_EYES: 'true', LEDGER_RETENTION_YEARS: '0' } });
  const { api } = service;
  const unit = await openUnit(api, { contractor: { id: 'K-2', name: NAME }, name: '秘密の本社' });
  const opened = taken(await api.post('/v1/contracts', contractBody(unit, { acceptedOn: '2026-01-05' })));
  const { contractId } = opened;
  taken(await api.post(`/v1/contracts/${contractId}/terminations`, { endsOn: '2026-06-30', ground: 'provider', reason: '本人の都合' }));
  const pending = await api.post(`/v1/contracts/${contractId}/corrections`, { eventId: opened.events[0]!.id, reason: '待っている理由' });
  expect(pending.status).toBe(202);
  await moveTo(api, '2027-01-01');
  const asked = await api.post('/v1/contractors/K-2/erasures', { reason: 'the period has passed' });
  expect([asked.status, asked.body.state]).toEqual([202, 'pending']);
  expect(filesWith(service.data, NAME)).not.toEqual([]);
  const clerk = api.as(taken(await api.post('/v1/tokens', { subject: 'clerk', role: 'operator' })).token);
  const decided = taken(await clerk.post(`/v1/approvals/${asked.body.approvalId}/decisions`, { decision: 'approve', reason: 'the last contract ended in 2026' }));
  expect(decided.result).toMatchObject({ status: 201, body: { contractorId: 'K-2', remaining: 0 } });
  for (const secret of [NAME, '本人の都合', '待っている理由']) expect([secret, filesWith(service.data, secret)]).toEqual([secret, []]);
  const waits = taken(await api.get<{ request: object | null; asked: { reason: string | null } }>(`/v1/approvals/${pending.body.approvalId}`));
  expect([waits.request, waits.asked.reason]).toEqual([null, null]);
  const gone = await clerk.post(`/v1/approvals/${pending.body.approvalId}/decisions`, { decision: 'approve', reason: 'too late' });
  expect([gone.status, gone.body.code]).toEqual([409, 'approval-text-gone']);
  expect(taken(await clerk.post(`/v1/approvals/${pending.body.approvalId}/decisions`, { decision: 'reject', reason: 'too late' })).state).toBe('rejected');
  const log = await readLog(service);
  expect(log.find((e) => e.type === 'ContractorErased')!.metadata).toMatchObject({ actor: { subject: 'admin' }, approval: { decidedBy: { subject: 'clerk' } } });
}, 300_000);
