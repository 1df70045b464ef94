/** The evidence of a contract, as an auditor takes it away and a stranger checks it: service, signer and witness as processes of their own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { canonicalJson } from '@app/kernel';
import { readPack, verifyPack, type EvidencePack } from '@app/evidence';
import { parseVerifierKey } from '@app/transparency';
import { freePort } from './support/port.js';
import type { Api } from './support/api.js';
import { addOptions, applied, contractBody, moveTo, notice, openContract, openUnit, taken } from './support/lives.js';
import { ledgerctl, program, type Said } from './support/ledgerctl.js';
import { readLog } from './support/log.js';
import { endServices, Service } from './support/service.js';

let scratch: string;
const children = new Set<ChildProcess>();
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'evidence-e2e-'));
  program();
}, 300_000);
afterAll(async () => {
  for (const child of children) await end(child);
  await endServices();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, LEDGER_DATA: join(scratch, 'nowhere'), LEDGER_PORT: '1', EVENTSTORE_URL: '', LEDGER_SIGNER: '', LEDGER_SIGNER_KEY: '', LANG: 'C', NODE_OPTIONS: '' });
const entry = (): string => join(program(), 'apps/ledgerctl/src/main.js');

/** The command line on a machine that has no ledger: only what stands in files. */
function offline(...args: string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry(), ...args], { cwd: scratch, env: environment(), encoding: 'utf8' });
  return { exit: status, out: stdout, err: stderr };
}
const made = (...args: string[]): string => {
  const { exit, out, err } = offline(...args);
  if (exit !== 0) throw new Error(`ledgerctl ${args.join(' ')} ended with ${exit}\n${out}${err}`);
  return out.trim();
};

/** A process that serves, once it has said where. */
async function serving(...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [entry(), ...args], { cwd: scratch, env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}
async function end(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const evidenceOf = async (api: Api, contractId: string, query = ''): Promise<string> => {
  const reply = await api.get(`/v1/audit/contracts/${contractId}/evidence${query}`);
  if (reply.status !== 200) throw new Error(`HTTP ${reply.status} ${reply.text.slice(0, 500)}`);
  return reply.text;
};
/** Founds the ledger, so that a signer of it can be there before it goes on; its id. */
async function founded(s: Service): Promise<string> {
  await s.launch();
  const [first] = await readLog(s);
  await s.stop();
  return (first!.data as { ledgerId: string }).ledgerId;
}
/** Waits until everything is signed. */
async function signed(api: Api, cosigned: boolean): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { body } = await api.get<{ unsigned: { events: number }; checkpoint: { cosignatures: object[] } | null }>('/v1/audit/checkpoints/latest');
    if (body.checkpoint && body.unsigned.events === 0 && (!cosigned || body.checkpoint.cosignatures.length > 0)) return;
    if (tries > 400) throw new Error(`it was never signed: ${JSON.stringify(body)}`);
    await sleep(100);
  }
}
const file = (name: string, text: string): string => {
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
};

const OTHER = { contractor: { id: 'OTHER-CONTRACTOR', name: '隣の契約者' }, name: '隣の管理単位' };

/** A contract with options, a notice and a record, and beside it another contractor's and another of the same unit. */
async function lives(api: Api) {
  const unit = await openUnit(api, { contractor: { id: 'C-1', name: '<script>株式会社テスト</script>' }, name: '本社' });
  const contract = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'X', acceptedOn: '2026-01-01' })));
  const sibling = taken(await api.post('/v1/contracts', contractBody(unit, { item: 'L', acceptedOn: '2026-01-01' })));
  const other = await openContract(api, { managementUnitId: await openUnit(api, OTHER), application: { number: 'OTHER-APPLICATION', onForm: true } });
  await addOptions(api, contract.contractId, '2026-01-01', [applied(34), applied(1, { units: 2 })]);
  taken(await api.post(`/v1/contracts/${contract.contractId}/cancellation-notices`, { ...notice('2026-01-01', '2026-03-15'), channel: 'post' }));
  taken(await api.post('/v1/records', { clause: 'A8-4-3', occurredOn: '2026-01-01', contractId: contract.contractId, note: '電話で受けた' }));
  taken(await api.post('/v1/records', { clause: 'A8-4-3', occurredOn: '2026-01-01', contractId: other.contractId, note: '隣の記録' }));
  await moveTo(api, '2026-04-01');
  return { unit, contractId: contract.contractId, others: [other.contractId, other.unit, sibling.contractId] };
}

test('a pack that was taken away verifies without the ledger, and anything altered in it is named', async () => {
  const [socket, key, folder, port] = [join(scratch, 'signer.sock'), join(scratch, 'keys', 'signer-key'), join(scratch, 'witness'), await freePort()];
  const witnessKey = made('witness', 'init', '--folder', folder, '--name', 'witness.example/w1');
  const s = await Service.prepare({ env: { LEDGER_SIGNER: socket, LEDGER_WITNESSES: `http://127.0.0.1:${port}+${witnessKey}` } });
  const ledgerId = await founded(s);
  const logKey = made('signer', 'init', '--key', key, '--ledger', ledgerId);
  const signer = await serving('signer', 'run', '--key', key, '--socket', socket);
  made('witness', 'watch', '--folder', folder, logKey);
  await serving('witness', 'run', '--folder', folder, '--listen', `127.0.0.1:${port}`);
  await s.launch();
  const { contractId, unit, others } = await lives(s.api);
  const auditor = s.api.as(taken(await s.api.post('/v1/tokens', { subject: 'auditor-7', role: 'auditor' })).token);
  const held = { keys: [parseVerifierKey(logKey)], witnesses: [parseVerifierKey(witnessKey)] };

  await signed(s.api, true);
  // One more, which is signed while the evidence waits.
  taken(await s.api.post('/v1/records', { clause: 'A8-4-3', occurredOn: '2026-01-02', contractId, note: '続報' }));
  const text = await evidenceOf(auditor, contractId);
  const report = verifyPack(Buffer.from(text), held);
  expect(report).toMatchObject({ ok: true, findings: [], unsigned: 0, contractId, ledgerId, texts: { erased: 0, leftOut: false } });
  const pack = readPack(Buffer.from(text));

  // It is the log, event by event, and nothing but this contract.
  const log = await readLog(s);
  const own = log.filter((e) => e.stream === `contract-${contractId}`);
  expect(pack.events.map((r) => [r.event.id, canonicalJson(r.event.data), canonicalJson(r.event.metadata)])).toEqual(own.map((e) => [e.id, canonicalJson(e.data), canonicalJson(e.metadata)]));
  expect(pack.related.map((r) => r.event.type)).toEqual(expect.arrayContaining(['ManagementUnitOpened', 'ItemReserved', 'FactRecorded']));
  expect(pack.related.every((r) => [`managementUnit-${unit}`].includes(r.event.stream) || r.event.type === 'FactRecorded')).toBe(true);
  const included = new Set([...pack.events, ...pack.related].map((r) => r.event.id));
  const foreign = log.filter((e) => !included.has(e.id)).map((e) => e.id);
  expect(foreign.length).toBeGreaterThan(10);
  expect([...others, ...foreign, 'OTHER-', '隣の'].filter((x) => text.includes(x))).toEqual([]);
  expect(pack.texts!.map((t) => t.text)).toEqual(expect.arrayContaining(['<script>株式会社テスト</script>', '本社', '電話で受けた']));
  expect(pack.limits.map((l) => l.code)).toEqual(['last', 'related', 'unlogged', 'statements', 'truth', ...(s.onEventStoreDb ? ['values'] : [])]);

  // Offline, with nothing but the file and two public keys.
  const whole = file('whole.json', text);
  const verified = offline('audit', 'verify', whole, '--key', logKey, '--witness', witnessKey);
  expect([verified.exit, verified.out]).toEqual([0, expect.stringMatching(/verified: nothing differs from what was signed/)]);
  expect(verified.out).toMatch(/not excluded: later events: that revision \d+ is the last/);
  expect((JSON.parse(offline('--json', 'audit', 'verify', whole, '--key', logKey).out) as { ok: boolean }).ok).toBe(true);
  const stranger = spawnSync('python3', [fileURLToPath(new URL('../independent/verify.py', import.meta.url)), 'evidence', whole, '--key', logKey, '--witness', witnessKey], { encoding: 'utf8' });
  if (stranger.error) process.stderr.write('evidence.e2e-spec.ts: NOT checked by the independent verifier: there is no python3 on this machine\n');
  else expect([stranger.status, JSON.parse(stranger.stdout)]).toMatchObject([0, { ok: true, events: own.length, proved: included.size }]);

  // Any byte.
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 997) {
    const spoilt = Buffer.from(bytes);
    spoilt[at]! ^= 1;
    const { ok, first } = verifyPack(spoilt, held);
    expect([at, ok, first === null]).toEqual([at, false, false]);
  }
  const lied = file('lied.json', text.replace('"designatedOn":"2026-03-15"', '"designatedOn":"2026-03-16"'));
  const told = offline('audit', 'verify', lied, '--key', logKey);
  expect([told.exit, told.out]).toEqual([1, expect.stringMatching(/altered at revision \d+ \(CancellationNotified [0-9a-f-]+\): it is not as it was signed/)]);
  expect(offline('audit', 'verify', whole, '--key', witnessKey).exit).toBe(2);

  // The same for people: over HTTP, and offline from the file.
  for (const lang of ['ja', 'en'] as const) {
    const page = await auditor.get(`/v1/audit/contracts/${contractId}/report?lang=${lang}`);
    expect([page.status, page.headers['content-type'], page.headers['content-security-policy']]).toEqual([200, 'text/html; charset=utf-8', expect.stringMatching(/^default-src 'none'; style-src 'sha256-/)]);
    expect(page.text).toContain('&lt;script&gt;株式会社テスト&lt;/script&gt;');
    expect(page.text).not.toMatch(/<script|<img|https?:\/\//);
    const out = join(scratch, `offline.${lang}.html`);
    expect(offline('audit', 'report', '--pack', whole, '--lang', lang, '--key', logKey, '--out', out)).toMatchObject({ exit: 0 });
    const section = (html: string): string => html.slice(html.indexOf('<h2>2.'), html.indexOf('<h2>6.'));
    expect(section(readFileSync(out, 'utf8'))).toBe(section(page.text));
  }
  expect(offline('audit', 'report', '--pack', lied, '--key', logKey, '--out', join(scratch, 'lied.html'))).toMatchObject({ exit: 1, err: expect.stringMatching(/no report is made of .*altered at revision/) });

  // The command line beside the running service; never over a file that is there.
  const out = join(scratch, 'taken.json');
  expect(await ledgerctl(s, ['audit', 'pack', contractId, '--out', out, '--without-texts'])).toMatchObject({ exit: 0, err: expect.stringMatching(/\d+ proved, 0 unsigned/) });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(readFileSync(out, 'utf8')).not.toMatch(/株式会社|電話/);
  expect(verifyPack(readFileSync(out), held)).toMatchObject({ ok: true, texts: { leftOut: true } });
  expect(await ledgerctl(s, ['audit', 'pack', contractId, '--out', out])).toMatchObject({ exit: 2, err: expect.stringMatching(/exists already/) });
  expect(await ledgerctl(s, ['audit', 'pack', others[0]!.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')), '--out', join(scratch, 'none.json')])).toMatchObject({ exit: 3 });
  expect(await ledgerctl(s, ['audit', 'report', contractId, '--lang', 'ja', '--out', join(scratch, 'taken.html')])).toMatchObject({ exit: 0 });

  // Taking evidence is itself in the log.
  const { reads } = taken(await auditor.get<{ reads: { type: string; route: string; subject: string }[] }>('/v1/audit/reads?limit=50'));
  expect(reads).toEqual(expect.arrayContaining([expect.objectContaining({ route: 'GET /v1/audit/contracts/:id/evidence', subject: 'auditor-7' }), expect.objectContaining({ route: 'GET /v1/audit/contracts/:id/report', subject: 'auditor-7' })]));

  // Without the signer, what comes later is in the pack and counted as unsigned.
  await end(signer);
  taken(await s.api.post('/v1/records', { clause: 'A8-4-3', occurredOn: '2026-01-02', contractId, note: '後から' }));
  const later = await evidenceOf(auditor, contractId);
  expect(verifyPack(Buffer.from(later), held)).toMatchObject({ ok: true, unsigned: 1 });
  expect(readPack(Buffer.from(later)).limits.map((l) => l.code)).toContain('tail');
  await s.end();
}, 300_000);

test('without a signer a pack says that it is unsigned, and a verification says so too', async () => {
  const s = await Service.start();
  const { contractId } = await openContract(s.api);
  const text = await evidenceOf(s.api, contractId, '?texts=false');
  const pack: EvidencePack = readPack(Buffer.from(text));
  expect([pack.checkpoint, pack.texts, pack.events.every((e) => e.proof === null)]).toEqual([null, null, true]);
  expect(pack.limits.map((l) => l.code)).toEqual(expect.arrayContaining(['unsigned', 'textsLeftOut']));
  const name = file('unsigned.json', text);
  expect(offline('audit', 'verify', name)).toMatchObject({ exit: 0, out: expect.stringMatching(/consistent, but UNSIGNED: nothing is proved/) });
  const stranger = made('witness', 'init', '--folder', join(scratch, 'stranger'), '--name', 'witness.example/w2');
  expect(offline('audit', 'verify', name, '--witness', stranger)).toMatchObject({ exit: 1, out: expect.stringMatching(/NOT verified/) });
  expect((await s.api.get(`/v1/audit/contracts/${contractId}/report?lang=en`)).text).toContain('UNSIGNED');

  for (const [path, status] of [
    [`${contractId}/evidence?texts=maybe`, 400], [`${contractId}/report?lang=de`, 400], ['x/evidence', 400],
    ['00000000-0000-5000-8000-000000000000/evidence', 404], ['00000000-0000-5000-8000-000000000000/report', 404],
  ] as const)
    expect([path, (await s.api.get(`/v1/audit/contracts/${path}`)).status]).toEqual([path, status]);
  for (const role of ['operator', 'billing']) {
    const token = taken(await s.api.post('/v1/tokens', { subject: `a-${role}`, role })).token;
    expect((await s.api.as(token).get(`/v1/audit/contracts/${contractId}/evidence`)).status).toBe(403);
  }
  await s.end();
}, 60_000);

test('of an event that was altered in the log no evidence is made, and it is named', async () => {
  const [socket, key] = [join(scratch, 'signer-2.sock'), join(scratch, 'keys', 'signer-key-2')];
  const s = await Service.prepare({ env: { LEDGER_SIGNER: socket }, store: 'embedded' });
  made('signer', 'init', '--key', key, '--ledger', await founded(s));
  await serving('signer', 'run', '--key', key, '--socket', socket);
  await s.launch();
  const { contractId } = await openContract(s.api);
  await signed(s.api, false);
  expect(verifyPack(Buffer.from(await evidenceOf(s.api, contractId)), { keys: [], witnesses: [] }).unsigned).toBe(0);
  // The tree goes on behind it: one that ended with the altered event would be made anew, and name the first.
  const { contractId: later } = await openContract(s.api);
  expect(verifyPack(Buffer.from(await evidenceOf(s.api, later)), { keys: [], witnesses: [] }).unsigned).toBe(0);
  await s.stop();
  const db = new DatabaseSync(join(s.data, 'log.sqlite'));
  const { changes } = db.prepare(`UPDATE events SET metadata = replace(metadata, '"subject":"admin"', '"subject":"nobody"') WHERE stream = ? AND revision = 1`).run(`contract-${contractId}`);
  db.close();
  expect(Number(changes)).toBe(1);
  await s.launch();
  const reply = await s.api.get<{ code: string; detail: string }>(`/v1/audit/contracts/${contractId}/evidence`);
  expect([reply.status, reply.body]).toMatchObject([409, { code: 'log-altered', detail: expect.stringMatching(/revision 1 \(LicensorTermsAgreed [0-9a-f-]+\): it is not as it was signed/) }]);
  await s.end();
}, 180_000);

test('of a person who was erased the evidence stays, and nothing that names them', async () => {
  const s = await Service.start({ store: 'embedded' });
  const unit = await openUnit(s.api, { contractor: { id: 'K-9', name: '消去太郎' }, name: '消去本社' });
  const { contractId } = taken(await s.api.post('/v1/contracts', contractBody(unit, { acceptedOn: '2026-01-01' })));
  taken(await s.api.post(`/v1/contracts/${contractId}/terminations`, { endsOn: '2026-03-31', ground: 'provider', reason: '本人の都合' }));
  expect(await evidenceOf(s.api, contractId)).toContain('消去太郎');
  await moveTo(s.api, '2037-01-02');
  taken(await s.api.post('/v1/contractors/K-9/erasures', { reason: 'the period has passed' }));
  const text = await evidenceOf(s.api, contractId);
  expect(text).not.toMatch(/消去太郎|消去本社|本人の都合/);
  const report = verifyPack(Buffer.from(text), { keys: [], witnesses: [] });
  expect([report.ok, report.texts.held, report.texts.erased > 3]).toEqual([true, 0, true]);
  expect((await s.api.get(`/v1/audit/contracts/${contractId}/report?lang=ja`)).text).toContain('(消去済み)');
  await s.end();
}, 90_000);
