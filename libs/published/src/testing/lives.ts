/** Contract lives made of numbers: every kind of command, on time or late, refused ones passed over. For properties. */
import fc from 'fast-check';
import { DEFAULT_POLICIES, ITEM_CODES, OPTIONS, POLICY_NAMES, POLICY_SWITCHES, item as itemRow, option as optionRow, type ItemCode, type Policies } from '@app/agreement';
import { addDays, maxDate, minDate, monthOf, plainDate, type PlainDate } from '@app/calendar';
import {
  BASE, chargesThrough, contractStream, decide, fold, lifeOf, NONE,
  type Charge, type ContractCommand, type ContractState, type Discontinuation, type Life,
} from '@app/contract';
import { canonicalJson, deriveId, type EventMetadata, type Json } from '@app/kernel';
import type { Fee } from '@app/money';
import type { SourceEvent } from '../translate.js';

export type Move = readonly [kind: number, a: number, b: number, c: number];

export interface Script {
  readonly item: ItemCode;
  readonly policies: Policies;
  readonly first: readonly [days: number, wait: number, amount: number];
  readonly moves: readonly Move[];
}

const START = plainDate('2024-01-15');
const REF = { ref: '00000000-0000-5000-8000-000000000000', commitment: 'c'.repeat(64) };

/** Every switch at any of its values. */
export const anyPolicies = (): fc.Arbitrary<Policies> =>
  fc
    .record(Object.fromEntries(POLICY_NAMES.map((n) => [n, fc.constantFrom<string>(...POLICY_SWITCHES[n].values)])))
    .map((p) => ({ ...DEFAULT_POLICIES, ...p }) as Policies);

export const anyScript = (o: { readonly moves?: number; readonly policies?: fc.Arbitrary<Policies> } = {}): fc.Arbitrary<Script> =>
  fc.record({
    item: fc.constantFrom(...ITEM_CODES),
    policies: o.policies ?? anyPolicies(),
    first: fc.tuple(fc.nat(400), fc.nat(100), fc.nat(200_000)),
    moves: fc.array(fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), fc.nat(10_000)), { minLength: 8, maxLength: o.moves ?? 30 }),
  });

const feeOf = (n: number, quantity: boolean): Fee => {
  const unit = 1 + (n % 997);
  if (!quantity || n % 3 === 0) return { kind: 'fixed', amount: unit * 101 };
  return n % 3 === 1 ? { kind: 'perAccount', unit } : { kind: 'tiered', tiers: [{ upTo: 30, unit }, { unit: Math.max(1, unit - 7) }] };
};

/** A contract as it lives, with the events of each append as a store would hand them back. */
export class RandomLife {
  readonly contractId: string;
  readonly appends: SourceEvent[][] = [];
  state: ContractState = NONE;
  today: PlainDate = START;
  readonly told = new Map<string, number>();
  private readonly entered = new Map<string, ContractCommand>();
  private discontinuations: Discontinuation[] = [];
  private commands = 0;
  private position = 0;

  constructor(
    readonly script: Script,
    name = 'life',
  ) {
    this.contractId = deriveId('contract', name);
    const [days, wait, amount] = script.first;
    this.today = addDays(START, days);
    this.tell({
      name: 'ContractItem',
      body: {
        managementUnitId: deriveId('unit', name),
        item: script.item,
        accountCount: 20 + (amount % 150),
        acceptedOn: this.today,
        billingStartsOn: addDays(this.today, wait),
        fees: { initial: amount % 4 === 0 ? null : amount, monthly: feeOf(amount, true) },
        application: { number: 'A', onForm: true },
        licensorTerms: { document: 'd', agreedOn: this.today },
      },
    });
    // Lent devices have a life of their own; they are there in every other contract that may have them.
    if (wait % 2 === 0 && ['L', 'X'].includes(script.item)) this.tell(this.application([1, 2], this.today, days, wait));
  }

  get life(): Life | null {
    return this.state.status === 'none' ? null : lifeOf(this.state);
  }

  /** The last day of the horizon that a biller is compared on. */
  get horizon(): PlainDate {
    return addDays(this.today, 500);
  }

  /** What the ledger charges through the month of the horizon, by charge id. */
  charges(): Map<string, Charge> {
    const life = this.life;
    const last = plainDate(`${monthOf(this.horizon)}-28`);
    const charges = life ? chargesThrough(life, addDays(last, 40)).filter((c) => monthOf(c.dueOn) <= monthOf(last)) : [];
    return new Map(charges.map((c) => [c.id, c]));
  }

  /** One move; the number of events it led to. */
  move([kind, a, b, c]: Move): number {
    const before = this.appends.length;
    this.today = minDate(addDays(this.today, kind % 7 === 0 ? b % 500 : b % 45), plainDate('2034-12-31'));
    if (kind % 5 !== 0) this.tell({ name: 'RecordDue', through: this.today });
    const command = this.commandOf(Math.floor(kind / 7) % 18, a, b, c);
    if (command) this.tell(command);
    return this.appends.slice(before).flat().length;
  }

  private commandOf(kind: number, a: number, b: number, c: number): ContractCommand | null {
    const life = this.life;
    if (!life) return kind < 2 ? this.correction(a, b, c) : null;
    const today = this.today;
    const first = life.contract.acceptedOn;
    const past = (n: number): PlainDate => maxDate(n % 3 === 0 ? addDays(today, -(n % 200)) : today, first);
    const option = life.options[a % Math.max(1, life.options.length)];
    const subject = a % 2 === 0 || !option ? BASE : option.subject;
    // The contract's own end is the end of the story: notices are mostly of options.
    const ending = a % 7 === 0 || !option ? BASE : option.subject;
    switch (kind) {
      case 0: case 1: case 2: {
        const fitting = OPTIONS.filter((o) => o.items.includes(this.script.item)).map((o) => o.option);
        const wanted = Array.from({ length: 1 + (c % 3) }, (_, i) => fitting[(a + i * (1 + (b % 5))) % fitting.length]!);
        // What something else needs is applied for with it now and then.
        const needs = wanted.flatMap((no) => optionRow(no).prerequisites.filter((p) => p.item === null || p.item === this.script.item).flatMap((p) => p.anyOf.slice(0, 1)));
        return this.application(c % 4 === 3 ? wanted : [...needs, ...wanted], past(b), b, c);
      }
      case 3: {
        const own = life.options.filter((o) => o.row.basis === 'own');
        return {
          name: 'ChangeAccountCount',
          body: {
            accountCount: 10 + (b % (life.excesses.length > 0 ? 400 : 160)), effectiveOn: c % 2 === 0 ? past(c) : addDays(today, c % 100), requestedBy: 'contractor',
            ...(a % 3 === 0 ? { fees: { monthly: feeOf(b, true) } } : {}),
            ...(own.length > 0 && a % 2 === 0 ? { optionAccountCounts: { [own[a % own.length]!.subject]: 1 + (c % 90) } } : {}),
          },
        };
      }
      case 4: {
        const change = life.changes[a % Math.max(1, life.changes.length)];
        return change ? { name: 'WithdrawAccountCountChange', changeId: change.data.changeId, body: { reason: 'r' } } : null;
      }
      case 5: case 6: {
        const arrivedOn = past(b);
        const body = { arrivedOn, designatedOn: c % 3 === 0 ? null : addDays(arrivedOn, (c % 420) - 20), onForm: c % 11 !== 0 };
        return ending === BASE ? { name: 'NotifyCancellation', body } : { name: 'NotifyOptionCancellation', optionId: ending, body };
      }
      case 7: {
        const notice = life.notices[a % Math.max(1, life.notices.length)];
        return notice ? { name: 'WithdrawNotice', noticeId: notice.noticeId, ...(notice.subject === BASE ? {} : { optionId: notice.subject }), body: { consentedOn: maxDate(past(b), notice.arrivedOn), reason: 'r' } } : null;
      }
      case 8:
        return a % 8 === 0 ? { name: 'Terminate', body: { endsOn: addDays(today, (b % 300) - 60), ground: (['provider', 'general-terms-28-2', 'general-terms-28-3'] as const)[c % 3]!, reason: 'r' } } : null;
      case 9: {
        const known = this.discontinuations.at(-1);
        if (a % 6 !== 0 && (!known || known.lifted)) return null;
        if (known && !known.lifted) this.discontinuations[this.discontinuations.length - 1] = { ...known, lifted: true };
        else this.discontinuations.push({ discontinuationId: deriveId('discontinuation', this.commands), vendor: itemRow(life.contract.item).vendor, endsOn: addDays(today, c % 200), lifted: false });
        return { name: 'ApplyDiscontinuation', discontinuation: this.discontinuations.at(-1)! };
      }
      case 10:
        return { name: 'Quote', body: { subject, kind: 'monthly', fee: feeOf(c, (subject === BASE ? 'own' : option!.row.basis) !== 'none'), effectiveOn: b % 2 === 0 ? past(b) : addDays(today, b % 90) } };
      case 11: {
        const open = life.oneOffs.filter((x) => x.kind !== 'settlement' && x.kind !== 'monthly');
        const charge = open[a % open.length];
        if (!charge) return null;
        return { name: 'Quote', body: { subject: charge.subject, kind: charge.kind as 'initial' | 'oneTime' | 'excess', amount: b, ...(charge.kind === 'initial' ? {} : { chargeId: charge.id }) } };
      }
      case 12:
        return { name: 'DetectExcess', body: { detectedOn: past(b), accounts: 1 + (c % 40), charge: c % 3 === 0 ? null : c, ...(subject === BASE ? {} : { optionId: subject }) } };
      case 13: case 14: case 15: {
        const lent = life.options.find((o) => o.row.option === 2);
        if (!lent) return null;
        const optionId = lent.subject;
        const on = maxDate(past(b), lent.acceptedOn);
        if (c % 5 === 0) return { name: 'ReportFault', optionId, body: { occurredOn: on, attributableToContractor: a % 2 === 0, ...(a % 4 === 0 ? { charge: b } : {}) } };
        if (c % 5 === 1) return { name: 'ReceiveReplacement', optionId, body: { arrivedOn: on } };
        if (c % 5 === 2) return { name: 'ReturnDevices', optionId, body: { returnedOn: on } };
        if (c % 5 === 3) return { name: 'ReportLoss', optionId, body: { lostOn: on, charge: a % 2 === 0 ? null : b } };
        return { name: 'ReportRecovery', optionId, body: { foundOn: on } };
      }
      default:
        return this.correction(a, b, c);
    }
  }

  private application(numbers: readonly number[], acceptedOn: PlainDate, b: number, c: number): ContractCommand & { name: 'AddOptions' } {
    const options = [...new Set(numbers)].map((no) => {
      const row = optionRow(no);
      return {
        option: no,
        ...(row.basis === 'own' ? { accountCount: 1 + (b % 80) } : {}),
        ...(row.basis === 'units' ? { units: 1 + (b % 3) } : {}),
        fees: { ...(row.initial === 'zero' ? {} : { initial: b % 3 === 0 ? null : b }), ...(row.monthly ? { monthly: feeOf(b + no, row.basis !== 'none') } : {}) },
      };
    });
    const billingStartsOn = addDays(maxDate(acceptedOn, this.life!.contract.billingStartsOn), c % 60);
    return { name: 'AddOptions', body: { acceptedOn, billingStartsOn, application: { number: 'O', onForm: true }, options } };
  }

  /** Strikes something; every other time something of the same kind takes its place. */
  private correction(a: number, b: number, c: number): ContractCommand | null {
    const entries = this.state.status === 'recorded' ? this.state.entries.filter((e) => e.struckBy === null) : [];
    // The contract's own entry goes rarely: nothing can happen to a void contract.
    const open = entries.filter((e) => (e.type !== 'Contracted' && e.type !== 'LicensorTermsAgreed') || a % 6 === 0);
    const entry = open[b % Math.max(1, open.length)];
    if (!entry) return null;
    const was = this.entered.get(entry.commandId);
    const body = { eventId: entry.eventId, reason: 'r' };
    if (c % 2 === 0 || was === undefined) return entry.type === 'Contracted' && c % 3 !== 0 ? null : { name: 'Correct', body, replacement: null };
    return { name: 'Correct', body, replacement: varied(was, b, c) };
  }

  /** Decides and records; false if refused or nothing was new. */
  private tell(command: ContractCommand): boolean {
    const commandId = deriveId('command', this.contractId, this.commands++);
    const decision = decide(this.state, command, {
      today: this.today, commandId, requestHash: 'h', contractId: this.contractId, contractorId: 'contractor-1',
      refs: { reason: REF, 'licensorTerms.document': REF }, policies: this.script.policies, holidays: null, discontinuations: this.discontinuations,
    });
    if (!('events' in decision) || decision.events.length === 0) return false;
    const stood = this.state.status === 'recorded' ? this.state.revision : -1;
    const stream = contractStream(this.contractId);
    const events = decision.events.map((e, i): SourceEvent => {
      this.told.set(e.type, (this.told.get(e.type) ?? 0) + 1);
      return {
        id: e.id, type: e.type, stream, revision: stood + 1 + i, position: String(++this.position),
        data: JSON.parse(canonicalJson(e.data)) as Json, metadata: metadataOf(command.name, commandId, this.today, this.commands, e.receipts),
      };
    });
    this.appends.push(events);
    this.state = fold(this.state, events);
    if (command.name !== 'Correct') this.entered.set(commandId, command);
    else if (command.replacement) this.entered.set(commandId, command.replacement);
    return true;
  }
}

/** The same command with another date or price. */
function varied(command: ContractCommand, b: number, c: number): ContractCommand {
  const shift = (d: PlainDate): PlainDate => addDays(d, -(b % 30));
  switch (command.name) {
    case 'ContractItem':
      return { ...command, body: { ...command.body, billingStartsOn: addDays(command.body.billingStartsOn, c % 50), fees: { initial: b, monthly: feeOf(c, true) } } };
    case 'AddOptions':
      return {
        ...command,
        body: {
          ...command.body,
          billingStartsOn: addDays(command.body.billingStartsOn, c % 40),
          options: command.body.options.slice(0, 1 + (b % 3)).map((o) => ({ ...o, fees: { ...o.fees, ...(o.fees.monthly ? { monthly: { kind: 'fixed' as const, amount: b } } : {}) } })),
        },
      };
    case 'ChangeAccountCount':
      return { ...command, body: { ...command.body, accountCount: command.body.accountCount + (c % 9), effectiveOn: shift(command.body.effectiveOn) } };
    case 'NotifyCancellation':
    case 'NotifyOptionCancellation':
      return { ...command, body: { ...command.body, arrivedOn: shift(command.body.arrivedOn), onForm: c % 7 !== 1 } };
    case 'DetectExcess':
      return { ...command, body: { ...command.body, charge: b } };
    default:
      return command;
  }
}

export const metadataOf = (command: string, commandId: string, today: PlainDate, n: number, receipts: EventMetadata['receipts'] = []): EventMetadata => ({
  commandId, command, requestHash: 'h', actor: { subject: 'clerk', role: 'operator' }, $correlationId: commandId, $causationId: commandId,
  recordedAt: new Date(Date.UTC(2024, 0, 15) + n * 1000).toISOString(), businessDate: today, schemaVersion: 1, salt: '0'.repeat(32),
  agreement: { revision: 'S-R7-10-1-1', tables: '0' }, build: 'test', receipts,
});
