import { CellReader, parseFee } from './cells.js';

describe('a fee in a cell', () => {
  test.each([
    ['98000', { kind: 'fixed', amount: 98_000 }],
    ['0', { kind: 'fixed', amount: 0 }],
    ['300/account', { kind: 'perAccount', unit: 300 }],
    ['12000 / unit', { kind: 'perAccount', unit: 12_000 }],
    ['100:500; 400:450; *:400', { kind: 'tiered', tiers: [{ upTo: 100, unit: 500 }, { upTo: 400, unit: 450 }, { unit: 400 }] }],
  ])('%s', (text, fee) => expect(parseFee(text)).toEqual(fee));

  test.each([
    '',
    '-1',
    '1.5',
    '¥300',
    '1,000',
    '300/month',
    '100:500',
    '*:400;100:500',
    '400:450;100:500;*:1',
    '9999999999999',
    ':',
  ])('%s is none', (text) => expect(parseFee(text)).toBeNull());
});

test('a reader collects each wrong cell once, and cells that mean nothing', () => {
  const r = new CellReader({ kind: 'notice', arrived_on: '2025-02-30', on_form: 'maybe', accounts: '12', units: '3' });
  expect([r.date('arrived_on'), r.flag('on_form'), r.optionalDate('designated_on'), r.required('of')]).toEqual([
    '2025-02-30',
    false,
    undefined,
    '',
  ]);
  r.whole('accounts');
  r.nothingElse('notice');
  expect(r.errors).toEqual([
    { column: 'arrived_on', message: 'must be a date YYYY-MM-DD, not 2025-02-30' },
    { column: 'on_form', message: 'must be yes or no' },
    { column: 'of', message: 'must be given' },
    { column: 'units', message: 'means nothing in a notice row: leave it empty' },
  ]);
});

test.each([
  ['', true],
  ['YES', true],
  ['true', true],
  ['1', true],
  ['No', false],
  ['0', false],
])('a flag %p is %p', (cell, value) => {
  const r = new CellReader(cell === '' ? {} : { on_form: cell });
  expect([r.flag('on_form'), r.errors]).toEqual([value, []]);
});
