/** Facts that a recorded (R) clause asks to keep. */
import type { PlainDate } from '@app/calendar';
import { recordEvents, type FactRecorded } from '@app/contract';
import type { TextRef } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page } from './reads.js';

export const recordsProjection: Projection<LedgerEvent> = {
  name: 'records',
  version: 1,
  tables: {
    records: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('record_id', 'text', (c) => c.notNull())
        .addColumn('clause', 'text', (c) => c.notNull())
        .addColumn('occurred_on', 'text', (c) => c.notNull())
        .addColumn('contract_id', 'text')
        .addColumn('option_id', 'text')
        .addColumn('document', 'text')
        .addColumn('note', 'text', (c) => c.notNull())
        .addColumn('recorded_at', 'text', (c) => c.notNull())
        .addColumn('position', 'text', (c) => c.notNull()),
      index('by_contract').column('contract_id'),
      index('by_clause').column('clause'),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (idIn('record', e.stream) === null) continue;
      const r = recordEvents.upcast(e.type, e.metadata.schemaVersion, e.data) as unknown as FactRecorded;
      writer
        .prepare('INSERT INTO {records} (record_id, clause, occurred_on, contract_id, option_id, document, note, recorded_at, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(r.recordId, r.clause, r.occurredOn, r.contractId ?? null, r.optionId ?? null, r.document ? JSON.stringify(r.document) : null, JSON.stringify(r.note), e.metadata.recordedAt, e.position);
    }
  },
};

export interface RecordView {
  readonly id: string;
  readonly clause: string;
  readonly occurredOn: PlainDate;
  readonly contractId: string | null;
  readonly optionId: string | null;
  readonly document: TextRef | null;
  readonly note: TextRef;
  readonly recordedAt: string;
  readonly position: string;
}

/** Recorded facts, newest first. @throws {MalformedCursor} */
export async function recordsPage(db: Db, f: Page & { readonly contractId?: string | undefined; readonly clause?: string | undefined }): Promise<{ records: RecordView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(
    db
      .selectFrom('records')
      .selectAll()
      .$if(f.contractId !== undefined, (q) => q.where('contract_id', '=', f.contractId!))
      .$if(f.clause !== undefined, (q) => q.where('clause', '=', f.clause!)),
    f,
  );
  const records = rows.map((r) => ({
    id: r.record_id,
    clause: r.clause,
    occurredOn: r.occurred_on,
    contractId: r.contract_id,
    optionId: r.option_id,
    document: r.document === null ? null : (JSON.parse(r.document) as TextRef),
    note: JSON.parse(r.note) as TextRef,
    recordedAt: r.recorded_at,
    position: r.position,
  }));
  return { records, nextCursor };
}
