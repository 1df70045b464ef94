import { sha256Hex } from '@app/kernel';
import { isRole, ROLES, type Role } from './roles.js';

/** Which claim of an issuer's token holds roles, and which of its values stand for which of ours. */
export interface RoleClaim {
  /** The claim's name; further names lead into it. */
  readonly path: readonly string[];
  readonly roles: ReadonlyMap<string, Role>;
}

/** A claim `roles` that holds our own names. */
export const PLAIN_ROLES: RoleClaim = { path: ['roles'], roles: new Map(ROLES.map((role) => [role, role])) };

/**
 * The one role that a token's claims stand for. Values that stand for none belong to other applications of the issuer;
 * a token with several of our roles does not say in which of them its bearer acts, so it has none.
 */
export function roleClaimed(claims: { readonly [name: string]: unknown }, by: RoleClaim): Role | 'role-unknown' | 'role-ambiguous' {
  let value: unknown = claims;
  for (const name of by.path) value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as { [name: string]: unknown })[name] : undefined;
  const values = Array.isArray(value) ? value : [value];
  const roles = new Set(values.flatMap((v) => (typeof v === 'string' ? (by.roles.get(v) ?? []) : [])));
  const [role, another] = roles;
  return role === undefined ? 'role-unknown' : another === undefined ? role : 'role-ambiguous';
}

/** How the subjects of an issuer begin, so that none is ever a token's. */
export const ISSUER_PREFIX = 'oidc:';

const PLAIN_SUBJECT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,94}$/;

/**
 * The subject of an issuer's `sub`: commands and their keys are kept under it for ever. A `sub` that could be an address
 * or is no plain id stands as its hash.
 */
export const issuerSubject = (sub: string): string => ISSUER_PREFIX + (PLAIN_SUBJECT.test(sub) ? sub : `sha256:${sha256Hex(sub)}`);

/** A role claim out of settings, `{claim?: name | [names…], roles?: {value: role}}`, or what is wrong with it. */
export function parseRoleClaim(json: unknown): RoleClaim | string {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'must be {"claim": …, "roles": {…}}';
  const { claim = PLAIN_ROLES.path, roles, ...rest } = json as { claim?: unknown; roles?: unknown };
  if (Object.keys(rest).length > 0) return `${Object.keys(rest).join(', ')}: not known; known are claim, roles`;
  const path: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  if (path.length === 0 || !path.every((name) => typeof name === 'string' && name !== '')) return 'claim must be the name of a claim, or a list of names that lead to it';
  if (roles === undefined) return { path: path as string[], roles: PLAIN_ROLES.roles };
  if (typeof roles !== 'object' || roles === null || Array.isArray(roles) || Object.keys(roles).length === 0) return 'roles must say which value stands for which role';
  const wrong = Object.entries(roles).find(([, role]) => !isRole(role));
  if (wrong) return `roles: ${wrong[0]} must stand for one of ${ROLES.join(', ')}`;
  return { path: path as string[], roles: new Map(Object.entries(roles) as [string, Role][]) };
}
