import { randomBytes } from 'node:crypto';
import { Webhook as Scheme } from 'standardwebhooks';

const SECRET_BYTES = 32;

/** A signing secret as Standard Webhooks writes it: `whsec_` and base64 of 256 random bits. */
export const newSigningSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/**
 * The headers of one attempt by Standard Webhooks: the id never changes, the time is that of the attempt, and every
 * secret signs (two while one replaces the other). `body` is the text that is sent, byte for byte in UTF-8.
 */
export function signed(id: string, at: Date, body: string, secrets: readonly string[]): { readonly 'webhook-id': string; readonly 'webhook-timestamp': string; readonly 'webhook-signature': string } {
  if (secrets.length === 0) throw new Error(`nothing signs ${id}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Scheme(secret).sign(id, at, body)).join(' '),
  };
}
