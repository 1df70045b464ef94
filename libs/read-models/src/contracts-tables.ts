import type { Projection } from '@app/read-store';

/** How the tables of the contracts are made. Rows of one contract lie together, in the order of contracts. */
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
      .addColumn('due_subject', 'text'),
    index('by_id').column('contract_id').unique(),
    index('by_unit').column('management_unit_id'),
    index('by_contractor').column('contractor_id'),
    index('by_application').column('application_number'),
    index('by_due').columns(['due_on', 'due_kind', 'contract_id']).where('due_on', 'is not', null),
  ],
  contract_events: ({ clustered }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('contract_events_key', ['no', 'revision']),
  ],
  put_off: ({ table }) => [table.addColumn('no', 'integer', (c) => c.primaryKey())],
  renewals: ({ clustered, index }) => [
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
      .addColumn('term_ends_on', 'text', (c) => c.notNull())
      .addColumn('deadline', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('renewals_key', ['no', 'line']),
    index('by_deadline').columns(['deadline', 'no', 'line']),
  ],
  settlements: ({ clustered, index }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('due_on', 'text', (c) => c.notNull())
      .addColumn('total', 'integer', (c) => c.notNull())
      .addColumn('lines', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('settlements_key', ['no', 'due_on']),
    index('by_day').columns(['due_on', 'no']),
  ],
  charges: ({ clustered, index }) => [
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
      .addPrimaryKeyConstraint('charges_key', ['no', 'n']),
    index('by_day').columns(['due_on', 'no', 'n']),
  ],
  segments: ({ clustered, index }) => [
    clustered
      .addColumn('no', 'integer', (c) => c.notNull())
      .addColumn('line', 'integer', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('from_day', 'text', (c) => c.notNull())
      .addColumn('to_day', 'text', (c) => c.notNull())
      .addColumn('amount', 'integer', (c) => c.notNull())
      .addColumn('first', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('segments_key', ['no', 'line', 'from_day']),
    // The builder knows only the columns that are indexed.
    index('by_start').columns(['from_day', 'no', 'line']).where('first' as 'no', '=', 1),
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
  vendor_events: ({ clustered }) => [
    clustered
      .addColumn('vendor', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('vendor_events_key', ['vendor', 'revision']),
  ],
};
