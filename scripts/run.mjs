// Runs an app of the current build in this very process (so signals need no forwarding), building first only where the
// build is stale.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDir, buildName, isBuilt, use } from './dist.mjs';

export async function run(app) {
  let name = buildName(app);
  try {
    if (!isBuilt(name)) name = await (await import('./build.mjs')).build(app);
  } catch (e) {
    console.error(e.message);
    process.exit(1);
  }
  use(name);
  const main = join(buildDir(name), 'apps', app, 'src/main.js');
  enableCompileCache(join(buildDir(name), '.cache'));
  process.argv[1] = main;
  process.env.LEDGER_BUILD ??= name.split('-')[0];
  await import(pathToFileURL(main).href);
}
