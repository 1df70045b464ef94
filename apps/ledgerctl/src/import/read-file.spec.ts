import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRows } from './read-file.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'rows-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rowsOf = async (content: string | Buffer, encoding?: string) => {
  const file = join(folder, 'in.csv');
  writeFileSync(file, content);
  return (await Array.fromAsync(readRows(file, encoding))).map(({ number, cells }) => ({ number, cells }));
};

test('reads quoted cells, a byte order mark and CRLF; counts as a spreadsheet does; leaves empty cells and rows out', async () => {
  expect(await rowsOf('\ufeffKind, ref ,OF,name\r\nunit,U-1,,"本社, ""第一"""\r\n,,,\r\nunit,U-2,, x \r\n')).toEqual([
    { number: 2, cells: { kind: 'unit', ref: 'U-1', name: '本社, "第一"' } },
    { number: 4, cells: { kind: 'unit', ref: 'U-2', name: 'x' } },
  ]);
});

test('reads Shift_JIS where it is named, and says so where it is not', async () => {
  const sjis = Buffer.concat([
    Buffer.from('kind,ref,of,name\nunit,U-1,,'),
    Buffer.from([0x96, 0x7b, 0x8e, 0xd0]),
    Buffer.from('\n'),
  ]);
  expect(await rowsOf(sjis, 'shift_jis')).toEqual([{ number: 2, cells: { kind: 'unit', ref: 'U-1', name: '本社' } }]);
  await expect(rowsOf(sjis)).rejects.toThrow(/not utf-8 text.*--encoding shift_jis/);
  await expect(rowsOf(sjis, 'klingon')).rejects.toThrow(/--encoding klingon is not known/);
});

test.each([
  ['', /is empty/],
  ['kind,ref,of,colour\n', /unknown column colour; known are kind, ref, of/],
  ['kind,ref,of,name,Name\n', /column name is there twice/],
  ['kind,ref,item\n', /the column of is missing/],
  ['kind,ref,of\nunit,U,,,extra\n', /row 2: more cells than headings/],
  ['kind,ref,of\nunit,"U\n', /row 2: not CSV/],
])('%j is refused', async (content, message) => {
  await expect(rowsOf(content)).rejects.toThrow(message);
});

test('rows are read as they are asked for', async () => {
  const file = join(folder, 'big.csv');
  writeFileSync(file, `kind,ref,of\n${Array.from({ length: 200_000 }, (_, i) => `unit,U-${i},`).join('\n')}\n`);
  const rows = readRows(file);
  const { value } = (await rows.next()) as { value: { bytes: number } };
  expect(value.bytes).toBeLessThan(500_000);
  await rows.return(undefined);
});
