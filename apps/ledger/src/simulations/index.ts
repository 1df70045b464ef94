export * from './cancellation.js';
export * from './calendar.js';
export { checkApplication as simulateApplication, quantityErrors, settleUnder as simulateSettlement } from '@app/agreement';
