import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { AUDIT } from '../../ports.js';
import { CheckpointsQuery, ConsistencyQuery, InclusionQuery, NoQuery } from '../dto/query.dto.js';
import { found, paged } from '../reads.js';
import type { AuditQueries } from '../../ports.js';
import type { FastifyReply } from 'fastify';

/** The proof that nothing was altered; auditors and administrators. */
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(AUDIT) private readonly audit: AuditQueries) {}

  @Get('checkpoints')
  checkpoints(@Query() query: CheckpointsQuery) {
    return this.audit.checkpoints(paged(query));
  }

  /** With `Accept: text/plain` the note alone, byte for byte. */
  @Get('checkpoints/latest')
  async latest(@Query() _query: NoQuery, @Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('vary', 'accept');
    if (!/^text\/plain\b/i.test(accept ?? '')) return this.audit.latestCheckpoint();
    const note = found('checkpoint', await this.audit.latestNote());
    void reply.type('text/plain; charset=utf-8');
    return note;
  }

  @Get('proofs')
  async inclusion(@Query() { eventId, position, size }: InclusionQuery) {
    const asked = { ...(eventId !== undefined && { eventId }), ...(position !== undefined && { position }), ...(size !== undefined && { size: Number(size) }) };
    return found('event in the tree', await this.audit.inclusion(asked));
  }

  @Get('proofs/consistency')
  consistency(@Query() { from, to }: ConsistencyQuery) {
    return this.audit.consistency(Number(from), to === undefined ? undefined : Number(to));
  }

  @Get('keys')
  keys(@Query() _query: NoQuery) {
    return this.audit.keys();
  }
}
