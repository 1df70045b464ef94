import type { MessagePort } from 'node:worker_threads';
import type { CheckpointThreadData } from './checkpoint-thread.js';

/** What the thread is started with. */
export interface AppendThreadData {
  readonly file: string;
  readonly port: MessagePort;
  /** Two counters: [0] messages sent to the thread, [1] answers sent by it. Waited on instead of an event loop. */
  readonly signal: SharedArrayBuffer;
  /** Upper bound of the file's size in bytes; 0 for none. */
  readonly maxBytes: number;
  /** Source text of the thread that copies the write-ahead log back; see checkpoint-thread.ts. */
  readonly checkpoints: string;
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
  const { file, port, signal, maxBytes, checkpoints } = threads.workerData as AppendThreadData;
  // Pages of 4 KiB in the write-ahead log. A helper copies them back, portion by portion. A log that is LONG should begin
  // anew, since one that still grows takes twice as long to sync as one reused; only who appends can say that nothing
  // follows, so the last FEW are copied here, in a pause. One that is TOO_LONG does not wait for a pause.
  const PORTION = 1_000;
  const FEW = 64;
  const LONG = 16_000;
  const TOO_LONG = 32_000;
  const PAUSE_MS = 20;
  const HEADS_KEPT = 50_000;
  const GROUP = 32; // messages in one commit
  const SQLITE_CONSTRAINT_UNIQUE = 2067;
  const POLL_MS = 0.1;
  const POLL_PAUSE_MS = 5;

  const flags = new Int32Array(signal);
  const db = new sqlite.DatabaseSync(file, { timeout: 5_000 });
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 134217728');
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
  let pages = 0; // estimate of what the write-ahead log has grown by since it was last asked to be copied back
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

  /** Pages in the write-ahead log, and how many of them are not in the file, as of the last count. */
  let counted = 0;
  let behind = 0;
  let asked = 0;
  let heard = 0;
  let helper: Int32Array | null = null;
  /** The helper cannot be had, or ended: its work is done here. */
  let unaided = false;

  const length = (): number => counted + pages;

  const copyBack = (): void => {
    pages = 0;
    try {
      const { log, checkpointed } = checkpoint.get() as { log: number; checkpointed: number };
      if (log < 0) return;
      behind = log - checkpointed;
      // With everything in the file the next commit begins the log anew.
      counted = behind === 0 ? 0 : log;
    } catch {
      // the disk is full: the next one will do it
    }
  };

  const askHelper = (): void => {
    try {
      if (helper === null) {
        const workerData: CheckpointThreadData = { file, state: new SharedArrayBuffer(16) };
        // Only a log that is written to needs one.
        new threads.Worker(checkpoints, { eval: true, name: 'checkpoint', execArgv: [], workerData }).unref();
        helper = new Int32Array(workerData.state);
      }
    } catch {
      unaided = true;
      return;
    }
    counted += pages;
    behind += pages;
    pages = 0;
    Atomics.store(helper, 0, ++asked);
    Atomics.notify(helper, 0);
  };

  /** Takes the helper's count; false while it is at work. */
  const hearHelper = (): boolean => {
    if (helper === null || unaided || heard === asked) return true;
    const said = Atomics.load(helper, 1);
    unaided = said === -1;
    if (unaided || said !== asked) return unaided;
    heard = asked;
    const there = Atomics.load(helper, 2);
    if (there >= 0) {
      counted = there;
      behind = there - Atomics.load(helper, 3);
    }
    return true;
  };

  /** After answers went out; `idle`: nothing waits. */
  const tidy = (idle: boolean): void => {
    if (!hearHelper()) {
      if (length() < 2 * TOO_LONG) return;
      // A helper that cannot keep up is waited for; one that hangs is done without.
      unaided = Atomics.wait(helper!, 1, asked - 1, 5_000) === 'timed-out';
    }
    if (unaided) {
      if (pages > 2 * PORTION || (pages > PORTION && idle)) copyBack();
      return;
    }
    const rest = behind + pages;
    // A reader may hold back what is copied: then some more is awaited before the next try.
    if ((length() > TOO_LONG && pages > FEW) || (length() > LONG && idle && rest <= FEW)) copyBack();
    else if (pages > PORTION || (length() > LONG && rest > FEW)) askHelper();
  };

  /** Its connection must be closed before the last one. */
  const endHelper = (): void => {
    if (helper === null || unaided) return;
    Atomics.store(helper, 0, -1);
    Atomics.notify(helper, 0);
    for (let said = Atomics.load(helper, 1); said !== -1; said = Atomics.load(helper, 1)) if (Atomics.wait(helper, 1, said, 5_000) === 'timed-out') return;
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
    tidy(Atomics.load(flags, 0) === seen);
    if (group.length > 0 && performance.now() >= pollAgainAt) {
      // Waking a sleeping thread takes about as long as a commit on a fast disk: look out briefly, while that pays.
      const until = performance.now() + POLL_MS;
      while (Atomics.load(flags, 0) === seen && performance.now() < until);
      if (Atomics.load(flags, 0) === seen) pollAgainAt = performance.now() + POLL_PAUSE_MS;
    }
    if (group.length < GROUP) Atomics.wait(flags, 0, seen, length() > LONG ? PAUSE_MS : Infinity);
  }
  // The last connection to close takes the write-ahead log away, which a reading one cannot: let the reader go first.
  endHelper();
  const told = Atomics.load(flags, 0);
  port.postMessage(null);
  Atomics.wait(flags, 0, told, 1_000);
  db.close();
  port.close();
}
