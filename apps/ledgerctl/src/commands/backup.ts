import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  fsyncSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { openRegister } from '@app/erasable';
import { openEmbeddedStore, saveMarker, syncFolder, writeDurably } from '@app/event-store';
import { copyDatabase, damageOf } from '../copy.js';
import { copyLog } from '../copy-log.js';
import { foundedId, ledgerIdOfLog, openLog, roughly } from '../open.js';
import { progress, remark, say, sayJson } from '../output.js';
import { files, holdsLedger, requireLedger, type Settings } from '../settings.js';
import { takeFolder } from '../service.js';
import { EXIT, misuse, Trouble } from '../trouble.js';
import { verifyLog, type LogFindings } from '../verify/log.js';

const FORMAT = 1;
const MANIFEST = 'backup.json';

/** What a backup says of itself. */
export interface Manifest {
  readonly format: number;
  readonly ledgerId: string;
  readonly madeAt: string;
  readonly events: number;
  readonly streams: number;
  readonly head: string | null;
  readonly texts: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/**
 * Copies a data folder, also while the service runs: the log first, then the register, so that no event of the copy
 * lacks its texts. The read models are left out: they are rebuilt. Verified before it gets its name.
 */
export async function backupFolder(settings: Settings, folder: string): Promise<void> {
  requireLedger(settings.data);
  const target = resolve(folder);
  if (existsSync(target)) throw misuse(`${target} exists already: a backup needs a folder of its own`);
  mkdirSync(dirname(target), { recursive: true });
  const partial = join(dirname(target), `.${basename(target)}.partial-${process.pid}`);
  mkdirSync(partial, { mode: 0o700 });
  const clear = (): void => rmSync(partial, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const from = files(settings.data);
    const to = files(partial);
    if (settings.eventStoreUrl) await fetchLog(settings, to.log);
    else await copyDatabase(from.log, to.log);
    await copyDatabase(from.register, to.register);
    for (const name of ['clock', 'token', 'secretsKey'] as const) if (existsSync(from[name])) copyFileSync(from[name], to[name]);
    const found = await examined(partial, 'the copy');
    if (found.ledgerId === null) throw new Trouble('the log is empty: there is nothing to back up');
    saveMarker(partial, { ledgerId: found.ledgerId, lastPosition: found.head });
    const manifest: Manifest = {
      format: FORMAT,
      ledgerId: found.ledgerId,
      madeAt: new Date().toISOString(),
      ...countsOf(found),
      files: await describe(partial),
    };
    writeDurably(join(partial, MANIFEST), JSON.stringify(manifest, null, 2));
    for (const { name } of manifest.files) sync(join(partial, name));
    syncFolder(partial);
    renameSync(partial, target);
    syncFolder(dirname(target));
    if (settings.json) sayJson({ folder: target, ...manifest });
    else
      say(
        `backed up ${manifest.events} events up to position ${manifest.head ?? 'none'} and ${manifest.texts} texts to ${target}; verified`,
      );
  } finally {
    clear();
    process.removeListener('exit', clear);
  }
}

export interface RestoreOptions {
  readonly into?: string;
  readonly replace?: boolean;
}

/** Puts a backup into a data folder. The read models are rebuilt at the next start. */
export async function restoreBackup(
  settings: Settings,
  backup: string,
  { into, replace = false }: RestoreOptions,
): Promise<void> {
  const source = resolve(backup);
  const target = resolve(into ?? settings.data);
  const manifest = readManifest(source);
  for (const { name, bytes, sha256 } of manifest.files) {
    const file = join(source, name);
    if (!existsSync(file)) throw new Trouble(`the backup is not whole: ${name} is missing`, EXIT.no);
    if (statSync(file).size !== bytes || (await hashOf(file)) !== sha256)
      throw new Trouble(`the backup is damaged: ${name} is not as it was made`, EXIT.no);
  }
  if (!existsSync(target)) mkdirSync(target, { recursive: true, mode: 0o700 });
  const lock = takeFolder(target, 'restoring into its folder');
  try {
    if (holdsLedger(target) && !replace)
      throw misuse(
        `${target} holds a ledger already: give another folder with --into, or --replace to put this one in its place (the old files are kept beside)`,
      );
    const incoming = join(target, `.restore-${process.pid}`);
    rmSync(incoming, { recursive: true, force: true });
    mkdirSync(incoming, { mode: 0o700 });
    try {
      for (const { name } of manifest.files) copyFileSync(join(source, name), join(incoming, name));
      const found = await examined(incoming, 'the restored copy');
      const counted = countsOf(found);
      if (found.ledgerId !== manifest.ledgerId || counted.events !== manifest.events || counted.head !== manifest.head)
        throw new Trouble(
          `the restored copy holds ${counted.events} events of ledger ${found.ledgerId}, the backup says ${manifest.events} of ${manifest.ledgerId}`,
          EXIT.no,
        );
      saveMarker(incoming, { ledgerId: manifest.ledgerId, lastPosition: null });
      for (const { name } of manifest.files) sync(join(incoming, name));
      if (settings.eventStoreUrl) await sendLog(settings, files(incoming).log, manifest);
      const kept = putAside(target);
      // The log last, the marker before it: should this be cut short, the service refuses to start on the folder.
      for (const name of INTO_PLACE) if (existsSync(join(incoming, name))) renameSync(join(incoming, name), join(target, name));
      syncFolder(target);
      if (settings.json) sayJson({ folder: target, ...counted, ledgerId: manifest.ledgerId, replaced: kept });
      else {
        say(
          `restored ${counted.events} events up to position ${counted.head ?? 'none'} and ${counted.texts} texts into ${target}; verified`,
        );
        if (kept) say(`what was there is kept in ${kept}`);
        remark('the read models are rebuilt at the next start');
      }
    } finally {
      rmSync(incoming, { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

/** Takes the folder's log as it is (design 7): for a log that was restored by other means. */
export async function acceptLog(settings: Settings): Promise<void> {
  requireLedger(settings.data);
  const lock = takeFolder(settings.data, 'accepting its log');
  try {
    const ledgerId = await ledgerIdOfLog(settings);
    saveMarker(settings.data, { ledgerId, lastPosition: null });
    if (settings.json) sayJson({ ledgerId, accepted: true });
    else say(`the next start of the service on ${settings.data} takes the log of ledger ${ledgerId} as it is`);
  } finally {
    lock.release();
  }
}

/** The log of EventStoreDB as a file: in its order, with positions of its own. */
async function fetchLog(settings: Settings, file: string): Promise<void> {
  const store = await openLog(settings);
  const copy = await openEmbeddedStore({ file });
  try {
    const head = await store.head();
    if (head === null) throw new Trouble('the log is empty: there is nothing to back up');
    const bar = progress('reading the log', roughly(head));
    try {
      await copyLog(store, head, copy, (p) => bar.update(roughly(p), `position ${p}`));
    } finally {
      bar.stop();
    }
  } finally {
    await copy.close();
    await store.close();
  }
}

/** Puts a log back into EventStoreDB, which must be empty or hold the beginning of this very log. The file is left out of the folder then. */
async function sendLog(settings: Settings, file: string, manifest: Manifest): Promise<void> {
  const store = await openLog(settings);
  const copy = await openEmbeddedStore({ file });
  try {
    const founded = (await store.head()) === null ? null : await foundedId(store);
    if (founded !== manifest.ledgerId && (await store.head()) !== null)
      throw misuse(
        `the EventStoreDB at EVENTSTORE_URL is not empty${founded === null ? '' : `: it holds ledger ${founded}`}; a ledger is restored into an empty one`,
      );
    const head = (await copy.head())!;
    const bar = progress('writing the log', roughly(head));
    try {
      await copyLog(copy, head, store, (p) => bar.update(roughly(p), `position ${p}`));
    } catch (error) {
      throw (error as Error).name === 'WrongExpectedRevision'
        ? new Trouble(
            `the EventStoreDB at EVENTSTORE_URL has gone its own way since this backup: ${(error as Error).message}`,
            EXIT.no,
          )
        : error;
    } finally {
      bar.stop();
    }
    const found = await verifyLog({ store, register: null, dense: false });
    if (found.events !== manifest.events || found.faultCount > 0)
      throw new Trouble(
        `the EventStoreDB at EVENTSTORE_URL holds ${found.events} events, the backup ${manifest.events}: a ledger is restored into an empty one`,
        EXIT.no,
      );
  } finally {
    await copy.close();
    await store.close();
  }
  for (const tail of ['', '-wal', '-shm']) rmSync(file + tail, { force: true });
}

const countsOf = ({ events, streams, head, texts }: LogFindings) => ({ events, streams, head, texts });

/** The findings of a folder's log and register, where nothing is wrong with them. @throws {Trouble} */
async function examined(folder: string, what: string): Promise<LogFindings> {
  const { log, register } = files(folder);
  for (const file of [log, register]) {
    const damage = damageOf(file);
    if (damage !== null) throw new Trouble(`${what} does not verify: ${basename(file)} ${damage}`, EXIT.no);
  }
  const store = await openEmbeddedStore({ file: log });
  try {
    const texts = openRegister({ file: register, readOnly: true });
    const head = await store.head();
    const bar = progress(`verifying ${what}`, roughly(head));
    try {
      const found = await verifyLog({
        store,
        register: texts,
        dense: true,
        onProgress: (p) => bar.update(roughly(p), `position ${p}`),
      });
      const [first] = found.faults;
      if (first)
        throw new Trouble(
          `${what} does not verify: ${first.kind} at ${first.at}: ${first.detail} (${found.faultCount} such; see: ledgerctl verify)`,
          EXIT.no,
        );
      return found;
    } finally {
      bar.stop();
      texts.close();
    }
  } finally {
    await store.close();
    // A copy is one file each, whatever opening them left beside.
    for (const file of [log, register]) {
      const db = new DatabaseSync(file);
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
    }
  }
}

const INTO_PLACE = ['register.sqlite', 'sandbox-clock.json', 'admin-token', 'secrets-key', 'ledger.json', 'log.sqlite'];
const CARRIED = [...INTO_PLACE].reverse();

function describe(folder: string): Promise<Manifest['files'][number][]> {
  const present = CARRIED.filter((name) => existsSync(join(folder, name)));
  return Promise.all(
    present.map(async (name) => ({ name, bytes: statSync(join(folder, name)).size, sha256: await hashOf(join(folder, name)) })),
  );
}

function readManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) throw misuse(`${folder} is no backup: it has no ${MANIFEST}`);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch {
    throw new Trouble(`${file} is damaged`, EXIT.no);
  }
  if (manifest.format > FORMAT)
    throw new Trouble(`the backup has format ${manifest.format}; this build knows up to ${FORMAT}: use a newer build`);
  if (!Array.isArray(manifest.files) || !manifest.files.every((f) => CARRIED.includes(f.name)))
    throw new Trouble(`${file} is damaged`, EXIT.no);
  return manifest;
}

/** Moves what makes up a ledger out of the way; answers where it is now, null where there was nothing. */
function putAside(folder: string): string | null {
  const names = [...CARRIED, ...['log.sqlite', 'register.sqlite', 'read.sqlite'].flatMap((n) => [n, `${n}-wal`, `${n}-shm`])];
  const present = [...new Set(names)].filter((name) => existsSync(join(folder, name)));
  if (present.length === 0) return null;
  const aside = join(folder, `replaced-${new Date().toISOString().replace(/[:.]/g, '-')}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const name of present) renameSync(join(folder, name), join(aside, name));
  return aside;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function sync(file: string): void {
  const fd = openSync(file, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
