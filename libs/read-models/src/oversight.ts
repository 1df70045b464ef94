/** What matters beside contracts: the settings that decided, and what was erased. */
import type { Json } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page, type Statements } from './reads.js';
import { saidIn, type Said } from './said.js';

export const oversightProjection: Projection<LedgerEvent> = {
  name: 'oversight',
  version: 1,
  tables: {
    policies: ({ table }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('data', 'text', (c) => c.notNull())
        .addColumn('build', 'text', (c) => c.notNull())
        .addColumn('recorded_at', 'text', (c) => c.notNull())
        .addColumn('position', 'text', (c) => c.notNull()),
    ],
    erasures: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('erasure_id', 'text', (c) => c.notNull())
        .addColumn('contractor_id', 'text', (c) => c.notNull())
        .addColumn('texts', 'integer', (c) => c.notNull())
        .addColumn('asked', 'text', (c) => c.notNull())
        .addColumn('approved', 'text')
        .addColumn('position', 'text', (c) => c.notNull()),
      index('by_contractor').column('contractor_id'),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (e.type === 'PoliciesSet')
        writer.prepare('INSERT INTO {policies} (data, build, recorded_at, position) VALUES (?, ?, ?, ?)').run(e.rawData, e.metadata.build, e.metadata.recordedAt, e.position);
      else if (idIn('erasure', e.stream) !== null) {
        if (e.type !== 'ContractorErased') throw new Error(`no rule for event type ${e.type}`);
        const { erasureId, contractorId, refs } = e.data as { erasureId: string; contractorId: string; refs: readonly string[] };
        const { approval } = e.metadata;
        writer
          .prepare('INSERT INTO {erasures} (erasure_id, contractor_id, texts, asked, approved, position) VALUES (?, ?, ?, ?, ?, ?)')
          .run(erasureId, contractorId, refs.length, JSON.stringify(saidIn(e.metadata)), approval ? JSON.stringify({ approvalId: approval.approvalId, ...approval.decidedBy, reason: approval.reason }) : null, e.position);
      }
    }
  },
};

export interface PoliciesView {
  readonly policies: Json;
  readonly [setting: string]: Json;
}

/** Settings in force from each start that changed them, newest first. @throws {MalformedCursor} */
export async function policiesPage(db: Db, f: Page): Promise<{ policies: PoliciesView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(db.selectFrom('policies').selectAll(), f);
  const policies = rows.map((r): PoliciesView => ({ ...(JSON.parse(r.data) as { policies: Json }), build: r.build, since: r.recorded_at, position: r.position }));
  return { policies, nextCursor };
}

export interface ErasureView {
  readonly id: string;
  readonly contractorId: string;
  /** How many texts are gone. */
  readonly texts: number;
  readonly asked: Said;
  readonly approved: Json;
  readonly position: string;
}

/** Erasures, newest first. @throws {MalformedCursor} */
export async function erasuresPage(db: Db, f: Page): Promise<{ erasures: ErasureView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(db.selectFrom('erasures').selectAll(), f);
  const erasures = rows.map((r): ErasureView => ({
    id: r.erasure_id,
    contractorId: r.contractor_id,
    texts: r.texts,
    asked: JSON.parse(r.asked) as Said,
    approved: r.approved === null ? null : (JSON.parse(r.approved) as Json),
    position: r.position,
  }));
  return { erasures, nextCursor };
}

/** Every erasure, in order. */
export const erasureIds = (store: Statements): string[] => store.statement<{ erasure_id: string }>('SELECT erasure_id FROM erasures ORDER BY no').all().map((r) => r.erasure_id);
