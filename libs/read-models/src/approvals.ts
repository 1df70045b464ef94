/** Commands that wait for a second pair of eyes, and what became of them. */
import type { TextRef } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page, type Statements } from './reads.js';
import { saidIn, type Said } from './said.js';
import type { ApprovalsTable } from './schema.js';

/** As access has it on the stream of an approval. */
interface Requested {
  readonly approvalId: string;
  readonly command: string;
  readonly params: { readonly [name: string]: string };
  readonly commandId: string;
  readonly contractorId?: string;
  readonly request: TextRef;
}

export const approvalsProjection: Projection<LedgerEvent> = {
  name: 'approvals',
  version: 1,
  tables: {
    approvals: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('approval_id', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('command', 'text', (c) => c.notNull())
        .addColumn('command_id', 'text', (c) => c.notNull())
        .addColumn('params', 'text', (c) => c.notNull())
        .addColumn('contract_id', 'text')
        .addColumn('contractor_id', 'text')
        .addColumn('request', 'text', (c) => c.notNull())
        .addColumn('asked', 'text', (c) => c.notNull())
        .addColumn('decided', 'text')
        .addColumn('revision', 'integer', (c) => c.notNull())
        .addColumn('position', 'text', (c) => c.notNull()),
      index('by_id').column('approval_id').unique(),
      index('by_state').column('state'),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      const approvalId = idIn('approval', e.stream);
      if (approvalId === null) continue;
      if (e.type === 'ApprovalRequested') {
        const a = e.data as unknown as Requested;
        writer
          .prepare('INSERT INTO {approvals} (approval_id, state, command, command_id, params, contract_id, contractor_id, request, asked, revision, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
          .run(approvalId, 'pending', a.command, a.commandId, JSON.stringify(a.params), a.params['id'] ?? null, a.contractorId ?? null, JSON.stringify(a.request), JSON.stringify(saidIn(e.metadata)), e.revision, e.position);
      } else if (e.type === 'ApprovalGranted' || e.type === 'ApprovalRejected') {
        writer
          .prepare('UPDATE {approvals} SET state = ?, decided = ?, revision = ?, position = ? WHERE approval_id = ?')
          .run(e.type === 'ApprovalGranted' ? 'approved' : 'rejected', JSON.stringify(saidIn(e.metadata)), e.revision, e.position, approvalId);
      } else throw new Error(`no rule for event type ${e.type}`);
    }
  },
};

export interface ApprovalView {
  readonly id: string;
  readonly state: ApprovalsTable['state'];
  /** Name of the command, and the ids of its path. */
  readonly command: string;
  readonly params: { readonly [name: string]: string };
  readonly contractId: string | null;
  readonly contractorId: string | null;
  /** `{body, replacement}` as canonical JSON, in the register. */
  readonly request: TextRef;
  readonly asked: Said;
  readonly decided: Said | null;
  readonly commandId: string;
  readonly revision: number;
  readonly position: string;
}

const viewOf = (r: Omit<ApprovalsTable, 'no'>): ApprovalView => ({
  id: r.approval_id,
  state: r.state,
  command: r.command,
  params: JSON.parse(r.params) as ApprovalView['params'],
  contractId: r.contract_id,
  contractorId: r.contractor_id,
  request: JSON.parse(r.request) as TextRef,
  asked: JSON.parse(r.asked) as Said,
  decided: r.decided === null ? null : (JSON.parse(r.decided) as Said),
  commandId: r.command_id,
  revision: r.revision,
  position: r.position,
});

export interface ApprovalFilter extends Page {
  readonly state?: ApprovalView['state'] | undefined;
  readonly contractId?: string | undefined;
}

/** Approvals, newest first. @throws {MalformedCursor} */
export async function approvalsPage(db: Db, f: ApprovalFilter): Promise<{ approvals: ApprovalView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(
    db
      .selectFrom('approvals')
      .selectAll()
      .$if(f.state !== undefined, (q) => q.where('state', '=', f.state!))
      .$if(f.contractId !== undefined, (q) => q.where('contract_id', '=', f.contractId!)),
    f,
  );
  return { approvals: rows.map(viewOf), nextCursor };
}

export async function approvalView(db: Db, approvalId: string): Promise<ApprovalView | null> {
  const row = await db.selectFrom('approvals').selectAll().where('approval_id', '=', approvalId).executeTakeFirst();
  return row ? viewOf(row) : null;
}

/** What still waits, in the order of asking. */
export const pendingApprovals = (store: Statements): string[] =>
  store.statement<{ approval_id: string }>("SELECT approval_id FROM approvals WHERE state = 'pending' ORDER BY no").all().map((r) => r.approval_id);
