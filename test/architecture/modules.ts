/** Reads the modules of the project and what they import, by the compiler's own parser. */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Import {
  readonly specifier: string;
  /** Names taken, `*` for all of it; empty for effects only. */
  readonly names: readonly string[];
  /** `import type`: nothing of it is there at run time. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Module {
  /** Path from the project's root, with `/`. */
  readonly path: string;
  /** `libs/contract`, `apps/ledger`, `test`. */
  readonly place: string;
  /** A test, or what only tests use. */
  readonly forTests: boolean;
  readonly imports: readonly Import[];
  readonly source: ts.SourceFile;
}

const placeOf = (path: string): string => {
  const [top, name] = path.split('/');
  return top === 'libs' || top === 'apps' ? `${top}/${name}` : top!;
};

export function moduleOf(path: string, text: string): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (specifier: ts.Expression | undefined, names: readonly string[], node: ts.Node, typeOnly = false): void => {
    if (specifier && ts.isStringLiteralLike(specifier)) imports.push({ specifier: specifier.text, names, typeOnly, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const names = [
        ...(clause?.name ? ['default'] : []),
        ...(bindings && ts.isNamespaceImport(bindings) ? ['*'] : []),
        ...(bindings && ts.isNamedImports(bindings) ? bindings.elements.map((e) => (e.propertyName ?? e.name).text) : []),
      ];
      add(node.moduleSpecifier, names, node, clause?.isTypeOnly);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements.map((e) => (e.propertyName ?? e.name).text) : ['*'], node);
    else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require'))) add(node.arguments[0], ['*'], node);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal as ts.Expression, ['*'], node);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) add(node.moduleReference.expression, ['*'], node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, place: placeOf(path), forTests: /(spec|\.d)\.ts$/.test(path) || path.includes('/testing/') || path.startsWith('test/') || path.startsWith('libs/testing/'), imports, source };
}

export const readModules = (): Module[] =>
  globSync('{apps,libs,test}/**/*.ts', { cwd: ROOT })
    .map((p) => p.split('\\').join('/'))
    .filter((p) => !p.includes('node_modules'))
    .toSorted()
    .map((path) => moduleOf(path, readFileSync(join(ROOT, path), 'utf8')));

/** The path, from the root, that a relative import of a module means. */
export const resolved = (m: Module, specifier: string): string => posix.normalize(posix.join(posix.dirname(m.path), specifier));
