import { story } from '@app/testing';

const contract = (item: string, accounts = 100) => {
  const s = story();
  s.contract({ item, billed: '2025-10-01', accounts });
  return s;
};

describe('Article 7: changes', () => {
  it('A7-1: the contractor changes the number of accounts; options of parity follow the same day (A5-16, N19)', () => {
    const s = contract('X');
    s.options([{ no: 15, as: 'web', fee: { kind: 'perAccount', unit: 200 } }]);
    s.change({ accounts: 120, effective: '2025-12-01', fee: 120_000 }).thenOnly(
      'AccountCountChanged 120 accounts effective 2025-12-01 by contractor 120000',
    );
    expect([s.monthly('2025-11'), s.monthly('2025-12')]).toEqual([
      { base: 100_000, web: 20_000 },
      { base: 120_000, web: 24_000 },
    ]);
  });

  it('A7-1 A5-19: but not below 50 with option 44 in use (N17)', () => {
    const s = contract('G', 50);
    s.options([{ no: 44, fee: 1_000 }]);
    s.change({ accounts: 49, effective: '2025-12-01' }).refused('A5-19 too-few-accounts');
    s.change({ accounts: 50, effective: '2025-12-01' }).accepted();
  });

  it.each<[string, string | undefined, boolean, string[]]>([
    ['without a recorded excess', '2025-11-01', false, ['A7-2 no-recorded-excess']],
    ['without a notice', undefined, true, ['A7-2 no-prior-notice']],
    ['with a notice on the very day', '2025-12-01', true, ['A7-2 no-prior-notice']],
  ])('A7-2: the provider does not change it %s', (_what, noticed, excess, refusals) => {
    const s = contract('C');
    s.at('2025-11-15');
    if (excess) s.excess(10);
    s.at('2025-12-01');
    s.change({ accounts: 110, effective: '2025-12-01', by: 'provider', ...(noticed === undefined ? {} : { noticed }) }).refused(
      ...refusals,
    );
  });

  it('A7-2: after an excess, and a notice in advance, the provider changes it', () => {
    const s = contract('C');
    s.at('2025-11-15').excess(10);
    s.at('2025-12-01');
    s.change({ accounts: 110, effective: '2025-12-01', by: 'provider', noticed: '2025-11-30' }).thenOnly(
      'AccountCountChanged 110 accounts effective 2025-12-01 by provider noticed 2025-11-30',
    );
  });
});
