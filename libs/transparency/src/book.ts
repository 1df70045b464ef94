/**
 * What the audit keeps beside the log, in one SQLite file: the tree over its events (derived, made again from the log
 * whenever it does not fit), and what others signed of it, which cannot be made again.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Checkpoint } from './checkpoint.js';
import type { LeafTree } from './examine.js';
import { HASH_BYTES, toBase64, type Hash } from './hash.js';
import { eventLeaf, type LoggedEvent } from './leaf.js';
import { SqliteTiles, TILES_TABLE } from './sqlite-tiles.js';
import { firstUnlike, TileReader, TileTree } from './tiles.js';

const FORMAT = 1;
/** "LgAu" (`PRAGMA application_id`). */
const APPLICATION_ID = 0x4c674175;

const TREE = ['leaves', 'tiles', 'tree'];
const TABLES = `
  CREATE TABLE IF NOT EXISTS tree (only INTEGER PRIMARY KEY CHECK (only = 1), ledger TEXT NOT NULL, size INTEGER NOT NULL, position TEXT) STRICT;
  ${TILES_TABLE}
  CREATE TABLE IF NOT EXISTS leaves (leaf INTEGER PRIMARY KEY, position TEXT NOT NULL, id BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS leaves_by_id ON leaves (id);
  CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, signed_at TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS cosignatures (size INTEGER NOT NULL, witness TEXT NOT NULL, line TEXT NOT NULL, signed_at TEXT NOT NULL, PRIMARY KEY (size, witness)) STRICT;
  CREATE TABLE IF NOT EXISTS keys (vkey TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT;`;

/** Where an event's leaf stands. */
export interface LeafPlace {
  /** From 0. */
  readonly index: number;
  readonly position: string;
  readonly id: string;
}

export interface Cosigned {
  /** Name of the witness. */
  readonly witness: string;
  readonly line: string;
  /** RFC 3339 UTC, by the witness's clock. */
  readonly signedAt: string;
}

/** A checkpoint as it was signed. */
export interface SignedCheckpoint extends Pick<Checkpoint, 'size' | 'root'> {
  /** With the log's signatures only. */
  readonly note: string;
  /** RFC 3339 UTC, when it was asked for. */
  readonly signedAt: string;
  readonly cosignatures: readonly Cosigned[];
}

/** The whole note, cosignatures included. */
export const wholeNote = ({ note, cosignatures }: SignedCheckpoint): string => note + cosignatures.map((c) => c.line).join('');

const toBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
function toId(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The file is something else, or of a newer build. */
export class UnsupportedBook extends Error {
  override readonly name = 'UnsupportedBook';
}

function checkFile(db: DatabaseSync, file: string): void {
  const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const [application, format] = [pragma('application_id'), pragma('user_version')];
  const empty = application === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!empty && application !== APPLICATION_ID) throw new UnsupportedBook(`${file} does not hold the audit of a ledger`);
  if (format > FORMAT) throw new UnsupportedBook(`${file} has format ${format}; this build knows up to ${FORMAT}: use a newer build`);
}

/** Reads; safe beside the one that writes. */
export class BookReader {
  private readonly statements = new Map<string, StatementSync>();
  protected readonly tiles: SqliteTiles;

  constructor(protected readonly db: DatabaseSync) {
    this.tiles = new SqliteTiles(db);
  }

  /** @throws {UnsupportedBook} and where there is no such file */
  static open(file: string): BookReader {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
    try {
      checkFile(db, file);
      return new BookReader(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  protected statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }

  /** How far the tree is, and of which ledger; null before the first event. */
  state(): { readonly ledger: string; readonly size: number; readonly position: string | null } | null {
    const row = this.statement('SELECT ledger, size, position FROM tree').get() as { ledger: string; size: number; position: string | null } | undefined;
    return row ? { ...row } : null;
  }

  /** The tree as it is now. */
  tree(): TileReader {
    return new TileReader(this.tiles, this.state()?.size ?? 0);
  }

  /** What is kept here and is not what a log with these leaves makes it; null: nothing. What is kept may be behind the log. */
  unlike(leaves: LeafTree, size: number = this.state()?.size ?? 0): string | null {
    const tile = size > leaves.size ? 'size' : firstUnlike(this.tiles, size, (level) => leaves.levels[level] ?? new Uint8Array());
    if (tile !== null) return `its tree is not that of the log (${tile})`;
    const column = this.checkpoints(Number.MAX_SAFE_INTEGER).find(({ size: of, root, note }) => !note.includes(`\n${of}\n${toBase64(root)}\n\n`));
    return column ? `size or root of the checkpoint of ${column.size} events are not those of its note` : null;
  }

  placeOf(id: string): LeafPlace | null {
    return this.place(this.statement('SELECT leaf, position, id FROM leaves WHERE id = ? ORDER BY leaf LIMIT 1').get(toBytes(id)));
  }

  placeAt(index: number): LeafPlace | null {
    return this.place(this.statement('SELECT leaf, position, id FROM leaves WHERE leaf = ?').get(index));
  }

  /** By its position, in the log's own order. */
  placeAtPosition(position: string, compare: (a: string, b: string) => number): LeafPlace | null {
    let [from, to] = [0, this.state()?.size ?? 0];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const place = this.placeAt(middle);
      if (place === null) return null;
      const order = compare(position, place.position);
      if (order === 0) return place;
      if (order < 0) to = middle;
      else from = middle + 1;
    }
    return null;
  }

  private place(row: unknown): LeafPlace | null {
    const found = row as { leaf: number; position: string; id: Uint8Array } | undefined;
    return found ? { index: found.leaf, position: found.position, id: toId(found.id) } : null;
  }

  /** Largest first, those below a size. */
  checkpoints(limit: number, below: number = Number.MAX_SAFE_INTEGER): SignedCheckpoint[] {
    return this.checkpointRows('SELECT * FROM checkpoints WHERE size < ? ORDER BY size DESC LIMIT ?', below, limit);
  }

  /** The smallest that covers a leaf. */
  checkpointOver(index: number): SignedCheckpoint | null {
    return this.checkpointRows('SELECT * FROM checkpoints WHERE size > ? ORDER BY size LIMIT 1', index)[0] ?? null;
  }

  checkpointOf(size: number): SignedCheckpoint | null {
    return this.checkpointRows('SELECT * FROM checkpoints WHERE size = ?', size)[0] ?? null;
  }

  /** The largest that a witness cosigned. */
  cosignedBy(witness: string): { readonly size: number; readonly signedAt: string } | null {
    const row = this.statement('SELECT size, signed_at AS signedAt FROM cosignatures WHERE witness = ? ORDER BY size DESC LIMIT 1').get(witness);
    return (row as { size: number; signedAt: string } | undefined) ?? null;
  }

  private checkpointRows(sql: string, ...parameters: number[]): SignedCheckpoint[] {
    const rows = this.statement(sql).all(...parameters) as { size: number; root: Uint8Array; note: string; signed_at: string }[];
    const lines = this.statement('SELECT witness, line, signed_at AS signedAt FROM cosignatures WHERE size = ? ORDER BY witness');
    return rows.map(({ size, root, note, signed_at: signedAt }) => ({
      size,
      root,
      note,
      signedAt,
      cosignatures: (lines.all(size) as unknown as Cosigned[]).map((c) => ({ ...c })),
    }));
  }

  /** Keys the log's signer has used, the first seen first. */
  keys(): { readonly vkey: string; readonly seenAt: string }[] {
    const rows = this.statement('SELECT vkey, seen_at AS seenAt FROM keys ORDER BY seen_at, rowid').all() as { vkey: string; seenAt: string }[];
    return rows.map((row) => ({ ...row }));
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}

/** Writes; one at a time. */
export class Book extends BookReader {
  private grown: TileTree;

  private constructor(
    db: DatabaseSync,
    private readonly ledger: string,
  ) {
    super(db);
    this.grown = this.begin();
  }

  /** Makes the file where there is none. A tree of another ledger is given up, what was signed is kept. @throws {UnsupportedBook} */
  static override open(file: string, ledger = ''): Book {
    const db = new DatabaseSync(file, { timeout: 5_000 });
    try {
      checkFile(db, file);
      // Ids come in no order, so their index is written all over: in 32 MiB a tenth less CPU than in the usual 2.
      db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; ${TABLES}`);
      return new Book(db, ledger);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** The tree as far as it is kept. */
  override tree(): TileTree {
    return this.grown;
  }

  get position(): string | null {
    return this.state()?.position ?? null;
  }

  /** Gives the tree up, to be made again from the log's first event. */
  reset(): void {
    this.write(() => TREE.forEach((table) => this.db.exec(`DELETE FROM ${table}`)));
    this.grown = this.begin();
  }

  private begin(): TileTree {
    const at = this.state();
    if (at !== null && at.ledger !== this.ledger) this.write(() => TREE.forEach((table) => this.db.exec(`DELETE FROM ${table}`)));
    return new TileTree(this.tiles, at?.ledger === this.ledger ? at.size : 0);
  }

  /** Takes the log's next events, all or none. */
  append(events: readonly LoggedEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    const insert = this.statement('INSERT INTO leaves VALUES (?, ?, ?)');
    try {
      this.write(() => {
        for (const event of events) {
          insert.run(this.grown.size, event.position, toBytes(event.id));
          this.grown.append(eventLeaf(event));
        }
        this.grown.flush();
        this.statement('INSERT INTO tree VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE SET ledger = excluded.ledger, size = excluded.size, position = excluded.position').run(this.ledger, this.grown.size, last.position);
      });
    } catch (error) {
      this.grown = this.begin();
      throw error;
    }
  }

  /** Whether the tree ends with this event of the log: false where the log is not the one that it grew from. */
  endsWith(event: LoggedEvent): boolean {
    const size = this.grown.size;
    return size > 0 && Buffer.from(this.grown.leavesBetween(size - 1, size)).equals(eventLeaf(event));
  }

  /** Keeps what was signed; the first of a size stays, whatever comes later. */
  keepCheckpoint({ size, root }: Pick<Checkpoint, 'size' | 'root'>, note: string, signedAt: string): void {
    this.statement('INSERT INTO checkpoints VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING').run(size, root, note, signedAt);
  }

  keepCosignature(size: number, { witness, line, signedAt }: Cosigned): void {
    this.statement('INSERT INTO cosignatures VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET line = excluded.line, signed_at = excluded.signed_at').run(size, witness, line, signedAt);
  }

  keepKey(vkey: string, seenAt: string): void {
    this.statement('INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING').run(vkey, seenAt);
  }

  private write(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Hashes side by side as single ones. */
export const hashesOf = (side: Uint8Array): Hash[] =>
  Array.from({ length: side.length / HASH_BYTES }, (_, i) => side.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
