export * from './register.js';
export * from './folder-lock.js';
