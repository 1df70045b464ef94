import fc from 'fast-check';
import { canonicalJson, isCanonicalJson, whyNotCanonical } from './index.js';

/** The definition. */
function is(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

describe('whether a text is canonical JSON', () => {
  it.each([
    '{}', '[]', '""', '0', '-1', 'true', 'false', 'null', '{"a":1,"b":[1,2,{"c":"あ"}]}', '{"a":1.5}', '1e+21', '123456789012345', '1234567890123456', '{"a\\"":1}', '"\\n"', '"😀"', '{"":1,"a":2}', '{"a":1,"aa":2}',
    `${'['.repeat(70)}${']'.repeat(70)}`,
  ])('%s is', (text) => expect([text, isCanonicalJson(text), is(text)]).toEqual([text, true, true]));

  it.each([
    '', ' {}', '{} ', '{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', '{"aa":1,"a":2}', '{"a":1,"":2}', '-0', '01', '-01', '1.0', '1.', '1e3', '+1', '.5', '12345678901234567890', '"a', '"\t"', '"\\u0041"', '"\\/"', '{"1":1}', '{"a"}', '{"a":}',
    '{a:1}', '[1,]', '[,1]', '[1 ,2]', '{"a":1,}', 'tru', 'True', 'nul', 'undefined', 'NaN', '"\\ud800"', '"\ud800"', '{"a":[1,2}', '[1]]', '{"a":1}}', '{"a":1]', '-', 'x', '\ufeff{}',
  ])('%j is not', (text) => {
    expect([text, isCanonicalJson(text), is(text)]).toEqual([text, false, false]);
    expect(whyNotCanonical(text)).not.toBeNull();
  });

  it('agrees with the definition, whatever the value', () => {
    fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false } as never), (value) => {
      for (const text of [JSON.stringify(value), safely(value)]) expect([text, isCanonicalJson(text)]).toEqual([text, is(text)]);
    }));
  });

  it('agrees with the definition after any one character was changed, taken out or put in', () => {
    const sound = canonicalJson({ receipts: [{ clause: 'A10-2', facts: { day: '2026-01-31', n: 12, ok: true, none: null } }], salt: '00ff', 名: 'あ' });
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.constantFrom('change', 'out', 'in'), fc.constantFrom(...'"{}[]:,\\0123456789-.eEtfn aあ\t\u0000'.split('')), (i, how, c) => {
        const text = sound.slice(0, i) + (how === 'out' ? '' : c) + sound.slice(how === 'in' ? i : i + 1);
        expect([text, isCanonicalJson(text)]).toEqual([text, is(text)]);
      }),
      { numRuns: 3_000 },
    );
  });
});

function safely(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch {
    return '';
  }
}
