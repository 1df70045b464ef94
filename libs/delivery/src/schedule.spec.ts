import fc from 'fast-check';
import { DEFAULT_SCHEDULE, jittered, MAX_RETRY_AFTER_MS, outcomeOf, pauseAfter, pauseOfProbe, retryAfterOf } from './index.js';

const NOW = Date.parse('2026-04-01T00:00:00Z');

describe('pauses', () => {
  it('grow, are spread by a quarter to both sides, and are used up after ten tries', () => {
    expect(Array.from({ length: 10 }, (_, i) => pauseAfter(DEFAULT_SCHEDULE, i + 1, null, 0.5))).toEqual([5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000, null]);
    fc.assert(
      fc.property(fc.nat(86_400_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (ms, chance) => {
        const pause = jittered(ms, chance);
        expect(pause).toBeGreaterThanOrEqual(Math.floor(ms * 0.75));
        expect(pause).toBeLessThanOrEqual(Math.ceil(ms * 1.25));
      }),
    );
  });

  it('are never shorter than the receiver asks for', () => {
    expect([pauseAfter(DEFAULT_SCHEDULE, 1, 60_000, 0.5), pauseAfter(DEFAULT_SCHEDULE, 2, 60_000, 0.5), pauseAfter(DEFAULT_SCHEDULE, 10, 60_000, 0.5)]).toEqual([60_000, 300_000, null]);
  });

  it('between probes stay below their cap', () => {
    expect([0, 1, 2, 50].map((n) => pauseOfProbe(DEFAULT_SCHEDULE, n, null, 0.5))).toEqual([5_000, 300_000, 300_000, 300_000]);
    expect(pauseOfProbe({ retryMs: [], probeCapMs: 1_000 }, 3, null, 0.5)).toBe(0);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Wed, 01 Apr 2026 00:00:30 GMT', 30_000],
    ['Tue, 31 Mar 2026 00:00:00 GMT', 0],
    ['999999999', MAX_RETRY_AFTER_MS],
    ['Fri, 01 Jan 2100 00:00:00 GMT', MAX_RETRY_AFTER_MS],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
    ['2026', 2_026_000],
    ['Wed, nonsense', null],
    [null, null],
  ])('%s', (header, ms) => expect(retryAfterOf(header, NOW)).toBe(ms));
});

describe('what came of an attempt', () => {
  const of = (status: number | null) => outcomeOf({ status, error: status === null ? 'timeout' : null, retryAfter: null, ms: 1 }, NOW).kind;
  it('follows from its status', () => {
    expect([200, 201, 202, 204, 299].map(of)).toEqual(Array(5).fill('delivered'));
    expect([100, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 413, 422, 500, 501, 600].map(of)).toEqual(Array(17).fill('refused'));
    expect([null, 429, 502, 503, 504].map(of)).toEqual(Array(5).fill('away'));
    expect(of(410)).toBe('gone');
  });
});
