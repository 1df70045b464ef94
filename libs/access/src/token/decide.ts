import { isUuid, Malformed, Rejected, type PathError } from '@app/kernel';
import { isRole, ROLES } from '../roles.js';
import type { TokenCommand } from './commands.js';
import type { TokenEvent, TokenIssued } from './events.js';
import type { Token } from './state.js';

/** No `@` and no white space: a subject is an id that stays for ever, so it should not be anybody's name or address. */
const SUBJECT = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
/** The service's own, and those of an issuer's tokens: keys are kept per subject, so nobody else may bear them. */
const RESERVED = /^(ledger$|oidc:)/;
const HASH = /^[0-9a-f]{64}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What can be wrong with a token: a rule, with what is allowed. Said in words at the edge. */
export type TokenMistake = 'id' | 'subjectId' | 'subjectReserved' | `oneOf|${string}` | 'sha256' | 'dayOrNull';

/**
 * Issuing the same token twice and revoking a revoked one say nothing new (`[]`). Refused: `token-exists` (the id
 * belongs to another token), `token-unknown`.
 */
export function decideToken(token: Token, command: TokenCommand): TokenEvent[] | Rejected | Malformed<TokenMistake> {
  switch (command.kind) {
    case 'IssueToken': {
      const errors = faults(command.token);
      if (errors.length > 0) return new Malformed(errors);
      if (token.status === 'none') return [{ type: 'TokenIssued', data: command.token }];
      return token.issued.hash === command.token.hash &&
        token.issued.role === command.token.role &&
        token.issued.subject === command.token.subject
        ? []
        : new Rejected('token-exists', [], { tokenId: command.token.tokenId });
    }
    case 'RevokeToken':
      switch (token.status) {
        case 'none':
          return new Rejected('token-unknown', [], { tokenId: command.tokenId });
        case 'live':
          return [{ type: 'TokenRevoked', data: { tokenId: command.tokenId } }];
        case 'revoked':
          return [];
      }
  }
}

function faults(t: TokenIssued): PathError<TokenMistake>[] {
  const errors: PathError<TokenMistake>[] = [];
  if (!isUuid(t.tokenId)) errors.push({ path: 'tokenId', message: 'id' });
  if (!SUBJECT.test(t.subject))
    errors.push({ path: 'subject', message: 'subjectId' });
  else if (RESERVED.test(t.subject)) errors.push({ path: 'subject', message: 'subjectReserved' });
  if (!isRole(t.role)) errors.push({ path: 'role', message: `oneOf|${ROLES.join('|')}` });
  if (!HASH.test(t.hash)) errors.push({ path: 'hash', message: 'sha256' });
  if (t.expiresOn !== null && !DAY.test(t.expiresOn))
    errors.push({ path: 'expiresOn', message: 'dayOrNull' });
  return errors;
}
