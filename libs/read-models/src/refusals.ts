/** The register of refusals: commands that were refused (design 9). Commands that had nothing new to say are kept with them. */
import { allowedFrom } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import type { Json, TextRef, Violation } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page } from './reads.js';

export const refusalsProjection: Projection<LedgerEvent> = {
  name: 'refusals',
  version: 2,
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
        .addColumn('position', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('business_date', 'text', (c) => c.notNull())
        .addColumn('channel', 'text')
        .addColumn('correlation_id', 'text', (c) => c.notNull())
        .addColumn('reason', 'text')
        .addColumn('document', 'text'),
      index('by_command').column('command_id'),
      index('by_subject').column('subject'),
      index('by_time').column('recorded_at'),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      if (idIn('outcome', e.stream) === null) continue;
      const { commandId, command, actor, recordedAt, businessDate, channel, reason, document, $correlationId } = e.metadata;
      writer
        .prepare(
          'INSERT INTO {refusals} (command_id, type, name, subject, clauses, data, recorded_at, position, role, business_date, channel, correlation_id, reason, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          commandId, e.type, command, actor.subject, JSON.stringify(clausesOf(e)), e.rawData, recordedAt, e.position,
          actor.role, businessDate, channel ?? null, $correlationId, reason ? JSON.stringify(reason) : null, document ? JSON.stringify(document) : null,
        );
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
  /** Name of the command. */
  readonly command: string;
  /** Who asked. */
  readonly subject: string;
  readonly role: string;
  readonly channel: string | null;
  readonly reason: TextRef | null;
  readonly document: TextRef | null;
  readonly correlationId: string;
  /** The stream it would have written to, and the contract whose that is. */
  readonly stream: string | null;
  readonly contractId: string | null;
  readonly code: string;
  readonly facts: { readonly [key: string]: Json };
  readonly violations: readonly (Violation & { readonly allowedFrom: PlainDate | null })[];
  /** The first day on which all of it would be allowed; null where no day helps. */
  readonly allowedFrom: PlainDate | null;
  readonly businessDate: PlainDate;
  readonly recordedAt: string;
  readonly position: string;
}

export interface RefusalFilter extends Page {
  /** Days in Japan, both included. */
  readonly from?: PlainDate | undefined;
  readonly to?: PlainDate | undefined;
  readonly subject?: string | undefined;
  readonly clause?: string | undefined;
}

/** The instant at which a day begins in Japan. */
const beginning = (day: PlainDate): string => new Date(`${day}T00:00:00+09:00`).toISOString();
/** The last instant of a day in Japan, as instants are recorded. */
const ending = (day: PlainDate): string => new Date(`${day}T23:59:59.999+09:00`).toISOString();

/** Refusals, newest first. @throws {MalformedCursor} */
export async function refusalsPage(db: Db, f: RefusalFilter): Promise<{ refusals: RefusalView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(
    db
      .selectFrom('refusals')
      .selectAll()
      .where('type', '=', 'CommandRefused')
      .$if(f.from !== undefined, (q) => q.where('recorded_at', '>=', beginning(f.from!)))
      .$if(f.to !== undefined, (q) => q.where('recorded_at', '<=', ending(f.to!)))
      .$if(f.subject !== undefined, (q) => q.where('subject', '=', f.subject!))
      // Ids of clauses hold nothing that JSON or LIKE would have to escape.
      .$if(f.clause !== undefined, (q) => q.where('clauses', 'like', `%"${f.clause!}"%`)),
    f,
  );
  const refusals = rows.map((r): RefusalView => {
    const { code, facts, violations: refused, stream } = JSON.parse(r.data) as Pick<RefusalView, 'code' | 'facts'> & { violations: readonly Violation[]; stream?: string };
    const violations = refused.map((v) => ({ ...v, allowedFrom: allowedFrom(v) }));
    return {
      commandId: r.command_id,
      command: r.name,
      subject: r.subject,
      role: r.role,
      channel: r.channel,
      reason: r.reason === null ? null : (JSON.parse(r.reason) as TextRef),
      document: r.document === null ? null : (JSON.parse(r.document) as TextRef),
      correlationId: r.correlation_id,
      stream: stream ?? null,
      contractId: stream === undefined ? null : idIn('contract', stream),
      code,
      facts,
      violations,
      allowedFrom: violations.length === 0 ? allowedFrom({ code, facts }) : latest(violations.map((v) => v.allowedFrom)),
      businessDate: r.business_date,
      recordedAt: r.recorded_at,
      position: r.position,
    };
  });
  return { refusals, nextCursor };
}

/** The last of some days; null where one of them never comes. */
const latest = (days: readonly (PlainDate | null)[]): PlainDate | null => days.reduce<PlainDate | null>((last, on) => (last === null || on === null ? null : on > last ? on : last), days[0] ?? null);
