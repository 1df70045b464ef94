export * from './port.js';
export { openReadStore, type ReadStoreOptions } from './sqlite.js';
export { createRunner } from './runner.js';
