/** What is remembered of a contract in order to decide: its facts in the order they count, and what has been written of their consequences. */
import type { EventMetadata, Json } from '@app/kernel';
import {
  BASE,
  FACT_TYPES,
  UNDO,
  type ConsequenceEvent,
  type ContractEvent,
  type ContractEventType,
  type FactEvent,
  type Subject,
} from './events.js';

/** An event as it comes back from a store, upcast to the current version. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: string;
  readonly revision: number;
  readonly data: unknown;
  readonly metadata: EventMetadata;
}

/** A fact with its place in the order in which facts count: recording order, a replacement standing where the struck fact stood. */
export type Entry = FactEvent & {
  readonly eventId: string;
  readonly commandId: string;
  readonly revision: number;
  /** Id of the correction that struck it. */
  readonly struckBy: string | null;
};

export interface DiscontinuationEntry {
  readonly discontinuationId: string;
  readonly vendor: string;
  readonly endsOn: string;
  readonly eventId: string;
  /** When the contract learnt of it. */
  readonly revision: number;
}

export interface Written {
  readonly eventId: string;
  readonly event: ConsequenceEvent;
}

/** A command seen on this stream: answers its repeats. */
export interface SeenCommand {
  readonly name: string;
  readonly requestHash: string;
  readonly first: number;
  readonly last: number;
}

export type ContractState =
  | { readonly status: 'none' }
  | {
      readonly status: 'recorded';
      readonly contractId: string;
      /** Number of the last event on the stream, from 0. */
      readonly revision: number;
      readonly entries: readonly Entry[];
      readonly discontinuations: readonly DiscontinuationEntry[];
      /** Consequences written and not undone, by {@link consequenceKey}. */
      readonly written: ReadonlyMap<string, Written>;
      readonly commands: ReadonlyMap<string, SeenCommand>;
    };

export type RecordedContract = Extract<ContractState, { status: 'recorded' }>;

export const NONE: ContractState = { status: 'none' };

const FACTS: ReadonlySet<string> = new Set(FACT_TYPES);
const CONSEQUENCES: ReadonlySet<string> = new Set(Object.keys(UNDO));
const UNDOING: ReadonlySet<string> = new Set(Object.values(UNDO));

export const isFact = (e: ContractEvent): e is FactEvent => FACTS.has(e.type);
export const isConsequence = (e: ContractEvent): e is ConsequenceEvent => CONSEQUENCES.has(e.type);

/** The subject a consequence is about. */
export function subjectOf(e: ConsequenceEvent): Subject {
  switch (e.type) {
    case 'Renewed':
    case 'SettlementAssessed':
      return e.data.subject;
    case 'OptionEnded':
    case 'OptionVoided':
    case 'DeviceDeemedLost':
      return e.data.optionId;
    case 'Ended':
    case 'AccountCountChangeVoided':
    case 'ExcessChargeVoided':
      return BASE;
  }
}

/** One consequence of a kind for one subject: written at most once at a time. */
export function consequenceKey(e: ConsequenceEvent): string {
  switch (e.type) {
    case 'Renewed':
      return `Renewed ${e.data.subject} ${e.data.term}`;
    case 'AccountCountChangeVoided':
      return `AccountCountChangeVoided ${e.data.changeId}`;
    case 'ExcessChargeVoided':
      return `ExcessChargeVoided ${e.data.chargeId}`;
    default:
      return `${e.type} ${subjectOf(e)}`;
  }
}

/** Folds events onto a state. Events come upcast and in order; an unknown type throws. */
export function fold(state: ContractState, events: readonly RecordedEvent[]): ContractState {
  if (events.length === 0) return state;
  const before = state.status === 'recorded' ? state : null;
  const entries: Entry[] = before ? [...before.entries] : [];
  let discontinuations = before ? before.discontinuations : [];
  const written = new Map(before?.written);
  const commands = new Map(before?.commands);
  let contractId = before?.contractId ?? '';
  let revision = before?.revision ?? -1;

  for (const recorded of events) {
    const event = { type: recorded.type as ContractEventType, data: recorded.data } as ContractEvent;
    const { commandId, requestHash, command } = recorded.metadata;
    revision = recorded.revision;
    const seen = commands.get(commandId);
    commands.set(commandId, { name: command, requestHash, first: seen?.first ?? revision, last: revision });

    if (isFact(event)) {
      if (event.type === 'Contracted') contractId = event.data.contractId;
      const entry: Entry = { ...event, eventId: recorded.id, commandId, revision, struckBy: null };
      const inPlaceOf = event.data.inPlaceOf;
      if (inPlaceOf === undefined) entries.push(entry);
      else {
        // Replacements of one correction follow each other where the struck fact stood.
        let at = entries.findIndex((e) => e.eventId === inPlaceOf);
        while (entries[at + 1]?.struckBy === entries[at]?.struckBy && entries[at + 1]?.struckBy != null) at++;
        while (entries[at + 1]?.commandId === commandId) at++;
        entries.splice(at + 1, 0, entry);
      }
    } else if (isConsequence(event)) {
      written.set(consequenceKey(event), { eventId: recorded.id, event });
    } else if (event.type === 'Corrected') {
      const strikes = new Set(event.data.strikes);
      entries.forEach((e, i) => {
        if (strikes.has(e.eventId)) entries[i] = { ...e, struckBy: recorded.id };
      });
    } else if (event.type === 'DiscontinuationApplied') {
      const { discontinuationId, vendor, endsOn } = event.data;
      discontinuations = [...discontinuations.filter((d) => d.discontinuationId !== discontinuationId), { discontinuationId, vendor, endsOn, eventId: recorded.id, revision: recorded.revision }];
    } else if (event.type === 'DiscontinuationLifted') {
      const { discontinuationId } = event.data;
      discontinuations = discontinuations.filter((d) => d.discontinuationId !== discontinuationId);
    } else if (UNDOING.has(event.type)) {
      const { undoes } = event.data;
      for (const [key, w] of written) if (w.eventId === undoes) written.delete(key);
    } else {
      throw new Error(`contract ${contractId}: no rule for event type ${recorded.type}`);
    }
  }
  return { status: 'recorded', contractId, revision, entries, discontinuations, written, commands };
}

/** The state as plain JSON, for a read model that folds on from where it stood. */
export function stateToJson(state: RecordedContract): Json {
  return {
    contractId: state.contractId,
    revision: state.revision,
    entries: state.entries as unknown as Json,
    discontinuations: state.discontinuations as unknown as Json,
    written: [...state.written.values()] as unknown as Json,
    commands: [...state.commands].map(([id, c]) => ({ id, ...c })) as unknown as Json,
  };
}

export function stateFromJson(json: unknown): RecordedContract {
  const s = json as {
    contractId: string;
    revision: number;
    entries: Entry[];
    discontinuations: DiscontinuationEntry[];
    written: Written[];
    commands: (SeenCommand & { id: string })[];
  };
  return {
    status: 'recorded',
    contractId: s.contractId,
    revision: s.revision,
    entries: s.entries,
    discontinuations: s.discontinuations,
    written: new Map(s.written.map((w) => [consequenceKey(w.event), w])),
    commands: new Map(s.commands.map(({ id, ...c }) => [id, c])),
  };
}
