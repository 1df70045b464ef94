import { createReadStream, existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { parse } from 'csv-parse';

/**
 * - `accepted`: recorded now; `accepted-before`: an earlier run had recorded it
 * - `acceptable`: a preview found nothing against it
 * - `refused`: by the agreement, see `clauses`
 * - `malformed`: it cannot be understood, see `detail`
 * - `changed`: it says something else than when an earlier run had it accepted; nothing was sent
 * - `not-tried`: what it belongs to was not accepted (or, in a preview, is not in the ledger yet)
 */
export type RowStatus = 'accepted' | 'accepted-before' | 'acceptable' | 'refused' | 'malformed' | 'changed' | 'not-tried';

export interface ReportLine {
  readonly row: number;
  readonly kind: string;
  readonly ref: string | null;
  readonly status: RowStatus;
  readonly clauses: readonly string[];
  readonly code: string;
  readonly detail: string;
  readonly warnings: readonly string[];
  /** The ledger's id of what the row made. */
  readonly id: string | null;
  readonly key: string;
}

const HEADINGS = ['row', 'kind', 'ref', 'status', 'clauses', 'code', 'detail', 'warnings', 'id', 'key'] as const;

/** A cell that spreadsheets would take for a formula gets an apostrophe before it; so does one that begins with an apostrophe, to be told apart. */
export const neutral = (text: string): string => (/^['=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
/** What {@link neutral} was given. */
export const plain = (text: string): string => (text.startsWith("'") ? text.slice(1) : text);

export const csvCell = (text: string): string => {
  const cell = neutral(text);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
};

export const reportLine = (l: ReportLine): string =>
  [String(l.row), l.kind, l.ref ?? '', l.status, l.clauses.join(' '), l.code, l.detail, l.warnings.join(' '), l.id ?? '', l.key]
    .map(csvCell)
    .join(',');

/** Writes lines in the order of the rows, whichever answer comes first. */
export class Report {
  private readonly early = new Map<number, string>();
  private next = 0;
  private pending = '';
  private writing: Promise<void> = Promise.resolve();

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<Report> {
    const report = new Report(await open(path, 'w', 0o600));
    // A byte order mark: spreadsheets take the file for UTF-8.
    report.pending = `\ufeff${HEADINGS.join(',')}\r\n`;
    return report;
  }

  /** `place` counts steps from 0, without gaps. */
  async write(place: number, lines: readonly ReportLine[]): Promise<void> {
    this.early.set(place, lines.map((l) => `${reportLine(l)}\r\n`).join(''));
    for (let text = this.early.get(this.next); text !== undefined; text = this.early.get(this.next)) {
      this.pending += text;
      this.early.delete(this.next++);
    }
    if (this.pending.length > 16_384) await this.flush();
  }

  private flush(): Promise<void> {
    const text = this.pending;
    this.pending = '';
    return (this.writing = this.writing.then(() => this.file.appendFile(text)));
  }

  /** What lies behind a gap is written too: the run was cut short. */
  async close(): Promise<void> {
    for (const [, text] of [...this.early].sort(([a], [b]) => a - b)) this.pending += text;
    this.early.clear();
    await this.flush();
    await this.file.close();
  }
}

/** What an earlier run's report says was accepted. */
export interface Earlier {
  /** Ids by row key, in the order of the rows. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** The key under which a reference was accepted. */
  readonly keys: ReadonlyMap<string, string>;
}

const IN_THE_LEDGER = new Set<string | undefined>(['accepted', 'accepted-before', 'changed'] satisfies RowStatus[]);

/** Reads reports, later ones over earlier ones; a torn last line is left out, and so is a file that is not there. */
export async function readReports(paths: readonly string[]): Promise<Earlier> {
  const ids = new Map<string, string[]>();
  const keys = new Map<string, string>();
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const here = new Map<string, string[]>();
    const records = createReadStream(path).pipe(
      parse({ bom: true, columns: true, skip_records_with_error: true, relax_column_count: true }),
    ) as AsyncIterable<{ [heading: string]: string | undefined }>;
    try {
      for await (const { kind = '', ref = '', status, id = '', key = '' } of records) {
        if (!IN_THE_LEDGER.has(status) || key === '') continue;
        here.set(key, [...(here.get(key) ?? []), id]);
        if (ref !== '') keys.set(`${kind} ${plain(ref)}`, key);
      }
    } catch {
      // Torn in the middle of a quoted cell: what came before counts.
    }
    for (const [key, made] of here) if (made.length >= (ids.get(key)?.length ?? 0)) ids.set(key, made);
  }
  return { ids, keys };
}
