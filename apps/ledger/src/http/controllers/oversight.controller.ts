import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ReadErasures, ReadPolicies, ReadRefusals, ReadSilence } from '../../bus/queries.js';
import { explainRefusals } from '../answer.js';
import { InLanguage } from '../call.js';
import { PageQuery, RefusalsQuery, SilenceQuery } from '../dto/query.dto.js';
import { found, paged } from '../reads.js';
import type { Language } from '../language.js';

/** What an auditor asks of the ledger beside its contracts. */
@Controller('v1/audit')
export class OversightController {
  constructor(private readonly queries: QueryBus) {}

  @Get('refusals')
  async refusals(@Query() query: RefusalsQuery, @InLanguage() language: Language) {
    return explainRefusals(await this.queries.execute(new ReadRefusals(paged(query))), language);
  }

  @Get('policies')
  policies(@Query() query: PageQuery) {
    return this.queries.execute(new ReadPolicies(paged(query)));
  }

  @Get('erasures')
  erasures(@Query() query: PageQuery) {
    return this.queries.execute(new ReadErasures(paged(query)));
  }

  @Get('silence')
  async silence(@Query() { contractId, term, subject, ...fresh }: SilenceQuery) {
    return found('term', await this.queries.execute(new ReadSilence({ contractId, term: Number(term), subject: subject ?? 'base', ...fresh })));
  }
}
