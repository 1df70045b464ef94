import type { Holidays } from '@app/calendar';
import type { Projection } from '@app/read-store';
import { accessesProjection } from './accesses.js';
import { actsProjection } from './acts.js';
import { approvalsProjection } from './approvals.js';
import { clockProjection } from './clock.js';
import { commandsProjection } from './commands.js';
import { contractsProjection } from './contracts.js';
import type { LedgerEvent } from './ledger-event.js';
import { oversightProjection } from './oversight.js';
import { recordsProjection } from './records.js';
import { refusalsProjection } from './refusals.js';
import { tokensProjection } from './tokens.js';
import { unitsProjection } from './units.js';
import { webhooksProjection } from './webhooks.js';

export * from './ledger-event.js';
export * from './schema.js';
export * from './reads.js';
export * from './cursor.js';
export { Lru } from './lru.js';
export * from './contract-view.js';
export { contractsProjection } from './contracts.js';
export { ContractReader, contractsOfItems, contractsPage, vendorFacts, type ContractAt, type ContractFilter } from './contract-reads.js';
export * from './due.js';
export * from './renewals.js';
export * from './settlements.js';
export * from './charges.js';
export * from './units.js';
export * from './records.js';
export * from './commands.js';
export * from './tokens.js';
export * from './accesses.js';
export * from './access-review.js';
export * from './webhooks.js';
export * from './clock.js';
export * from './refusals.js';
export * from './approvals.js';
export * from './oversight.js';
export * from './silence.js';
export { contractorHolds, type ContractorHolds } from './contractors.js';
export * from './discontinuations.js';

/** Every read model, for a runner. */
export const readModels = (o: { readonly holidays: Holidays | null }): Projection<LedgerEvent>[] => [
  contractsProjection(o),
  unitsProjection,
  recordsProjection,
  commandsProjection,
  tokensProjection,
  accessesProjection,
  actsProjection,
  clockProjection,
  refusalsProjection,
  approvalsProjection,
  oversightProjection,
  webhooksProjection,
];
