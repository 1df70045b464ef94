import type { TokenEvent, TokenIssued } from './events.js';

/** One token, as its own stream tells it. */
export type Token =
  | { readonly status: 'none' }
  | { readonly status: 'live'; readonly issued: TokenIssued }
  | { readonly status: 'revoked'; readonly issued: TokenIssued };

export const noToken: Token = { status: 'none' };

/** Throws on a history that cannot have been decided (a revocation before the issue). */
export function evolveToken(token: Token, event: TokenEvent): Token {
  switch (event.type) {
    case 'TokenIssued':
      return { status: 'live', issued: event.data };
    case 'TokenRevoked':
      if (token.status === 'none') throw new Error(`token ${event.data.tokenId} was revoked before it was issued`);
      return { status: 'revoked', issued: token.issued };
  }
}
