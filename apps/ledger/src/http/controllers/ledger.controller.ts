import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { isVendor } from '@app/agreement';
import {
  ReadCharges,
  ReadDiscontinuation,
  ReadManagementUnit,
  ReadManagementUnits,
  ReadRecords,
  ReadRenewals,
  ReadSettlements,
} from '../../bus/queries.js';
import { Called } from '../call.js';
import { CommandSender } from '../command-sender.js';
import { OpenManagementUnitDto } from '../dto/contract.dto.js';
import { CorrectDiscontinuationDto, DiscontinueDto, RecordFactDto } from '../dto/other.dto.js';
import { ChargesQuery, FreshQuery, PageQuery, RecordsQuery, WindowThenQuery } from '../dto/query.dto.js';
import { found, paged } from '../reads.js';
import type { Call } from '../call.js';

/** Units, vendors, the record book and the lists across contracts. */
@Controller('v1')
export class LedgerController {
  constructor(
    private readonly commands: CommandSender,
    private readonly queries: QueryBus,
  ) {}

  @Post('management-units')
  openManagementUnit(@Body() body: OpenManagementUnitDto, @Called() call: Call) {
    return this.commands.send('OpenManagementUnit', body, call);
  }

  @Get('management-units')
  managementUnits(@Query() query: PageQuery) {
    return this.queries.execute(new ReadManagementUnits(paged(query)));
  }

  @Get('management-units/:id')
  async managementUnit(@Param('id') id: string, @Query() query: FreshQuery) {
    return found('management-unit', await this.queries.execute(new ReadManagementUnit(id, query)));
  }

  @Post('vendors/:vendor/discontinuations')
  discontinue(@Body() body: DiscontinueDto, @Called() call: Call) {
    return this.commands.send('Discontinue', body, call);
  }

  @Get('vendors/:vendor/discontinuations/:discontinuationId')
  async discontinuation(@Param('vendor') vendor: string, @Param('discontinuationId') id: string, @Query() query: PageQuery) {
    return found('discontinuation', isVendor(vendor) ? await this.queries.execute(new ReadDiscontinuation(vendor, id, paged(query))) : null);
  }

  @Post('vendors/:vendor/discontinuations/:discontinuationId/corrections')
  correctDiscontinuation(@Body() body: CorrectDiscontinuationDto, @Called() call: Call) {
    return this.commands.send('CorrectDiscontinuation', body, call);
  }

  @Post('records')
  recordFact(@Body() body: RecordFactDto, @Called() call: Call) {
    return this.commands.send('RecordFact', body, call);
  }

  @Get('records')
  records(@Query() query: RecordsQuery) {
    return this.queries.execute(new ReadRecords(paged(query)));
  }

  @Get('renewals')
  renewals(@Query() query: WindowThenQuery) {
    return this.queries.execute(new ReadRenewals(paged(query)));
  }

  @Get('settlements')
  settlements(@Query() query: WindowThenQuery) {
    return this.queries.execute(new ReadSettlements(paged(query)));
  }

  @Get('charges')
  charges(@Query() query: ChargesQuery) {
    return this.queries.execute(new ReadCharges(paged(query)));
  }
}
