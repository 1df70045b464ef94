export * from './yen.js';
export * from './fee.js';
