export * from './port.js';
export { openEmbeddedStore, type EmbeddedStoreOptions } from './embedded.js';
export { openEventStoreDb, type EventStoreDbOptions } from './eventstoredb.js';
export * from './marker.js';
