/** What auditors looked at and what was exported, as the log has it. */
import { jstToday, type PlainDate } from '@app/calendar';
import type { Json } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page } from './reads.js';

type Parameters = { readonly [name: string]: string | null };

export const accessesProjection: Projection<LedgerEvent> = {
  name: 'accesses',
  version: 2,
  tables: {
    accesses: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('event_id', 'text', (c) => c.notNull())
        .addColumn('type', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('route', 'text', (c) => c.notNull())
        .addColumn('parameters', 'text', (c) => c.notNull())
        .addColumn('contract_id', 'text')
        .addColumn('status', 'integer', (c) => c.notNull())
        .addColumn('rows', 'integer')
        .addColumn('day', 'text', (c) => c.notNull())
        .addColumn('recorded_at', 'text', (c) => c.notNull())
        .addColumn('request_id', 'text', (c) => c.notNull())
        .addColumn('position', 'text', (c) => c.notNull()),
      index('by_subject').columns(['subject', 'no']),
      index('by_contract').columns(['contract_id', 'no']),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (idIn('access', e.stream) === null) continue;
      if (e.type !== 'AuditorRead' && e.type !== 'Exported') throw new Error(`no rule for event type ${e.type}`);
      const { route, parameters, status, rows } = e.data as { route: string; parameters: Parameters; status: number; rows: number | null };
      const { actor, recordedAt, $correlationId } = e.metadata;
      const contractId = parameters['contractId'] ?? (route.includes('/contracts/:id') ? parameters['id'] : undefined) ?? null;
      writer
        .prepare('INSERT INTO {accesses} (event_id, type, subject, role, route, parameters, contract_id, status, rows, day, recorded_at, request_id, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(e.id, e.type, actor.subject, actor.role, route, JSON.stringify(parameters), contractId, status, rows, jstToday(Date.parse(recordedAt)), recordedAt, $correlationId, e.position);
    }
  },
};

export interface AccessView {
  readonly id: string;
  readonly type: 'AuditorRead' | 'Exported';
  readonly subject: string;
  readonly role: string;
  /** Method and path pattern. */
  readonly route: string;
  /** What was asked for; null: given, and not written down for it was free text that met nothing. */
  readonly parameters: Json;
  /** HTTP status. */
  readonly status: number;
  /** How many rows the answer held; null where that cannot be told. */
  readonly rows: number | null;
  readonly recordedAt: string;
  readonly requestId: string;
  readonly position: string;
}

export interface AccessFilter extends Page {
  readonly subject?: string | undefined;
  readonly contractId?: string | undefined;
  /** Days in Japan on which it was recorded, both included. */
  readonly from?: PlainDate | undefined;
  readonly to?: PlainDate | undefined;
}

/** Reads by auditors and exports, newest first. @throws {MalformedCursor} */
export async function accessesPage(db: Db, f: AccessFilter): Promise<{ reads: AccessView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(
    db
      .selectFrom('accesses')
      .selectAll()
      .$if(f.subject !== undefined, (q) => q.where('subject', '=', f.subject!))
      // What asks about several contracts names them in one parameter.
      .$if(f.contractId !== undefined, (q) => q.where((w) => w.or([w('contract_id', '=', f.contractId!), w.and([w('contract_id', 'is', null), w('parameters', 'like', `%"contractIds":"%${f.contractId!}%`)])])))
      .$if(f.from !== undefined, (q) => q.where('day', '>=', f.from!))
      .$if(f.to !== undefined, (q) => q.where('day', '<=', f.to!)),
    f,
  );
  const reads = rows.map(
    (r): AccessView => ({
      id: r.event_id,
      type: r.type,
      subject: r.subject,
      role: r.role,
      route: r.route,
      parameters: JSON.parse(r.parameters) as Json,
      status: r.status,
      rows: r.rows,
      recordedAt: r.recorded_at,
      requestId: r.request_id,
      position: r.position,
    }),
  );
  return { reads, nextCursor };
}
