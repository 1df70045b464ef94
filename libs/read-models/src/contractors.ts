/** What is held under a contractor's id. */
import type { Statements } from './reads.js';

export interface ContractorHolds {
  readonly managementUnits: readonly string[];
  readonly contracts: readonly string[];
}

/** The units and contracts of a contractor, in the order of their recording; null where nobody bears that id. */
export function contractorHolds(store: Statements, contractorId: string): ContractorHolds | null {
  return store.snapshot(() => {
    const managementUnits = store
      .statement<{ id: string }>('SELECT management_unit_id AS id FROM units WHERE contractor_id = ? ORDER BY no')
      .all(contractorId)
      .map((r) => r.id);
    const contracts = store
      .statement<{ id: string }>('SELECT contract_id AS id FROM contracts WHERE contractor_id = ? ORDER BY no')
      .all(contractorId)
      .map((r) => r.id);
    return managementUnits.length === 0 && contracts.length === 0 ? null : { managementUnits, contracts };
  });
}
