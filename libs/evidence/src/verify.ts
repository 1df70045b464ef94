/** Holds an evidence pack to public keys, without a network, a store or a clock. */
import { canonicalJson, commitment } from '@app/kernel';
import { contractEvents, contractStream } from '@app/contract';
import { Malformed, openCheckpoint, parseProof, parseVerifierKey, textLeafHash, toBase64, verifyInclusion, type Finding, type OpenedCheckpoint, type VerifierKey } from '@app/transparency';
import { reckonsWithHolidays } from './build.js';
import { clausesCited } from './cited.js';
import { concernsAlone, unitsOf } from './concerns.js';
import { limitsOf } from './limits.js';
import { comparePositions } from './order.js';
import { digestOf, packText, type EvidencePack, type PackedEvent, type ProvedEvent } from './pack.js';
import { asPack, NotAPack } from './shape.js';
import { textRefs } from './texts.js';

export interface VerifyPackOptions {
  /** Keys that whoever verifies brought along: of the log, and of witnesses, each of which must have cosigned. */
  readonly keys: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
}

/** What a verification came to, as `--json` writes it. */
export interface PackReport {
  readonly ok: boolean;
  readonly contractId: string | null;
  readonly ledgerId: string | null;
  /** Of the contract's own stream: `0…through` without a gap where nothing was found. */
  readonly events: number;
  readonly through: number | null;
  readonly related: number;
  /** Events that a signed checkpoint is shown to hold. */
  readonly proved: number;
  /** Those that no signature reaches. */
  readonly unsigned: number;
  readonly checkpoint: {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly signers: readonly { readonly name: string; readonly id: string }[];
    readonly witnesses: readonly { readonly name: string; readonly id: string; readonly at: string }[];
  } | null;
  /** `given`: brought along; `pack`: as the pack itself names them, so a forged one would not be told; `none`. */
  readonly keys: 'given' | 'pack' | 'none';
  readonly texts: { readonly held: number; readonly erased: number; readonly leftOut: boolean };
  /** What remains possible although nothing was found. */
  readonly notExcluded: readonly string[];
  /** What is remarkable and no fault. */
  readonly notes: readonly string[];
  readonly first: Finding | null;
  readonly findings: readonly Finding[];
}

type Report = (kind: string, at: string, detail: string, index?: number | null) => void;

const placeOf = ({ revision, type, id, stream }: PackedEvent, own: boolean): string => (own ? `revision ${revision} (${type} ${id})` : `${stream} revision ${revision} (${type} ${id})`);

/** More than any event has. */
const DEEPEST = 64;

const NOTHING: Omit<PackReport, 'ok' | 'first' | 'findings'> = {
  contractId: null, ledgerId: null, events: 0, through: null, related: 0, proved: 0, unsigned: 0, checkpoint: null, keys: 'none',
  texts: { held: 0, erased: 0, leftOut: false }, notExcluded: [], notes: [],
};

/** Reads the bytes of a pack. @throws {NotAPack} */
export function readPack(bytes: Uint8Array): EvidencePack {
  const text = textOf(bytes);
  if (nesting(text) > DEEPEST) throw new NotAPack('', `is nested deeper than ${DEEPEST} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new NotAPack('', `is not JSON: ${(error as Error).message}`);
  }
  return asPack(value);
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  const at = firstDifference(bytes, Buffer.from(text, 'utf8'));
  if (at !== null) throw new NotAPack('', `is not UTF-8 at byte ${at}`);
  return text;
}

/** How deep objects and lists lie in each other: counted, so that nothing nested without end is ever walked. */
function nesting(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '{' || c === '[') deepest = Math.max(deepest, ++depth);
    else if (c === '}' || c === ']') depth--;
  }
  return deepest;
}

/** A cosignature's time; a signer may have put any number there. */
function instantOf(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return Number.isNaN(at.getTime()) ? `${seconds} s` : at.toISOString();
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? null : length;
}

/** Verifies the bytes of a pack; whatever is wrong is a finding, never an error. */
export function verifyPack(bytes: Uint8Array, o: VerifyPackOptions): PackReport {
  const findings: Finding[] = [];
  const report: Report = (kind, at, detail, index = null) => void findings.push({ kind, at, detail, index });
  let pack: EvidencePack;
  try {
    pack = readPack(bytes);
  } catch (error) {
    if (!(error instanceof NotAPack)) throw error;
    report('file', error.at === '' ? 'the document' : error.at, error.why);
    return { ...NOTHING, ok: false, first: findings[0]!, findings };
  }
  const checkpoint = openedOf(pack, o, report);
  const proved = eventsOf(pack, checkpoint, report);
  const texts = textsOf(pack, report);
  const notes = derivedOf(pack, report);
  const canonical = Buffer.from(packText(pack), 'utf8');
  const differs = firstDifference(bytes, canonical);
  if (differs !== null) report('file', `byte ${differs}`, 'the document is not canonical JSON');
  if (digestOf(pack) !== pack.digest) report('file', 'digest', 'it is not the digest of the document: something was altered or lost on the way');
  const all = pack.events.length + pack.related.length;
  return {
    ok: findings.length === 0,
    contractId: pack.contractId,
    ledgerId: pack.ledgerId,
    events: pack.events.length,
    through: pack.events.at(-1)?.event.revision ?? null,
    related: pack.related.length,
    proved,
    unsigned: all - proved,
    checkpoint: checkpoint && {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: toBase64(checkpoint.root),
      signers: checkpoint.signers.map(({ key }) => ({ name: key.name, id: key.id })),
      witnesses: checkpoint.witnesses.map(({ key, time }) => ({ name: key.name, id: key.id, at: instantOf(time!) })),
    },
    keys: o.keys.length > 0 ? 'given' : checkpoint ? 'pack' : 'none',
    texts,
    notExcluded: notExcluded(pack, checkpoint, all - proved, o),
    notes,
    first: findings[0] ?? null,
    findings,
  };
}

/** The pack's checkpoint, held to the keys that were given, else to those that the pack names. */
function openedOf(pack: EvidencePack, o: VerifyPackOptions, report: Report): OpenedCheckpoint | null {
  const given = o.keys.length > 0;
  if (pack.checkpoint === null) {
    // Whoever takes the signatures away must not be better off than who alters one.
    if (given) report('checkpoint', 'checkpoint', 'the pack is unsigned; nothing in it is signed by a key that was given');
    for (const key of o.witnesses) report('witness', key.name, 'it cosigned nothing: the pack is unsigned');
    return null;
  }
  try {
    const named = [...pack.keys.log, ...pack.keys.witnesses].map(parseVerifierKey);
    const opened = openCheckpoint(pack.checkpoint, [...(given ? o.keys : named), ...o.witnesses]);
    if (opened.origin !== pack.origin || opened.origin !== `contract-ledger/${pack.ledgerId}`) report('checkpoint', 'checkpoint', `it is of ${opened.origin}; the pack says ${pack.origin} and ledger ${pack.ledgerId}`);
    for (const key of o.witnesses) if (!opened.witnesses.some((w) => w.key.vkey === key.vkey)) report('witness', key.name, 'it did not cosign this checkpoint');
    return opened;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    report('signature', 'checkpoint', error.message);
    return null;
  }
}

/** Looks at every event: its place, and its proof. How many are proved. */
function eventsOf(pack: EvidencePack, checkpoint: OpenedCheckpoint | null, report: Report): number {
  if (pack.events.length === 0) report('missing', 'events', 'there are none');
  let proved = 0;
  let last: string | null = null;
  pack.events.forEach((row, i) => {
    const { event } = row;
    const at = placeOf(event, true);
    if (event.stream !== contractStream(pack.contractId)) report('inserted', at, `it is of ${event.stream}`, i);
    if (event.revision !== i) report(event.revision > i ? 'missing' : 'reordered', at, `revision ${i} was to come next`, i);
    if (last !== null && comparePositions(last, event.position) >= 0) report('reordered', at, `its position ${event.position} does not come after ${last}`, i);
    last = event.position;
    if (!contractEvents.types.includes(event.type)) report('event', at, 'no event of a contract has this type', i);
    if (isProved(row, pack, checkpoint, at, report, i)) proved++;
  });
  const founding = pack.events[0]?.event;
  if (founding && (founding.type !== 'Contracted' || founding.data['contractId'] !== pack.contractId)) report('event', placeOf(founding, true), `it does not begin contract ${pack.contractId}`, 0);
  const logged = (e: PackedEvent) => ({ type: e.type, stream: e.stream, rawData: canonicalJson(e.data), rawMetadata: canonicalJson(e.metadata) });
  const units = unitsOf(pack.events.map((r) => logged(r.event)));
  const seen = new Set<string>();
  for (const row of pack.related) {
    const at = placeOf(row.event, false);
    if (seen.has(row.event.id)) report('inserted', at, 'it stands here twice');
    seen.add(row.event.id);
    if (!concernsAlone(logged(row.event), pack.contractId, units)) report('inserted', at, 'it does not concern this contract alone');
    if (isProved(row, pack, checkpoint, at, report, null)) proved++;
  }
  return proved;
}

/** Whether the pack's checkpoint holds an event. */
function isProved({ event, proof }: ProvedEvent, pack: EvidencePack, checkpoint: OpenedCheckpoint | null, at: string, report: Report, index: number | null): boolean {
  if (proof === null) return false;
  try {
    const parsed = parseProof(proof);
    if (parsed.checkpoint !== pack.checkpoint) report('proof', at, "its proof is in another checkpoint than the pack's", index);
    else if (checkpoint === null) return false;
    else if (verifyInclusion(textLeafHash(canonicalJson(event)), parsed.index, checkpoint.size, parsed.proof, checkpoint.root)) return true;
    else report('altered', at, 'it is not as it was signed: its proof does not lead from it to the root of the checkpoint', index);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    report('proof', at, error.message, index);
  }
  return false;
}

/** Holds texts to the commitments in the events. */
function textsOf(pack: EvidencePack, report: Report): PackReport['texts'] {
  if (pack.texts === null) return { held: 0, erased: 0, leftOut: true };
  const refs = textRefs([...pack.events, ...pack.related].map((r) => r.event));
  const texts = new Map(pack.texts.map((t) => [t.ref, t]));
  if (texts.size !== pack.texts.length) report('text', 'texts', 'one stands there twice');
  for (const { ref, commitment: committed } of refs) {
    const found = texts.get(ref);
    const at = `text ${ref}${found?.kind ? ` (${found.kind})` : ''}`;
    if (!found) report('text', at, 'an event refers to it, and it is not there');
    else if (found.text !== null && found.salt !== null) {
      if (found.erasedAt !== null) report('text', at, 'it is said to be erased, and is there');
      if (commitment(found.salt, found.text) !== committed) report('text', at, 'it is not the text that the event committed to');
    } else if (found.text !== null || found.salt !== null) report('text', at, 'it has no salt, or a salt and no text');
    else if (found.erasedAt === null) report('text', at, 'it is neither there nor erased');
  }
  const known = new Set(refs.map((r) => r.ref));
  for (const { ref } of pack.texts) if (!known.has(ref)) report('text', `text ${ref}`, 'no event here refers to it');
  return { held: pack.texts.filter((t) => t.text !== null).length, erased: pack.texts.filter((t) => t.erasedAt !== null).length, leftOut: false };
}

/** What follows from the events: clauses cited and limits. Statements of another build may read otherwise. */
function derivedOf(pack: EvidencePack, report: Report): string[] {
  const notes: string[] = [];
  const cited = clausesCited([...pack.events, ...pack.related].map((r) => r.event));
  const held = new Map(pack.clauses.map((c) => [c.id, c]));
  if (held.size !== pack.clauses.length) report('clause', 'clauses', 'one stands there twice');
  for (const { id, en, ja } of cited) {
    const clause = held.get(id);
    if (!clause) report('clause', id, 'an event cites it, and it is not there');
    else if (clause.en !== en || clause.ja !== ja) notes.push(`${id} is stated otherwise by this build`);
    held.delete(id);
  }
  for (const id of held.keys()) report('clause', id, 'no event here cites it');
  if (pack.holidays !== null && !reckonsWithHolidays(pack.events)) report('holidays', 'holidays', "the contract's policies reckon with no table of holidays");
  const limits = limitsOf(pack);
  if (limits.map((l) => l.code).join() !== pack.limits.map((l) => l.code).join()) report('limits', 'limits', `it must say that it does not prove: ${limits.map((l) => l.code).join(', ')}`);
  else if (canonicalJson(limits) !== canonicalJson(pack.limits)) notes.push('its limits are said in other words by this build');
  return notes;
}

function notExcluded(pack: EvidencePack, checkpoint: OpenedCheckpoint | null, unsigned: number, o: VerifyPackOptions): string[] {
  const left = [`later events: that revision ${pack.events.at(-1)?.event.revision ?? 0} is the last is told only by verifying the whole log`];
  if (pack.checkpoint === null) left.push('alteration of any event: the pack is unsigned');
  else if (unsigned > 0) left.push(`alteration of ${unsigned} events that no signed checkpoint reaches`);
  if (pack.holidays !== null) left.push('another table of holidays: the one in the pack is not signed; the log has it among its settings');
  if (checkpoint !== null && o.keys.length === 0) left.push('forgery of the whole pack: the keys are those that it names itself; bring them along with --key');
  if (checkpoint !== null && o.witnesses.length === 0) left.push('a log rewritten by whoever holds its key: no key of a witness was given (--witness)');
  return left;
}
