import { accessOf } from './access.js';
import { Refused } from './problem.js';
import { hashToken, may } from '@app/access';
import type { Caller, TokenLookup } from '../ports.js';
import type { FastifyRequest } from 'fastify';

export type LedgerRequest = FastifyRequest & { caller?: Caller };

const BEARER = /^bearer +([\x21-\x7e]+)$/i;

/**
 * Lets a request in, or throws 401 / 403. Runs before the body is read, so that nobody unknown makes the service
 * parse a megabyte. Paths that lead nowhere pass: they become 404.
 */
export function letIn(request: LedgerRequest, tokens: TokenLookup): void {
  const path = request.routeOptions.url;
  if (request.is404 || path === undefined) return;
  const access = accessOf(request.method, path);
  if (access === 'public') return;
  const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const caller = token === undefined ? null : tokens.lookup(hashToken(token));
  if (caller === null) throw new Refused(401, 'no-token', {}, { 'www-authenticate': 'Bearer realm="contract-ledger"' });
  // A route outside the table belongs to nobody.
  if (access === null || !may(caller.role, access)) throw new Refused(403, 'role-forbidden', { role: caller.role, action: access ?? 'this' });
  request.caller = caller;
}
