import { describe, expect, test } from '@jest/globals';
import { EventRegistry, sortViolations, UnknownEventType } from './index.js';

describe('event registry', () => {
  test('carries old data up, version by version', () => {
    const registry = new EventRegistry([{ type: 'Moved', version: 3, upcasters: [(d: { x: number }) => ({ x: d.x, y: 0 }), (d: { x: number; y: number }) => ({ at: [d.x, d.y] })] }]);
    expect(registry.upcast('Moved', 1, { x: 4 })).toEqual({ at: [4, 0] });
    expect(registry.upcast('Moved', 2, { x: 4, y: 5 })).toEqual({ at: [4, 5] });
    expect(registry.upcast('Moved', 3, { at: [6, 7] })).toEqual({ at: [6, 7] });
  });

  test('cannot be built without the upcasters, nor with a name twice', () => {
    expect(() => new EventRegistry([{ type: 'Moved', version: 2 }])).toThrow('needs 1 upcasters');
    expect(() => new EventRegistry([{ type: 'Moved', version: 1 }, { type: 'Moved', version: 1 }])).toThrow('twice');
  });

  test('stops at what it does not know', () => {
    const registry = new EventRegistry([{ type: 'Moved', version: 1 }]);
    expect(() => registry.upcast('Gone', 1, {})).toThrow(UnknownEventType);
    expect(() => registry.upcast('Moved', 2, {})).toThrow('newer build');
  });
});

test('violations are reported by clause, then code', () => {
  const v = (clause: string, code: string) => ({ clause, code, facts: {} });
  expect(sortViolations([v('A8-3', 'b'), v('A5-2', 'z'), v('A8-3', 'a')]).map((x) => `${x.clause} ${x.code}`)).toEqual(['A5-2 z', 'A8-3 a', 'A8-3 b']);
});
