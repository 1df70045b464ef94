/** Tokens that were issued; the tokens themselves are nowhere. */
import type { PlainDate } from '@app/calendar';
import type { TextRef } from '@app/kernel';
import type { Projection } from '@app/read-store';
import type { Selectable } from 'kysely';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page, type Statements } from './reads.js';
import type { TokensTable } from './schema.js';

export const tokensProjection: Projection<LedgerEvent> = {
  name: 'tokens',
  version: 2,
  tables: {
    tokens: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('token_id', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull())
        .addColumn('label', 'text')
        .addColumn('expires_on', 'text')
        .addColumn('issued_at', 'text', (c) => c.notNull())
        .addColumn('issued_by', 'text', (c) => c.notNull())
        .addColumn('issue_reason', 'text')
        .addColumn('revoked_at', 'text')
        .addColumn('revoked_by', 'text')
        .addColumn('revoke_reason', 'text'),
      index('by_id').column('token_id').unique(),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (idIn('token', e.stream) === null) continue;
      const { recordedAt, actor } = e.metadata;
      const reason = e.metadata.reason ? JSON.stringify(e.metadata.reason) : null;
      if (e.type === 'TokenIssued') {
        const t = e.data as unknown as { tokenId: string; subject: string; role: string; hash: string; label?: TextRef; expiresOn: string | null };
        writer
          .prepare('INSERT INTO {tokens} (token_id, subject, role, hash, label, expires_on, issued_at, issued_by, issue_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
          .run(t.tokenId, t.subject, t.role, t.hash, t.label ? JSON.stringify(t.label) : null, t.expiresOn, recordedAt, actor.subject, reason);
      } else if (e.type === 'TokenRevoked') {
        writer
          .prepare('UPDATE {tokens} SET revoked_at = ?, revoked_by = ?, revoke_reason = ? WHERE token_id = ? AND revoked_at IS NULL')
          .run(recordedAt, actor.subject, reason, (e.data as { tokenId: string }).tokenId);
      } else throw new Error(`no rule for event type ${e.type}`);
    }
  },
};

/** What letting a bearer in needs to know; access's `TokenEntry` takes it. */
export interface TokenRow {
  readonly tokenId: string;
  readonly subject: string;
  readonly role: string;
  readonly hash: string;
  readonly revoked: boolean;
  readonly expiresOn: PlainDate | null;
}

/** All tokens, in order of issue. */
export const tokenRows = (store: Statements): TokenRow[] =>
  store
    .statement<{ token_id: string; subject: string; role: string; hash: string; revoked_at: string | null; expires_on: PlainDate | null }>('SELECT token_id, subject, role, hash, revoked_at, expires_on FROM tokens ORDER BY no')
    .all()
    .map((r) => ({ tokenId: r.token_id, subject: r.subject, role: r.role, hash: r.hash, revoked: r.revoked_at !== null, expiresOn: r.expires_on }));

export interface TokenView {
  readonly tokenId: string;
  readonly subject: string;
  readonly role: string;
  readonly label: TextRef | null;
  readonly expiresOn: PlainDate | null;
  readonly issuedAt: string;
  /** The subject that issued it. */
  readonly issuedBy: string;
  readonly issueReason: TextRef | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
  readonly revokeReason: TextRef | null;
}

const refOf = (json: string | null): TextRef | null => (json === null ? null : (JSON.parse(json) as TextRef));

export const tokenViewOf = (r: Selectable<TokensTable>): TokenView => ({
  tokenId: r.token_id,
  subject: r.subject,
  role: r.role,
  label: refOf(r.label),
  expiresOn: r.expires_on,
  issuedAt: r.issued_at,
  issuedBy: r.issued_by,
  issueReason: refOf(r.issue_reason),
  revokedAt: r.revoked_at,
  revokedBy: r.revoked_by,
  revokeReason: refOf(r.revoke_reason),
});

/** Tokens, newest first, without their hashes. @throws {MalformedCursor} */
export async function tokensPage(db: Db, f: Page): Promise<{ tokens: TokenView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(db.selectFrom('tokens').selectAll(), f);
  return { tokens: rows.map(tokenViewOf), nextCursor };
}
