import { addDays, type PlainDate } from '@app/calendar';
import type { Json } from '@app/kernel';

type Facts = { readonly [key: string]: Json };

const day = (value: Json | undefined): PlainDate | null => (typeof value === 'string' ? (value as PlainDate) : null);
const dayAfter = (value: Json | undefined): PlainDate | null => {
  const on = day(value);
  return on === null ? null : addDays(on, 1);
};

/** The rules of dates that time itself satisfies: for each refusal, the first day that the date it is about may have. */
const FIRST_DAYS: { readonly [code: string]: (facts: Facts) => PlainDate | null } = {
  /** The acceptance: once the licensors' terms are agreed to (A5-1). */
  'licensor-terms-not-agreed': (f) => day(f['agreedOn']),
  /** The billing start: the day after the other contract of the item ends; none while it has no end (A4-2). */
  'item-already-contracted': (f) => dayAfter(f['through']),
  /** The acceptance: the day after the option in use ends; none while it has no end (A8-2). */
  'option-already-in-use': (f) => dayAfter(f['through']),
  /** The end of the option: that of what depends on it (N18). */
  'dependent-in-use': (f) => day(f['dependentEndsOn']),
  /** The day of effect: the day after the notice; none without one (A7-2). */
  'no-prior-notice': (f) => dayAfter(f['noticedOn']),
  'before-acceptance': (f) => day(f['acceptedOn']),
  'billed-before-contract': (f) => day(f['contractBillingStartsOn']),
  'contract-live': (f) => day(f['allowedFrom']),
  'retention-runs': (f) => day(f['allowedFrom']),
};

/**
 * The first day on which what was refused would be allowed, by the facts it was refused on. Null where no day helps: the
 * rule is not about dates, sets a last day, or waits for something that is not fixed.
 */
export const allowedFrom = (refusal: { readonly code: string; readonly facts: Facts }): PlainDate | null =>
  Object.hasOwn(FIRST_DAYS, refusal.code) ? FIRST_DAYS[refusal.code]!(refusal.facts) : null;
