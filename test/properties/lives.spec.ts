import fc from 'fast-check';
import { begin, sameToTheEnd, scenarioArb, step } from './lives.js';

/** More runs for a long search: `RUNS=5000 npm test -- test/properties`. */
const numRuns = Number(process.env['RUNS'] ?? 60);
const seed = Number(process.env['SEED'] ?? 20251001);

describe('random lives, told twice', () => {
  test('the write model and the day-by-day oracle agree on every refusal, end, settlement and charge', () => {
    fc.assert(
      fc.property(scenarioArb, fc.integer({ min: 0, max: 500 }), (x, after) => {
        const told = begin(x);
        for (const op of x.ops) step(told, op);
        sameToTheEnd(told, after);
      }),
      { numRuns, seed, endOnFailure: false },
    );
  }, 600_000);
});
