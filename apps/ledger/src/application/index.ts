export { openLedger } from './open-ledger.js';
