export * from './cancellation.js';
export * from './calendar.js';
export { checkApplication as simulateApplication, quantityErrors, settle as simulateSettlement } from '@app/agreement';
