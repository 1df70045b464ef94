import fc from 'fast-check';
import { parseJsonBody } from './json-body.js';
import { InvalidInput } from './problem.js';

const parse = (text: string | Buffer): unknown => parseJsonBody(Buffer.from(text as string));
const errors = (text: string | Buffer): unknown => {
  try {
    return { value: parse(text) };
  } catch (e) {
    return (e as InvalidInput).errors;
  }
};

describe('a JSON body', () => {
  it('is what JSON.parse makes of it, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__":'));
        expect(parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'a', 'twice'],
    ['{"a":{"b":1,"b":1}}', 'a.b', 'twice'],
    ['{"a":[{"x":1},{"x":1,"y":[],"x":2}]}', 'a[1].x', 'twice'],
    ['[[0,{"k":"\\"","\\u006b":1}]]', '[0][1].k', 'twice'],
    ['{"a":",:{}[]\\\\","a":1}', 'a', 'twice'],
    ['{"__proto__":1}', '__proto__', 'unknown'],
    ['{"a":{"\\u005f_proto__":1}}', 'a.__proto__', 'unknown'],
    ['{"a":1', '', 'notJson'],
    ['{a:1}', '', 'notJson'],
    ["{'a':1}", '', 'notJson'],
    ['NaN', '', 'notJson'],
    ['\uFEFF{}', '', 'notJson'],
    ['', '', 'emptyBody'],
  ])('%s is refused at "%s": %s', (text, path, message) => {
    expect(errors(text)).toEqual([{ path, message }]);
  });

  it('counts equal names in different objects as different', () => {
    expect(parse('{"a":{"a":[{"a":1},{"a":1}]},"b":{"a":1}}')).toEqual({ a: { a: [{ a: 1 }, { a: 1 }] }, b: { a: 1 } });
  });

  it('is UTF-8', () => {
    expect(errors(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toEqual([{ path: '', message: 'notUtf8' }]);
    expect(parse('"𠮷"')).toBe('𠮷');
  });

  it('is not deep', () => {
    expect(errors('['.repeat(32) + ']'.repeat(32))).toHaveProperty('value');
    expect(errors('['.repeat(33) + ']'.repeat(33))).toMatchObject([{ message: 'tooDeep' }]);
    expect(errors('{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000))).toMatchObject([{ message: 'tooDeep' }]);
  });
});
