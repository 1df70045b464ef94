import { MAX_YEN, sumYen, timesYen } from './yen.js';
import type { Yen } from './yen.js';

/** One step of a graduated price: the accounts up to `upTo` (counted from 1) at `unit`; the last step is open. */
export interface Tier {
  readonly upTo?: number;
  readonly unit: Yen;
}

/** A monthly price: one amount, or per account, or graduated: each account at the unit of its tier. */
export type Fee =
  | { readonly kind: 'fixed'; readonly amount: Yen }
  | { readonly kind: 'perAccount'; readonly unit: Yen }
  | { readonly kind: 'tiered'; readonly tiers: readonly Tier[] };

/** Yen a month at a quantity (accounts or units). Throws RangeError where the fee needs a quantity and there is none. */
export function feeFor(fee: Fee, quantity: number | null): Yen {
  if (fee.kind === 'fixed') return fee.amount;
  if (quantity === null || !Number.isSafeInteger(quantity) || quantity < 0)
    throw new RangeError(`a ${fee.kind} fee needs a quantity, not ${quantity}`);
  if (fee.kind === 'perAccount') return timesYen(fee.unit, quantity);
  let below = 0;
  const parts: Yen[] = [];
  for (const tier of fee.tiers) {
    const upTo = Math.min(tier.upTo ?? quantity, quantity);
    if (upTo > below) parts.push(timesYen(tier.unit, upTo - below));
    below = Math.max(below, upTo);
  }
  if (below < quantity) throw new RangeError(`no tier answers for account ${quantity}`);
  return sumYen(parts);
}

/** A path and what is wrong there: a rule with its bounds, `rule|bound|…`. */
export interface FeeError {
  readonly path: string;
  readonly message: 'object' | 'unknown' | 'lastTier' | `yen|${number}` | `oneOf|${string}` | `list|${number}|${number}` | `above|${number}`;
}

const MAX_TIERS = 100;

const isAmount = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0 && (x as number) <= MAX_YEN;
const amountError = (path: string): FeeError => ({ path, message: `yen|${MAX_YEN}` });

/**
 * What is wrong with a fee of unknown origin; none: it is a {@link Fee}. Paths are relative to the fee (`tiers[1].upTo`).
 * Tiers ascend, all bounded but the last, which is open.
 */
export function validateFee(fee: unknown): FeeError[] {
  if (typeof fee !== 'object' || fee === null || Array.isArray(fee)) return [{ path: '', message: 'object' }];
  const f = fee as { readonly [key: string]: unknown };
  const errors: FeeError[] = [];
  const only = (object: object, known: readonly string[], at: string): void => {
    for (const key of Object.keys(object))
      if (!known.includes(key)) errors.push({ path: at + key, message: 'unknown' });
  };
  switch (f['kind']) {
    case 'fixed':
      only(f, ['kind', 'amount'], '');
      if (!isAmount(f['amount'])) errors.push(amountError('amount'));
      break;
    case 'perAccount':
      only(f, ['kind', 'unit'], '');
      if (!isAmount(f['unit'])) errors.push(amountError('unit'));
      break;
    case 'tiered':
      only(f, ['kind', 'tiers'], '');
      validateTiers(f['tiers'], errors, only);
      break;
    default:
      errors.push({ path: 'kind', message: 'oneOf|fixed|perAccount|tiered' });
  }
  return errors;
}

function validateTiers(
  tiers: unknown,
  errors: FeeError[],
  only: (o: object, known: readonly string[], at: string) => void,
): void {
  if (!Array.isArray(tiers) || tiers.length < 1 || tiers.length > MAX_TIERS) {
    errors.push({ path: 'tiers', message: `list|1|${MAX_TIERS}` });
    return;
  }
  let below = 0;
  (tiers as unknown[]).forEach((tier, i) => {
    const at = `tiers[${i}]`;
    if (typeof tier !== 'object' || tier === null || Array.isArray(tier)) {
      errors.push({ path: at, message: 'object' });
      return;
    }
    const t = tier as { readonly [key: string]: unknown };
    only(t, ['upTo', 'unit'], `${at}.`);
    if (!isAmount(t['unit'])) errors.push(amountError(`${at}.unit`));
    if (i === tiers.length - 1) {
      if (t['upTo'] !== undefined) errors.push({ path: `${at}.upTo`, message: 'lastTier' });
    } else if (!Number.isSafeInteger(t['upTo']) || (t['upTo'] as number) <= below) {
      errors.push({ path: `${at}.upTo`, message: `above|${below}` });
    } else below = t['upTo'] as number;
  });
}
