import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadSecretsKey, parseSecretsKey, secretsKey, SECRETS_KEY_FILE } from './secrets-key.js';

describe('the key of secrets', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-key-'));
    file = join(folder, SECRETS_KEY_FILE);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, random, for its owner alone, and found again', () => {
    const key = secretsKey(folder, null);
    expect(key.length).toBe(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(secretsKey(folder, null)).toEqual(key);
    rmSync(file);
    expect(secretsKey(folder, null)).not.toEqual(key);
  });

  it('that is given is used, and no file is made', () => {
    const given = new Uint8Array(32).fill(3);
    expect(secretsKey(folder, given)).toBe(given);
    expect(existsSync(file)).toBe(false);
  });

  it.each([0o640, 0o604, 0o666])('that others can read (%o) is refused', (mode) => {
    secretsKey(folder, null);
    chmodSync(file, mode);
    expect(() => secretsKey(folder, null)).toThrow(BadSecretsKey);
    expect(() => secretsKey(folder, null)).toThrow('chmod 600');
  });

  it('that is damaged is refused, and left as it is', () => {
    writeFileSync(file, 'half a key', { mode: 0o600 });
    expect(() => secretsKey(folder, null)).toThrow(BadSecretsKey);
    expect(readFileSync(file, 'utf8')).toBe('half a key');
  });

  it('is 32 bytes of base64 as base64 is written', () => {
    const text = Buffer.alloc(32, 0xff).toString('base64');
    expect(parseSecretsKey(text)).toEqual(Buffer.alloc(32, 0xff));
    for (const wrong of ['', text.slice(1), text.replace('=', ''), `${text}A`, text.replace('//8=', '//9='), Buffer.alloc(31).toString('base64'), Buffer.alloc(32).toString('hex')]) expect([wrong, parseSecretsKey(wrong)]).toEqual([wrong, null]);
  });
});
