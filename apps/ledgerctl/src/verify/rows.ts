import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { EventStore, Position, StoredEvent } from '@app/event-store';
import { createRunner, openReadStore, type EventSource, type Projection, type Track } from '@app/read-store';
import type { Fault } from './log.js';

export interface RowFindings {
  readonly projections: readonly ProjectionFindings[];
  readonly faults: readonly Fault[];
}
export interface ProjectionFindings {
  readonly name: string;
  /** `same`; `different`; `stopped`: compared up to where it stands; `old`: of another version, rebuilt at the next start and not compared; `absent`. */
  readonly result: 'same' | 'different' | 'stopped' | 'old' | 'absent';
  readonly position: Position | null;
  readonly rows: number;
}

export interface VerifyRowsOptions {
  readonly store: EventStore;
  readonly projections: readonly Projection<StoredEvent>[];
  readonly ledgerId: string;
  /** A copy of the read models that nobody writes to. */
  readonly file: string;
  /** For the read models built anew; the caller removes it. */
  readonly scratch: string;
  readonly onProgress?: (position: Position) => void;
}

/** Builds every read model anew from the log, up to the very position its rows stand at, and compares all rows. */
export async function verifyRows({
  store,
  projections,
  ledgerId,
  file,
  scratch,
  onProgress,
}: VerifyRowsOptions): Promise<RowFindings> {
  const reads = openReadStore({ file });
  const [owner, tracks] = await reads.tracks.transaction(
    () => [reads.tracks.ledger(), reads.tracks.tracks().filter((t) => t.serving)] as const,
  );
  await reads.close();
  if (owner !== null && owner !== ledgerId)
    return { projections: [], faults: [{ kind: 'rows', at: 'read models', detail: `they are those of ledger ${owner}` }] };

  const findings: ProjectionFindings[] = [];
  const faults: Fault[] = [];
  const comparable = new Map<Position | null, { projection: Projection<StoredEvent>; track: Track }[]>();
  for (const projection of projections) {
    const track = tracks.find((t) => t.projection === projection.name);
    if (!track || track.version !== projection.version)
      findings.push({ name: projection.name, result: track ? 'old' : 'absent', position: track?.position ?? null, rows: 0 });
    else comparable.set(track.position, [...(comparable.get(track.position) ?? []), { projection, track }]);
  }
  // What stands at the same position is built with one reading of the log.
  let n = 0;
  for (const [position, group] of comparable) {
    const fresh = join(scratch, `built-${++n}.sqlite`);
    const stuck = await build(
      fresh,
      upTo(store, position),
      group.map((g) => g.projection),
      ledgerId,
      onProgress,
    );
    for (const { projection, track } of group) {
      const reason = stuck.get(projection.name);
      if (reason !== undefined && track.reason === null)
        faults.push({ kind: 'projection', at: projection.name, detail: `cannot be built from the log: ${reason}` });
      const compared = Object.keys(projection.tables).map((name) => compareTable(file, fresh, name));
      const differences = compared.flatMap((c) => c.difference ?? []);
      faults.push(...differences);
      const result = differences.length > 0 ? 'different' : track.reason !== null ? 'stopped' : 'same';
      findings.push({ name: projection.name, result, position, rows: compared.reduce((sum, c) => sum + c.rows, 0) });
    }
  }
  return { projections: findings, faults };
}

/** The log as it was when a position was its head. */
function upTo(store: EventStore, end: Position | null): EventSource<StoredEvent> {
  return {
    head: () => Promise.resolve(end),
    compare: (a, b) => store.compare(a, b),
    async readAll({ after, limit }) {
      if (end === null) return [];
      const page = await store.readAll({ after, limit });
      const past = page.findIndex((e) => store.compare(e.position, end) > 0);
      return past < 0 ? page : page.slice(0, past);
    },
    async *subscribe({ signal }) {
      yield { kind: 'caughtUp' as const };
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
  };
}

/** Answers why projections stopped, by name. */
async function build(
  file: string,
  source: EventSource<StoredEvent>,
  projections: readonly Projection<StoredEvent>[],
  ledgerId: string,
  onProgress?: (position: Position) => void,
): Promise<Map<string, string>> {
  const reads = openReadStore<never>({ file });
  const runner = createRunner(reads, { source, projections, ledgerId });
  const watch = setInterval(() => {
    const { position } = runner.status()[0] ?? {};
    if (position) onProgress?.(position);
  }, 250);
  try {
    await runner.start();
    await runner.caughtUp();
    return new Map(runner.status().flatMap((s) => (s.state === 'stopped' ? [[s.name, s.reason ?? ''] as const] : [])));
  } finally {
    clearInterval(watch);
    await runner.stop();
    await reads.close();
  }
}

type Row = { readonly [column: string]: unknown };

/** Compares a table's rows in two files as sets with counts; the first difference names the row. */
export function compareTable(
  kept: string,
  built: string,
  name: string,
): { readonly rows: number; readonly difference: Fault | null } {
  const db = new DatabaseSync(built, { readOnly: true });
  try {
    db.prepare('ATTACH ? AS kept').run(kept);
    const table = `"${name.replaceAll('"', '""')}"`;
    const count = (schema: string): number =>
      Number((db.prepare(`SELECT count(*) AS n FROM ${schema}.${table}`).get() as { n: number }).n);
    const rows = count('kept');
    const only = (a: string, b: string): Row | null =>
      (db.prepare(`SELECT * FROM ${a}.${table} EXCEPT SELECT * FROM ${b}.${table} ORDER BY 1 LIMIT 1`).get() as
        Row | undefined) ?? null;
    const extra = only('kept', 'main');
    const lacking = only('main', 'kept');
    if (!extra && !lacking) {
      const fresh = count('main');
      const detail = `${rows} rows where the log makes ${fresh}`;
      return { rows, difference: rows === fresh ? null : { kind: 'rows', at: name, detail } };
    }
    return { rows, difference: { kind: 'rows', at: name, detail: describe(extra, lacking) } };
  } finally {
    db.close();
  }
}

/** Two rows that begin alike are one row that changed; else a row too many, or one that is not there. */
function describe(extra: Row | null, lacking: Row | null): string {
  const key = Object.keys(extra ?? lacking ?? {})[0]!;
  if (extra && lacking && extra[key] === lacking[key]) {
    const changed = Object.keys(extra).filter((c) => extra[c] !== lacking[c]);
    return `row ${key} = ${shown(extra[key])}: ${changed.map((c) => `${c} is ${shown(extra[c])}, the log makes it ${shown(lacking[c])}`).join('; ')}`;
  }
  return extra && (!lacking || String(extra[key]) <= String(lacking[key]))
    ? `row ${key} = ${shown(extra[key])} does not follow from the log: ${shown(extra)}`
    : `row ${key} = ${shown(lacking![key])}, which follows from the log, is missing: ${shown(lacking)}`;
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};
