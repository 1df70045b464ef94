import ts from 'typescript';
import { detailOf } from '../../apps/ledger/src/http/problem-texts.js';
import { readModules, type Module } from './modules.js';

/** The detail of this one is that of its violations. */
const LISTED = 'refused-by-agreement';

const textOf = (node: ts.Expression | undefined): string[] => (node && ts.isStringLiteral(node) ? [node.text] : []);

/** Codes under which a module refuses: `new Rejected(code, …)`, `violation(clause, code, …)`. */
function codesOf({ source }: Pick<Module, 'source'>): string[] {
  const codes: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Rejected') codes.push(...textOf(node.arguments?.[0]));
    if (ts.isCallExpression(node) && node.expression.getText() === 'violation') codes.push(...textOf(node.arguments[1]));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return codes;
}

const speechless = (codes: Iterable<string>): string[] => [...codes].filter((code) => [detailOf(code, null, {}, 'en'), detailOf(code, null, {}, 'ja')].includes(code));

describe('whoever is refused is told why in words', () => {
  const codes = new Set(readModules().filter((m) => !m.forTests).flatMap(codesOf));
  codes.delete(LISTED);

  test('looked at the project', () => {
    expect(codes.size).toBeGreaterThan(35);
    expect([...codes]).toEqual(expect.arrayContaining(['already-withdrawn', 'approval-own', 'contract-live', 'not-on-form']));
  });

  test('every code has its sentence in both languages', () => {
    expect(speechless(codes)).toEqual([]);
  });

  test('a code without one would be found', () => {
    const source = ts.createSourceFile('x.ts', "if (a) throw new Rejected('no-such-words', [], {}); else violation('A1', 'not-on-form', {});", ts.ScriptTarget.Latest, true);
    expect(speechless(codesOf({ source }))).toEqual(['no-such-words']);
  });
});
