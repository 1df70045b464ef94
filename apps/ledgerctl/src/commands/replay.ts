import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readAccepted, SHIPPED } from '../audit/accepted.js';
import { replay, type Found, type ReplayFindings } from '../audit/replay.js';
import { openEmbeddedStore } from '@app/event-store';
import { copyDatabase } from '../copy.js';
import { openLog, roughly } from '../open.js';
import { progress, say, sayJson } from '../output.js';
import { holidaysOf } from '../projections.js';
import { files, requireLedger, type Settings } from '../settings.js';
import { EXIT, type ExitCode } from '../trouble.js';

/** Differences told in words. */
const SHOWN = 20;

export interface ReplayCommandOptions {
  /** A reviewed list of differences; default: the one that ships. */
  readonly accepted?: string;
}

/** Decides every stored receipt again from its own inputs. Works on a copy of the log, and touches nothing. */
export async function auditReplay(settings: Settings, { accepted = SHIPPED }: ReplayCommandOptions): Promise<ExitCode> {
  requireLedger(settings.data);
  const list = readAccepted(accepted);
  const scratch = mkdtempSync(join(settings.data, '.replay-'));
  const clear = (): void => rmSync(scratch, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const copy = files(scratch).log;
    if (!settings.eventStoreUrl) await copyDatabase(files(settings.data).log, copy);
    const store = settings.eventStoreUrl ? await openLog(settings) : await openEmbeddedStore({ file: copy });
    try {
      const bar = progress('deciding again', roughly(await store.head()));
      let findings: ReplayFindings;
      try {
        findings = await replay({ store, holidays: holidaysOf(process.env['LEDGER_HOLIDAYS']?.trim()), accepted: list, onProgress: (p) => bar.update(roughly(p), `position ${p}`) });
      } finally {
        bar.stop();
      }
      const ok = findings.differenceCount === 0;
      if (settings.json) sayJson({ ok, ...findings });
      else report(findings);
      return ok ? EXIT.ok : EXIT.no;
    } finally {
      await store.close();
    }
  } finally {
    clear();
    process.removeListener('exit', clear);
  }
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
const line = (d: Found): string => `  position ${d.position} ${d.type} (${d.stream} revision ${d.revision}) ${d.clause ?? ''} ${d.path}: ${shown(d.stored)} -> ${shown(d.now)}`;

function report(f: ReplayFindings): void {
  say(`${f.events} events, ${f.receipts} receipts in ${f.appends} appends to contracts, up to position ${f.head ?? 'none'}; decided by ${Object.keys(f.tables).length} version(s) of the rule tables`);
  for (const d of f.differences.slice(0, SHOWN)) say(line(d));
  if (f.differenceCount > SHOWN) say(`  … and ${f.differenceCount - SHOWN} more (--json shows them)`);
  if (f.acceptedCount > 0) say(`${f.acceptedCount} differences are accepted by the reviewed list`);
  say(f.differenceCount === 0 ? 'decided again: nothing differs' : `decided again: ${f.differenceCount} differences that nobody has reviewed`);
}
