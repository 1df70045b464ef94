import type { Adjustment, Statement } from './book.js';
import { csv } from './csv.js';
import { cursorOf } from './event.js';

const HEADING = ['entry', 'billed_in', 'month', 'contractor', 'contract', 'item', 'charge', 'kind', 'subject', 'clause', 'due_on', 'amount', 'event'] as const;

const adjustmentRow = (a: Adjustment) =>
  ['adjustment', a.bookedIn, a.month, a.contractorId, a.contractId, a.item, a.id, a.kind, a.subject, a.clause, a.dueOn, a.amount, cursorOf({ sequence: a.sequence, id: a.eventId })] as const;

export const adjustmentsCsv = (adjustments: readonly Adjustment[], options: { readonly bom?: boolean }): string => csv(HEADING, adjustments.map(adjustmentRow), options);

/** Charges of the month, then the adjustments booked in it. An empty amount waits for its quotation. */
export const statementCsv = ({ month, charges, adjustments }: Statement, options: { readonly bom?: boolean }): string =>
  csv(
    HEADING,
    [
      ...charges.map((c) => ['charge', month, c.month, c.contractorId, c.contractId, c.item, c.id, c.kind, c.subject, c.clause, c.dueOn, c.amount, null] as const),
      ...adjustments.map(adjustmentRow),
    ],
    options,
  );

export const yen = (amount: number): string => `${amount.toLocaleString('en')} yen`;

/** Yen of a statement: its charges, and its adjustments. */
export const sums = ({ charges, adjustments }: Statement): { readonly charges: number; readonly adjustments: number; readonly toBeQuoted: number } => ({
  charges: charges.reduce((sum, c) => sum + (c.amount ?? 0), 0),
  adjustments: adjustments.reduce((sum, a) => sum + a.amount, 0),
  toBeQuoted: charges.filter((c) => c.amount === null).length,
});
