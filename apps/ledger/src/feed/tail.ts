import type { StoredEvent } from '@app/event-store';

/** Kept at most: events, and characters of them. */
const EVENTS = 4_000;
const CHARACTERS = 16 * 1024 * 1024;

/**
 * The last published events in memory: many readers at the end of the feed cost the log one read. Published events
 * never change, so nothing here goes stale but by a rewind ({@link Tail.forget}).
 */
export class Tail {
  private kept: StoredEvent[] = [];
  private characters = 0;
  private readonly underWay = new Map<string, Promise<readonly StoredEvent[]>>();
  private generation = 0;

  constructor(private readonly fromLog: (from: number, limit: number) => Promise<StoredEvent[]>) {}

  /** Up to `limit` events from a revision on. */
  async read(from: number, limit: number): Promise<readonly StoredEvent[]> {
    if (limit <= 0) return [];
    const first = this.kept[0]?.revision ?? Number.POSITIVE_INFINITY;
    const at = from - first;
    if (at >= 0 && at + limit <= this.kept.length) return this.kept.slice(at, at + limit);
    const key = `${from} ${limit}`;
    let reading = this.underWay.get(key);
    if (!reading) {
      const { generation } = this;
      reading = this.fromLog(from, limit).then((events) => {
        if (generation === this.generation) this.keep(events);
        return events;
      });
      this.underWay.set(key, reading);
      const done = (): void => void this.underWay.delete(key);
      reading.then(done, done);
    }
    return reading;
  }

  forget(): void {
    this.generation++;
    this.kept = [];
    this.characters = 0;
    this.underWay.clear();
  }

  /** Takes in what goes on at the end; whatever lies further back is nobody's tail. */
  private keep(events: readonly StoredEvent[]): void {
    const next = (this.kept.at(-1)?.revision ?? -1) + 1;
    const fresh = events.filter((e) => this.kept.length === 0 || e.revision >= next);
    if (fresh.length === 0) return;
    if (this.kept.length > 0 && fresh[0]!.revision !== next) {
      this.kept = [];
      this.characters = 0;
    }
    for (const e of fresh) {
      this.kept.push(e);
      this.characters += e.rawData.length;
    }
    let drop = 0;
    while (this.kept.length - drop > EVENTS || (this.characters > CHARACTERS && this.kept.length - drop > 1)) this.characters -= this.kept[drop++]!.rawData.length;
    if (drop > 0) this.kept.splice(0, drop);
  }
}
