/** What a biller should have of a contract, from its published events alone: the ledger's side of a reconciliation. */
import { sumYen } from '@app/money';
import type { Envelope, Money } from './events.js';
import { amountIn, type BillingLine } from './picture.js';

/** An event that says a line, and what the line came to by it. */
export interface SaidBy {
  readonly id: string;
  readonly sequence: string;
  readonly type: string;
  /** Yen of the line in the month once the event was applied. */
  readonly amount: number;
}

export interface LineInMonth {
  readonly lineId: string;
  /** Null: no event of the contract says such a line. */
  readonly subject: string | null;
  readonly clause: string | null;
  /** Yen in the month; 0 where the line is void or no longer falls in it. */
  readonly amount: number;
  readonly events: readonly SaidBy[];
}

export interface Claim {
  /** `YYYY-MM` */
  readonly month: string;
  /** Yen. */
  readonly total: number;
  /** The biller's lines in the month: then the answer holds those that differ, and no others. */
  readonly lines?: readonly { readonly lineId: string; readonly amount: number }[];
}

export interface Difference {
  readonly month: string;
  readonly total: number;
  readonly expected: number;
  /** Nothing was published of the contract. */
  readonly unknown?: true;
  /** Lines that fall in the month, or once did. */
  readonly lines: readonly LineInMonth[];
}

type Event = Envelope & { readonly data: Money };

/** The published events of one contract, folded as a biller folds them. Month and line are looked up when asked for. */
export class PublishedContract {
  private readonly told = new Map<string, { readonly event: Event; readonly line: BillingLine | null }[]>();

  private empty = true;

  constructor(events: Iterable<Event>) {
    for (const event of events) {
      this.empty = false;
      const { segments, charges, voids } = event.data;
      for (const lineId of voids) this.tell(lineId, event, null);
      for (const line of [...segments, ...charges]) this.tell(line.lineId, event, line);
    }
  }

  get isEmpty(): boolean {
    return this.empty;
  }

  private tell(lineId: string, event: Event, line: BillingLine | null): void {
    const said = this.told.get(lineId);
    if (said) said.push({ event, line });
    else this.told.set(lineId, [{ event, line }]);
  }

  total(month: string): number {
    return sumYen([...this.told.values()].map((said) => amount(said.at(-1)!.line, month)));
  }

  /** Every line that falls in the month or once did, in the order in which they were first said. */
  lines(month: string): LineInMonth[] {
    return [...this.told.keys()].map((id) => this.line(id, month)).filter((l) => l.events.some((e) => e.amount !== 0));
  }

  line(lineId: string, month: string): LineInMonth {
    const said = this.told.get(lineId) ?? [];
    const events = said.map(({ event: { id, sequence, type }, line }): SaidBy => ({ id, sequence, type, amount: amount(line, month) }));
    const { subject = null, clause = null } = said.findLast((s) => s.line !== null)?.line ?? {};
    return { lineId, subject, clause, amount: events.at(-1)?.amount ?? 0, events };
  }
}

const amount = (line: BillingLine | null, month: string): number => (line === null ? 0 : amountIn(line, month));

/** Where a biller's claim about a month differs from what was published; null: nowhere. `contract` null: nothing was published of it. */
export function differenceOf({ month, total, lines }: Claim, contract: PublishedContract | null): Difference | null {
  if (contract === null) return { month, total, expected: 0, unknown: true, lines: [] };
  const expected = contract.total(month);
  const ours = contract.lines(month);
  if (lines === undefined) return total === expected ? null : { month, total, expected, lines: ours };
  const claimed = new Map(lines.map((l) => [l.lineId, l.amount]));
  const ids = new Set([...ours.map((l) => l.lineId), ...claimed.keys()]);
  const differing = [...ids].map((id) => contract.line(id, month)).filter((l) => (claimed.get(l.lineId) ?? 0) !== l.amount);
  return total === expected && differing.length === 0 ? null : { month, total, expected, lines: differing };
}
