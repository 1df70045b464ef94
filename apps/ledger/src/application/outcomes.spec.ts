import { RecentOutcomes } from './outcomes.js';

const made = (kept?: number) => new RecentOutcomes((a, b) => Number(a) - Number(b), kept);

describe('recent outcomes', () => {
  it('are unsure of everything until the log was opened and the read model is as far', () => {
    const o = made();
    expect(o.unsure('a', '99')).toBe(true);
    o.openedAt('10');
    expect(o.unsure('a', null)).toBe(true);
    expect(o.unsure('a', '9')).toBe(true);
    expect(o.unsure('a', '10')).toBe(false);
  });

  it('are sure at once on an empty log', () => {
    const o = made();
    o.openedAt(null);
    expect(o.unsure('a', null)).toBe(false);
  });

  it('are unsure of what was appended here, until the read model holds it', () => {
    const o = made();
    o.openedAt('10');
    o.begin('a');
    expect(o.unsure('a', '10')).toBe(true);
    expect(o.unsure('b', '10')).toBe(false);
    o.done('a', '11');
    expect(o.unsure('a', '10')).toBe(true);
    expect(o.unsure('b', '11')).toBe(false);
    expect(o.unsure('a', '11')).toBe(false);
  });

  it('stay unsure of an append that was never answered', () => {
    const o = made();
    o.openedAt('10');
    o.begin('a');
    expect(o.unsure('a', '1000')).toBe(true);
  });

  it('fall back on the read model, and on the log, where they had to forget', () => {
    const o = made(2);
    o.openedAt('10');
    for (const [i, id] of ['a', 'b', 'c'].entries()) {
      o.begin(id);
      o.done(id, String(11 + i));
    }
    expect(o.unsure('x', '10')).toBe(true); // a is forgotten
    expect(o.unsure('x', '11')).toBe(false);
    expect(o.unsure('c', '12')).toBe(true);
    const lost = made(1);
    lost.openedAt('10');
    lost.begin('a');
    lost.begin('b');
    expect(lost.unsure('x', '1000')).toBe(true);
  });
});
