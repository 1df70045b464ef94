import { Body, Controller, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { reconcile } from '../../feed/reconciliation.js';
import { FEED } from '../../ports.js';
import { NoQuery } from '../dto/query.dto.js';
import { ReconciliationDto } from '../dto/reconciliation.dto.js';
import { cursorText, parseCursor } from '../feed-cursor.js';
import type { FeedDoor } from '../../ports.js';

/** Whether a biller applied what was published. Nothing is stored. */
@Controller('v1/feed')
export class ReconciliationsController {
  constructor(@Inject(FEED) private readonly feed: FeedDoor) {}

  @Post('reconciliations')
  @HttpCode(200)
  async reconcile(@Body() { cursor, rows }: ReconciliationDto, @Query() _query: NoQuery) {
    const through = cursor === undefined ? this.feed.head() : parseCursor(cursor)!;
    if (cursor !== undefined) this.feed.check(through!);
    return { cursor: through && cursorText(through), ...(await reconcile(this.feed, rows, through?.sequence ?? -1)) };
  }
}
