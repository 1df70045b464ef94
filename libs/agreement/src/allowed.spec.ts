import { allowedFrom } from './index.js';

describe('the first day on which a refusal would be none', () => {
  it.each([
    ['licensor-terms-not-agreed', { agreedOn: '2026-02-03', acceptedOn: '2026-02-01' }, '2026-02-03'],
    ['item-already-contracted', { item: 'X', through: '2028-02-28' }, '2028-02-29'],
    ['item-already-contracted', { item: 'X', through: null }, null],
    ['option-already-in-use', { option: 15, through: '2026-12-31' }, '2027-01-01'],
    ['option-already-in-use', { option: 15 }, null],
    ['dependent-in-use', { option: 1, dependentEndsOn: '2026-05-31' }, '2026-05-31'],
    ['dependent-in-use', { option: 1, dependentEndsOn: null }, null],
    ['no-prior-notice', { noticedOn: '2026-02-28', effectiveOn: '2026-02-28' }, '2026-03-01'],
    ['no-prior-notice', { noticedOn: null, effectiveOn: '2026-02-28' }, null],
    ['before-acceptance', { on: '2026-01-01', acceptedOn: '2026-01-05' }, '2026-01-05'],
    ['billed-before-contract', { billingStartsOn: '2026-01-01', contractBillingStartsOn: '2026-02-01' }, '2026-02-01'],
    ['retention-runs', { endedOn: '2026-02-01', allowedFrom: '2037-01-01' }, '2037-01-01'],
    // A last day, and a rule that is not about days.
    ['vendor-discontinued', { endsOn: '2026-12-31', billingStartsOn: '2027-01-01' }, null],
    ['contract-ended', { endsOn: '2026-12-31' }, null],
    ['prerequisite-missing', { option: 2, anyOf: [1] }, null],
  ])('%s %j: %s', (code, facts, day) => expect(allowedFrom({ code, facts })).toBe(day));
});
