import { Refused } from './problem.js';

const MINUTE_MS = 60_000;
/** Subjects remembered before those with nothing spent are forgotten. */
const KEPT = 10_000;

/**
 * How many commands each subject may send, before anything is decided: a flood is turned away at the door, so that what
 * is decided can always be recorded. Each subject has a minute's worth, spent by commands and given back evenly.
 */
export class RateLimit {
  /** What is left of each subject's minute, in milliseconds, and when that was so. */
  private readonly minutes = new Map<string, { left: number; at: number }>();
  private readonly cost: number;

  constructor(
    private readonly perMinute: number,
    /** Milliseconds that never go back. */
    private readonly now: () => number = () => performance.now(),
  ) {
    this.cost = MINUTE_MS / perMinute;
  }

  /** Takes one of a subject's; throws 429 with Retry-After where none is left. */
  take(subject: string): void {
    const at = this.now();
    const before = this.minutes.get(subject);
    const left = before ? Math.min(MINUTE_MS, before.left + at - before.at) : MINUTE_MS;
    const refused = left < this.cost;
    this.minutes.set(subject, { left: refused ? left : left - this.cost, at });
    if (this.minutes.size > KEPT) this.forget(at);
    if (!refused) return;
    const retryAfter = Math.ceil((this.cost - left) / 1_000);
    throw new Refused(429, 'too-many-requests', { perMinute: this.perMinute, retryAfter }, { 'retry-after': String(retryAfter) });
  }

  private forget(at: number): void {
    for (const [subject, m] of this.minutes) if (m.left + at - m.at >= MINUTE_MS) this.minutes.delete(subject);
  }
}
