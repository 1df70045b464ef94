/** A whole number of yen, tax-exclusive, 0..2^53-1. */
export type Yen = number;

/** Rounding of a fraction of a yen: down, or 50 sen and over up. */
export type Rounding = 'floor' | 'halfUp';

/** The largest amount that may be entered. */
export const MAX_YEN = 10 ** 12;

/** Thrown when an amount leaves what a Yen can hold exactly. */
export class YenOutOfRange extends RangeError {}

const asYen = (big: bigint): Yen => {
  if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw new YenOutOfRange(`${big} yen cannot be held exactly`);
  return Number(big);
};

const checkYen = (amount: number): void => {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new YenOutOfRange(`${amount} is not a whole number of yen`);
};

/** fee × days / of, rounded as named; exact at every size. 0 <= days, 1 <= of. */
export function prorate(fee: Yen, days: number, of: number, rounding: Rounding): Yen {
  checkYen(fee);
  if (!Number.isSafeInteger(days) || days < 0 || !Number.isSafeInteger(of) || of < 1)
    throw new RangeError(`${days} of ${of} days`);
  const product = fee * days;
  if (!Number.isSafeInteger(product) || of > 2 ** 51) {
    const whole = BigInt(fee) * BigInt(days);
    const q = whole / BigInt(of);
    return asYen(rounding === 'halfUp' && (whole % BigInt(of)) * 2n >= BigInt(of) ? q + 1n : q);
  }
  const rest = product % of;
  // (product - rest) / of is an exact integer; product / of could be rounded up by the division.
  const q = (product - rest) / of;
  return rounding === 'halfUp' && rest * 2 >= of ? q + 1 : q;
}

/** The sum; throws {@link YenOutOfRange} where it cannot be held exactly. */
export function sumYen(amounts: Iterable<Yen>): Yen {
  let total = 0;
  for (const amount of amounts) {
    checkYen(amount);
    total += amount;
    if (!Number.isSafeInteger(total)) throw new YenOutOfRange('the sum cannot be held exactly');
  }
  return total;
}

/** a × b of whole numbers, exactly. */
export function timesYen(unit: Yen, quantity: number): Yen {
  const product = unit * quantity;
  return Number.isSafeInteger(product) ? product : asYen(BigInt(unit) * BigInt(quantity));
}
