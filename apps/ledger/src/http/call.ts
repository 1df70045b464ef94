import { createParamDecorator } from '@nestjs/common';
import { isVendor } from '@app/agreement';
import { isUuid } from '@app/kernel';
import { CommandQuery } from './dto/query.dto.js';
import { parseAs } from './dto/rules.js';
import { languageOf } from './language.js';
import { InvalidInput, Refused } from './problem.js';
import type { Class } from './dto/rules.js';
import type { LedgerRequest } from './gate.js';
import type { Language } from './language.js';
import type { Caller, PathError } from '../ports.js';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** A command's request apart from its body: path, query and headers, judged. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly params: { readonly [name: string]: string };
  readonly caller: Caller;
  readonly idempotencyKey: string | null;
  readonly ifMatch: number | null;
  readonly preview: boolean;
  readonly requestId: string;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly language: Language;
  readonly reply: FastifyReply;
}

const KEY = /^[\x21-\x7e]{1,200}$/;
/** Ids stay in the log for ever: nothing in which a name or a sentence would fit. */
const TRACE = /^[A-Za-z0-9._:-]{1,100}$/;
const REVISION = /^"(0|[1-9]\d{0,14})"$/;

/** Throws 400 with the path of each header or parameter that is malformed; 404 for an unknown vendor. */
export function callOf(request: LedgerRequest, reply: FastifyReply): Call {
  const query = (request.query ?? {}) as { readonly [name: string]: unknown };
  // Most commands have none, and a validator takes as long over nothing as over something.
  const preview = Object.keys(query).length === 0 ? undefined : parseAs(CommandQuery, query).preview;
  const params = (request.params ?? {}) as { readonly [name: string]: string };
  const errors: PathError[] = [];
  for (const [name, value] of Object.entries(params)) if (/id$/i.test(name) && !isUuid(value)) errors.push({ path: name, message: 'id' });
  const key = request.headers['idempotency-key'];
  if (key !== undefined && !(typeof key === 'string' && KEY.test(key))) errors.push({ path: 'Idempotency-Key', message: 'idempotencyKey' });
  const ifMatch = request.headers['if-match'];
  const revision = ifMatch === undefined ? undefined : REVISION.exec(ifMatch)?.[1];
  // Only a contract has a revision to compare with.
  if (ifMatch !== undefined && (revision === undefined || !request.url.startsWith('/v1/contracts/')))
    errors.push({ path: 'If-Match', message: 'ifMatch' });
  const correlationId = traceIn(request, 'X-Correlation-Id', errors);
  const causationId = traceIn(request, 'X-Causation-Id', errors);
  if (errors.length > 0) throw new InvalidInput(errors);
  if (params['vendor'] !== undefined && !isVendor(params['vendor'])) throw new Refused(404, 'not-found', { what: 'vendor' });
  return {
    method: request.method,
    path: request.url.split('?', 1)[0]!,
    params,
    caller: request.caller!,
    idempotencyKey: key === undefined ? null : (key as string),
    ifMatch: revision === undefined ? null : Number(revision),
    preview: preview === 'true',
    requestId: request.id,
    correlationId,
    causationId,
    language: languageOf(request.headers['accept-language']),
    reply,
  };
}

function traceIn(request: LedgerRequest, name: string, errors: PathError[]): string | null {
  const given = request.headers[name.toLowerCase()];
  if (given === undefined) return null;
  if (typeof given === 'string' && TRACE.test(given)) return given;
  errors.push({ path: name, message: 'trace' });
  return null;
}

/** The request of a command, see {@link callOf}. */
export const Called = createParamDecorator((_: unknown, context: ExecutionContext): Call => {
  const http = context.switchToHttp();
  return callOf(http.getRequest<LedgerRequest>(), http.getResponse<FastifyReply>());
});

/** A body that may be left out, judged by its class. */
export const GivenBody = createParamDecorator((type: Class, context: ExecutionContext): object => parseAs(type, context.switchToHttp().getRequest<LedgerRequest>().body ?? {}));

/** The language of the answer. */
export const InLanguage = createParamDecorator((_: unknown, context: ExecutionContext): Language =>
  languageOf(context.switchToHttp().getRequest<LedgerRequest>().headers['accept-language']),
);

/** Who calls. */
export const Calling = createParamDecorator((_: unknown, context: ExecutionContext): Caller => context.switchToHttp().getRequest<LedgerRequest>().caller!);
