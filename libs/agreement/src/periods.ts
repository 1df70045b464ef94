import { periodEnd, term, termAt } from '@app/calendar';
import { item } from './items.js';
import { option } from './options.js';
import type { ChainAnchor, PlainDate, Term } from '@app/calendar';
import type { ClauseId, ItemCode } from './ids.js';
import type { OptionRegime } from './options.js';

/** How long a line binds: a minimum use period, one-year renewing terms, or not at all; with the clause that says so. */
export type PeriodRule =
  | { readonly kind: 'minimum'; readonly months: 1 | 12; readonly clause: ClauseId }
  | { readonly kind: 'term'; readonly months: 12; readonly clause: ClauseId }
  | { readonly kind: 'none'; readonly clause: ClauseId };

const rule = (regime: OptionRegime, clause: ClauseId): PeriodRule => {
  switch (regime) {
    case 'minimum-1-month':
      return { kind: 'minimum', months: 1, clause };
    case 'minimum-1-year':
      return { kind: 'minimum', months: 12, clause };
    case 'term-1-year':
      return { kind: 'term', months: 12, clause };
    case 'none':
      return { kind: 'none', clause };
  }
};

/** The period rule of an item (A3-1, A3-2). */
export const periodOfItem = (code: ItemCode): PeriodRule => {
  const { regime } = item(code);
  return rule(regime, regime === 'term-1-year' ? 'A3-2a' : 'A3-1a');
};

/** The period rule of an option (A8-6, A8-7). */
export const periodOfOption = (no: number): PeriodRule => {
  const row = option(no);
  return rule(row.regime, row.regimeClause);
};

/** A period that binds, with its first and last day; `index` and the rest of a term only for terms. */
export type BindingPeriod =
  { readonly kind: 'minimum'; readonly startsOn: PlainDate; readonly endsOn: PlainDate } | ({ readonly kind: 'term' } & Term);

/**
 * The period of a line on a day: the minimum use period always; the term that contains the day, the first one before
 * the start; null where nothing binds.
 */
export function periodAt(period: PeriodRule, startsOn: PlainDate, date: PlainDate, anchor: ChainAnchor): BindingPeriod | null {
  switch (period.kind) {
    case 'minimum':
      return { kind: 'minimum', startsOn, endsOn: periodEnd(startsOn, { months: period.months }) };
    case 'term':
      return { kind: 'term', ...(termAt(startsOn, date, anchor, period.months) ?? term(startsOn, 1, anchor, period.months)) };
    case 'none':
      return null;
  }
}
