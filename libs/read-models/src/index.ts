export * from './ledger-event.js';
export * from './contract-view.js';
