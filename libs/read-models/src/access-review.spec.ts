import { accessesPage, accessReview } from './index.js';
import { day, TestLedger, text } from './testing/ledger.js';
import { closeServed, serve } from './testing/served.js';

afterEach(closeServed);

const at = (instant: string): number => Date.parse(instant) - 1000;

function ledgerWithTokens(): TestLedger {
  const ledger = new TestLedger();
  const issue = (id: string, when: string, more: object = {}) => {
    ledger.now = at(when);
    const { subject = `s-${id}`, role = 'operator', ...rest } = more as { subject?: string; role?: string };
    ledger.record(`token-${id}`, 'IssueToken', ledger.command(), [{ type: 'TokenIssued', data: { tokenId: id, subject, role, hash: id, expiresOn: null, ...rest } }], { reason: text(`why ${id}`), actor: { subject: 'admin', role: 'admin' } });
  };
  const revoke = (id: string, when: string) => {
    ledger.now = at(when);
    ledger.record(`token-${id}`, 'RevokeToken', ledger.command(), [{ type: 'TokenRevoked', data: { tokenId: id } }], { reason: text(`gone ${id}`), actor: { subject: 'admin-2', role: 'admin' } });
  };
  issue('before', '2026-01-10T00:00:00Z');
  issue('gone-before', '2026-01-11T00:00:00Z');
  revoke('gone-before', '2026-06-30T14:59:59Z'); // the last moment of 30 June in Japan
  issue('gone-on-first', '2026-01-12T00:00:00Z');
  revoke('gone-on-first', '2026-06-30T15:00:00Z'); // already 1 July there
  issue('expired-before', '2026-01-13T00:00:00Z', { expiresOn: '2026-06-30' });
  issue('expires-within', '2026-01-14T00:00:00Z', { expiresOn: '2026-08-15' });
  issue('expires-soon', '2026-07-02T00:00:00Z', { expiresOn: '2026-12-29', role: 'billing', label: text('label') });
  issue('expires-later', '2026-07-03T00:00:00Z', { expiresOn: '2026-12-30' });
  issue('on-last', '2026-09-30T14:59:00Z');
  issue('after', '2026-09-30T15:00:00Z');
  revoke('before', '2026-10-05T00:00:00Z');
  return ledger;
}

describe('a review of access', () => {
  it('has every token that was in force on one of the days, and how it stands at their end', async () => {
    const { store } = await serve(ledgerWithTokens().log);
    const { grants } = await accessReview(store.db, { from: day('2026-07-01'), to: day('2026-09-30') });
    expect(grants.map((g) => [g.tokenId, g.state, g.inForceFrom, g.inForceTo])).toEqual([
      ['before', 'in-force', '2026-07-01', '2026-09-30'],
      ['gone-on-first', 'revoked', '2026-07-01', '2026-07-01'],
      ['expires-within', 'expired', '2026-07-01', '2026-08-15'],
      ['expires-soon', 'expiring', '2026-07-02', '2026-09-30'],
      ['expires-later', 'in-force', '2026-07-03', '2026-09-30'],
      ['on-last', 'in-force', '2026-09-30', '2026-09-30'],
    ]);
    expect(grants[3]).toMatchObject({ subject: 's-expires-soon', role: 'billing', label: text('label'), issuedBy: 'admin', issueReason: text('why expires-soon'), revokedAt: null, revokedBy: null, revokeReason: null });
    expect(grants[1]).toMatchObject({ revokedBy: 'admin-2', revokeReason: text('gone gone-on-first') });
    // Nothing of it holds the secret's hash.
    expect(JSON.stringify(grants)).not.toContain('hash');
  });

  it('says who acted in which role on which days of Japan, whoever let them in', async () => {
    const ledger = ledgerWithTokens();
    const act = (subject: string, role: string, when: string) => {
      ledger.now = at(when);
      ledger.record(`record-${subject}-${when}`, 'RecordFact', ledger.command(), [{ type: 'FactRecorded', data: { recordId: 'r', clause: 'A2', occurredOn: '2026-01-01', note: text('n') } }], { actor: { subject, role } });
    };
    act('s-before', 'operator', '2026-06-30T15:30:00Z');
    act('s-before', 'operator', '2026-06-30T16:30:00Z');
    act('s-before', 'operator', '2026-07-09T14:00:00Z');
    act('s-before', 'operator', '2026-07-09T15:00:00Z');
    act('s-before', 'auditor', '2026-07-10T00:00:00Z');
    act('oidc:user-1', 'operator', '2026-08-01T00:00:00Z');
    act('ledger', 'admin', '2026-08-02T00:00:00Z');
    act('s-after', 'operator', '2026-09-30T15:00:00Z');
    for (const serving of [{}, { before: 0, batch: 1 }]) {
      const { store } = await serve(ledger.log, serving);
      const review = await accessReview(store.db, { from: day('2026-07-01'), to: day('2026-09-30') });
      expect(review.actors.filter((a) => a.subject !== 'admin' && a.subject !== 'admin-2')).toEqual([
        { subject: 'ledger', role: 'admin', by: 'service', firstOn: '2026-08-02', lastOn: '2026-08-02', days: 1 },
        { subject: 'oidc:user-1', role: 'operator', by: 'issuer', firstOn: '2026-08-01', lastOn: '2026-08-01', days: 1 },
        { subject: 's-before', role: 'auditor', by: 'token', firstOn: '2026-07-10', lastOn: '2026-07-10', days: 1 },
        { subject: 's-before', role: 'operator', by: 'token', firstOn: '2026-07-01', lastOn: '2026-07-10', days: 3 },
      ]);
      expect(review.grants.map((g) => [g.tokenId, g.lastActedOn])).toContainEqual(['before', '2026-07-10']);
      expect(review.grants.find((g) => g.tokenId === 'on-last')!.lastActedOn).toBeNull();
    }
  });
});

describe('reads by auditors', () => {
  it('come newest first, by whom, about what and when', async () => {
    const ledger = new TestLedger();
    const look = (subject: string, route: string, parameters: object, when: string, type = 'AuditorRead') => {
      ledger.now = at(when);
      ledger.record('access-2026-07', 'Read', ledger.command(), [{ type, data: { route, parameters, status: 200, rows: 2 } }], { actor: { subject, role: 'auditor' } });
    };
    look('a', 'GET /v1/contracts/:id', { id: 'k1' }, '2026-07-01T00:00:00Z');
    look('b', 'GET /v1/charges', { contractId: 'k1', month: '2026-06' }, '2026-07-02T00:00:00Z');
    look('a', 'GET /v1/management-units/:id', { id: 'k1' }, '2026-07-02T15:00:00Z');
    look('b', 'GET /v1/audit/access-review', { from: '2026-04-01', to: '2026-06-30' }, '2026-07-04T00:00:00Z', 'Exported');
    look('c', 'GET /v1/audit/contracts/:id/evidence', { id: 'k2' }, '2026-07-05T00:00:00Z', 'Exported');
    look('c', 'POST /v1/feed/reconciliations', { contractIds: 'k2 k3' }, '2026-07-05T00:00:00Z');
    const { store } = await serve(ledger.log.slice(0, -2));
    const { store: more } = await serve(ledger.log);
    const about = async (contractId: string) => (await accessesPage(more.db, { limit: 50, contractId })).reads.map((r) => r.route);
    expect([await about('k2'), await about('k3'), await about('k4')]).toEqual([['POST /v1/feed/reconciliations', 'GET /v1/audit/contracts/:id/evidence'], ['POST /v1/feed/reconciliations'], []]);
    const routes = async (filter: object) => (await accessesPage(store.db, { limit: 50, ...filter })).reads.map((r) => r.route);
    expect(await routes({})).toEqual(['GET /v1/audit/access-review', 'GET /v1/management-units/:id', 'GET /v1/charges', 'GET /v1/contracts/:id']);
    expect(await routes({ subject: 'a' })).toEqual(['GET /v1/management-units/:id', 'GET /v1/contracts/:id']);
    expect(await routes({ contractId: 'k1' })).toEqual(['GET /v1/charges', 'GET /v1/contracts/:id']);
    expect(await routes({ from: day('2026-07-02'), to: day('2026-07-02') })).toEqual(['GET /v1/charges']);
    const first = await accessesPage(store.db, { limit: 1 });
    expect(first.reads[0]).toMatchObject({ type: 'Exported', subject: 'b', role: 'auditor', parameters: { from: '2026-04-01', to: '2026-06-30' }, status: 200, rows: 2 });
    expect((await accessesPage(store.db, { limit: 1, cursor: first.nextCursor })).reads[0]!.route).toBe('GET /v1/management-units/:id');
    // A read has no key that could be used twice.
    expect((await store.db.selectFrom('commands').selectAll().execute()).length).toBe(0);
  });
});
