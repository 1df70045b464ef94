/** Four eyes: what takes back, strikes or removes waits for another subject. */
import { randomUUID } from 'node:crypto';
import type { Answer, Api, Reply } from './support/api.js';
import { contractBody, fixed, notice, openContract, taken } from './support/lives.js';
import { readLog, typesOn } from './support/log.js';
import { endServices, Service } from './support/service.js';

afterAll(endServices, 60_000);

const DAY = '2026-03-01';
let service: Service;
let admin: Api;
let asker: Api;
let second: Api;

/** Who acts under a token of their own. */
async function as(subject: string, role: string): Promise<Api> {
  return admin.as(taken(await admin.post('/v1/tokens', { subject, role })).token);
}

beforeAll(async () => {
  service = await Service.start({ today: DAY, env: { LEDGER_FOUR_EYES: 'true' } });
  admin = service.api;
  asker = await as('clerk-1', 'operator');
  second = await as('clerk-2', 'operator');
}, 300_000);

const at = (id: string): string => `/v1/contracts/${id}`;
const decide = (api: Api, id: string, decision = 'approve', sent = {}): Promise<Reply> => api.post(`/v1/approvals/${id}/decisions`, { decision, reason: `seen: ${decision}` }, sent);
const waiting = (r: Reply): Answer => {
  expect([r.status, r.body.state]).toEqual([202, 'pending']);
  return r.body;
};

async function noticed(): Promise<{ contractId: string; noticeId: string; path: string; body: object; eventId: string }> {
  const { contractId } = await openContract(asker, { acceptedOn: '2026-01-01' });
  const told = taken(await asker.post(`${at(contractId)}/cancellation-notices`, notice('2026-02-01', '2026-12-31')));
  return { contractId, noticeId: told.noticeId, eventId: told.events[0]!.id, path: `${at(contractId)}/cancellation-notices/${told.noticeId}/withdrawals`, body: { consentedOn: '2026-02-10', reason: '秘密の理由', document: 'letter 7' } };
}

it('keeps a withdrawal until another subject approves, then carries it out under its own id, once', async () => {
  const { contractId, path, body } = await noticed();
  const key = randomUUID();
  const asked = waiting(await asker.post(path, body, { key }));
  expect(asked.contractId).toBe(contractId);
  const again = await asker.post(path, body, { key });
  expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([202, 'true', asked]);
  expect((await asker.post(path, { ...body, reason: 'another' }, { key })).status).toBe(422);

  // The asker may not decide, with whatever token.
  const own = await decide(asker, asked.approvalId);
  expect([own.status, own.body.code]).toEqual([409, 'approval-own']);
  const shown = taken(await second.get<{ request: { body: object }; asked: { subject: string; reason: string }; state: string; decided: object | null }>(`/v1/approvals/${asked.approvalId}`));
  expect(shown).toMatchObject({ state: 'pending', command: 'WithdrawNotice', contractId, request: { body }, asked: { subject: 'clerk-1', role: 'operator', reason: '秘密の理由', document: 'letter 7' }, decided: null });

  const seen = await decide(second, asked.approvalId, 'approve', { headers: {} });
  const decisionKey = randomUUID();
  expect(seen.status).toBe(200);
  expect(seen.body).toMatchObject({ approvalId: asked.approvalId, state: 'approved', result: { status: 200, body: { contractId, events: [{ type: 'NoticeWithdrawn' }] } } });
  const late = await decide(second, asked.approvalId, 'reject', { key: decisionKey });
  expect([late.status, late.body.code]).toEqual([409, 'approval-decided']);
  expect((await decide(second, asked.approvalId, 'reject', { key: decisionKey })).headers['idempotency-replayed']).toBe('true');

  // A repeat of the question is now answered with what it came to.
  const result = await asker.post(path, body, { key });
  expect([result.status, result.headers['idempotency-replayed'], result.body]).toEqual([200, 'true', seen.body.result.body]);

  const log = await readLog(service);
  const withdrawn = log.filter((e) => e.type === 'NoticeWithdrawn' && e.stream === `contract-${contractId}`);
  expect(withdrawn).toHaveLength(1);
  expect(withdrawn[0]!.metadata).toMatchObject({ actor: { subject: 'clerk-1', role: 'operator' }, approval: { approvalId: asked.approvalId, decidedBy: { subject: 'clerk-2', role: 'operator' } } });
  expect(typesOn(log, `approval-${asked.approvalId}`)).toEqual(['ApprovalRequested', 'ApprovalGranted']);
  expect(JSON.stringify(log)).not.toContain('秘密の理由');
  expect(JSON.stringify(log)).not.toContain('letter 7');
  const { events } = taken(await second.get<{ events: { type: string; metadata: { approval?: { decidedBy: object; reason: { text: string } }; reason?: { text: string } } }[] }>(`${at(contractId)}/history`));
  const told = events.find((e) => e.type === 'NoticeWithdrawn')!.metadata;
  expect([told.reason!.text, told.approval!.reason.text, told.approval!.decidedBy]).toEqual(['秘密の理由', 'seen: approve', { subject: 'clerk-2', role: 'operator' }]);
});

it('answers a repeated decision from the log', async () => {
  const { path, body } = await noticed();
  const asked = waiting(await asker.post(path, body));
  const key = randomUUID();
  const first = await decide(second, asked.approvalId, 'approve', { key });
  const again = await decide(second, asked.approvalId, 'approve', { key });
  expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', first.body]);
});

it('carries nothing out that is rejected, and says so to a repeat', async () => {
  const { contractId, path, body } = await noticed();
  const key = randomUUID();
  const asked = waiting(await asker.post(path, body, { key }));
  const rejected = taken(await decide(admin, asked.approvalId, 'reject'));
  expect(rejected.state).toBe('rejected');
  const again = await asker.post(path, body, { key });
  expect([again.status, again.body.code]).toEqual([409, 'approval-rejected']);
  expect(typesOn(await readLog(service), `contract-${contractId}`)).not.toContain('NoticeWithdrawn');
  expect((await decide(second, asked.approvalId)).body.code).toBe('approval-decided');
});

it('decides on the state of that moment; a refusal leaves it open and is recorded as the decision\u2019s', async () => {
  const { contractId, path, body, eventId } = await noticed();
  const withdrawal = waiting(await asker.post(path, body));
  const striking = waiting(await asker.post(`${at(contractId)}/corrections`, { eventId, reason: 'never arrived' }));
  // Withdrawn in the meantime: the second question would withdraw it again.
  const twice = waiting(await asker.post(path, { ...body, reason: 'asked twice' }));
  expect((await decide(second, withdrawal.approvalId)).status).toBe(200);
  const key = randomUUID();
  const refused = await decide(second, twice.approvalId, 'approve', { key });
  expect([refused.status, refused.body.code]).toEqual([409, 'already-withdrawn']);
  expect((await decide(second, twice.approvalId, 'approve', { key })).headers['idempotency-replayed']).toBe('true');
  expect(taken(await second.get(`/v1/approvals/${twice.approvalId}`))['state']).toBe('pending');
  // The notice itself is struck after all: still to be decided on, and now something else stands in the way.
  expect((await decide(second, striking.approvalId)).status).toBe(200);
  expect((await decide(second, twice.approvalId)).status).toBe(404);
  expect((await decide(second, twice.approvalId, 'reject')).status).toBe(200);
  const { refusals } = taken(await admin.get<{ refusals: { command: string; code: string; subject: string; contractId: string }[] }>('/v1/audit/refusals?subject=clerk-2'));
  expect(refusals.find((r) => r.code === 'already-withdrawn')).toMatchObject({ command: 'DecideApproval', subject: 'clerk-2', contractId });
});

it('does not keep what is malformed, unknown or refused as it is; a preview is never kept', async () => {
  const { contractId, noticeId, path, body } = await noticed();
  expect((await asker.post(`${path}?preview=true`, body)).body).toMatchObject({ preview: true, events: [{ type: 'NoticeWithdrawn' }] });
  expect((await asker.post(path, { consentedOn: '2026-01-01', reason: 'too early' })).status).toBe(400);
  expect((await asker.post(path.replace(noticeId, contractId), body)).status).toBe(404);
  expect((await asker.post(path, body, { headers: { 'if-match': '"7"' } })).status).toBe(412);
  const asked = waiting(await asker.post(path, body));
  const looked = await second.post(`/v1/approvals/${asked.approvalId}/decisions?preview=true`, { decision: 'approve', reason: 'looking' });
  expect(looked.body).toMatchObject({ preview: true, state: 'approved', result: { body: { events: [{ type: 'NoticeWithdrawn' }] } } });
  expect(taken(await second.get(`/v1/approvals/${asked.approvalId}`))['state']).toBe('pending');
  const auditor = await as('auditor-1', 'auditor');
  expect((await decide(auditor, asked.approvalId)).status).toBe(403);
  expect((await decide(second, randomUUID())).status).toBe(404);
  expect((await second.post(`/v1/approvals/${asked.approvalId}/decisions`, { decision: 'approve' })).status).toBe(400);
});

it('keeps corrections with their replacement, count changes and discontinuations too', async () => {
  const opened = await openContract(asker, { acceptedOn: '2026-01-01' });
  const { contractId, unit } = opened;
  const corrected = waiting(await asker.post(`${at(contractId)}/corrections`, { eventId: opened.events[0]!.id, reason: 'typed wrongly', replacement: { command: '', body: contractBody(unit, { accountCount: 120, acceptedOn: '2026-01-01', fees: { initial: 10_000, monthly: fixed(90_000) } }) } }));
  expect(taken(await decide(second, corrected.approvalId)).result.status).toBe(200);
  expect(taken(await asker.get<{ accountCount: number }>(at(contractId))).accountCount).toBe(120);

  const change = taken(await asker.post(`${at(contractId)}/account-count`, { accountCount: 150, effectiveOn: '2026-05-01', requestedBy: 'contractor' }));
  const withdrawn = waiting(await asker.post(`${at(contractId)}/account-count/${change.changeId}/withdrawals`, { reason: 'not wanted' }));
  taken(await decide(second, withdrawn.approvalId));
  expect(taken(await asker.get<{ accountCount: number }>(`${at(contractId)}?asOf=2026-06-01`)).accountCount).toBe(120);

  const gone = taken(await asker.post('/v1/vendors/LayerX/discontinuations', { endsOn: '2028-12-31', reason: 'ends' }));
  const key = randomUUID();
  const path = `/v1/vendors/LayerX/discontinuations/${gone.discontinuationId}/corrections`;
  const lifting = waiting(await asker.post(path, { reason: 'never said' }, { key }));
  taken(await decide(second, lifting.approvalId));
  expect((await asker.post(path, { reason: 'never said' }, { key })).headers['idempotency-replayed']).toBe('true');
  expect(taken(await asker.get<{ lifted: boolean }>(`/v1/vendors/LayerX/discontinuations/${gone.discontinuationId}`)).lifted).toBe(true);
});

it('lists what waits, and goes on after a restart', async () => {
  const { path, body, contractId } = await noticed();
  const asked = waiting(await asker.post(path, body));
  await service.stop();
  await service.launch();
  [asker, second] = [service.api.as(asker.token), service.api.as(second.token)];
  admin = service.api;
  const { approvals } = taken(await second.get<{ approvals: { id: string; request: object }[] }>(`/v1/approvals?state=pending&contractId=${contractId}`));
  expect(approvals).toMatchObject([{ id: asked.approvalId, request: { body } }]);
  expect(taken(await decide(second, asked.approvalId)).state).toBe('approved');
  expect(taken(await second.get<{ approvals: object[] }>(`/v1/approvals?state=pending&contractId=${contractId}`)).approvals).toEqual([]);
});
