import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLAUSES, CLAUSE_IDS, clausesMarkdown } from '@app/agreement';
import type { ClauseId } from '@app/agreement';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SELF = 'test/architecture/clause-trace.spec.ts';
const DOC = 'docs/generated/clauses.md';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const files = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT })
    .filter((f) => !f.includes('node_modules'))
    .toSorted();

const specs = files('{apps,libs,test}/**/*{.spec,.e2e-spec}.ts').filter((f) => f !== SELF);
const sources = files('{apps,libs}/**/*.ts').filter((f) => !f.endsWith('spec.ts'));

/** Whole ids only: A8-3 is not A8-3a, A1-C not A11-C. */
const names = (text: string): Set<string> => new Set(text.match(/(?<![\w-])(?:A\d+|S|X\d)\w*(?:-\w+)*(?![\w-])/g) ?? []);

const tests = new Map<ClauseId, string[]>(CLAUSE_IDS.map((id) => [id, []]));
for (const spec of specs) for (const name of names(read(spec))) tests.get(name as ClauseId)?.push(spec);

/** `<lib>:<name>` of everything that a lib exports. */
const exported = new Set<string>();
for (const file of sources) {
  const lib = /^libs\/([^/]+)\//.exec(file)?.[1];
  if (lib)
    for (const [, name] of read(file).matchAll(/^export (?:abstract )?(?:const|function|class|interface|type) (\w+)/gm))
      exported.add(`${lib}:${name}`);
}

describe('every clause is carried out and shown, or excused', () => {
  it('looked at the project', () => {
    expect(specs.length).toBeGreaterThan(15);
    expect(sources.length).toBeGreaterThan(50);
    expect(exported.has('agreement:checkApplication')).toBe(true);
    expect(exported.has('agreement:noSuchRule')).toBe(false);
    expect([...names("it('A8-3b: X1-1-2a')// A11b-x S-R7-10-1-6, XA5-2 A5-20.")]).toEqual([
      'A8-3b',
      'X1-1-2a',
      'A11b-x',
      'S-R7-10-1-6',
      'A5-20',
    ]);
  });

  it('by names that exist in the code', () => {
    expect(CLAUSES.flatMap((c) => c.encodedBy.filter((name) => !exported.has(name)).map((name) => `${c.id}: ${name}`))).toEqual(
      [],
    );
    expect(CLAUSES.filter((c) => c.encodedBy.length === 0 && c.excuse === undefined).map((c) => c.id)).toEqual([]);
  });

  it('by a test that names it', () => {
    expect(CLAUSES.filter((c) => c.excuse === undefined && tests.get(c.id)!.length === 0).map((c) => c.id)).toEqual([]);
  });

  it('and an excuse is given only where there is nothing to carry out', () => {
    expect(CLAUSES.filter((c) => c.excuse !== undefined).map((c) => [c.id, c.class, c.encodedBy.length])).toEqual([
      ['A6-2', 'I', 0],
      ['A13', 'I', 0],
    ]);
  });
});

describe(DOC, () => {
  it('is what the tables and tests say now (UPDATE_GENERATED=1 writes it)', () => {
    const page = clausesMarkdown(tests);
    if (process.env['UPDATE_GENERATED'] === '1') {
      mkdirSync(dirname(join(ROOT, DOC)), { recursive: true });
      writeFileSync(join(ROOT, DOC), page);
    }
    expect(read(DOC)).toBe(page);
  });
});
