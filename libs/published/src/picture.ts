/** The billing picture of a contract: every line that billing knows of it, and what changes between two pictures. */
import { monthlyParts } from '@app/agreement';
import { addMonths, monthOf, type Holidays, type PlainDate } from '@app/calendar';
import { consequenceKey, lifeOf, type Charge, type ContractState, type Life, type Line as LifeLine, type RecordedContract, type SettlementLine } from '@app/contract';
import { deriveId } from '@app/kernel';
import { sumYen } from '@app/money';
import type { Money, OneOffLine, SegmentLine } from './events.js';

export type BillingLine = SegmentLine | OneOffLine;
/** Lines by lineId. */
export type Picture = ReadonlyMap<string, BillingLine>;

export const NOTHING_BILLED: Picture = new Map();

export const isSegment = (line: BillingLine): line is SegmentLine => !('kind' in line);

/** A line keeps its id whatever becomes of it: a segment is known by its first day, a one-off charge by its charge. */
const lineId = (contractId: string, what: string): string => deriveId('line', contractId, what);

const drawn = new WeakMap<ContractState, { readonly holidays: Holidays | null; readonly picture: Picture }>();

/** What billing should know of a contract after these events. */
export function pictureOf(state: ContractState, around: { readonly holidays: Holidays | null }): Picture {
  if (state.status === 'none') return NOTHING_BILLED;
  const known = drawn.get(state);
  if (known?.holidays === around.holidays) return known.picture;
  const life = lifeOf(state, around);
  const picture = life === null ? NOTHING_BILLED : draw(state, life);
  drawn.set(state, { holidays: around.holidays, picture });
  return picture;
}

/** Tells that a picture is that of a state, so that it need not be drawn. */
export function know(state: ContractState, around: { readonly holidays: Holidays | null }, picture: Picture): void {
  drawn.set(state, { holidays: around.holidays, picture });
}

/** The picture once a line's settlement has been assessed, or no longer is; nothing else follows from a consequence. */
export function withAssessment(picture: Picture, contractId: string, subject: string, assessed: boolean): Picture {
  const line = picture.get(lineId(contractId, `${subject}:settlement`));
  if (line === undefined || isSegment(line) || line.kind !== 'settlement' || line.assessed === assessed) return picture;
  return new Map(picture).set(line.lineId, { ...line, assessed });
}

function draw(state: RecordedContract, life: Life): Picture {
  const { contractId } = state;
  const lines: BillingLine[] = [life.base, ...life.options].flatMap((line) => segmentLines(contractId, line, life));
  for (const charge of life.oneOffs) if (charge.kind !== 'settlement') lines.push(oneOffLine(contractId, charge, life));
  for (const settlement of life.settlements) {
    const { from, to } = settlement;
    if (from === null || to === null) continue;
    const assessed = state.written.has(consequenceKey({ type: 'SettlementAssessed', data: settlement } as never));
    lines.push(settlementLine(contractId, settlement, from, to, assessed));
  }
  return new Map(lines.map((line) => [line.lineId, line]));
}

function segmentLines(contractId: string, line: LifeLine, life: Life): SegmentLine[] {
  const { rounding } = life.policies;
  return line.segments.map((segment) => {
    const { from, to, amount: fee } = segment;
    const ends = to === null || monthOf(to) === monthOf(from) ? [monthOf(from)] : [monthOf(from), monthOf(to)];
    return {
      lineId: lineId(contractId, `${line.subject} ${from}`),
      subject: line.subject,
      clause: 'A11c',
      from,
      to,
      fee,
      partialMonths: ends
        .flatMap((month) => monthlyParts([segment], month, rounding))
        .filter((part) => part.days < part.of)
        .map(({ month, days, of, amount }) => ({ month, days, of, amount })),
      policy: { rounding },
    };
  });
}

function oneOffLine(contractId: string, charge: Charge, life: Life): OneOffLine {
  const { id: chargeId, subject, clause, dueOn, amount } = charge;
  const common = { lineId: lineId(contractId, chargeId), chargeId, subject, clause, dueOn, amount };
  switch (charge.kind) {
    case 'initial':
      return { kind: 'initial', ...common };
    case 'oneTime': {
      const cause = charge.clause === 'X1-3-1' ? 'fault' : life.devices.some((d) => d.deemedChargeId === chargeId) ? 'deemedLoss' : 'loss';
      return { kind: 'oneTime', ...common, cause };
    }
    case 'excess': {
      const { data, coveredBy } = life.excesses.find((e) => e.data.chargeId === chargeId)!;
      return { kind: 'excess', ...common, accounts: data.accounts, coveredBy };
    }
    case 'monthly':
    case 'settlement':
      throw new Error(`a ${charge.kind} charge is no line of its own`);
  }
}

/** Also one of 0 yen: the exemption is then what billing should know. */
function settlementLine(contractId: string, s: SettlementLine, from: PlainDate, to: PlainDate, assessed: boolean): OneOffLine {
  const chargeId = `${s.subject}:settlement`;
  const { subject, clause, dueOn, amount, monthlyFee, months, annex, basis, exemption, policy } = s;
  return { kind: 'settlement', lineId: lineId(contractId, chargeId), chargeId, subject, clause, dueOn, amount, from, to, monthlyFee, months, annex, basis, exemption, assessed, policy };
}

export interface Changes {
  readonly segments: readonly SegmentLine[];
  readonly charges: readonly OneOffLine[];
  readonly voids: readonly string[];
}

export const NO_CHANGES: Changes = { segments: [], charges: [], voids: [] };

export const isNothing = (c: Changes): boolean => c.segments.length + c.charges.length + c.voids.length === 0;

/** What turns one picture into another; in an order that does not depend on how the earlier one came about. */
export function changesBetween(before: Picture, after: Picture): Changes {
  if (before === after) return NO_CHANGES;
  const segments: SegmentLine[] = [];
  const charges: OneOffLine[] = [];
  for (const [id, line] of after) {
    const was = before.get(id);
    if (was !== undefined && same(was, line)) continue;
    if (isSegment(line)) segments.push(line);
    else charges.push(line);
  }
  return { segments, charges, voids: [...before.keys()].filter((id) => !after.has(id)).sort() };
}

/** The picture after an event's money: what a biller does with it. */
export function apply(picture: Picture, money: Changes): Picture {
  if (isNothing(money)) return picture;
  const out = new Map(picture);
  for (const id of money.voids) out.delete(id);
  for (const line of [...money.segments, ...money.charges]) out.set(line.lineId, line);
  return out;
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => same((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]));
}

/** Yen of a line in a month; 0 where it does not fall in it or waits for its quotation. */
export function amountIn(line: BillingLine, month: string): number {
  if (!isSegment(line)) return monthOf(line.dueOn as PlainDate) === month ? (line.amount ?? 0) : 0;
  if (month < monthOf(line.from as PlainDate) || (line.to !== null && month > monthOf(line.to as PlainDate))) return 0;
  return line.partialMonths.find((p) => p.month === month)?.amount ?? line.fee;
}

/** The months up to `through` in which one of the two pictures charges something else than the other, with both totals. */
export function monthsChanged(before: Picture, after: Picture, through: string): NonNullable<Money['monthsChanged']> {
  if (before === after) return [];
  const { segments, charges, voids } = changesBetween(before, after);
  const months = new Set<string>();
  for (const id of [...segments.map((s) => s.lineId), ...charges.map((c) => c.lineId), ...voids])
    for (const line of [before.get(id), after.get(id)]) if (line) for (const month of monthsOf(line, through)) months.add(month);
  const totalOf = (picture: Picture, month: string): number => sumYen([...picture.values()].map((line) => amountIn(line, month)));
  return [...months]
    .sort()
    .map((month) => ({ month, before: totalOf(before, month), after: totalOf(after, month) }))
    .filter((m) => m.before !== m.after);
}

/** Months of a line up to `through`. */
function* monthsOf(line: BillingLine, through: string): Generator<string> {
  if (!isSegment(line)) {
    const month = monthOf(line.dueOn as PlainDate);
    if (month <= through) yield month;
    return;
  }
  const last = line.to !== null && monthOf(line.to as PlainDate) < through ? monthOf(line.to as PlainDate) : through;
  for (let month = monthOf(line.from as PlainDate); month <= last; month = addMonths(month, 1)) yield month;
}
