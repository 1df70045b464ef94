/** What the thread is started with. */
export interface CheckpointThreadData {
  readonly file: string;
  /**
   * Four numbers: [0] how often the thread was asked, -1 to end; [1] how often it has answered, -1 once it has ended;
   * [2] pages in the write-ahead log at the last answer, -1 when copying failed; [3] how many of them are in the file.
   */
  readonly state: SharedArrayBuffer;
}

/**
 * Copies the write-ahead log back into the file beside the thread that appends, so that no append waits for the file's
 * sync. Runs in a thread of its own from its source text (see append-thread.ts), so it must not touch anything outside
 * its parameters.
 */
/* istanbul ignore next -- counters of a coverage tool do not exist in the thread */
export function checkpointThread(sqlite: typeof import('node:sqlite'), threads: typeof import('node:worker_threads')): void {
  const { file, state } = threads.workerData as CheckpointThreadData;
  const flags = new Int32Array(state);
  const say = (answer: number): void => {
    Atomics.store(flags, 1, answer);
    Atomics.notify(flags, 1);
  };
  try {
    const db = new sqlite.DatabaseSync(file, { timeout: 5_000 });
    db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
    // Goes as far as readers let it, and never makes the writer wait.
    const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    for (let answered = 0; ; say(answered)) {
      Atomics.wait(flags, 0, answered);
      answered = Atomics.load(flags, 0);
      if (answered === -1) break;
      Atomics.store(flags, 2, -1);
      try {
        const { log, checkpointed } = checkpoint.get() as { log: number; checkpointed: number };
        Atomics.store(flags, 3, checkpointed);
        Atomics.store(flags, 2, log);
      } catch {
        // the disk is full: the next one will do it
      }
    }
    db.close();
  } finally {
    say(-1);
  }
}
