import { jest } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_POLICIES } from '@app/agreement';
import { monthOf } from '@app/calendar';
import { FACT_TYPES, type RecordedEvent } from '@app/contract';
import type { Json } from '@app/kernel';
import { Story } from '@app/testing';
import { changesBetween, NO_CHANGES, pictureOf, problemsOf, publishedId, RULES, sealed, NO_MEMORY, translateAppend, type ContractMemory, type Draft, type SourceEvent } from './index.js';
import { Biller, type Faults } from './testing/biller.js';
import { anyScript, RandomLife, type Script } from './testing/lives.js';

jest.setTimeout(60_000);

const AROUND = { holidays: null };
const told = new Map<string, number>();

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
      // What the translator took over from before is what it would draw anew.
      expect(changesBetween(memory.picture, pictureOf(structuredClone(memory.state), AROUND))).toEqual(NO_CHANGES);
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
          const text = JSON.stringify(sealed(draft, 'urn:uuid:00000000-0000-4000-8000-000000000000', n));
          expect(problemsOf(JSON.parse(text))).toEqual([]);
          // Texts lie in the register; the feed does not even refer to them, nor to who entered what.
          expect(/commitment|applicationNumber|clerk|itemName/.exec(text)).toBeNull();
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

describe('who says what', () => {
  const POLICIES = DEFAULT_POLICIES;
  /** A life by hand: item X at 100,000 a month from 2025-10-01. */
  class Told {
    readonly story = new Story({ policies: POLICIES });
    private memory: ContractMemory = NO_MEMORY;
    private position = 0;

    constructor() {
      this.story.at('2025-10-01');
    }

    /** What is published of what just happened. */
    say(happened: { readonly events: readonly RecordedEvent[] }): Draft[] {
      const drafts: Draft[] = [];
      for (let left = [...happened.events]; left.length > 0; ) {
        const append = left.filter((e) => e.metadata.commandId === left[0]!.metadata.commandId);
        left = left.slice(append.length);
        const sources = append.map((e): SourceEvent => ({
          id: e.id, type: e.type, stream: `contract-${this.story.contractId}`, revision: e.revision, position: String(++this.position), data: e.data as Json,
          metadata: { ...e.metadata, businessDate: this.story.now, recordedAt: '2025-10-01T00:00:00.000Z', schemaVersion: 1 },
        }));
        const out = translateAppend(this.memory, sources, AROUND);
        this.memory = out.memory;
        drafts.push(...out.drafts);
      }
      return drafts;
    }

    /** Another picture than what was published, as after a mended rule. */
    forgetOneLine(): void {
      this.memory = { ...this.memory, picture: new Map([...this.memory.picture].slice(1)) };
    }
  }

  const brief = (d: Draft): string =>
    [
      d.type.replace(/^ledger\.contract\.(.*)\.v1$/, '$1'),
      ...d.data.segments.map((l) => `${l.from}..${l.to ?? ''} ${l.fee}`),
      ...d.data.charges.map((l) => `${l.kind} ${l.dueOn} ${l.amount}${l.kind === 'settlement' ? (l.assessed ? ' assessed' : ' expected') : ''}`),
      ...(d.data.voids.length > 0 ? [`voids ${d.data.voids.length}`] : []),
      ...(d.data.monthsChanged ?? []).map((m) => `${m.month}: ${m.before} → ${m.after}`),
    ].join(' | ');

  const contract = (t: Told): Draft[] => t.say(t.story.contract({ item: 'X', billed: '2025-10-01', fee: 100_000, initial: 5_000 }));

  it('an end: the notice moves the lines and expects the settlement, the end says that it has come, the assessment that it stands', () => {
    const t = new Told();
    expect(contract(t).map(brief)).toEqual(['contracted | 2025-10-01.. 100000 | initial 2025-10-01 5000']);
    t.story.at('2026-09-01');
    const notified = t.say(t.story.notice('base', { designated: '2026-09-30' }));
    expect(notified.map(brief)).toEqual(['cancellation-notified | 2025-10-01..2026-10-01 100000 | settlement 2026-10-01 1196774 expected']);
    // A segment at its partial month, a settlement at its months: nothing is left to compute.
    expect(notified[0]!.data.segments[0]!.partialMonths).toEqual([{ month: '2026-10', days: 1, of: 31, amount: 3_225 }]);
    expect(t.say(t.story.onDay('2026-10-02')).map(brief)).toEqual(['renewed', 'ended', 'settlement-assessed | settlement 2026-10-01 1196774 assessed']);
    // Withdrawn in arrears it all comes back; what had been assessed is void, and the months show what changes.
    t.story.at('2026-11-02');
    const undone = t.say(t.story.withdrawNotice('base', { consented: '2026-09-15' }));
    expect(undone.map(brief)).toEqual(['notice-withdrawn | 2025-10-01.. 100000 | voids 1 | 2026-10: 1199999 → 100000 | 2026-11: 0 → 100000', 'settlement-voided', 'end-undone']);
  });

  it('an application: each option its own lines', () => {
    const t = new Told();
    contract(t);
    const added = t.say(t.story.options([{ no: 1, units: 2, fee: { kind: 'perAccount', unit: 300 } }, { no: 2, units: 1, fee: 700, initial: 50 }, { no: 3, initial: null }], { billed: '2025-10-16' }));
    expect(added.map(brief)).toEqual(['option-added | 2025-10-16.. 600 | initial 2025-10-01 null', 'option-added | 2025-10-16.. 700 | initial 2025-10-01 50', 'option-added | initial 2025-10-01 null']);
    expect(added.map((d) => [d.contractsequence, d.previousid])).toEqual([[1, publishedId(t.story.history[0]!.id)], [2, added[0]!.id], [3, added[1]!.id]]);
  });

  it('a correction: all of it, what takes the place nothing, so that no picture in between is billed', () => {
    const t = new Told();
    const [contracted] = contract(t);
    t.story.at('2025-12-10');
    const replacement = t.story.contractCommand({ item: 'X', billed: '2025-10-01', fee: 90_000, initial: 5_000 });
    const corrected = t.say(t.story.correct(t.story.history[0]!.id, replacement));
    expect(corrected.map(brief)).toEqual(['corrected | 2025-10-01.. 90000 | 2025-10: 105000 → 95000 | 2025-11: 100000 → 90000 | 2025-12: 100000 → 90000', 'contracted']);
    expect(corrected.map((d) => d.data)).toMatchObject([{ strikes: [contracted!.id], replaced: true }, { inPlaceOf: contracted!.id }]);
  });

  it('a late fact shows the months that it changes, one on time does not', () => {
    const t = new Told();
    contract(t);
    t.story.at('2026-01-20');
    expect(t.say(t.story.quoteMonthly('base', 80_000, '2025-12-01')).map(brief)).toEqual([
      'quoted | 2025-10-01..2025-11-30 100000 | 2025-12-01.. 80000 | 2025-12: 100000 → 80000 | 2026-01: 100000 → 80000',
    ]);
    expect(t.say(t.story.quoteMonthly('base', 70_000, '2026-01-01')).map(brief)).toEqual(['quoted | 2025-12-01..2025-12-31 80000 | 2026-01-01.. 70000']);
  });

  it('what was published otherwise than it would be now is restated before anything else, by the next event of the contract', () => {
    const t = new Told();
    contract(t);
    t.forgetOneLine();
    t.story.at('2025-12-10');
    const drafts = t.say(t.story.quoteMonthly('base', 80_000, '2026-01-01'));
    expect(drafts.map(brief)).toEqual(['charges-restated | 2025-10-01.. 100000 | 2025-10: 5000 → 105000 | 2025-11: 0 → 100000 | 2025-12: 0 → 100000', 'quoted | 2025-10-01..2025-12-31 100000 | 2026-01-01.. 80000']);
    expect(drafts.map((d) => [d.id, d.previousid])).toEqual([[publishedId(t.story.history[2]!.id, 1), publishedId(t.story.history[0]!.id)], [publishedId(t.story.history[2]!.id), drafts[0]!.id]]);
  });

  it('events that do not go on where the memory stands are refused, and so are unknown ones', () => {
    const t = new Told();
    contract(t);
    t.story.at('2025-12-10');
    const quoted = t.story.quoteMonthly('base', 80_000, '2026-01-01').events;
    t.story.quoteMonthly('base', 70_000, '2026-02-01');
    expect(() => t.say({ events: t.story.history.slice(-1) })).toThrow('stands before revision 2, not 3');
    expect(() => t.say({ events: quoted.map((e) => ({ ...e, type: 'Unheard' })) })).toThrow('unknown event type Unheard');
  });
});
