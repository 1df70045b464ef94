import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { csvCell, neutral, plain, readReports, Report, type ReportLine } from './report.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'report-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (row: number, over: Partial<ReportLine> = {}): ReportLine => ({
  row,
  kind: 'contract',
  ref: `V-${row}`,
  status: 'accepted',
  clauses: [],
  code: '',
  detail: '',
  warnings: [],
  id: `id-${row}`,
  key: `key-${row}`,
  ...over,
});

describe('cells', () => {
  test.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '\nx', "'x", '＝1'])('%j cannot be taken for a formula', (text) =>
    expect(neutral(text)).toBe(`'${text}`),
  );
  test('anything survives writing and reading, and no cell begins like a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (a, b) => {
        const [cells] = parse(`${csvCell(a)},${csvCell(b)},x`) as string[][];
        expect([plain(cells![0]!), plain(cells![1]!)]).toEqual([a, b]);
        for (const c of cells!) expect(c).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
  });
});

test('lines stand in the order of the rows, whichever answer came first', async () => {
  const path = join(folder, 'r.csv');
  const report = await Report.create(path);
  await Promise.all([report.write(2, [line(5)]), report.write(1, [line(3), line(4)]), report.write(0, [line(2)])]);
  await report.close();
  const text = readFileSync(path, 'utf8');
  expect(text.startsWith('\ufeffrow,kind,ref,status,clauses,code,detail,warnings,id,key\r\n')).toBe(true);
  expect((parse(text, { bom: true, columns: true }) as { row: string }[]).map((r) => r.row)).toEqual(['2', '3', '4', '5']);
});

test('what lies behind a gap is not lost when a run is cut short', async () => {
  const path = join(folder, 'r.csv');
  const report = await Report.create(path);
  await report.write(3, [line(9)]);
  await report.write(0, [line(2)]);
  await report.write(2, [line(7)]);
  await report.close();
  expect((parse(readFileSync(path), { bom: true, columns: true }) as { row: string }[]).map((r) => r.row)).toEqual([
    '2',
    '7',
    '9',
  ]);
});

test('an earlier report tells what the ledger has, also when its last line is torn', async () => {
  const path = join(folder, 'r.csv');
  const report = await Report.create(path);
  await report.write(0, [
    line(2, { ref: '=V', key: 'k1' }),
    line(3, { kind: 'option', key: 'k2', id: 'o1' }),
    line(4, { kind: 'option', key: 'k2', id: 'o2' }),
    line(5, { status: 'refused', key: '' }),
    line(6, { status: 'changed', key: 'k6' }),
    line(7, { status: 'accepted-before', key: 'k7', detail: 'a "quoted", cell' }),
  ]);
  await report.close();
  const whole = readFileSync(path).length;
  appendFileSync(path, '8,contract,V-8,accepted,,,"half a ce');
  const earlier = await readReports([path]);
  expect([...earlier.ids]).toEqual([
    ['k1', ['id-2']],
    ['k2', ['o1', 'o2']],
    ['k6', ['id-6']],
    ['k7', ['id-7']],
  ]);
  expect([...earlier.keys]).toEqual([
    ['contract =V', 'k1'],
    ['option V-3', 'k2'],
    ['option V-4', 'k2'],
    ['contract V-6', 'k6'],
    ['contract V-7', 'k7'],
  ]);
  truncateSync(path, whole - 7);
  expect((await readReports([path])).ids.has('k6')).toBe(true);
  const second = join(folder, 's.csv');
  const next = await Report.create(second);
  await next.write(0, [line(3, { kind: 'option', key: 'k2', id: 'o1' }), line(9, { key: 'k9' })]);
  await next.close();
  expect([...(await readReports([path, second])).ids].filter(([key]) => key === 'k2' || key === 'k9')).toEqual([
    ['k2', ['o1', 'o2']],
    ['k9', ['id-9']],
  ]);
  expect(await readReports([join(folder, 'none.csv')])).toEqual({ ids: new Map(), keys: new Map() });
});
