export * from './ids.js';
export * from './dated.js';
export * from './items.js';
export * from './options.js';
export * from './policies.js';
export * from './revisions.js';
export * from './cite.js';
export * from './eligibility.js';
export * from './periods.js';
export * from './settlement.js';
export * from './charges.js';
export * from './tables.js';
export * from './clauses.js';
export * from './texts.js';

// The row of an item or option under the name that does not shadow a local `item` or `option`.
export { item as itemRow } from './items.js';
export { option as optionRow } from './options.js';
export * from './markdown.js';
