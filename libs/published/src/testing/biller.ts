/**
 * The simplest biller there can be: it keeps lines by id, drops what is void, and adds up. It knows no agreement rule and
 * no calendar, and shares no code with the translator.
 */
interface Segment {
  lineId: string; subject: string; clause: string; from: string; to: string | null; fee: number;
  partialMonths: { month: string; amount: number }[];
}
interface Charge {
  lineId: string; chargeId: string; kind: string; subject: string; clause: string; dueOn: string; amount: number | null;
}
export interface Bill {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly clause: string;
  readonly dueOn: string;
  readonly amount: number | null;
}

const after = (month: string): string => {
  const [y, m] = month.split('-').map(Number) as [number, number];
  return m === 12 ? `${y + 1}-01` : `${y}-${String(m + 1).padStart(2, '0')}`;
};

export interface Faults {
  /** Forgets what events declare void. */
  readonly keepsVoids?: boolean;
  /** Bills whole months only. */
  readonly noPartialMonths?: boolean;
  /** Adds lines instead of replacing them. */
  readonly addsUp?: boolean;
}

export class Biller {
  private readonly segments = new Map<string, Segment>();
  private readonly charges = new Map<string, Charge>();
  constructor(private readonly faults: Faults = {}) {}

  receive(data: object): void {
    const { segments, charges, voids } = data as { segments: Segment[]; charges: Charge[]; voids: string[] };
    if (!this.faults.keepsVoids) for (const id of voids) { this.segments.delete(id); this.charges.delete(id); }
    for (const s of segments) this.segments.set(this.faults.addsUp ? `${s.lineId} ${this.segments.size}` : s.lineId, s);
    for (const c of charges) this.charges.set(c.lineId, c);
  }

  /** Everything that falls due by the end of a month, by id. */
  billsThrough(last: string): Map<string, Bill> {
    const bills = new Map<string, Bill>();
    for (const { chargeId, kind, subject, clause, dueOn, amount } of this.charges.values())
      // A settlement of 0 yen says why nothing is due; it is no charge.
      if (dueOn.slice(0, 7) <= last && !(kind === 'settlement' && amount === 0)) bills.set(chargeId, { id: chargeId, kind, subject, clause, dueOn, amount });
    for (const { subject, clause, from, to, fee, partialMonths } of this.segments.values())
      for (let month = from.slice(0, 7); month <= last && (to === null || month <= to.slice(0, 7)); month = after(month)) {
        const id = `${subject}:monthly:${month}`;
        const amount = this.faults.noPartialMonths ? fee : (partialMonths.find((p) => p.month === month)?.amount ?? fee);
        const dueOn = from.slice(0, 7) === month ? from : `${month}-01`;
        const sofar = bills.get(id);
        bills.set(id, { id, kind: 'monthly', subject, clause, dueOn: sofar && sofar.dueOn < dueOn ? sofar.dueOn : dueOn, amount: amount + (sofar?.amount ?? 0) });
      }
    return bills;
  }

  totalsThrough(last: string): Map<string, number> {
    const totals = new Map<string, number>();
    for (const { dueOn, amount } of this.billsThrough(last).values()) totals.set(dueOn.slice(0, 7), (totals.get(dueOn.slice(0, 7)) ?? 0) + (amount ?? 0));
    return totals;
  }
}
