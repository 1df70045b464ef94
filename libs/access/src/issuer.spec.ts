import fc from 'fast-check';
import { decideToken, issuerSubject, noToken, parseRoleClaim, PLAIN_ROLES, roleClaimed, type RoleClaim, type TokenIssued } from './index.js';
import { Malformed } from '@app/kernel';

describe("the role of an issuer's token", () => {
  const nested: RoleClaim = { path: ['realm_access', 'roles'], roles: new Map([['ledger-audit', 'auditor'], ['ledger-ops', 'operator'], ['ledger-ops-2', 'operator']]) };

  it.each([
    [{ roles: ['auditor'] }, PLAIN_ROLES, 'auditor'],
    [{ roles: 'billing' }, PLAIN_ROLES, 'billing'],
    [{ roles: ['offline_access', 'operator', 'operator'] }, PLAIN_ROLES, 'operator'],
    [{ realm_access: { roles: ['ledger-audit'] } }, nested, 'auditor'],
    [{ realm_access: { roles: ['ledger-ops', 'ledger-ops-2'] } }, nested, 'operator'],
    [{ roles: ['auditor', 'admin'] }, PLAIN_ROLES, 'role-ambiguous'],
    [{ roles: [] }, PLAIN_ROLES, 'role-unknown'],
    [{ roles: ['root', 'Admin', 'toString', null, 5, ['admin']] }, PLAIN_ROLES, 'role-unknown'],
    [{}, PLAIN_ROLES, 'role-unknown'],
    [{ realm_access: null }, nested, 'role-unknown'],
    [{ realm_access: 'roles' }, nested, 'role-unknown'],
    [{ realm_access: { roles: ['auditor'] } }, nested, 'role-unknown'],
  ] as const)('%j is %s', (claims, by, role) => {
    expect(roleClaimed(claims, by)).toBe(role);
  });

  it('is never taken from what a claim inherits', () => {
    expect(roleClaimed(Object.create({ roles: ['admin'] }) as object as never, PLAIN_ROLES)).toBe('role-unknown');
    expect(roleClaimed({}, { path: ['__proto__', 'roles'], roles: PLAIN_ROLES.roles })).toBe('role-unknown');
  });

  it('is set by name and by mapping, and by nothing else', () => {
    expect(parseRoleClaim({})).toEqual(PLAIN_ROLES);
    expect(parseRoleClaim({ claim: 'https://example.com/roles' })).toEqual({ path: ['https://example.com/roles'], roles: PLAIN_ROLES.roles });
    expect(parseRoleClaim({ claim: ['a', 'b'], roles: { x: 'admin' } })).toEqual({ path: ['a', 'b'], roles: new Map([['x', 'admin']]) });
    for (const bad of [null, [], 'roles', { claim: '' }, { claim: [] }, { claim: [1] }, { roles: {} }, { roles: [] }, { roles: { x: 'root' } }, { other: 1 }]) expect([bad, typeof parseRoleClaim(bad)]).toEqual([bad, 'string']);
  });
});

describe("the subject of an issuer's token", () => {
  const token = (subject: string): TokenIssued => ({ tokenId: '0f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c11', subject, role: 'operator', hash: 'a'.repeat(64), expiresOn: null });

  it('keeps a plain id, and hides what could be an address or passes for another', () => {
    expect(issuerSubject('user-1')).toBe('oidc:user-1');
    expect(issuerSubject('0190c6f2-5b7e-7d92-8a41-2f9c7be0d6a3')).toBe('oidc:0190c6f2-5b7e-7d92-8a41-2f9c7be0d6a3');
    for (const sub of ['someone@example.com', 'auth0|42', '山田太郎', 'sha256:aa', 'x'.repeat(96), ' a']) expect(issuerSubject(sub)).toMatch(/^oidc:sha256:[0-9a-f]{64}$/);
  });

  it('is told apart from every other, and never that of a token', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        expect(issuerSubject(a) === issuerSubject(b)).toBe(a === b);
        const answer = decideToken(noToken, { kind: 'IssueToken', token: token(issuerSubject(a)) });
        expect(answer instanceof Malformed && answer.errors.map((e) => e.path)).toEqual(['subject']);
      }),
    );
  });

  it("leaves the service's own subject to the service", () => {
    expect(decideToken(noToken, { kind: 'IssueToken', token: token('ledger') })).toBeInstanceOf(Malformed);
    for (const subject of ['ledger-2', 'oidc', 'oidc-1', 'admin']) expect(decideToken(noToken, { kind: 'IssueToken', token: token(subject) })).toHaveLength(1);
  });
});
