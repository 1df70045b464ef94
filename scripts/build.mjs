// Builds every app; also imported by the starters.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT, buildName, isBuilt, prune, publish, requireNode, sourcesHash, temporaryDir } from './dist.mjs';

const APPS = ['ledger', 'ledgerctl'];

function nestBuild(app, into) {
  const tsconfig = join(into, `tsconfig.${app}.json`);
  // Same project, other place: paths are written relative to the temporary folder.
  writeFileSync(
    tsconfig,
    JSON.stringify({
      extends: `../../apps/${app}/tsconfig.app.json`,
      compilerOptions: { outDir: '.', rootDir: '../..', incremental: false },
      include: [`../../apps/${app}/src/**/*`],
    }),
  );
  const cli = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  const child = spawn(process.execPath, [cli, 'build', app, '--path', relative(ROOT, tsconfig)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  child.stdout.on('data', (d) => said.push(d));
  child.stderr.on('data', (d) => said.push(d));
  return new Promise((resolve, reject) => {
    const stop = () => {
      child.kill();
      rmSync(into, { recursive: true, force: true });
      process.exit(143);
    };
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
    child.once('error', reject);
    child.once('close', (code) => {
      for (const signal of ['SIGTERM', 'SIGINT']) process.removeListener(signal, stop);
      if (code === 0) resolve();
      else reject(new Error(`the build of ${app} failed\n${Buffer.concat(said).toString()}`));
    });
  });
}

/** Builds an app where its build is stale; gives the build's name. */
export async function build(app = 'ledger') {
  const hash = sourcesHash();
  const name = buildName(app, hash);
  if (isBuilt(name)) return name;
  mkdirSync(DIST, { recursive: true });
  const into = temporaryDir();
  try {
    await nestBuild(app, into);
    const changed = sourcesHash() !== hash;
    if (!changed) publish(into, name);
    else {
      // The sources were edited meanwhile: what was compiled is nobody's build.
      rmSync(into, { recursive: true, force: true });
      return build(app);
    }
  } catch (e) {
    rmSync(into, { recursive: true, force: true });
    throw e;
  }
  prune(hash);
  return name;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  requireNode();
  const started = Date.now();
  try {
    for (const name of await Promise.all(APPS.map((app) => build(app)))) console.log(`dist/${name} (${Date.now() - started} ms)`);
  } catch (e) {
    console.error(e.message);
    process.exit(1);
  }
}
