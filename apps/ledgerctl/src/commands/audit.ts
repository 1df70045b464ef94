import { appendFileSync, closeSync, createWriteStream, existsSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { EmbeddedScan, openEventStoreDb, syncFolder, type EventStore } from '@app/event-store';
import { BookReader, COSIGNATURE, ED25519, leafText, Malformed, openCheckpoint, verifyConsistency, wholeNote, fromBase64, type Hash, type LoggedEvent } from '@app/transparency';
import { bodyOf, Client } from '../client.js';
import { bookEvidence, NO_EVIDENCE, readCheckpoints, type Evidence } from '../audit/evidence.js';
import { evidenceLines, headerLine, openExport } from '../audit/export.js';
import { keysOf } from '../audit/key-files.js';
import { originOf } from '../audit/origin.js';
import { brokenSource, embeddedSource, foundedBy, storeSource, streamedSource, type Source } from '../audit/sources.js';
import { verifyAudit, type AuditReport } from '../audit/verify.js';
import { foundedId, openLog } from '../open.js';
import { progress, say, sayJson, table } from '../output.js';
import { tokenOf } from '../service.js';
import { files, requireLedger, type Settings } from '../settings.js';
import { EXIT, misuse, Trouble, type ExitCode } from '../trouble.js';
import type { Findings } from './verify.js';

export interface AuditVerifyOptions {
  readonly key?: readonly string[];
  readonly witness?: readonly string[];
  readonly since?: readonly string[];
  readonly export?: string;
  readonly log?: string;
  readonly audit?: string;
  /** `--no-read-models`. */
  readonly readModels: boolean;
  /** `--no-pages`. */
  readonly pages: boolean;
}

const SHOWN = 10;
const auditFile = (folder: string): string => join(folder, 'audit.sqlite');
const comparePositions = (a: string, b: string): number => {
  const [x, y] = [a, b].map((p) => /^C?(\d{1,20})(?:P(\d{1,20}))?$/.exec(p)?.slice(1).map((n) => BigInt(n ?? 0)));
  if (!x || !y) return a < b ? -1 : a === b ? 0 : 1;
  const [by] = [x[0]! - y[0]!, x[1]! - y[1]!].filter((d) => d !== 0n);
  return by === undefined ? 0 : by < 0n ? -1 : 1;
};

interface Opened {
  readonly source: Source;
  readonly evidence: Evidence;
  readonly damage: string | null;
  /** Whether read models and texts lie beside it. */
  readonly folder: boolean;
}

/** What the options name: an export, a file, or the ledger of the data folder. */
async function open(settings: Settings, o: AuditVerifyOptions): Promise<Opened> {
  const one = [o.export, o.log].filter((x) => x !== undefined);
  if (one.length > 1) throw misuse('give one of --export and --log');
  if (o.export !== undefined) {
    if (!existsSync(o.export)) throw misuse(`there is no file ${o.export}`);
    try {
      const { events, evidence } = await openExport(o.export, comparePositions);
      return { source: streamedSource(events), evidence, damage: null, folder: false };
    } catch (error) {
      if (!(error instanceof Trouble) || error.exit !== EXIT.no) throw error;
      return { source: brokenSource(o.export, error.message), evidence: NO_EVIDENCE, damage: null, folder: false };
    }
  }
  if (o.log === undefined) requireLedger(settings.data);
  // The evidence first: what is signed later is of events that are read.
  const book = o.audit ?? (o.log === undefined ? auditFile(settings.data) : undefined);
  if (o.audit !== undefined && !existsSync(o.audit)) throw misuse(`there is no file ${o.audit}`);
  const { evidence, damage } = book === undefined ? { evidence: NO_EVIDENCE, damage: null } : bookEvidence(book);
  if (o.log === undefined && settings.eventStoreUrl) {
    const store = await openEventStoreDb({ url: settings.eventStoreUrl });
    return { source: storeSource(store, 'EventStoreDB'), evidence, damage, folder: true };
  }
  const file = o.log ?? files(settings.data).log;
  return { source: openFile(file, o.pages), evidence, damage, folder: o.log === undefined };
}

function openFile(file: string, pages: boolean): Source {
  if (!existsSync(file)) return brokenSource(file, 'it is missing');
  try {
    return embeddedSource({ file, threads: Math.min(2, availableParallelism()), pages });
  } catch (error) {
    return brokenSource(file, (error as Error).message);
  }
}

/** Holds a log to everything that was signed of it, and the read models and texts to the log. */
export async function auditVerify(settings: Settings, o: AuditVerifyOptions): Promise<ExitCode> {
  const keys = keysOf(ED25519, o.key, '--key');
  const witnesses = keysOf(COSIGNATURE, o.witness, '--witness');
  const anchors = (o.since ?? []).flatMap((file) => {
    const notes = readCheckpoints(file);
    if (notes.length === 0) throw misuse(`${file} holds no checkpoint`);
    return notes;
  });
  const { source, evidence, damage, folder } = await open(settings, o);
  let report: AuditReport;
  const bar = progress('reading and hashing every event', 100);
  try {
    report = await verifyAudit({ source, evidence, keys, witnesses, anchors, onProgress: (done, of) => bar.update(of === 0 ? 100 : Math.floor((100 * done) / of), `${done} of ${of}`) });
  } finally {
    bar.stop();
    evidence.close();
    await source.close();
  }
  const ledger = folder && o.readModels ? await examineLedger(settings) : null;
  const ok = report.ok && damage === null && (ledger === null || ledger.ok);
  if (settings.json) sayJson({ ...report, ok, evidenceDamage: damage, ledger });
  else tell(report, damage, ledger, ok);
  return ok ? EXIT.ok : EXIT.no;
}

/** The log against read models and texts. A log that cannot even be opened has been told of already. */
async function examineLedger(settings: Settings): Promise<Findings | { readonly ok: false; readonly faults: Findings['faults'] }> {
  const scratch = mkdtempSync(join(settings.data, '.verify-'));
  const clear = (): void => rmSync(scratch, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    // With all read models behind it, which whoever verifies the log alone does not wait for.
    const { examineFolder } = await import('./verify.js');
    return await examineFolder(settings, scratch);
  } catch (error) {
    return { ok: false, faults: [{ kind: 'file', at: settings.data, detail: (error as Error).message }] };
  } finally {
    clear();
    process.removeListener('exit', clear);
  }
}

function tell(r: AuditReport, damage: string | null, ledger: { readonly ok: boolean; readonly faults: Findings['faults'] } | null, ok: boolean): void {
  say(`${r.source}: ledger ${r.ledgerId ?? '(none)'}, ${r.events} events in ${r.streams} streams up to position ${r.head ?? 'none'}, read in ${r.seconds} s`);
  say(`root ${r.root}; ${r.checkpoints.held} signed checkpoints, the last that holds covers ${r.signed} events; ${r.unsigned} events are not signed yet`);
  if (r.checkpoints.unknown > 0) say(`${r.checkpoints.unknown} checkpoints are signed by keys that were not given`);
  if (r.witnessed.length > 0) say(table(['witness', 'events', 'at'], r.witnessed.map((w) => [w.name, w.size, w.at])));
  if (r.anchored !== null) say(`held to a checkpoint of ${r.anchored} events that was kept elsewhere`);
  if (damage !== null) say(`audit.sqlite cannot be used: ${damage}`);
  const [first, ...more] = r.findings;
  if (first) say(`first difference: ${first.kind} at ${first.at}: ${first.detail}`);
  for (const f of more.slice(0, SHOWN - 1)) say(`  ${f.kind} at ${f.at}: ${f.detail}`);
  if (r.findingCount > SHOWN) say(`  … and ${r.findingCount - SHOWN} more`);
  for (const f of ledger?.faults.slice(0, SHOWN) ?? []) say(`  ${f.kind} at ${f.at}: ${f.detail}`);
  for (const left of r.notExcluded) say(`not excluded: ${left}`);
  say(ok ? 'verified: nothing differs from what was signed' : 'NOT verified');
}

// ---------------------------------------------------------------------------------------------------- export

/** Writes the log with everything that a verification elsewhere needs. */
export async function auditExport(settings: Settings, file: string): Promise<void> {
  requireLedger(settings.data);
  const target = resolve(file);
  if (existsSync(target)) throw misuse(`${target} exists already`);
  const { evidence, damage } = bookEvidence(auditFile(settings.data));
  if (damage !== null) throw new Trouble(`audit.sqlite cannot be used: ${damage}`);
  const partial = `${target}.partial-${process.pid}`;
  const out = createWriteStream(partial, { flags: 'wx', mode: 0o600 });
  let events = 0;
  try {
    const write = async (text: string): Promise<void> => {
      if (!out.write(text)) await once(out, 'drain');
    };
    const { origin, dense, pages } = await logOf(settings);
    await write(headerLine(origin, dense));
    const bar = progress('exporting', 1);
    for await (const page of pages()) {
      events += page.length;
      await write(page.map((e) => `${leafText(e)}\n`).join(''));
      bar.update(0, `${events} events`);
    }
    bar.update(1, `${events} events`);
    bar.stop();
    for (const line of evidenceLines(evidence, events)) await write(line);
    out.end();
    await finished(out);
    const fd = openSync(partial, 'r+');
    fsyncSync(fd);
    closeSync(fd);
    renameSync(partial, target);
    syncFolder(resolve(target, '..'));
  } catch (error) {
    out.destroy();
    rmSync(partial, { force: true });
    throw error;
  } finally {
    evidence.close();
  }
  if (settings.json) sayJson({ file: target, events, checkpoints: evidence.checkpoints.length });
  else say(`exported ${events} events and ${evidence.checkpoints.length} checkpoints to ${target}`);
}

interface Log {
  readonly origin: string;
  readonly dense: boolean;
  readonly pages: () => AsyncGenerator<LoggedEvent[], void, undefined>;
}

/** The log page by page, as it was at the beginning. */
async function logOf(settings: Settings): Promise<Log> {
  const empty = new Trouble('the log is empty: there is nothing to export');
  if (!settings.eventStoreUrl) {
    const log = EmbeddedScan.open(files(settings.data).log);
    try {
      const [ledgerId, head] = [foundedBy(log.at(1)), log.head()];
      if (ledgerId === null) throw empty;
      return { origin: originOf(ledgerId), dense: true, pages: () => filePages(files(settings.data).log, head) };
    } finally {
      log.close();
    }
  }
  const store = await openLog(settings);
  try {
    const [ledgerId, head] = [await foundedId(store), await store.head()];
    if (ledgerId === null || head === null) throw empty;
    return { origin: originOf(ledgerId), dense: false, pages: () => storePages(settings, head) };
  } finally {
    await store.close();
  }
}

async function* filePages(file: string, head: number): AsyncGenerator<LoggedEvent[], void, undefined> {
  const log = EmbeddedScan.open(file);
  try {
    yield* log.events(0, head);
  } finally {
    log.close();
  }
}

async function* storePages(settings: Settings, head: string): AsyncGenerator<LoggedEvent[], void, undefined> {
  const store: EventStore = await openLog(settings);
  try {
    for (let after: string | null = null; after === null || store.compare(after, head) < 0; ) {
      const page: LoggedEvent[] = (await store.readAll({ after, limit: 1_000 })).filter((e) => store.compare(e.position, head) <= 0);
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)!.position;
    }
  } finally {
    await store.close();
  }
}

// ---------------------------------------------------------------------------------------------------- anchor

export interface AnchorOptions {
  readonly file: string;
  readonly key?: readonly string[];
  readonly url?: string;
}

/** Where the newest checkpoint is asked for: the running service, or the file that it keeps. */
interface Asked {
  latest(): Promise<string | null>;
  proof(from: number, to: number): Promise<readonly Hash[]>;
}

function askedOf(settings: Settings, url: string | undefined): Asked {
  if (url !== undefined) {
    const client = new Client({ url: url.replace(/\/$/, ''), token: tokenOf(settings), language: settings.language, patienceMs: settings.patienceMs });
    return {
      async latest() {
        const { checkpoint } = bodyOf(await client.get('/v1/audit/checkpoints/latest'), 'asking for the checkpoint') as { checkpoint: { note: string } | null };
        return checkpoint?.note ?? null;
      },
      async proof(from, to) {
        const { proof } = bodyOf(await client.get(`/v1/audit/proofs/consistency?from=${from}&to=${to}`), 'asking for a proof') as { proof: string[] };
        return proof.map(fromBase64);
      },
    };
  }
  requireLedger(settings.data);
  const book = existsSync(auditFile(settings.data)) ? BookReader.open(auditFile(settings.data)) : null;
  return {
    async latest() {
      const [last] = book?.checkpoints(1) ?? [];
      return last ? wholeNote(last) : null;
    },
    proof: async (from, to) => book!.tree().consistency(from, to),
  };
}

/** Appends the newest checkpoint to a file kept elsewhere, once it is proved to go on from the one before. */
export async function auditAnchor(settings: Settings, { file, key, url }: AnchorOptions): Promise<ExitCode> {
  const keys = keysOf(ED25519, key, '--key');
  if (keys.length === 0) throw misuse("give the log's public key with --key: an anchor that anybody could have signed holds nothing");
  const asked = askedOf(settings, url);
  const note = await asked.latest();
  if (note === null) throw new Trouble('no checkpoint was signed yet');
  const opened = (text: string, where: string) => {
    try {
      return openCheckpoint(text, keys);
    } catch (error) {
      throw error instanceof Malformed ? new Trouble(`${where}: ${error.message}`, EXIT.no) : error;
    }
  };
  const next = opened(note, 'the newest checkpoint');
  const before = existsSync(file) ? readCheckpoints(file).at(-1) : undefined;
  const answer = (size: number, appended: boolean): ExitCode => {
    if (settings.json) sayJson({ file, size, appended });
    else say(appended ? `anchored ${size} events in ${file}` : `${file} holds this checkpoint of ${size} events already`);
    return EXIT.ok;
  };
  if (before !== undefined) {
    const last = opened(before, file);
    if (last.size > next.size) throw new Trouble(`ROLLED BACK: ${file} holds a checkpoint of ${last.size} events, the log has signed only ${next.size} now`, EXIT.no);
    if (!verifyConsistency(last.size, last.root, next.size, next.root, last.size === next.size ? [] : await asked.proof(last.size, next.size)))
      throw new Trouble(`REWRITTEN: the log of ${next.size} events does not go on from the ${last.size} that ${file} holds`, EXIT.no);
    if (last.size === next.size) return answer(next.size, false);
  }
  const fd = openSync(file, 'a', 0o600);
  try {
    appendFileSync(fd, `${before === undefined ? '' : '\n'}${note}`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return answer(next.size, true);
}
