import type { MessagePort } from 'node:worker_threads';

/** What the thread is started with. */
export interface AppendThreadData {
  readonly file: string;
  readonly port: MessagePort;
  /** Two counters: [0] messages sent to the thread, [1] answers sent by it. Waited on instead of an event loop. */
  readonly signal: SharedArrayBuffer;
  /** Upper bound of the file's size in bytes; 0 for none. */
  readonly maxBytes: number;
}

/**
 * One message: appends laid flat, because cloning one array of texts is much cheaper than cloning objects.
 * Each append is: stream, expected revision (-1: none), number of events n, then n times id, type, data, metadata.
 * `null` asks the thread to finish.
 */
export type AppendRequest = (string | number)[] | null;

/**
 * Answers in the order of the appends, for one or more whole messages, three values each:
 * `OK, revision, position` · `CONFLICT, actual revision, 0` · `FAILED, SQLite result code, text`. `null`: finished.
 */
export type AppendAnswer = (string | number)[];

/** Which of the counters counts answers; others wait on it for the log to grow. */
export const ANSWERS = 1;

export const OK = 0;
export const CONFLICT = 1;
export const FAILED = 2;

/** SQLite's result code for an input or output error. */
export const SQLITE_IOERR = 10;

/**
 * The only writer of the log. Runs in a thread of its own from its source text (see embedded.ts), so it must not
 * touch anything outside its parameters. Never returns to an event loop: it sleeps on `signal` and takes all messages
 * that have come meanwhile into one commit.
 */
/* istanbul ignore next -- counters of a coverage tool do not exist in the thread */
export function appendThread(sqlite: typeof import('node:sqlite'), threads: typeof import('node:worker_threads')): void {
  const { file, port, signal, maxBytes } = threads.workerData as AppendThreadData;
  // Pages of 4 KiB in the write-ahead log. Kept small: syncing a file that still grows takes twice as long as one reused.
  const CHECKPOINT_PAGES = 1_000;
  const HEADS_KEPT = 50_000;
  const GROUP = 32; // messages in one commit
  const SQLITE_CONSTRAINT_UNIQUE = 2067;
  const POLL_MS = 0.1;
  const POLL_PAUSE_MS = 5;

  const flags = new Int32Array(signal);
  const db = new sqlite.DatabaseSync(file, { timeout: 5_000 });
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864');
  if (maxBytes > 0) {
    const { page_size: pageSize } = db.prepare('PRAGMA page_size').get() as { page_size: number };
    db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageSize)}`);
  }
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  // One row at a time: a statement with many rows is slower here.
  const insert = db.prepare('INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const selectHead = db.prepare('SELECT max(revision) AS head FROM events WHERE stream = ?');
  const selectLast = db.prepare('SELECT max(position) AS last FROM events');
  const selectIds = db.prepare('SELECT id, position FROM events WHERE stream = ? AND revision > ? AND revision <= ? ORDER BY revision');
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

  const lastPosition = (): number => (selectLast.get() as { last: number | null }).last ?? 0;
  let last = lastPosition();
  let pages = 0; // estimate of what the write-ahead log has grown by
  /** Last revisions of streams written lately; emptied whenever a transaction did not go through. */
  const heads = new Map<string, number>();

  const readHead = (stream: string): number => (selectHead.get(stream) as { head: number | null }).head ?? -1;

  /** The stored position of the last of these events if the stream holds exactly them right after `expected`; else 0. */
  const alreadyThere = (m: (string | number)[], at: number, stream: string, expected: number, n: number): number => {
    const rows = selectIds.all(stream, expected, expected + n) as { id: string; position: number }[];
    if (rows.length !== n) return 0;
    for (let k = 0; k < n; k++) if (rows[k]!.id !== m[at + 4 * k]) return 0;
    return rows[n - 1]!.position;
  };

  /** Writes the event at `m[at]`; false if the stream has that revision already. */
  const write = (m: (string | number)[], at: number, stream: string, revision: number): boolean => {
    try {
      insert.run(last + 1, stream, revision, m[at]!, m[at + 1]!, m[at + 2]!, m[at + 3]!);
    } catch (error) {
      if ((error as { errcode?: number }).errcode === SQLITE_CONSTRAINT_UNIQUE) return false;
      throw error;
    }
    last++;
    pages += ((m[at + 2] as string).length + (m[at + 3] as string).length) / 4096;
    return true;
  };

  /** Decides and writes the append at `m[i]`; returns where the next one begins. */
  const appendOne = (m: (string | number)[], i: number, out: AppendAnswer): number => {
    const stream = m[i] as string;
    const expected = m[i + 1] as number;
    const n = m[i + 2] as number;
    const first = i + 3;
    const end = first + 4 * n;
    let head = heads.get(stream);
    // A stream that nothing is known of begins by trying: the index that would be asked is the one that refuses.
    const trying = head === undefined && expected === -1;
    if (trying ? !write(m, first, stream, 0) : head !== expected) head = readHead(stream); // no refusal from memory
    else head = expected;
    if (head !== expected) {
      const position = head > expected ? alreadyThere(m, first, stream, expected, n) : 0;
      if (position) out.push(0, expected + n, position);
      else out.push(1, head, 0);
      return end;
    }
    for (let k = trying ? 1 : 0; k < n; k++) if (!write(m, first + 4 * k, stream, expected + 1 + k)) throw new Error(`${stream} was written by another process`);
    if (heads.size >= HEADS_KEPT) heads.clear();
    heads.set(stream, expected + n);
    pages += 1; // of the index
    out.push(0, expected + n, last);
    return end;
  };

  /** One transaction; throws when it was not committed. What was remembered is forgotten then. */
  const transact = (work: () => void): void => {
    try {
      begin.run();
      work();
      commit.run();
      pages += 1;
    } catch (error) {
      heads.clear();
      if (db.isTransaction) rollback.run();
      last = lastPosition();
      throw error;
    }
  };

  const failure = (error: unknown): [number, number, string] => {
    const e = error as { errcode?: number; message?: string };
    const code = (e.errcode ?? 0) & 0xff;
    return [2, code, String(e.message ?? error)];
  };

  /** Set by an I/O error: what a failed sync left on disk is not known, so nothing more is written until a restart. */
  let broken: unknown = null;

  const alone = (m: (string | number)[], i: number): AppendAnswer => {
    const answer: AppendAnswer = [];
    try {
      if (broken) throw broken;
      transact(() => void appendOne(m, i, answer));
      return answer;
    } catch (error) {
      const failed = failure(error);
      if (failed[1] === 10) broken = error;
      return failed;
    }
  };

  const serve = (group: (string | number)[][]): void => {
    let answer: AppendAnswer = [];
    try {
      if (broken) throw broken;
      transact(() => {
        for (const m of group) for (let i = 0; i < m.length; ) i = appendOne(m, i, answer);
      });
    } catch (error) {
      if (failure(error)[1] === 10) broken = error;
      // One append must not spoil the others' commit: each again, alone.
      answer = [];
      for (const m of group) for (let i = 0; i < m.length; i += 3 + 4 * (m[i + 2] as number)) answer.push(...alone(m, i));
    }
    port.postMessage(answer);
    Atomics.add(flags, 1, 1);
    Atomics.notify(flags, 1);
  };

  const tidy = (): void => {
    pages = 0;
    try {
      checkpoint.run();
    } catch {
      // busy or full: the next one will do it
    }
  };

  let pollAgainAt = 0;
  for (;;) {
    const seen = Atomics.load(flags, 0);
    const group: (string | number)[][] = [];
    let finish = false;
    while (group.length < GROUP) {
      const received = threads.receiveMessageOnPort(port);
      if (!received) break;
      if (received.message === null) finish = true;
      else group.push(received.message as (string | number)[]);
    }
    if (group.length > 0) serve(group);
    if (finish) break;
    // The write-ahead log is copied back after the answers went out, in a pause if there is one.
    if (pages > CHECKPOINT_PAGES * 2 || (pages > CHECKPOINT_PAGES && Atomics.load(flags, 0) === seen)) tidy();
    if (group.length > 0 && performance.now() >= pollAgainAt) {
      // Waking a sleeping thread takes about as long as a commit on a fast disk: look out briefly, while that pays.
      const until = performance.now() + POLL_MS;
      while (Atomics.load(flags, 0) === seen && performance.now() < until);
      if (Atomics.load(flags, 0) === seen) pollAgainAt = performance.now() + POLL_PAUSE_MS;
    }
    if (group.length < GROUP) Atomics.wait(flags, 0, seen);
  }
  // The last connection to close takes the write-ahead log away, which a reading one cannot: let the reader go first.
  const asked = Atomics.load(flags, 0);
  port.postMessage(null);
  Atomics.wait(flags, 0, asked, 1_000);
  db.close();
  port.close();
}
