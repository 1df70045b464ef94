import { sortViolations } from '@app/kernel';
import { violation } from './cite.js';
import { option, prerequisitesOn } from './options.js';
import type { Violation } from '@app/kernel';
import type { ItemCode } from './ids.js';
import type { OptionRow } from './options.js';
import type { Policies } from './policies.js';

/** An option in use, or applied for: its accounts (own and parity) or units (1 where left out). One row per option contract. */
export interface OptionUse {
  readonly option: number;
  readonly accountCount?: number;
  readonly units?: number;
}

export interface Application {
  readonly item: ItemCode;
  /** The contract's accounts on the day of acceptance. */
  readonly accountCount: number;
  /** Accepted options that have not ended, whether or not billed yet, and those whose later end is fixed. */
  readonly active: readonly OptionUse[];
  /** One application, accepted or refused whole. */
  readonly apply: readonly OptionUse[];
  readonly policies: Policies;
  /**
   * Units in use before the application, over the scope that the limits count (N29): this contract, or its management
   * unit under `limitsScope: parent`. Left out, those of `active` are counted.
   */
  readonly scopeUnits?: readonly { readonly option: number; readonly units: number }[];
}

const unitsOf = (uses: readonly { readonly option: number; readonly units?: number }[], no: number): number =>
  uses.reduce((sum, u) => (u.option === no ? sum + (u.units ?? 1) : sum), 0);

/** A path and what is wrong there: a rule and the option's number, `rule|option`. */
export interface QuantityError {
  readonly path: 'accountCount' | 'units';
  readonly message: `${'noAccounts' | 'needsAccounts' | 'noUnits'}|${number}`;
}

/** Whether an option is given the quantities its basis takes (malformed input, not a refusal by the agreement). */
export function quantityErrors(use: OptionUse): QuantityError[] {
  const { basis } = option(use.option);
  const errors: QuantityError[] = [];
  if (use.accountCount !== undefined && (basis === 'units' || basis === 'none'))
    errors.push({ path: 'accountCount', message: `noAccounts|${use.option}` });
  if (use.accountCount === undefined && basis === 'own')
    errors.push({ path: 'accountCount', message: `needsAccounts|${use.option}` });
  if (use.units !== undefined && basis !== 'units') errors.push({ path: 'units', message: `noUnits|${use.option}` });
  return errors;
}

/**
 * Why the agreement refuses an application, every reason, sorted by clause (A5, A8-2, A8-3, A8-5); none: it is
 * accepted. An option refused for its item reports that alone. Options of the same application count as prerequisites.
 */
export function checkApplication(a: Application): Violation[] {
  const inUse = (no: number): boolean => a.active.some((u) => u.option === no);
  const appliedFor = (no: number): boolean => a.apply.some((u) => u.option === no);
  const found: Violation[] = [];
  const seen = new Set<number>();
  for (const use of a.apply) {
    const row = option(use.option);
    const first = !seen.has(use.option);
    seen.add(use.option);
    if (!row.items.includes(a.item)) {
      if (first && row.eligibility !== null)
        found.push(
          violation(row.eligibility, 'option-not-for-item', { option: row.option, item: a.item, items: [...row.items] }),
        );
      continue;
    }
    if (first) {
      for (const p of prerequisitesOn(row.option, a.item)) {
        if (p.anyOf.some((no) => appliedFor(no) || (!p.sameApplication && inUse(no)))) continue;
        const code = p.sameApplication ? 'prerequisite-not-in-application' : 'prerequisite-missing';
        found.push(violation(p.clause, code, { option: row.option, anyOf: [...p.anyOf] }));
      }
      if (row.minAccounts !== null && a.accountCount < row.minAccounts.accounts)
        found.push(
          violation(row.minAccounts.clause, 'too-few-accounts', {
            option: row.option,
            accountCount: a.accountCount,
            minimum: row.minAccounts.accounts,
          }),
        );
      found.push(...limitViolations(a, row));
    }
    if ((row.basis === 'parity' || row.basis === 'own') && (!first || inUse(row.option)))
      found.push(violation(row.clause, 'option-already-in-use', { option: row.option }));
    if (row.parity !== null && use.accountCount !== undefined && use.accountCount !== a.accountCount)
      found.push(
        violation(row.parity, 'accounts-differ-from-contract', {
          option: row.option,
          accountCount: use.accountCount,
          contractAccountCount: a.accountCount,
        }),
      );
  }
  return sortViolations(found);
}

function limitViolations(a: Application, row: OptionRow): Violation[] {
  if (row.max === null || row.maxClause === null) return [];
  const before = unitsOf(a.scopeUnits ?? a.active, row.option);
  const asked = unitsOf(a.apply, row.option);
  if (before + asked <= row.max) return [];
  return [
    violation(row.maxClause, 'too-many-units', {
      option: row.option,
      unitsInUse: before,
      unitsAppliedFor: asked,
      maximum: row.max,
      scope: a.policies.limitsScope,
    }),
  ];
}

/**
 * Why one contract of the option `remove` cannot stop: options still in use the day after that need it and would be
 * left without (N18; A5-3, A5-11, A8-2-19). `active` are the options in use that day, the removed one included.
 */
export function checkRemoval(r: {
  readonly item: ItemCode;
  readonly active: readonly { readonly option: number }[];
  readonly remove: number;
}): Violation[] {
  const gone = r.active.findIndex((u) => u.option === r.remove);
  const left = r.active.filter((_, i) => i !== gone).map((u) => u.option);
  const found: Violation[] = [];
  for (const dependent of new Set(left))
    for (const p of prerequisitesOn(dependent, r.item))
      if (p.continuing && p.anyOf.some((no) => no === r.remove) && !p.anyOf.some((no) => left.includes(no)))
        found.push(violation(p.clause, 'dependent-in-use', { option: r.remove, dependent }));
  return sortViolations(found);
}

/** The options in use that follow the contract's accounts, each with the new count (A5-10, A5-16; N19). */
export function parityFollows<T extends { readonly option: number }>(
  code: ItemCode,
  active: readonly T[],
  newCount: number,
): (T & { accountCount: number })[] {
  return active
    .filter((u) => option(u.option).basis === 'parity' && option(u.option).items.includes(code))
    .map((u) => ({ ...u, accountCount: newCount }));
}

/** Why the contract's accounts cannot become `accountCount`: below 50 with option 44 in use (A5-19; N17). */
export function checkAccountCount(c: {
  readonly item: ItemCode;
  readonly active: readonly { readonly option: number }[];
  readonly accountCount: number;
  readonly policies: Policies;
}): Violation[] {
  if (c.policies.minAccounts === 'entry') return [];
  const found: Violation[] = [];
  for (const no of new Set(c.active.map((u) => u.option))) {
    const { minAccounts, items } = option(no);
    if (minAccounts !== null && items.includes(c.item) && c.accountCount < minAccounts.accounts)
      found.push(
        violation(minAccounts.clause, 'too-few-accounts', {
          option: no,
          accountCount: c.accountCount,
          minimum: minAccounts.accounts,
        }),
      );
  }
  return sortViolations(found);
}
