export * from './brief.js';
export * from './vows.js';
export * from './story.js';
