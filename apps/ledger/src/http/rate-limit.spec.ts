import { RateLimit } from './rate-limit.js';
import { Refused } from './problem.js';

describe('a rate limit', () => {
  let now = 0;
  const taken = (limit: RateLimit, subject: string): number => {
    let n = 0;
    for (; n < 1_000; n++)
      try {
        limit.take(subject);
      } catch {
        return n;
      }
    return n;
  };
  beforeEach(() => (now = 0));

  it("lets a minute's worth through at once, then as many as come due", () => {
    const limit = new RateLimit(30, () => now);
    expect(taken(limit, 'a')).toBe(30);
    now += 1_999;
    expect(taken(limit, 'a')).toBe(0);
    now += 1;
    expect(taken(limit, 'a')).toBe(1);
    now += 3_600_000;
    expect(taken(limit, 'a')).toBe(30);
  });

  it('counts each subject for itself', () => {
    const limit = new RateLimit(5, () => now);
    expect(taken(limit, 'a')).toBe(5);
    expect(taken(limit, 'b')).toBe(5);
  });

  it('says when to come again', () => {
    const limit = new RateLimit(6, () => now);
    expect(taken(limit, 'a')).toBe(6);
    now += 1_000;
    let refused: unknown;
    try {
      limit.take('a');
    } catch (e) {
      refused = e;
    }
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 429, code: 'too-many-requests', headers: { 'retry-after': '9' } });
    now += 9_000;
    expect(taken(limit, 'a')).toBe(1);
  });
});
