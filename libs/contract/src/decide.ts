/** The answers: what a command makes of a contract, by the agreement's clauses. Pure; nothing new to say is an empty list. */
import {
  checkApplication,
  continuingPrerequisite,
  isItemCode,
  item as itemRow,
  itemNameAt,
  itemsNamed,
  option as optionRow,
  violation,
  type CitableId,
  type ItemCode,
  type OptionNo,
  type OptionUse,
  type Policies,
} from '@app/agreement';
import { addDays, type Holidays, type PlainDate } from '@app/calendar';
import { deriveId, Malformed, NotFound, Rejected, sortViolations, type Json, type PathError, type Receipt, type TextRef, type Violation } from '@app/kernel';
import { feeFor, MAX_YEN, YenOutOfRange, type Fee } from '@app/money';
import type { AddOptions, ChangeAccountCount, ContractCommand, ContractCommandName, ContractItem, Discontinuation, NotifyCancellation, Quote, TextRefs } from './commands.js';
import {
  BASE,
  UNDO,
  type ConsequenceEvent,
  type ContractEvent,
  type ContractEventType,
  type FactEvent,
  type OptionAdded,
  type Subject,
} from './events.js';
import { lifeOf, outlives, owedBy, pending, valueAt, type Due, type End, type Life, type Line, type OptionLine } from './life.js';
import type { Mistake } from './mistakes.js';
import { receiptsOf } from './receipts.js';
import { consequenceKey, fold, isFact, subjectOf, type ContractState, type Entry, type RecordedContract, type RecordedEvent } from './state.js';
import { warningsOf, type Warning } from './warnings.js';

/** What a decision needs beside state and command. */
export interface Asked {
  /** The business day the service's clock stands on (JST). */
  readonly today: PlainDate;
  readonly commandId: string;
  readonly requestHash: string;
  readonly contractId: string;
  readonly refs: TextRefs;
  /** Policies in force now: what a new contract freezes. */
  readonly policies: Policies;
  readonly holidays: Holidays | null;
  /** Discontinuations on the vendor's stream; those the contract does not know yet are applied first (design 14). */
  readonly discontinuations: readonly Discontinuation[];
  /** The contractor of the unit, for a new contract. */
  readonly contractorId?: string;
  /** Units in use on the day of acceptance in the other contracts of the parent, for policy `limitsScope: parent` (N29). */
  readonly scopeUnits?: readonly { readonly option: number; readonly units: number }[];
}

export type DecidedEvent = ContractEvent & { readonly id: string; readonly receipts: readonly Receipt[] };

export interface Decision {
  readonly events: readonly DecidedEvent[];
  readonly warnings: readonly Warning[];
  /** Ids of what was made: optionIds, noticeId, changeId, … */
  readonly answer: { readonly [key: string]: Json };
  /** The state that the events lead to. */
  readonly state: RecordedContract;
}

export type Refusal = Rejected | Malformed<Mistake> | NotFound;

export interface Built {
  readonly events: readonly ContractEvent[];
  readonly answer: { readonly [key: string]: Json };
  readonly violations?: readonly Violation[];
}

const malformed = (path: string, message: Mistake): Malformed<Mistake> => new Malformed([{ path, message }]);
const refusal = (violations: readonly Violation[]): Rejected => new Rejected('refused-by-agreement', sortViolations(violations));
const isRefusal = (x: unknown): x is Refusal => x instanceof Rejected || x instanceof Malformed || x instanceof NotFound;

/** Decides one command. Throws only on broken invariants. */
export function decide(state: ContractState, command: ContractCommand, asked: Asked): Decision | Refusal {
  try {
    const answer = answerTo(state, command, asked);
    return isRefusal(answer) || !(command.name in PRICED) || payable(lifeOf(answer.state, asked)) ? answer : unpayable(command);
  } catch (error) {
    if (error instanceof YenOutOfRange) return unpayable(command);
    throw error;
  }
}

/** Where a command names a price or a count that a price is multiplied by. */
const PRICED: { readonly [command in ContractCommandName]?: string } = { ContractItem: 'fees.monthly', AddOptions: 'options', ChangeAccountCount: 'accountCount', Quote: 'fee', Correct: 'replacement.body' };

/** Prices and counts come in one by one, and each may be fine: only their product on some day shows what a month costs. */
const payable = (life: Life | null): boolean => !life || [life.base, ...life.options].every((l) => l.segments.every((s) => s.amount <= MAX_YEN));
const unpayable = (command: ContractCommand): Malformed<Mistake> => malformed(PRICED[command.name] ?? '', `tooMuchInAll|${MAX_YEN}`);

function answerTo(state: ContractState, command: ContractCommand, asked: Asked): Decision | Refusal {
  if (command.name === 'ContractItem') {
    if (state.status !== 'none') throw new Error(`contract ${asked.contractId} exists`);
    const built = buildContract(command.body, asked, { contractId: asked.contractId });
    return isRefusal(built) ? built : conclude(null, built, asked);
  }
  if (state.status === 'none') return new NotFound('contract', asked.contractId);
  if (command.name === 'Correct') return correct(state, command, asked);
  const informed = withDiscontinuations(state, asked);
  const built = build(informed.state, command, asked, {});
  if (isRefusal(built)) return built;
  const violations = [...(built.violations ?? []), ...judge(informed.state, built.events.filter(isFact), asked)];
  if (violations.length > 0) return refuse(violations, lifeOf(informed.state, asked));
  const only = command.name === 'RecordDue' ? command : undefined;
  return conclude(state, { ...built, events: [...informed.events, ...built.events] }, asked, only);
}

/** A refusal whose only grounds lie outside the agreement has a code and no violations. */
function refuse(violations: readonly Violation[], life: Life | null): Rejected {
  const cited = violations.filter((v) => v.clause !== '');
  if (cited.length > 0) return refusal(cited);
  const first = violations[0]!;
  return new Rejected(first.code, [], { ...first.facts, ...(life?.end ? { endsOn: life.end.on } : {}) });
}

// ------------------------------------------------------------------------------------------------ concluding

/** Folds new facts onto the state, reconciles what was written with what follows, and says why. */
export function conclude(before: RecordedContract | null, built: Built, asked: Asked, only?: { readonly through: PlainDate; readonly kind?: string }): Decision {
  const provisional = (events: readonly ContractEvent[], from: number, revision: number): RecordedEvent[] =>
    events.map((e, i) => ({
      id: deriveId('event', asked.commandId, from + i),
      type: e.type,
      revision: revision + i + 1,
      data: e.data,
      metadata: { commandId: asked.commandId, requestHash: asked.requestHash, command: '' } as RecordedEvent['metadata'],
    }));
  const start = before?.revision ?? -1;
  const facts = provisional(built.events, 0, start);
  const informed = fold(before ?? { status: 'none' }, facts) as RecordedContract;
  const consequences = reconcile(informed, only ? only.through : asked.today, asked, only?.kind);
  const rest = provisional(consequences, facts.length, start + facts.length);
  const state = fold(informed, rest) as RecordedContract;

  const lifeBefore = before ? lifeOf(before, asked) : null;
  const life = lifeOf(state, asked);
  const at = { expectedRevision: start, today: asked.today };
  const recorded = [...facts, ...rest];
  const events = [...built.events, ...consequences].map((e, i): DecidedEvent => ({ ...e, id: recorded[i]!.id, receipts: receiptsOf(e, life, at) }));
  return { events, warnings: warningsOf(lifeBefore, life, built.events, asked), answer: built.answer, state };
}

/** Kinds of due work in their order on one day. */
export const KIND_ORDER: readonly ContractEventType[] = ['OptionVoided', 'AccountCountChangeVoided', 'ExcessChargeVoided', 'Renewed', 'OptionEnded', 'Ended', 'SettlementAssessed', 'DeviceDeemedLost'];

/** Order of due work: by day, then kind, then line (design 23). */
export function compareDue(a: Due, b: Due): number {
  const [dayA, dayB] = [a.on ?? '', b.on ?? ''];
  if (dayA !== dayB) return dayA < dayB ? -1 : 1;
  const kind = KIND_ORDER.indexOf(a.event.type) - KIND_ORDER.indexOf(b.event.type);
  return kind !== 0 ? kind : subjectOf(a.event) < subjectOf(b.event) ? -1 : 1;
}

function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const ka = Object.keys(a).filter((k) => (a as Record<string, unknown>)[k] !== undefined);
  const kb = Object.keys(b).filter((k) => (b as Record<string, unknown>)[k] !== undefined);
  return ka.length === kb.length && ka.every((k) => sameData((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]));
}

/** Undoes what no longer follows, then writes what is owed by `today` and not yet written. */
export function reconcile(state: RecordedContract, today: PlainDate, around: { readonly holidays: Holidays | null }, kind?: string): ContractEvent[] {
  const life = lifeOf(state, around);
  let through = today;
  for (const w of state.written.values()) {
    const on = writtenDay(w.event);
    if (on !== null && on > through) through = on;
  }
  const owed = owedBy(life, through);
  const byKey = new Map(owed.map((d) => [consequenceKey(d.event), d]));
  const undone: ContractEvent[] = [];
  const kept = new Set<string>();
  for (const [key, w] of [...state.written].reverse()) {
    const due = byKey.get(key);
    if (due && sameData(due.event.data, w.event.data)) kept.add(key);
    else undone.push({ type: UNDO[w.event.type], data: { undoes: w.eventId, subject: subjectOf(w.event) } } as ContractEvent);
  }
  const fresh = owed.filter((d) => !kept.has(consequenceKey(d.event)) && (d.on === null || d.on <= today) && (kind === undefined || d.event.type === kind)).sort(compareDue);
  return [...undone, ...fresh.map((d) => d.event)];
}

/** The day on which a consequence fell due; null where it does at once. */
export function writtenDay(e: ConsequenceEvent): PlainDate | null {
  switch (e.type) {
    case 'Renewed':
      return e.data.startsOn;
    case 'Ended':
    case 'OptionEnded':
      return nextDay(e.data.on);
    case 'SettlementAssessed':
      return nextDay(e.data.dueOn);
    case 'DeviceDeemedLost':
      return e.data.deemedLostOn;
    default:
      return null;
  }
}

const nextDay = (d: PlainDate): PlainDate => addDays(d, 1);

/** What falls due next for a contract, in the order of due work; empty when nothing ever will. */
export function upcoming(state: RecordedContract, around: { readonly holidays: Holidays | null }): Due[] {
  return pending(lifeOf(state, around), (e) => state.written.has(consequenceKey(e))).sort(compareDue);
}

/** Units of limited options in use on a day, for a limit that spans the parent contract (N29). */
export function unitsInUse(state: RecordedContract, acceptedOn: PlainDate, around: { readonly holidays: Holidays | null }): { option: number; units: number }[] {
  return (lifeOf(state, around)?.options ?? [])
    .filter((o) => o.row.max !== null && !o.voided && (o.end === null || o.end.on >= acceptedOn))
    .map((o) => ({ option: o.row.option, units: o.option.units! }));
}

/** Puts the discontinuations that the contract does not know yet before the command (design 14). */
function withDiscontinuations(state: RecordedContract, asked: Asked): { state: RecordedContract; events: ContractEvent[] } {
  const events: ContractEvent[] = [];
  const vendor = lifeOf(state, asked)?.item.vendor;
  for (const d of asked.discontinuations) {
    const known = state.discontinuations.find((x) => x.discontinuationId === d.discontinuationId);
    if (d.lifted) {
      if (known) events.push({ type: 'DiscontinuationLifted', data: { discontinuationId: d.discontinuationId } });
    } else if (d.vendor === vendor && (!known || known.endsOn !== d.endsOn)) {
      events.push({ type: 'DiscontinuationApplied', data: { discontinuationId: d.discontinuationId, vendor: d.vendor, endsOn: d.endsOn } });
    }
  }
  return { state: events.length === 0 ? state : withEvents(state, events, asked), events };
}

function withEvents(state: RecordedContract, events: readonly ContractEvent[], asked: Asked): RecordedContract {
  return fold(
    state,
    events.map((e, i) => ({
      id: deriveId('event', asked.commandId, i),
      type: e.type,
      revision: state.revision + i + 1,
      data: e.data,
      metadata: { commandId: asked.commandId, requestHash: asked.requestHash, command: '' } as RecordedEvent['metadata'],
    })),
  ) as RecordedContract;
}

/** The contract as it stands once the vendor's facts it does not know yet are applied: what reads show (design 14). */
export function withVendorFacts(state: RecordedContract, discontinuations: readonly Discontinuation[]): RecordedContract {
  const asked = { discontinuations, commandId: 'vendor-facts', requestHash: '' } as unknown as Asked;
  return withDiscontinuations(state, asked).state;
}

// ------------------------------------------------------------------------------------------------ building facts

/** Ids kept by a replacement, by kind and place (design 22). */
interface Kept {
  readonly contractId?: string;
  readonly optionIds?: readonly string[];
  readonly noticeId?: string;
  readonly changeId?: string;
  readonly chargeId?: string;
  readonly inPlaceOf?: readonly string[];
}

const placed = (kept: Kept, i: number): { inPlaceOf?: string } => (kept.inPlaceOf ? { inPlaceOf: kept.inPlaceOf[Math.min(i, kept.inPlaceOf.length - 1)]! } : {});

const future = (path: string, day: PlainDate, asked: Asked): Malformed<Mistake> | null =>
  day > asked.today ? malformed(path, `afterToday|${day}|${asked.today}`) : null;

function buildContract(c: ContractItem, asked: Asked, kept: Kept): Built | Refusal {
  const early = future('acceptedOn', c.acceptedOn, asked);
  if (early) return early;
  if (c.billingStartsOn < c.acceptedOn) return malformed('billingStartsOn', `billingBeforeAcceptance|${c.acceptedOn}`);
  const item = itemOf(c.item, c.acceptedOn);
  if (item === null) return malformed('item', `notAnItem|${c.acceptedOn}`);
  const over = tooMuch('fees.monthly', c.fees.monthly, c.accountCount);
  if (over) return over;
  const violations: Violation[] = [];
  if (!c.application.onForm) violations.push(violation('A8-1', 'not-on-form', { number: c.application.number }));
  const contractId = kept.contractId!;
  const events: FactEvent[] = [
    {
      type: 'Contracted',
      data: {
        contractId,
        managementUnitId: c.managementUnitId,
        contractorId: asked.contractorId!,
        item,
        itemName: itemNameAt(item, c.acceptedOn),
        accountCount: c.accountCount,
        acceptedOn: c.acceptedOn,
        billingStartsOn: c.billingStartsOn,
        fees: { initial: c.fees.initial, monthly: c.fees.monthly },
        applicationNumber: c.application.number,
        policies: asked.policies,
        ...placed(kept, 0),
      },
    },
    { type: 'LicensorTermsAgreed', data: { document: textRef(asked, 'licensorTerms.document'), agreedOn: c.licensorTerms.agreedOn, ...placed(kept, 1) } },
  ];
  violations.push(...judgeContract(c.licensorTerms.agreedOn, c.acceptedOn, c.billingStartsOn, itemRow(item).vendor, asked.discontinuations));
  if (violations.length > 0) return refusal(violations);
  // A discontinuation already known ends the new contract too (design 14).
  const discontinued = asked.discontinuations
    .filter((d) => !d.lifted && d.vendor === itemRow(item).vendor)
    .map((d): ContractEvent => ({ type: 'DiscontinuationApplied', data: { discontinuationId: d.discontinuationId, vendor: d.vendor, endsOn: d.endsOn } }));
  return { events: kept.inPlaceOf ? events : [...events, ...discontinued], answer: {} };
}

function judgeContract(agreedOn: PlainDate, acceptedOn: PlainDate, billingStartsOn: PlainDate, vendor: string, discontinuations: readonly Discontinuation[]): Violation[] {
  const out: Violation[] = [];
  if (agreedOn > acceptedOn) out.push(violation('A5-1', 'licensor-terms-not-agreed', { agreedOn, acceptedOn }));
  for (const d of discontinuations)
    if (!d.lifted && d.vendor === vendor && billingStartsOn > d.endsOn) out.push(violation('A9', 'vendor-discontinued', { vendor, endsOn: d.endsOn, billingStartsOn }));
  return out;
}

/** The item that a code, or a name in force on the day, stands for; null if none. */
export function itemOf(text: string, on: PlainDate): ItemCode | null {
  if (isItemCode(text)) return text;
  const named = itemsNamed(text, on);
  return named.length === 1 ? named[0]! : null;
}

function textRef(asked: Asked, slot: string): TextRef {
  const ref = asked.refs[slot];
  if (!ref) throw new Error(`no register entry for ${slot}`);
  return ref;
}

/** A monthly amount beyond the bounds of an amount is refused as input, so no sum ever leaves exact integers. */
function tooMuch(path: string, fee: Fee, quantity: number | null): Malformed<Mistake> | null {
  if (fee.kind !== 'fixed' && quantity === null) return malformed(`${path}.kind`, `noQuantity|${fee.kind}`);
  let amount: number;
  try {
    amount = feeFor(fee, quantity);
  } catch {
    amount = Infinity;
  }
  return amount > MAX_YEN ? malformed(path, `tooMuchAMonth|${MAX_YEN}`) : null;
}

function build(state: RecordedContract, command: Exclude<ContractCommand, { name: 'ContractItem' | 'Correct' }>, asked: Asked, kept: Kept): Built | Refusal {
  const life = lifeOf(state, asked);
  switch (command.name) {
    case 'RecordDue':
    case 'ApplyDiscontinuation':
      return { events: [], answer: {} };
    default:
  }
  if (!life) return new Rejected('contract-void', [], {});
  switch (command.name) {
    case 'AddOptions':
      return buildOptions(life, command.body, asked, kept);
    case 'ChangeAccountCount':
      return buildChange(life, command.body, asked, kept);
    case 'WithdrawAccountCountChange': {
      const change = life.changes.find((c) => c.data.changeId === command.changeId);
      if (!change) return new NotFound('change', command.changeId);
      if (change.withdrawn) return new Rejected('already-withdrawn', [], { changeId: command.changeId });
      if (change.data.effectiveOn <= asked.today) return new Rejected('already-in-effect', [], { effectiveOn: change.data.effectiveOn, today: asked.today });
      return { events: [{ type: 'AccountCountChangeWithdrawn', data: { changeId: command.changeId, ...placed(kept, 0) } }], answer: {} };
    }
    case 'NotifyCancellation':
      return buildNotice(life, BASE, life.contract.acceptedOn, command.body, asked, kept);
    case 'NotifyOptionCancellation': {
      const option = optionOf(life, command.optionId);
      return option ? buildNotice(life, command.optionId, option.acceptedOn, command.body, asked, kept) : new NotFound('option', command.optionId);
    }
    case 'WithdrawNotice': {
      const notice = life.notices.find((n) => n.noticeId === command.noticeId && n.subject === (command.optionId ?? BASE));
      if (!notice) return new NotFound('notice', command.noticeId);
      const { consentedOn } = command.body;
      if (notice.consentedOn) return new Rejected('already-withdrawn', [], { noticeId: notice.noticeId });
      if (consentedOn < notice.arrivedOn) return malformed('consentedOn', `beforeNotice|${notice.arrivedOn}`);
      return future('consentedOn', consentedOn, asked) ?? { events: [{ type: 'NoticeWithdrawn', data: { noticeId: notice.noticeId, consentedOn, ...placed(kept, 0) } }], answer: { noticeId: notice.noticeId } };
    }
    case 'Terminate': {
      const { endsOn, ground } = command.body;
      if (endsOn < life.contract.acceptedOn) return malformed('endsOn', `beforeAcceptance|${life.contract.acceptedOn}`);
      return { events: [{ type: 'Terminated', data: { endsOn, ground, ...placed(kept, 0) } }], answer: {} };
    }
    case 'Quote':
      return buildQuote(life, command.body, kept);
    case 'DetectExcess': {
      const { detectedOn, accounts, charge, optionId } = command.body;
      const line = optionId === undefined ? life.base : optionOf(life, optionId);
      if (!line) return new NotFound('option', optionId!);
      if (detectedOn < line.acceptedOn) return malformed('detectedOn', `beforeAcceptance|${line.acceptedOn}`);
      const chargeId = kept.chargeId ?? deriveId('excess', asked.commandId);
      return (
        future('detectedOn', detectedOn, asked) ?? {
          events: [{ type: 'ExcessDetected', data: { chargeId, subject: optionId ?? BASE, detectedOn, accounts, charge: charge ?? null, ...placed(kept, 0) } }],
          answer: { chargeId },
        }
      );
    }
    default:
      return buildDevice(life, command, asked, kept);
  }
}

const optionOf = (life: Life, optionId: string): OptionLine | undefined => life.options.find((o) => o.subject === optionId);

function buildOptions(life: Life, body: AddOptions, asked: Asked, kept: Kept): Built | Refusal {
  const { acceptedOn, billingStartsOn } = body;
  const early = future('acceptedOn', acceptedOn, asked);
  if (early) return early;
  if (acceptedOn < life.contract.acceptedOn) return malformed('acceptedOn', `beforeContract|${life.contract.acceptedOn}`);
  if (billingStartsOn < acceptedOn) return malformed('billingStartsOn', `billingBeforeAcceptance|${acceptedOn}`);
  const errors: PathError<Mistake>[] = [];
  const violations: Violation[] = [];
  if (!body.application.onForm) violations.push(violation('A8-1', 'not-on-form', { number: body.application.number }));
  const count = valueAt(life.base.counts!, acceptedOn);
  const events = body.options.map((o, i): FactEvent => {
    const row = optionRow(o.option);
    const path = `options[${i}]`;
    // An option refused for its item reports that alone.
    const forItem = row.items.includes(life.item.code);
    if (row.basis === 'own' && o.accountCount === undefined) errors.push({ path: `${path}.accountCount`, message: `needsAccounts|${o.option}` });
    if ((row.basis === 'units' || row.basis === 'none') && o.accountCount !== undefined) errors.push({ path: `${path}.accountCount`, message: `noAccounts|${o.option}` });
    if (row.basis !== 'units' && o.units !== undefined) errors.push({ path: `${path}.units`, message: `noUnits|${o.option}` });
    const monthly = o.fees.monthly ?? null;
    if (row.monthly) {
      if (monthly === null) errors.push({ path: `${path}.fees.monthly`, message: `needsMonthlyFee|${o.option}` });
      else {
        const quantity = row.basis === 'parity' ? count : row.basis === 'own' ? (o.accountCount ?? 1) : row.basis === 'units' ? (o.units ?? 1) : null;
        const over = tooMuch(`${path}.fees.monthly`, monthly, quantity);
        if (over) errors.push(...over.errors);
      }
    } else if (monthly !== null && forItem) violations.push(violation('X1-2-2a', 'no-monthly-fee', { option: o.option }));
    const initial = o.fees.initial ?? null;
    if (row.initial === 'zero' && initial !== null && initial > 0 && forItem) violations.push(violation('X1-1-2b', 'no-initial-fee', { option: o.option, initial }));
    const data: OptionAdded = {
      optionId: kept.optionIds?.[i] ?? deriveId('option', asked.commandId, i),
      option: o.option,
      acceptedOn,
      billingStartsOn,
      applicationNumber: body.application.number,
      ...(row.basis === 'own' ? { accountCount: o.accountCount! } : {}),
      ...(row.basis === 'units' ? { units: o.units ?? 1 } : {}),
      fees: { initial: row.initial === 'zero' ? 0 : initial, monthly },
      ...placed(kept, i),
    };
    return { type: 'OptionAdded', data };
  });
  if (errors.length > 0) return new Malformed(errors);
  // A count given for a parity option must be the contract's; the event carries none.
  body.options.forEach((o) => {
    const row = optionRow(o.option);
    if (row.parity !== null && o.accountCount !== undefined && o.accountCount !== count && row.items.includes(life.item.code))
      violations.push(violation(row.parity, 'accounts-differ-from-contract', { option: o.option, accountCount: o.accountCount, contractAccountCount: count }));
  });
  return { events, violations, answer: { optionIds: events.map((e) => (e.data as OptionAdded).optionId) } };
}

function buildChange(life: Life, body: ChangeAccountCount, asked: Asked, kept: Kept): Built | Refusal {
  const { effectiveOn, noticedOn, requestedBy } = body;
  if (effectiveOn < life.contract.acceptedOn) return malformed('effectiveOn', `beforeAcceptance|${life.contract.acceptedOn}`);
  if (requestedBy === 'provider' && body.reason === undefined) return malformed('reason', 'whyProvider');
  if (noticedOn !== undefined) {
    const early = future('noticedOn', noticedOn, asked);
    if (early) return early;
  }
  const errors: PathError<Mistake>[] = [];
  const ids = [...new Set([...Object.keys(body.optionFees ?? {}), ...Object.keys(body.optionAccountCounts ?? {})])].sort();
  const violations: Violation[] = [];
  const options = ids.map((optionId) => {
    const option = optionOf(life, optionId);
    const monthlyFee = body.optionFees?.[optionId]?.monthly;
    const accountCount = body.optionAccountCounts?.[optionId];
    if (!option) errors.push({ path: monthlyFee ? `optionFees.${optionId}` : `optionAccountCounts.${optionId}`, message: 'notItsOption' });
    else {
      if (accountCount !== undefined && option.row.basis !== 'own') errors.push({ path: `optionAccountCounts.${optionId}`, message: `noAccountsOfItsOwn|${option.row.option}` });
      if (monthlyFee && !option.row.monthly) violations.push(violation('X1-2-2a', 'no-monthly-fee', { option: option.row.option }));
      else if (monthlyFee) {
        const quantity = option.row.basis === 'parity' ? body.accountCount : accountCount ?? (option.counts ? valueAt(option.counts, effectiveOn) : null);
        const over = tooMuch(`optionFees.${optionId}.monthly`, monthlyFee, quantity);
        if (over) errors.push(...over.errors);
      }
    }
    return { optionId, ...(accountCount === undefined ? {} : { accountCount }), ...(monthlyFee ? { monthlyFee } : {}) };
  });
  const over = tooMuch(body.fees ? 'fees.monthly' : 'accountCount', body.fees?.monthly ?? valueAt(life.base.fees, effectiveOn), body.accountCount);
  if (over) errors.push(...over.errors);
  for (const o of life.options)
    if (o.row.basis === 'parity' && !o.voided && !body.optionFees?.[o.subject]) {
      const beyond = tooMuch('accountCount', valueAt(o.fees, effectiveOn), body.accountCount);
      if (beyond) errors.push(...beyond.errors);
    }
  if (errors.length > 0) return new Malformed(errors);
  const changeId = kept.changeId ?? deriveId('change', asked.commandId);
  return {
    events: [
      {
        type: 'AccountCountChanged',
        data: {
          changeId,
          accountCount: body.accountCount,
          effectiveOn,
          requestedBy,
          ...(noticedOn === undefined ? {} : { noticedOn }),
          ...(body.fees ? { monthlyFee: body.fees.monthly } : {}),
          options,
          ...placed(kept, 0),
        },
      },
    ],
    violations,
    answer: { changeId },
  };
}

function buildNotice(life: Life, subject: Subject, acceptedOn: PlainDate, body: NotifyCancellation, asked: Asked, kept: Kept): Built | Refusal {
  const { arrivedOn, designatedOn, onForm } = body;
  if (arrivedOn < acceptedOn) return malformed('arrivedOn', `beforeAcceptance|${acceptedOn}`);
  const noticeId = kept.noticeId ?? deriveId('notice', asked.commandId);
  return (
    future('arrivedOn', arrivedOn, asked) ?? {
      events: [{ type: 'CancellationNotified', data: { noticeId, subject, arrivedOn, designatedOn, onForm, ...placed(kept, 0) } }],
      answer: { noticeId },
    }
  );
}

function buildQuote(life: Life, q: Quote, kept: Kept): Built | Refusal {
  const line: Line | undefined = q.subject === BASE ? life.base : optionOf(life, q.subject);
  if (!line) return new NotFound('option', q.subject);
  const row = q.subject === BASE ? null : optionRow((line as OptionLine).row.option);
  if (q.kind === 'monthly') {
    if (!q.fee || !q.effectiveOn) return new Malformed((['fee', 'effectiveOn'] as const).filter((m) => !q[m]).map((path): PathError<Mistake> => ({ path, message: 'required' })));
    if (q.amount !== undefined) return malformed('amount', 'notOfKindBut|monthly|fee');
    if (q.chargeId !== undefined) return malformed('chargeId', 'notOfKind|monthly');
    if (row && !row.monthly) return refusal([violation('X1-2-2a', 'no-monthly-fee', { option: row.option })]);
    if (q.effectiveOn < line.acceptedOn) return malformed('effectiveOn', `beforeAcceptance|${line.acceptedOn}`);
    const over = tooMuch('fee', q.fee, line.counts ? Math.max(...line.counts.map((c) => c.value)) : null);
    return over ?? { events: [{ type: 'Quoted', data: { subject: q.subject, kind: q.kind, fee: q.fee, effectiveOn: q.effectiveOn, ...placed(kept, 0) } }], answer: {} };
  }
  if (q.amount === undefined) return malformed('amount', 'required');
  if (q.fee !== undefined) return malformed('fee', `notOfKindBut|${q.kind}|amount`);
  if (q.effectiveOn !== undefined) return malformed('effectiveOn', `notOfKind|${q.kind}`);
  if (q.kind === 'initial') {
    if (q.chargeId !== undefined) return malformed('chargeId', 'notOfKind|initial');
    if (row?.initial === 'zero' && q.amount > 0) return refusal([violation('X1-1-2b', 'no-initial-fee', { option: row.option, initial: q.amount })]);
    return { events: [{ type: 'Quoted', data: { subject: q.subject, kind: q.kind, amount: q.amount, ...placed(kept, 0) } }], answer: {} };
  }
  const open = life.oneOffs.filter((c) => c.kind === q.kind && c.subject === q.subject);
  const charge = q.chargeId === undefined ? (open.filter((c) => c.amount === null).length === 1 ? open.find((c) => c.amount === null) : undefined) : open.find((c) => c.id === q.chargeId);
  if (!charge) return malformed('chargeId', q.chargeId === undefined ? 'whichCharge' : `notItsCharge|${q.kind}`);
  return { events: [{ type: 'Quoted', data: { subject: q.subject, kind: q.kind, amount: q.amount, chargeId: charge.id, ...placed(kept, 0) } }], answer: { chargeId: charge.id } };
}

type DeviceCommand = Extract<ContractCommand, { name: 'ReportFault' | 'ReceiveReplacement' | 'ReturnDevices' | 'ReportLoss' | 'ReportRecovery' }>;

function buildDevice(life: Life, command: DeviceCommand, asked: Asked, kept: Kept): Built | Refusal {
  const { optionId } = command;
  const option = optionOf(life, optionId);
  if (!option) return new NotFound('option', optionId);
  if (option.row.option !== 2) return refusal([violation('A8-2-2', 'no-lent-devices', { option: option.row.option })]);
  const devices = life.devices.find((d) => d.optionId === optionId)!;
  const day = (path: string, on: PlainDate): Malformed<Mistake> | null => (on < option.acceptedOn ? malformed(path, `beforeOption|${option.acceptedOn}`) : future(path, on, asked));
  switch (command.name) {
    case 'ReportFault': {
      const { occurredOn, attributableToContractor, charge } = command.body;
      const bad = day('occurredOn', occurredOn);
      if (bad) return bad;
      if (!attributableToContractor && charge !== undefined && charge > 0) return refusal([violation('A8-4-5', 'fault-not-attributable', { charge })]);
      const faultId = kept.chargeId ?? deriveId('fault', asked.commandId);
      return { events: [{ type: 'DeviceFaultReported', data: { faultId, optionId, occurredOn, attributableToContractor, charge: attributableToContractor ? (charge ?? null) : null, ...placed(kept, 0) } }], answer: { faultId, ...(attributableToContractor ? { chargeId: faultId } : {}) } };
    }
    case 'ReceiveReplacement': {
      const { arrivedOn } = command.body;
      const bad = day('arrivedOn', arrivedOn);
      if (bad) return bad;
      const fault = devices.faults.find((f) => f.replacementArrivedOn === null);
      if (!fault) return refusal([violation('A8-4-4a', 'no-fault-to-replace', { optionId })]);
      if (arrivedOn < fault.occurredOn) return malformed('arrivedOn', `beforeFault|${fault.occurredOn}`);
      return { events: [{ type: 'ReplacementArrived', data: { optionId, faultId: fault.faultId, arrivedOn, ...placed(kept, 0) } }], answer: { faultId: fault.faultId } };
    }
    case 'ReturnDevices': {
      const { returnedOn } = command.body;
      const bad = day('returnedOn', returnedOn);
      if (bad) return bad;
      const running = option.end === null || returnedOn <= option.end.on;
      const faulty = devices.faults.find((f) => f.faultyReturnedOn === null && f.replacementArrivedOn !== null) ?? devices.faults.find((f) => f.faultyReturnedOn === null);
      if (running && faulty) return { events: [{ type: 'DevicesReturned', data: { optionId, returnedOn, faultId: faulty.faultId, ...placed(kept, 0) } }], answer: { faultId: faulty.faultId } };
      // A lost device that was found may come back: nothing is refunded, and the others stay lent (A8-4-8-ii).
      const lost = devices.losses.find((l) => l.returnedOn === null && l.lostOn <= returnedOn);
      const found = lost !== undefined && devices.foundOn.some((on) => on >= lost.lostOn && on <= returnedOn);
      if (lost && (option.end === null || (found && (running || devices.returnedOn !== null))))
        return { events: [{ type: 'DevicesReturned', data: { optionId, returnedOn, lossId: lost.lossId, ...placed(kept, 0) } }], answer: { lossId: lost.lossId } };
      if (option.end === null) return refusal([violation('A8-4-2', 'nothing-to-return', { optionId })]);
      if (devices.returnedOn !== null) return refusal([violation('A8-4-2', 'already-returned', { optionId, returnedOn: devices.returnedOn })]);
      return { events: [{ type: 'DevicesReturned', data: { optionId, returnedOn, ...placed(kept, 0) } }], answer: {} };
    }
    case 'ReportLoss': {
      const { lostOn, charge } = command.body;
      const bad = day('lostOn', lostOn);
      if (bad) return bad;
      if (devices.returnedOn !== null && devices.returnedOn <= lostOn) return refusal([violation('A8-4-7', 'already-returned', { optionId, returnedOn: devices.returnedOn })]);
      if (devices.deemedLostOn !== null && devices.deemedLostOn <= lostOn) {
        // The same loss, now with its price: one charge, never two.
        const chargeId = devices.deemedChargeId;
        const priced = life.oneOffs.some((c) => c.id === chargeId && c.amount !== null);
        if (priced || charge === undefined || charge === null) return refusal([violation('A8-4-7', 'already-lost', { optionId, deemedLostOn: devices.deemedLostOn, chargeId })]);
        return { events: [{ type: 'Quoted', data: { subject: optionId, kind: 'oneTime', amount: charge, chargeId, ...placed(kept, 0) } }], answer: { lossId: chargeId, chargeId } };
      }
      if (devices.losses.length >= 2 * option.option.units!) return refusal([violation('A8-4-7', 'already-lost', { optionId, losses: devices.losses.length })]);
      const lossId = kept.chargeId ?? deriveId('loss', asked.commandId);
      return { events: [{ type: 'DeviceLost', data: { lossId, optionId, lostOn, charge: charge ?? null, ...placed(kept, 0) } }], answer: { lossId, chargeId: lossId } };
    }
    case 'ReportRecovery': {
      const { foundOn } = command.body;
      const bad = day('foundOn', foundOn);
      if (bad) return bad;
      const lost = devices.losses.some((l) => l.lostOn <= foundOn) || (devices.deemedLostOn !== null && devices.deemedLostOn <= foundOn);
      if (!lost) return refusal([violation('A8-4-8-i', 'nothing-lost', { optionId })]);
      return { events: [{ type: 'DeviceFound', data: { optionId, foundOn, ...placed(kept, 0) } }], answer: {} };
    }
  }
}

// ------------------------------------------------------------------------------------------------ judging facts

/** Refused because the contract's end is fixed and this is effective only later. */
const afterEnd = (end: End, facts: { readonly [key: string]: Json }): Violation => ({ clause: end.clause ?? '', code: 'contract-ended', facts: { endsOn: end.on, reason: end.reason, ...facts } });

/** Malformed when entered; only a correction of the acceptance can bring it about. */
const tooEarly = (line: Pick<Line, 'acceptedOn'> | undefined, on: PlainDate): Violation[] =>
  line && on < line.acceptedOn ? [{ clause: '', code: 'before-acceptance', facts: { on, acceptedOn: line.acceptedOn } }] : [];

function deviceDay(f: Extract<FactEvent, { type: 'DeviceFaultReported' | 'ReplacementArrived' | 'DevicesReturned' | 'DeviceLost' | 'DeviceFound' }>): PlainDate {
  switch (f.type) {
    case 'DeviceFaultReported':
      return f.data.occurredOn;
    case 'ReplacementArrived':
      return f.data.arrivedOn;
    case 'DevicesReturned':
      return f.data.returnedOn;
    case 'DeviceLost':
      return f.data.lostOn;
    case 'DeviceFound':
      return f.data.foundOn;
  }
}

/**
 * Whether the agreement allows the facts of one command, given those before them. Used for a new command, and for every
 * later entry when an earlier one is corrected.
 */
export function judge(before: RecordedContract, facts: readonly FactEvent[], asked: Pick<Asked, 'holidays' | 'discontinuations' | 'scopeUnits'>): Violation[] {
  const out: Violation[] = [];
  const life = lifeOf(before, asked);
  const applied = facts.filter((f) => f.type === 'OptionAdded');
  if (applied.length > 0 && life) out.push(...judgeApplication(life, applied.map((f) => f.data), asked));
  for (const f of facts) {
    switch (f.type) {
      case 'Contracted': {
        const agreed = facts.find((x) => x.type === 'LicensorTermsAgreed')?.data;
        out.push(...judgeContract(agreed && 'agreedOn' in agreed ? agreed.agreedOn : f.data.acceptedOn, f.data.acceptedOn, f.data.billingStartsOn, itemRow(f.data.item).vendor, asked.discontinuations));
        break;
      }
      case 'LicensorTermsAgreed':
      case 'OptionAdded':
        break;
      case 'AccountCountChanged': {
        if (!life) break;
        const { effectiveOn, accountCount, requestedBy, noticedOn } = f.data;
        out.push(...tooEarly(life.base, effectiveOn));
        if (life.end && effectiveOn > life.end.on) out.push(afterEnd(life.end, { effectiveOn }));
        if (requestedBy === 'provider') {
          const noticed = noticedOn !== undefined && noticedOn < effectiveOn;
          if (!noticed) out.push(violation('A7-2', 'no-prior-notice', { noticedOn: noticedOn ?? null, effectiveOn }));
          if (life.excesses.length === 0) out.push(violation('A7-2', 'no-recorded-excess', { accountCount }));
        }
        break;
      }
      case 'CancellationNotified':
        if (life) out.push(...tooEarly(f.data.subject === BASE ? life.base : optionOf(life, f.data.subject), f.data.arrivedOn), ...judgeStop(before, f, asked));
        break;
      case 'NoticeWithdrawn':
        if (life) out.push(...judgeWithdrawal(before, life, f, asked));
        break;
      case 'Terminated':
        if (!life) break;
        out.push(...tooEarly(life.base, f.data.endsOn));
        if (life.end && f.data.endsOn > life.end.on) out.push(afterEnd(life.end, { endsOn: f.data.endsOn }));
        break;
      case 'Quoted': {
        const line = life && (f.data.subject === BASE ? life.base : optionOf(life, f.data.subject));
        if (!line || f.data.kind !== 'monthly') break;
        out.push(...tooEarly(line, f.data.effectiveOn!));
        if (line.end && f.data.effectiveOn! > line.end.on) out.push(afterEnd(line.end, { effectiveOn: f.data.effectiveOn! }));
        break;
      }
      case 'ExcessDetected': {
        if (!life) break;
        const { subject, detectedOn } = f.data;
        const option = subject === BASE ? null : optionOf(life, subject);
        if (option === undefined) out.push(violation('X1-2-2b', 'option-struck', { optionId: subject }));
        else if (option && !option.row.excessBilled) out.push(violation('X1-2-2b', 'not-excess-billed', { option: option.row.option }));
        else {
          const { end } = option ?? life;
          out.push(...tooEarly(option ?? life.base, detectedOn));
          if (end && detectedOn > end.on) out.push(afterEnd(end, { detectedOn }));
        }
        break;
      }
      case 'DeviceFaultReported':
      case 'ReplacementArrived':
      case 'DevicesReturned':
      case 'DeviceLost':
      case 'DeviceFound': {
        if (!life) break;
        const option = optionOf(life, f.data.optionId);
        if (!option) {
          out.push(violation('A8-2-2', 'option-struck', { optionId: f.data.optionId }));
          break;
        }
        out.push(...tooEarly(option, deviceDay(f)));
        if (f.type === 'DeviceFaultReported' && option.end && f.data.occurredOn > option.end.on) out.push(afterEnd(option.end, { occurredOn: f.data.occurredOn }));
        break;
      }
      case 'AccountCountChangeWithdrawn':
        break;
    }
  }
  if (facts.some((f) => f.type === 'AccountCountChanged' || f.type === 'AccountCountChangeWithdrawn')) out.push(...judgeFifty(before, facts, asked));
  return out;
}

/** An application on its acceptance day (A5, A8-3, A8-5; N17, N18). */
function judgeApplication(life: Life, applied: readonly OptionAdded[], asked: Pick<Asked, 'scopeUnits'>): Violation[] {
  const { acceptedOn, billingStartsOn } = applied[0]!;
  const out: Violation[] = [];
  const use = (o: { readonly option: number; readonly units?: number; readonly accountCount?: number }): OptionUse => ({
    option: o.option as OptionNo,
    ...(o.units === undefined ? {} : { units: o.units }),
    ...(o.accountCount === undefined ? {} : { accountCount: o.accountCount }),
  });
  const inUse = (day: PlainDate): OptionLine[] => life.options.filter((o) => !o.voided && o.acceptedOn <= day && (o.end === null || o.end.on >= day));
  const elsewhere = life.policies.limitsScope === 'parent' ? (asked.scopeUnits ?? []) : [];
  const ask = (day: PlainDate): Violation[] => {
    const active = inUse(day).map((o) => use(o.option));
    return checkApplication({
      item: life.item.code,
      accountCount: valueAt(life.base.counts!, acceptedOn),
      active,
      apply: applied.map(use),
      policies: life.policies,
      scopeUnits: [...elsewhere, ...active.map((u) => ({ option: u.option, units: u.units ?? 1 }))],
    });
  };
  const later = life.options.filter((o) => !o.voided && o.acceptedOn > acceptedOn);
  // Until when it is in use says from when on it can be had again; null while no end is fixed.
  const through = (option: Json | undefined): PlainDate | null =>
    inUse(acceptedOn).filter((o) => o.row.option === option).reduce<PlainDate | null | undefined>((last, o) => (last === null || o.end === null ? null : last === undefined || o.end.on > last ? o.end.on : last), undefined) ?? null;
  out.push(...ask(acceptedOn).map((v) => (v.code === 'option-already-in-use' ? { ...v, facts: { ...v.facts, through: through(v.facts['option']) } } : v)));
  // What was accepted later but recorded before is no prerequisite, but it fills the limits too.
  for (const day of new Set(later.filter((o) => o.row.max !== null).map((o) => o.acceptedOn)))
    out.push(...ask(day).filter((v) => v.code === 'too-many-units' && !out.some((x) => x.clause === v.clause && x.facts['option'] === v.facts['option'])));
  // One live contract per option, also where the other was accepted later but recorded before.
  for (const o of applied) {
    const row = optionRow(o.option);
    const twin = row.basis === 'parity' || row.basis === 'own' ? later.find((l) => l.row.option === o.option) : undefined;
    if (twin && row.items.includes(life.item.code)) out.push(violation(row.clause, 'option-already-in-use', { option: o.option, optionId: twin.subject }));
  }
  out.push(...tooEarly(life.base, acceptedOn));
  if (billingStartsOn < life.contract.billingStartsOn) out.push({ clause: '', code: 'billed-before-contract', facts: { billingStartsOn, contractBillingStartsOn: life.contract.billingStartsOn } });
  if (life.end && (acceptedOn > life.end.on || billingStartsOn > life.end.on)) out.push(afterEnd(life.end, { acceptedOn, billingStartsOn }));
  return out;
}

/** N17: no day below 50 accounts while option 44 is in use. */
function judgeFifty(before: RecordedContract, facts: readonly FactEvent[], asked: Pick<Asked, 'holidays'>): Violation[] {
  const now = lifeOf(before, asked);
  if (!now || now.policies.minAccounts === 'entry' || !now.options.some((o) => o.row.minAccounts)) return [];
  const after = lifeOf(withFacts(before, facts), asked)!;
  for (const o of after.options) {
    const min = o.row.minAccounts?.accounts;
    if (min === undefined || o.voided) continue;
    const steps = after.base.counts!;
    for (let i = 0; i < steps.length; i++) {
      const s = steps[i]!;
      const next = steps[i + 1];
      const overlaps = (o.end === null || s.from <= o.end.on) && (next === undefined || next.from > o.acceptedOn);
      // A day that was below before is not this change's doing.
      const was = valueAt(now.base.counts!, s.from > o.acceptedOn ? s.from : o.acceptedOn);
      if (overlaps && s.value < min && was >= min) return [violation('A5-19', 'too-few-accounts', { option: o.row.option, accountCount: s.value, from: s.from, minimum: min })];
    }
  }
  return [];
}

/** N18: stopping an option on which another depends that would still be in use the day after. */
function judgeStop(before: RecordedContract, f: Extract<FactEvent, { type: 'CancellationNotified' }>, asked: Pick<Asked, 'holidays'>): Violation[] {
  const now = lifeOf(before, asked)!;
  if (f.data.subject === BASE || now.policies.prerequisiteRemoval !== 'reject' || !f.data.onForm) return [];
  const state = withFacts(before, [f]);
  const after = lifeOf(state, asked)!;
  const stopped = after.options.find((o) => o.subject === f.data.subject);
  if (!stopped) return [];
  const placeOf = (eventId: string): number => state.entries.findIndex((e) => e.eventId === eventId);
  return newlyUncovered(now, after)
    .filter(({ option }) => !outlives(option.acceptedOn, placeOf(option.eventId), f.data.arrivedOn, state.entries.length - 1))
    .map(({ option, clause, from }) => violation(clause, 'dependent-in-use', { option: stopped.row.option, dependent: option.row.option, dependentId: option.subject, dependentEndsOn: option.end?.on ?? null, endsOn: addDays(from, -1) }));
}

/**
 * Options that after a fact are in use on a day on which nothing that they need is, although before it they would not
 * have been (N18); one that outlived what it needs already goes on doing so (design 19). `from` is the first such day.
 */
function newlyUncovered(before: Life, after: Life): { readonly option: OptionLine; readonly clause: CitableId; readonly from: PlainDate }[] {
  const inUse = (o: OptionLine, day: PlainDate): boolean => !o.voided && o.acceptedOn <= day && (o.end === null || o.end.on >= day);
  const out: { option: OptionLine; clause: CitableId; from: PlainDate }[] = [];
  for (const option of after.options) {
    const needs = continuingPrerequisite(option.row.option, after.item.code);
    const was = before.options.find((o) => o.subject === option.subject);
    if (!needs || !was) continue;
    const covered = (life: Life, day: PlainDate): boolean => life.options.some((p) => needs.anyOf.includes(p.row.option) && inUse(p, day));
    const days = after.options.flatMap((p) => (needs.anyOf.includes(p.row.option) && p.end ? [nextDay(p.end.on)] : []));
    if (was.end) days.push(nextDay(was.end.on));
    const from = days.sort().find((day) => inUse(option, day) && !covered(after, day) && covered(before, inUse(was, day) ? day : was.end!.on));
    if (from) out.push({ option, clause: needs.clause, from });
  }
  return out;
}

/** N41, design 17. */
function judgeWithdrawal(before: RecordedContract, life: Life, f: Extract<FactEvent, { type: 'NoticeWithdrawn' }>, asked: Pick<Asked, 'holidays'>): Violation[] {
  const notice = life.notices.find((n) => n.noticeId === f.data.noticeId);
  if (!notice) return [];
  const line: Line | undefined = notice.subject === BASE ? life.base : optionOf(life, notice.subject);
  if (line?.end && f.data.consentedOn > line.end.on) return [violation('N41', 'consent-after-end', { consentedOn: f.data.consentedOn, endsOn: line.end.on })];
  const after = lifeOf(withFacts(before, [f]), asked)!;
  const uncovered = newlyUncovered(life, after).map(({ option, clause, from }) =>
    violation(clause, 'prerequisite-ends', { option: option.row.option, optionId: option.subject, prerequisiteEndsOn: addDays(from, -1) }),
  );
  return [...uncovered, ...newlyCrowded(life, after)];
}

/** Options that a fact would bring back beside their successors: two of one that is had once (A8-2), or too many units (A8-3, A8-5). */
function newlyCrowded(before: Life, after: Life): Violation[] {
  const inUse = (life: Life, option: number, day: PlainDate): OptionLine[] =>
    life.options.filter((o) => o.row.option === option && !o.voided && o.acceptedOn <= day && (o.end === null || o.end.on >= day));
  const units = (lines: readonly OptionLine[]): number => lines.reduce((sum, o) => sum + o.option.units!, 0);
  const out = new Map<string, Violation>();
  for (const o of after.options) {
    if (o.voided) continue;
    const { option, basis, clause, max, maxClause } = o.row;
    const [was, is] = [inUse(before, option, o.acceptedOn), inUse(after, option, o.acceptedOn)];
    if ((basis === 'parity' || basis === 'own') && is.length > 1 && is.length > was.length) out.set(clause, violation(clause, 'option-already-in-use', { option, optionId: o.subject }));
    else if (max !== null && units(is) > max && units(is) > units(was))
      out.set(maxClause!, violation(maxClause!, 'too-many-units', { option, unitsInUse: units(was), unitsAppliedFor: units(is) - units(was), maximum: max, scope: 'child' }));
  }
  return [...out.values()];
}

/** The state with facts added as if recorded next; for asking "what if". */
function withFacts(state: RecordedContract, facts: readonly FactEvent[]): RecordedContract {
  return fold(
    state,
    facts.map((f, i) => ({
      id: `what-if ${i}`,
      type: f.type,
      revision: state.revision + i + 1,
      data: { ...f.data, inPlaceOf: undefined },
      metadata: { commandId: 'what-if', requestHash: '', command: '' } as RecordedEvent['metadata'],
    })),
  ) as RecordedContract;
}

// ------------------------------------------------------------------------------------------------ corrections

const REPLACEABLE: { readonly [command: string]: FactEvent['type'] } = {
  ContractItem: 'Contracted',
  AddOptions: 'OptionAdded',
  ChangeAccountCount: 'AccountCountChanged',
  NotifyCancellation: 'CancellationNotified',
  NotifyOptionCancellation: 'CancellationNotified',
};

/** Strikes what one command entered, puts the right entry in its place, and decides everything later again in order. */
function correct(state: RecordedContract, command: Extract<ContractCommand, { name: 'Correct' }>, asked: Asked): Decision | Refusal {
  const at = state.entries.findIndex((e) => e.eventId === command.body.eventId);
  const struck = state.entries[at];
  if (!struck) {
    const consequence = [...state.written.values()].some((w) => w.eventId === command.body.eventId);
    return consequence ? new Rejected('only-entries-can-be-corrected', [], { eventId: command.body.eventId }) : new NotFound('event', command.body.eventId);
  }
  if (struck.struckBy) return new Rejected('already-corrected', [], { eventId: struck.eventId, struckBy: struck.struckBy });
  const group = state.entries.filter((e) => e.commandId === struck.commandId && e.struckBy === null);
  const first = state.entries.indexOf(group[0]!);
  const before: RecordedContract = { ...state, entries: state.entries.slice(0, first), written: new Map() };
  const entersContract = group.some((e) => e.type === 'Contracted');

  let built: Built = { events: [], answer: {} };
  const replacement = command.replacement;
  if (replacement) {
    if (entersContract !== (replacement.name === 'ContractItem'))
      return malformed('replacement.command', entersContract ? 'theContractItself' : 'notTheContractItself');
    const sameKind = REPLACEABLE[replacement.name] === group[0]!.type;
    const kept: Kept = {
      contractId: state.contractId,
      inPlaceOf: group.map((e) => e.eventId),
      ...(sameKind
        ? {
            optionIds: group.flatMap((e) => (e.type === 'OptionAdded' ? [e.data.optionId] : [])),
            ...(group[0]!.type === 'CancellationNotified' ? { noticeId: group[0]!.data.noticeId } : {}),
            ...(group[0]!.type === 'AccountCountChanged' ? { changeId: group[0]!.data.changeId } : {}),
          }
        : {}),
      ...keptCharge(group[0]!, replacement.name),
    };
    // Design 22: a replacement keeps the policies that the contract froze.
    const frozen: Asked = { ...asked, ...(group[0]!.type === 'Contracted' ? { policies: group[0]!.data.policies, contractorId: group[0]!.data.contractorId } : {}) };
    const made = replacement.name === 'ContractItem' ? buildContract(replacement.body, frozen, kept) : build(before, replacement as never, asked, kept);
    if (isRefusal(made)) return made instanceof Malformed ? new Malformed(made.errors.map((e) => ({ path: `replacement.body.${e.path}`, message: e.message }))) : made;
    if (replacement.name === 'ContractItem' && group[0]!.type === 'Contracted' && replacement.body.managementUnitId !== group[0]!.data.managementUnitId)
      return malformed('replacement.body.managementUnitId', 'otherUnit');
    built = made;
  }
  const correction: ContractEvent = {
    type: 'Corrected',
    data: { eventId: struck.eventId, strikes: group.map((e) => e.eventId), reason: textRef(asked, 'reason'), replaced: replacement !== null },
  };
  const events = [correction, ...built.events];
  const corrected = withEvents(state, events, asked);

  const violations = [...(built.violations ?? []), ...judgeCorrection(state, corrected, first, asked)];
  if (violations.length > 0) return refuse(violations, lifeOf(state, asked));
  // The vendor's facts come last: a replacement may have moved the contract to an item of another vendor (design 14).
  return conclude(state, { events: [...events, ...withDiscontinuations(corrected, asked).events], answer: built.answer }, asked);
}

/**
 * What a correction makes illegal: the replacement and everything after it is judged again, each by what then stands
 * before it. `first` is the place of the first struck entry. Without its own entry there is no contract to judge by.
 */
export function judgeCorrection(state: RecordedContract, corrected: RecordedContract, first: number, asked: Pick<Asked, 'holidays' | 'discontinuations' | 'scopeUnits' | 'commandId'>): Violation[] {
  const violations: Violation[] = [];
  const standing = corrected.entries.filter((e) => e.struckBy === null);
  if (standing.some((e) => e.type === 'Contracted')) {
    // A replacement counts from where the struck entry was recorded; so does what the vendor did before or after it.
    const places: number[] = [];
    for (const e of corrected.entries) places.push(e.data.inPlaceOf === undefined ? e.revision : places.at(-1)!);
    const placeOf = (e: Entry): number => places[corrected.entries.indexOf(e)]!;
    const from = standing.findIndex((e) => corrected.entries.indexOf(e) >= first);
    const around = { holidays: asked.holidays, discontinuations: asked.discontinuations };
    for (const later of groups(standing).filter((g) => from >= 0 && standing.indexOf(g[0]!) >= from)) {
      const place = placeOf(later[0]!);
      const known = corrected.discontinuations.filter((d) => d.revision < place);
      const prefix: RecordedContract = { ...corrected, entries: standing.slice(0, standing.indexOf(later[0]!)), discontinuations: known, written: new Map() };
      // Later applications are judged by what this contract knows; the one entered now counts over the parent too (N29).
      const entered = later[0]!.commandId === asked.commandId && asked.scopeUnits ? { ...around, scopeUnits: asked.scopeUnits } : around;
      const found = judge(prefix, later, entered);
      if (found.length === 0) continue;
      // Only what becomes illegal counts: not what had lost its ground before, as by a discontinuation that was lifted.
      const at = state.entries.findIndex((e) => e.eventId === later[0]!.eventId);
      const already = at < 0 ? [] : judge({ ...state, entries: state.entries.slice(0, at), discontinuations: known, written: new Map() }, later, around);
      violations.push(...found.filter((v) => !already.some((a) => a.clause === v.clause && a.code === v.code)).map((v) => ({ ...v, facts: { ...v.facts, eventId: later[0]!.eventId } })));
    }
  }
  return violations;
}

function keptCharge(e: Entry, replacement: string): { chargeId?: string } {
  if (e.type === 'ExcessDetected' && replacement === 'DetectExcess') return { chargeId: e.data.chargeId };
  if (e.type === 'DeviceFaultReported' && replacement === 'ReportFault') return { chargeId: e.data.faultId };
  if (e.type === 'DeviceLost' && replacement === 'ReportLoss') return { chargeId: e.data.lossId };
  return {};
}

function groups(entries: readonly Entry[]): Entry[][] {
  const out: Entry[][] = [];
  for (const e of entries) {
    const last = out.at(-1);
    if (last && last[0]!.commandId === e.commandId) last.push(e);
    else out.push([e]);
  }
  return out;
}
