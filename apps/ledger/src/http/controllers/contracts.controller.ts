import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ReadContract, ReadContracts, ReadHistory } from '../../bus/queries.js';
import { Called } from '../call.js';
import { CommandSender } from '../command-sender.js';
import {
  AddOptionsDto,
  ChangeAccountCountDto,
  ContractItemDto,
  DetectExcessDto,
  NotifyCancellationDto,
  QuoteDto,
  ReceiveReplacementDto,
  ReportFaultDto,
  ReportLossDto,
  ReportRecoveryDto,
  ReturnDevicesDto,
  TerminateDto,
  WithdrawAccountCountChangeDto,
  WithdrawNoticeDto,
} from '../dto/contract.dto.js';
import { CorrectDto } from '../dto/other.dto.js';
import { ContractAtQuery, ContractsQuery, PageQuery } from '../dto/query.dto.js';
import { parseReplacement } from '../dto/replacements.js';
import { found, paged } from '../reads.js';
import type { Call } from '../call.js';

@Controller('v1/contracts')
export class ContractsController {
  constructor(
    private readonly commands: CommandSender,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  contract(@Body() body: ContractItemDto, @Called() call: Call) {
    return this.commands.send('ContractItem', body, call);
  }

  @Post(':id/options')
  addOptions(@Body() body: AddOptionsDto, @Called() call: Call) {
    return this.commands.send('AddOptions', body, call);
  }

  @Post(':id/account-count')
  changeAccountCount(@Body() body: ChangeAccountCountDto, @Called() call: Call) {
    return this.commands.send('ChangeAccountCount', body, call);
  }

  @Post(':id/account-count/:changeId/withdrawals')
  withdrawAccountCountChange(@Body() body: WithdrawAccountCountChangeDto, @Called() call: Call) {
    return this.commands.send('WithdrawAccountCountChange', body, call);
  }

  @Post(':id/cancellation-notices')
  notifyCancellation(@Body() body: NotifyCancellationDto, @Called() call: Call) {
    return this.commands.send('NotifyCancellation', body, call);
  }

  @Post(':id/cancellation-notices/:noticeId/withdrawals')
  withdrawNotice(@Body() body: WithdrawNoticeDto, @Called() call: Call) {
    return this.commands.send('WithdrawNotice', body, call);
  }

  @Post(':id/options/:optionId/cancellation-notices')
  notifyOptionCancellation(@Body() body: NotifyCancellationDto, @Called() call: Call) {
    return this.commands.send('NotifyOptionCancellation', body, call);
  }

  @Post(':id/options/:optionId/cancellation-notices/:noticeId/withdrawals')
  withdrawOptionNotice(@Body() body: WithdrawNoticeDto, @Called() call: Call) {
    return this.commands.send('WithdrawNotice', body, call);
  }

  @Post(':id/terminations')
  terminate(@Body() body: TerminateDto, @Called() call: Call) {
    return this.commands.send('Terminate', body, call);
  }

  @Post(':id/quotations')
  quote(@Body() body: QuoteDto, @Called() call: Call) {
    return this.commands.send('Quote', body, call);
  }

  @Post(':id/excess-usages')
  detectExcess(@Body() body: DetectExcessDto, @Called() call: Call) {
    return this.commands.send('DetectExcess', body, call);
  }

  @Post(':id/corrections')
  correct(@Body() body: CorrectDto, @Called() call: Call) {
    const replacement = body.replacement ? parseReplacement(body.replacement.command, body.replacement.body) : null;
    return this.commands.send('Correct', body, call, replacement);
  }

  @Post(':id/options/:optionId/devices/faults')
  reportFault(@Body() body: ReportFaultDto, @Called() call: Call) {
    return this.commands.send('ReportFault', body, call);
  }

  @Post(':id/options/:optionId/devices/replacements')
  receiveReplacement(@Body() body: ReceiveReplacementDto, @Called() call: Call) {
    return this.commands.send('ReceiveReplacement', body, call);
  }

  @Post(':id/options/:optionId/devices/returns')
  returnDevices(@Body() body: ReturnDevicesDto, @Called() call: Call) {
    return this.commands.send('ReturnDevices', body, call);
  }

  @Post(':id/options/:optionId/devices/losses')
  reportLoss(@Body() body: ReportLossDto, @Called() call: Call) {
    return this.commands.send('ReportLoss', body, call);
  }

  @Post(':id/options/:optionId/devices/recoveries')
  reportRecovery(@Body() body: ReportRecoveryDto, @Called() call: Call) {
    return this.commands.send('ReportRecovery', body, call);
  }

  @Get()
  contracts(@Query() query: ContractsQuery) {
    return this.queries.execute(new ReadContracts(paged(query)));
  }

  @Get(':id')
  async read(@Param('id') id: string, @Query() query: ContractAtQuery) {
    return found('contract', await this.queries.execute(new ReadContract(id, query)));
  }

  @Get(':id/history')
  async history(@Param('id') id: string, @Query() query: PageQuery) {
    return found('contract', await this.queries.execute(new ReadHistory(id, paged(query))));
  }
}
