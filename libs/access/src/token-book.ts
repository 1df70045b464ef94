import type { Role } from './roles.js';
import type { TokenEvent } from './token/events.js';

/** What the ledger knows of the bearer of a token. */
export interface TokenEntry {
  readonly tokenId: string;
  readonly subject: string;
  readonly role: Role;
  readonly hash: string;
  readonly revoked: boolean;
  /** Last day on which it is accepted; null: until revoked. */
  readonly expiresOn: string | null;
}

/** Whether the bearer is let in on a day (JST, `YYYY-MM-DD`). */
export const isAccepted = (entry: TokenEntry, today: string): boolean =>
  !entry.revoked && (entry.expiresOn === null || today <= entry.expiresOn);

/**
 * Every token by its hash, in memory. Folded from the token events in any order of streams; hearing an event twice
 * changes nothing. A lookup is one hash and one map access whether or not the token is known; an attacker can choose
 * tokens, not their hashes, so the map's timing tells nothing.
 */
export class TokenBook {
  private readonly byHash = new Map<string, TokenEntry>();
  private readonly byId = new Map<string, TokenEntry>();

  /** Starts from entries kept elsewhere, e.g. a read model's rows. */
  constructor(entries: Iterable<TokenEntry> = []) {
    for (const e of entries) this.put(e);
  }

  apply(event: TokenEvent): void {
    switch (event.type) {
      case 'TokenIssued': {
        const { tokenId, subject, role, hash, expiresOn } = event.data;
        // A book that was ahead of the log's replay must not let a revoked token back in.
        if (!this.byId.has(tokenId)) this.put({ tokenId, subject, role, hash, revoked: false, expiresOn });
        return;
      }
      case 'TokenRevoked': {
        const known = this.byId.get(event.data.tokenId);
        if (known) this.put({ ...known, revoked: true });
        return;
      }
    }
  }

  /** The entry of a token by {@link hashToken}; null when unknown. Revoked and expired ones are found too. */
  find(hash: string): TokenEntry | null {
    return this.byHash.get(hash) ?? null;
  }

  get(tokenId: string): TokenEntry | null {
    return this.byId.get(tokenId) ?? null;
  }

  /** In order of issue. */
  entries(): TokenEntry[] {
    return [...this.byId.values()];
  }

  /** Keeps an entry as it stands. */
  put(e: TokenEntry): void {
    this.byHash.set(e.hash, e);
    this.byId.set(e.tokenId, e);
  }
}
