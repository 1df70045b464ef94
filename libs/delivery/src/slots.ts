/** So many requests at a time over all endpoints; who found none is told when one is free, in turn. */
export class Slots {
  private readonly waiting = new Set<() => void>();

  constructor(private free: number) {}

  /** Whether one was taken; if not, `wake` is called once one may be. */
  take(wake: () => void): boolean {
    if (this.free > 0) {
      this.free--;
      this.waiting.delete(wake);
      return true;
    }
    this.waiting.add(wake);
    return false;
  }

  give(): void {
    this.free++;
    const [first] = this.waiting;
    if (first === undefined) return;
    this.waiting.delete(first);
    first();
  }
}
