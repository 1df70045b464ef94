import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { commitment, deriveId, type TextRef } from '@app/kernel';

/** A name or free text of a command, on its way into the register. */
export interface RegisterText {
  /** What it is: `reason`, `document`, `note`, `contractorName`, `unitName`, … */
  readonly kind: string;
  /** Its path within the command; unique there. */
  readonly slot: string;
  /** Whom or what it belongs to (a contractor's or contract's id), for a later erasure. */
  readonly subject?: string;
  readonly text: string;
}

/** What is known of a text apart from the text. Instants are RFC 3339 UTC. */
export interface TextInfo {
  readonly ref: string;
  readonly commandId: string;
  readonly kind: string;
  readonly slot: string;
  readonly subject: string | null;
  readonly writtenAt: string;
  readonly erasedAt: string | null;
}

/** A text with the salt of its commitment, for those who are to check it. All null but `ref`: the register never had it. */
export interface Disclosed {
  readonly ref: string;
  readonly kind: string | null;
  /** Null: erased. */
  readonly text: string | null;
  readonly salt: string | null;
  readonly erasedAt: string | null;
}

/** `missing`: the register never had it (or it was swept); `altered`: text or commitment differ from what was written. */
export type Verdict = 'ok' | 'erased' | 'altered' | 'missing';

export interface RegisterOptions {
  /** Path of `register.sqlite`; made when absent, readable by its owner only. */
  readonly file: string;
  /** Opens an existing register for reading only. */
  readonly readOnly?: boolean;
  /** The instant of now; for tests. */
  readonly now?: () => Date;
}

export interface Register {
  /**
   * Keeps the texts of one command and answers their references in the given order, once they are durable. Written
   * once: a retry of the command answers what was first written. Calls of one turn of the event loop share a commit.
   * @throws {TextDiffers} the command already has another text in that slot; nothing of this call is kept
   */
  write(commandId: string, texts: readonly RegisterText[]): Promise<TextRef[]>;
  /** The texts by reference; null when erased or unknown. */
  read(refs: Iterable<string>): Map<string, string | null>;
  /** Whether the register still holds the very text that an event committed to. */
  verify(ref: TextRef): Verdict;
  describe(ref: string): TextInfo | null;
  /** Texts with their salts, in the given order. */
  disclose(refs: Iterable<string>): Disclosed[];
  /** References of the texts that belong to a subject and are not erased, in the order of writing. */
  held(subject: string): string[];
  /**
   * Removes texts with their salts for ever, from the file too, and keeps the references. Answers how many were
   * erased now. Backups made before still hold them.
   */
  erase(what: { readonly subject: string } | { readonly refs: readonly string[] }): number;
  /**
   * Removes the rows of commands whose append never came. Only to be called after the log was read to its head. What
   * was written or repeated since this register was opened is never touched (its append may be under way); rows an
   * earlier sweep has seen are skipped unless `all`.
   * @returns how many texts were removed
   */
  sweep(isKnownCommand: (commandId: string) => boolean | Promise<boolean>, options?: { readonly all?: boolean }): Promise<number>;
  /** A copy of the running register in a new file. Throws when the file exists. */
  backupTo(file: string): Promise<void>;
  /** Makes pending writes durable and lets go of the file. Idempotent. */
  close(): void;
}

/** A command is repeated with another text: its idempotency key was used for another request. */
export class TextDiffers extends Error {
  override readonly name = 'TextDiffers';
  constructor(
    readonly commandId: string,
    readonly slot: string,
  ) {
    super(`command ${commandId} already has another text at ${slot}`);
  }
}

/** The file is no register, or one of a newer build. */
export class UnsupportedRegister extends Error {
  override readonly name = 'UnsupportedRegister';
}

/** How long after a checkpoint that a reader held up it is tried again. */
const AGAIN_MS = 1_000;
const FORMAT = 1;
const ALL_PAGES = 2 ** 31 - 1;

const SCHEMA = `
  CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    command_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    text TEXT,
    salt TEXT,
    commitment TEXT NOT NULL,
    written_at TEXT NOT NULL,
    erased_at TEXT
  ) STRICT;
  CREATE INDEX texts_by_subject ON texts (subject) WHERE subject IS NOT NULL;
  CREATE TABLE sweeps (through INTEGER NOT NULL) STRICT;
  INSERT INTO sweeps VALUES (0);
  PRAGMA user_version = ${FORMAT};
`;

interface Row {
  readonly id: number;
  readonly ref: string;
  readonly command_id: string;
  readonly slot: string;
  readonly kind: string;
  readonly subject: string | null;
  readonly text: string | null;
  readonly salt: string | null;
  readonly commitment: string;
  readonly written_at: string;
  readonly erased_at: string | null;
}

interface Pending {
  readonly commandId: string;
  readonly texts: readonly RegisterText[];
  readonly resolve: (refs: TextRef[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The reference of a text follows from its command and slot, so a retry meets its own rows. */
const refOf = (commandId: string, slot: string): string => deriveId('text', commandId, slot);

const SALT_BYTES = 16;
let randomness = Buffer.alloc(0);
let used = 0;

/** 128 random bits, hex. The system is asked for many at a time: each asking costs as much as the hash itself. */
function newSalt(): string {
  if (used >= randomness.length) {
    randomness = randomBytes(SALT_BYTES * 256);
    used = 0;
  }
  return randomness.toString('hex', used, (used += SALT_BYTES));
}

/** References as {@link Register.write} would answer them, under salts that are thrown away: for a preview, which keeps nothing. */
export function provisionalRefs(commandId: string, texts: readonly RegisterText[]): TextRef[] {
  return texts.map((t) => ({ ref: refOf(commandId, t.slot), commitment: commitment(newSalt(), t.text) }));
}

/** Opens the register of a data folder. @throws {UnsupportedRegister} */
export function openRegister(options: RegisterOptions): Register {
  return new SqliteRegister(options);
}

class SqliteRegister implements Register {
  private readonly db: DatabaseSync;
  private readonly file: string;
  private readonly now: () => Date;
  private readonly byRef: StatementSync;
  private readonly textOf: StatementSync;
  private readonly insert: StatementSync;
  /** Rows up to here were there when the register was opened; younger ones may still await their append. */
  private readonly openedAt: number;
  /** Counted here, so that the number of a swept row is never given again. */
  private lastId: number;
  private pending: Pending[] = [];
  /** Commands of earlier processes that were repeated in this one: their append may be under way after all. */
  private readonly repeated = new Set<string>();
  private closed = false;

  constructor({ file, readOnly = false, now = () => new Date() }: RegisterOptions) {
    this.file = file;
    this.now = now;
    if (!readOnly && !existsSync(file)) closeSync(openSync(file, 'a', 0o600));
    this.db = new DatabaseSync(file, { readOnly, timeout: 5000 });
    try {
      this.prepareFile(file, readOnly);
      this.byRef = this.db.prepare('SELECT * FROM texts WHERE ref = ?');
      this.insert = this.db.prepare(
        'INSERT INTO texts (id, ref, command_id, slot, kind, subject, text, salt, commitment, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      );
      this.textOf = this.db.prepare('SELECT text FROM texts WHERE ref = ? AND erased_at IS NULL');
      this.openedAt = this.number('SELECT max((SELECT coalesce(max(id), 0) FROM texts), through) FROM sweeps');
      this.lastId = this.openedAt;
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  write(commandId: string, texts: readonly RegisterText[]): Promise<TextRef[]> {
    if (this.closed) return Promise.reject(new Error('the register is closed'));
    if (texts.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (this.pending.push({ commandId, texts, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  read(refs: Iterable<string>): Map<string, string | null> {
    const texts = new Map<string, string | null>();
    for (const ref of refs)
      if (!texts.has(ref)) texts.set(ref, (this.textOf.get(ref)?.['text'] as string | null | undefined) ?? null);
    return texts;
  }

  verify(ref: TextRef): Verdict {
    const row = this.row(ref.ref);
    if (!row) return 'missing';
    // The reference follows from command and slot, so neither can be another than it was.
    if (row.commitment !== ref.commitment || refOf(row.command_id, row.slot) !== ref.ref) return 'altered';
    // What was erased holds nothing: a text that stands there was put there by hand.
    if (row.erased_at !== null) return row.text === null && row.salt === null ? 'erased' : 'altered';
    return row.salt !== null && row.text !== null && commitment(row.salt, row.text) === ref.commitment ? 'ok' : 'altered';
  }

  describe(ref: string): TextInfo | null {
    const r = this.row(ref);
    if (!r) return null;
    const { command_id: commandId, kind, slot, subject, written_at: writtenAt, erased_at: erasedAt } = r;
    return { ref, commandId, kind, slot, subject, writtenAt, erasedAt };
  }

  disclose(refs: Iterable<string>): Disclosed[] {
    return Array.from(refs, (ref) => {
      const r = this.row(ref);
      const held = r?.erased_at === null ? r : undefined;
      return { ref, kind: r?.kind ?? null, text: held?.text ?? null, salt: held?.salt ?? null, erasedAt: r?.erased_at ?? null };
    });
  }

  held(subject: string): string[] {
    this.flush();
    return this.db.prepare('SELECT ref FROM texts WHERE subject = ? AND erased_at IS NULL ORDER BY id').all(subject).map((r) => r['ref'] as string);
  }

  erase(what: { readonly subject: string } | { readonly refs: readonly string[] }): number {
    this.flush();
    const set = 'UPDATE texts SET text = NULL, salt = NULL, erased_at = ? WHERE (erased_at IS NULL OR text IS NOT NULL OR salt IS NOT NULL) AND';
    const at = this.now().toISOString();
    const erased = this.transaction(() => {
      if ('subject' in what) return Number(this.db.prepare(`${set} subject = ?`).run(at, what.subject).changes);
      const one = this.db.prepare(`${set} ref = ?`);
      return what.refs.reduce((n, ref) => n + Number(one.run(at, ref).changes), 0);
    });
    // The write-ahead log still holds the pages as they were; secure_delete only covers the main file.
    if (erased > 0) this.empty();
    return erased;
  }

  async sweep(isKnownCommand: (commandId: string) => boolean | Promise<boolean>, { all = false } = {}): Promise<number> {
    const from = all ? 0 : this.number('SELECT through FROM sweeps');
    const commands = this.db.prepare('SELECT DISTINCT command_id FROM texts WHERE id > ? AND id <= ?').all(from, this.openedAt);
    const lost: string[] = [];
    for (const { command_id: id } of commands as unknown as { command_id: string }[])
      if (!(await isKnownCommand(id))) lost.push(id);
    this.flush();
    return this.transaction(() => {
      const remove = this.db.prepare('DELETE FROM texts WHERE id > ? AND id <= ? AND command_id = ?');
      const removed = lost
        .filter((id) => !this.repeated.has(id))
        .reduce((n, id) => n + Number(remove.run(from, this.openedAt, id).changes), 0);
      this.db.prepare('UPDATE sweeps SET through = max(through, ?)').run(this.openedAt);
      return removed;
    });
  }

  async backupTo(file: string): Promise<void> {
    if (existsSync(file)) throw new Error(`${file} exists already`);
    this.flush();
    closeSync(openSync(file, 'wx', 0o600));
    // A connection of its own, all pages in one step: one picture, while this one goes on writing.
    const reader = new DatabaseSync(this.file, { readOnly: true, timeout: 5000 });
    try {
      await backup(reader, file, { rate: ALL_PAGES });
    } finally {
      reader.close();
    }
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.db.close();
  }

  /** One durable transaction for everything that waits. A refused command does not hold up the others. */
  private flush(): void {
    if (this.pending.length === 0) return;
    const batch = this.pending;
    this.pending = [];
    try {
      const results = this.transaction(() => {
        const at = this.now().toISOString();
        return batch.map((p) => this.keep(p, at));
      });
      batch.forEach((p, i) => {
        const result = results[i];
        if (Array.isArray(result)) p.resolve(result);
        else p.reject(result);
      });
    } catch (error) {
      for (const p of batch) p.reject(error);
    }
  }

  /** Looks before it writes, so that a refused call leaves nothing behind. */
  private keep({ commandId, texts }: Pending, at: string): TextRef[] | TextDiffers {
    const kept = new Map<string, Row | undefined>();
    for (const t of texts) {
      const ref = refOf(commandId, t.slot);
      const row = this.row(ref);
      // An erased text can no longer be compared; its reference stands.
      if (kept.has(ref) || (row && row.erased_at === null && row.text !== t.text)) return new TextDiffers(commandId, t.slot);
      kept.set(ref, row);
    }
    return [...kept].map(([ref, row], i) => {
      if (row) {
        if (row.id <= this.openedAt) this.repeated.add(commandId);
        return { ref, commitment: row.commitment };
      }
      const { slot, kind, subject, text } = texts[i] as RegisterText;
      const salt = newSalt();
      const hash = commitment(salt, text);
      this.insert.run(++this.lastId, ref, commandId, slot, kind, subject ?? null, text, salt, hash, at);
      return { ref, commitment: hash };
    });
  }

  /** Empties the write-ahead log; a reader may hold it up, then it is tried again until it is done. */
  private empty(): void {
    if (this.closed || this.number('PRAGMA wal_checkpoint(TRUNCATE)') === 0) return;
    setTimeout(() => this.empty(), AGAIN_MS).unref();
  }

  private row(ref: string): Row | undefined {
    return this.byRef.get(ref) as unknown as Row | undefined;
  }

  private number(sql: string): number {
    return Object.values(this.db.prepare(sql).get() ?? {})[0] as number;
  }

  private transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private prepareFile(file: string, readOnly: boolean): void {
    const version = this.number('PRAGMA user_version');
    if (version > FORMAT)
      throw new UnsupportedRegister(`${file} has data format ${version}, this build knows up to ${FORMAT}: use a newer build`);
    if (version === 0 && (readOnly || this.number('SELECT count(*) FROM sqlite_schema') > 0))
      throw new UnsupportedRegister(`${file} is not a register of names and texts`);
    if (readOnly) return;
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
    if (version === 0) this.transaction(() => this.db.exec(SCHEMA));
  }
}
