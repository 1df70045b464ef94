// The build under test, and what the bench imports from it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDir } from '../scripts/dist.mjs';

/** Hash of the build; figures in processes of their own inherit it. */
export const built = () => {
  const hash = process.env.LEDGER_BENCH_BUILD;
  if (!hash || !existsSync(buildDir(hash))) throw new Error('start the bench with: npm run bench');
  return hash;
};
export const builtFile = (path) => join(buildDir(built()), path);
export const lib = (name) => import(pathToFileURL(builtFile(`libs/${name}/src/index.js`)).href);
export const app = (path) => import(pathToFileURL(builtFile(`apps/ledger/src/${path}.js`)).href);
