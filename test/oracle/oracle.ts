/**
 * A second reading of the agreement, day by day and by brute force, to hold the write model against. It shares no code
 * with it: days are integers, tables are typed out again, periods are found by walking, money is counted in bigints.
 * Slow on purpose; nothing outside tests may use it.
 */

export type Day = number;
export const dayOf = (text: string): Day => Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10))) / 86_400_000;
export const textOf = (day: Day): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

const civil = (day: Day): { y: number; m: number; d: number } => {
  const at = new Date(day * 86_400_000);
  return { y: at.getUTCFullYear(), m: at.getUTCMonth(), d: at.getUTCDate() };
};
const monthIndex = (day: Day): number => civil(day).y * 12 + civil(day).m;
const isMonthEnd = (day: Day): boolean => monthIndex(day + 1) !== monthIndex(day);

/** Civil Code 143: walks to the day before the corresponding day, or to the end of a month that has none. */
export function lastDayOf(start: Day, months: number): Day {
  const target = monthIndex(start) + months;
  for (let x = start; ; x++) {
    if (monthIndex(x + 1) === target && civil(x + 1).d === civil(start).d) return x;
    if (monthIndex(x) === target && isMonthEnd(x)) return x;
  }
}

/** A3-2b, counted backwards. */
export function deadlineOf(termEnd: Day): Day {
  let x = termEnd;
  while (monthIndex(x) === monthIndex(termEnd)) x--;
  if (isMonthEnd(termEnd)) return x;
  while (civil(x).d > civil(termEnd).d) x--;
  return x;
}

export type OFee = { kind: 'fixed'; amount: number } | { kind: 'perAccount'; unit: number } | { kind: 'tiered'; tiers: readonly { upTo?: number; unit: number }[] };

function yenOf(fee: OFee, quantity: number | null): number {
  if (fee.kind === 'fixed') return fee.amount;
  let sum = 0;
  for (let account = 1; account <= quantity!; account++) sum += fee.kind === 'perAccount' ? fee.unit : fee.tiers.find((t) => t.upTo === undefined || account <= t.upTo)!.unit;
  return sum;
}

// ---------------------------------------------------------------------------------------------- tables

type Basis = 'parity' | 'own' | 'units' | '-';
type Regime = '1m' | '1y' | 'T' | '-';
interface Row {
  items: string;
  basis: Basis;
  regime: Regime;
  initial: 'q' | '0';
  clause: string;
}

const ROWS = new Map<number, Row>(
  `1 LX units 1m q A5-2|2 LX units 1y q A5-3|3 LX - - q A5-4|4 LX - 1m q A5-2|5 CDGLOXAB - - q A8-2-5|6 CD - - q A5-5|7 C own 1m 0 A5-6
8 D own T 0 A5-7|9 CD - - q A5-8|10 CD - - q A5-5|11 LOX - - q A5-14|12 LOX - - q A5-14|13 L parity 1m 0 A5-9|14 L parity 1m 0 A5-9
15 X parity T 0 A5-15|16 X parity T 0 A5-15|17 X parity T 0 A5-15|18 LOA own 1m 0 A5-11|19 X own T 0 A5-15|20 L parity 1m 0 A5-9
21 L parity 1m 0 A5-9|22 X parity T 0 A5-15|23 X parity T 0 A5-15|24 L parity 1m 0 A5-9|25 X parity T 0 A5-15|26 L parity 1m 0 A5-9
27 X parity T 0 A5-15|28 X parity T 0 A5-15|29 LOA own 1m 0 A5-12|30 X own T 0 A5-15|31 L own 1m 0 A5-9|32 X own T 0 A5-15
33 L units 1m q A5-9|34 X units T q A5-15|35 L own 1m 0 A5-9|36 X own T 0 A5-15|37 A - - q A5-18|38 A - - q A5-18|39 A own 1m 0 A5-17
40 A own 1m 0 A5-17|41 A own 1m 0 A5-17|42 A own 1m 0 A5-17|43 A own 1m 0 A5-17|44 G units 1m 0 A5-19|45 G - - q A5-20`
    .split(/[|\n]/)
    .map((line) => {
      const [no, items, basis, regime, initial, clause] = line.split(' ') as [string, string, Basis, Regime, 'q' | '0', string];
      return [Number(no), { items, basis, regime, initial, clause }];
    }),
);
export const rowOf = (no: number): Row => ROWS.get(no)!;
export const hasMonthly = (no: number): boolean => rowOf(no).regime !== '-';
const isTermItem = (item: string): boolean => item === 'X' || item === 'D';
const CASCADE: { readonly [no: number]: string } = { 33: 'A10-3', 34: 'A10-4', 44: 'A10-5' };

/** What an option goes on needing: the clause, and any one of these. */
function needsOf(no: number, item: string): { clause: string; anyOf: number[] } | null {
  if (no === 2) return { clause: 'A5-3', anyOf: [1] };
  if (no === 18 && item === 'L') return { clause: 'A5-11', anyOf: [13] };
  if (no === 19) return { clause: 'A8-2-19', anyOf: [15, 17] };
  return null;
}

// ---------------------------------------------------------------------------------------------- facts

export interface OPolicies {
  optionTerm: string;
  optionExempt: string;
  storageCascade: string;
  lateDesignation: string;
  proration: string;
  rounding: string;
  chainAnchor: string;
  minAccounts: string;
  prerequisiteRemoval: string;
  severalNotices: string;
}

export interface OOption {
  id: string;
  no: number;
  accounts?: number;
  units?: number;
  fee?: OFee;
  initial?: number | null;
}

export type OFact =
  | { kind: 'options'; accepted: Day; billed: Day; options: OOption[] }
  | { kind: 'change'; id: string; accounts: number; effective: Day; by: 'contractor' | 'provider'; noticed: Day | null; fee: OFee | null; optionFees: { [id: string]: OFee }; optionAccounts: { [id: string]: number } }
  | { kind: 'withdrawChange'; id: string }
  | { kind: 'notice'; id: string; subject: string; arrived: Day; designated: Day | null; onForm: boolean }
  | { kind: 'withdrawNotice'; id: string; consented: Day }
  | { kind: 'terminate'; on: Day; ground: string }
  | { kind: 'discontinue'; on: Day }
  | { kind: 'quote'; subject: string; fee: OFee; effective: Day }
  | { kind: 'excess'; id: string; subject: string; detected: Day; accounts: number; charge: number | null }
  | { kind: 'returned'; option: string; on: Day }
  | { kind: 'lost'; option: string; on: Day; charge: number; /** It was deemed lost before: this is its price. */ deemed: boolean };

export interface OContract {
  item: string;
  accounts: number;
  accepted: Day;
  billed: Day;
  fee: OFee;
  initial: number | null;
  policies: OPolicies;
  facts: OFact[];
}

// ---------------------------------------------------------------------------------------------- periods

interface Span {
  index: number;
  from: Day;
  to: Day;
}

/** Terms one after the other until one ends on or after `until`. */
function termsUntil(start: Day, until: Day, anchor: string): Span[] {
  const out: Span[] = [];
  let from = start;
  for (let index = 1; ; index++) {
    const to = anchor === 'originalStart' ? lastDayOf(start, 12 * index) : lastDayOf(from, 12);
    out.push({ index, from, to });
    if (to >= until) return out;
    from = to + 1;
  }
}
export const termContaining = (start: Day, day: Day, anchor: string): Span => termsUntil(start, Math.max(day, start), anchor).at(-1)!;

interface Resolved {
  arrived: Day;
  end: Day;
  id: string;
  place: number;
}

/** The day a line of a regime ends by its notices; null if no notice counts. */
function ownEnd(c: OContract, subject: string, regime: Regime, billed: Day): Resolved | null {
  const { policies } = c;
  const withdrawn = new Set(c.facts.flatMap((f) => (f.kind === 'withdrawNotice' ? [f.id] : [])));
  const resolved: Resolved[] = [];
  c.facts.forEach((f, place) => {
    if (f.kind !== 'notice' || f.subject !== subject || !f.onForm || withdrawn.has(f.id)) return;
    let eff = f.arrived + 30;
    if (f.designated !== null && f.designated > eff) eff = f.designated;
    let end = eff;
    if (regime === 'T' && eff >= billed) {
      const term = termContaining(billed, f.arrived, policies.chainAnchor);
      if (eff > term.to) {
        const timely = f.arrived <= deadlineOf(term.to);
        const beyond = f.designated !== null && f.designated > term.to && policies.lateDesignation === 'renew';
        if (timely && !beyond) end = term.to;
      }
    }
    resolved.push({ arrived: f.arrived, end, id: f.id, place });
  });
  resolved.sort((a, b) => a.arrived - b.arrived || a.place - b.place);
  let winner: Resolved | null = null;
  for (const r of resolved) {
    if (winner === null) winner = r;
    else if (policies.severalNotices === 'last' ? r.arrived <= winner.end : r.end < winner.end) winner = r;
  }
  return winner;
}

// ---------------------------------------------------------------------------------------------- the life

export interface OEnd {
  on: Day;
  reason: string;
  clause: string | null;
}
export interface OLine {
  subject: string;
  no: number | null;
  regime: Regime;
  accepted: Day;
  billed: Day;
  place: number;
  option: OOption | null;
  end: OEnd | null;
  voided: boolean;
}
export interface OLife {
  c: OContract;
  end: OEnd | null;
  base: OLine;
  options: OLine[];
}

export function live(c: OContract): OLife {
  const drafts: { option: OOption; accepted: Day; billed: Day; place: number; own: OEnd | null; fixed: Resolved | null }[] = [];
  c.facts.forEach((f, place) => {
    if (f.kind !== 'options') return;
    for (const option of f.options) {
      const fixed = ownEnd(c, option.id, rowOf(option.no).regime, f.billed);
      drafts.push({ option, accepted: f.accepted, billed: f.billed, place, own: fixed && { on: fixed.end, reason: 'notice', clause: 'A8-8' }, fixed });
    }
  });

  if (c.policies.prerequisiteRemoval === 'endDependents')
    for (const o of drafts) {
      const needs = needsOf(o.option.no, c.item);
      if (!needs) continue;
      const using = (day: Day) => drafts.filter((p) => needs.anyOf.includes(p.option.no) && p.accepted <= day && (p.own === null || p.own.on >= day));
      const horizon = Math.max(o.accepted, ...drafts.map((p) => p.own?.on ?? 0));
      for (let day = o.accepted; day <= horizon && using(day).length > 0; day++) {
        if (using(day + 1).length > 0) continue;
        const last = using(day)[0]!;
        const after = o.accepted > last.fixed!.arrived || (o.accepted === last.fixed!.arrived && o.place > last.fixed!.place);
        if (!after && (o.own === null || o.own.on > day)) o.own = { on: day, reason: needs.clause, clause: needs.clause };
      }
    }

  const candidates: { end: OEnd; rank: number }[] = [];
  for (const f of c.facts) {
    if (f.kind === 'terminate') candidates.push({ end: { on: f.on, reason: f.ground, clause: null }, rank: 0 });
    if (f.kind === 'discontinue') candidates.push({ end: { on: f.on, reason: 'A9', clause: 'A9' }, rank: 1 });
  }
  const own = ownEnd(c, 'base', isTermItem(c.item) ? 'T' : '1m', c.billed);
  if (own) candidates.push({ end: { on: own.end, reason: 'notice', clause: isTermItem(c.item) ? 'A10-2' : 'A10-1' }, rank: 2 });
  const storages = drafts.filter((d) => CASCADE[d.option.no] !== undefined);
  for (const s of storages) {
    if (!s.own) continue;
    const day = s.own.on;
    const others = storages.filter((o) => o !== s && o.accepted <= day && o.billed <= day && (o.own === null || o.own.on > day));
    if (c.policies.storageCascade === 'any' || others.length === 0) candidates.push({ end: { on: day, reason: CASCADE[s.option.no]!, clause: CASCADE[s.option.no]! }, rank: 3 });
  }
  candidates.sort((a, b) => a.end.on - b.end.on || a.rank - b.rank);
  const end = candidates[0]?.end ?? null;

  return {
    c,
    end,
    base: { subject: 'base', no: null, regime: isTermItem(c.item) ? 'T' : '1m', accepted: c.accepted, billed: c.billed, place: -1, option: null, end, voided: false },
    options: drafts.map((d): OLine => {
      const voided = end !== null && d.accepted > end.on;
      const itsOwn = d.own && (end === null || d.own.on <= end.on) ? d.own : null;
      return {
        subject: d.option.id, no: d.option.no, regime: rowOf(d.option.no).regime, accepted: d.accepted, billed: d.billed, place: d.place, option: d.option, voided,
        end: voided ? null : (itsOwn ?? (end && { on: end.on, reason: 'contract', clause: 'N13' })),
      };
    }),
  };
}

/** The value of a time line on a day: the latest effective, of those the latest recorded. */
function inForce<T>(steps: { from: Day; value: T }[], day: Day): T {
  let best = steps[0]!;
  for (const s of steps) if (s.from <= day && s.from >= best.from) best = s;
  return best.value;
}

function standingChanges(life: OLife) {
  const withdrawn = new Set(life.c.facts.flatMap((f) => (f.kind === 'withdrawChange' ? [f.id] : [])));
  return life.c.facts.flatMap((f, place) =>
    f.kind === 'change' && !withdrawn.has(f.id) && (life.end === null || f.effective <= life.end.on) ? [{ ...f, place }] : [],
  );
}

export function accountsOn(life: OLife, day: Day): number {
  return inForce([{ from: life.c.accepted, value: life.c.accounts }, ...standingChanges(life).map((f) => ({ from: f.effective, value: f.accounts }))], day);
}

export function quantityOn(life: OLife, line: OLine, day: Day): number | null {
  if (!line.option) return accountsOn(life, day);
  const { basis } = rowOf(line.no!);
  if (basis === 'parity') return accountsOn(life, day);
  if (basis === 'units') return line.option.units ?? 1;
  if (basis === '-') return null;
  const steps = standingChanges(life).flatMap((f) => (line.subject in f.optionAccounts ? [{ from: f.effective, value: f.optionAccounts[line.subject]! }] : []));
  return inForce([{ from: line.accepted, value: line.option.accounts! }, ...steps], day);
}

export function feeOn(life: OLife, line: OLine, day: Day): number {
  const initial = line.option ? line.option.fee : life.c.fee;
  if (!initial) return 0;
  const steps: { from: Day; value: OFee; place: number }[] = [];
  for (const f of standingChanges(life)) {
    const fee = line.option ? f.optionFees[line.subject] : f.fee;
    if (fee) steps.push({ from: f.effective, value: fee, place: f.place });
  }
  life.c.facts.forEach((f, place) => {
    if (f.kind === 'quote' && f.subject === line.subject) steps.push({ from: f.effective, value: f.fee, place });
  });
  steps.sort((a, b) => a.place - b.place);
  return yenOf(inForce([{ from: line.accepted, value: initial }, ...steps], day), quantityOn(life, line, day));
}

function partOf(fee: number, days: number, of: number, rounding: string): number {
  const product = BigInt(fee) * BigInt(days);
  const floor = product / BigInt(of);
  return Number(rounding === 'halfUp' && (product - floor * BigInt(of)) * 2n >= BigInt(of) ? floor + 1n : floor);
}
const daysInMonthOf = (day: Day): number => {
  let first = day;
  while (monthIndex(first - 1) === monthIndex(day)) first--;
  let n = 0;
  while (monthIndex(first + n) === monthIndex(day)) n++;
  return n;
};

/** Yen due for what remains of a line's period; null where nothing binds it or no end is fixed. */
export function settlementOf(life: OLife, line: OLine): number | null {
  if (line.voided || line.end === null || line.regime === '-') return null;
  const { policies } = life.c;
  const { on, reason } = line.end;
  if (on < line.billed) return 0;
  const ground = reason === 'contract' ? life.end!.reason : reason;
  const exempt = ['general-terms-28-2', 'general-terms-28-3', 'A9'].includes(ground);
  if (line.option === null && exempt) return 0;
  if (line.option !== null) {
    if (line.regime === 'T' && policies.optionTerm === 'literal') return 0;
    if (reason === 'contract' && exempt && policies.optionExempt === 'follow') return 0;
  }
  const span = line.regime === 'T' ? termContaining(line.billed, on, policies.chainAnchor) : { from: line.billed, to: lastDayOf(line.billed, line.regime === '1m' ? 1 : 12) };
  const fee = feeOn(life, line, on);
  // Which month each residual day belongs to, and how long that month is.
  const counted = new Map<string, { days: number; of: number }>();
  const tally = (key: string, of: number): void => {
    const t = counted.get(key) ?? { days: 0, of };
    t.days++;
    counted.set(key, t);
  };
  if (policies.proration === 'calendar') for (let day = on + 1; day <= span.to; day++) tally(String(monthIndex(day)), daysInMonthOf(day));
  else {
    let first = span.from;
    for (let k = 1; first <= span.to; k++) {
      const last = lastDayOf(span.from, k);
      for (let day = first; day <= Math.min(last, span.to); day++) if (day > on) tally(String(k), last - first + 1);
      first = last + 1;
    }
  }
  let sum = 0;
  for (const { days, of } of counted.values()) sum += partOf(fee, days, of, policies.rounding);
  return sum;
}

/** What a line is charged for a month; null when it is not in force in it. `month` is any day of it. */
export function monthlyOf(life: OLife, line: OLine, month: Day): number | null {
  if (line.voided || (line.option && !hasMonthly(line.no!))) return null;
  let first = month;
  while (monthIndex(first - 1) === monthIndex(month)) first--;
  const of = daysInMonthOf(month);
  const runs: { fee: number; days: number; next: Day }[] = [];
  for (let day = first; day < first + of; day++) {
    if (day < line.billed || (line.end !== null && day > line.end.on)) continue;
    const fee = feeOn(life, line, day);
    const run = runs.at(-1);
    if (run && run.fee === fee && run.next === day) {
      run.days++;
      run.next++;
    } else runs.push({ fee, days: 1, next: day + 1 });
  }
  if (runs.length === 0) return null;
  return runs.reduce((sum, r) => sum + partOf(r.fee, r.days, of, life.c.policies.rounding), 0);
}

export interface ODevice {
  due: Day | null;
  deemedLost: Day | null;
}
export function deviceOf(life: OLife, line: OLine): ODevice {
  if (line.end === null) return { due: null, deemedLost: null };
  const due = line.end.on + 30;
  const returned = life.c.facts.some((f) => f.kind === 'returned' && f.option === line.subject && f.on <= due);
  const losses = life.c.facts.filter((f) => f.kind === 'lost' && !f.deemed && f.option === line.subject).length;
  return { due, deemedLost: returned || losses >= 2 * (line.option!.units ?? 1) ? null : due + 1 };
}

/** Charges that fall due once: `kind subject day yen`. */
export function oneOffs(life: OLife): string[] {
  const out = [`initial base ${textOf(life.c.accepted)} ${life.c.initial}`];
  for (const o of life.options) {
    if (!o.voided && rowOf(o.no!).initial === 'q') out.push(`initial ${o.subject} ${textOf(o.accepted)} ${o.option!.initial ?? null}`);
    if (o.no === 2) {
      const { deemedLost } = deviceOf(life, o);
      const price = life.c.facts.findLast((f) => f.kind === 'lost' && f.deemed && f.option === o.subject);
      if (deemedLost !== null) out.push(`oneTime ${o.subject} ${textOf(deemedLost)} ${price?.kind === 'lost' ? price.charge : null}`);
    }
  }
  life.c.facts.forEach((f, place) => {
    if (f.kind === 'lost' && !f.deemed) out.push(`oneTime ${f.option} ${textOf(f.on)} ${f.charge}`);
    if (f.kind !== 'excess') return;
    const line = [life.base, ...life.options].find((l) => l.subject === f.subject)!;
    if (line.voided) return;
    const known = live({ ...life.c, facts: life.c.facts.slice(0, place) });
    // Changes that a later end takes away do not count, whenever it was recorded.
    const then: OLife = { ...known, end: life.end };
    const used = quantityOn(then, line, f.detected)! + f.accounts;
    let first = f.detected;
    while (monthIndex(first - 1) === monthIndex(f.detected)) first--;
    const own = line.option !== null && rowOf(line.no!).basis === 'own';
    const since = own ? line.accepted : life.c.accepted;
    const changed = standingChanges(life).some((x) => x.effective <= first && x.effective >= since && (!own || line.subject in x.optionAccounts));
    const covered = changed && quantityOn(life, line, first)! >= used;
    out.push(`excess ${f.subject} ${textOf(f.detected)} ${covered ? 0 : f.charge}`);
  });
  for (const line of [life.base, ...life.options]) {
    const yen = settlementOf(life, line);
    if (yen) out.push(`settlement ${line.subject} ${textOf(line.end!.on)} ${yen}`);
  }
  return out.sort();
}

/** What must stand written once a day has come: renewals, ends, settlements of something left, voids, deemed losses. */
export function writtenBy(life: OLife, today: Day): string[] {
  const out: string[] = [];
  for (const line of [life.base, ...life.options]) {
    if (line.voided) {
      out.push(`OptionVoided ${line.subject}`);
      continue;
    }
    if (line.regime === 'T')
      for (const t of termsUntil(line.billed, Math.max(today, line.billed), life.c.policies.chainAnchor))
        if (t.index > 1 && t.from <= today && (line.end === null || t.from <= line.end.on)) out.push(`Renewed ${line.subject} ${t.index} ${textOf(t.from)}..${textOf(t.to)}`);
    if (line.end !== null && line.end.on < today) {
      out.push(`${line.option ? 'OptionEnded' : 'Ended'} ${line.subject} ${textOf(line.end.on)} ${line.end.reason}`);
      if (line.regime !== '-' && line.end.on >= line.billed) {
        const to = line.regime === 'T' ? termContaining(line.billed, line.end.on, life.c.policies.chainAnchor).to : lastDayOf(line.billed, line.regime === '1m' ? 1 : 12);
        if (line.end.on < to) out.push(`SettlementAssessed ${line.subject} ${settlementOf(life, line)}`);
      }
    }
    if (line.no === 2) {
      const { deemedLost } = deviceOf(life, line);
      if (deemedLost !== null && deemedLost <= today) out.push(`DeviceDeemedLost ${line.subject} ${textOf(deemedLost)}`);
    }
  }
  const withdrawn = new Set(life.c.facts.flatMap((f) => (f.kind === 'withdrawChange' ? [f.id] : [])));
  for (const f of life.c.facts) if (f.kind === 'change' && !withdrawn.has(f.id) && life.end !== null && f.effective > life.end.on) out.push(`AccountCountChangeVoided ${f.id}`);
  return out.sort();
}

// ---------------------------------------------------------------------------------------------- refusals

const inUse = (o: OLine, day: Day): boolean => !o.voided && o.accepted <= day && (o.end === null || o.end.on >= day);
const unitsOf = (os: { no: number | null; option: OOption | null }[], no: number): number => os.filter((o) => o.no === no).reduce((n, o) => n + (o.option!.units ?? 1), 0);

/** Clauses by which a fact is refused, sorted, each once; `-` where it is refused without one. */
export function refusalsOf(c: OContract, f: OFact): string[] {
  const life = live(c);
  const out = new Set<string>();
  const late = (end: OEnd | null, day: Day): void => {
    if (end !== null && day > end.on) out.add(end.clause ?? '-');
  };
  switch (f.kind) {
    case 'options': {
      const active = life.options.filter((o) => inUse(o, f.accepted));
      const later = life.options.filter((o) => !o.voided && o.accepted > f.accepted);
      const applied = f.options.map((option) => ({ no: option.no, option }));
      for (const { no } of applied) {
        const row = rowOf(no);
        if (!row.items.includes(c.item)) {
          out.add(row.clause);
          continue;
        }
        const has = (n: number): boolean => active.some((o) => o.no === n) || applied.some((o) => o.no === n);
        const needs = needsOf(no, c.item);
        if (needs && !needs.anyOf.some(has)) out.add(needs.clause);
        if (no === 3 && !applied.some((o) => o.no === 2)) out.add('A5-4');
        if (no === 9 && !has(c.item === 'C' ? 7 : 8)) out.add('A5-8');
        if (no === 44 && accountsOn(life, f.accepted) < 50) out.add('A5-19');
        if (no === 1 || no === 33 || no === 34)
          for (const day of [f.accepted, ...later.map((o) => o.accepted)])
            if (unitsOf(life.options.filter((o) => inUse(o, day)), no) + unitsOf(applied, no) > 4) out.add(no === 1 ? 'A8-3' : 'A8-5');
        if ((row.basis === 'parity' || row.basis === 'own') && [...active, ...later].some((o) => o.no === no)) out.add(`A8-2-${no}`);
        if ((row.basis === 'parity' || row.basis === 'own') && applied.filter((o) => o.no === no).length > 1) out.add(`A8-2-${no}`);
      }
      if (life.end !== null && (f.accepted > life.end.on || f.billed > life.end.on)) out.add(life.end.clause ?? '-');
      if (f.billed < c.billed) out.add('-');
      break;
    }
    case 'change': {
      late(life.end, f.effective);
      if (f.by === 'provider') {
        if (f.noticed === null || f.noticed >= f.effective) out.add('A7-2');
        if (!c.facts.some((x) => x.kind === 'excess')) out.add('A7-2');
      }
      if (tooFew(life, live({ ...c, facts: [...c.facts, f] }))) out.add('A5-19');
      break;
    }
    case 'withdrawChange':
      if (tooFew(life, live({ ...c, facts: [...c.facts, f] }))) out.add('A5-19');
      break;
    case 'notice':
      if (f.subject !== 'base' && f.onForm && c.policies.prerequisiteRemoval === 'reject')
        for (const o of leftWithout(life, live({ ...c, facts: [...c.facts, f] }))) if (!(o.accepted > f.arrived)) out.add(needsOf(o.no!, c.item)!.clause);
      break;
    case 'withdrawNotice': {
      const notice = c.facts.find((x): x is OFact & { kind: 'notice' } => x.kind === 'notice' && x.id === f.id);
      const line = notice && [life.base, ...life.options].find((l) => l.subject === notice.subject);
      // Without its notice, struck meanwhile, there is nothing to judge.
      if (!line) break;
      if (line.end !== null && f.consented > line.end.on) out.add('N41');
      else for (const o of leftWithout(life, live({ ...c, facts: [...c.facts, f] }))) out.add(needsOf(o.no!, c.item)!.clause);
      break;
    }
    case 'terminate':
      late(life.end, f.on);
      break;
    case 'quote': {
      const line = [life.base, ...life.options].find((l) => l.subject === f.subject);
      if (line) late(line.end, f.effective);
      break;
    }
    case 'excess': {
      const line = [life.base, ...life.options].find((l) => l.subject === f.subject);
      if (!line) out.add('X1-2-2b');
      else if (line.option && (rowOf(line.no!).basis === 'units' || rowOf(line.no!).basis === '-')) out.add('X1-2-2b');
      else late(line.end, f.detected);
      break;
    }
    case 'returned':
    case 'lost':
      if (!life.options.some((o) => o.subject === f.option)) out.add('A8-2-2');
      break;
    default:
  }
  const cited = [...out].filter((x) => x !== '-').sort();
  return cited.length > 0 ? cited : [...out];
}

/** Dependents with a day of use that nothing covers, which before had none of that kind (N18). */
function leftWithout(before: OLife, after: OLife): OLine[] {
  return after.options.filter((o) => {
    const needs = needsOf(o.no!, after.c.item);
    const was = before.options.find((x) => x.subject === o.subject);
    if (!needs || !was) return false;
    const covered = (life: OLife, day: Day): boolean => life.options.some((p) => needs.anyOf.includes(p.no!) && inUse(p, day));
    const horizon = Math.max(o.accepted, ...[...before.options, ...after.options].map((x) => x.end?.on ?? 0)) + 2;
    for (let day = o.accepted; day <= horizon; day++) {
      if (!inUse(o, day) || covered(after, day)) continue;
      if (inUse(was, day) ? covered(before, day) : was.end !== null && covered(before, was.end.on)) return true;
    }
    return false;
  });
}

/** N17: a day below 50 accounts while option 44 is in use, that was not below before. */
function tooFew(before: OLife, after: OLife): boolean {
  if (after.c.policies.minAccounts === 'entry') return false;
  return after.options.some((o) => {
    if (o.no !== 44 || o.voided) return false;
    const horizon = Math.max(o.accepted, o.end?.on ?? 0, ...after.c.facts.map((f) => (f.kind === 'change' ? f.effective : 0))) + 1;
    for (let day = o.accepted; day <= horizon; day++) if (inUse(o, day) && accountsOn(after, day) < 50 && accountsOn(before, day) >= 50) return true;
    return false;
  });
}
