import { Malformed, Rejected } from '@app/kernel';
import fc from 'fast-check';
import {
  ACTIONS,
  decideToken,
  evolveToken,
  hashToken,
  isAccepted,
  isRole,
  isToken,
  may,
  newToken,
  noToken,
  ROLES,
  TokenBook,
  type TokenEvent,
  type TokenIssued,
} from './index.js';

const issued: TokenIssued = {
  tokenId: '0f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c11',
  subject: 'operator-1',
  role: 'operator',
  hash: hashToken('cl_something'),
  expiresOn: null,
};
const issue: TokenEvent = { type: 'TokenIssued', data: issued };
const revoke: TokenEvent = { type: 'TokenRevoked', data: { tokenId: issued.tokenId } };

describe('roles', () => {
  it('let each role do exactly what it is for', () => {
    const allowed = Object.fromEntries(ROLES.map((role) => [role, ACTIONS.filter((action) => may(role, action))]));
    expect(allowed).toEqual({
      admin: ['read', 'simulate', 'consume', 'command', 'audit', 'admin'],
      operator: ['read', 'simulate', 'command'],
      billing: ['read', 'simulate', 'consume'],
      auditor: ['read', 'simulate', 'audit'],
    });
  });

  it('are known by name', () => {
    expect(['admin', 'root', '', null, 'toString'].map(isRole)).toEqual([true, false, false, false, false]);
  });
});

describe('a token', () => {
  it('holds its 32 bytes in URL-safe characters and is known by its hash alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
        const { token, hash } = newToken(random);
        expect(isToken(token)).toBe(true);
        expect(new Uint8Array(Buffer.from(token.slice(3), 'base64url'))).toEqual(random);
        expect(hashToken(token)).toBe(hash);
      }),
    );
  });

  it('needs 32 random bytes', () => {
    expect(() => newToken(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe('deciding on a token', () => {
  const live = evolveToken(noToken, issue);
  const revoked = evolveToken(live, revoke);

  it('issues, revokes, and says each only once', () => {
    expect(decideToken(noToken, { kind: 'IssueToken', token: issued })).toEqual([issue]);
    expect(decideToken(live, { kind: 'IssueToken', token: issued })).toEqual([]);
    expect(decideToken(live, { kind: 'RevokeToken', tokenId: issued.tokenId })).toEqual([revoke]);
    expect(decideToken(revoked, { kind: 'RevokeToken', tokenId: issued.tokenId })).toEqual([]);
  });

  it('refuses another token under the same id, and an unknown one', () => {
    expect(decideToken(live, { kind: 'IssueToken', token: { ...issued, role: 'admin' } })).toEqual(
      new Rejected('token-exists', [], { tokenId: issued.tokenId }),
    );
    expect(decideToken(noToken, { kind: 'RevokeToken', tokenId: issued.tokenId })).toEqual(
      new Rejected('token-unknown', [], { tokenId: issued.tokenId }),
    );
  });

  it('names everything that is malformed', () => {
    const bad = { tokenId: 'x', subject: 'someone@example.com', role: 'root' as never, hash: 'AB', expiresOn: 'soon' };
    const answer = decideToken(noToken, { kind: 'IssueToken', token: bad });
    expect(answer).toBeInstanceOf(Malformed);
    expect((answer as Malformed).errors.map((e) => e.path)).toEqual(['tokenId', 'subject', 'role', 'hash', 'expiresOn']);
  });

  it('does not believe in a revocation before the issue', () => {
    expect(() => evolveToken(noToken, revoke)).toThrow('before it was issued');
  });
});

describe('the token book', () => {
  it('finds a token by its hash, and nothing by any other', () => {
    const book = new TokenBook();
    book.apply(issue);
    expect(book.find(issued.hash)).toEqual({ ...issued, revoked: false });
    expect(book.get(issued.tokenId)).toBe(book.find(issued.hash));
    expect(book.find(hashToken('cl_other'))).toBeNull();
    expect(book.find('__proto__')).toBeNull();
  });

  it('keeps a revoked token revoked when the log is read again', () => {
    const book = new TokenBook();
    for (const event of [issue, revoke, issue]) book.apply(event);
    expect(book.find(issued.hash)?.revoked).toBe(true);
    expect(new TokenBook(book.entries()).find(issued.hash)).toEqual(book.find(issued.hash));
  });

  it('accepts through the last day, and not once revoked', () => {
    const entry = { ...issued, revoked: false, expiresOn: '2026-03-31' };
    expect(isAccepted(entry, '2026-03-31')).toBe(true);
    expect(isAccepted(entry, '2026-04-01')).toBe(false);
    expect(isAccepted({ ...entry, expiresOn: null }, '2099-12-31')).toBe(true);
    expect(isAccepted({ ...entry, revoked: true }, '2026-01-01')).toBe(false);
  });
});
