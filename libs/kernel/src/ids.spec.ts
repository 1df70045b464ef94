import fc from 'fast-check';
import { v5 } from 'uuid';
import { deriveId, isUuid, LEDGER_NAMESPACE } from './ids.js';

describe('derived ids', () => {
  it('are UUIDs of version 5 as another implementation makes them, whatever the length', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 300, maxLength: 1_500 })).filter((t) => !t.includes('\u001f') && t.isWellFormed());
    fc.assert(
      fc.property(fc.array(fc.oneof(text, fc.integer()), { minLength: 1, maxLength: 4 }), (parts) => {
        const id = deriveId(...parts);
        expect(id).toBe(v5(parts.join('\u001f.'), LEDGER_NAMESPACE));
        expect(isUuid(id)).toBe(true);
      }),
    );
  });

  it('stay what they were: logs hold them for ever', () => {
    expect(deriveId('command', 'operator-1', 'key-1')).toBe('64717dad-83bb-5a1f-bcc7-48178f5a1dff');
    expect(deriveId('契約', 7)).toBe('5eac46a5-b19b-5ce0-bc93-0c1897352810');
  });

  it('differ where the same characters are parted otherwise', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\u001f', '.') }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(deriveId(...a) === deriveId(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});
