import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 'v1';

/** A secret that cannot be opened: sealed under another key, or not as it was sealed. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

/**
 * Seals secrets with AES-256-GCM under one key, each bound to what it is for. Text: `v1.<key id>.<base64url of nonce,
 * ciphertext and tag>`; the key id tells keys apart and says nothing of the key.
 */
export class SecretBox {
  readonly keyId: string;

  /** @throws {RangeError} the key does not hold 32 bytes */
  constructor(private readonly key: Uint8Array) {
    if (key.length !== KEY_BYTES) throw new RangeError(`the key of secrets holds ${KEY_BYTES} bytes, not ${key.length}`);
    this.keyId = createHash('sha256').update('contract-ledger secrets key id\n').update(key).digest('hex').slice(0, 16);
  }

  seal(secret: string, purpose: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(purpose, 'utf8'));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${FORMAT}.${this.keyId}.${sealed.toString('base64url')}`;
  }

  /** @throws {SecretUnreadable} */
  open(sealed: string, purpose: string): string {
    const [format, keyId, text, ...rest] = sealed.split('.');
    if (format !== FORMAT || text === undefined || rest.length > 0) throw new SecretUnreadable('is no sealed secret of a known format');
    if (keyId !== this.keyId) throw new SecretUnreadable(`was sealed under key ${keyId}, but the key in use is ${this.keyId}`);
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SecretUnreadable('is too short');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(purpose, 'utf8')).setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (error) {
      throw new SecretUnreadable('is not as it was sealed, or belongs to another endpoint', { cause: error });
    }
  }
}

/** What a sealed signing secret is bound to. */
export const purposeOf = (webhookId: string, secretId: string): string => `webhook ${webhookId} secret ${secretId}`;
