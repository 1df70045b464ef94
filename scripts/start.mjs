import { requireNode } from './dist.mjs';

requireNode();
// Only now: the rest needs that Node.
await (await import('./run.mjs')).run('ledger');
