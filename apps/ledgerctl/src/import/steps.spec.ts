import { stepsOf, type BadRow, type Row, type Step } from './steps.js';
import { keyOf } from './key.js';
import type { Cells } from './cells.js';

const rows = (...cells: readonly Cells[]): Row[] => cells.map((c, i) => ({ number: i + 2, bytes: 0, cells: c }));
const steps = async (...cells: readonly Cells[]): Promise<(Step | BadRow)[]> => Array.fromAsync(stepsOf(rows(...cells)));
const option = (no: string, over: Cells = {}): Cells => ({
  kind: 'option',
  ref: `O-${no}`,
  of: 'V-1',
  option: no,
  accepted_on: '2025-04-01',
  billing_starts_on: '2025-05-01',
  application: 'A-1',
  ...over,
});

test('option rows that follow each other with one application are one command', async () => {
  const made = await steps(
    option('1', { units: '2', monthly_fee: '100/unit' }),
    option('2'),
    option('3', { initial_fee: '0' }),
    option('4', { application: 'A-2' }),
    option('5', { of: 'V-2' }),
  );
  expect(made.map((s) => ('errors' in s ? s.errors : s.refs))).toEqual([['O-1', 'O-2', 'O-3'], ['O-4'], ['O-5']]);
  expect((made[0] as Step).body).toEqual({
    acceptedOn: '2025-04-01',
    billingStartsOn: '2025-05-01',
    application: { number: 'A-1', onForm: true },
    options: [
      { option: 1, units: 2, fees: { monthly: { kind: 'perAccount', unit: 100 } } },
      { option: 2, fees: {} },
      { option: 3, fees: { initial: 0 } },
    ],
  });
});

test('a wrong option row parts an application, and is told with its columns', async () => {
  const made = await steps(option('1'), option('zwei'), option('2'));
  expect(made.map((s) => ('errors' in s ? s.errors : s.refs))).toEqual([
    ['O-1'],
    [{ column: 'option', message: 'must be a whole number, not zwei' }],
    ['O-2'],
  ]);
});

test('each kind becomes the body of its command', async () => {
  const made = (await steps(
    { kind: 'unit', ref: 'U', contractor_id: 'K', contractor_name: '青葉', name: '本社' },
    {
      kind: 'contract',
      ref: 'V',
      of: 'U',
      item: 'X',
      accounts: '3',
      accepted_on: '2025-04-01',
      billing_starts_on: '2025-04-02',
      monthly_fee: '9',
      application: 'A',
      on_form: 'no',
      terms_document: 'E',
      terms_agreed_on: '2025-03-31',
    },
    {
      kind: 'count-change',
      of: 'V',
      accounts: '5',
      effective_on: '2025-06-01',
      requested_by: 'provider',
      noticed_on: '2025-05-01',
      reason: 'r',
      channel: 'c',
      document: 'd',
    },
    { kind: 'notice', of: 'V', arrived_on: '2025-07-01' },
  )) as Step[];
  expect(made.map((s) => s.body)).toEqual([
    { contractor: { id: 'K', name: '青葉' }, name: '本社' },
    {
      item: 'X',
      accountCount: 3,
      acceptedOn: '2025-04-01',
      billingStartsOn: '2025-04-02',
      fees: { initial: null, monthly: { kind: 'fixed', amount: 9 } },
      application: { number: 'A', onForm: false },
      licensorTerms: { document: 'E', agreedOn: '2025-03-31' },
    },
    {
      accountCount: 5,
      effectiveOn: '2025-06-01',
      requestedBy: 'provider',
      noticedOn: '2025-05-01',
      reason: 'r',
      channel: 'c',
      document: 'd',
    },
    { arrivedOn: '2025-07-01', designatedOn: null, onForm: true },
  ]);
});

test.each([
  ['an unknown kind', { kind: 'kontrakt', ref: 'x' }, ['kind']],
  ['no kind', { ref: 'x' }, ['kind']],
  ['a unit without a reference', { kind: 'unit', contractor_id: 'K', contractor_name: 'N', name: 'n' }, ['ref']],
  [
    'a reference that looks like an id of the ledger',
    { kind: 'unit', ref: '7f06f522-6215-55e4-958b-1b90d247acb1', contractor_id: 'K', contractor_name: 'N', name: 'n' },
    ['ref'],
  ],
  ['cells of another kind', { kind: 'notice', of: 'V', arrived_on: '2025-07-01', item: 'X' }, ['item']],
] as [string, Cells, string[]][])('%s is refused', async (_, cells, columns) => {
  const [bad] = (await steps(cells)) as [BadRow];
  expect(bad.errors.map((e) => e.column)).toEqual(columns);
});

describe('the key of a step', () => {
  const step = (cells: Cells, number = 2): Step => ({
    kind: 'notice',
    rows: [{ number, bytes: 9, cells }],
    refs: [null],
    of: 'V',
    body: {},
  });
  const cells: Cells = { kind: 'notice', of: 'V', arrived_on: '2025-07-01' };

  test('follows from what the rows say and what they belong to, not from where they stand', () => {
    expect(keyOf(step(cells, 2), 'c1')).toBe(keyOf(step({ arrived_on: '2025-07-01', of: 'V', kind: 'notice' }, 700), 'c1'));
    expect(keyOf(step(cells), 'c1')).toMatch(/^import\.[0-9a-f]{64}$/);
  });
  test('is another one for another cell, another parent, or other rows beside it', () => {
    const keys = [
      keyOf(step(cells), 'c1'),
      keyOf(step(cells), 'c2'),
      keyOf(step({ ...cells, arrived_on: '2025-07-02' }), 'c1'),
      keyOf({ ...step(cells), rows: [...step(cells).rows, ...step(cells).rows] }, 'c1'),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});
