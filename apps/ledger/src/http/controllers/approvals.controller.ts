import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ReadApproval, ReadApprovals } from '../../bus/queries.js';
import { Called } from '../call.js';
import { CommandSender } from '../command-sender.js';
import { DecideApprovalDto, EraseContractorDto } from '../dto/other.dto.js';
import { ApprovalsQuery, FreshQuery } from '../dto/query.dto.js';
import { isText } from '../dto/rules.js';
import { InvalidInput } from '../problem.js';
import { found, paged } from '../reads.js';
import type { Call } from '../call.js';

/** Commands that wait for a second pair of eyes, and the one that removes for good. */
@Controller('v1')
export class ApprovalsController {
  constructor(
    private readonly commands: CommandSender,
    private readonly queries: QueryBus,
  ) {}

  @Get('approvals')
  approvals(@Query() query: ApprovalsQuery) {
    return this.queries.execute(new ReadApprovals(paged(query)));
  }

  @Get('approvals/:approvalId')
  async approval(@Param('approvalId') id: string, @Query() query: FreshQuery) {
    return found('approval', await this.queries.execute(new ReadApproval(id, query)));
  }

  @Post('approvals/:approvalId/decisions')
  decide(@Body() body: DecideApprovalDto, @Called() call: Call) {
    return this.commands.send('DecideApproval', body, call);
  }

  @Post('contractors/:contractor/erasures')
  erase(@Body() body: EraseContractorDto, @Called() call: Call) {
    if (!isText(call.params['contractor'], 1, 200)) throw new InvalidInput([{ path: 'contractor', message: 'text|1|200' }]);
    return this.commands.send('EraseContractor', body, call);
  }
}
