import { ruleMessage } from './rule-texts.js';
import { DETAILED_CODES, PROBLEMS, detailOf } from './problem-texts.js';
import type { Language } from './language.js';
import type { ProblemCode } from './problem-texts.js';
import type { PathError } from '../ports.js';
import type { Json, Violation } from '@app/kernel';

/** Input that is malformed: 400 with a path each. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  constructor(readonly errors: readonly PathError[]) {
    super('malformed input');
  }
}

/** Any other answer that is a problem, thrown by controllers and hooks. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly facts: { readonly [key: string]: Json } = {},
    readonly headers: { readonly [name: string]: string } = {},
  ) {
    super(code);
  }
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly facts?: { readonly [key: string]: Json };
  readonly errors?: readonly PathError[];
  readonly violations?: readonly Violation[];
  readonly headers?: { readonly [name: string]: string };
}

/** The kind of problem of a status, for codes that are not kinds themselves. */
export const BY_STATUS: { readonly [status: number]: ProblemCode } = {
  400: 'malformed-input',
  404: 'no-such-path',
  409: 'refused',
  413: 'body-too-large',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
  503: 'unavailable',
};

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The RFC 9457 body of a problem in a language. */
export function problemBody(problem: Problem, language: Language): { readonly [member: string]: unknown } {
  const { status, code, facts = {}, errors, violations } = problem;
  // A code of its own shares the title of its kind.
  const kind = code in PROBLEMS ? (code as ProblemCode) : (BY_STATUS[status] ?? 'internal-error');
  const spoken = DETAILED_CODES.has(code) || status === 409 ? code : kind;
  return {
    type: `urn:contract-ledger:problem:${code}`,
    title: PROBLEMS[kind].title[language],
    status,
    detail: violations?.length
      ? violations.map((v) => `${v.clause}: ${detailOf(v.code, v.clause, v.facts, language)}`).join(' / ')
      : detailOf(spoken, null, facts, language),
    code,
    ...(errors && { errors: errors.map((e) => ({ path: e.path, message: ruleMessage(e.message, language) })) }),
    ...(violations && {
      violations: violations.map((v) => ({
        clause: v.clause,
        code: v.code,
        detail: detailOf(v.code, v.clause, v.facts, language),
        facts: v.facts,
      })),
    }),
    ...(Object.keys(facts).length > 0 && { facts }),
  };
}
