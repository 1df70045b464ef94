/** Runs work one at a time per key, in the order asked. Keeps nothing for keys that are idle. */
export class KeyedMutex {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key);
    const mine = before ? before.then(work, work) : work();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(key, settled);
    void settled.then(() => {
      if (this.tails.get(key) === settled) this.tails.delete(key);
    });
    return mine;
  }
}

/** Many may pass together; one may close the gate, wait until all have left, and be alone. */
export class Gate {
  private inside = 0;
  private closed: Promise<void> | null = null;
  private emptied: (() => void) | null = null;

  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed) await this.closed;
    this.inside++;
    try {
      return await work();
    } finally {
      if (--this.inside === 0) this.emptied?.();
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed) await this.closed;
    let open!: () => void;
    this.closed = new Promise((resolve) => (open = resolve));
    try {
      if (this.inside > 0) await new Promise<void>((resolve) => (this.emptied = resolve));
      this.emptied = null;
      return await work();
    } finally {
      this.closed = null;
      open();
    }
  }

  /** Resolves when nobody is inside. */
  async empty(): Promise<void> {
    await this.alone(async () => undefined);
  }
}
