// A process for the specs to kill: it feeds a read model from a log without an end and says how far it is.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js')) {
      const typescript = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(typescript))) return next(typescript.href, context);
    }
    return next(specifier, context);
  },
});

const { createRunner, openReadStore } = await import('../index.ts');
const { endlessLog, journal } = await import('./endless-log.ts');
const runner = createRunner(openReadStore({ file: process.argv[2] }), {
  source: endlessLog(Number.POSITIVE_INFINITY, (position) => process.stdout.write(`${position}\n`)),
  projections: [journal],
  ledgerId: 'L1',
  pageSize: 50,
});
await runner.start();
