import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ReadProjections, ReadTokens } from '../../bus/queries.js';
import { ADMINISTRATION } from '../../ports.js';
import { Called, Calling } from '../call.js';
import { CommandSender } from '../command-sender.js';
import { IssueTokenDto, NothingDto, RevokeTokenDto } from '../dto/other.dto.js';
import { NoQuery, PageQuery } from '../dto/query.dto.js';
import { found, paged } from '../reads.js';
import type { Call } from '../call.js';
import type { Administration, Caller } from '../../ports.js';

/** Tokens and projections; administrators only. */
@Controller('v1')
export class AdminController {
  constructor(
    private readonly commands: CommandSender,
    private readonly queries: QueryBus,
    @Inject(ADMINISTRATION) private readonly administration: Administration,
  ) {}

  @Post('tokens')
  issueToken(@Body() body: IssueTokenDto, @Called() call: Call) {
    return this.commands.send('IssueToken', body, call);
  }

  @Get('tokens')
  tokens(@Query() query: PageQuery) {
    return this.queries.execute(new ReadTokens(paged(query)));
  }

  @Post('tokens/:tokenId/revocations')
  revokeToken(@Body() body: RevokeTokenDto, @Called() call: Call) {
    return this.commands.send('RevokeToken', body, call);
  }

  @Get('admin/projections')
  projections(@Query() _query: NoQuery) {
    return this.queries.execute(new ReadProjections());
  }

  @Post('admin/projections/:projection/rebuilds')
  @HttpCode(202)
  async rebuild(@Param('projection') projection: string, @Body() _body: NothingDto, @Query() _query: NoQuery, @Calling() caller: Caller) {
    return found('projection', await this.administration.rebuild(projection, caller));
  }
}
