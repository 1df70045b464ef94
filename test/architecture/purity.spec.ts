import ts from 'typescript';
import { moduleOf, readModules, type Module } from './modules.js';

const PURE = ['kernel', 'calendar', 'money', 'agreement', 'contract', 'read-models', 'published', 'evidence'];

/** Globals through which a clock, chance, the environment or the world outside would come in. */
const WORLD = new Set(['process', 'performance', 'crypto', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'globalThis', 'navigator', 'console']);
/** Members that ask for the time or for chance. */
const ASKING: { readonly [object: string]: readonly string[] } = { Date: ['now'], Math: ['random'], DateTime: ['now', 'local', 'utc'], Temporal: ['Now'] };

/** What is let be, with its reason. */
const EXCUSED: readonly RegExp[] = [
  // A projection gives way to what waits; no clock is read and nothing depends on when it goes on.
  /^libs\/read-models\/src\/contracts\.ts:\d+ uses setTimeout$/,
];

/** Uses of the world outside in a module, one line each. */
function impurities(m: Module): string[] {
  const out: string[] = [];
  const fault = (node: ts.Node, what: string): void => void out.push(`${m.path}:${m.source.getLineAndCharacterOfPosition(node.getStart()).line + 1} uses ${what}`);
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date' && (node.arguments?.length ?? 0) === 0) fault(node, 'new Date()');
    else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') fault(node, 'Date()');
    else if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && ASKING[node.expression.text]?.includes(node.name.text)) fault(node, `${node.expression.text}.${node.name.text}`);
    else if (ts.isIdentifier(node) && WORLD.has(node.text)) {
      const { parent } = node;
      const isName = (ts.isPropertyAccessExpression(parent) && parent.name === node) || (ts.isPropertyAssignment(parent) && parent.name === node) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent) || ts.isParameter(parent) || ts.isImportSpecifier(parent);
      if (!isName) fault(node, node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(m.source);
  return out;
}

describe('pure libs read no clock, no chance, no environment', () => {
  const modules = readModules().filter((m) => m.place.startsWith('libs/') && PURE.includes(m.place.slice(5)) && !m.forTests);

  test('looked at the project', () => {
    expect(modules.length).toBeGreaterThan(40);
    for (const lib of ['kernel', 'calendar', 'money', 'agreement', 'contract']) expect(modules.some((m) => m.place === `libs/${lib}`)).toBe(true);
  });

  test('none of them', () => expect(modules.flatMap(impurities).filter((fault) => !EXCUSED.some((e) => e.test(fault)))).toEqual([]));

  test.each([
    'const t = Date.now();', 'const t = new Date();', 'const t = Date();', 'const r = Math.random();', 'const e = process.env;', 'setTimeout(f, 1);', 'const d = DateTime.now();',
    'const d = DateTime.local({ zone });', 'const id = crypto.randomUUID();', 'const t = performance.now();', 'const x = globalThis;',
  ])('catches %s', (text) => {
    expect(impurities(moduleOf('libs/contract/src/x.ts', text))).toHaveLength(1);
  });

  test.each(['const at = new Date(instant);', 'type T = Date;', 'const x = { process: 1 }.process;', 'DateTime.fromMillis(0);'])('lets %s be', (text) => {
    expect(impurities(moduleOf('libs/contract/src/x.ts', text))).toEqual([]);
  });
});
