import { isCitable, statement } from '@app/agreement';
import { detailOf, warningDetailOf } from './problem-texts.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import type { Call } from './call.js';
import type { Language, Said } from './language.js';
import type { Problem } from './problem.js';
import type { CommandOutcome } from '../ports.js';
import type { Json, Receipt, Violation } from '@app/kernel';

const READING: Said = {
  en: 'A reading of the agreement, not legal advice.',
  ja: '本結果は規程の一つの読み方であり、法的助言ではありません。',
};

interface Explained {
  /** What an approved command came to. */
  readonly result?: { readonly status: number; readonly body: object };
  readonly receipts?: readonly Receipt[];
  readonly warnings?: readonly { readonly code: string; readonly clause: string | null; readonly facts: { readonly [key: string]: Json } }[];
}

/** Receipts get the clause's statement, warnings a sentence, in the caller's language; a decision says that it is a reading. */
export function explain<T extends object>(body: T, language: Language): object {
  const { receipts, warnings, result } = body as Explained;
  return {
    ...body,
    ...(receipts && {
      receipts: receipts.map(({ clause, facts, policy, ...rest }) => ({
        clause,
        statement: isCitable(clause) ? statement(clause)[language] : null,
        facts,
        ...(policy && { policy }),
        ...rest,
      })),
    }),
    ...(warnings && {
      warnings: warnings.map((w) => ({ code: w.code, clause: w.clause, detail: warningDetailOf(w.code, w.clause, w.facts, language), facts: w.facts })),
    }),
    ...(result && { result: { ...result, body: explain(result.body, language) } }),
    ...((receipts?.length || warnings?.length) && { notice: READING[language] }),
  };
}

interface Refusals {
  readonly refusals: readonly object[];
}

/** The sentences of refusals in the caller's language, as they were answered. */
export function explainRefusals<T extends Refusals>(page: T, language: Language): object {
  const said = (r: object): object => {
    const { violations, ...rest } = r as { readonly violations: readonly Violation[]; readonly code: string; readonly facts: Violation['facts'] };
    return {
      ...rest,
      detail: violations.length > 0 ? null : detailOf(rest.code, null, rest.facts, language),
      violations: violations.map((v) => ({ ...v, detail: detailOf(v.code, v.clause, v.facts, language) })),
    };
  };
  return { ...page, refusals: page.refusals.map(said) };
}

/** The HTTP answer of a command's outcome; the body is returned, status and headers are set on the reply. */
export function answer(outcome: CommandOutcome, call: Call): object {
  const { reply, language } = call;
  void reply.header('content-language', language);
  if ('replayed' in outcome && outcome.replayed) void reply.header('idempotency-replayed', 'true');
  if ('body' in outcome) {
    void reply.status(outcome.status);
    const body = explain(outcome.body, language);
    return call.preview ? { ...body, preview: true } : body;
  }
  const problem = problemOf(outcome);
  void reply.status(problem.status).type(PROBLEM_TYPE);
  return problemBody(problem, language);
}

function problemOf(outcome: Exclude<CommandOutcome, { readonly body: object }>): Problem {
  switch (outcome.status) {
    case 400:
      return { status: 400, code: 'malformed-input', errors: outcome.errors };
    case 404:
      return { status: 404, code: 'not-found', facts: { what: outcome.what } };
    case 409: {
      const { code, violations, facts } = outcome.rejected;
      return { status: 409, code, violations, facts };
    }
    case 412:
      return { status: 412, code: 'revision-mismatch', facts: { revision: outcome.revision } };
    case 422:
      return { status: 422, code: 'key-reused' };
  }
}
