import { setTimeout as sleep } from 'node:timers/promises';
import { runImport, type RunOptions } from './run.js';
import type { Answer, Client, CommandOptions } from '../client.js';
import type { ReportLine } from './report.js';
import type { BadRow, Kind, Step } from './steps.js';

interface Call extends CommandOptions {
  readonly path: string;
  readonly body: { readonly [member: string]: unknown };
}
interface Stub {
  readonly client: Client;
  readonly calls: Call[];
  most: number;
}

/** A ledger that accepts whatever it is sent, unless `answer` says otherwise. */
function ledger(answer: (call: Call, n: number) => Partial<Answer> | Error | undefined = () => undefined): Stub {
  let under = 0;
  const stub: Stub = {
    calls: [],
    most: 0,
    client: {
      async post(path: string, body: Call['body'], options: CommandOptions = {}): Promise<Answer> {
        const call = { path, body, ...options };
        const n = stub.calls.push(call);
        stub.most = Math.max(stub.most, ++under);
        await sleep((n * 7) % 5);
        under--;
        const said = answer(call, n);
        if (said instanceof Error) throw said;
        const id = `id-${n}`;
        const made = {
          managementUnitId: id,
          contractId: id,
          optionIds: ((body['options'] ?? []) as unknown[]).map((_, i) => `${id}-${i}`),
          changeId: id,
          noticeId: id,
          warnings: [],
        };
        return { status: 201, body: made, replayed: false, ...said };
      },
    } as unknown as Client,
  };
  return stub;
}

let number = 1;
const step = (kind: Kind, ref: string | null, of: string | null, refs = [ref]): Step => ({
  kind,
  of,
  refs,
  rows: refs.map((r) => ({ number: ++number, bytes: 0, cells: { kind, ref: r ?? String(number) } })),
  body: kind === 'option' ? { options: refs.map(() => ({})) } : {},
});
beforeEach(() => void (number = 1));

async function run(steps: readonly (Step | BadRow)[], over: Partial<RunOptions> & Pick<RunOptions, 'rest'>) {
  const report: ReportLine[][] = [];
  const counts = await runImport(
    (async function* () {
      yield* steps;
    })(),
    {
      ledger: over.rest,
      preview: false,
      earlier: { ids: new Map(), keys: new Map() },
      concurrency: 4,
      signal: new AbortController().signal,
      report: (place, lines) => Promise.resolve(void (report[place] = [...lines])),
      ...over,
    },
  );
  return { counts, lines: report.flat() };
}
const told = (lines: readonly ReportLine[]) => lines.map((l) => [l.row, l.status, l.id]);

test('rows of a unit go in the order of the file, units beside each other, never more than agreed', async () => {
  const stub = ledger();
  const units = Array.from({ length: 12 }, (_, i) => [
    step('unit', `U${i}`, null),
    step('contract', `V${i}`, `U${i}`),
    step('notice', null, `V${i}`),
  ]).flat();
  const { counts, lines } = await run(units, { rest: stub.client });
  expect(counts.accepted).toBe(36);
  expect(stub.most).toBeGreaterThan(1);
  expect(stub.most).toBeLessThanOrEqual(4);
  // A child is sent only with its parent's id, so the order within each unit shows in the bodies and paths.
  const contractIds = new Set(lines.filter((l) => l.kind === 'contract').map((l) => l.id));
  expect(new Set(stub.calls.filter((c) => c.path.endsWith('/cancellation-notices')).map((c) => c.path.split('/')[3]))).toEqual(
    contractIds,
  );
  expect(lines.map((l) => l.row)).toEqual(lines.map((l) => l.row).toSorted((a, b) => a - b));
});

test('a notice of an option is sent to that option of its contract', async () => {
  const stub = ledger();
  await run(
    [step('unit', 'U', null), step('contract', 'V', 'U'), step('option', null, 'V', ['O1', 'O2']), step('notice', null, 'O2')],
    { rest: stub.client },
  );
  expect(stub.calls.map((c) => c.path)).toEqual([
    '/v1/management-units',
    '/v1/contracts',
    '/v1/contracts/id-2/options',
    '/v1/contracts/id-2/options/id-3-1/cancellation-notices',
  ]);
});

test('what hangs on a refused row is not tried, and says on which', async () => {
  const stub = ledger(({ path }) =>
    path === '/v1/contracts'
      ? {
          status: 409,
          body: {
            code: 'refused-by-agreement',
            detail: 'A4-2: …',
            violations: [{ clause: 'A4-2' }, { clause: 'A5-1' }, { clause: 'A4-2' }],
          },
        }
      : undefined,
  );
  const { lines } = await run(
    [step('unit', 'U', null), step('contract', 'V', 'U'), step('option', 'O', 'V'), step('notice', null, 'O')],
    { rest: stub.client },
  );
  expect(lines.map((l) => [l.status, l.clauses, l.detail])).toEqual([
    ['accepted', [], ''],
    ['refused', ['A4-2', 'A5-1'], 'A4-2: …'],
    ['not-tried', [], 'row 3, to which it belongs, was not accepted'],
    ['not-tried', [], 'row 4, to which it belongs, was not accepted'],
  ]);
  expect(stub.calls).toHaveLength(2);
});

test('references must be known, unique and of the right kind', async () => {
  const stub = ledger();
  const { lines } = await run(
    [
      step('unit', 'U', null),
      step('unit', 'U', null),
      step('contract', 'V', 'nowhere'),
      step('option', 'O', 'U'),
      step('notice', null, 'U'),
    ],
    { rest: stub.client },
  );
  expect(lines.map((l) => l.detail)).toEqual([
    '',
    'the reference U is that of row 2 already',
    'nowhere is neither a row above nor an id of the ledger',
    'rows of kind option belong to a contract; U is of kind unit',
    'rows of kind notice belong to a contract or an option; U is of kind unit',
  ]);
  expect(stub.calls).toHaveLength(1);
});

test('an earlier report spares what it has, and keeps a changed row from becoming a second fact', async () => {
  const first = ledger();
  const steps = () => [step('unit', 'U', null), step('contract', 'V', 'U'), step('contract', 'W', 'U')];
  const { lines } = await run(steps(), { rest: first.client });
  const earlier = {
    ids: new Map(lines.map((l) => [l.key, [l.id!]])),
    keys: new Map(lines.map((l) => [`${l.kind} ${l.ref}`, l.key])),
  };
  number = 1;
  const again = steps();
  again[2] = { ...again[2]!, rows: [{ ...again[2]!.rows[0]!, cells: { kind: 'contract', ref: 'W', accounts: '7' } }] };
  const second = ledger();
  const result = await run([...again, step('notice', null, 'V')], { rest: second.client, earlier });
  expect(told(result.lines)).toEqual([
    [2, 'accepted-before', 'id-1'],
    [3, 'accepted-before', 'id-2'],
    [4, 'changed', 'id-3'],
    [5, 'accepted', 'id-1'],
  ]);
  expect(second.calls.map((c) => c.path)).toEqual(['/v1/contracts/id-2/cancellation-notices']);
});

test('a replayed answer is an earlier one; keys are those of the rows', async () => {
  const stub = ledger(() => ({ replayed: true }));
  const { lines } = await run([step('unit', 'U', null)], { rest: stub.client });
  expect(lines[0]).toMatchObject({ status: 'accepted-before', id: 'id-1', key: stub.calls[0]!.key });
  expect(stub.calls[0]!.preview).toBeUndefined();
});

test('a preview sends what hangs on the ledger there as a preview, and everything else to the other one', async () => {
  const unit = '7f06f522-6215-55e4-958b-1b90d247acb1';
  const real = ledger();
  const scratch = ledger();
  const { lines } = await run(
    [step('contract', 'V', unit), step('option', 'O', 'V'), step('unit', 'U', null), step('contract', 'W', 'U')],
    { ledger: real.client, rest: scratch.client, preview: true },
  );
  expect(real.calls).toMatchObject([{ path: '/v1/contracts', preview: true, body: { managementUnitId: unit } }]);
  expect(scratch.calls.map((c) => c.path)).toEqual(['/v1/management-units', '/v1/contracts']);
  expect(lines.map((l) => [l.status, l.id, l.key])).toEqual([
    ['acceptable', null, ''],
    ['not-tried', null, ''],
    ['acceptable', null, ''],
    ['acceptable', null, ''],
  ]);
});

test('once interrupted nothing more is sent; once the service is away the run ends with that', async () => {
  const stop = new AbortController();
  const stub = ledger((_, n) => (n === 1 ? (stop.abort(), undefined) : undefined));
  const { counts } = await run([step('unit', 'U', null), step('contract', 'V', 'U'), step('notice', null, 'V')], {
    rest: stub.client,
    signal: stop.signal,
  });
  expect([stub.calls.length, counts.accepted, counts['not-tried']]).toEqual([1, 1, 2]);

  const away = ledger((_, n) => (n === 2 ? new Error('the service is away') : undefined));
  await expect(
    run([step('unit', 'U', null), step('contract', 'V', 'U'), step('notice', null, 'V')], { rest: away.client }),
  ).rejects.toThrow('the service is away');
  expect(away.calls).toHaveLength(2);
});
