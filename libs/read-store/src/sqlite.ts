import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { asStatement, clustered, isPassing, sqliteDialect, statementCache } from './dialect.js';
import {
  type Projection,
  type ReadStore,
  type Statement,
  type TableMaker,
  type Track,
  type TrackStore,
  type TrackWriter,
  UnsupportedReadStore,
} from './port.js';

export interface ReadStoreOptions {
  /** Path of `read.sqlite`; made when absent. */
  readonly file: string;
}

/** Opens the read models of a data folder. @throws {UnsupportedReadStore} */
export function openReadStore<Schema>({ file }: ReadStoreOptions): ReadStore<Schema> {
  return new SqliteReadStore<Schema>(file);
}

const FORMAT = 1;
/** Marks the file as ours, so that only our own is ever thrown away and rebuilt. */
const APPLICATION_ID = 0x636c_7273;

const SCHEMA = `
  CREATE TABLE ledger (id TEXT NOT NULL) STRICT;
  CREATE TABLE checkpoints (
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    serving INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    tables TEXT NOT NULL,
    position TEXT,
    known_time TEXT,
    reason TEXT,
    event_id TEXT,
    event_position TEXT,
    updated_at TEXT,
    PRIMARY KEY (projection, generation)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;
const RESERVED = new Set(['ledger', 'checkpoints']);

/** Unmoving pictures that are read at the same time; more wait for their turn. */
const MAX_SNAPSHOTS = 8;

class SqliteReadStore<Schema> implements ReadStore<Schema> {
  readonly db: Kysely<Schema>;
  readonly tracks: SqliteTracks;
  readonly statement: <R>(sql: string) => Statement<R>;
  private readonly writing: DatabaseSync;
  private readonly reading: DatabaseSync;
  private readonly idle: Kysely<Schema>[] = [];
  private readonly waiting: (() => void)[] = [];
  private snapshots = 0;
  private closed = false;

  constructor(private readonly file: string) {
    this.writing = new DatabaseSync(file, { timeout: 5000 });
    try {
      prepareFile(this.writing, file);
    } catch (error) {
      this.writing.close();
      throw error;
    }
    this.reading = this.openReader();
    this.db = new Kysely({ dialect: sqliteDialect(this.reading) });
    this.statement = statementCache((sql) => asStatement(this.reading.prepare(sql))) as <R>(sql: string) => Statement<R>;
    this.tracks = new SqliteTracks(this.writing);
  }

  async withReadTransaction<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    while (this.idle.length === 0 && this.snapshots >= MAX_SNAPSHOTS) await new Promise<void>((free) => this.waiting.push(free));
    const kysely = this.idle.pop() ?? this.openSnapshot();
    try {
      return await kysely.transaction().execute(work);
    } finally {
      this.idle.push(kysely);
      this.waiting.shift()?.();
      if (this.closed) await this.closeIdle();
    }
  }

  snapshot<T>(work: () => T): T {
    if (this.reading.isTransaction) return work();
    this.reading.exec('BEGIN');
    try {
      return work();
    } finally {
      this.reading.exec('COMMIT');
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.closeIdle();
    this.reading.close();
    this.tracks.close();
  }

  private openReader(): DatabaseSync {
    const db = new DatabaseSync(this.file, { readOnly: true, timeout: 5000 });
    db.exec('PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;');
    return db;
  }

  private openSnapshot(): Kysely<Schema> {
    this.snapshots++;
    return new Kysely({ dialect: sqliteDialect(this.openReader()) });
  }

  private async closeIdle(): Promise<void> {
    for (const kysely of this.idle.splice(0)) await kysely.destroy();
  }
}

/** Throws on a newer or foreign file; an older one of ours is emptied, for its rows can be rebuilt. */
function prepareFile(db: DatabaseSync, file: string): void {
  const number = (query: string) => Object.values(db.prepare(query).get() ?? {})[0] as number;
  const ours = number('PRAGMA application_id') === APPLICATION_ID;
  const version = number('PRAGMA user_version');
  if (!ours && number('SELECT count(*) FROM sqlite_schema') > 0)
    throw new UnsupportedReadStore(`${file} does not hold read models`);
  if (version > FORMAT)
    throw new UnsupportedReadStore(`${file} has data format ${version}, this build knows up to ${FORMAT}: use a newer build`);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;`);
  if (version === FORMAT) return;
  db.exec('BEGIN IMMEDIATE');
  const old = db.prepare(
    `SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite_%' ORDER BY type DESC`,
  );
  for (const { type, name } of old.all()) db.exec(`DROP ${String(type)} ${quoted(String(name))}`);
  db.exec(SCHEMA);
  db.exec('COMMIT');
}

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const quoted = (name: string): string => `"${name}"`;

function physical(track: Track, logical: string): string {
  return `${logical}_g${track.generation}`;
}

class SqliteTracks implements TrackStore {
  private readonly kysely: Kysely<unknown>;
  private readonly prepare: (sql: string) => Statement;
  private readonly updateTrack: Statement;
  readonly isPassing = isPassing;

  constructor(private readonly db: DatabaseSync) {
    this.kysely = new Kysely({ dialect: sqliteDialect(db) });
    this.prepare = statementCache((sql) => asStatement(db.prepare(sql)));
    this.updateTrack = this.prepare(
      `UPDATE checkpoints SET version = ?, serving = ?, complete = ?, position = ?, known_time = ?, reason = ?, event_id = ?,
         event_position = ?, updated_at = ? WHERE projection = ? AND generation = ?`,
    );
  }

  transaction<T>(work: () => T | Promise<T>): Promise<T> {
    return this.bracket('BEGIN IMMEDIATE', work, 'COMMIT', ['ROLLBACK']);
  }

  savepoint<T>(work: () => T | Promise<T>): Promise<T> {
    return this.bracket('SAVEPOINT part', work, 'RELEASE part', ['ROLLBACK TO part', 'RELEASE part']);
  }

  ledger(): string | null {
    return (this.prepare('SELECT id FROM ledger').get() as { id: string } | undefined)?.id ?? null;
  }

  setLedger(ledgerId: string): void {
    this.prepare('DELETE FROM ledger').run();
    this.prepare('INSERT INTO ledger VALUES (?)').run(ledgerId);
  }

  tracks(): Track[] {
    return (this.prepare('SELECT * FROM checkpoints ORDER BY projection, generation').all() as CheckpointRow[]).map((r) => ({
      projection: r.projection,
      generation: r.generation,
      version: r.version,
      serving: r.serving === 1,
      complete: r.complete === 1,
      tables: JSON.parse(r.tables) as string[],
      position: r.position,
      knownTime: r.known_time,
      reason: r.reason,
      event: r.event_id !== null && r.event_position !== null ? { id: r.event_id, position: r.event_position } : null,
      updatedAt: r.updated_at,
    }));
  }

  create(projection: Projection<never>, track: Track): void {
    for (const logical of track.tables) {
      if (!NAME.test(logical) || RESERVED.has(logical)) throw new Error(`${logical} cannot be the name of a table`);
      const make = projection.tables[logical];
      if (!make) throw new Error(`${projection.name} does not make the table ${logical}`);
      const name = physical(track, logical);
      const schema = this.kysely.schema;
      const maker: TableMaker = {
        table: schema.createTable(name),
        clustered: clustered(schema.createTable(name)),
        index: (index) => schema.createIndex(`${name}_${index}`).on(name),
      };
      for (const statement of make(maker)) this.db.exec(statement.compile().sql);
    }
    if (track.serving) this.lookAt(track);
    this.prepare(
      'INSERT INTO checkpoints (projection, generation, version, serving, complete, tables) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(
      track.projection,
      track.generation,
      track.version,
      Number(track.serving),
      Number(track.complete),
      JSON.stringify(track.tables),
    );
  }

  save(t: Track): void {
    this.updateTrack.run(
      t.version,
      Number(t.serving),
      Number(t.complete),
      t.position,
      t.knownTime,
      t.reason,
      t.event?.id ?? null,
      t.event?.position ?? null,
      t.updatedAt,
      t.projection,
      t.generation,
    );
  }

  swap(from: Track, to: Track): void {
    // Version 0 is nobody's: should the removal not happen, the next start does it.
    this.save({ ...from, serving: false, version: 0 });
    this.dropViews(from);
    this.lookAt(to);
    this.save(to);
  }

  drop(track: Track): void {
    if (track.serving) this.dropViews(track);
    for (const logical of track.tables) this.db.exec(`DROP TABLE IF EXISTS ${quoted(physical(track, logical))}`);
    this.prepare('DELETE FROM checkpoints WHERE projection = ? AND generation = ?').run(track.projection, track.generation);
  }

  writer(track: Track): TrackWriter {
    const table = (logical: string): string => {
      if (!track.tables.includes(logical)) throw new Error(`${track.projection} has no table ${logical}`);
      return physical(track, logical);
    };
    const prepare = statementCache((sql) =>
      asStatement(this.db.prepare(sql.replace(/\{(\w+)\}/g, (_, logical: string) => quoted(table(logical))))),
    );
    let memory: unknown;
    return {
      table,
      prepare: prepare as TrackWriter['prepare'],
      memory: <M>(make: () => M) => (memory ??= make()) as M,
      forget: () => (memory = undefined),
      knownTime: null,
      complete: track.complete,
    };
  }

  close(): void {
    this.db.close();
  }

  /** Waits only where the work itself does: synchronous work is never interleaved with anything. */
  private async bracket<T>(open: string, work: () => T | Promise<T>, close: string, undo: readonly string[]): Promise<T> {
    this.prepare(open).run();
    try {
      const result = work();
      const value = isPromise(result) ? await result : result;
      this.prepare(close).run();
      return value;
    } catch (error) {
      // SQLite itself takes the whole transaction back after some errors (disk full).
      if (this.db.isTransaction) for (const sql of undo) this.prepare(sql).run();
      throw error;
    }
  }

  private lookAt(track: Track): void {
    for (const logical of track.tables)
      this.db.exec(`CREATE VIEW ${quoted(logical)} AS SELECT * FROM ${quoted(physical(track, logical))}`);
  }

  private dropViews(track: Track): void {
    for (const logical of track.tables) this.db.exec(`DROP VIEW IF EXISTS ${quoted(logical)}`);
  }
}

const isPromise = <T>(x: T | Promise<T>): x is Promise<T> =>
  typeof (x as { then?: unknown } | null | undefined)?.then === 'function';

interface CheckpointRow {
  readonly projection: string;
  readonly generation: number;
  readonly version: number;
  readonly serving: number;
  readonly complete: number;
  readonly tables: string;
  readonly position: string | null;
  readonly known_time: string | null;
  readonly reason: string | null;
  readonly event_id: string | null;
  readonly event_position: string | null;
  readonly updated_at: string | null;
}
