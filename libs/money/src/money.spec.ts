import fc from 'fast-check';
import { MAX_YEN, YenOutOfRange, feeFor, prorate, sumYen, timesYen, validateFee } from './index.js';
import type { Fee, Rounding, Tier } from './index.js';

/** The same by whole numbers without limit: q = fee × days / of, and 50 sen and over up. */
function exactly(fee: number, days: number, of: number, rounding: Rounding): bigint {
  const double = (2n * BigInt(fee) * BigInt(days)) / BigInt(of);
  return rounding === 'floor' ? double / 2n : (double + 1n) / 2n;
}

const amount = fc.oneof(
  fc.integer({ min: 0, max: 1000 }),
  fc.maxSafeInteger().map(Math.abs),
  fc.integer({ min: 0, max: MAX_YEN }),
);

describe('proration (X2-1, X2-2, A11c)', () => {
  it('is exact for every amount, also beyond what a product of numbers can hold', () => {
    fc.assert(
      fc.property(
        amount,
        fc.integer({ min: 0, max: 366 }),
        fc.integer({ min: 1, max: 366 }),
        fc.constantFrom('floor' as const, 'halfUp' as const),
        (fee, days, of, rounding) => {
          const want = exactly(fee, days, of, rounding);
          if (want > BigInt(Number.MAX_SAFE_INTEGER)) expect(() => prorate(fee, days, of, rounding)).toThrow(YenOutOfRange);
          else expect(BigInt(prorate(fee, days, of, rounding))).toBe(want);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('is the whole fee for the whole month and nothing for no day', () => {
    fc.assert(
      fc.property(
        amount,
        fc.integer({ min: 28, max: 31 }),
        fc.constantFrom('floor' as const, 'halfUp' as const),
        (fee, of, rounding) => {
          expect([prorate(fee, of, of, rounding), prorate(fee, 0, of, rounding)]).toEqual([fee, 0]);
        },
      ),
    );
  });

  it('adds up to the fee, but for a yen per cut, when a month is cut in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_YEN }), fc.integer({ min: 0, max: 31 }), (fee, days) => {
        const both = prorate(fee, days, 31, 'floor') + prorate(fee, 31 - days, 31, 'floor');
        expect(fee - both === 0 || fee - both === 1).toBe(true);
      }),
    );
  });

  it('names its roundings', () => {
    expect([prorate(1, 15, 30, 'floor'), prorate(1, 15, 30, 'halfUp'), prorate(1, 14, 30, 'halfUp')]).toEqual([0, 1, 0]);
    expect([prorate(100_000, 30, 31, 'floor'), prorate(100_000, 30, 31, 'halfUp')]).toEqual([96_774, 96_774]);
  });

  it('refuses what is no amount of yen and no part of a month', () => {
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => prorate(bad, 1, 31, 'floor')).toThrow(YenOutOfRange);
    for (const [days, of] of [
      [-1, 31],
      [1, 0],
      [0.5, 31],
    ] as const)
      expect(() => prorate(1, days, of, 'floor')).toThrow(RangeError);
  });
});

describe('sums and products', () => {
  it('are exact or refused', () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        const safe = (n: bigint) => n <= BigInt(Number.MAX_SAFE_INTEGER);
        const sum = BigInt(a) + BigInt(b);
        const product = BigInt(a) * BigInt(b);
        if (safe(sum)) expect(BigInt(sumYen([a, b]))).toBe(sum);
        else expect(() => sumYen([a, b])).toThrow(YenOutOfRange);
        if (safe(product)) expect(BigInt(timesYen(a, b))).toBe(product);
        else expect(() => timesYen(a, b)).toThrow(YenOutOfRange);
      }),
    );
    expect(sumYen([])).toBe(0);
    expect(() => sumYen([1, -1])).toThrow(YenOutOfRange);
  });
});

describe('fees', () => {
  const tiers = fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }),
      fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 6, maxLength: 6 }),
    )
    .map(([bounds, units]): Tier[] => {
      const sorted = bounds.toSorted((a, b) => a - b);
      return [...sorted.map((upTo, i) => ({ upTo, unit: units[i]! })), { unit: units[5]! }];
    });

  it('price each account at the unit of its tier', () => {
    fc.assert(
      fc.property(tiers, fc.integer({ min: 0, max: 400 }), (list, quantity) => {
        const fee: Fee = { kind: 'tiered', tiers: list };
        expect(validateFee(fee)).toEqual([]);
        let oneByOne = 0;
        for (let account = 1; account <= quantity; account++)
          oneByOne += list.find((t) => t.upTo === undefined || account <= t.upTo)!.unit;
        expect(feeFor(fee, quantity)).toBe(oneByOne);
      }),
    );
  });

  it('are one amount, or so much an account', () => {
    expect([
      feeFor({ kind: 'fixed', amount: 5 }, null),
      feeFor({ kind: 'fixed', amount: 5 }, 7),
      feeFor({ kind: 'perAccount', unit: 5 }, 7),
    ]).toEqual([5, 5, 35]);
  });

  it('are exact for the largest counts, and refused beyond', () => {
    expect(feeFor({ kind: 'perAccount', unit: 9_007_199_254 }, 1_000_000)).toBe(9_007_199_254_000_000);
    expect(() => feeFor({ kind: 'perAccount', unit: MAX_YEN }, 1_000_000)).toThrow(YenOutOfRange);
    expect(() => feeFor({ kind: 'tiered', tiers: [{ upTo: 10, unit: MAX_YEN }, { unit: MAX_YEN }] }, 1_000_000)).toThrow(
      YenOutOfRange,
    );
  });

  it('need a quantity unless they are fixed, and a tier that answers', () => {
    for (const quantity of [null, 1.5, -1]) {
      expect(() => feeFor({ kind: 'perAccount', unit: 1 }, quantity)).toThrow(RangeError);
      expect(() => feeFor({ kind: 'tiered', tiers: [{ unit: 1 }] }, quantity)).toThrow(RangeError);
    }
    expect(() => feeFor({ kind: 'tiered', tiers: [{ upTo: 3, unit: 1 }] }, 4)).toThrow(RangeError);
  });

  it.each<[string, unknown, string[]]>([
    ['a fixed fee', { kind: 'fixed', amount: 0 }, []],
    ['the largest amount', { kind: 'fixed', amount: MAX_YEN }, []],
    ['an amount too large', { kind: 'fixed', amount: MAX_YEN + 1 }, ['amount']],
    ['an amount below 0', { kind: 'fixed', amount: -1 }, ['amount']],
    ['a fraction', { kind: 'perAccount', unit: 0.1 }, ['unit']],
    ['a text for an amount', { kind: 'perAccount', unit: '1' }, ['unit']],
    ['an amount missing', { kind: 'fixed' }, ['amount']],
    ['an unknown field', { kind: 'fixed', amount: 1, unit: 1 }, ['unit']],
    ['an unknown kind', { kind: 'free' }, ['kind']],
    ['no kind', {}, ['kind']],
    ['a number', 5, ['']],
    ['null', null, ['']],
    ['a list', [], ['']],
    ['one open tier', { kind: 'tiered', tiers: [{ unit: 1 }] }, []],
    ['no tier', { kind: 'tiered', tiers: [] }, ['tiers']],
    ['tiers missing', { kind: 'tiered' }, ['tiers']],
    [
      'tiers that do not ascend',
      { kind: 'tiered', tiers: [{ upTo: 5, unit: 1 }, { upTo: 5, unit: 1 }, { unit: 1 }] },
      ['tiers[1].upTo'],
    ],
    ['an open tier before the last', { kind: 'tiered', tiers: [{ unit: 1 }, { unit: 1 }] }, ['tiers[0].upTo']],
    ['a bounded last tier', { kind: 'tiered', tiers: [{ upTo: 5, unit: 1 }] }, ['tiers[0].upTo']],
    ['a tier up to 0', { kind: 'tiered', tiers: [{ upTo: 0, unit: 1 }, { unit: 1 }] }, ['tiers[0].upTo']],
    ['a tier that is no object', { kind: 'tiered', tiers: [1, { unit: 1 }] }, ['tiers[0]']],
    ['an unknown field of a tier', { kind: 'tiered', tiers: [{ unit: 1, from: 1 }] }, ['tiers[0].from']],
    ['too many tiers', { kind: 'tiered', tiers: Array.from({ length: 101 }, () => ({ unit: 1 })) }, ['tiers']],
  ])('judge %s', (_what, fee, paths) => {
    expect(validateFee(fee).map((e) => e.path)).toEqual(paths);
  });
});
