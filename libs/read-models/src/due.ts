/** What falls due next, for the scheduler. */
import type { PlainDate } from '@app/calendar';
import { KIND_ORDER, type Subject } from '@app/contract';
import type { Statements } from './reads.js';

/** The first thing that falls due for a contract; what comes after it shows once it is written. */
export interface DueRow {
  readonly contractId: string;
  readonly on: PlainDate;
  readonly kind: string;
  readonly subject: Subject;
  /** The contract's revision from which it follows. */
  readonly revision: number;
}

/** Contracts of which something is due by a day: by day, then kind, then contract id; one row for each. */
export function dueBy(store: Statements, day: PlainDate, limit: number): DueRow[] {
  return store
    .statement<{ contract_id: string; due_on: PlainDate; due_kind: number; due_subject: string; revision: number }>(
      'SELECT contract_id, due_on, due_kind, due_subject, revision FROM contracts WHERE due_on IS NOT NULL AND due_on <= ? ORDER BY due_on, due_kind, contract_id LIMIT ?',
    )
    .all(day, limit)
    .map((r) => ({ contractId: r.contract_id, on: r.due_on, kind: KIND_ORDER[r.due_kind]!, subject: r.due_subject, revision: r.revision }));
}
