export * from './events.js';
export * from './documents.js';
export * from './picture.js';
export * from './translate.js';
export * from './ports.js';
export { PublishedLogBroken } from './recall.js';
export * from './publisher.js';
export * from './statement.js';
