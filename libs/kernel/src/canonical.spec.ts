import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, NotCanonical } from './canonical.js';

const INTEGER = /^(0|[1-9]\d*)$/;
const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('a', 'B', '$id', 'é', '\u{1f600}', '\ufb33', '"', '\\', '\u007f')).filter((k) => !INTEGER.test(k) && k !== '__proto__');
const json = (keys: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 40, noNullPrototype: true }),
    ),
  })).value;

describe('canonical JSON', () => {
  it('is RFC 8785, as another implementation writes it', () => {
    fc.assert(
      fc.property(json(key), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it('survives a parse', () => {
    // Without escapes in keys: JSON.parse of V8 13.6 takes one such key of one character for another it has just seen.
    fc.assert(
      fc.property(json(key.filter((k) => !/["\\\p{Cc}]/u.test(k))), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('writes numbers, escapes and the order of keys as the RFC shows them', () => {
    const numbers = [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0, 1e21, 5e-324];
    expect(canonicalJson({ numbers, string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/', literals: [null, true, false] })).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21,5e-324],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, x1: 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 })).toBe(
      '{"\\r":2,"x1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
    );
  });

  it('sorts many keys as it sorts few', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${(i * 7919) % 200}`, i]));
    expect(canonicalJson(many)).toBe(canonicalize(many));
  });

  it('leaves undefined members out, and nothing else', () => {
    expect(canonicalJson({ b: undefined, a: { c: undefined }, d: [] })).toBe('{"a":{},"d":[]}');
  });

  it.each<[string, unknown, string]>([
    ['an unpaired surrogate', { a: { b: ['x', '\ud800'] } }, 'a.b[1]'],
    ['one in a key', { a: { '\udc00': 1 } }, 'a'],
    ['a key that looks like an integer', { a: { 12: 1 } }, 'a.12'],
    ['such a key without a value', { a: { 0: undefined } }, 'a.0'],
    ['infinity', { a: [1, Infinity] }, 'a[1]'],
    ['not a number', { a: NaN }, 'a'],
    ['a bigint', { a: 1n }, 'a'],
    ['a function', { a: () => 1 }, 'a'],
    ['undefined in a list', { a: [undefined] }, 'a[0]'],
    ['nothing at all', undefined, ''],
  ])('refuses %s and names the place', (_, value, path) => {
    const refusal = (() => {
      try {
        return canonicalJson(value);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(NotCanonical);
    expect((refusal as NotCanonical).path).toBe(path);
  });

  it('is not misled by a key it has seen', () => {
    expect(() => canonicalJson({ '7': 1 })).toThrow(NotCanonical);
    expect(() => canonicalJson({ '7': 1 })).toThrow(NotCanonical);
    expect(canonicalJson({ '07': 1 })).toBe('{"07":1}');
  });
});
