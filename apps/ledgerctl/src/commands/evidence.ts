import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeDurably } from '@app/event-store';
import { readPack, renderReport, verifyPack, type PackReport } from '@app/evidence';
import { COSIGNATURE, ED25519 } from '@app/transparency';
import { keysOf } from '../audit/key-files.js';
import { Client } from '../client.js';
import { remark, say, sayJson, table } from '../output.js';
import { tokenOf, withService } from '../service.js';
import { EXIT, misuse, Trouble, type ExitCode } from '../trouble.js';
import type { Settings } from '../settings.js';

interface Asked {
  readonly out: string;
  /** `--without-texts`. */
  readonly withoutTexts?: boolean;
  readonly url?: string;
}
export type PackOptions = Asked;

export interface ReportOptions extends Asked {
  readonly lang?: string;
  /** Offline: a pack instead of a contract's id. */
  readonly pack?: string;
  readonly key?: readonly string[];
  readonly witness?: readonly string[];
}

export interface VerifyEvidenceOptions {
  readonly key?: readonly string[];
  readonly witness?: readonly string[];
}

const SHOWN = 10;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const held = ({ key, witness }: VerifyEvidenceOptions) => ({ keys: keysOf(ED25519, key, '--key'), witnesses: keysOf(COSIGNATURE, witness, '--witness') });

/** A file that is not there yet: evidence is never written over. */
function target(out: string): string {
  const file = resolve(out);
  if (existsSync(file)) throw misuse(`${file} exists already`);
  return file;
}

function bytesOf(file: string): Buffer {
  if (!existsSync(file)) throw misuse(`there is no file ${file}`);
  return readFileSync(file);
}

/** Calls the service at a URL, or the one on the data folder. */
function asking<T>(settings: Settings, url: string | undefined, work: (client: Client) => Promise<T>): Promise<T> {
  if (url === undefined) return withService(settings, work);
  return work(new Client({ url: url.replace(/\/$/, ''), token: tokenOf(settings), language: settings.language, patienceMs: settings.patienceMs }));
}

function checkId(contractId: string): string {
  if (!ID.test(contractId)) throw misuse(`${contractId} is not the id of a contract`);
  return contractId;
}

/** Writes the evidence of a contract, as the service puts it together; the export is recorded in the log. */
export async function packEvidence(settings: Settings, contractId: string, { out, withoutTexts, url }: PackOptions): Promise<void> {
  const file = target(out);
  const path = `/v1/audit/contracts/${checkId(contractId)}/evidence${withoutTexts ? '?texts=false' : ''}`;
  const text = await asking(settings, url, (client) => client.text(path, 'the evidence was not made'));
  const bytes = Buffer.from(text, 'utf8');
  // What does not verify is told now, not by whoever gets it.
  const report = verifyPack(bytes, { keys: [], witnesses: [] });
  writeDurably(file, text, 0o600);
  if (settings.json) sayJson({ file, bytes: bytes.length, ...report });
  else {
    remark(`${report.events} events of contract ${contractId}, ${report.proved} proved, ${report.unsigned} unsigned: ${file} (${bytes.length} bytes)`);
    for (const f of report.findings) remark(`  ${f.kind} at ${f.at}: ${f.detail}`);
  }
}

/** Writes the readable report: of a contract, or of a pack without any service. */
export async function reportEvidence(settings: Settings, contractId: string | undefined, o: ReportOptions): Promise<void> {
  if ((contractId === undefined) === (o.pack === undefined)) throw misuse('name a contract, or a pack with --pack (not both)');
  const lang = o.lang ?? settings.language;
  if (lang !== 'ja' && lang !== 'en') throw misuse('--lang must be ja or en');
  const file = target(o.out);
  writeDurably(file, o.pack === undefined ? await asked(settings, contractId!, lang, o) : offline(lang, o), 0o600);
  if (settings.json) sayJson({ file, lang });
  else remark(`${file}`);
}

function asked(settings: Settings, contractId: string, lang: 'ja' | 'en', { url, withoutTexts, key, witness }: ReportOptions): Promise<string> {
  if (key !== undefined || witness !== undefined) throw misuse('--key and --witness are for --pack: take the pack first, then report on it');
  const path = `/v1/audit/contracts/${checkId(contractId)}/report?lang=${lang}${withoutTexts ? '&texts=false' : ''}`;
  return asking(settings, url, (client) => client.text(path, 'the report was not made'));
}

function offline(lang: 'ja' | 'en', { pack, withoutTexts, url, ...o }: ReportOptions): string {
  if (withoutTexts || url !== undefined) throw misuse('--without-texts and --url are for a contract, not for a pack');
  const bytes = bytesOf(pack!);
  const report = verifyPack(bytes, held(o));
  // A page would lend it more weight than it has.
  if (report.first) throw new Trouble(`no report is made of ${pack}: ${report.first.kind} at ${report.first.at}: ${report.first.detail}`, EXIT.no);
  try {
    return renderReport(readPack(bytes), report, lang);
  } catch (error) {
    throw new Trouble(`no report is made of ${pack}: its events are not those of a contract (${(error as Error).message})`, EXIT.no);
  }
}

/** Holds a pack to public keys, offline. */
export async function verifyEvidence(settings: Settings, file: string, o: VerifyEvidenceOptions): Promise<ExitCode> {
  const report = verifyPack(bytesOf(file), held(o));
  if (settings.json) sayJson({ source: file, ...report });
  else tell(file, report);
  return report.ok ? EXIT.ok : EXIT.no;
}

function tell(file: string, r: PackReport): void {
  if (r.contractId !== null) say(`${file}: contract ${r.contractId} of ledger ${r.ledgerId}, ${r.events} events (revisions 0 to ${r.through}), ${r.related} of other streams; ${r.proved} proved, ${r.unsigned} unsigned`);
  if (r.checkpoint) {
    say(`checkpoint of ${r.checkpoint.size} events, root ${r.checkpoint.root}, signed by ${r.checkpoint.signers.map((s) => `${s.name} (${s.id})`).join(', ')}`);
    if (r.checkpoint.witnesses.length > 0) say(table(['witness', 'key', 'at'], r.checkpoint.witnesses.map((w) => [w.name, w.id, w.at])));
  } else if (r.contractId !== null) say('UNSIGNED: no signature was found to hold it to');
  if (r.texts.leftOut) say('names and free texts are left out');
  else if (r.texts.erased > 0) say(`${r.texts.erased} texts are erased`);
  for (const f of r.findings.slice(0, SHOWN)) say(`  ${f.kind} at ${f.at}: ${f.detail}`);
  if (r.findings.length > SHOWN) say(`  … and ${r.findings.length - SHOWN} more`);
  for (const note of r.notes) say(`note: ${note}`);
  for (const left of r.notExcluded) say(`not excluded: ${left}`);
  say(!r.ok ? 'NOT verified' : r.checkpoint === null ? 'consistent, but UNSIGNED: nothing is proved' : 'verified: nothing differs from what was signed');
}
