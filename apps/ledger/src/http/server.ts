import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import helmet from '@fastify/helmet';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { nestLog } from '../log.js';
import { letIn, type LedgerRequest } from './gate.js';
import { RateLimit } from './rate-limit.js';
import { InputPipe } from './input.pipe.js';
import { parseJsonBody } from './json-body.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { recordReads } from './recorded.js';
import { installDocs } from '../openapi/routes.js';
import type { Config } from '../config.js';
import type { Ledger } from '../ports.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';

const MAX_BODY = 1_048_576;

/** Of every answer: data for programs, never a page, never kept by a cache. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Pages for people, whose headers helmet makes. */
const PAGES: ReadonlySet<string | undefined> = new Set(['/docs', '/docs/*']);

/** What cannot be read as HTTP reaches no hook either: the same problem, written by hand. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify(problemBody({ status, code: 'malformed-input', errors: [{ path: '', message: 'notHttp' }] }, 'en'));
  const headers = { ...HEADERS, 'content-type': PROBLEM_TYPE, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
}

/** Whatever may be recorded; simulations and reconciliations never are. */
const isCommand = (request: LedgerRequest): boolean => request.caller !== undefined && !request.url.startsWith('/v1/simulations/') && !request.url.startsWith('/v1/feed/');

/** The HTTP application around a ledger: initialised, not yet listening. */
export async function createServer(ledger: Ledger, config: Config, log: Logger): Promise<NestFastifyApplication> {
  const filter = new ProblemFilter(log, ledger.sandbox !== null);
  const run = randomBytes(6).toString('base64url');
  let requests = 0;
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY,
    genReqId: () => `${run}-${(++requests).toString(36)}`,
    requestIdHeader: false,
    // Answered below, as a problem like any other.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 2_000 },
    // A URL that cannot be decoded never reaches a hook or a filter.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => sendProblem(request, reply.headers(HEADERS), filter.problemOf(error, request)),
    clientErrorHandler: refuseUnreadable as never,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.around(ledger, config), adapter, {
    bodyParser: false,
    logger: nestLog(log),
    abortOnError: false,
  });
  const fastify = adapter.getInstance();

  // Helmet works out its headers anew for each answer; the API's own never change, so only the documentation has it.
  await app.register(helmet, { global: false });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body));
    } catch (e) {
      done(e as Error);
    }
  });
  const limit = config.rateLimit === null ? null : new RateLimit(config.rateLimit);
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    // Streams and long polls would never end by themselves.
    ledger.feed.closeDoors();
    // A connection that is kept alive goes idle only after its last answer; it must not hold up the end.
    const sweep = setInterval(() => fastify.server.closeIdleConnections(), 20);
    fastify.server.once('close', () => clearInterval(sweep));
    done();
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!PAGES.has(request.routeOptions.url)) void reply.headers(HEADERS);
    void reply.header('x-request-id', request.id);
    if (closing) return sendProblem(request, reply, { status: 503, code: 'stopping', headers: { connection: 'close', 'retry-after': '1' } });
    const refuse = (e: unknown): void => sendProblem(request, reply, filter.problemOf(e, request));
    try {
      const judged = letIn(request, ledger.tokens, ledger.issuer);
      const within = (): void => {
        if (limit && request.method === 'POST' && isCommand(request)) limit.take((request as LedgerRequest).caller!.subject);
      };
      if (judged === undefined) {
        within();
        done();
      } else judged.then(within).then(() => done(), refuse);
    } catch (e) {
      refuse(e);
    }
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 1000) / 1000,
        subject: (request as { caller?: { subject: string } }).caller?.subject,
      },
      'request',
    );
    done();
  });
  recordReads(fastify, ledger.accesses, filter);
  installDocs(app, fastify, AppModule.controllers(ledger));

  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(filter);
  await app.init();
  return app;
}
