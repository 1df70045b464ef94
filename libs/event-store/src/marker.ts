import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a data folder remembers of its log (design 7): a log of another ledger, or one that has lost events, is refused. */
export interface Marker {
  readonly ledgerId: string;
  /** The last position seen; null: the log is taken as it is (right after the founding, or after a restore). */
  readonly lastPosition: string | null;
}

/** The stream whose one event, `LedgerFounded {ledgerId}`, is the first of the log. */
export const LEDGER_STREAM = 'ledger';
export const MARKER_FILE = 'ledger.json';

/** Null where the folder has none. Throws where the file holds something else. */
export function readMarker(folder: string): Marker | null {
  const file = join(folder, MARKER_FILE);
  if (!existsSync(file)) return null;
  const { ledgerId, lastPosition } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Marker>;
  if (typeof ledgerId !== 'string' || !(lastPosition === null || typeof lastPosition === 'string'))
    throw new Error(`${file} does not say which ledger this folder belongs to`);
  return { ledgerId, lastPosition };
}

export const saveMarker = (folder: string, marker: Marker): void =>
  writeDurably(join(folder, MARKER_FILE), JSON.stringify(marker));

/** Replaces a small file so that a crash leaves the old or the new one, never half of one. */
export function writeDurably(file: string, text: string, mode = 0o600): void {
  const next = `${file}.next`;
  const fd = openSync(next, 'w', mode);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
  syncFolder(dirname(file));
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
