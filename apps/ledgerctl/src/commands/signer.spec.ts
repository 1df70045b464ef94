import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../settings.js';
import { initSigner } from './signer.js';

test('a key is made for a ledger that there can be, and for no other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signer-'));
  try {
    const [settings, key] = [{ data: join(folder, 'data'), json: true } as Settings, join(folder, 'keys', 'key')];
    const init = (ledger?: string): void => initSigner(settings, { key, ...(ledger !== undefined && { ledger }) });
    expect(() => init()).toThrow(/name the ledger with --ledger/);
    for (const none of ['', 'nonsense', '0190C6F2-0000-7000-8000-00000000000A']) expect(() => init(none)).toThrow(/must be the ledger's id, a UUID \(ledgerId in ledger\.json/);
    expect(existsSync(join(folder, 'keys'))).toBe(false);
    init('0190c6f2-0000-7000-8000-00000000000a');
    expect(existsSync(key)).toBe(true);
    expect(() => init('0190c6f2-0000-7000-8000-00000000000a')).toThrow(/exists already/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
