import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { REPORT_CSP } from '@app/evidence';
import { EVIDENCE } from '../../ports.js';
import { InLanguage } from '../call.js';
import { EvidenceQuery, ReportQuery } from '../dto/query.dto.js';
import { found } from '../reads.js';
import type { Language } from '../language.js';
import type { EvidenceQueries } from '../../ports.js';
import type { FastifyReply } from 'fastify';

const asked = ({ texts, ...fresh }: EvidenceQuery) => ({ ...(fresh.atLeast !== undefined && { atLeast: fresh.atLeast }), texts: texts !== 'false' });

/** Evidence of one contract, to be taken away; auditors and administrators. */
@Controller('v1/audit/contracts')
export class EvidenceController {
  constructor(@Inject(EVIDENCE) private readonly evidence: EvidenceQueries) {}

  @Get(':id/evidence')
  async pack(@Param('id') id: string, @Query() query: EvidenceQuery, @Res() reply: FastifyReply) {
    const text = found('contract', await this.evidence.pack(id, asked(query)));
    // The bytes themselves: written once more they would be others.
    return reply.header('content-disposition', `attachment; filename="contract-${id}.evidence.json"`).type('application/json; charset=utf-8').send(text);
  }

  @Get(':id/report')
  async report(@Param('id') id: string, @Query() { lang, ...query }: ReportQuery, @InLanguage() accepted: Language, @Res() reply: FastifyReply) {
    const language = lang ?? accepted;
    const page = found('contract', await this.evidence.report(id, { ...asked(query), language }));
    return reply
      .headers({ 'content-security-policy': `${REPORT_CSP}; frame-ancestors 'none'`, 'content-language': language, vary: 'accept-language', 'content-disposition': `inline; filename="contract-${id}.${language}.html"` })
      .type('text/html; charset=utf-8')
      .send(page);
  }
}
