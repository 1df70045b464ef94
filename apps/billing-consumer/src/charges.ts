/** From lines to charges. No rule of the agreement and no calendar is needed: a line says its months. */
import type { Line } from './event.js';

/** A month, `YYYY-MM`. */
export type Month = string;

/** What is billed for one thing in one month; the ids are those of `GET /v1/charges`. */
export interface Charge {
  readonly month: Month;
  readonly id: string;
  readonly kind: 'initial' | 'monthly' | 'oneTime' | 'excess' | 'settlement';
  readonly subject: string;
  readonly clause: string;
  readonly dueOn: string;
  /** Yen, tax-exclusive; null until it is quoted. */
  readonly amount: number | null;
}

export const nextMonth = (month: Month): Month => {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
};

export const isMonth = (text: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);

/** The months that a line falls in; the last is null while no end is fixed. */
export function monthsOf(line: Line): { readonly first: Month; readonly last: Month | null } {
  if ('kind' in line) return { first: line.dueOn.slice(0, 7), last: line.dueOn.slice(0, 7) };
  return { first: line.from.slice(0, 7), last: line.to?.slice(0, 7) ?? null };
}

/** Yen of a line in a month that it falls in. */
export const amountIn = (line: Line, month: Month): number | null =>
  'kind' in line ? line.amount : (line.partialMonths.find((p) => p.month === month)?.amount ?? line.fee);

/** What the lines of one contract charge from one month to another, by month and id. */
export function chargesOf(lines: Iterable<Line>, from: Month, through: Month): Map<string, Charge> {
  const charges = new Map<string, Charge>();
  for (const line of lines) {
    // A settlement of 0 yen says why nothing is due; it is no charge.
    if ('kind' in line && line.kind === 'settlement' && line.amount === 0) continue;
    const { first, last } = monthsOf(line);
    for (let month = first > from ? first : from; month <= through && (last === null || month <= last); month = nextMonth(month)) {
      const { subject, clause } = line;
      const amount = amountIn(line, month);
      const [id, kind, dueOn] =
        'kind' in line ? ([line.chargeId, line.kind, line.dueOn] as const) : ([`${subject}:monthly:${month}`, 'monthly', month === first ? line.from : `${month}-01`] as const);
      const key = `${month} ${id}`;
      const same = charges.get(key);
      // Two segments of a month are one monthly charge, due on the first day of the earlier.
      if (same) charges.set(key, { ...same, dueOn: same.dueOn < dueOn ? same.dueOn : dueOn, amount: (same.amount ?? 0) + (amount ?? 0) });
      else charges.set(key, { month, id, kind, subject, clause, dueOn, amount });
    }
  }
  return charges;
}
