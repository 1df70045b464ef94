import type { Json } from './canonical.js';

/** One reason why the agreement refuses: the clause, a stable code, and the facts it was judged on. */
export interface Violation {
  readonly clause: string;
  readonly code: string;
  readonly facts: { readonly [key: string]: Json };
}

/**
 * "No" as an answer (not an exception): a command refused by a clause (`violations`), or refused without one
 * (`violations` empty, `code` says why). Mapped to HTTP 409 in one place.
 */
export class Rejected {
  readonly rejected = true as const;
  constructor(
    readonly code: string,
    readonly violations: readonly Violation[],
    readonly facts: { readonly [key: string]: Json } = {},
  ) {}
}

/** What is wrong with a member of the input: a rule with its facts, `rule|fact|…`, said in words at the edge. */
export interface PathError<Rule extends string = string> {
  readonly path: string;
  readonly message: Rule;
}

/** Malformed input that only the domain can see (a quantity where there is none, …): HTTP 400 with the path. */
export class Malformed<Rule extends string = string> {
  readonly malformed = true as const;
  constructor(readonly errors: readonly PathError<Rule>[]) {}
}

export const isRejected = (x: unknown): x is Rejected => x instanceof Rejected;
export const isMalformed = (x: unknown): x is Malformed => x instanceof Malformed;

/** Sorted by clause id, then code: the order in which violations are reported. */
export function sortViolations(violations: readonly Violation[]): Violation[] {
  return [...violations].sort((a, b) => (a.clause < b.clause ? -1 : a.clause > b.clause ? 1 : a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}

/** The command names something that this stream does not hold (an option, a notice, a change): HTTP 404. */
export class NotFound {
  readonly notFound = true as const;
  constructor(
    readonly what: string,
    readonly id: string,
  ) {}
}

export const isNotFound = (x: unknown): x is NotFound => x instanceof NotFound;
