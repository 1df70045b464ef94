import { Body, Controller, Get, Inject, Put, Query } from '@nestjs/common';
import { SANDBOX_CLOCK } from '../../ports.js';
import { Calling } from '../call.js';
import { MoveClockDto } from '../dto/other.dto.js';
import { NoQuery } from '../dto/query.dto.js';
import { InvalidInput } from '../problem.js';
import type { Caller, SandboxClock } from '../../ports.js';

/** The sandbox's own clock; the module leaves it out unless the sandbox is on. */
@Controller('v1/sandbox/clock')
export class SandboxController {
  constructor(@Inject(SANDBOX_CLOCK) private readonly clock: SandboxClock) {}

  @Get()
  today(@Query() _query: NoQuery) {
    return { today: this.clock.today() };
  }

  /** Forward only; the same day again joins a move that is under way. */
  @Put()
  async move(@Body() body: MoveClockDto, @Query() _query: NoQuery, @Calling() caller: Caller) {
    const moved = await this.clock.move(body.today, caller);
    if (moved === 'behind') throw new InvalidInput([{ path: 'today', message: `order|${this.clock.today()}` }]);
    return moved;
  }
}
