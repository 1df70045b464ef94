/**
 * The rows of an embedded log as they lie in its file, for whoever checks it. Reads the table itself, never an index,
 * and writes nothing.
 */
import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { APPLICATION_ID, DATA_FORMAT, UPGRADES } from './embedded.js';

/** An event as it lies in the file; nothing in it was parsed. */
export interface RawEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly rawData: string;
  readonly rawMetadata: string;
}

/** As node:sqlite gives it: what is in a damaged file need not be of the column's type. */
type Row = readonly [position: number, stream: unknown, revision: unknown, id: unknown, type: unknown, data: unknown, metadata: unknown];

/** Of a table that is read whole: an index would only be a way to other rows. */
const SELECT = 'SELECT position, stream, revision, id, type, data, metadata FROM events NOT INDEXED';
const PAGE = 50;
/** Stands in a text as it is read where its bytes are no UTF-8, whichever they are. */
const REPLACEMENT = '\ufffd';
const doubtful = (text: unknown): boolean => typeof text === 'string' && text.includes(REPLACEMENT);

const toEvent = (r: Row): RawEvent => ({
  position: String(r[0]),
  stream: r[1] as string,
  revision: r[2] as number,
  id: r[3] as string,
  type: r[4] as string,
  rawData: r[5] as string,
  rawMetadata: r[6] as string,
});

const tablesOf = (db: DatabaseSync): string => JSON.stringify(db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all());

/**
 * What SQLite's file head says beyond what SQLite itself holds it to (sqlite.org/fileformat2): flags that would make the
 * file read-only or its texts another encoding, and bytes that are reserved.
 */
function headFaults(file: string): string[] {
  const head = Buffer.alloc(100);
  const fd = openSync(file, 'r');
  try {
    if (readSync(fd, head, 0, head.length, 0) < head.length) return ['its head is cut off'];
  } finally {
    closeSync(fd);
  }
  const wrong: string[] = [];
  if (head[18] !== head[19] || (head[18] !== 1 && head[18] !== 2)) wrong.push(`its head names the format versions ${head[18]} and ${head[19]}`);
  if (head.readUInt32BE(44) !== 4) wrong.push(`its head names the format ${head.readUInt32BE(44)} of tables`);
  if (head.readUInt32BE(56) !== 1) wrong.push(`its head names the encoding ${head.readUInt32BE(56)}, not UTF-8`);
  if (head.subarray(72, 92).some((byte) => byte !== 0)) wrong.push('its head has bytes where there are none');
  return wrong;
}

let made: string | null = null;
function tablesOfALog(): string {
  if (made !== null) return made;
  const db = new DatabaseSync(':memory:');
  for (const sql of UPGRADES) db.exec(sql);
  made = tablesOf(db);
  db.close();
  return made;
}

export class EmbeddedScan {
  private readonly page: StatementSync;
  private readonly bytes: StatementSync;

  private constructor(
    private readonly db: DatabaseSync,
    /** The file, where it is all there is; null: its first page may lie in the write-ahead log. */
    private readonly whole: string | null,
  ) {
    this.page = db.prepare(`${SELECT} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`);
    this.page.setReturnArrays(true);
    this.bytes = db.prepare('SELECT CAST(data AS BLOB) AS data, CAST(metadata AS BLOB) AS metadata FROM events NOT INDEXED WHERE position = ?');
  }

  /** @throws what SQLite says of a file that it cannot read */
  static open(file: string): EmbeddedScan {
    // A file nobody has open is read as it lies: opening it would leave files beside it.
    return EmbeddedScan.over(file, !existsSync(`${file}-wal`));
  }

  /** Beside the process that writes it: what is committed later is seen. */
  static beside(file: string): EmbeddedScan {
    return EmbeddedScan.over(file, false);
  }

  private static over(file: string, alone: boolean): EmbeddedScan {
    const db = alone ? new DatabaseSync(new URL(`${pathToFileURL(file).href}?immutable=1`), { readOnly: true }) : new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    try {
      db.exec('PRAGMA cache_size = -8192');
      return new EmbeddedScan(db, alone ? file : null);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** The last position; 0 in an empty log. */
  head(): number {
    return (this.db.prepare('SELECT max(position) AS head FROM events NOT INDEXED').get() as { head: number | null }).head ?? 0;
  }

  /** A text that is no UTF-8 is given as its bytes: read as a text it could be the same as one that is. */
  private rows(after: number, through: number, limit: number): Row[] {
    const rows = this.page.all(after, through, limit) as unknown as Row[];
    for (const [i, row] of rows.entries()) if (doubtful(row[5]) || doubtful(row[6])) rows[i] = this.held(row);
    return rows;
  }

  private held([position, stream, revision, id, type, ...texts]: Row): Row {
    const row = this.bytes.get(position) as { data: Uint8Array; metadata: Uint8Array } | undefined;
    // Pages were walked to it; in a damaged file the tree above them need not lead there.
    if (row === undefined) throw new Error(`position ${position} is not found again`);
    const held = (text: unknown, bytes: Uint8Array): unknown => (doubtful(text) && !isUtf8(bytes) ? bytes : text);
    return [position, stream, revision, id, type, held(texts[0], row.data), held(texts[1], row.metadata)];
  }

  /** The next events after a position. */
  after(position: number, limit: number): RawEvent[] {
    return this.rows(position, Number.MAX_SAFE_INTEGER, limit).map(toEvent);
  }

  /** Events after a position, up to and including another, in lots. @throws what SQLite says of a row that it cannot read, after the lots before it */
  *events(after: number, through: number): Generator<RawEvent[], void, undefined> {
    let limit = PAGE;
    for (let at = after; at < through; ) {
      let rows: Row[];
      try {
        rows = this.rows(at, through, limit);
      } catch (error) {
        if (limit === 1) throw error;
        limit = 1;
        continue;
      }
      if (rows.length === 0) return;
      yield rows.map(toEvent);
      const last = rows.at(-1)![0];
      // Pages that point at each other would be read for ever.
      if (last <= at) throw new Error('the positions go back');
      at = last;
    }
  }

  at(position: number): RawEvent | null {
    const [row] = this.rows(position - 1, position, 1);
    return row ? toEvent(row) : null;
  }

  /** Position of an event, looked for from the beginning. */
  find(id: string): number | null {
    const row = this.db.prepare('SELECT position FROM events NOT INDEXED WHERE id = ? ORDER BY position LIMIT 1').get(id) as { position: number } | undefined;
    return row?.position ?? null;
  }

  /** What is wrong with the file itself: its head and its tables; with `pages` also its pages, and an index that does not fit its table. */
  damage(pages: boolean): string[] {
    const pragma = (name: string): number => Number(Object.values(this.db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const wrong: string[] = [];
    if (pragma('application_id') !== APPLICATION_ID) wrong.push('it is not marked as a log of this ledger');
    if (pragma('user_version') !== DATA_FORMAT) wrong.push(`its data format is ${pragma('user_version')}, not ${DATA_FORMAT}`);
    if (this.whole !== null) wrong.push(...headFaults(this.whole));
    if (tablesOf(this.db) !== tablesOfALog()) wrong.push('its tables are not those of a log');
    if (!pages) return wrong;
    const said = this.db.prepare('PRAGMA integrity_check(3)').all() as { integrity_check: string }[];
    if (said.length !== 1 || said[0]!.integrity_check !== 'ok') wrong.push(...said.map((s) => s.integrity_check));
    return wrong;
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}
