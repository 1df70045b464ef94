/** What a ledger would publish of random lives, told together in one feed, and what it would charge. */
import { monthOf } from '@app/calendar';
import { canonicalJson } from '@app/kernel';
import { NO_MEMORY, sealed, translateAppend, type ContractMemory } from '@app/published';
import { RandomLife, type Script } from '../../../../libs/published/src/testing/lives.js';

export const SOURCE = 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e';

interface Told {
  readonly life: RandomLife;
  memory: ContractMemory;
  seen: number;
  moved: number;
}

export class PublishedLives {
  /** Stored events, in the order of the feed. */
  readonly feed: string[] = [];
  private readonly told: Told[];

  constructor(scripts: readonly Script[], name = 'life') {
    this.told = scripts.map((script, i) => ({ life: new RandomLife(script, `${name} ${i}`), memory: NO_MEMORY, seen: 0, moved: 0 }));
    for (const t of this.told) this.publish(t);
  }

  /** One move of the life at a place; false: they have all been made. */
  move(at: number): boolean {
    const open = this.told.filter((t) => t.moved < t.life.script.moves.length);
    const t = open[at % Math.max(1, open.length)];
    if (!t) return false;
    t.life.move(t.life.script.moves[t.moved++]!);
    this.publish(t);
    return true;
  }

  private publish(t: Told): void {
    for (; t.seen < t.life.appends.length; t.seen++) {
      const { memory, drafts } = translateAppend(t.memory, t.life.appends[t.seen]!, { holidays: null });
      t.memory = memory;
      for (const draft of drafts) this.feed.push(canonicalJson(sealed(draft, SOURCE, this.feed.length)));
    }
  }

  get contractIds(): string[] {
    return this.told.map((t) => t.life.contractId);
  }

  get today(): string {
    return this.told.map((t) => t.life.today).sort().at(-1)!;
  }

  /** What the ledger charges through a month, by `contract month charge`; what is still to be quoted counts as 0. */
  chargesThrough(month: string): Map<string, number> {
    const out = new Map<string, number>();
    for (const { life } of this.told)
      for (const c of life.charges().values()) if (monthOf(c.dueOn) <= month && c.amount) out.set(`${life.contractId} ${monthOf(c.dueOn)} ${c.id}`, c.amount);
    return out;
  }

  /** The last month that every life is known through. */
  get horizon(): string {
    return this.told.map((t) => monthOf(t.life.horizon) as string).sort()[0]!;
  }
}
