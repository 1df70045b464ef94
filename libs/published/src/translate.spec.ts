import { jest } from '@jest/globals';
import fc from 'fast-check';
import { monthOf } from '@app/calendar';
import { FACT_TYPES } from '@app/contract';
import { problemsOf, RULES, schemaIdOf, sequenceOf, NO_MEMORY, translateAppend, type ContractMemory, type Draft } from './index.js';
import { Biller, type Faults } from './testing/biller.js';
import { anyScript, RandomLife, type Script } from './testing/lives.js';

jest.setTimeout(60_000);

const AROUND = { holidays: null };
const told = new Map<string, number>();

const sealed = (d: Draft, n: number): object => {
  const { source: _, previousid, ...rest } = d;
  return {
    specversion: '1.0', source: 'urn:uuid:00000000-0000-4000-8000-000000000000', datacontenttype: 'application/json',
    dataschema: schemaIdOf(d.type), sequence: sequenceOf(n), ...(previousid === null ? {} : { previousid }), ...rest,
  };
};

/** Lives a script and holds a biller against the ledger after every append. Returns what was published. */
function live(script: Script, faults: Faults = {}, everyEvent?: (draft: Draft, n: number) => void): Draft[] {
  const life = new RandomLife(script);
  const biller = new Biller(faults);
  let memory: ContractMemory = NO_MEMORY;
  let seen = 0;
  const published: Draft[] = [];
  const compare = (): void => {
    for (; seen < life.appends.length; seen++) {
      const out = translateAppend(memory, life.appends[seen]!, AROUND);
      memory = out.memory;
      for (const draft of out.drafts) {
        everyEvent?.(draft, published.length);
        const month = draft.businessdate.slice(0, 7);
        const before = biller.totalsThrough(month);
        biller.receive(JSON.parse(JSON.stringify(draft.data)) as object);
        if (draft.data.monthsChanged && Object.keys(faults).length === 0) {
          const now = biller.totalsThrough(month);
          const differ = [...new Set([...before.keys(), ...now.keys()])].filter((m) => (before.get(m) ?? 0) !== (now.get(m) ?? 0)).sort();
          expect(draft.data.monthsChanged).toEqual(differ.map((m) => ({ month: m, before: before.get(m) ?? 0, after: now.get(m) ?? 0 })));
        }
        published.push(draft);
      }
    }
    const owed = [...life.charges().values()].map(({ id, kind, subject, clause, dueOn, amount }) => ({ id, kind, subject, clause, dueOn, amount }));
    const billed = [...biller.billsThrough(monthOf(life.horizon)).values()];
    const byId = (x: { id: string }, y: { id: string }): number => (x.id < y.id ? -1 : 1);
    billed.sort(byId);
    owed.sort(byId);
    if (JSON.stringify(billed) !== JSON.stringify(owed)) expect(billed).toEqual(owed);
  };
  compare();
  for (const move of script.moves) {
    life.move(move);
    compare();
  }
  for (const [type, n] of life.told) told.set(type, (told.get(type) ?? 0) + n);
  return published;
}

describe('a biller that applies lines and nothing else', () => {
  it('bills what the ledger charges, line by line and to the yen, after every append, under any policies', () => {
    fc.assert(
      fc.property(anyScript(), (script) => {
        let previous: Draft | null = null;
        live(script, {}, (draft, n) => {
          expect(problemsOf(JSON.parse(JSON.stringify(sealed(draft, n))))).toEqual([]);
          expect([draft.contractsequence, draft.previousid]).toEqual([n, previous?.id ?? null]);
          previous = draft;
        });
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
    // The lives were lives: most of what can happen did.
    expect(told.size).toBeGreaterThan(18);
  });

  it.each<[string, Faults]>([
    ['forgets voids', { keepsVoids: true }],
    ['ignores partial months', { noPartialMonths: true }],
    ['adds lines instead of replacing them', { addsUp: true }],
  ])('but not one that %s', (_, faults) => {
    expect(fc.check(fc.property(anyScript(), (script) => void live(script, faults)), { numRuns: 100, endOnFailure: true }).failed).toBe(true);
  });
});


it('says what becomes of every type, and knows every fact', () => {
  expect(FACT_TYPES.filter((t) => !(t in RULES))).toEqual([]);
});
