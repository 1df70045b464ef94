/**
 * What leaves the ledger for billing: each event type with its version, said once. JSON Schemas, the AsyncAPI document
 * and the consumer's types are written from this table, and the compiler holds the translator to it.
 *
 * Within a version members are only added. A change that a consumer could misread is a new type (`….v2`) beside the old
 * one; events already published keep theirs.
 */
import { POLICY_SWITCHES } from '@app/agreement';
import { about, boolean, integer, list, named, nullable, object, oneOf, optional, text, texts, union, type Fields, type Of, type Schema } from './schema.js';

const day = (): Schema<string> => text({ format: 'date', pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
const month = (): Schema<string> => text({ pattern: '^\\d{4}-\\d{2}$' });
const uuid = (): Schema<string> => text({ format: 'uuid', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
const yen = (): Schema<number> => integer(0);
const word = (): Schema<string> => text({ minLength: 1 });

const subject = (): Schema<string> => about('"base", or the id of an option contract.', word());
const clause = (): Schema<string> => about('Clause of the agreement, e.g. A11c.', word());
const policy = (): Schema<{ readonly [name: string]: string }> => about('Policy switches of the contract that the amount depends on.', texts());
const noticeOf = (): Schema<string> => about('Id of the published event that it undoes.', uuid());

export const PartialMonth = named(
  'PartialMonth',
  'A month of which only some days are charged.',
  object({ month: month(), days: about('Days charged.', integer(1, 31)), of: about('Days that the month has.', integer(1, 31)), amount: about('Yen for these days, tax-exclusive.', yen()) }),
);

export const Segment = named(
  'Segment',
  'Adjacent days of one line at one monthly fee. It replaces what was said before under its lineId. Every month from the month of `from` to that of `to` is charged: as partialMonths says where it is listed there, the fee otherwise.',
  object({
    lineId: uuid(),
    subject: subject(),
    clause: clause(),
    from: day(),
    to: about('Last day; null while no end is fixed.', nullable(day())),
    fee: about('Yen for a full month, tax-exclusive.', yen()),
    partialMonths: about('At most the first and the last month.', list(PartialMonth)),
    policy: policy(),
  }),
);

const common = {
  lineId: uuid(),
  chargeId: about('Id of the charge in the ledger (GET /v1/charges).', word()),
  subject: subject(),
  clause: clause(),
  dueOn: about('The day it falls due; it may lie ahead.', day()),
  amount: about('Yen, tax-exclusive; null until it is quoted.', nullable(yen())),
};

export const SettlementMonth = named(
  'SettlementMonth',
  'A month of what remained of a period.',
  object({ month: month(), days: integer(0, 31), of: integer(1, 31), amount: yen() }),
);

export const OneOff = named(
  'OneOff',
  'A charge that falls due once. It replaces what was said before under its lineId.',
  union(
    object({ kind: oneOf('initial'), ...common }),
    object({ kind: oneOf('oneTime'), ...common, cause: about('What makes it due.', oneOf('fault', 'loss', 'deemedLoss')) }),
    object({
      kind: oneOf('excess'),
      ...common,
      accounts: about('Accounts in use beyond the contracted count.', integer(0)),
      coveredBy: about('The count that covers the excess, which makes the charge 0 (N39); null while none does.', nullable(integer(0))),
    }),
    object({
      kind: oneOf('settlement'),
      ...common,
      from: about('First day of what remained of the period.', day()),
      to: about('Last day of the period.', day()),
      monthlyFee: about('The fee of the line on its last day.', yen()),
      months: about('The amount, month by month; empty where nothing is due.', list(SettlementMonth)),
      annex: about('The annex rule that gives the amount.', oneOf('X2-1', 'X2-2')),
      basis: word(),
      exemption: about('Why nothing is due although a rest of the period remains; null otherwise.', nullable(word())),
      assessed: about('False until the day after the end: until then it is what would be due under what is known.', boolean()),
      policy: policy(),
    }),
  ),
);

export const MonthChanged = named(
  'MonthChanged',
  "The contract's total of a month, all lines together, before and after the event; charges still to be quoted count as 0.",
  object({ month: month(), before: yen(), after: yen() }),
);

/** What every event says about money. */
export const MONEY = {
  segments: about('Monthly charges that the event opens or changes.', list(Segment)),
  charges: about('One-off charges that the event opens or changes.', list(OneOff)),
  voids: about('Lines that no longer stand, of either kind.', list(uuid())),
  monthsChanged: about(
    'With a correction, and with a fact so late that it changes a month that was over on the business date: every month begun by then whose total changes.',
    optional(list(MonthChanged)),
  ),
} satisfies Fields;

const inPlaceOf = about('Id of the published event whose place it takes after a correction.', optional(uuid()));
const ended = { on: about('Last day in force.', day()), reason: word(), clause: nullable(clause()) };
const undone = { subject: subject(), undoes: noticeOf() };

const type = <const F extends Fields>(summary: string, fields: F) => ({ summary, data: object({ ...fields, ...MONEY }) });

const policies = object(
  Object.fromEntries(Object.entries(POLICY_SWITCHES).map(([name, { values }]) => [name, oneOf(...values)])) as { [N in keyof typeof POLICY_SWITCHES]: Schema<(typeof POLICY_SWITCHES)[N]['values'][number]> },
);

export const EVENT_TYPES = {
  'ledger.contract.contracted.v1': type('A contract was accepted.', {
    managementUnitId: uuid(),
    contractorId: about('Id of the contractor; names are never published.', word()),
    item: about('Code of the item.', word()),
    accountCount: integer(1),
    acceptedOn: day(),
    billingStartsOn: day(),
    policies: about('The readings of the agreement that are frozen for this contract.', policies),
    inPlaceOf,
  }),
  'ledger.contract.option-added.v1': type('An option was accepted.', {
    optionId: uuid(),
    option: about('Number of the option in the agreement.', integer(1)),
    acceptedOn: day(),
    billingStartsOn: day(),
    accountCount: about('Only where the option has a count of its own.', optional(integer(1))),
    units: about('Only where the option is counted in units.', optional(integer(1))),
    inPlaceOf,
  }),
  'ledger.contract.account-count-changed.v1': type('The number of accounts changes.', {
    changeId: uuid(),
    accountCount: integer(1),
    effectiveOn: day(),
    requestedBy: oneOf('contractor', 'provider'),
    options: about('Options whose own count changes with it.', list(object({ optionId: uuid(), accountCount: integer(1) }))),
    inPlaceOf,
  }),
  'ledger.contract.account-count-change-withdrawn.v1': type('A change of the number of accounts was withdrawn before it took effect.', { changeId: uuid(), inPlaceOf }),
  'ledger.contract.account-count-change-voided.v1': type('A change of the number of accounts lies after an end that became known later.', {
    changeId: uuid(),
    endsOn: day(),
    clause: nullable(clause()),
  }),
  'ledger.contract.account-count-change-revived.v1': type('A voided change of the number of accounts stands again.', undone),
  'ledger.contract.cancellation-notified.v1': type('A cancellation notice arrived, for the contract or one option.', {
    noticeId: uuid(),
    subject: subject(),
    arrivedOn: day(),
    designatedOn: nullable(day()),
    onForm: about('A notice that is not on the form has no effect.', boolean()),
    inPlaceOf,
  }),
  'ledger.contract.notice-withdrawn.v1': type('A cancellation notice was withdrawn with consent; it counts as never arrived.', { noticeId: uuid(), consentedOn: day(), inPlaceOf }),
  'ledger.contract.terminated.v1': type('The provider terminates the contract.', { endsOn: day(), ground: word(), inPlaceOf }),
  'ledger.contract.discontinuation-applied.v1': type("The vendor's discontinuation ends the contract.", { discontinuationId: uuid(), vendor: word(), endsOn: day() }),
  'ledger.contract.discontinuation-lifted.v1': type("The vendor's discontinuation was taken back.", { discontinuationId: uuid() }),
  'ledger.contract.quoted.v1': type('A price that was missing was quoted, or a price changes.', {
    subject: subject(),
    kind: oneOf('monthly', 'initial', 'oneTime', 'excess'),
    effectiveOn: optional(day()),
    chargeId: optional(word()),
    inPlaceOf,
  }),
  'ledger.contract.excess-detected.v1': type('More accounts were in use than contracted.', {
    chargeId: uuid(),
    subject: subject(),
    detectedOn: day(),
    accounts: integer(0),
    inPlaceOf,
  }),
  'ledger.contract.excess-charge-voided.v1': type('A changed count covers an excess, which then costs nothing (N39).', { chargeId: uuid(), coveredBy: integer(0) }),
  'ledger.contract.excess-charge-restored.v1': type('An excess is no longer covered and is charged again.', undone),
  'ledger.contract.device-fault-reported.v1': type('A lent device is faulty.', {
    faultId: uuid(),
    optionId: uuid(),
    occurredOn: day(),
    attributableToContractor: boolean(),
    inPlaceOf,
  }),
  'ledger.contract.devices-returned.v1': type('Lent devices came back.', { optionId: uuid(), returnedOn: day(), faultId: optional(uuid()), lossId: optional(uuid()), inPlaceOf }),
  'ledger.contract.device-lost.v1': type('A lent device was lost.', { lossId: uuid(), optionId: uuid(), lostOn: day(), inPlaceOf }),
  'ledger.contract.device-deemed-lost.v1': type('Lent devices did not come back in time and count as lost.', { optionId: uuid(), chargeId: uuid(), returnDueOn: day(), deemedLostOn: day() }),
  'ledger.contract.device-deemed-loss-undone.v1': type('Lent devices no longer count as lost.', undone),
  'ledger.contract.corrected.v1': type(
    'Entries were wrong and are struck. All the money of the correction is in this event, also that of what takes their place, which is published after it.',
    { strikes: about('Ids of the published events that are struck.', list(uuid())), replaced: about('Whether others take their place.', boolean()) },
  ),
  'ledger.contract.renewed.v1': type('A new term began.', { subject: subject(), term: integer(2), startsOn: day(), endsOn: day(), noticeDeadline: day() }),
  'ledger.contract.renewal-undone.v1': type('A term did not begin after all.', undone),
  'ledger.contract.ended.v1': type('The contract has ended.', ended),
  'ledger.contract.end-undone.v1': type('The contract has not ended after all.', undone),
  'ledger.contract.option-ended.v1': type('An option has ended.', { optionId: uuid(), ...ended }),
  'ledger.contract.option-end-undone.v1': type('An option has not ended after all.', undone),
  'ledger.contract.option-voided.v1': type('An option was accepted after an end that became known later: it costs nothing.', { optionId: uuid(), endsOn: day(), clause: nullable(clause()) }),
  'ledger.contract.option-revived.v1': type('A voided option stands again.', undone),
  'ledger.contract.settlement-assessed.v1': type('The settlement of a line that ended early is assessed.', {
    subject: subject(),
    amount: yen(),
    dueOn: day(),
    exemption: nullable(word()),
  }),
  'ledger.contract.settlement-voided.v1': type('An assessed settlement is void.', undone),
  'ledger.contract.charges-restated.v1': type(
    'The ledger says otherwise than it published, without a new fact about the contract: a rule was mended, or a table of holidays was replaced.',
    {},
  ),
} as const;

export type EventType = keyof typeof EVENT_TYPES;
export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as readonly EventType[];
export const isEventType = (name: string): name is EventType => Object.hasOwn(EVENT_TYPES, name);

export type DataOf<T extends EventType> = Of<(typeof EVENT_TYPES)[T]['data']>;
export type SegmentLine = Of<typeof Segment>;
export type OneOffLine = Of<typeof OneOff>;
export interface Money {
  readonly segments: readonly SegmentLine[];
  readonly charges: readonly OneOffLine[];
  readonly voids: readonly string[];
  readonly monthsChanged?: readonly Of<typeof MonthChanged>[];
}
/** What an event type says beside money. */
export type FactsOf<T extends EventType> = Omit<DataOf<T>, keyof Money>;

/** Name of the stream that is the published log. */
export const PUBLISHED_STREAM = 'published-billing';

/** Digits of `sequence`: every whole number that JSON can hold, so that texts sort as numbers. */
export const SEQUENCE_DIGITS = 16;

/** `sequence` of a revision of the published stream. */
export const sequenceOf = (revision: number): string => String(revision).padStart(SEQUENCE_DIGITS, '0');
/** Revision of a `sequence`; null for a text that is none. */
export const revisionOfSequence = (sequence: string): number | null => (/^\d{16}$/.test(sequence) && Number.isSafeInteger(Number(sequence)) ? Number(sequence) : null);

export const schemaIdOf = (type: string): string => `urn:contract-ledger:schema:${type}`;

/** A published event: CloudEvents 1.0, structured JSON. What is stored is the canonical JSON of exactly this. */
export const envelopeFields = {
  specversion: oneOf('1.0'),
  id: about('UUIDv5 of the id of the source event and the place of this event among those made from it.', uuid()),
  source: about('The ledger that published it.', text({ format: 'uri-reference', minLength: 1 })),
  type: about('Name and version. A consumer that does not know it must stop, never skip.', word()),
  subject: about('Id of the contract.', uuid()),
  time: about('The instant at which the fact was recorded.', text({ format: 'date-time', pattern: '^\\d{4}-\\d{2}-\\d{2}T[0-9:.]+Z$' })),
  datacontenttype: oneOf('application/json'),
  dataschema: about('Name of the schema of `data`, served at /v1/feed/schemas.', text({ format: 'uri', minLength: 1 })),
  sequence: about(
    'Place in the feed, from 0, without gaps: 16 decimal digits with leading zeros, because the sequence extension of CloudEvents is a text that sorts and its integers end at 2^31.',
    text({ pattern: `^\\d{${SEQUENCE_DIGITS}}$` }),
  ),
  contractsequence: about('Place among the events of its contract, from 0, without gaps.', integer(0, 2 ** 31 - 1)),
  previousid: about('Id of the preceding event of its contract, whatever a reader filters; missing from the first.', optional(uuid())),
  businessdate: about('The business day (in Japan) on which it was recorded.', day()),
} satisfies Fields;

export const Envelope = object(envelopeFields);
export type Envelope = Of<typeof Envelope>;
export type PublishedEvent = { [T in EventType]: Envelope & { readonly type: T; readonly data: DataOf<T> } }[EventType];

/** What is wrong with a would-be published event; none: it keeps its schema. `open` bears with members that a later build added. */
export function problemsOf(event: unknown, open = false): string[] {
  if (typeof event !== 'object' || event === null) return ['(event): is not an object'];
  const { data, ...rest } = event as { readonly [name: string]: unknown };
  const said = String(rest['type']);
  if (!isEventType(said)) return [`type: ${said} is unknown`];
  const named: readonly string[] = rest['dataschema'] === schemaIdOf(said) ? [] : ['dataschema: names another schema'];
  return [...Envelope.problems(rest, '(event)', open), ...named, ...EVENT_TYPES[said].data.problems(data, 'data', open)];
}
