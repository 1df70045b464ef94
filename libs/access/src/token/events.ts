import type { TextRef } from '@app/kernel';
import type { Role } from '../roles.js';

/** A token came into force. The token itself is nowhere in the ledger. */
export interface TokenIssued {
  readonly tokenId: string;
  /** Who acts under it: an id, never a person's name. Idempotency keys are kept per subject. */
  readonly subject: string;
  readonly role: Role;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  /** What people call it: free text, so beside the log. */
  readonly label?: TextRef;
  /** Last day (JST, `YYYY-MM-DD`) on which it is accepted; null: until revoked. */
  readonly expiresOn: string | null;
}

/** A token is no longer accepted, from now on. */
export interface TokenRevoked {
  readonly tokenId: string;
}

export type TokenEvent =
  { readonly type: 'TokenIssued'; readonly data: TokenIssued } | { readonly type: 'TokenRevoked'; readonly data: TokenRevoked };

/** The stored names and versions, for the registry of event types. */
export const TOKEN_EVENTS = [
  { type: 'TokenIssued', version: 1 },
  { type: 'TokenRevoked', version: 1 },
] as const satisfies readonly { type: TokenEvent['type']; version: number }[];

/** The stream of one token. */
export const tokenStream = (tokenId: string): string => `token-${tokenId}`;
