import { CLAUSES, INTERPRETATIONS } from './clauses.js';
import { REVISIONS } from './revisions.js';
import type { ClauseEntry } from './clauses.js';
import type { ClauseId } from './ids.js';

const TITLES: { readonly [article: string]: string } = {
  A1: 'Article 1: items',
  A2: 'Article 2: operating systems',
  A3: 'Article 3: minimum use period and term',
  A4: 'Article 4: units of contract',
  A5: 'Article 5: eligibility',
  A6: 'Article 6: conditions of use',
  A7: 'Article 7: changes',
  A8: 'Article 8: options',
  A9: 'Article 9: abolition',
  A10: 'Article 10: effect of terminations',
  A11: 'Article 11: fees',
  A12: 'Article 12: early-termination settlement',
  A13: 'Article 13: warranty',
  S: 'Supplementary provisions',
  X1: 'Annex 1: fees',
  X2: 'Annex 2: amount of the settlement',
};
const CLASSES = { M: 'enforced', R: 'recorded', I: 'information' };

const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const code = (name: string): string => `\`${name}\``;

/** One test that shows a clause at work: tables a lawyer can read before others. */
export function shownBy(tests: readonly string[]): string | null {
  const rank = (file: string): number =>
    file.startsWith('test/agreement/article') ? 0 : file.startsWith('test/agreement/') ? 1 : 2;
  return tests.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0] ?? null;
}

const clauseRow = (c: ClauseEntry, tests: readonly string[]): string =>
  row(
    `**${c.id}**`,
    `${c.ja}<br>${c.en}`,
    CLASSES[c.class],
    c.excuse ?? c.encodedBy.map(code).join(', '),
    c.excuse === undefined ? code(shownBy(tests) ?? '—') : '—',
  );

/**
 * The page of all clauses in our own words: what each says, what carries it out, and one test that shows it.
 * `traces` gives the test files that name a clause, as paths from the project's root.
 */
export function clausesMarkdown(traces: ReadonlyMap<ClauseId, readonly string[]>): string {
  const lines = [
    '# The clauses of the agreement, in our own words',
    '',
    'Generated from `libs/agreement` (`UPDATE_GENERATED=1 npm test -- test/architecture/clause-trace`); do not edit.',
    'These are short statements of a reading of the text, not the text, and no legal advice.',
    '',
    `${CLAUSES.length} clauses; the text is that of ${REVISIONS.at(-1)!.from}. *Enforced*: decided by the machine; *recorded*: kept as a fact; *information*: neither.`,
  ];
  for (const [article, title] of Object.entries(TITLES)) {
    lines.push(
      '',
      `## ${title}`,
      '',
      row('clause', 'statement', 'class', 'carried out by', 'shown by'),
      row('---', '---', '---', '---', '---'),
    );
    for (const c of CLAUSES) if (c.article === article) lines.push(clauseRow(c, traces.get(c.id) ?? []));
  }
  lines.push('', '## Decided readings', '', row('no.', 'reading', 'switch'), row('---', '---', '---'));
  for (const n of INTERPRETATIONS) lines.push(row(`**${n.id}**`, `${n.ja}<br>${n.en}`, n.policy === null ? '' : code(n.policy)));
  return lines.join('\n') + '\n';
}
