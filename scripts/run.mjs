// Runs an app of the current build in this very process (so signals need no forwarding), building first only where the
// build is stale.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDir, isBuilt, sourcesHash, use } from './dist.mjs';

export async function run(app) {
  let hash = sourcesHash();
  try {
    if (!isBuilt(hash)) hash = await (await import('./build.mjs')).build();
  } catch (e) {
    console.error(e.message);
    process.exit(1);
  }
  use(hash);
  const main = join(buildDir(hash), 'apps', app, 'src/main.js');
  enableCompileCache(join(buildDir(hash), '.cache'));
  process.argv[1] = main;
  process.env.LEDGER_BUILD ??= hash;
  await import(pathToFileURL(main).href);
}
