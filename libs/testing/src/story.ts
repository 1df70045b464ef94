/** Contract lives told in memory: given what was recorded, when a command comes on a day, then exactly these events. */
import assert from 'node:assert/strict';
import { DEFAULT_POLICIES, type Policies } from '@app/agreement';
import { addMonths, plainDate, type Holidays, type PlainDate } from '@app/calendar';
import {
  BASE, NONE, chargesThrough, lifeOf, monthlyCharge, reconcile, upcoming,
  type Asked, type Charge, type ContractCommand, type ContractEvent, type ContractItem, type ContractState, type Decision, type Discontinuation, type Life, type OptionApplied, type RecordedContract, type RecordedEvent, type Refusal,
  type TerminationGround,
} from '@app/contract';
import { deriveId, type TextRef } from '@app/kernel';
import type { Fee, Yen } from '@app/money';
import { brief, briefRefusal, briefWarning } from './brief.js';
import { decideWithVows, isDecision } from './vows.js';

const day = (text: string): PlainDate => plainDate(text);
const asFee = (f: Fee | Yen): Fee => (typeof f === 'number' ? { kind: 'fixed', amount: f } : f);
const REF: TextRef = { ref: 'text', commitment: '0'.repeat(64) };

export interface StoryOptions {
  readonly policies?: Partial<Policies>;
  readonly holidays?: Holidays;
  readonly contractId?: string;
}

export interface ContractGiven {
  readonly item: string;
  readonly accounts?: number;
  /** Default: the billing start. */
  readonly accepted?: string;
  readonly billed: string;
  readonly fee?: Fee | Yen;
  readonly initial?: Yen | null;
  readonly agreed?: string;
  readonly onForm?: boolean;
}

export interface OptionGiven {
  readonly no: number;
  /** Name in the story; default the option's number. */
  readonly as?: string;
  readonly accounts?: number;
  readonly units?: number;
  readonly fee?: Fee | Yen;
  readonly initial?: Yen | null;
}

export interface ChangeGiven {
  readonly accounts: number;
  readonly effective: string;
  readonly by?: 'contractor' | 'provider';
  readonly noticed?: string;
  readonly fee?: Fee | Yen;
  readonly optionFees?: { readonly [name: string]: Fee | Yen };
  readonly optionAccounts?: { readonly [name: string]: number };
  readonly as?: string;
}

export interface NoticeGiven {
  readonly arrived?: string;
  readonly designated?: string | null;
  readonly onForm?: boolean;
  readonly as?: string;
}

export class Outcome {
  constructor(
    private readonly story: Story,
    readonly result: Decision | Refusal,
    readonly events: readonly RecordedEvent[],
  ) {}

  get lines(): string[] {
    return this.events.map((e) => brief({ type: e.type, data: e.data } as ContractEvent, this.story.nameOf));
  }

  /** Exactly these events, in this order, and nothing else. */
  thenOnly(...lines: readonly string[]): this {
    this.accepted();
    assert.deepEqual(this.lines, lines);
    return this;
  }

  /** The facts, and after them exactly these consequences. */
  thenAlso(...lines: readonly string[]): this {
    this.accepted();
    assert.deepEqual(this.lines.slice(-lines.length || this.lines.length), lines);
    return this;
  }

  /** Refused for exactly these reasons: `clause code`, a code without clause, `400 path` or `404 what`. */
  refused(...lines: readonly string[]): this {
    assert.ok(!isDecision(this.result), `accepted: ${this.lines.join(' | ')}`);
    assert.deepEqual(briefRefusal(this.result), lines);
    return this;
  }

  /** Exactly these warnings, as `clause code`. */
  warns(...lines: readonly string[]): this {
    assert.deepEqual(this.accepted().warnings.map(briefWarning), lines);
    return this;
  }

  accepted(): Decision {
    assert.ok(isDecision(this.result), `refused: ${isDecision(this.result) ? '' : briefRefusal(this.result).join(' | ')}`);
    return this.result;
  }

  /** Id of the first event of a type. */
  eventId(type: string): string {
    const e = this.events.find((x) => x.type === type);
    assert.ok(e, `no ${type} among ${this.lines.join(' | ')}`);
    return e.id;
  }
}

export class Story {
  readonly contractId: string;
  readonly policies: Policies;
  readonly holidays: Holidays | null;
  discontinuations: readonly Discontinuation[] = [];
  scopeUnits: readonly { readonly option: number; readonly units: number }[] | undefined;
  history: RecordedEvent[] = [];
  state: ContractState = NONE;
  now: PlainDate = day('2018-10-01');
  private commands = 0;
  private readonly names = new Map<string, string>();
  private readonly ids = new Map<string, string>();
  /** The last command told, as it was asked. */
  lastCommand: ContractCommand | null = null;

  constructor(options: StoryOptions = {}) {
    this.contractId = options.contractId ?? deriveId('contract', 'story');
    this.policies = { ...DEFAULT_POLICIES, ...options.policies };
    this.holidays = options.holidays ?? null;
  }

  // ---------------------------------------------------------------- names

  readonly nameOf = (id: string): string => this.names.get(id) ?? id;

  /** The id behind a name; `base` and ids are themselves. */
  idOf(name: string): string {
    return this.ids.get(name) ?? name;
  }

  private name(as: string, id: unknown): void {
    if (typeof id !== 'string') return;
    this.names.set(id, as);
    this.ids.set(as, id);
  }

  /** The same story so far, to be told on in another way. */
  fork(): Story {
    const { contractId, policies, holidays, discontinuations, scopeUnits, history, state, now, commands } = this;
    const other = new Story({ contractId, policies, ...(holidays ? { holidays } : {}) });
    for (const [as, id] of this.ids) other.name(as, id);
    return Object.assign(other, { discontinuations, scopeUnits, history, state, now, commands });
  }

  // ---------------------------------------------------------------- the clock

  /** Moves the clock and does nothing else: a scheduler that comes late. */
  at(text: string): this {
    const to = day(text);
    assert.ok(to >= this.now, `the clock stands on ${this.now} and does not go back to ${to}`);
    this.now = to;
    return this;
  }

  /** Moves the clock day by day through whatever falls due, and tells what was written, in order. */
  onDay(text: string): Outcome {
    const to = day(text);
    const events: RecordedEvent[] = [];
    let result: Decision | Refusal | null = null;
    while (this.state.status === 'recorded') {
      const next = upcoming(this.state, this)[0];
      if (!next || (next.on !== null && next.on > to)) break;
      const on: PlainDate = next.on ?? this.now;
      if (on > this.now) this.now = on;
      const step = this.recordDue(on);
      assert.ok(step.events.length > 0, `${next.event.type} is due on ${on} but was not written`);
      events.push(...step.events);
      result = step.result;
    }
    this.at(text);
    const last = this.recordDue(to);
    assert.deepEqual(last.lines, [], 'nothing is due any more');
    return new Outcome(this, result ?? last.result, events);
  }

  /** The scheduler's command: everything that has fallen due by a day. */
  recordDue(through: string = this.now): Outcome {
    const out = this.when({ name: 'RecordDue', through: day(through) });
    if (this.state.status === 'recorded') assert.deepEqual(reconcile(this.state, day(through), this), [], 'nothing is left to say');
    return out;
  }

  // ---------------------------------------------------------------- commands

  get asked(): Omit<Asked, 'commandId' | 'requestHash'> {
    return {
      today: this.now,
      contractId: this.contractId,
      contractorId: 'contractor',
      refs: { 'licensorTerms.document': REF, reason: REF },
      policies: this.policies,
      holidays: this.holidays,
      discontinuations: this.discontinuations,
      ...(this.scopeUnits ? { scopeUnits: this.scopeUnits } : {}),
    };
  }

  /** Decides, checks what every decision must keep, and records. */
  when(command: ContractCommand): Outcome {
    const asked: Asked = { ...this.asked, commandId: deriveId('command', this.contractId, this.commands++), requestHash: 'r' };
    this.lastCommand = command;
    const { outcome, state, events } = decideWithVows(this.history, this.state, command, asked);
    this.state = state;
    this.history = [...this.history, ...events];
    return new Outcome(this, outcome, events);
  }

  /** As {@link when}, with nothing recorded. */
  preview(command: ContractCommand): Outcome {
    return this.fork().when(command);
  }

  contractCommand(g: ContractGiven): ContractCommand & { name: 'ContractItem' } {
    const accepted = g.accepted ?? g.billed;
    const body: ContractItem = {
      managementUnitId: 'unit',
      item: g.item,
      accountCount: g.accounts ?? 100,
      acceptedOn: day(accepted),
      billingStartsOn: day(g.billed),
      fees: { initial: g.initial === undefined ? 0 : g.initial, monthly: asFee(g.fee ?? 100_000) },
      application: { number: 'A-1', onForm: g.onForm ?? true },
      licensorTerms: { document: 'terms', agreedOn: day(g.agreed ?? accepted) },
    };
    return { name: 'ContractItem', body };
  }

  /** Accepts a contract on its day (the clock moves there first if it stands before). */
  contract(g: ContractGiven): Outcome {
    const accepted = g.accepted ?? g.billed;
    if (accepted > this.now) this.at(accepted);
    return this.when(this.contractCommand(g));
  }

  optionsCommand(options: readonly OptionGiven[], g: { accepted?: string; billed?: string; onForm?: boolean } = {}): ContractCommand & { name: 'AddOptions' } {
    const accepted = g.accepted ?? this.now;
    return {
      name: 'AddOptions',
      body: {
        acceptedOn: day(accepted),
        billingStartsOn: day(g.billed ?? accepted),
        application: { number: 'O-1', onForm: g.onForm ?? true },
        options: options.map(
          (o): OptionApplied => ({
            option: o.no,
            ...(o.accounts === undefined ? {} : { accountCount: o.accounts }),
            ...(o.units === undefined ? {} : { units: o.units }),
            fees: { ...(o.initial === undefined ? {} : { initial: o.initial }), ...(o.fee === undefined ? {} : { monthly: asFee(o.fee) }) },
          }),
        ),
      },
    };
  }

  options(options: readonly OptionGiven[], g: { accepted?: string; billed?: string; onForm?: boolean } = {}): Outcome {
    const out = this.when(this.optionsCommand(options, g));
    if (isDecision(out.result)) options.forEach((o, i) => this.name(o.as ?? String(o.no), (out.accepted().answer['optionIds'] as string[])[i]));
    return out;
  }

  changeCommand(g: ChangeGiven): ContractCommand & { name: 'ChangeAccountCount' } {
    const byId = <T, U>(x: { readonly [name: string]: T }, f: (t: T) => U): { [id: string]: U } =>
      Object.fromEntries(Object.entries(x).map(([k, v]) => [this.idOf(k), f(v)]));
    return {
      name: 'ChangeAccountCount',
      body: {
        accountCount: g.accounts,
        effectiveOn: day(g.effective),
        requestedBy: g.by ?? 'contractor',
        ...(g.by === 'provider' ? { reason: 'text' } : {}),
        ...(g.noticed === undefined ? {} : { noticedOn: day(g.noticed) }),
        ...(g.fee === undefined ? {} : { fees: { monthly: asFee(g.fee) } }),
        ...(g.optionFees ? { optionFees: byId(g.optionFees, (f) => ({ monthly: asFee(f) })) } : {}),
        ...(g.optionAccounts ? { optionAccountCounts: byId(g.optionAccounts, (n) => n) } : {}),
      },
    };
  }

  change(g: ChangeGiven): Outcome {
    const out = this.when(this.changeCommand(g));
    if (isDecision(out.result)) this.name(g.as ?? 'change', out.accepted().answer['changeId']);
    return out;
  }

  withdrawChange(as = 'change'): Outcome {
    return this.when({ name: 'WithdrawAccountCountChange', changeId: this.idOf(as), body: { reason: 'text' } });
  }

  noticeCommand(subject: string, g: NoticeGiven): ContractCommand {
    const body = { arrivedOn: day(g.arrived ?? this.now), designatedOn: g.designated ? day(g.designated) : null, onForm: g.onForm ?? true };
    return subject === BASE ? { name: 'NotifyCancellation', body } : { name: 'NotifyOptionCancellation', optionId: this.idOf(subject), body };
  }

  /** A cancellation notice for the contract (`base`) or an option. */
  notice(subject: string, g: NoticeGiven = {}): Outcome {
    const out = this.when(this.noticeCommand(subject, g));
    if (isDecision(out.result)) this.name(g.as ?? `notice ${subject}`, out.accepted().answer['noticeId']);
    return out;
  }

  withdrawNotice(subject: string, g: { consented?: string; as?: string } = {}): Outcome {
    return this.when({
      name: 'WithdrawNotice',
      noticeId: this.idOf(g.as ?? `notice ${subject}`),
      ...(subject === BASE ? {} : { optionId: this.idOf(subject) }),
      body: { consentedOn: day(g.consented ?? this.now), reason: 'text' },
    });
  }

  terminate(endsOn: string, ground: TerminationGround = 'provider'): Outcome {
    return this.when({ name: 'Terminate', body: { endsOn: day(endsOn), ground, reason: 'text' } });
  }

  /** The vendor's discontinuation is known from now on and reaches this contract. */
  discontinue(vendor: string, endsOn: string, as = 'discontinuation'): Outcome {
    const discontinuation: Discontinuation = { discontinuationId: deriveId('discontinuation', as), vendor, endsOn: day(endsOn), lifted: false };
    this.discontinuations = [...this.discontinuations, discontinuation];
    return this.when({ name: 'ApplyDiscontinuation', discontinuation });
  }

  liftDiscontinuation(as = 'discontinuation'): Outcome {
    const id = deriveId('discontinuation', as);
    this.discontinuations = this.discontinuations.map((d) => (d.discontinuationId === id ? { ...d, lifted: true } : d));
    return this.when({ name: 'ApplyDiscontinuation', discontinuation: this.discontinuations.find((d) => d.discontinuationId === id)! });
  }

  quoteMonthly(subject: string, fee: Fee | Yen, effective: string): Outcome {
    return this.when({ name: 'Quote', body: { subject: this.idOf(subject), kind: 'monthly', fee: asFee(fee), effectiveOn: day(effective) } });
  }

  quote(subject: string, kind: 'initial' | 'oneTime' | 'excess', amount: Yen, chargeId?: string): Outcome {
    return this.when({ name: 'Quote', body: { subject: this.idOf(subject), kind, amount, ...(chargeId === undefined ? {} : { chargeId: this.idOf(chargeId) }) } });
  }

  excess(accounts: number, g: { detected?: string; charge?: Yen | null; subject?: string; as?: string } = {}): Outcome {
    const out = this.when({
      name: 'DetectExcess',
      body: { detectedOn: day(g.detected ?? this.now), accounts, charge: g.charge === undefined ? 1_000 : g.charge, ...(g.subject ? { optionId: this.idOf(g.subject) } : {}) },
    });
    if (isDecision(out.result)) this.name(g.as ?? 'excess', out.accepted().answer['chargeId']);
    return out;
  }

  fault(option: string, g: { occurred?: string; attributable?: boolean; charge?: Yen } = {}): Outcome {
    return this.when({ name: 'ReportFault', optionId: this.idOf(option), body: { occurredOn: day(g.occurred ?? this.now), attributableToContractor: g.attributable ?? false, ...(g.charge === undefined ? {} : { charge: g.charge }) } });
  }
  replacement(option: string, arrived: string = this.now): Outcome {
    return this.when({ name: 'ReceiveReplacement', optionId: this.idOf(option), body: { arrivedOn: day(arrived) } });
  }
  returned(option: string, on: string = this.now): Outcome {
    return this.when({ name: 'ReturnDevices', optionId: this.idOf(option), body: { returnedOn: day(on) } });
  }
  lost(option: string, charge: Yen | null = 50_000, on: string = this.now): Outcome {
    return this.when({ name: 'ReportLoss', optionId: this.idOf(option), body: { lostOn: day(on), charge } });
  }
  found(option: string, on: string = this.now): Outcome {
    return this.when({ name: 'ReportRecovery', optionId: this.idOf(option), body: { foundOn: day(on) } });
  }

  /** Strikes what an event's command entered; with a replacement, enters that in its place. */
  correct(eventId: string, replacement: ContractCommand | null = null): Outcome {
    return this.when({ name: 'Correct', body: { eventId, reason: 'text' }, replacement });
  }

  // ---------------------------------------------------------------- what follows

  get recorded(): RecordedContract {
    assert.ok(this.state.status === 'recorded', 'no contract yet');
    return this.state;
  }

  get life(): Life {
    const life = lifeOf(this.recorded, this);
    assert.ok(life, 'the contract is void');
    return life;
  }

  /** `2026-09-30 notice A10-2`, or null. */
  endOf(subject: string = BASE): string | null {
    const line = subject === BASE ? this.life.base : this.life.options.find((o) => o.subject === this.idOf(subject));
    assert.ok(line, `no line ${subject}`);
    return line.end && [line.end.on, line.end.reason, ...(line.end.clause && line.end.clause !== line.end.reason ? [line.end.clause] : [])].join(' ');
  }

  /** Yen of each line's settlement, by name. */
  get settlements(): { [name: string]: Yen } {
    return Object.fromEntries(this.life.settlements.map((s) => [this.nameOf(s.subject), s.amount]));
  }

  /** Monthly charges of a month, by name of the line. */
  monthly(month: string): { [name: string]: Yen | null } {
    return Object.fromEntries(
      [this.life.base, ...this.life.options].flatMap((l) => {
        const c = monthlyCharge(l, month, this.life.policies);
        return c ? [[this.nameOf(l.subject), c.amount]] : [];
      }),
    );
  }

  /** Monthly charges of a line over months, in order. */
  months(subject: string, from: string, count: number): (Yen | null)[] {
    return Array.from({ length: count }, (_, i) => this.monthly(addMonths(from, i))[subject] ?? null);
  }

  charges(through: string = this.now): Charge[] {
    return chargesThrough(this.life, day(through));
  }

  /** Charges other than monthly fallen due: `kind line clause day yen`. */
  oneOffs(through: string = this.now): string[] {
    return this.charges(through)
      .filter((c) => c.kind !== 'monthly')
      .map((c) => `${c.kind} ${this.nameOf(c.subject)} ${c.clause} ${c.dueOn} ${c.amount}`);
  }
}

/** A story from the agreement's first day. */
export const story = (options: StoryOptions = {}): Story => new Story(options);
