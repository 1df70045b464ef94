/**
 * `feed.sqlite`: where published events are found, the Merkle tree over their stored bytes, and what consumers say of
 * themselves. Index and tree follow from the published log and are made anew where they do not fit it; losing the
 * file loses the consumers' positions, which are theirs to say again.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { UnsupportedData, type StoredEvent } from '@app/event-store';
import type { AdvisoryCursor, Envelope } from '@app/published';
import { leafOf, MerkleTree, SqliteTiles, TILES_TABLE, TileReader, TileTree, toHex, type Digest } from '@app/transparency';
import type { FeedCursor } from '../ports.js';

/** 1 kept the nodes of its tree singly. */
const FORMAT = 2;
/** Sequence of a consumer that has no event yet. */
const BEFORE_FIRST = -1;
const TABLES = `
  CREATE TABLE events (
    sequence    INTEGER PRIMARY KEY,
    id          TEXT NOT NULL,
    contract    TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    position    TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_contract ON events (contract, sequence);
  ${TILES_TABLE}
  CREATE TABLE consumers (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL, id TEXT NOT NULL, acknowledged_at TEXT NOT NULL) STRICT;
  CREATE TABLE publisher (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL) STRICT;
`;

export interface IndexedEvent extends FeedCursor {
  readonly recordedAt: string;
  readonly position: string;
}
export interface Consumer {
  readonly name: string;
  /** Null: before the first event. */
  readonly cursor: FeedCursor | null;
  readonly acknowledgedAt: string;
}

type Row = Record<string, string | number | Uint8Array | null>;

abstract class Opened {
  private readonly statements = new Map<string, StatementSync>();
  protected readonly tiles: SqliteTiles;

  constructor(protected readonly db: DatabaseSync) {
    this.tiles = new SqliteTiles(db);
  }

  protected one<T extends Row>(sql: string, ...values: (string | number | Uint8Array)[]): T | undefined {
    return this.prepared(sql).get(...values) as T | undefined;
  }
  protected all<T extends Row>(sql: string, ...values: (string | number | Uint8Array)[]): T[] {
    return this.prepared(sql).all(...values) as T[];
  }
  protected run(sql: string, ...values: (string | number | Uint8Array)[]): void {
    this.prepared(sql).run(...values);
  }
  private prepared(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }

  /** The last event indexed; null: none. */
  last(): IndexedEvent | null {
    return this.indexed('ORDER BY sequence DESC LIMIT 1');
  }
  at(sequence: number): IndexedEvent | null {
    return this.indexed('WHERE sequence = ?', sequence);
  }
  private indexed(which: string, ...values: number[]): IndexedEvent | null {
    return (this.one(`SELECT sequence, id, recorded_at AS recordedAt, position FROM events ${which}`, ...values) as unknown as IndexedEvent | undefined) ?? null;
  }

  /** How many events are indexed. */
  protected size(): number {
    return (this.last()?.sequence ?? -1) + 1;
  }

  close(): void {
    this.db.close();
  }
}

/** The one writer: the thread of the feed. */
export class FeedIndexWriter extends Opened {
  private tree: TileTree;

  private constructor(db: DatabaseSync) {
    super(db);
    this.tree = new TileTree(this.tiles, this.size());
  }

  /** @throws {UnsupportedData} the file was written by a newer build */
  static open(file: string): FeedIndexWriter {
    const db = new DatabaseSync(file, { timeout: 5_000 });
    try {
      // What follows from the log is made anew where it is lost: syncs would only hold up those of the log.
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      const { user_version: format } = db.prepare('PRAGMA user_version').get() as { user_version: number };
      if (format > FORMAT) throw new UnsupportedData(`${file} has data format ${format}; this build knows up to ${FORMAT}: use a newer build`);
      if (format === 0) db.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${FORMAT}; COMMIT`);
      if (format === 1) db.exec(`BEGIN; DELETE FROM events; DROP TABLE nodes; ${TILES_TABLE} PRAGMA user_version = ${FORMAT}; COMMIT`);
      return new FeedIndexWriter(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Takes in what follows the last event indexed. @throws where it does not follow */
  add(events: readonly StoredEvent[]): void {
    this.db.exec('BEGIN');
    try {
      for (const e of events) {
        if (e.revision !== this.tree.size) throw new Error(`the published log goes on at ${e.revision} where ${this.tree.size} was expected`);
        const { subject } = e.data as unknown as Envelope;
        this.run('INSERT INTO events (sequence, id, contract, recorded_at, position) VALUES (?, ?, ?, ?, ?)', e.revision, e.id, subject, e.metadata.recordedAt, e.position);
        this.tree.append(leafOf(e.rawData));
      }
      this.tree.flush();
      this.db.exec('COMMIT');
    } catch (error) {
      this.db.exec('ROLLBACK');
      this.tree = new TileTree(this.tiles, this.size());
      throw error;
    }
  }

  /** Forgets index and tree: the published log is another one than they were made from. Consumers stay. */
  forget(): void {
    this.db.exec('BEGIN; DELETE FROM events; DELETE FROM tiles; COMMIT');
    this.tree = new TileTree(this.tiles, 0);
  }

  acknowledge(name: string, cursor: FeedCursor | null): Consumer {
    const acknowledgedAt = new Date().toISOString();
    // This one is told to somebody, so it is on the disk first.
    this.db.exec('PRAGMA synchronous = FULL');
    try {
      this.run(
        'INSERT INTO consumers VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, id = excluded.id, acknowledged_at = excluded.acknowledged_at',
        name, cursor?.sequence ?? BEFORE_FIRST, cursor?.id ?? '', acknowledgedAt,
      );
    } finally {
      this.db.exec('PRAGMA synchronous = NORMAL');
    }
    return { name, cursor, acknowledgedAt };
  }

  loadCursor(): AdvisoryCursor | null {
    const row = this.one<{ cursor: string }>('SELECT cursor FROM publisher');
    return row ? (JSON.parse(row.cursor) as AdvisoryCursor) : null;
  }
  saveCursor(cursor: AdvisoryCursor): void {
    this.run('INSERT INTO publisher VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET cursor = excluded.cursor', JSON.stringify(cursor));
  }
  clearCursor(): void {
    this.run('DELETE FROM publisher');
  }
}

/** Reads beside the writer. */
export class FeedIndex extends Opened {
  static open(file: string): FeedIndex {
    return new FeedIndex(new DatabaseSync(file, { timeout: 5_000, readOnly: true }));
  }

  /** Sequences of a contract's published events behind one, in order. */
  ofContract(contractId: string, after: number, limit: number): number[] {
    return this.all<{ sequence: number }>('SELECT sequence FROM events WHERE contract = ? AND sequence > ? ORDER BY sequence LIMIT ?', contractId, after, limit).map((r) => r.sequence);
  }

  /** Sequence of an event by its id, looked for behind one sequence through another; null: it is not there. */
  find(id: string, after: number, through: number): number | null {
    return this.one<{ sequence: number }>('SELECT sequence FROM events WHERE sequence > ? AND sequence <= ? AND id = ?', after, through, id)?.sequence ?? null;
  }

  /** Root over the stored bytes of the first `size` events (default: all); null: there are not so many. */
  digest(size: number | undefined): Digest | null {
    const tree = new TileReader(this.tiles, this.size());
    if (size !== undefined && size > tree.size) return null;
    return { size: size ?? tree.size, root: toHex(tree.root(size)) };
  }

  /** The same over the events of one contract. */
  contractDigest(contractId: string, size: number | undefined): Digest | null {
    const all = new TileReader(this.tiles, this.size());
    const sequences = this.ofContract(contractId, -1, all.size).filter((s) => s < all.size);
    if (size !== undefined && size > sequences.length) return null;
    const tree = new MerkleTree();
    for (const s of sequences.slice(0, size)) tree.append(all.leavesBetween(s, s + 1));
    return { size: tree.size, root: toHex(tree.root()) };
  }

  consumers(): Consumer[] {
    const rows = this.all<{ name: string; sequence: number; id: string; acknowledgedAt: string }>('SELECT name, sequence, id, acknowledged_at AS acknowledgedAt FROM consumers ORDER BY name');
    return rows.map(({ name, sequence, id, acknowledgedAt }) => ({ name, cursor: sequence === BEFORE_FIRST ? null : { sequence, id }, acknowledgedAt }));
  }
}
