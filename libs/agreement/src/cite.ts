import type { Json, Receipt, Violation } from '@app/kernel';
import type { CitableId } from './ids.js';
import type { Policies } from './policies.js';

/** A clause id as text; an id that does not exist does not compile. */
export const cite = <const Id extends CitableId>(id: Id): Id => id;

/** A refusal by a clause that exists. */
export const violation = (clause: CitableId, code: string, facts: { readonly [key: string]: Json } = {}): Violation => ({
  clause,
  code,
  facts,
});

/** A reason for the record, by a clause that exists, under the policies that mattered. */
export const receipt = (clause: CitableId, facts: { readonly [key: string]: Json }, policy?: Partial<Policies>): Receipt =>
  policy === undefined ? { clause, facts } : { clause, facts, policy };
