import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on the folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  constructor(
    readonly folder: string,
    /** Process id of the holder as far as known. */
    readonly pid: number | null,
  ) {
    super(`the data folder ${folder} is in use by another process${pid === null ? '' : ` (pid ${pid})`}`);
  }
}

export interface FolderLock {
  /** Gives the folder free. Idempotent. */
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Takes a data folder (made when absent) for this process alone. The lock is one the operating system holds for the
 * process (SQLite's file lock under an open exclusive transaction), so kill -9 leaves none behind; the file
 * `lock.pid` only serves the message.
 * @throws {FolderInUse}
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const pidFile = join(folder, 'lock.pid');
  const db = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (error) {
    db.close();
    throw isBusy(error) ? new FolderInUse(folder, readPid(pidFile)) : error;
  }
  return {
    release() {
      if (!db.isOpen) return;
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
}

const isBusy = (error: unknown): boolean => (error as { errcode?: unknown }).errcode === SQLITE_BUSY;

function readPid(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}
