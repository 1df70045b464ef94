export * from './events.js';
export * from './picture.js';
export * from './translate.js';
