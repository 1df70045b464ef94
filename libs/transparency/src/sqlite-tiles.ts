import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { TileStore } from './tiles.js';

/** `<level> * LEVEL + <index>` is a tile's row. */
const LEVEL = 2 ** 40;

export const TILES_TABLE = 'CREATE TABLE IF NOT EXISTS tiles (place INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;';

/** Tiles in the table {@link TILES_TABLE} of a SQLite file; transactions are the file's owner's. */
export class SqliteTiles implements TileStore {
  private reading: StatementSync | undefined;
  private writing: StatementSync | undefined;

  constructor(private readonly db: DatabaseSync) {}

  read(level: number, index: number): Uint8Array | null {
    this.reading ??= this.db.prepare('SELECT hashes FROM tiles WHERE place = ?');
    return (this.reading.get(level * LEVEL + index) as { hashes: Uint8Array } | undefined)?.hashes ?? null;
  }

  write(level: number, index: number, hashes: Uint8Array): void {
    this.writing ??= this.db.prepare('INSERT INTO tiles VALUES (?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes');
    this.writing.run(level * LEVEL + index, hashes);
  }
}
