import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './modules.js';

interface Term {
  readonly en: string;
  readonly ja: string;
  readonly code: readonly string[];
  readonly not: readonly string[];
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = (pattern: string): string[] => globSync(pattern, { cwd: ROOT }).filter((p) => !p.includes('node_modules')).toSorted();

const terms: Term[] = read('docs/glossary.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| en '))
  .map((line) => {
    const [en, ja, code, , not] = line.split('|').slice(1).map((cell) => cell.trim()) as [string, string, string, string, string];
    return { en, ja, code: [...code.matchAll(/`(\w+)`/g)].map((m) => m[1]!), not: not === '' ? [] : not.split(', ') };
  });

const sources = files('{apps,libs}/**/*.ts').filter((p) => !p.endsWith('spec.ts'));
const code = sources.map(read).join('\n');
// Where the business speaks; specs and samples may name other people's words.
const prose = files('{libs/{agreement,contract,read-models,published,calendar,money},apps/ledger,docs}/**/*.{ts,md}').filter((p) => p !== 'docs/glossary.md' && !p.endsWith('spec.ts'));

describe('one word, one meaning', () => {
  test('the glossary was read', () => {
    expect(terms.length).toBeGreaterThan(35);
    expect(sources.length).toBeGreaterThan(60);
    expect(terms.find((t) => t.ja === '解除調定金')).toMatchObject({ en: 'early-termination settlement', code: ['SettlementAssessed'], not: ['penalty', 'breakage fee'] });
  });

  test('each word stands once, in each language', () => {
    for (const key of ['en', 'ja'] as const) {
      const words = terms.map((t) => t[key].toLowerCase());
      expect(words.filter((w, i) => w === '' || words.indexOf(w) !== i)).toEqual([]);
    }
  });

  test('every name in the code exists', () => {
    expect(terms.flatMap((t) => t.code.filter((name) => !new RegExp(`\\b${name}\\b`).test(code)))).toEqual([]);
    expect(terms.filter((t) => t.code.length === 0).map((t) => t.en)).toEqual([]);
  });

  /** `SetupFee`, `setup_fee`, `setup-fee` and `setup fee` are one word. */
  const spelled = (text: string): string => text.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]/g, ' ').toLowerCase();
  const used = (text: string, words: string): boolean => new RegExp(`\\b${spelled(words)}s?\\b`).test(spelled(text));

  test('no other word stands in its place', () => {
    const banned = terms.flatMap((t) => t.not);
    expect(banned.length).toBeGreaterThan(15);
    expect(prose.flatMap((path) => banned.filter((words) => used(read(path), words)).map((words) => `${path}: ${words}`))).toEqual([]);
  });

  test('catches the other word however it is spelled', () => {
    for (const text of ['const setupFee = 1;', 'the setup fee', 'SETUP_FEE', 'setup-fees']) expect(used(text, 'setup fee')).toBe(true);
    expect(used('a penalty', 'penalty')).toBe(true);
    expect(used('penalise', 'penalty')).toBe(false);
  });
});
