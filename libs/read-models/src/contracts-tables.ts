import type { Projection } from '@app/read-store';
import type { LateIndex } from './late-index.js';

/**
 * How the tables of the contracts are made. Derived rows of one contract lie together, in the order of contracts; appends
 * lie in the order of the log, so that a rebuild writes them one after the other.
 */
export const contractsTables: Projection['tables'] = {
  contracts: ({ table, index }) => [
    table
      .addColumn('no', 'integer', (c) => c.primaryKey())
      .addColumn('contract_id', 'text', (c) => c.notNull())
      .addColumn('management_unit_id', 'text', (c) => c.notNull())
      .addColumn('contractor_id', 'text', (c) => c.notNull())
      .addColumn('item', 'text', (c) => c.notNull())
      .addColumn('application_number', 'text', (c) => c.notNull())
      .addColumn('accepted_on', 'text', (c) => c.notNull())
      .addColumn('billing_starts_on', 'text', (c) => c.notNull())
      .addColumn('end_on', 'text')
      .addColumn('void', 'integer', (c) => c.notNull())
      .addColumn('rounding', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('position', 'text', (c) => c.notNull())
      .addColumn('due_on', 'text')
      .addColumn('due_kind', 'integer')
      .addColumn('due_subject', 'text')
      .addColumn('known_from', 'integer'),
    index('by_id').column('contract_id').unique(),
  ],
  contract_appends: ({ table }) => [
    table
      .addColumn('n', 'integer', (c) => c.primaryKey())
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull()),
  ],
  log_length: ({ table }) => [table.addColumn('events', 'integer', (c) => c.notNull())],
  put_off: ({ table }) => [table.addColumn('no', 'integer', (c) => c.primaryKey())],
  renewals: ({ clustered }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('line', 'integer', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('option', 'integer')
      .addColumn('starts_on', 'text', (c) => c.notNull())
      .addColumn('chain_anchor', 'text', (c) => c.notNull())
      .addColumn('end_on', 'text')
      .addColumn('end_reason', 'text')
      .addColumn('end_clause', 'text')
      .addColumn('known_from', 'integer', (c) => c.notNull())
      .addColumn('term_ends_on', 'text')
      .addColumn('deadline', 'text')
      .addPrimaryKeyConstraint('renewals_key', ['no', 'line']),
  ],
  settlements: ({ clustered }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('due_on', 'text', (c) => c.notNull())
      .addColumn('total', 'integer', (c) => c.notNull())
      .addColumn('lines', 'text', (c) => c.notNull())
      .addColumn('known_from', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('settlements_key', ['no', 'due_on']),
  ],
  charges: ({ clustered }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('n', 'integer', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('clause', 'text', (c) => c.notNull())
      .addColumn('due_on', 'text', (c) => c.notNull())
      .addColumn('amount', 'integer')
      .addColumn('voided_by', 'text')
      .addColumn('known_from', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('charges_key', ['no', 'n']),
  ],
  segments: ({ clustered }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('line', 'integer', (c) => c.notNull())
      .addColumn('from_day', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('to_day', 'text', (c) => c.notNull())
      .addColumn('amount', 'integer', (c) => c.notNull())
      .addColumn('first', 'integer', (c) => c.notNull())
      .addColumn('known_from', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('segments_key', ['no', 'line', 'from_day']),
  ],
  outcomes: ({ clustered, index }) => [
    clustered
      .addColumn('discontinuation_id', 'text', (c) => c.notNull())
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('ends_on', 'text')
      .addColumn('reason', 'text')
      .addColumn('told', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('outcomes_key', ['discontinuation_id', 'no']),
    index('by_contract').column('no'),
  ],
  vendor_appends: ({ clustered }) => [
    clustered
      .addColumn('vendor', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('vendor_appends_key', ['vendor', 'revision']),
  ],
};

/** Rows that were known once: as those that stand, with the place in the log from which they were not known any more. */
const past = (columns: { readonly [column: string]: 'integer' | 'text' }): Projection['tables'][string] => {
  const all = { no: 'integer', ...columns, known_from: 'integer', known_to: 'integer' } as const;
  return ({ table }) => [Object.entries(all).reduce((t, [name, type]) => t.addColumn(name, type), table)];
};

export const pastTables: Projection['tables'] = {
  contracts_past: past({ contract_id: 'text', management_unit_id: 'text', contractor_id: 'text', item: 'text', application_number: 'text', accepted_on: 'text', billing_starts_on: 'text', end_on: 'text', void: 'integer' }),
  renewals_past: past({ line: 'integer', subject: 'text', option: 'integer', starts_on: 'text', chain_anchor: 'text', end_on: 'text', end_reason: 'text', end_clause: 'text' }),
  settlements_past: past({ due_on: 'text', total: 'integer', lines: 'text' }),
  charges_past: past({ n: 'integer', id: 'text', kind: 'text', subject: 'text', clause: 'text', due_on: 'text', amount: 'integer', voided_by: 'text' }),
  segments_past: past({ line: 'integer', from_day: 'text', subject: 'text', to_day: 'text', amount: 'integer', first: 'integer' }),
};

/** Indexes that are not needed while the rows come: made at the log's end, which is cheaper than keeping them on the way. */
export const contractsIndexes: readonly LateIndex[] = [
  // First, for the rows of the others are derived with it.
  { table: 'contract_appends', name: 'by_contract', on: 'no, revision' },
  { table: 'contracts', name: 'by_unit', on: 'management_unit_id' },
  { table: 'contracts', name: 'by_contractor', on: 'contractor_id' },
  { table: 'contracts', name: 'by_application', on: 'application_number' },
  { table: 'contracts', name: 'by_due', on: 'due_on, due_kind, contract_id', where: 'due_on IS NOT NULL' },
  { table: 'renewals', name: 'by_deadline', on: 'deadline, no, line' },
  { table: 'settlements', name: 'by_day', on: 'due_on, no' },
  { table: 'charges', name: 'by_day', on: 'due_on, no, n' },
  { table: 'segments', name: 'by_start', on: 'from_day, no, line', where: 'first = 1' },
  ...['contracts_past', 'renewals_past', 'settlements_past', 'charges_past', 'segments_past'].map((table) => ({ table, name: 'by_contract', on: 'no' })),
  { table: 'settlements_past', name: 'by_day', on: 'due_on' },
  { table: 'charges_past', name: 'by_day', on: 'due_on' },
];
