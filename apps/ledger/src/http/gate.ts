import { accessOf } from './access.js';
import { Refused } from './problem.js';
import { hashToken, may } from '@app/access';
import type { Action } from '@app/access';
import type { Caller, TokenIssuer, TokenLookup, Verdict } from '../ports.js';
import type { FastifyRequest } from 'fastify';

export type LedgerRequest = FastifyRequest & { caller?: Caller };

const BEARER = /^bearer +([\x21-\x7e]+)$/i;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const REALM = 'Bearer realm="contract-ledger"';

/**
 * Lets a request in, or throws 401 / 403. Runs before the body is read, so that nobody unknown makes the service
 * parse a megabyte. Paths that lead nowhere pass: they become 404. Only a token of the issuer's takes a promise: the
 * ledger's own are judged at once.
 */
export function letIn(request: LedgerRequest, tokens: TokenLookup, issuer: TokenIssuer | null): void | Promise<void> {
  const path = request.routeOptions.url;
  if (request.is404 || path === undefined) return;
  const access = accessOf(request.method, path);
  if (access === 'public') return;
  const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
  if (issuer !== null && token !== undefined && JWT.test(token)) return issuer.judge(token).then((verdict) => admit(request, access, bearerOf(verdict)));
  admit(request, access, token === undefined ? null : tokens.lookup(hashToken(token)));
}

function admit(request: LedgerRequest, access: Action | null, caller: Caller | null): void {
  if (caller === null) throw new Refused(401, 'no-token', {}, { 'www-authenticate': REALM });
  // A route outside the table belongs to nobody.
  if (access === null || !may(caller.role, access)) throw new Refused(403, 'role-forbidden', { role: caller.role, action: access ?? 'this' });
  request.caller = caller;
}

function bearerOf(verdict: Verdict): Caller {
  if ('caller' in verdict) return verdict.caller;
  if (verdict.refused === 'token-invalid') throw new Refused(401, verdict.refused, { why: verdict.why }, { 'www-authenticate': `${REALM}, error="invalid_token"` });
  throw new Refused(403, verdict.refused, { subject: verdict.subject });
}
