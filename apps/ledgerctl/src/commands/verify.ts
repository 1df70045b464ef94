import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openRegister } from '@app/erasable';
import { openEmbeddedStore, readMarker, type EventStore, type Position } from '@app/event-store';
import { copyDatabase, damageOf } from '../copy.js';
import { openLog, roughly } from '../open.js';
import { progress, say, sayJson, table } from '../output.js';
import { projections } from '../projections.js';
import { files, requireLedger, type Settings } from '../settings.js';
import { EXIT, type ExitCode } from '../trouble.js';
import { erasedAfter, MOST_FAULTS, verifyLog, type Fault, type LogFindings } from '../verify/log.js';
import { verifyRows, type RowFindings } from '../verify/rows.js';

/** Differences told in words. */
const SHOWN = 10;

export interface Findings {
  readonly ok: boolean;
  readonly log: Omit<LogFindings, 'faults'>;
  readonly readModels: RowFindings['projections'];
  readonly faults: readonly Fault[];
}

/**
 * Whether the log is whole, the register holds the texts it committed to, and the read models are what the log makes
 * of them. Works on copies, so it neither waits for the service nor holds it up, and touches nothing.
 */
export async function verify(settings: Settings): Promise<ExitCode> {
  requireLedger(settings.data);
  const scratch = mkdtempSync(join(settings.data, '.verify-'));
  const clear = (): void => rmSync(scratch, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const findings = await examineFolder(settings, scratch);
    if (settings.json) sayJson(findings);
    else report(findings);
    return findings.ok ? EXIT.ok : EXIT.no;
  } finally {
    clear();
    process.removeListener('exit', clear);
  }
}

/** The findings, on copies in a folder that the caller removes. */
export async function examineFolder(settings: Settings, scratch: string): Promise<Findings> {
  const from = files(settings.data);
  const to = files(scratch);
  // In this order: rows follow from events, and the texts of an event are kept before it is.
  if (existsSync(from.read)) await copyDatabase(from.read, to.read);
  if (!settings.eventStoreUrl) await copyDatabase(from.log, to.log);
  const remote = settings.eventStoreUrl ? await openLog(settings) : null;
  const through = await remote?.head();
  try {
    if (existsSync(from.register)) await copyDatabase(from.register, to.register);
    return await compare(settings, scratch, remote, through);
  } finally {
    await remote?.close();
  }
}

/** Compares log, texts and rows; `through` is the last position whose texts are sure to be in the copy of the register. */
async function compare(settings: Settings, scratch: string, remote: EventStore | null, through: Position | null | undefined): Promise<Findings> {
  const to = files(scratch);
  const faults: Fault[] = [];
  for (const file of [to.read, ...(remote ? [] : [to.log]), to.register]) {
    const damage = existsSync(file) ? damageOf(file) : null;
    if (damage !== null) faults.push({ kind: 'file', at: file.slice(scratch.length + 1), detail: damage });
  }
  if (!existsSync(to.register)) faults.push({ kind: 'file', at: 'register.sqlite', detail: 'is missing' });
  const store = remote ?? (await openEmbeddedStore({ file: to.log }));
  try {
    const { faults: inLog, ...log } = await readLog(store, settings, to.register, through ?? (await store.head()), (position) => (remote ? erasedAfter(remote, position) : erasedMeanwhile(settings, scratch, position)));
    faults.push(...inLog);
    const marker = readMarker(settings.data);
    if (marker && marker.ledgerId !== log.ledgerId)
      faults.push({
        kind: 'founding',
        at: 'ledger.json',
        detail: `the folder belongs to ledger ${marker.ledgerId}, the log to ${log.ledgerId}`,
      });
    let readModels: RowFindings['projections'] = [];
    if (existsSync(to.read) && log.ledgerId !== null && log.faultCount === 0) {
      const bar = progress('building the read models anew', roughly(log.head));
      try {
        const rows = await verifyRows({
          store,
          projections: projections(),
          ledgerId: log.ledgerId,
          file: to.read,
          scratch,
          onProgress: (p) => bar.update(roughly(p)),
        });
        readModels = rows.projections;
        faults.push(...rows.faults);
      } finally {
        bar.stop();
      }
    }
    return { ok: faults.length === 0, log, readModels, faults };
  } finally {
    if (store !== remote) await store.close();
  }
}

/** What the log holds by now of erasures behind a position: the texts of an erasure are removed after its event. */
async function erasedMeanwhile(settings: Settings, scratch: string, position: Position | null): Promise<Set<string>> {
  const file = join(scratch, 'log-later.sqlite');
  await copyDatabase(files(settings.data).log, file);
  const store = await openEmbeddedStore({ file });
  try {
    return await erasedAfter(store, position);
  } finally {
    await store.close();
  }
}

async function readLog(store: EventStore, { eventStoreUrl }: Settings, registerFile: string, head: Position | null, erasedSince: (position: Position | null) => Promise<Set<string>>): Promise<LogFindings> {
  const register = existsSync(registerFile) ? openRegister({ file: registerFile, readOnly: true }) : null;
  const bar = progress('reading the log', roughly(head));
  try {
    return await verifyLog({
      store,
      register,
      dense: !eventStoreUrl,
      through: head,
      erasedSince: () => erasedSince(head),
      onProgress: (p) => bar.update(roughly(p), `position ${p}`),
    });
  } finally {
    bar.stop();
    register?.close();
  }
}

function report({ ok, log, readModels, faults }: Findings): void {
  say(
    `ledger ${log.ledgerId ?? '(none)'}: ${log.events} events in ${log.streams} streams up to position ${log.head ?? 'none'}; ${log.texts} texts, ${log.erased} of them erased`,
  );
  if (readModels.length > 0)
    say(
      table(
        ['projection', 'rows', 'position', 'result'],
        readModels.map((p) => [p.name, p.rows, p.position, p.result]),
      ),
    );
  const [first, ...more] = faults;
  const count = faults.length - Math.min(log.faultCount, MOST_FAULTS) + log.faultCount;
  if (first) say(`first difference: ${first.kind} at ${first.at}: ${first.detail}`);
  for (const f of more.slice(0, SHOWN - 1)) say(`  ${f.kind} at ${f.at}: ${f.detail}`);
  if (count > SHOWN) say(`  … and ${count - SHOWN} more (--json shows up to ${MOST_FAULTS} of the log)`);
  say(ok ? 'verified: nothing differs' : `NOT verified: ${count} differences`);
}
