import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readRows } from '../import/read-file.js';
import { Report, readReports } from '../import/report.js';
import { runImport, type Counts } from '../import/run.js';
import { stepsOf } from '../import/steps.js';
import { interruption } from '../interrupt.js';
import { progress, remark, say, sayJson } from '../output.js';
import { startService, withService } from '../service.js';
import { holdsLedger, type Settings } from '../settings.js';
import { EXIT, misuse, type ExitCode } from '../trouble.js';
import type { Client } from '../client.js';

export interface ImportOptions {
  readonly preview?: boolean;
  readonly report?: string;
  readonly resume?: boolean;
  readonly encoding?: string;
  readonly concurrency?: string;
}

/**
 * Records the contracts of a CSV file. A row is one command whose key follows from its content, so a rerun goes on
 * where the last one stopped and doubles nothing.
 */
export async function importContracts(settings: Settings, file: string, o: ImportOptions): Promise<ExitCode> {
  if (!existsSync(file) || !statSync(file).isFile()) throw misuse(`there is no file ${file}`);
  const concurrency = Number(o.concurrency ?? 16);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 256)
    throw misuse('--concurrency must be a number from 1 to 256');
  const preview = o.preview ?? false;
  const path = resolve(o.report ?? `${file}.${preview ? 'preview' : 'report'}.csv`);
  if (existsSync(path) && !preview && !o.resume)
    throw misuse(
      `${path} exists: it is the report of an earlier run. Go on from it with --resume, or name another with --report`,
    );
  const run = async (ledger: Client | null, rest: Client): Promise<ExitCode> => {
    const next = existsSync(path) ? `${path}.next` : path;
    const earlier = await readReports(o.resume && !preview ? [path, `${path}.next`] : []);
    const report = await Report.create(next);
    const bar = progress(preview ? 'previewing' : 'importing', statSync(file).size);
    let counts: Counts;
    try {
      counts = await runImport(stepsOf(readRows(file, o.encoding)), {
        ledger,
        rest,
        preview,
        earlier,
        concurrency,
        signal: interruption,
        report: (place, lines) => report.write(place, lines),
        onProgress: (row, c) => bar.update(row.bytes, brief(c)),
      });
      if (!interruption.aborted) bar.update(Number.POSITIVE_INFINITY, brief(counts));
    } finally {
      await report.close();
      bar.stop();
    }
    if (interruption.aborted) {
      remark(`interrupted; what was recorded is in ${next}. Go on with --resume`);
      return EXIT.interrupted;
    }
    if (next !== path) renameSync(next, path);
    const clean = counts.refused + counts.malformed + counts.changed + counts['not-tried'] === 0;
    if (settings.json) sayJson({ ok: clean, preview, counts, report: path });
    else {
      say(brief(counts));
      say(clean ? `report: ${path}` : `not everything is in order: see the rows and their clauses in ${path}`);
    }
    return clean ? EXIT.ok : EXIT.no;
  };
  if (!preview) return withService(settings, (client) => run(client, client));
  // Nothing is stored: rows that hang on each other are tried on a ledger that is thrown away.
  return holdsLedger(settings.data)
    ? withService(settings, (client) => withScratch(settings, client, (scratch) => run(client, scratch)))
    : withScratch(settings, null, (scratch) => run(null, scratch));
}

/** An empty ledger on the same day and under the same settings. */
async function withScratch<T>(settings: Settings, ledger: Client | null, work: (client: Client) => Promise<T>): Promise<T> {
  const clock = ledger ? await ledger.get('/v1/sandbox/clock') : null;
  const today = clock?.status === 200 ? String(clock.body?.['today']) : undefined;
  const data = mkdtempSync(join(tmpdir(), 'ledger-preview-'));
  const clear = (): void => rmSync(data, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const env = {
      EVENTSTORE_URL: '',
      ...(ledger && { LEDGER_SANDBOX: String(today !== undefined), LEDGER_SANDBOX_TODAY: today ?? '' }),
    };
    const service = await startService({ ...settings, data, token: null }, { env });
    try {
      return await work(service.client);
    } finally {
      await service.stop();
    }
  } finally {
    clear();
    process.removeListener('exit', clear);
  }
}

const brief = (c: Counts): string =>
  (Object.keys(c) as (keyof Counts)[])
    .filter((s) => c[s] > 0)
    .map((s) => `${c[s]} ${s}`)
    .join(', ') || 'no rows';
