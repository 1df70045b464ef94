import { Query } from '@nestjs/cqrs';
import type { LedgerQueries } from '../ports.js';

/** A question on the bus: the method of {@link LedgerQueries} that answers it, and its arguments. */
export class Question<N extends keyof LedgerQueries> extends Query<Awaited<ReturnType<LedgerQueries[N]>>> {
  readonly args: Parameters<LedgerQueries[N]>;
  constructor(...args: Parameters<LedgerQueries[N]>) {
    super();
    this.args = args;
  }
}

export class ReadContract extends Question<'contract'> {}
export class ReadContracts extends Question<'contracts'> {}
export class ReadHistory extends Question<'history'> {}
export class ReadManagementUnits extends Question<'managementUnits'> {}
export class ReadManagementUnit extends Question<'managementUnit'> {}
export class ReadRecords extends Question<'records'> {}
export class ReadRenewals extends Question<'renewals'> {}
export class ReadSettlements extends Question<'settlements'> {}
export class ReadCharges extends Question<'charges'> {}
export class ReadDiscontinuation extends Question<'discontinuation'> {}
export class ReadTokens extends Question<'tokens'> {}
export class ReadApprovals extends Question<'approvals'> {}
export class ReadApproval extends Question<'approval'> {}
export class ReadRefusals extends Question<'refusals'> {}
export class ReadPolicies extends Question<'policies'> {}
export class ReadErasures extends Question<'erasures'> {}
export class ReadSilence extends Question<'silence'> {}
export class ReadReads extends Question<'reads'> {}
export class ReadAccessReview extends Question<'accessReview'> {}
export class ReadWebhooks extends Question<'webhooks'> {}
export class ReadWebhook extends Question<'webhook'> {}
export class ReadWebhookDeliveries extends Question<'webhookDeliveries'> {}
export class ReadProjections extends Question<'projections'> {}

/** Which question each method answers. */
export const QUERIES = {
  contract: ReadContract,
  contracts: ReadContracts,
  history: ReadHistory,
  managementUnits: ReadManagementUnits,
  managementUnit: ReadManagementUnit,
  records: ReadRecords,
  renewals: ReadRenewals,
  settlements: ReadSettlements,
  charges: ReadCharges,
  discontinuation: ReadDiscontinuation,
  tokens: ReadTokens,
  approvals: ReadApprovals,
  approval: ReadApproval,
  refusals: ReadRefusals,
  policies: ReadPolicies,
  erasures: ReadErasures,
  silence: ReadSilence,
  reads: ReadReads,
  accessReview: ReadAccessReview,
  projections: ReadProjections,
  webhooks: ReadWebhooks,
  webhook: ReadWebhook,
  webhookDeliveries: ReadWebhookDeliveries,
} as const satisfies { readonly [N in keyof LedgerQueries]: new (...args: Parameters<LedgerQueries[N]>) => Question<N> };
