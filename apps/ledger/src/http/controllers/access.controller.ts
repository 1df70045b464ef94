import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ReadAccessReview, ReadReads } from '../../bus/queries.js';
import { ReadsQuery, ReviewQuery } from '../dto/query.dto.js';
import { paged } from '../reads.js';

/** What auditors and administrators see of who had access, and who used it. */
@Controller('v1/audit')
export class AccessController {
  constructor(private readonly queries: QueryBus) {}

  @Get('reads')
  reads(@Query() query: ReadsQuery) {
    return this.queries.execute(new ReadReads(paged(query)));
  }

  @Get('access-review')
  accessReview(@Query() query: ReviewQuery) {
    return this.queries.execute(new ReadAccessReview(query));
  }
}
