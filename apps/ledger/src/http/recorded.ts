/** Which calls are written down: the reads of auditors, and exports by anybody. */
import { accessOf } from './access.js';
import { sendable, sendProblem } from './problem.filter.js';
import type { ProblemFilter } from './problem.filter.js';
import type { Route } from './access.js';
import type { LedgerRequest } from './gate.js';
import type { Accessed, AccessRecorder } from '../ports.js';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Role } from '@app/access';

/** Answers that are taken away whole. */
const EXPORTS: ReadonlySet<string> = new Set(['GET /v1/audit/access-review', 'GET /v1/audit/contracts/:id/evidence', 'GET /v1/audit/contracts/:id/report'] satisfies Route[]);

/**
 * Reads that show nothing of a contract, a contractor or a caller. Checkpoints are among them for a second reason: who
 * waits for the next one would, by waiting, make the log grow and so a next one.
 */
const IMPERSONAL: ReadonlySet<string> = new Set([
  'GET /v1/agreement/items',
  'GET /v1/agreement/options',
  'GET /v1/agreement/clauses',
  'GET /v1/sandbox/clock',
  'GET /v1/audit/checkpoints',
  'GET /v1/audit/checkpoints/latest',
  'GET /v1/audit/proofs/consistency',
  'GET /v1/audit/keys',
  'GET /v1/feed/status',
  'GET /v1/feed/schemas',
  'GET /v1/feed/schemas/:name',
  'GET /v1/feed/asyncapi',
] satisfies Route[]);

/** Answers that go on for as long as the reader stays, past the usual way out: recorded when they begin. */
const STREAMS: ReadonlySet<string> = new Set(['GET /v1/feed/stream'] satisfies Route[]);

/** Parameters whose values can only be ids, days, instants and names of ours. */
const PLAIN: ReadonlySet<string> = new Set([
  'id', 'contractId', 'managementUnitId', 'optionId', 'eventId', 'tokenId', 'discontinuationId', 'item', 'clause', 'status',
  'contractIds', 'asOf', 'knownAt', 'knownAtPosition', 'atLeast', 'from', 'to', 'month', 'term', 'on', 'position', 'cursor', 'after', 'limit', 'size', 'texts', 'lang',
]);

/** As what a call is written down; null: not at all. */
export function recordedAs(method: string, path: string, role: Role): Accessed['type'] | null {
  const access = accessOf(method, path);
  if (access !== 'read' && access !== 'audit') return null;
  const route = `${method === 'HEAD' ? 'GET' : method} ${path}`;
  if (EXPORTS.has(route)) return 'Exported';
  return role === 'auditor' && !IMPERSONAL.has(route) ? 'AuditorRead' : null;
}

type Counted = LedgerRequest & { rows?: number };

/** Rows of an answer: of a page its length, of an export all that it lists, of anything else one. */
function rowsOf(body: unknown, whole: boolean): number {
  if (typeof body !== 'object' || body === null || !(whole || 'nextCursor' in body)) return 1;
  const lists = Object.values(body).filter(Array.isArray);
  return lists.length === 0 ? 1 : lists.reduce((sum, list) => sum + list.length, 0);
}

/** The contracts that the body of a question asks about: of one its id, of several their ids with a space between. */
function contractsIn(body: unknown): { readonly [name: string]: string } {
  const { rows } = (body ?? {}) as { readonly rows?: unknown };
  if (!Array.isArray(rows)) return {};
  const ids = [...new Set(rows.map((row: { readonly contractId?: unknown }) => String(row.contractId)))];
  return ids.length === 1 ? { contractId: ids[0]! } : { contractIds: ids.join(' ') };
}

/**
 * What was asked for. Free text would stay in the log for ever, and may be anybody's name: it is written down only where
 * it met something, for then the log holds it already.
 */
function parametersOf(request: LedgerRequest, rows: number | null): Accessed['parameters'] {
  const given = { ...(request.params as { [name: string]: string }), ...(request.query as { [name: string]: string }), ...contractsIn(request.body) };
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, PLAIN.has(name) || (rows !== null && rows > 0) ? value : null]));
}

/**
 * Has the routes of reads record those that are to be, before the answer leaves. Other routes keep their way. What tells
 * nothing (400, 5xx) is not recorded; that there is no such thing (404) is told, so it is.
 */
export function recordReads(fastify: FastifyInstance, recorder: AccessRecorder, filter: ProblemFilter): void {
  fastify.addHook('onRoute', (route) => {
    const method = Array.isArray(route.method) ? route.method[0]! : route.method;
    const access = accessOf(method, route.url);
    if (access !== 'read' && access !== 'audit') return;
    const call = `${method === 'HEAD' ? 'GET' : method} ${route.url}`;
    const already = <T>(hooks: T | T[] | undefined): T[] => (hooks === undefined ? [] : Array.isArray(hooks) ? hooks : [hooks]);
    const record = (request: LedgerRequest, status: number, rows: number | null): Promise<void> | null => {
      const { caller } = request;
      const type = caller ? recordedAs(method, route.url, caller.role) : null;
      return caller && type !== null ? recorder.record({ type, caller, requestId: request.id, route: call, parameters: parametersOf(request, rows), status, rows }) : null;
    };
    if (STREAMS.has(call)) {
      route.preHandler = [
        ...already(route.preHandler),
        (request, reply, done) => {
          const recorded = record(request, 200, null);
          if (recorded === null) done();
          else recorded.then(() => done(), (error: unknown) => sendProblem(request, reply, filter.problemOf(error, request)));
        },
      ];
      return;
    }
    route.preSerialization = [
      ...already(route.preSerialization),
      (request, _reply, body, done) => {
        (request as Counted).rows ??= rowsOf(body, EXPORTS.has(call));
        done(null, body);
      },
    ];
    route.onSend = [
      ...already(route.onSend),
      (request, reply: FastifyReply, payload, done) => {
        const { statusCode } = reply;
        const recorded = statusCode >= 400 && statusCode !== 404 ? null : record(request, statusCode, statusCode === 404 ? 0 : ((request as Counted).rows ?? null));
        if (recorded === null) return done(null, payload);
        recorded.then(
          () => done(null, payload),
          (error: unknown) => {
            if (isStream(payload)) payload.destroy();
            const { status, headers, text } = sendable(request, filter.problemOf(error, request));
            for (const name of ['content-length', 'etag', 'last-modified', 'content-encoding']) reply.removeHeader(name);
            void reply.code(status).headers({ ...headers, 'cache-control': 'no-store' });
            done(null, text);
          },
        );
      },
    ];
  });
}

const isStream = (payload: unknown): payload is { destroy(): void } => typeof payload === 'object' && payload !== null && 'pipe' in payload && 'destroy' in payload;
