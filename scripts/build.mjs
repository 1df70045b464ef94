// Builds every app; also imported by the starters.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, ROOT, buildName, isBuilt, prune, publish, requireNode, snapshot, sourcesHash, temporaryDir } from './dist.mjs';

const APPS = ['ledger', 'ledgerctl', 'billing-consumer'];

/** Compiles an app of the sources in `folder` into `folder`/out. */
function nestBuild(app, folder) {
  const config = { extends: `./apps/${app}/tsconfig.app.json`, compilerOptions: { outDir: './out', rootDir: '.', incremental: false }, include: [`./apps/${app}/src/**/*`] };
  writeFileSync(join(folder, 'tsconfig.build.json'), JSON.stringify(config));
  const cli = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  const child = spawn(process.execPath, [cli, 'build', app, '--path', 'tsconfig.build.json'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  child.stdout.on('data', (d) => said.push(d));
  child.stderr.on('data', (d) => said.push(d));
  return new Promise((resolve, reject) => {
    const stop = () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
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
  if (isBuilt(buildName(app))) return buildName(app);
  mkdirSync(DIST, { recursive: true });
  const folder = temporaryDir();
  try {
    snapshot(folder);
    const hash = sourcesHash(folder);
    const name = buildName(app, hash);
    if (!isBuilt(name)) {
      await nestBuild(app, folder);
      publish(join(folder, 'out'), name);
      prune(hash);
    }
    return name;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
