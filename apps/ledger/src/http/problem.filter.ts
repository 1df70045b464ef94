import { Catch, HttpException } from '@nestjs/common';
import { methodsOf } from './access.js';
import { languageOf } from './language.js';
import { BY_STATUS, InvalidInput, PROBLEM_TYPE, Refused, problemBody } from './problem.js';
import { BadParameter, FeedRewound, LogAltered, Unavailable } from '../ports.js';
import { NotCanonical } from '@app/kernel';
import { YenOutOfRange } from '@app/money';
import { cursorText } from './feed-cursor.js';
import type { Problem } from './problem.js';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** Failures of the store, told by name: this layer does not know the stores. */
const STORE_FAILURES = new Set(['StoreUnavailable', 'UnknownOutcome', 'StoreClosed']);

/** A problem in the request's language, ready to be sent. */
export function sendable(request: FastifyRequest, problem: Problem): { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly text: string } {
  const language = languageOf(request.headers['accept-language']);
  return { status: problem.status, headers: { ...problem.headers, 'content-language': language, 'content-type': PROBLEM_TYPE }, text: JSON.stringify(problemBody(problem, language)) };
}

/** Sends a problem in the request's language. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  const { status, headers, text } = sendable(request, problem);
  void reply.status(status).headers(headers).send(text);
}

/** The one place where whatever was thrown becomes an answer. Nothing of a stack or of a message of ours leaves it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly sandbox: boolean,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (!reply.sent) sendProblem(request, reply, this.problemOf(thrown, request));
  }

  problemOf(thrown: unknown, request: FastifyRequest): Problem {
    if (thrown instanceof InvalidInput || thrown instanceof BadParameter) return malformed(thrown.errors);
    if (thrown instanceof Refused) {
      const { status, code, facts, headers } = thrown;
      return { status, code, facts, headers };
    }
    if (thrown instanceof FeedRewound) return { status: 409, code: 'feed-rewound', facts: { asked: cursorText(thrown.asked), head: thrown.head && cursorText(thrown.head) } };
    if (thrown instanceof LogAltered) return { status: 409, code: 'log-altered', facts: { at: thrown.at, why: thrown.why } };
    if (thrown instanceof Unavailable)
      return { status: 503, code: thrown.code, facts: thrown.facts, headers: { 'retry-after': String(thrown.retryAfterSeconds) } };
    if (thrown instanceof NotCanonical) return malformed([{ path: thrown.path, message: thrown.why }]);
    if (thrown instanceof YenOutOfRange) return malformed([{ path: '', message: 'tooManyYen' }]);
    if (thrown instanceof Error && STORE_FAILURES.has(thrown.name)) {
      this.log.warn({ err: thrown, requestId: request.id }, 'the store does not answer');
      return { status: 503, code: 'store-unavailable', headers: { 'retry-after': '1' } };
    }
    if (thrown instanceof Error && thrown.name === 'AppendTooLarge') return { status: 413, code: 'body-too-large' };
    const status = statusOf(thrown);
    if (status !== null && status in BY_STATUS) return this.byStatus(status, request);
    this.log.error({ err: thrown, requestId: request.id }, 'a request failed');
    return { status: 500, code: 'internal-error', facts: { requestId: request.id } };
  }

  private byStatus(status: number, request: FastifyRequest): Problem {
    if (status === 400) return malformed([{ path: '', message: 'notHttp' }]);
    if (status !== 404) return { status, code: BY_STATUS[status]! };
    const allow = methodsOf(request.url.split('?', 1)[0]!, this.sandbox);
    if (allow.length === 0) return { status, code: BY_STATUS[status]! };
    return { status: 405, code: 'method-not-allowed', facts: { allow: [...new Set(allow)] }, headers: { allow: [...new Set(allow)].join(', ') } };
  }
}

const malformed = (errors: Problem['errors']): Problem => ({ status: 400, code: 'malformed-input', errors });

function statusOf(thrown: unknown): number | null {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { readonly statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : null;
}
