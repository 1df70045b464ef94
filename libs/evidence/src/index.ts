export * from './pack.js';
export * from './build.js';
export * from './concerns.js';
export * from './texts.js';
export * from './limits.js';
export * from './verify.js';
export * from './report/report.js';
