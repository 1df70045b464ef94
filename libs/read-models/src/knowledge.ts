/**
 * Since when each derived row of a contract stands, and what stood before. Places in the log are numbers: how many events
 * it holds up to there. A row is known from the place of the append that made it; one that no longer follows goes to the
 * table of the past, with the place from which it was not known any more. Reading what was known at a place is then a
 * comparison of two numbers.
 */
import type { ContractRows } from './derive.js';

type Value = string | number | null;

export interface Spec {
  readonly table: 'renewals' | 'settlements' | 'charges' | 'segments';
  /** Columns that are knowledge, beside the contract's number; the first `keys` tell the rows of a contract apart. */
  readonly columns: readonly string[];
  readonly keys: 1 | 2;
  /** Columns that follow from knowledge and today: brought up to date in place, not kept in the past. */
  readonly moving: readonly string[];
}

export const KNOWN: readonly Spec[] = [
  { table: 'renewals', columns: ['line', 'subject', 'option', 'starts_on', 'chain_anchor', 'end_on', 'end_reason', 'end_clause'], keys: 1, moving: ['term_ends_on', 'deadline'] },
  { table: 'settlements', columns: ['due_on', 'total', 'lines'], keys: 1, moving: [] },
  { table: 'charges', columns: ['n', 'id', 'kind', 'subject', 'clause', 'due_on', 'amount', 'voided_by'], keys: 1, moving: [] },
  { table: 'segments', columns: ['line', 'from_day', 'subject', 'to_day', 'amount', 'first'], keys: 2, moving: [] },
];

/** Of a contract itself: its row stays, what it said before goes to the past. */
export const KNOWN_OF_CONTRACT = ['contract_id', 'management_unit_id', 'contractor_id', 'item', 'application_number', 'accepted_on', 'billing_starts_on', 'end_on', 'void'] as const;

const pick = (row: object, columns: readonly string[]): Value[] => columns.map((c) => (row as { [column: string]: Value })[c]!);

interface Held {
  readonly values: readonly Value[];
  moving: readonly Value[];
  readonly from: number;
}

/** The rows that are knowledge. */
export type Known = Pick<ContractRows, Spec['table']> & { readonly contract: Pick<ContractRows['contract'], Exclude<(typeof KNOWN_OF_CONTRACT)[number], 'contract_id'>> };

/** What of a contract's rows stands. */
export interface Standing {
  contract: { readonly values: readonly Value[]; readonly from: number } | null;
  readonly rows: { readonly [T in Spec['table']]: Map<string, Held> };
}

export const nothing = (): Standing => ({ contract: null, rows: { renewals: new Map(), settlements: new Map(), charges: new Map(), segments: new Map() } });

/** Hears what changes; `keys` are the values of a row's key. */
export interface Changes {
  begins(spec: Spec, values: readonly Value[], moving: readonly Value[], from: number): void;
  /** `until`: the first place at which it is not known any more. */
  ends(spec: Spec, values: readonly Value[], from: number, until: number): void;
  moves(spec: Spec, keys: readonly Value[], moving: readonly Value[]): void;
  contractBegins(from: number): void;
  contractEnds(values: readonly Value[], from: number, until: number): void;
}

function same(a: readonly Value[], b: readonly Value[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Takes over what follows at a place: rows that stay as they are keep the place from which they are known. */
export function advance(standing: Standing, contractId: string, rows: Known, at: number, tell: Changes): void {
  const contract: Value[] = KNOWN_OF_CONTRACT.map((c) => (c === 'contract_id' ? contractId : rows.contract[c]));
  const before = standing.contract;
  if (before === null || !same(before.values, contract)) {
    if (before) tell.contractEnds(before.values, before.from, at);
    standing.contract = { values: contract, from: at };
    tell.contractBegins(at);
  }
  for (const spec of KNOWN) {
    const held = standing.rows[spec.table];
    if (held.size === 0 && rows[spec.table].length === 0) continue;
    const next = new Map<string, { readonly values: readonly Value[]; readonly moving: readonly Value[] }>();
    for (const row of rows[spec.table]) {
      const values = pick(row, spec.columns);
      next.set(keyOf(values, spec.keys), { values, moving: spec.moving.length === 0 ? STILL : pick(row, spec.moving) });
    }
    for (const [key, { values, from }] of held) {
      const after = next.get(key);
      if (after && same(values, after.values)) continue;
      held.delete(key);
      tell.ends(spec, values, from, at);
    }
    for (const [key, { values, moving }] of next) {
      const stays = held.get(key);
      if (stays === undefined) {
        held.set(key, { values, moving, from: at });
        tell.begins(spec, values, moving, at);
      } else if (!same(stays.moving, moving)) {
        stays.moving = moving;
        tell.moves(spec, values.slice(0, spec.keys), moving);
      }
    }
  }
}

const STILL: readonly Value[] = [];
const keyOf = (values: readonly Value[], keys: 1 | 2): string => (keys === 1 ? String(values[0]) : `${values[0]} ${values[1]}`);

/** What stands, out of its rows as they are kept. */
export function standingOf(contract: { readonly [column: string]: Value } | undefined, rowsOf: (spec: Spec) => readonly { readonly [column: string]: Value }[]): Standing {
  const standing = nothing();
  if (contract && contract['known_from'] !== null) standing.contract = { values: KNOWN_OF_CONTRACT.map((c) => contract[c]!), from: contract['known_from'] as number };
  for (const spec of KNOWN)
    for (const row of rowsOf(spec)) {
      const values = pick(row, spec.columns);
      standing.rows[spec.table].set(keyOf(values, spec.keys), { values, moving: pick(row, spec.moving), from: row['known_from'] as number });
    }
  return standing;
}
