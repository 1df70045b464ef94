import type { TokenIssued } from './events.js';

export type TokenCommand =
  { readonly kind: 'IssueToken'; readonly token: TokenIssued } | { readonly kind: 'RevokeToken'; readonly tokenId: string };
