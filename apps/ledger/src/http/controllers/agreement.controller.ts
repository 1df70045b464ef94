import { Controller, Get, Inject, Query } from '@nestjs/common';
import { CLAUSES, INTERPRETATIONS, ITEMS, OPTIONS, itemNameAt, itemsNamed, lineageOf, optionByName } from '@app/agreement';
import { BUSINESS_CLOCK } from '../../ports.js';
import { ClausesQuery, ItemsQuery, OptionsQuery } from '../dto/query.dto.js';
import { pageOf } from '../reads.js';
import type { BusinessClock } from '../../ports.js';

/** The agreement's tables, as the decisions use them. */
@Controller('v1/agreement')
export class AgreementController {
  constructor(@Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock) {}

  @Get('items')
  items(@Query() query: ItemsQuery) {
    const on = query.on ?? this.clock.today();
    const codes = query.name === undefined ? null : itemsNamed(query.name, on);
    const { rows, nextCursor } = pageOf(
      ITEMS.filter((i) => codes === null || codes.includes(i.code)),
      query,
    );
    return {
      items: rows.map((i) => ({
        code: i.code,
        name: itemNameAt(i.code, on),
        vendor: i.vendor,
        regime: i.regime,
        clause: i.clause,
        lineage: lineageOf(i.code).map(({ from, name, clause, source }) => ({ from, name, clause, source })),
      })),
      nextCursor,
    };
  }

  @Get('options')
  options(@Query() query: OptionsQuery) {
    const no = query.name === undefined ? null : optionByName(query.name);
    const { rows, nextCursor } = pageOf(
      OPTIONS.filter((o) => query.name === undefined || o.option === no),
      query,
    );
    return { options: rows.map(({ from: _from, source: _source, ...option }) => option), nextCursor };
  }

  @Get('clauses')
  clauses(@Query() query: ClausesQuery) {
    const { rows, nextCursor } = pageOf(CLAUSES, query);
    return {
      clauses: rows.map(({ id, ja, en, ...rest }) => ({ id, statement: { ja, en }, ...rest })),
      nextCursor,
      interpretations: INTERPRETATIONS.map(({ id, ja, en, policy }) => ({ id, statement: { ja, en }, policy })),
    };
  }
}
