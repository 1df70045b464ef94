import { UUID } from './stub-ledger.js';
import type { CommandName } from '../ports.js';

const OPTION_ID = '1f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3';

export interface GoodBody {
  /** Default: POST. */
  readonly method?: 'PATCH';
  readonly path: string;
  readonly command: CommandName;
  readonly body: { readonly [member: string]: unknown };
  /** Paths that may be left out; the rest is required. */
  readonly optional?: readonly string[];
  /** Paths that may be null. */
  readonly nullable?: readonly string[];
}

const notice = { arrivedOn: '2026-02-15', designatedOn: '2026-06-30', onForm: true };
const application = { number: 'A-1', onForm: true };

/** One good body per command, every member of it given. */
export const GOOD_BODIES: readonly GoodBody[] = [
  { path: '/v1/management-units', command: 'OpenManagementUnit', body: { contractor: { id: 'K-1', name: 'Contractor' }, name: 'Unit' } },
  {
    path: '/v1/contracts',
    command: 'ContractItem',
    body: {
      managementUnitId: UUID,
      item: 'L',
      accountCount: 100,
      acceptedOn: '2026-01-05',
      billingStartsOn: '2026-02-01',
      fees: { initial: 1000, monthly: { kind: 'perAccount', unit: 300 } },
      application,
      licensorTerms: { document: 'EULA 1', agreedOn: '2026-01-04' },
    },
    nullable: ['fees.initial'],
  },
  {
    path: `/v1/contracts/${UUID}/options`,
    command: 'AddOptions',
    body: {
      acceptedOn: '2026-02-11',
      billingStartsOn: '2026-02-12',
      application,
      options: [
        { option: 31, accountCount: 5, fees: { initial: 0, monthly: { kind: 'tiered', tiers: [{ upTo: 10, unit: 5 }, { unit: 4 }] } } },
        { option: 1, units: 2, fees: { initial: 5, monthly: { kind: 'fixed', amount: 9 } } },
      ],
    },
    optional: ['options[0].accountCount', 'options[1].units', 'options[0].fees.initial', 'options[1].fees.initial', 'options[0].fees.monthly', 'options[1].fees.monthly'],
    nullable: ['options[0].fees.initial', 'options[1].fees.initial'],
  },
  {
    path: `/v1/contracts/${UUID}/account-count`,
    command: 'ChangeAccountCount',
    body: {
      accountCount: 120,
      effectiveOn: '2026-03-01',
      requestedBy: 'contractor',
      noticedOn: '2026-02-01',
      fees: { monthly: { kind: 'fixed', amount: 7 } },
      optionFees: { [OPTION_ID]: { monthly: { kind: 'fixed', amount: 7 } } },
      optionAccountCounts: { [OPTION_ID]: 7 },
    },
    optional: ['noticedOn', 'fees', 'optionFees', 'optionAccountCounts', `optionFees.${OPTION_ID}`, `optionAccountCounts.${OPTION_ID}`],
  },
  { path: `/v1/contracts/${UUID}/account-count/${UUID}/withdrawals`, command: 'WithdrawAccountCountChange', body: { reason: 'entered twice' } },
  { path: `/v1/contracts/${UUID}/cancellation-notices`, command: 'NotifyCancellation', body: notice, nullable: ['designatedOn'] },
  { path: `/v1/contracts/${UUID}/cancellation-notices/${UUID}/withdrawals`, command: 'WithdrawNotice', body: { consentedOn: '2026-02-16', reason: 'agreed' } },
  { path: `/v1/contracts/${UUID}/options/${OPTION_ID}/cancellation-notices`, command: 'NotifyOptionCancellation', body: notice, nullable: ['designatedOn'] },
  {
    path: `/v1/contracts/${UUID}/options/${OPTION_ID}/cancellation-notices/${UUID}/withdrawals`,
    command: 'WithdrawNotice',
    body: { consentedOn: '2026-02-16', reason: 'agreed' },
  },
  { path: `/v1/contracts/${UUID}/terminations`, command: 'Terminate', body: { endsOn: '2026-09-30', ground: 'provider', reason: 'breach' } },
  {
    path: `/v1/contracts/${UUID}/quotations`,
    command: 'Quote',
    body: { subject: 'base', kind: 'monthly', fee: { kind: 'perAccount', unit: 280 }, effectiveOn: '2026-04-01' },
  },
  {
    path: `/v1/contracts/${UUID}/quotations`,
    command: 'Quote',
    body: { subject: OPTION_ID, kind: 'oneTime', amount: 5000, chargeId: 'charge-1' },
    optional: ['chargeId'],
  },
  {
    path: `/v1/contracts/${UUID}/excess-usages`,
    command: 'DetectExcess',
    body: { detectedOn: '2026-02-18', accounts: 3, charge: 900, optionId: OPTION_ID },
    optional: ['charge', 'optionId'],
    nullable: ['charge'],
  },
  {
    path: `/v1/contracts/${UUID}/corrections`,
    command: 'Correct',
    body: { eventId: UUID, reason: 'wrong day', replacement: { command: 'cancellation-notices', body: notice } },
    optional: ['replacement'],
    nullable: ['replacement.body.designatedOn'],
  },
  {
    path: `/v1/contracts/${UUID}/options/${OPTION_ID}/devices/faults`,
    command: 'ReportFault',
    body: { occurredOn: '2026-02-18', attributableToContractor: true, charge: 900 },
    optional: ['charge'],
  },
  { path: `/v1/contracts/${UUID}/options/${OPTION_ID}/devices/replacements`, command: 'ReceiveReplacement', body: { arrivedOn: '2026-02-18' } },
  { path: `/v1/contracts/${UUID}/options/${OPTION_ID}/devices/returns`, command: 'ReturnDevices', body: { returnedOn: '2026-02-18' } },
  {
    path: `/v1/contracts/${UUID}/options/${OPTION_ID}/devices/losses`,
    command: 'ReportLoss',
    body: { lostOn: '2026-02-18', charge: 900 },
    optional: ['charge'],
    nullable: ['charge'],
  },
  { path: `/v1/contracts/${UUID}/options/${OPTION_ID}/devices/recoveries`, command: 'ReportRecovery', body: { foundOn: '2026-02-18' } },
  { path: '/v1/vendors/LayerX/discontinuations', command: 'Discontinue', body: { endsOn: '2026-12-31', reason: 'ends' } },
  {
    path: `/v1/vendors/LayerX/discontinuations/${UUID}/corrections`,
    command: 'CorrectDiscontinuation',
    body: { reason: 'other day', replacement: { endsOn: '2027-12-31' } },
    optional: ['replacement'],
  },
  {
    path: '/v1/records',
    command: 'RecordFact',
    body: { clause: 'A8-4-1-i', occurredOn: '2026-02-01', contractId: UUID, optionId: OPTION_ID, note: 'consent to move' },
    optional: ['contractId', 'optionId'],
  },
  { path: `/v1/approvals/${UUID}/decisions`, command: 'DecideApproval', body: { decision: 'approve', reason: 'seen' } },
  { path: '/v1/contractors/K-1/erasures', command: 'EraseContractor', body: { reason: 'no longer kept' } },
  { path: '/v1/tokens', command: 'IssueToken', body: { subject: 'billing-1', role: 'billing', label: 'the billing system' }, optional: ['label'] },
  {
    path: '/v1/webhooks',
    command: 'RegisterWebhook',
    body: { url: 'https://billing.example.com/hook', types: ['ledger.contract.ended.v1'], description: 'Billing', fromSequence: '0000000000000012' },
    optional: ['types', 'description', 'fromSequence'],
    nullable: ['types'],
  },
  {
    method: 'PATCH',
    path: `/v1/webhooks/${UUID}`,
    command: 'ChangeWebhook',
    body: { url: 'https://billing.example.com/hook', types: ['ledger.contract.ended.v1'], description: 'Billing', status: 'disabled' },
    optional: ['url', 'types', 'description', 'status'],
    nullable: ['types'],
  },
  { path: `/v1/webhooks/${UUID}/secret-rotations`, command: 'RotateWebhookSecret', body: { overlapHours: 24, channel: 'console' }, optional: ['overlapHours', 'channel'] },
  { path: `/v1/webhooks/${UUID}/redeliveries`, command: 'RedeliverWebhook', body: { eventId: UUID } },
  { path: `/v1/webhooks/${UUID}/lanes/${UUID}/skips`, command: 'SkipWebhookEvent', body: { reason: 'entered by hand' } },
  { path: `/v1/tokens/${UUID}/revocations`, command: 'RevokeToken', body: { reason: 'leaked' } },
];
