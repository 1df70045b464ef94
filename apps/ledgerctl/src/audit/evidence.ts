/** What was kept beside a log: leaves, checkpoints, the keys the signer said were its own. Nothing of it is believed for itself. */
import { existsSync, readFileSync } from 'node:fs';
import { BookReader, MissingTile, wholeNote, type LeafTree } from '@app/transparency';
import { misuse } from '../trouble.js';

export interface Evidence {
  readonly checkpoints: readonly string[];
  /** Public keys as the ledger itself names them. */
  readonly keys: readonly string[];
  kept(from: number, to: number): Uint8Array | null;
  keptId(index: number): string | null;
  keptIndex(id: string): number | null;
  /** What of it is not what a log with these leaves makes it; null: nothing. */
  unlike(leaves: LeafTree): string | null;
  close(): void;
}

export const NO_EVIDENCE: Evidence = { checkpoints: [], keys: [], kept: () => null, keptId: () => null, keptIndex: () => null, unlike: () => null, close: () => undefined };

/** That of `audit.sqlite`; where it cannot be read, what is wrong with it. */
export function bookEvidence(file: string): { readonly evidence: Evidence; readonly damage: string | null } {
  if (!existsSync(file)) return { evidence: NO_EVIDENCE, damage: null };
  try {
    const book = BookReader.open(file);
    const tree = book.tree();
    // A part that is damaged is as good as none: it was only to help.
    const helped = <T>(work: () => T | null): T | null => {
      try {
        return work();
      } catch {
        return null;
      }
    };
    const evidence: Evidence = {
      checkpoints: book.checkpoints(Number.MAX_SAFE_INTEGER).map(wholeNote),
      keys: book.keys().map((k) => k.vkey),
      kept(from, to) {
        try {
          return to <= tree.size ? tree.leavesBetween(from, to) : null;
        } catch (error) {
          if (error instanceof MissingTile || (error as { code?: string }).code === 'ERR_SQLITE_ERROR') return null;
          throw error;
        }
      },
      keptId: (index) => helped(() => book.placeAt(index)?.id ?? null),
      keptIndex: (id) => helped(() => book.placeOf(id)?.index ?? null),
      unlike(leaves) {
        try {
          return book.unlike(leaves, tree.size);
        } catch (error) {
          return (error as Error).message;
        }
      },
      close: () => book.close(),
    };
    return { evidence, damage: null };
  } catch (error) {
    return { evidence: NO_EVIDENCE, damage: (error as Error).message };
  }
}

/** Checkpoints in a file: notes one after the other, an empty line between. */
export function readCheckpoints(file: string): string[] {
  if (!existsSync(file)) throw misuse(`there is no file ${file}`);
  return splitNotes(readFileSync(file, 'utf8'));
}

/** A checkpoint is lines, an empty line, and lines that begin with a dash; the next begins after those. */
export function splitNotes(text: string): string[] {
  const notes: string[] = [];
  let lines: string[] = [];
  let signed = false;
  for (const line of text.split('\n')) {
    if (signed && !line.startsWith('— ')) {
      notes.push(lines.map((l) => `${l}\n`).join(''));
      lines = [];
      signed = false;
      if (line === '') continue;
    }
    if (line === '' && lines.length === 0) continue;
    lines.push(line);
    if (line.startsWith('— ')) signed = true;
  }
  const rest = lines.map((l) => `${l}\n`).join('');
  return rest.trim() === '' ? notes : [...notes, rest];
}
