import { Body, Controller, Get, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import { asyncApi, feedSchemas } from '@app/published';
import { FEED, TOKEN_ISSUER, TOKEN_LOOKUP } from '../../ports.js';
import { ConsumerPositionDto, DigestQuery, FeedQuery, FeedStreamQuery, MAX_PAGE, typesOfQuery } from '../dto/feed.dto.js';
import { NoQuery } from '../dto/query.dto.js';
import { cursorText, parseCursor } from '../feed-cursor.js';
import { lines, Stream } from '../feed-stream.js';
import { InvalidInput } from '../problem.js';
import { found } from '../reads.js';
import type { LedgerRequest } from '../gate.js';
import type { FeedCursor, FeedDoor, FeedFilter, FeedPage, TokenIssuer, TokenLookup } from '../../ports.js';
import type { FastifyReply } from 'fastify';

const DEFAULT_PAGE = 100;
const NDJSON = 'application/x-ndjson';
const CONSUMER = /^[A-Za-z0-9._-]{1,64}$/;
/** A full page is the same for ever; what may hold a contract's money is kept by the reader only. */
const FOR_EVER = 'private, max-age=31536000, immutable';

/** The published log for billing: pull, server-sent events, its shapes, digests, and how far each consumer is. */
@Controller('v1/feed')
export class FeedController {
  constructor(
    @Inject(FEED) private readonly feed: FeedDoor,
    @Inject(TOKEN_LOOKUP) private readonly tokens: TokenLookup,
    @Inject(TOKEN_ISSUER) private readonly issuer: TokenIssuer | null,
  ) {}

  @Get()
  async pull(@Query() query: FeedQuery, @Req() request: LedgerRequest, @Res() reply: FastifyReply) {
    const after = cursorOf(query.after);
    const types = typesOfQuery(query.types);
    const filter: FeedFilter = { ...(types && { types }), ...(query.contractId !== undefined && { contractId: query.contractId }) };
    void reply.header('vary', 'accept');
    if (request.headers.accept?.includes(NDJSON)) return this.bulk(after, query, filter, request, reply);
    const limit = query.limit === undefined ? DEFAULT_PAGE : Number(query.limit);
    if (limit > MAX_PAGE) throw new InvalidInput([{ path: 'limit', message: `whole|1|${MAX_PAGE}` }]);
    const page = await this.waited(after, limit, filter, Number(query.wait ?? 0) * 1_000, request);
    if (page.full) void reply.header('cache-control', FOR_EVER);
    const next = page.next === null ? 'null' : `"${cursorText(page.next)}"`;
    return reply.type('application/json; charset=utf-8').send(`{"events":[${page.events.map((e) => e.rawData).join(',')}],"nextCursor":${next}}`);
  }

  /** A page, after a while where there is nothing yet. */
  private async waited(after: FeedCursor | null, limit: number, filter: FeedFilter, ms: number, request: LedgerRequest): Promise<FeedPage> {
    const until = Date.now() + ms;
    const gone = goneWith(request, ms);
    for (let page = await this.feed.page(after, limit, filter); ; page = await this.feed.page(page.next, limit, filter)) {
      const left = until - Date.now();
      if (page.events.length > 0 || left <= 0 || gone.aborted || this.feed.closing.aborted) return page;
      await this.feed.arrived(page.next?.sequence ?? -1, left, gone);
    }
  }

  /** Line by line, as fast as the reader takes it; `limit` counts events looked at, so that the next cursor is known ahead. */
  private async bulk(after: FeedCursor | null, query: FeedQuery, filter: FeedFilter, request: LedgerRequest, reply: FastifyReply) {
    if (after) this.feed.check(after);
    else this.feed.head();
    const from = (after?.sequence ?? -1) + 1;
    const ms = Number(query.wait ?? 0) * 1_000;
    if (ms > 0) await this.feed.arrived(from - 1, ms, goneWith(request, ms));
    const head = this.feed.head();
    const limit = query.limit === undefined ? undefined : Number(query.limit);
    const to = Math.min(head?.sequence ?? -1, limit === undefined ? Number.MAX_SAFE_INTEGER : from + limit - 1);
    const [last] = to < from ? [] : await this.feed.read(to, 1);
    const next = last ? { sequence: last.revision, id: last.id } : after;
    if (next) void reply.header('next-cursor', cursorText(next));
    return reply.type(NDJSON).send(lines(this.feed, from, to, filter));
  }

  @Get('stream')
  async stream(@Query() query: FeedStreamQuery, @Req() request: LedgerRequest, @Res() reply: FastifyReply): Promise<void> {
    const resumed = request.headers['last-event-id'];
    const cursor = typeof resumed === 'string' && resumed !== '' ? parseCursor(resumed) : cursorOf(query.after);
    if (typeof resumed === 'string' && resumed !== '' && cursor === null) throw new InvalidInput([{ path: 'Last-Event-ID', message: 'feedCursor' }]);
    if (cursor) this.feed.check(cursor);
    else this.feed.head();
    await new Stream(this.feed, this.tokens, this.issuer, request, reply).run(cursor);
  }

  @Get('status')
  status(@Query() _query: NoQuery) {
    const { head, publisher } = this.feed.report();
    const { state, stopped, problem, position } = publisher;
    return { head: head && cursorText(head), state, stopped, problem, position };
  }

  @Get('digests')
  digest(@Query() query: DigestQuery) {
    return this.feed.digest(query.size === undefined ? undefined : Number(query.size), query.contractId);
  }

  @Get('schemas')
  schemas(@Query() _query: NoQuery) {
    return { schemas: Object.values(feedSchemas()), nextCursor: null };
  }

  @Get('schemas/:name')
  schema(@Param('name') name: string, @Query() _query: NoQuery) {
    const schemas = feedSchemas();
    return found('schema', Object.hasOwn(schemas, name) ? schemas[name]! : null);
  }

  @Get('asyncapi')
  asyncapi(@Query() _query: NoQuery) {
    return asyncApi();
  }

  @Get('consumers')
  consumers(@Query() _query: NoQuery) {
    return {
      consumers: this.feed.consumers().map(({ name, cursor, acknowledgedAt, rewound, lag }) => ({ name, cursor: cursor && cursorText(cursor), acknowledgedAt, rewound, lag })),
      nextCursor: null,
    };
  }

  @Put('consumers/:name/position')
  async acknowledge(@Param('name') name: string, @Body() body: ConsumerPositionDto, @Query() _query: NoQuery) {
    if (!CONSUMER.test(name)) throw new InvalidInput([{ path: 'name', message: 'consumerName' }]);
    const { acknowledgedAt } = await this.feed.acknowledge(name, cursorOf(body.cursor ?? undefined));
    return { name, cursor: body.cursor, acknowledgedAt };
  }
}

/** Aborts when a caller who is kept waiting goes away. */
function goneWith(request: LedgerRequest, ms: number): AbortSignal {
  const gone = new AbortController();
  if (ms > 0) request.raw.once('close', () => gone.abort());
  return gone.signal;
}

const cursorOf = (text: string | undefined): FeedCursor | null => (text === undefined ? null : parseCursor(text));
