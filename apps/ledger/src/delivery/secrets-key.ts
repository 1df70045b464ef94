import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '@app/event-store';

export const SECRETS_KEY_FILE = 'secrets-key';

/** The key of secrets cannot be used; the operator can mend it. */
export class BadSecretsKey extends Error {
  override readonly name = 'BadSecretsKey';
}

/** 32 bytes in base64; null for any other text. */
export function parseSecretsKey(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return null;
  const key = Buffer.from(text, 'base64');
  return key.length === 32 && key.toString('base64') === text ? key : null;
}

/** The key that seals secrets: the one given, else the folder's own, which is made when it is first needed. @throws {BadSecretsKey} */
export function secretsKey(folder: string, given: Uint8Array | null): Uint8Array {
  if (given) return given;
  const file = join(folder, SECRETS_KEY_FILE);
  if (!existsSync(file)) writeDurably(file, `${randomBytes(32).toString('base64')}\n`, 0o600);
  const { mode } = statSync(file);
  if ((mode & 0o077) !== 0) throw new BadSecretsKey(`${file} can be read by others than its owner: chmod 600 it, and rotate the secrets of the webhooks if anybody may have`);
  const key = parseSecretsKey(readFileSync(file, 'utf8').trim());
  if (key === null) throw new BadSecretsKey(`${file} does not hold a key (base64 of 32 bytes): bring the file back from a backup, or remove it and rotate the secrets of the webhooks`);
  return key;
}
