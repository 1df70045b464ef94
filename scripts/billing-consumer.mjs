import { requireNode } from './dist.mjs';

requireNode();
await (await import('./run.mjs')).run('billing-consumer');
