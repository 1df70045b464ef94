import { story } from '@app/testing';

describe('ends of one-year terms (A3-2, A10-2)', () => {
  const x = (billed = '2025-10-01', policies = {}) => {
    const s = story({ policies });
    s.contract({ item: 'X', billed });
    return s;
  };

  test('A3-2b a contract renews on the first day of each new term, not at the deadline (N6)', () => {
    const s = x('2025-10-01');
    s.onDay('2026-09-30').thenOnly();
    s.onDay('2026-10-01').thenOnly('Renewed base #2 2026-10-01..2027-09-30 deadline 2027-08-31');
    s.onDay('2028-10-01').thenOnly(
      'Renewed base #3 2027-10-01..2028-09-30 deadline 2028-08-31',
      'Renewed base #4 2028-10-01..2029-09-30 deadline 2029-08-31',
    );
  });

  test('A3-2c a scheduler that slept for years writes every renewal in order, once', () => {
    const s = x('2020-02-29').at('2024-03-05');
    s.recordDue().thenOnly(
      'Renewed base #2 2021-03-01..2022-02-28 deadline 2022-01-31',
      'Renewed base #3 2022-03-01..2023-02-28 deadline 2023-01-31',
      'Renewed base #4 2023-03-01..2024-02-29 deadline 2024-01-31',
      'Renewed base #5 2024-03-01..2025-02-28 deadline 2025-01-31',
    );
    s.recordDue().thenOnly();
  });
});
