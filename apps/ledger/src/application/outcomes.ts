import type { Position } from '@app/event-store';

/**
 * Outcomes that the log may hold and the read model of commands does not know yet. Lets a command with a new key go on
 * without asking the log for an outcome that cannot be there: this process alone writes them.
 */
export class RecentOutcomes {
  /** Position of each outcome, null while its append is under way or its fate is unknown; oldest first. */
  private readonly recent = new Map<string, Position | null>();
  /** Up to here nothing is known without the read model; undefined before the log's end at the opening is known. */
  private forgotten: Position | null | undefined;

  constructor(
    private readonly compare: (a: Position, b: Position) => number,
    private readonly kept = 50_000,
  ) {}

  /** The log's end when this process had opened it, before any command. */
  openedAt(head: Position | null): void {
    this.forgotten = head;
  }

  /** An outcome is about to be appended. */
  begin(commandId: string): void {
    this.recent.set(commandId, null);
    if (this.recent.size <= this.kept) return;
    const [oldest, position] = this.recent.entries().next().value!;
    this.recent.delete(oldest);
    // What was never answered has no position: from now on only the log knows.
    this.forgotten = position === null || this.forgotten === undefined ? undefined : this.later(this.forgotten, position);
  }

  done(commandId: string, position: Position): void {
    if (this.recent.has(commandId)) this.recent.set(commandId, position);
  }

  /** Whether the log has to be asked, where the read model holds everything up to `known` and nothing of this command. */
  unsure(commandId: string, known: Position | null): boolean {
    if (this.forgotten === undefined) return true;
    if (this.forgotten !== null && (known === null || this.compare(this.forgotten, known) > 0)) return true;
    if (known !== null)
      for (const [id, position] of this.recent) {
        if (position === null || this.compare(position, known) > 0) break;
        this.recent.delete(id);
      }
    return this.recent.has(commandId);
  }

  private later(a: Position | null, b: Position): Position {
    return a === null || this.compare(b, a) > 0 ? b : a;
  }
}
