import type { CitableId } from './ids.js';

interface Switch {
  /** The default first. */
  readonly values: readonly [string, ...string[]];
  readonly findings: readonly CitableId[];
}

/** Every reading that may be chosen otherwise: its values, the default first, and the interpretations it decides. */
export const POLICY_SWITCHES = {
  optionTerm: { values: ['annex', 'literal'], findings: ['N1'] },
  optionExempt: { values: ['follow', 'literal'], findings: ['N4', 'N5'] },
  storageCascade: { values: ['last', 'any'], findings: ['N11'] },
  lateDesignation: { values: ['renew', 'expire'], findings: ['N8'] },
  proration: { values: ['calendar', 'contract'], findings: ['X2-1', 'X2-2'] },
  rounding: { values: ['floor', 'halfUp'], findings: ['X2-1', 'X2-2'] },
  art142: { values: ['off', 'returns'], findings: ['A8-4-2', 'A8-4-4b'] },
  chainAnchor: { values: ['previousEnd', 'originalStart'], findings: ['N10'] },
  limitsScope: { values: ['child', 'parent'], findings: ['N29'] },
  minAccounts: { values: ['continuing', 'entry'], findings: ['N17'] },
  prerequisiteRemoval: { values: ['reject', 'endDependents'], findings: ['N18'] },
  severalNotices: { values: ['earliest', 'last'], findings: ['N41'] },
} as const satisfies { readonly [name: string]: Switch };

export type PolicyName = keyof typeof POLICY_SWITCHES;
/** One value per switch; a contract freezes the set in force when its acceptance is recorded. */
export type Policies = { readonly [N in PolicyName]: (typeof POLICY_SWITCHES)[N]['values'][number] };

export const POLICY_NAMES = Object.keys(POLICY_SWITCHES) as readonly PolicyName[];

export const DEFAULT_POLICIES: Policies = Object.freeze(
  Object.fromEntries(POLICY_NAMES.map((n) => [n, POLICY_SWITCHES[n].values[0]])) as unknown as Policies,
);

/** A path and what is wrong there: a rule and what is allowed, `rule|name|…`. */
export interface PolicyError {
  readonly path: string;
  readonly message: 'policies' | `policy|${string}` | `oneOf|${string}`;
}

/** Policies from JSON: what is left out is taken from `base`. Unknown names and values are errors, never ignored. */
export function parsePolicies(
  json: unknown,
  base: Policies = DEFAULT_POLICIES,
): { readonly policies: Policies } | { readonly errors: readonly PolicyError[] } {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { errors: [{ path: '', message: 'policies' }] };
  const errors: PolicyError[] = [];
  for (const [path, value] of Object.entries(json)) {
    if (!Object.hasOwn(POLICY_SWITCHES, path)) {
      errors.push({ path, message: `policy|${POLICY_NAMES.join('|')}` });
      continue;
    }
    const values: readonly unknown[] = POLICY_SWITCHES[path as PolicyName].values;
    if (!values.includes(value)) errors.push({ path, message: `oneOf|${values.join('|')}` });
  }
  return errors.length > 0 ? { errors } : { policies: { ...base, ...(json as Partial<Policies>) } };
}
