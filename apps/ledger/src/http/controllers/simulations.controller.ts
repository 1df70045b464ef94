import { Body, Controller, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { isItemCode, itemsNamed, revisionAt, revisionNamed } from '@app/agreement';
import { BUSINESS_CLOCK, CONFIG } from '../../ports.js';
import { simulateApplication, simulateCalendar, simulateCancellation, simulateSettlement } from '../../simulations/index.js';
import { explain } from '../answer.js';
import { InLanguage } from '../call.js';
import { NoQuery } from '../dto/query.dto.js';
import { ApplicationSimulationDto, CalendarDto, CancellationDto, SettlementSimulationDto } from '../dto/simulation.dto.js';
import { InvalidInput } from '../problem.js';
import { detailOf } from '../problem-texts.js';
import type { Config } from '../../config.js';
import type { Language } from '../language.js';
import type { BusinessClock } from '../../ports.js';
import type { ItemCode, Policies } from '@app/agreement';
import type { PlainDate } from '@app/calendar';

/** Questions about the agreement; nothing is stored and no contract is needed. */
@Controller('v1/simulations')
export class SimulationsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @Post('cancellation')
  @HttpCode(200)
  cancellation(@Body() body: CancellationDto, @Query() _query: NoQuery, @InLanguage() language: Language) {
    const { billingStartsOn, arrivedOn, designatedOn } = body;
    const subject = body.option === undefined ? { item: itemOf(body.item!, arrivedOn) } : { option: body.option };
    const policies = this.policies(body);
    return explain(
      simulateCancellation({ subject, billingStartsOn, arrivedOn, designatedOn, monthlyFee: body.monthlyFee ?? null, policies }),
      language,
    );
  }

  @Post('application')
  @HttpCode(200)
  application(@Body() body: ApplicationSimulationDto, @Query() _query: NoQuery, @InLanguage() language: Language) {
    const item = itemOf(body.item, this.clock.today());
    const { accountCount, active, apply } = body;
    const violations = simulateApplication({ item, accountCount, active, apply, policies: this.policies(body) });
    return {
      accepted: violations.length === 0,
      violations: violations.map(({ clause, code, facts }) => ({ clause, code, detail: detailOf(code, clause, facts, language), facts })),
    };
  }

  @Post('settlement')
  @HttpCode(200)
  settlement(@Body() body: SettlementSimulationDto, @Query() _query: NoQuery) {
    const { proration, rounding } = this.policies(body);
    const { monthlyFee, periodStartsOn, periodEndsOn, endsOn } = body;
    const revision = body.underRevision === undefined ? revisionAt(endsOn) : revisionNamed(body.underRevision)!;
    const { source, ...settled } = simulateSettlement(revision, { monthlyFee, periodStartsOn, periodEndsOn, endsOn, proration, rounding });
    return { ...settled, policy: { proration, rounding }, agreementRevision: { id: revision.id, clause: revision.clause, source } };
  }

  @Post('calendar')
  @HttpCode(200)
  calendar(@Body() body: CalendarDto, @Query() _query: NoQuery, @InLanguage() language: Language) {
    const { billingStartsOn, months, count, termEndsOn, arrivedOn, designatedOn = null, deviceEventOn } = body;
    return explain(
      simulateCalendar({
        ...(billingStartsOn && { chain: { billingStartsOn, months: months!, count: count! } }),
        ...(termEndsOn && { termEndsOn }),
        ...(arrivedOn && { notice: { arrivedOn, designatedOn } }),
        ...(deviceEventOn && { deviceEventOn }),
        policies: this.policies(body),
        holidays: this.config.holidays,
      }),
      language,
    );
  }

  private policies(body: { readonly policies?: Partial<Policies> }): Policies {
    return { ...this.config.policies, ...body.policies };
  }
}

/** The item of a code, or of the name it bears on a day. */
function itemOf(codeOrName: string, on: PlainDate): ItemCode {
  if (isItemCode(codeOrName)) return codeOrName;
  const [code] = itemsNamed(codeOrName, on);
  if (code === undefined) throw new InvalidInput([{ path: 'item', message: 'item' }]);
  return code;
}
