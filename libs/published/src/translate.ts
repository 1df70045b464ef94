/**
 * From the ledger's events to billing's. Pure: the same events of a contract give the same published events, whoever
 * translates them and however often. What was appended at once is translated at once: while an application adds three
 * options, or a correction strikes and replaces, there is no picture in between that anyone should bill.
 */
import type { Holidays } from '@app/calendar';
import { contractEvents, fold, isFact, NONE, type ContractEvent, type ContractEventData, type ContractEventType, type ContractState, type RecordedContract, type RecordedEvent } from '@app/contract';
import { deriveId, sha256Hex, type EventMetadata, type Json } from '@app/kernel';
import { schemaIdOf, sequenceOf, type Envelope, type EventType, type FactsOf, type Money } from './events.js';
import type { PublishedMetadata } from './ports.js';
import { apply, changesBetween, isNothing, know, monthsChanged, NOTHING_BILLED, pictureOf, withAssessment, type Changes, type Picture } from './picture.js';

/** An event of a contract's stream as a store hands it back. */
export interface SourceEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  /** Place in its stream, from 0. */
  readonly revision: number;
  /** Place in the log, opaque. */
  readonly position: string;
  readonly data: Json;
  readonly metadata: EventMetadata;
}

/** What the translator remembers of a contract between two appends. */
export interface ContractMemory {
  /** Every event translated so far, folded. */
  readonly state: ContractState;
  /** What was published, folded: the truth that the next difference starts from, even where today's rules would say otherwise. */
  readonly picture: Picture;
  /** How many events were published of the contract. */
  readonly published: number;
  /** Id of the last of them. */
  readonly lastId: string | null;
}

export const NO_MEMORY: ContractMemory = { state: NONE, picture: NOTHING_BILLED, published: 0, lastId: null };

/** A published event but for its place in the feed. */
export interface Draft {
  readonly id: string;
  readonly type: EventType;
  readonly subject: string;
  readonly time: string;
  readonly businessdate: string;
  readonly contractsequence: number;
  readonly previousid: string | null;
  readonly data: Money;
  readonly source: { readonly id: string; readonly stream: string; readonly revision: number; readonly position: string };
  /** That of the source event. */
  readonly recorded: EventMetadata;
}

/** The published event at its place in the feed. `source` is the ledger that publishes it. */
export function sealed(draft: Draft, source: string, revision: number): Envelope & { readonly data: Money } {
  const { id, type, subject, time, businessdate, contractsequence, previousid, data } = draft;
  return {
    specversion: '1.0', id, source, type, subject, time,
    datacontenttype: 'application/json', dataschema: schemaIdOf(type),
    sequence: sequenceOf(revision), contractsequence, ...(previousid === null ? {} : { previousid }), businessdate, data,
  };
}

/**
 * Metadata of a published event. Nothing in it depends on who publishes it, or when: the salt, which keeps the hash of
 * the event unguessable, comes from the salt of its source.
 */
export function metadataFor({ id, source, recorded }: Draft, previousRevision: number | null): PublishedMetadata {
  const { recordedAt, businessDate, agreement, build, salt, $correlationId } = recorded;
  const commandId = deriveId('publication', source.id);
  return {
    commandId, command: 'Publish', requestHash: commandId, actor: { subject: 'ledger', role: 'admin' },
    $correlationId, $causationId: source.id, recordedAt, businessDate, schemaVersion: 1,
    salt: sha256Hex(`${salt} ${id}`).slice(0, 32), agreement, build, receipts: [], source, previousRevision,
  };
}

/** Place of an event among those made from one source event. */
const ITSELF = 0;
const RESTATEMENT = 1;

/** Id of the published event made from a source event. */
export const publishedId = (sourceId: string, index: number = ITSELF): string => deriveId('published', sourceId, index);

// ------------------------------------------------------------------------------------------------ what each type becomes

/** Translates to nothing: billing has no use for it. */
const ignore = 'ignore';

interface Ids {
  /** Ids of the published events made from source events; those that were not published are left out. */
  publishedIds(sourceIds: readonly string[]): string[];
}

type Rule<T extends ContractEventType> =
  | typeof ignore
  | { [P in EventType]: { readonly as: P; readonly say: (data: ContractEventData[T], ids: Ids) => FactsOf<P> } }[EventType];

const inPlaceOf = (data: { readonly inPlaceOf?: string }, ids: Ids): { readonly inPlaceOf?: string } => {
  const [id] = ids.publishedIds(data.inPlaceOf === undefined ? [] : [data.inPlaceOf]);
  return id === undefined ? {} : { inPlaceOf: id };
};
const undone = (data: { readonly subject: string; readonly undoes: string }) => ({ subject: data.subject, undoes: publishedId(data.undoes) });

export const RULES: { readonly [T in ContractEventType]: Rule<T> } = {
  Contracted: {
    as: 'ledger.contract.contracted.v1',
    say: ({ managementUnitId, contractorId, item, accountCount, acceptedOn, billingStartsOn, policies, ...d }, ids) => ({
      managementUnitId, contractorId, item, accountCount, acceptedOn, billingStartsOn, policies, ...inPlaceOf(d, ids),
    }),
  },
  LicensorTermsAgreed: ignore,
  OptionAdded: {
    as: 'ledger.contract.option-added.v1',
    say: ({ optionId, option, acceptedOn, billingStartsOn, accountCount, units, ...d }, ids) => ({
      optionId, option, acceptedOn, billingStartsOn,
      ...(accountCount === undefined ? {} : { accountCount }),
      ...(units === undefined ? {} : { units }),
      ...inPlaceOf(d, ids),
    }),
  },
  AccountCountChanged: {
    as: 'ledger.contract.account-count-changed.v1',
    say: ({ changeId, accountCount, effectiveOn, requestedBy, options, ...d }, ids) => ({
      changeId, accountCount, effectiveOn, requestedBy,
      options: options.flatMap((o) => (o.accountCount === undefined ? [] : [{ optionId: o.optionId, accountCount: o.accountCount }])),
      ...inPlaceOf(d, ids),
    }),
  },
  AccountCountChangeWithdrawn: { as: 'ledger.contract.account-count-change-withdrawn.v1', say: ({ changeId, ...d }, ids) => ({ changeId, ...inPlaceOf(d, ids) }) },
  CancellationNotified: {
    as: 'ledger.contract.cancellation-notified.v1',
    say: ({ noticeId, subject, arrivedOn, designatedOn, onForm, ...d }, ids) => ({ noticeId, subject, arrivedOn, designatedOn, onForm, ...inPlaceOf(d, ids) }),
  },
  NoticeWithdrawn: { as: 'ledger.contract.notice-withdrawn.v1', say: ({ noticeId, consentedOn, ...d }, ids) => ({ noticeId, consentedOn, ...inPlaceOf(d, ids) }) },
  Terminated: { as: 'ledger.contract.terminated.v1', say: ({ endsOn, ground, ...d }, ids) => ({ endsOn, ground, ...inPlaceOf(d, ids) }) },
  DiscontinuationApplied: { as: 'ledger.contract.discontinuation-applied.v1', say: ({ discontinuationId, vendor, endsOn }) => ({ discontinuationId, vendor, endsOn }) },
  DiscontinuationLifted: { as: 'ledger.contract.discontinuation-lifted.v1', say: ({ discontinuationId }) => ({ discontinuationId }) },
  Quoted: {
    as: 'ledger.contract.quoted.v1',
    say: ({ subject, kind, effectiveOn, chargeId, ...d }, ids) => ({
      subject, kind,
      ...(effectiveOn === undefined ? {} : { effectiveOn }),
      ...(chargeId === undefined ? {} : { chargeId }),
      ...inPlaceOf(d, ids),
    }),
  },
  ExcessDetected: {
    as: 'ledger.contract.excess-detected.v1',
    say: ({ chargeId, subject, detectedOn, accounts, ...d }, ids) => ({ chargeId, subject, detectedOn, accounts, ...inPlaceOf(d, ids) }),
  },
  DeviceFaultReported: {
    as: 'ledger.contract.device-fault-reported.v1',
    say: ({ faultId, optionId, occurredOn, attributableToContractor, ...d }, ids) => ({ faultId, optionId, occurredOn, attributableToContractor, ...inPlaceOf(d, ids) }),
  },
  // When a replacement came decides when the faulty device is due back, which costs nothing.
  ReplacementArrived: ignore,
  DevicesReturned: {
    as: 'ledger.contract.devices-returned.v1',
    say: ({ optionId, returnedOn, faultId, lossId, ...d }, ids) => ({ optionId, returnedOn, ...(faultId === undefined ? {} : { faultId }), ...(lossId === undefined ? {} : { lossId }), ...inPlaceOf(d, ids) }),
  },
  DeviceLost: { as: 'ledger.contract.device-lost.v1', say: ({ lossId, optionId, lostOn, ...d }, ids) => ({ lossId, optionId, lostOn, ...inPlaceOf(d, ids) }) },
  // A8-4-8-ii: the charge of the loss stays.
  DeviceFound: ignore,
  Corrected: { as: 'ledger.contract.corrected.v1', say: ({ strikes, replaced }, ids) => ({ strikes: ids.publishedIds(strikes), replaced }) },
  Renewed: { as: 'ledger.contract.renewed.v1', say: ({ subject, term, startsOn, endsOn, noticeDeadline }) => ({ subject, term, startsOn, endsOn, noticeDeadline }) },
  Ended: { as: 'ledger.contract.ended.v1', say: ({ on, reason, clause }) => ({ on, reason, clause }) },
  OptionEnded: { as: 'ledger.contract.option-ended.v1', say: ({ optionId, on, reason, clause }) => ({ optionId, on, reason, clause }) },
  SettlementAssessed: { as: 'ledger.contract.settlement-assessed.v1', say: ({ subject, amount, dueOn, exemption }) => ({ subject, amount, dueOn, exemption }) },
  OptionVoided: { as: 'ledger.contract.option-voided.v1', say: ({ optionId, endsOn, clause }) => ({ optionId, endsOn, clause }) },
  AccountCountChangeVoided: { as: 'ledger.contract.account-count-change-voided.v1', say: ({ changeId, endsOn, clause }) => ({ changeId, endsOn, clause }) },
  ExcessChargeVoided: { as: 'ledger.contract.excess-charge-voided.v1', say: ({ chargeId, coveredBy }) => ({ chargeId, coveredBy }) },
  DeviceDeemedLost: {
    as: 'ledger.contract.device-deemed-lost.v1',
    say: ({ optionId, chargeId, returnDueOn, deemedLostOn }) => ({ optionId, chargeId, returnDueOn, deemedLostOn }),
  },
  RenewalUndone: { as: 'ledger.contract.renewal-undone.v1', say: undone },
  EndUndone: { as: 'ledger.contract.end-undone.v1', say: undone },
  OptionEndUndone: { as: 'ledger.contract.option-end-undone.v1', say: undone },
  SettlementVoided: { as: 'ledger.contract.settlement-voided.v1', say: undone },
  OptionRevived: { as: 'ledger.contract.option-revived.v1', say: undone },
  AccountCountChangeRevived: { as: 'ledger.contract.account-count-change-revived.v1', say: undone },
  ExcessChargeRestored: { as: 'ledger.contract.excess-charge-restored.v1', say: undone },
  DeviceDeemedLossUndone: { as: 'ledger.contract.device-deemed-loss-undone.v1', say: undone },
};

// ------------------------------------------------------------------------------------------------ an append

type Source = { readonly event: ContractEvent; readonly recorded: RecordedEvent; readonly source: SourceEvent };

/** Facts that one command entered: everything but what the vendor did. */
const entered = (s: Source): boolean => isFact(s.event) || s.event.type === 'Corrected';
const ofVendor = (s: Source): boolean => s.event.type === 'DiscontinuationApplied' || s.event.type === 'DiscontinuationLifted';

/** Events that one look at the contract covers: the facts of a command together, each of the vendor's, consequences in a row. */
function stepsOf(sources: readonly Source[]): Source[][] {
  const steps: Source[][] = [];
  for (const s of sources) {
    const last = steps.at(-1)?.[0];
    if (last && !ofVendor(s) && !ofVendor(last) && entered(s) === entered(last)) steps.at(-1)!.push(s);
    else steps.push([s]);
  }
  return steps;
}

/**
 * Which of a step's events says which change: an option's own lines its OptionAdded, everything else the first event.
 * A correction says all of it, so that nothing is charged twice or not at all between strike and replacement.
 */
function attribute(step: readonly Source[], changes: Changes, before: Picture): Changes[] {
  const corrects = step[0]!.event.type === 'Corrected';
  const subjects = new Map(step.flatMap(({ event }, i) => (event.type === 'OptionAdded' ? [[event.data.optionId, i] as const] : [])));
  const placeOf = (subject: string): number => (corrects ? 0 : (subjects.get(subject) ?? 0));
  return step.map((_, i) => ({
    segments: changes.segments.filter((l) => placeOf(l.subject) === i),
    charges: changes.charges.filter((l) => placeOf(l.subject) === i),
    voids: changes.voids.filter((id) => placeOf(before.get(id)!.subject) === i),
  }));
}

/**
 * Translates the events of one append to one contract.
 * @throws {Error} they do not go on where the memory stands, or one of them is of an unknown type or shape
 */
export function translateAppend(memory: ContractMemory, events: readonly SourceEvent[], around: { readonly holidays: Holidays | null }): { memory: ContractMemory; drafts: Draft[] } {
  const sources = events.map((source): Source => {
    const data = contractEvents.upcast(source.type, source.metadata.schemaVersion, source.data);
    const { id, type, revision, metadata } = source;
    return { source, recorded: { id, type, revision, data, metadata }, event: { type, data } as unknown as ContractEvent };
  });
  let { state, picture, published, lastId } = memory;
  const expected = (state.status === 'none' ? -1 : state.revision) + 1;
  if (events[0]?.revision !== expected) throw new Error(`translation stands before revision ${expected}, not ${events[0]?.revision}`);
  const drafts: Draft[] = [];

  const publish = (type: EventType, facts: object, changes: Changes, { source }: Source, index: number): void => {
    const after = apply(picture, changes);
    const { businessDate, recordedAt } = source.metadata;
    const changed = monthsChanged(picture, after, businessDate.slice(0, 7));
    const late = type === 'ledger.contract.corrected.v1' || changed.some((m) => m.month < businessDate.slice(0, 7));
    const id = publishedId(source.id, index);
    drafts.push({
      id, type,
      subject: (state as RecordedContract).contractId,
      time: recordedAt,
      businessdate: businessDate,
      contractsequence: published++,
      previousid: lastId,
      data: { ...facts, ...changes, ...(late && changed.length > 0 ? { monthsChanged: changed } : {}) },
      source: { id: source.id, stream: source.stream, revision: source.revision, position: source.position },
      recorded: source.metadata,
    });
    lastId = id;
    picture = after;
  };

  // What today's rules say otherwise of the events before is no effect of these.
  if (state.status !== 'none') {
    const drift = changesBetween(picture, pictureOf(state, around));
    if (!isNothing(drift)) publish('ledger.contract.charges-restated.v1', {}, drift, sources[0]!, RESTATEMENT);
  }
  for (const step of stepsOf(sources)) {
    state = fold(state, step.map((s) => s.recorded));
    const { contractId } = state as RecordedContract;
    const ids = idsOf(state);
    const follows = !entered(step[0]!) && !ofVendor(step[0]!);
    const attributed = follows ? null : attribute(step, changesBetween(picture, pictureOf(state, around)), picture);
    step.forEach((s, i) => {
      const changes = attributed?.[i] ?? changesBetween(picture, assessing(picture, contractId, s.event));
      const rule = RULES[s.event.type] as Rule<'Corrected'>;
      if (rule !== ignore) publish(rule.as, rule.say(s.event.data as never, ids), changes, s, ITSELF);
      else if (!isNothing(changes)) publish('ledger.contract.charges-restated.v1', {}, changes, s, RESTATEMENT);
    });
    know(state, around, picture);
  }
  return { memory: { state, picture, published, lastId }, drafts };
}

/** Of the consequences only an assessment shows in the picture: all else follows from the facts. */
function assessing(picture: Picture, contractId: string, event: ContractEvent): Picture {
  const assessed = event.type === 'SettlementAssessed';
  return assessed || event.type === 'SettlementVoided' ? withAssessment(picture, contractId, event.data.subject, assessed) : picture;
}

function idsOf(state: ContractState): Ids {
  const entries = state.status === 'none' ? [] : state.entries;
  const isIgnored = (id: string): boolean => entries.some((e) => e.eventId === id && RULES[e.type] === ignore);
  return { publishedIds: (sourceIds) => sourceIds.filter((id) => !isIgnored(id)).map((id) => publishedId(id)) };
}
