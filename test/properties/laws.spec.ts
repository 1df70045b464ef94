import fc from 'fast-check';
import { fold, lifeOf, FACT_TYPES, type Life, type RecordedContract, type RecordedEvent } from '@app/contract';
import type { Story } from '@app/testing';
import { begin, scenarioArb, step } from './lives.js';

const numRuns = Number(process.env['RUNS'] ?? 60);
const seed = Number(process.env['SEED'] ?? 20251001);

/** What a life comes to, whatever the order in which its parts are kept. */
const substance = (life: Life) => ({
  end: life.end && { on: life.end.on, reason: life.end.reason },
  base: life.base.segments,
  options: Object.fromEntries(life.options.map((o) => [o.subject, { end: o.end && { on: o.end.on, reason: o.end.reason }, voided: o.voided?.on ?? null, segments: o.segments }])),
  settlements: Object.fromEntries(life.settlements.map((s) => [s.subject, s.amount])),
  changes: Object.fromEntries(life.changes.map((c) => [c.data.changeId, c.voided?.on ?? null])),
  devices: life.devices.map((d) => [d.returnDueOn, d.deemedLostOn]),
});

const dayOfFact = (e: RecordedEvent): string => {
  const d = e.data as { readonly [field: string]: string | undefined };
  return d['arrivedOn'] ?? d['acceptedOn'] ?? d['effectiveOn'] ?? d['endsOn'] ?? e.id;
};

/** The events in an order of their own; those of one day keep theirs, because there recording breaks the tie. */
function shuffled(events: readonly RecordedEvent[], keys: readonly number[]): RecordedEvent[] {
  const order = events.map((e, i) => ({ e, key: keys[i % keys.length]! + i / 1_000 })).sort((a, b) => a.key - b.key).map((x) => x.e);
  const queues = Map.groupBy(events, dayOfFact);
  return order.map((e) => queues.get(dayOfFact(e))!.shift()!);
}

describe('laws of every life', () => {
  test('the order of recording changes nothing but ties on one day', () => {
    fc.assert(
      fc.property(scenarioArb, fc.array(fc.nat({ max: 99 }), { minLength: 20, maxLength: 20 }), (x, keys) => {
        const told = begin(x);
        // Excesses are measured against what was known when they were recorded; corrections and lifts name what they undo.
        for (const op of x.ops) if (!['excess', 'correct', 'lift', 'discontinue'].includes(op.kind)) step(told, op);
        const facts = told.s.history.filter((e) => (FACT_TYPES as readonly string[]).includes(e.type));
        const [contracted, ...rest] = facts as [RecordedEvent, ...RecordedEvent[]];
        const again = fold({ status: 'none' }, [contracted, ...shuffled(rest, keys)].map((e, revision) => ({ ...e, revision }))) as RecordedContract;
        expect(substance(lifeOf(again)!)).toEqual(substance(told.s.life));
      }),
      { numRuns, seed },
    );
  }, 600_000);

  test('a settlement is never below zero nor above the fee of each month it touches', () => {
    fc.assert(
      fc.property(scenarioArb, (x) => {
        const told = begin(x);
        for (const op of x.ops) step(told, op);
        for (const s of told.s.life.settlements) {
          expect(s.amount).toBeGreaterThanOrEqual(0);
          expect(s.amount).toBeLessThanOrEqual(s.monthlyFee * s.months.length);
          expect(s.amount).toBe(s.months.reduce((sum, m) => sum + m.amount, 0));
          for (const m of s.months) expect(m.days).toBeLessThanOrEqual(m.of);
        }
      }),
      { numRuns, seed },
    );
  }, 600_000);

  test('due work by day and kind writes what one go writes', () => {
    fc.assert(
      fc.property(scenarioArb, (x) => {
        const told = begin(x);
        for (const op of x.ops) step(told, op);
        const { s } = told;
        const to = `${Number(s.now.slice(0, 4)) + 2}${s.now.slice(4, 8)}01`;
        const once = s.fork().at(to);
        once.recordDue();
        const byKind = s.fork().at(to);
        for (const kind of ['Renewed', 'OptionEnded', 'Ended', 'SettlementAssessed', 'DeviceDeemedLost']) byKind.when({ name: 'RecordDue', through: to as never, kind });
        byKind.recordDue().thenOnly();
        const contents = (t: Story) => new Map([...t.recorded.written].map(([key, w]) => [key, w.event]));
        expect(contents(byKind)).toEqual(contents(once));
      }),
      { numRuns, seed },
    );
  }, 600_000);
});
