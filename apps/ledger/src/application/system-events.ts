import { approvalEvents, TOKEN_EVENTS } from '@app/access';
import { contractEvents, recordEvents, unitEvents, vendorEvents } from '@app/contract';
import { WEBHOOK_EVENTS } from '@app/delivery';
import { EventRegistry } from '@app/kernel';

/** Events that belong to no agreement: the ledger's own founding and settings, erasures, and what commands came to that changed nothing. */
export const systemEvents = new EventRegistry([
  { type: 'LedgerFounded', version: 1 },
  { type: 'PoliciesSet', version: 1 },
  { type: 'ContractorErased', version: 1 },
  { type: 'CommandRefused', version: 1 },
  { type: 'CommandAnswered', version: 1 },
]);

export const tokenEvents = new EventRegistry([...TOKEN_EVENTS]);
export const webhookEvents = new EventRegistry([...WEBHOOK_EVENTS]);

/** Who looked at what: reads by auditors, exports by anybody. */
export const accessEvents = new EventRegistry([
  { type: 'AuditorRead', version: 1 },
  { type: 'Exported', version: 1 },
]);

/** One stream for each key that a refusal, or an answer with nothing new, has used up (design 9). */
export const outcomeStream = (commandId: string): string => `outcome-${commandId}`;

/** One stream for each erasure. */
export const erasureStream = (erasureId: string): string => `erasure-${erasureId}`;

/** One stream a month (UTC), so that none grows without end. */
export const accessStream = (at: Date): string => `access-${at.toISOString().slice(0, 7)}`;

/** Every registry by the category of its streams. */
export const REGISTRIES: { readonly [category: string]: EventRegistry } = {
  contract: contractEvents,
  managementUnit: unitEvents,
  vendor: vendorEvents,
  record: recordEvents,
  token: tokenEvents,
  approval: approvalEvents,
  webhook: webhookEvents,
  ledger: systemEvents,
  erasure: systemEvents,
  outcome: systemEvents,
  access: accessEvents,
};

export const categoryOf = (stream: string): string => {
  const dash = stream.indexOf('-');
  return dash < 0 ? stream : stream.slice(0, dash);
};
