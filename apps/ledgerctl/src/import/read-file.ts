import { createReadStream, type ReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { misuse } from '../trouble.js';
import { COLUMNS, type Cells, type Column } from './cells.js';
import type { Row } from './steps.js';

const NEEDED: readonly Column[] = ['kind', 'ref', 'of'];
const MOST_BYTES_IN_A_ROW = 200_000;

/**
 * The rows of a CSV file, read as they are asked for. UTF-8 unless another encoding is named (`shift_jis`).
 * @throws {Trouble} where the file is no such CSV
 */
export async function* readRows(file: string, encoding = 'utf-8'): AsyncGenerator<Row> {
  let headings: Column[] | null = null;
  let number = 0;
  // Before the file is opened, for nobody would be there to hear of a failure.
  const decoder = decoderOf(encoding);
  try {
    const source = createReadStream(file);
    const parser = parse({ max_record_size: MOST_BYTES_IN_A_ROW, skip_empty_lines: false, relax_column_count: true });
    const text = Readable.from(decoded(source, decoder));
    text.once('error', (error) => parser.destroy(error));
    for await (const record of text.pipe(parser) as AsyncIterable<string[]>) {
      number++;
      if (headings === null) {
        headings = checkedHeadings(record, file);
        continue;
      }
      const cells: { [C in Column]?: string } = {};
      record.forEach((cell, i) => {
        const value = cell.trim();
        if (value === '') return;
        const column = headings![i];
        if (column === undefined) throw misuse(`${file}, row ${number}: more cells than headings`);
        cells[column] = value;
      });
      if (Object.keys(cells).length > 0) yield { number, bytes: source.bytesRead, cells: cells as Cells };
    }
  } catch (error) {
    if (error instanceof CsvError) throw misuse(`${file}, row ${number + 1}: not CSV (${error.message})`);
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw misuse(`${file} is not ${encoding} text: save it as "CSV UTF-8", or name its encoding with --encoding shift_jis`);
    throw error;
  }
  if (headings === null) throw misuse(`${file} is empty: its first row must name the columns (${COLUMNS.join(', ')})`);
}

async function* decoded(source: ReadStream, decoder: InstanceType<typeof TextDecoder>): AsyncGenerator<string> {
  for await (const bytes of source as AsyncIterable<Buffer>) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

function decoderOf(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw misuse(`--encoding ${encoding} is not known; utf-8 and shift_jis are`);
  }
}

function checkedHeadings(record: readonly string[], file: string): Column[] {
  const names = record.map((h) => h.trim().toLowerCase());
  const unknown = names.filter((n) => !(COLUMNS as readonly string[]).includes(n));
  if (unknown.length > 0)
    throw misuse(
      `${file}: unknown column ${unknown.map((n) => (n === '' ? '(empty)' : n)).join(', ')}; known are ${COLUMNS.join(', ')}`,
    );
  const twice = names.find((n, i) => names.indexOf(n) !== i);
  if (twice !== undefined) throw misuse(`${file}: the column ${twice} is there twice`);
  const missing = NEEDED.filter((n) => !names.includes(n));
  if (missing.length > 0) throw misuse(`${file}: the column ${missing.join(', ')} is missing`);
  return names as Column[];
}
