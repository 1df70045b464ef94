import { story } from '@app/testing';

describe('Article 11: when fees fall due', () => {
  const s = story();
  s.contract({ item: 'L', accepted: '2025-08-20', billed: '2025-10-15', initial: 80_000, fee: 100_000 });
  s.at('2025-09-01').options([{ no: 33, as: 'storage', initial: 5_000, fee: 3_000 }], {
    accepted: '2025-09-01',
    billed: '2025-11-01',
  });

  it('A11b: the initial fee when the application is accepted, that of an option when its own is (N40)', () => {
    expect(s.oneOffs('2025-12-31')).toEqual(['initial base A11b 2025-08-20 80000', 'initial storage A11b 2025-09-01 5000']);
  });

  it('A11c: the monthly fee from the billing start, each line by itself', () => {
    expect(['2025-09', '2025-10', '2025-11'].map((m) => s.monthly(m))).toEqual([
      {},
      { base: 54_838 },
      { base: 100_000, storage: 3_000 },
    ]);
  });

  it('A11d: a one-time fee when the fact behind it happens', () => {
    const t = story();
    t.contract({ item: 'L', billed: '2025-10-01' });
    t.options([
      { no: 1, fee: 1 },
      { no: 2, as: 'devices', fee: 1 },
    ]);
    t.at('2026-03-10').lost('devices', 50_000, '2026-02-03');
    expect(t.oneOffs().filter((c) => c.startsWith('oneTime'))).toEqual(['oneTime devices X1-3-2 2026-02-03 50000']);
  });
});
