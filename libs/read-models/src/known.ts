/** Rows as they were known at a place in the log: those that stand since then, and those that have gone since. */
import type { Db } from './reads.js';
import type { ReadModels } from './schema.js';

// Everywhere below, `at` is how many events the log held; without it everything is known.

const CONTRACT = ['no', 'contract_id', 'management_unit_id', 'contractor_id', 'item', 'application_number', 'accepted_on', 'billing_starts_on', 'end_on', 'void'] as const satisfies readonly (keyof ReadModels['contracts'] & keyof ReadModels['contracts_past'])[];
const RENEWAL = ['no', 'line', 'subject', 'option', 'starts_on', 'chain_anchor', 'end_on', 'end_reason', 'end_clause'] as const;
const SETTLEMENT = ['no', 'due_on', 'total', 'lines'] as const;
const CHARGE = ['no', 'n', 'id', 'kind', 'subject', 'clause', 'due_on', 'amount', 'voided_by'] as const;
const SEGMENT = ['no', 'line', 'from_day', 'subject', 'to_day', 'amount', 'first'] as const;

export const contractsAt = (db: Db, at?: number) => {
  const now = db.selectFrom('contracts').select(CONTRACT);
  if (at === undefined) return now.where('revision', '>=', 0);
  return now.where('known_from', '<=', at).unionAll(db.selectFrom('contracts_past').select(CONTRACT).where('known_from', '<=', at).where('known_to', '>', at));
};

export const renewalsAt = (db: Db, at?: number) => {
  const now = db.selectFrom('renewals').select(RENEWAL);
  return at === undefined ? now : now.where('known_from', '<=', at).unionAll(db.selectFrom('renewals_past').select(RENEWAL).where('known_from', '<=', at).where('known_to', '>', at));
};

export const settlementsAt = (db: Db, at?: number) => {
  const now = db.selectFrom('settlements').select(SETTLEMENT);
  return at === undefined ? now : now.where('known_from', '<=', at).unionAll(db.selectFrom('settlements_past').select(SETTLEMENT).where('known_from', '<=', at).where('known_to', '>', at));
};

export const chargesAt = (db: Db, at?: number) => {
  const now = db.selectFrom('charges').select(CHARGE);
  return at === undefined ? now : now.where('known_from', '<=', at).unionAll(db.selectFrom('charges_past').select(CHARGE).where('known_from', '<=', at).where('known_to', '>', at));
};

export const segmentsAt = (db: Db, at?: number) => {
  const now = db.selectFrom('segments').select(SEGMENT);
  return at === undefined ? now : now.where('known_from', '<=', at).unionAll(db.selectFrom('segments_past').select(SEGMENT).where('known_from', '<=', at).where('known_to', '>', at));
};

/** What lists say of the contracts of a page, by number. */
export interface Head {
  readonly contractId: string;
  readonly managementUnitId: string;
  readonly contractorId: string;
  readonly item: string;
}

export async function headsOf(db: Db, numbers: readonly number[], at?: number): Promise<Map<number, Head>> {
  if (numbers.length === 0) return new Map();
  const rows = await db
    .selectFrom(contractsAt(db, at).as('c'))
    .select(['no', 'contract_id', 'management_unit_id', 'contractor_id', 'item'])
    .where('no', 'in', [...new Set(numbers)])
    .execute();
  return new Map(rows.map((r) => [r.no, { contractId: r.contract_id, managementUnitId: r.management_unit_id, contractorId: r.contractor_id, item: r.item }]));
}
