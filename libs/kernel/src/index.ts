export * from './canonical.js';
export * from './canonical-text.js';
export * from './ids.js';
export * from './rejected.js';
export * from './registry.js';
export * from './metadata.js';
