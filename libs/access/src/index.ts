export * from './roles.js';
export * from './secret.js';
export * from './token-book.js';
export * from './token/events.js';
export * from './token/commands.js';
export * from './token/state.js';
export * from './token/decide.js';
