/** Who may call: `auditor` and `billing` read, `auditor` audits too, `operator` reads and commands, `admin` everything. */
export const ROLES = ['admin', 'operator', 'billing', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What a call does. `read`: any GET of the ledger's data; `simulate`: a question that stores nothing and names no
 * contract; `consume`: a biller says how far it has come in the feed; `command`: whatever decides on a contract,
 * previews included; `audit`: what was refused, by which policies, and the proofs; `admin`: tokens, the sandbox clock,
 * erasures, rebuilds, backups.
 */
export const ACTIONS = ['read', 'simulate', 'consume', 'command', 'audit', 'admin'] as const;
export type Action = (typeof ACTIONS)[number];

const MATRIX: { readonly [R in Role]: { readonly [A in Action]: boolean } } = {
  admin: { read: true, simulate: true, consume: true, command: true, audit: true, admin: true },
  operator: { read: true, simulate: true, consume: false, command: true, audit: false, admin: false },
  billing: { read: true, simulate: true, consume: true, command: false, audit: false, admin: false },
  auditor: { read: true, simulate: true, consume: false, command: false, audit: true, admin: false },
};

/** Whether a role may do an action. */
export const may = (role: Role, action: Action): boolean => MATRIX[role][action];

export const isRole = (text: unknown): text is Role => ROLES.includes(text as Role);
