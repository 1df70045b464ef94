import { commitment, canonicalJson } from '@app/kernel';
import { contractStream } from '@app/contract';
import { leafText, type LoggedEvent } from '@app/transparency';
import { clausesCited } from './cited.js';
import { limitsOf } from './limits.js';
import { comparePositions } from './order.js';
import { digestOf, EVIDENCE_FORMAT, type EvidencePack, type PackedEvent, type PackedHolidays, type PackedText, type ProvedEvent } from './pack.js';
import { textRefs } from './texts.js';

export interface PackInput {
  readonly ledgerId: string;
  readonly origin: string;
  readonly contractId: string;
  readonly made: EvidencePack['made'];
  /** The contract's whole stream, as it lies in the log. */
  readonly events: readonly LoggedEvent[];
  /** Those of other streams that concern it alone (`concernsAlone`), in any order. */
  readonly related: readonly LoggedEvent[];
  /** What the register holds of references; null: texts are left out. */
  readonly textsOf: ((refs: readonly string[]) => readonly PackedText[]) | null;
  /** The service's table, taken along only where the contract reckons with it. */
  readonly holidays: PackedHolidays | null;
  readonly checkpoint: string | null;
  /** C2SP tlog-proofs in that checkpoint by event id; none for events that it does not cover. */
  readonly proofs: ReadonlyMap<string, string>;
  readonly keys: EvidencePack['keys'];
}

/** The log is not as it must be: no evidence can be made of it. */
export class BrokenHistory extends Error {
  override readonly name = 'BrokenHistory';
  constructor(
    readonly at: string,
    readonly why: string,
  ) {
    super(`${at}: ${why}`);
  }
}

const nameOf = (e: LoggedEvent): string => `revision ${e.revision} (${e.type} ${e.id})`;

function packed(e: LoggedEvent): PackedEvent {
  const { id, position, revision, stream, type } = e;
  const event = { data: JSON.parse(e.rawData), id, metadata: JSON.parse(e.rawMetadata), position, revision, stream, type } as PackedEvent;
  if (canonicalJson(event) !== leafText(e)) throw new BrokenHistory(nameOf(e), 'it is not stored as canonical JSON');
  return event;
}

/** Puts the evidence of a contract together. @throws {BrokenHistory} a gap in its revisions, or an event or text that is not as it was written */
export function buildPack(input: PackInput): EvidencePack {
  const { contractId, checkpoint, proofs, made, ledgerId, origin, keys } = input;
  if (input.events.length === 0) throw new BrokenHistory(`contract ${contractId}`, 'it has no events');
  input.events.forEach((e, i) => {
    if (e.stream !== contractStream(contractId)) throw new BrokenHistory(nameOf(e), `it is of ${e.stream}`);
    if (e.revision !== i) throw new BrokenHistory(nameOf(e), `revision ${i} was to come next`);
  });
  const proved = (e: LoggedEvent): ProvedEvent => ({ event: packed(e), proof: checkpoint === null ? null : (proofs.get(e.id) ?? null) });
  const events = input.events.map(proved);
  const related = [...input.related].sort((a, b) => comparePositions(a.position, b.position)).map(proved);
  const all = [...events, ...related].map((e) => e.event);
  const contents = {
    format: EVIDENCE_FORMAT,
    ledgerId,
    origin,
    contractId,
    made,
    events,
    related,
    texts: input.textsOf && textsFor(all, input.textsOf),
    clauses: clausesCited(all),
    holidays: reckonsWithHolidays(events) ? input.holidays : null,
    checkpoint,
    keys,
  } as const;
  const pack = { ...contents, limits: limitsOf(contents), digest: '' };
  return { ...pack, digest: digestOf(pack) };
}

function textsFor(events: readonly PackedEvent[], textsOf: NonNullable<PackInput['textsOf']>): PackedText[] {
  const refs = textRefs(events);
  const texts = textsOf([...new Set(refs.map((r) => r.ref))]);
  for (const { ref, commitment: committed } of refs) {
    const text = texts.find((t) => t.ref === ref);
    if (text?.text != null && text.salt !== null && commitment(text.salt, text.text) !== committed) throw new BrokenHistory(`text ${ref}`, 'it is not the text that the event committed to');
  }
  return [...texts];
}

/** Whether the contract's own policies reckon with a table of holidays; whatever an event of unknown origin holds. */
export const reckonsWithHolidays = (events: readonly ProvedEvent[]): boolean =>
  events.some(({ event }) => event.type === 'Contracted' && (event.data as { readonly policies?: { readonly art142?: unknown } }).policies?.art142 !== 'off');
