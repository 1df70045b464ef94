import { ED25519, examine, Malformed, openNotes, parseVerifierKey, type Finding, type LeafTree, type OpenedNote, type VerifierKey, type Verdicts } from '@app/transparency';
import { originOf } from './origin.js';
import type { Evidence } from './evidence.js';
import type { Reading, Source } from './sources.js';

export interface VerifyOptions {
  readonly source: Source;
  readonly evidence: Evidence;
  /** Keys that whoever verifies brought along: of the log, and of witnesses. */
  readonly keys: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  /** Checkpoints that were kept elsewhere. */
  readonly anchors: readonly string[];
  readonly onProgress: (done: number, of: number) => void;
}

/** The report of a verification, as `--json` writes it. */
export interface AuditReport extends Omit<Verdicts, 'findings'> {
  readonly ok: boolean;
  readonly source: string;
  /** Over EventStoreDB the client hands over values; the bytes of the store are not seen. */
  readonly promise: 'bytes' | 'values';
  readonly ledgerId: string | null;
  readonly events: number;
  readonly streams: number;
  readonly head: string | null;
  /** Events behind the last checkpoint that holds. */
  readonly unsigned: number;
  /** `given`: brought along; `ledger`: as the ledger itself names them, so a forged signature would not be told; `none`. */
  readonly keys: 'given' | 'ledger' | 'none';
  /** What remains possible although nothing was found. */
  readonly notExcluded: readonly string[];
  readonly first: Finding | null;
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly seconds: number;
}

/** Kinds in the order in which they say most. */
const TELLING = ['file', 'altered', 'missing', 'inserted', 'reordered', 'event', 'position', 'revision', 'canonical', 'range'];
const rank = (f: Finding): number => (TELLING.indexOf(f.kind) + 1 || TELLING.length + 1);

/** Reads every event again and holds the log to whatever was signed of it. */
export async function verifyAudit(o: VerifyOptions): Promise<AuditReport> {
  const started = performance.now();
  const { source, evidence } = o;
  const given = o.keys.length > 0;
  const keys = given ? o.keys : namedKeys(evidence.keys);
  const read = source.read(o.onProgress);
  // Signatures are checked here while other threads read.
  const opened = (notes: readonly string[]): OpenedNote[] => openNotes(notes, [...keys, ...o.witnesses]);
  const [checkpoints, anchors] = [opened(evidence.checkpoints), opened(o.anchors)];
  const reading = await read;
  const origin = keys.find((k) => k.kind === ED25519)?.name ?? originOf(reading.ledgerId ?? '');
  const verdicts = await examine({
    leaves: reading.leaves,
    origin,
    witnesses: o.witnesses,
    checkpoints,
    anchors,
    kept: (from, to) => evidence.kept(from, to),
    keptId: (index) => evidence.keptId(index),
    keptIndex: (id) => evidence.keptIndex(id),
    read: (index) => source.told(index),
    find: (id) => source.find(id),
  });
  const own = foundingFaults(reading, origin, given, verdicts);
  // Of a log that differs, what is kept beside it has to differ as well.
  if (verdicts.findings.length + reading.findingCount + own.length === 0) own.push(...keptFaults(evidence, reading.leaves));
  const findings = [...verdicts.findings, ...reading.findings, ...own].sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity) || rank(a) - rank(b));
  const findingCount = verdicts.findings.length + reading.findingCount + own.length;
  const { findings: _, ...said } = verdicts;
  return {
    ok: findingCount === 0,
    source: source.name,
    promise: source.promise,
    ledgerId: reading.ledgerId,
    events: reading.events,
    streams: reading.streams,
    head: reading.head,
    ...said,
    unsigned: Math.max(0, reading.events - said.signed),
    keys: given ? 'given' : keys.length > 0 ? 'ledger' : 'none',
    notExcluded: notExcluded(reading, verdicts, given, o.witnesses.length > 0, source.promise),
    first: findings[0] ?? null,
    findings,
    findingCount,
    seconds: Math.round((performance.now() - started) / 10) / 100,
  };
}

/** Keys as the ledger names them; what is none vouches for nothing. */
const namedKeys = (texts: readonly string[]): VerifierKey[] =>
  texts.flatMap((text) => {
    try {
      return [parseVerifierKey(text)];
    } catch (error) {
      if (error instanceof Malformed) return [];
      throw error;
    }
  });

/** What the founding and the keys say of each other. */
function foundingFaults(reading: Reading, origin: string, given: boolean, { checkpoints, signed }: Verdicts): Finding[] {
  const fault = (kind: string, at: string, detail: string, index: number | null = null): Finding => ({ kind, index, at, detail });
  const findings: Finding[] = [];
  if (reading.ledgerId === null) findings.push(fault('founding', 'the first event', 'it is not the founding of a ledger', 0));
  else if (originOf(reading.ledgerId) !== origin) findings.push(fault('founding', 'the first event', `it founds ledger ${reading.ledgerId}, the keys are those of ${origin}`, 0));
  // Whoever deletes the checkpoints must not be better off than who alters one.
  if (given && signed === 0 && checkpoints.held === 0) findings.push(fault('checkpoint', 'the checkpoints', `none is signed by a key that was given${checkpoints.unknown > 0 ? ` (${checkpoints.unknown} by others)` : ''}`));
  return findings;
}

/** What is kept beside a sound log and does not fit it: proofs made from it would not hold. */
function keptFaults(evidence: Evidence, leaves: LeafTree): Finding[] {
  const detail = evidence.unlike(leaves);
  return detail === null ? [] : [{ kind: 'kept', index: null, at: 'what is kept beside the log', detail: `${detail}; the log itself is as it was signed` }];
}

function notExcluded(reading: Reading, { signed, anchored }: Verdicts, given: boolean, witnessed: boolean, promise: string): string[] {
  const left: string[] = [];
  const tail = reading.events - signed;
  if (signed === 0) left.push('alteration: nothing signed vouches for this log');
  else if (tail > 0) left.push(`alteration of the last ${tail} events, which are not signed yet`);
  if (signed > 0 && !given) left.push('forgery: the keys are those that the ledger itself names; bring them along with --key');
  if (anchored === null)
    left.push(
      witnessed
        ? 'rollback to what a witness cosigned earlier: no checkpoint kept elsewhere was given (--since); the witness shows its newest'
        : 'rollback, or a rewrite by whoever holds the signing key: no checkpoint kept elsewhere was given (--since), and no witness (--witness)',
    );
  if (promise === 'values') left.push('another way of writing the same values: the client of EventStoreDB hands over values, not bytes');
  return left;
}
