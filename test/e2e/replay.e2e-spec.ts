/** `ledgerctl audit replay` over a log of every kind of decision: nothing differs, and what was altered is named. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { canonicalJson, type Json } from '@app/kernel';
import { addOptions, applied, contractBody, moveTo, notice, openContract, openUnit, optionsBody, taken } from './support/lives.js';
import { ledgerctl, program } from './support/ledgerctl.js';
import { endServices, Service } from './support/service.js';

interface Findings {
  readonly ok: boolean;
  readonly events: number;
  readonly appends: number;
  readonly receipts: number;
  readonly tables: { readonly [hash: string]: number };
  readonly differences: readonly { readonly type: string; readonly path: string; readonly clause: string | null; readonly position: string; readonly stored?: unknown; readonly now?: unknown }[];
  readonly accepted: readonly object[];
}

let service: Service;
let scratch: string;
beforeAll(async () => {
  program();
  scratch = mkdtempSync(join(tmpdir(), 'replay-e2e-'));
  service = await Service.start({ today: '2025-01-01', store: 'embedded', policies: { limitsScope: 'parent' } });
}, 300_000);
afterAll(async () => {
  await endServices();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

const at = (id: string): string => `/v1/contracts/${id}`;

/** Two years with renewals, late facts, corrections, withdrawals, a discontinuation, devices, cascades and refusals. */
async function live(): Promise<void> {
  const { api } = service;
  const unit = await openUnit(api);
  const x = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'X', acceptedOn: '2025-01-01' })));
  const a = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'A', acceptedOn: '2025-01-01' })));
  const l = await openContract(api, { item: 'L', acceptedOn: '2025-01-01' });
  const added = await addOptions(api, x.contractId, '2025-01-01', [applied(1), applied(2), applied(30)]);
  const storage = await addOptions(api, l.contractId, '2025-01-01', [applied(33)]);
  taken(await api.post(`${at(x.contractId)}/options/${added.optionIds[1]!}/devices/faults`, { occurredOn: '2025-01-01', attributableToContractor: true }));
  expect((await api.post(`${at(a.contractId)}/options`, optionsBody('2025-01-01', [applied(45)]))).status).toBe(409);
  await moveTo(api, '2025-06-01');
  const change = taken(await api.post(`${at(x.contractId)}/account-count`, { accountCount: 150, effectiveOn: '2025-07-01', requestedBy: 'contractor' }));
  taken(await api.post(`${at(x.contractId)}/account-count/${change.changeId}/withdrawals`, { reason: 'no' }));
  taken(await api.post(`${at(x.contractId)}/excess-usages`, { detectedOn: '2025-05-05', accounts: 3, charge: 900 }));
  taken(await api.post('/v1/records', { clause: 'A6-1-1', occurredOn: '2025-05-01', contractId: x.contractId, note: 'seen' }));
  await moveTo(api, '2026-02-10');
  const late = taken(await api.post(`${at(x.contractId)}/cancellation-notices`, notice('2025-11-20', '2025-12-31')));
  taken(await api.post(`${at(x.contractId)}/cancellation-notices/${late.noticeId}/withdrawals`, { consentedOn: '2025-12-20', reason: 'both agree' }));
  taken(await api.post(`${at(l.contractId)}/options/${storage.optionIds[0]!}/cancellation-notices`, notice('2026-02-01', '2026-03-31')));
  const gone = taken(await api.post('/v1/vendors/LayerX/discontinuations', { endsOn: '2026-10-31', reason: 'ends' }));
  taken(await api.post(`/v1/vendors/LayerX/discontinuations/${gone.discontinuationId}/corrections`, { reason: 'later', replacement: { endsOn: '2027-03-31' } }));
  taken(await api.post(`${at(a.contractId)}/corrections`, { eventId: a.events[0]!.id, reason: 'typed wrongly', replacement: { command: '', body: contractBody(unit, { item: 'A', acceptedOn: '2025-01-01', accountCount: 60 }) } }));
  taken(await api.post(`${at(x.contractId)}/terminations`, { endsOn: '2026-08-15', ground: 'provider', reason: 'agreed' }));
  await moveTo(api, '2026-12-01');
}

const replayed = async (folder: string, args: readonly string[] = []): Promise<{ exit: number | null; findings: Findings }> => {
  const { exit, out, err } = await ledgerctl(service, ['audit', 'replay', '--json', ...args], { LEDGER_DATA: folder });
  if (out === '') throw new Error(err);
  return { exit, findings: JSON.parse(out) as Findings };
};

/** Ids, and with them the order of what falls due on one day, differ from run to run: a renewal is told by its clause. */
const RENEWAL = 'A3-2b';

/** A copy of the ledger in which one event's metadata or data reads otherwise. */
function altered(name: string, type: string, column: 'data' | 'metadata', change: (value: { [key: string]: Json }) => void): { folder: string; position: string } {
  const folder = mkdtempSync(join(scratch, name));
  copyFileSync(join(scratch, 'log.sqlite'), join(folder, 'log.sqlite'));
  const db = new DatabaseSync(join(folder, 'log.sqlite'));
  const row = db.prepare(`SELECT position, ${column} AS value FROM events WHERE type = ? AND (type <> 'Renewed' OR json_extract(metadata, '$.receipts[0].clause') = ?) ORDER BY position DESC LIMIT 1`).get(type, RENEWAL) as { position: number; value: string };
  const value = JSON.parse(row.value) as { [key: string]: Json };
  change(value);
  db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(canonicalJson(value), row.position);
  db.close();
  return { folder, position: String(row.position) };
}

const facts = (m: { [key: string]: Json }): { [key: string]: Json } => (m['receipts'] as unknown as { facts: { [key: string]: Json } }[])[0]!.facts;

test('decides everything again and finds the same; while the service runs, too', async () => {
  await live();
  const { exit, findings } = await replayed(service.data);
  expect([exit, findings.differences]).toEqual([0, []]);
  expect(findings).toMatchObject({ ok: true, accepted: [] });
  expect(findings.appends).toBeGreaterThan(20);
  expect(findings.receipts).toBeGreaterThan(80);
  expect(Object.keys(findings.tables)).toHaveLength(1);
  await service.stop();
  const db = new DatabaseSync(join(service.data, 'log.sqlite'));
  db.exec(`VACUUM INTO '${join(scratch, 'log.sqlite')}'`);
  db.close();
}, 300_000);

test.each<[string, string, 'data' | 'metadata', (value: { [key: string]: Json }) => void, string, string | null]>([
  ['a fact of a receipt', 'Renewed', 'metadata', (m) => void (facts(m)['noticeDeadline'] = '2025-12-24'), 'receipts[0].facts.noticeDeadline', RENEWAL],
  ['the evidence of silence', 'Renewed', 'metadata', (m) => void (facts(m)['expectedRevision'] = 0), 'receipts[0].facts.expectedRevision', RENEWAL],
  ['the clause of a receipt', 'ManagementUnitOpened', 'metadata', (m) => void ((m['receipts'] as unknown as { clause: string }[])[0]!.clause = 'A4-2'), 'receipts[0].clause', 'A4-2'],
  ['a receipt that is gone', 'FactRecorded', 'metadata', (m) => void (m['receipts'] = []), 'receipts[0]', 'A6-1-1'],
  ['an amount', 'SettlementAssessed', 'data', (d) => void (d['amount'] = (d['amount'] as number) + 1), 'data.amount', null],
  ['the revision of the agreement', 'Terminated', 'metadata', (m) => void ((m['agreement'] as { revision: string }).revision = 'S-R6-4-1-1'), 'agreement.revision', null],
  ['a warning', 'Terminated', 'metadata', (m) => void ((m['answer'] as { warnings: Json }).warnings = []), 'warnings[0]', null],
  ['a discontinuation\'s day', 'VendorDiscontinued', 'metadata', (m) => void (facts(m)['endsOn'] = '2027-04-30'), 'receipts[0].facts.endsOn', 'A9'],
  ['a fact that the agreement refuses', 'LicensorTermsAgreed', 'data', (d) => void (d['agreedOn'] = '2025-06-30'), 'judged', 'A5-1'],
])('names %s that was altered', async (_name, type, column, change, path, clause) => {
  const { folder, position } = altered('altered-', type, column, change);
  const { exit, findings } = await replayed(folder);
  expect([exit, findings.ok]).toEqual([1, false]);
  expect(findings.differences).toContainEqual(expect.objectContaining(path === 'judged' ? { path, clause } : { type, path, position, clause }));
}, 60_000);

test('accepts what a reviewed list names, and nothing else', async () => {
  const { folder } = altered('reviewed-', 'Renewed', 'metadata', (m) => void (facts(m)['noticeDeadline'] = '2025-12-24'));
  const list = join(scratch, 'list.json');
  const entry = { type: 'Renewed', path: 'receipts[*].facts.noticeDeadline', clause: RENEWAL, recordedBefore: '2999-01-01T00:00:00Z', why: 'the deadline was counted from the wrong day', reviewedOn: '2026-11-23' };
  const asked = async (...entries: object[]) => {
    writeFileSync(list, JSON.stringify({ differences: entries }));
    return replayed(folder, ['--accepted', list]);
  };
  const accepted = await asked(entry);
  expect([accepted.exit, accepted.findings.differences, accepted.findings.accepted]).toEqual([0, [], [expect.objectContaining({ type: 'Renewed', accepted: entry.why })]]);
  expect((await asked({ ...entry, recordedBefore: '2020-01-01T00:00:00Z' })).exit).toBe(1);
  expect((await asked({ ...entry, clause: 'A3-2c' })).exit).toBe(1);
  writeFileSync(list, JSON.stringify({ differences: [{ ...entry, why: '' }] }));
  const wrong = await ledgerctl(service, ['audit', 'replay', '--accepted', list], { LEDGER_DATA: folder });
  expect([wrong.exit, wrong.err]).toEqual([2, expect.stringContaining('differences[0].why must be a text')]);
}, 60_000);
