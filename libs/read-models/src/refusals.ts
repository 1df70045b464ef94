/** The register of refusals: commands that were refused, or that had nothing new to say (design 9). */
import type { Json } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { fromCursor, pageOf } from './cursor.js';
import { idIn, type LedgerEvent } from './ledger-event.js';
import type { Db, Page } from './reads.js';

export const refusalsProjection: Projection<LedgerEvent> = {
  name: 'refusals',
  version: 1,
  tables: {
    refusals: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('command_id', 'text', (c) => c.notNull())
        .addColumn('type', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('clauses', 'text', (c) => c.notNull())
        .addColumn('data', 'text', (c) => c.notNull())
        .addColumn('recorded_at', 'text', (c) => c.notNull())
        .addColumn('position', 'text', (c) => c.notNull()),
      index('by_command').column('command_id'),
      index('by_subject').column('subject'),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (idIn('outcome', e.stream) === null) continue;
      const { commandId, command, actor, recordedAt } = e.metadata;
      writer
        .prepare('INSERT INTO {refusals} (command_id, type, name, subject, clauses, data, recorded_at, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(commandId, e.type, command, actor.subject, JSON.stringify(clausesOf(e)), e.rawData, recordedAt, e.position);
    }
  },
};

/** The clauses that refused. */
function clausesOf(e: LedgerEvent): string[] {
  const { violations } = e.data as { violations?: readonly { readonly clause: string }[] };
  return [...new Set((violations ?? e.metadata.receipts).map((v) => v.clause))];
}

export interface RefusalView {
  readonly commandId: string;
  readonly type: string;
  /** Name of the command. */
  readonly name: string;
  /** Who asked. */
  readonly subject: string;
  readonly clauses: readonly string[];
  readonly data: Json;
  readonly recordedAt: string;
  readonly position: string;
}

/** Outcomes without events of their own, newest first. @throws {MalformedCursor} */
export async function refusalsPage(db: Db, f: Page & { readonly subject?: string | undefined; readonly type?: string | undefined }): Promise<{ refusals: RefusalView[]; nextCursor: string | null }> {
  const after = fromCursor(f.cursor, [0]);
  const found = await db
    .selectFrom('refusals')
    .selectAll()
    .$if(after !== null, (q) => q.where('no', '<', after![0]))
    .$if(f.subject !== undefined, (q) => q.where('subject', '=', f.subject!))
    .$if(f.type !== undefined, (q) => q.where('type', '=', f.type!))
    .orderBy('no', 'desc')
    .limit(f.limit + 1)
    .execute();
  const { rows, nextCursor } = pageOf(found, f.limit, (r) => [r.no]);
  const refusals = rows.map((r) => ({
    commandId: r.command_id,
    type: r.type,
    name: r.name,
    subject: r.subject,
    clauses: JSON.parse(r.clauses) as string[],
    data: JSON.parse(r.data) as Json,
    recordedAt: r.recorded_at,
    position: r.position,
  }));
  return { refusals, nextCursor };
}
