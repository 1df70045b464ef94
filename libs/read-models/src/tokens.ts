/** Tokens that were issued; the tokens themselves are nowhere. */
import type { PlainDate } from '@app/calendar';
import type { TextRef } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { fromCursor, pageOf } from './cursor.js';
import { idIn, type LedgerEvent } from './ledger-event.js';
import type { Db, Page, Statements } from './reads.js';

export const tokensProjection: Projection<LedgerEvent> = {
  name: 'tokens',
  version: 1,
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
        .addColumn('revoked_at', 'text'),
      index('by_id').column('token_id').unique(),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (idIn('token', e.stream) === null) continue;
      const { recordedAt } = e.metadata;
      if (e.type === 'TokenIssued') {
        const t = e.data as unknown as { tokenId: string; subject: string; role: string; hash: string; label?: TextRef; expiresOn: string | null };
        writer
          .prepare('INSERT INTO {tokens} (token_id, subject, role, hash, label, expires_on, issued_at) VALUES (?, ?, ?, ?, ?, ?, ?)')
          .run(t.tokenId, t.subject, t.role, t.hash, t.label ? JSON.stringify(t.label) : null, t.expiresOn, recordedAt);
      } else if (e.type === 'TokenRevoked') {
        writer.prepare('UPDATE {tokens} SET revoked_at = coalesce(revoked_at, ?) WHERE token_id = ?').run(recordedAt, (e.data as { tokenId: string }).tokenId);
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
  readonly revokedAt: string | null;
}

/** Tokens, newest first, without their hashes. @throws {MalformedCursor} */
export async function tokensPage(db: Db, f: Page): Promise<{ tokens: TokenView[]; nextCursor: string | null }> {
  const after = fromCursor(f.cursor, [0]);
  const found = await db
    .selectFrom('tokens')
    .selectAll()
    .$if(after !== null, (q) => q.where('no', '<', after![0]))
    .orderBy('no', 'desc')
    .limit(f.limit + 1)
    .execute();
  const { rows, nextCursor } = pageOf(found, f.limit, (r) => [r.no]);
  const tokens = rows.map((r) => ({
    tokenId: r.token_id,
    subject: r.subject,
    role: r.role,
    label: r.label === null ? null : (JSON.parse(r.label) as TextRef),
    expiresOn: r.expires_on,
    issuedAt: r.issued_at,
    revokedAt: r.revoked_at,
  }));
  return { tokens, nextCursor };
}
