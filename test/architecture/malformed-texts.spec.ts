import ts from 'typescript';
import { ruleMessage, RULES, type RuleMessage } from '../../apps/ledger/src/http/rule-texts.js';
import { moduleOf, readModules, type Module } from './modules.js';

const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/;

/** Calls that say what is wrong with the input, and which of their arguments is the message. */
const SAYING: { readonly [name: string]: number } = { malformed: 1, broken: 0, NotCanonical: 1 };

/** Where the edge learns what is wrong: ledgerctl speaks for itself. */
const answersHttp = (m: Module): boolean => !m.forTests && (m.place.startsWith('libs/') || m.place === 'apps/ledger');

/** The texts an expression can come to, with `«n»` where a fact is put in; none where it only hands one on. */
function textsOf(node: ts.Expression | undefined): string[] {
  if (!node) return [];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text + node.templateSpans.map((span, i) => `«${i}»${span.literal.text}`).join('')];
  return [];
}

/** Every message that a module makes for `errors` of a 400. */
function messagesIn({ source }: Pick<Module, 'source'>): string[] {
  const messages: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node) && node.properties.some((p) => p.name?.getText() === 'path'))
      for (const p of node.properties) if (ts.isPropertyAssignment(p) && p.name.getText() === 'message') messages.push(...textsOf(p.initializer));
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) messages.push(...textsOf(node.arguments?.[SAYING[node.expression.getText()] ?? Infinity]));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return messages;
}

/** Messages that are no rule with a sentence in both languages, or whose facts a sentence leaves out or lacks. */
const illSaid = (messages: readonly string[]): string[] =>
  messages.filter((message) => {
    const [rule = '', ...facts] = message.split('|');
    if (!Object.hasOwn(RULES, rule)) return true;
    const [en, ja] = [ruleMessage(message as RuleMessage, 'en'), ruleMessage(message as RuleMessage, 'ja')];
    const whole = [en, ja].every((text) => text !== rule && !text.includes('undefined') && facts.every((fact) => text.includes(fact)));
    return !whole || JAPANESE.test(en) || !JAPANESE.test(ja);
  });

describe('whoever sends something malformed is told in words, in the language asked for', () => {
  const messages = [...new Set(readModules().filter(answersHttp).flatMap(messagesIn))];

  test('looked at the project', () => {
    expect(messages.length).toBeGreaterThan(75);
    expect(messages).toEqual(expect.arrayContaining(['afterToday|«0»|«1»', 'otherUnit', 'notItsOption', 'beyondFeed|«0»', 'subjectReserved', 'above|«0»', 'policy|«0»', 'halfCharacter', 'notHttp', 'cursor']));
  });

  test('every message is a rule with its facts, said in both languages', () => {
    expect(illSaid(messages)).toEqual([]);
  });

  test('a sentence, a bare code and a fact too few or too many would be found', () => {
    const { source } = moduleOf('x.ts', "malformed(p, ok ? 'is before the fault' : 'noSuchRule'); errors.push({ path: p, message: `afterToday|${day}` }, { path: p, message: `id|${day}` }, { path: p, message: 'id' });");
    const wrong = messagesIn({ source });
    expect(wrong).toHaveLength(5);
    expect(illSaid(wrong)).toEqual(['is before the fault', 'noSuchRule', 'afterToday|«0»', 'id|«0»']);
  });
});
