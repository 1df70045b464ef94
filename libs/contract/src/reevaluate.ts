/**
 * A recorded append decided again: from the state before it and its own inputs, which its metadata name (the day, the
 * revision, the command), the consequences, receipts and warnings must come out as they were stored. The texts and
 * bodies of commands are not needed: what a command entered stands as facts.
 */
import { item, revisionAt } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import type { Json, Receipt, Violation } from '@app/kernel';
import type { Discontinuation } from './commands.js';
import { conclude, judge, judgeCorrection, writtenDay, type Asked, type Decision } from './decide.js';
import { UNDO, type ContractEvent, type Corrected } from './events.js';
import { fold, isConsequence, isFact, type ContractState, type RecordedContract, type RecordedEvent } from './state.js';

/** Something that comes out otherwise today. `undefined` stands for "nothing there". */
export interface Difference {
  readonly eventId: string;
  readonly type: string;
  /** `data`, `receipts[0].facts.endsOn`, `warnings`, `judged`, `event`, `agreement.revision`, … */
  readonly path: string;
  /** The clause of the receipt concerned. */
  readonly clause: string | null;
  readonly stored: Json | undefined;
  readonly now: Json | undefined;
}

interface Around {
  readonly holidays: Holidays | null;
  /** The vendor's facts recorded before this append. */
  readonly discontinuations: readonly Discontinuation[];
}

const UNDOING: ReadonlySet<string> = new Set(Object.values(UNDO));
/** What a command or a vendor's fact brought, as against what follows from it. */
const isEntered = (e: ContractEvent): boolean => !isConsequence(e) && !UNDOING.has(e.type);
const NOTHING: RecordedContract = { status: 'recorded', contractId: '', revision: -1, entries: [], discontinuations: [], written: new Map(), commands: new Map() };

/** The receipts of an event held against what they come to now. */
export function compareReceipts({ id, type, metadata: { receipts } }: Pick<RecordedEvent, 'id' | 'type' | 'metadata'>, again: readonly Receipt[]): Difference[] {
  const out: Difference[] = [];
  for (let r = 0; r < Math.max(receipts.length, again.length); r++) {
    const { clause } = (receipts[r] ?? again[r])!;
    compare(receipts[r] as unknown as Json, again[r] as unknown as Json, `receipts[${r}]`, (path, stored, now) => out.push({ eventId: id, type, path, clause, stored, now }));
  }
  return out;
}

/** What one command appended to a contract's stream, compared with what it comes to now; and the state after it. */
export function reevaluate(before: ContractState, append: readonly RecordedEvent[], around: Around): { readonly state: ContractState; readonly differences: readonly Difference[] } {
  const first = append[0]!;
  const today = first.metadata.businessDate as PlainDate;
  const events = append.map((e) => ({ type: e.type, data: e.data }) as ContractEvent);
  const entered = events.filter(isEntered);
  const asked: Asked = {
    today,
    commandId: first.metadata.commandId,
    requestHash: first.metadata.requestHash,
    contractId: before.status === 'recorded' ? before.contractId : '',
    refs: {},
    policies: {} as Asked['policies'],
    holidays: around.holidays,
    discontinuations: around.discontinuations,
  };
  const state = fold(before, append);
  const differences: Difference[] = [];
  const differ = (e: RecordedEvent, path: string, stored: Json | undefined, now: Json | undefined, clause: string | null = null): void => void differences.push({ eventId: e.id, type: e.type, path, clause, stored, now });

  for (const e of append) {
    const { clause } = revisionAt(e.metadata.businessDate as PlainDate);
    if (e.metadata.agreement.revision !== clause) differ(e, 'agreement.revision', e.metadata.agreement.revision, clause);
  }
  for (const v of judgedAgain(before, append, around)) differ(first, 'judged', 'accepted', v as unknown as Json, v.clause);

  let decided: Decision;
  try {
    decided = conclude(before.status === 'recorded' ? before : null, { events: entered, answer: {} }, asked, dueOf(first.metadata.command, events, today));
  } catch (error) {
    differ(first, 'decision', 'decided', (error as Error).message);
    return { state, differences };
  }
  append.forEach((e, i) => {
    const again = decided.events[i];
    if (again?.type !== e.type) return differ(e, 'event', e.type, again?.type);
    if (again.id !== e.id) differ(e, 'id', e.id, again.id);
    compare(e.data as Json, again.data as unknown as Json, 'data', (path, stored, now) => differ(e, path, stored, now));
    differences.push(...compareReceipts(e, again.receipts));
  });
  for (const more of decided.events.slice(append.length)) differ(append.at(-1)!, 'event', undefined, more.type);
  const warnings = first.metadata.answer?.['warnings'];
  if (warnings !== undefined) compare(warnings, decided.warnings as unknown as Json, 'warnings', (path, stored, now) => differ(first, path, stored, now));
  return { state, differences };
}

/** How due work was asked for: by kind and day, as its own events tell; other commands write whatever is due today. */
function dueOf(command: string, events: readonly ContractEvent[], today: PlainDate): { readonly through: PlainDate; readonly kind?: string } | undefined {
  if (command === 'ApplyDiscontinuation') return { through: today };
  if (command !== 'RecordDue') return undefined;
  const written = events.filter(isConsequence);
  const through = written.reduce<PlainDate>((last, e) => {
    const on = writtenDay(e);
    return on !== null && on > last ? on : last;
  }, '' as PlainDate);
  const kinds = new Set(written.map((e) => e.type));
  return { through: through === '' ? today : through, ...(kinds.size < 2 ? { kind: written[0]?.type ?? 'none' } : {}) };
}

/** Whether the agreement still allows what was entered, a correction with all that followed what it struck. */
function judgedAgain(before: ContractState, append: readonly RecordedEvent[], around: Around): Violation[] {
  const entered = append.filter((e) => isEntered({ type: e.type, data: e.data } as ContractEvent));
  const correction = entered.find((e) => e.type === 'Corrected');
  if (correction && before.status === 'recorded') {
    const { strikes } = correction.data as Corrected;
    const facts = entered.filter((e) => !e.type.startsWith('Discontinuation'));
    const first = before.entries.findIndex((e) => strikes.includes(e.eventId));
    // The vendor that the contract had: as the correction was decided.
    const vendor = vendorOf(before);
    const discontinuations = around.discontinuations.filter((d) => d.vendor === vendor);
    return judgeCorrection(before, fold(before, facts) as RecordedContract, first, { ...around, discontinuations, commandId: correction.metadata.commandId });
  }
  const at = entered.findIndex((e) => isFact({ type: e.type, data: e.data } as ContractEvent));
  if (at < 0) return [];
  const known = before.status === 'recorded' ? (fold(before, entered.slice(0, at)) as RecordedContract) : NOTHING;
  const facts = entered.map((e) => ({ type: e.type, data: e.data }) as ContractEvent).filter(isFact);
  return judge(known, facts, around);
}

function vendorOf({ entries }: RecordedContract): string | null {
  const contracted = entries.find((e) => e.type === 'Contracted' && e.struckBy === null) ?? entries.find((e) => e.type === 'Contracted');
  return contracted?.type === 'Contracted' ? item(contracted.data.item).vendor : null;
}

/** Walks two JSON values side by side; members that are undefined are not there. */
function compare(stored: Json | undefined, now: Json | undefined, path: string, differ: (path: string, stored: Json | undefined, now: Json | undefined) => void): void {
  if (stored === now) return;
  if (typeof stored === 'object' && typeof now === 'object' && stored !== null && now !== null && Array.isArray(stored) === Array.isArray(now)) {
    const [a, b] = [stored, now] as unknown as { readonly [key: string]: Json | undefined }[];
    for (const key of new Set([...Object.keys(a!), ...Object.keys(b!)])) compare(a![key], b![key], Array.isArray(stored) ? `${path}[${key}]` : `${path}.${key}`, differ);
    return;
  }
  differ(path, stored, now);
}
