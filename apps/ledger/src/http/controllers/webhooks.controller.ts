import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ReadWebhook, ReadWebhookDeliveries, ReadWebhooks } from '../../bus/queries.js';
import { Called, GivenBody } from '../call.js';
import { CommandSender } from '../command-sender.js';
import { NothingDto } from '../dto/other.dto.js';
import { NoQuery, PageQuery } from '../dto/query.dto.js';
import { ChangeWebhookDto, RedeliverWebhookDto, RegisterWebhookDto, RotateWebhookSecretDto, SkipWebhookEventDto } from '../dto/webhook.dto.js';
import { found, paged } from '../reads.js';
import type { Call } from '../call.js';

/** Endpoints that are told of published events; changed by administrators only. */
@Controller('v1')
export class WebhooksController {
  constructor(
    private readonly commands: CommandSender,
    private readonly queries: QueryBus,
  ) {}

  @Post('webhooks')
  register(@Body() body: RegisterWebhookDto, @Called() call: Call) {
    return this.commands.send('RegisterWebhook', body, call);
  }

  @Get('webhooks')
  webhooks(@Query() query: PageQuery) {
    return this.queries.execute(new ReadWebhooks(paged(query)));
  }

  @Get('webhooks/:id')
  async webhook(@Param('id') id: string, @Query() _query: NoQuery) {
    return found('webhook', await this.queries.execute(new ReadWebhook(id)));
  }

  @Patch('webhooks/:id')
  change(@Body() body: ChangeWebhookDto, @Called() call: Call) {
    return this.commands.send('ChangeWebhook', body, call);
  }

  @Delete('webhooks/:id')
  remove(@GivenBody(NothingDto) body: NothingDto, @Called() call: Call) {
    return this.commands.send('RemoveWebhook', body, call);
  }

  @Post('webhooks/:id/secret-rotations')
  rotateSecret(@Body() body: RotateWebhookSecretDto, @Called() call: Call) {
    return this.commands.send('RotateWebhookSecret', body, call);
  }

  @Get('webhooks/:id/deliveries')
  async deliveries(@Param('id') id: string, @Query() query: PageQuery) {
    return found('webhook', await this.queries.execute(new ReadWebhookDeliveries(id, paged(query))));
  }

  @Post('webhooks/:id/redeliveries')
  redeliver(@Body() body: RedeliverWebhookDto, @Called() call: Call) {
    return this.commands.send('RedeliverWebhook', body, call);
  }

  @Post('webhooks/:id/lanes/:contractId/skips')
  skip(@Body() body: SkipWebhookEventDto, @Called() call: Call) {
    return this.commands.send('SkipWebhookEvent', body, call);
  }
}
