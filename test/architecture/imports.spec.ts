import { moduleOf, readModules, resolved, type Module } from './modules.js';

/** Who may import whom; what is absent is forbidden. */
const ALLOWED: { readonly [lib: string]: readonly string[] } = {
  kernel: [],
  calendar: [],
  money: [],
  agreement: ['kernel', 'calendar', 'money'],
  contract: ['kernel', 'calendar', 'money', 'agreement'],
  'read-models': ['kernel', 'calendar', 'money', 'agreement', 'contract'],
  published: ['kernel', 'calendar', 'money', 'agreement', 'contract'],
  'event-store': ['kernel'],
  'read-store': ['kernel'],
  erasable: ['kernel'],
  access: ['kernel'],
  transparency: ['kernel'],
  evidence: ['kernel', 'calendar', 'money', 'agreement', 'contract', 'transparency'],
  delivery: ['kernel', 'published'],
};
/** What pure libs may take from outside; nothing else of Node or of packages. */
const PURE: { readonly [lib: string]: readonly string[] } = {
  kernel: ['node:crypto', 'canonicalize', 'uuid'],
  calendar: ['luxon'],
  money: [],
  agreement: [],
  contract: [],
  'read-models': [],
  published: [],
  evidence: [],
};
/** Shapes only: a read model is written against the port of its store and knows nothing of it at run time. */
const TYPES_OF: { readonly [lib: string]: readonly string[] } = { 'read-models': ['@app/read-store', 'kysely'] };
/** What a biller copies: of packages only these, and nothing of ours but the generated types beside it. */
const COPIED: { readonly [app: string]: readonly string[] } = { 'billing-consumer': ['@eventstore/db-client'] };
/** Only the write model decides. */
const DECIDING = ['decide', 'judge', 'judgeCorrection', 'reconcile', 'conclude', 'reevaluate'];

/** What is wrong with a module's imports, one line each. */
function faults(m: Module): string[] {
  const [kind, name] = m.place.split('/') as [string, string | undefined];
  const lib = kind === 'libs' ? name! : null;
  const copied = kind === 'apps' && !m.forTests ? COPIED[name!] : undefined;
  return m.imports.flatMap(({ specifier, names, line, typeOnly }) => {
    if (typeOnly && lib !== null && TYPES_OF[lib]?.includes(specifier)) return [];
    const fault = (why: string): string[] => [`${m.path}:${line} imports ${specifier}: ${why}`];
    if (specifier.startsWith('.')) {
      if (!/\.(js|mjs|json)$/.test(specifier)) return fault('relative imports end in .js');
      const target = resolved(m, specifier);
      return target.startsWith(`${m.place}/`) || (m.forTests && (target.startsWith('test/') || target.startsWith('apps/') || target.includes('/testing/'))) ? [] : fault('it lies outside its own lib or app; use @app/<lib>');
    }
    if (copied && !specifier.startsWith('node:') && !copied.includes(specifier)) return fault(`a biller copies ${name}: Node and ${copied.join(', ')} only`);
    if (specifier.startsWith('@app/')) {
      const [, to, ...deeper] = specifier.split('/');
      if (deeper.length > 0) return fault('nothing deeper than the index is importable');
      if (to === lib && !m.forTests) return fault('a lib does not import itself');
      if (m.forTests) return [];
      if (to === 'testing') return fault('only tests use the story language');
      if (lib !== null && !(ALLOWED[lib] ?? []).includes(to!)) return fault(`${lib} may import ${(ALLOWED[lib] ?? []).join(', ') || 'nothing of ours'}`);
      if ((lib === 'read-models' || lib === 'published' || lib === 'evidence') && to === 'contract' && names.some((n) => DECIDING.includes(n))) return fault('what reads never decides');
      return [];
    }
    if (lib !== null && lib in PURE && !m.forTests && !PURE[lib]!.includes(specifier)) return fault(`${lib} is pure`);
    return [];
  });
}

describe('who may import whom', () => {
  const modules = readModules();

  test('looked at the project', () => {
    expect(modules.length).toBeGreaterThan(150);
    for (const lib of ['kernel', 'calendar', 'money', 'agreement', 'contract', 'event-store', 'read-store', 'erasable', 'access'])
      expect(modules.filter((m) => m.place === `libs/${lib}` && !m.forTests).length).toBeGreaterThan(0);
    expect(modules.flatMap((m) => m.imports).length).toBeGreaterThan(600);
    const known = new Set([...Object.keys(ALLOWED), 'testing']);
    for (const app of Object.keys(COPIED)) expect(modules.filter((m) => m.place === `apps/${app}` && !m.forTests).length).toBeGreaterThan(5);
    expect(modules.filter((m) => m.place.startsWith('libs/') && !known.has(m.place.slice(5))).map((m) => m.path)).toEqual([]);
  });

  test('nobody else', () => {
    expect(modules.flatMap(faults)).toEqual([]);
  });

  test.each([
    ['libs/money/src/x.ts', "import { addDays } from '@app/calendar';", 'nothing of ours'],
    ['libs/agreement/src/x.ts', "import type { Life } from '@app/contract';", 'kernel, calendar, money'],
    ['libs/contract/src/x.ts', "export { story } from '@app/testing';", 'story language'],
    ['libs/contract/src/x.ts', "const fs = await import('node:fs');", 'pure'],
    ['libs/contract/src/x.ts', "import { createHash } from 'node:crypto';", 'pure'],
    ['libs/contract/src/unit/x.ts', "import { x } from '../../../money/src/yen.js';", 'outside'],
    ['libs/contract/src/x.ts', "import { x } from '@app/money/src/yen';", 'deeper'],
    ['libs/contract/src/x.ts', "import { x } from './life';", '.js'],
    ['libs/kernel/src/x.ts', "import { DateTime } from 'luxon';", 'pure'],
    ['libs/read-models/src/x.ts', "import { decide as d } from '@app/contract';", 'never decides'],
    ['libs/read-models/src/x.ts', "import { openStore } from '@app/read-store';", 'kernel'],
    ['libs/evidence/src/x.ts', "import { judge } from '@app/contract';", 'never decides'],
    ['libs/evidence/src/x.ts', "import { contractView } from '@app/read-models';", 'transparency'],
    ['libs/evidence/src/x.ts', "import { readFileSync } from 'node:fs';", 'pure'],
    ['libs/event-store/src/x.ts', "type X = import('@app/contract').Life;", 'kernel'],
    ['apps/billing-consumer/src/x.ts', "import { amountIn } from '@app/published';", 'a biller copies'],
    ['apps/billing-consumer/src/x.ts', "const { x } = await import('undici');", 'a biller copies'],
    ['apps/billing-consumer/src/x.ts', "import type { Money } from '../../../libs/published/src/events.js';", 'outside'],
    ['apps/console/src/x.ts', "import { x } from '../../ledger/src/x.js';", 'outside'],
  ])('catches in %s: %s', (path, text, why) => {
    const found = faults(moduleOf(path, text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(why);
  });
});
