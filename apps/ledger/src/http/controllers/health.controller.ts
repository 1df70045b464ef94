import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { READINESS } from '../../ports.js';
import { NoQuery } from '../dto/query.dto.js';
import type { Readiness } from '../../ports.js';
import type { FastifyReply } from 'fastify';

/** For supervisors; needs no token and tells no business. */
@Controller('health')
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness) {}

  @Get('live')
  live(@Query() _query: NoQuery) {
    return { status: 'live' };
  }

  /** 200 once commands are served and the read models hold the whole log; `degraded` names what stopped. */
  @Get('ready')
  ready(@Query() _query: NoQuery, @Res({ passthrough: true }) reply: FastifyReply) {
    const report = this.readiness.report();
    if (report.status === 'starting' || report.status === 'stopping') void reply.status(503).header('retry-after', '1');
    return report;
  }
}
