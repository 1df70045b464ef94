export * from './port.js';
export { openEmbeddedStore, type EmbeddedEventStore, type EmbeddedStoreOptions } from './embedded.js';
export { openEmbeddedLog, type EmbeddedLogShare, type EventLog } from './embedded-log.js';
export { openSharedStore, type EmbeddedStoreLoan } from './shared-store.js';
export { openEventStoreDb, type EventStoreDbOptions } from './eventstoredb.js';
export * from './marker.js';
export { EmbeddedScan, type RawEvent } from './scan.js';
export { CannotGrant, grantStream, type Grant, type GrantCheck } from './grant.js';
