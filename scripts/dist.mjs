// Where builds live: dist/<hash of all sources and of the lock file>, for any app but the service with -<app> behind. A build is made in a temporary folder and renamed,
// so it is whole or not there, and a running process keeps the files it started from.
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
export const DIST = join(ROOT, 'dist');
const NODE = [24, 9];
const KEEP_MS = 10 * 60_000;

/** Ends the process with a message where Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1])) return;
  console.error(`This needs Node ${NODE.join('.')} or later, not ${process.version}. After "npm ci" the npm scripts ("npm start") use the right one.`);
  process.exit(1);
}

const isSource = (name) => /\.(ts|mts|json)$/.test(name) && !/\.(spec|e2e-spec)\.ts$/.test(name);

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && entry.name !== 'dist') yield* files(path);
    } else if (isSource(entry.name)) yield path;
  }
}

/** Everything a build is made of, by path from the root. */
function* sources(root) {
  for (const name of ['package-lock.json', 'package.json', 'tsconfig.json', 'nest-cli.json', 'scripts/dist.mjs', 'scripts/build.mjs'])
    if (existsSync(join(root, name))) yield name;
  for (const folder of ['apps', 'libs']) for (const path of files(join(root, folder))) yield relative(root, path);
}

/** What tells the builds of these sources from those of others. */
export function sourcesHash(root = ROOT) {
  const hash = createHash('sha256');
  for (const path of sources(root)) {
    // How the scripts are called does not go into a build.
    if (path === 'package.json') continue;
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 20);
}

/** The sources as they are now, in a folder of their own, so that edits during a build do not mix into it. */
export function snapshot(into) {
  for (const path of sources(ROOT)) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(into, path));
  }
}

/** The name of an app's build; each is made when somebody first needs it. */
export const buildName = (app, hash = sourcesHash()) => (app === 'ledger' ? hash : `${hash}-${app}`);
export const buildDir = (name) => join(DIST, name);
export const isBuilt = (name) => existsSync(join(buildDir(name), 'build.json'));

/** A fresh folder beside the builds. */
export function temporaryDir() {
  const path = join(DIST, `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Puts a finished build in its place; where somebody else was faster, theirs stays: it is the same. */
export function publish(temporary, name) {
  writeFileSync(join(temporary, 'build.json'), JSON.stringify({ name, node: process.version, builtAt: new Date().toISOString() }));
  try {
    renameSync(temporary, buildDir(name));
  } catch (e) {
    if (!isBuilt(name)) throw e;
  }
}

/** Notes that this process runs from a build, until it exits. */
export function use(name) {
  const folder = join(buildDir(name), '.running');
  mkdirSync(folder, { recursive: true });
  const note = join(folder, String(process.pid));
  writeFileSync(note, '');
  process.once('exit', () => {
    try {
      unlinkSync(note);
    } catch {
      // Pruned already.
    }
  });
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return e.code === 'EPERM';
  }
};
const ageOf = (path) => Date.now() - statSync(path).mtimeMs;

/** Removes builds of other sources, and left-overs, that no process uses and nobody just made. */
export function prune(hash) {
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name);
    try {
      if (name.startsWith(hash) || ageOf(path) < KEEP_MS) continue;
      const owner = /^\.tmp-(\d+)-/.exec(name)?.[1];
      const running = join(path, '.running');
      const users = owner ? [owner] : existsSync(running) ? readdirSync(running) : [];
      if (users.some((pid) => alive(Number(pid)))) continue;
      const doomed = join(DIST, `.old-${process.pid}-${name}`);
      renameSync(path, doomed);
      rmSync(doomed, { recursive: true, force: true });
    } catch {
      // Another process prunes too.
    }
  }
}
