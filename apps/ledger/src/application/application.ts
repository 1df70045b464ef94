import { randomUUID } from 'node:crypto';
import { approvalStream, decideToken, evolveToken, newToken, noToken, type Role, type Token, type TokenBook, type TokenEvent } from '@app/access';
import { isVendor, item as itemRow, itemsOf, type Policies, type Vendor } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import { webhookStream } from '@app/delivery';
import {
  contractEvents,
  contractStream,
  correctDiscontinuation,
  decide,
  discontinue,
  fold,
  foldUnit,
  foldVendor,
  inTheWay,
  itemOf,
  itemTaken,
  lifeOf,
  NONE,
  recordEvents,
  recordReceipts,
  recordStream,
  successors,
  unitEvents,
  unitReceipts,
  unitsInUse,
  unitStream,
  UNKNOWN_VENDOR,
  vendorEvents,
  vendorReceipts,
  vendorStream,
  withVendorFacts,
  type AddOptions,
  type ContractCommand,
  type ContractItem,
  type ContractState,
  type CorrectDiscontinuation,
  type Decision,
  type Discontinue,
  type Discontinuation,
  type Holding,
  type OpenManagementUnit,
  type OpenUnit,
  type PreparedEvent,
  type RecordedContract,
  type RecordFact,
  type SeenCommand,
  type UnitEvent,
  type UnitState,
  type VendorState,
} from '@app/contract';
import { provisionalRefs, TextDiffers, type Register } from '@app/erasable';
import type { ContractorHolds } from '@app/read-models';
import { StoreUnavailable, UnknownOutcome, WrongExpectedRevision, type AppendResult, type EventStore, type ExpectedRevision, type NewEvent, type StoredEvent } from '@app/event-store';
import { deriveId, isMalformed, isNotFound, isRejected, Rejected, type EventMetadata, type Json, type Malformed, type NotFound } from '@app/kernel';
import type { Webhooks } from '../delivery/webhooks.js';
import { Unavailable, type Caller, type CommandEnvelope, type CommandOutcome, type LedgerApplication, type RuleMessage } from '../ports.js';
import { answerOf, type Recorded } from './answers.js';
import { Approvals } from './approvals.js';
import { contractorLock, Erasures } from './erasures.js';
import type { Context, Desk, Ended, Refs } from './context.js';
import { stamp, type Stamp, type Stampable } from './metadata.js';
import { Gate, KeyedMutex } from './mutex.js';
import { RecentOutcomes } from './outcomes.js';
import { FoldedStreams } from './streams.js';
import { erasureStream, outcomeStream, systemEvents, tokenEvents, webhookEvents } from './system-events.js';
import { textsOf } from './texts.js';

/** What commands need of the read side; asked only where the answer may be late. */
export interface CommandReads {
  /** The streams a command id was used on, as far as is known. */
  usesOf(commandId: string): readonly { readonly stream: string; readonly requestHash: string }[];
  /** How far what {@link usesOf} answers from holds the log; null: not at all, or nobody knows. */
  commandsAt(): string | null;
  /** Contracts of some items in a fixed order, one page after a contract id. */
  contractsOfItems(items: readonly string[], after: string | null, limit: number): readonly string[];
  /** Waits until the read models hold a position. */
  waitFor(position: string): Promise<void>;
  /** What is held under a contractor's id by everything recorded so far; null: nobody bears it. */
  contractor(contractorId: string): Promise<ContractorHolds | null>;
  /** One page of a discontinuation's outcomes. */
  outcomes(discontinuationId: string, cursor: string | undefined, limit: number): Promise<{ outcomes: object[]; nextCursor: string | null }>;
}

export interface ApplicationOptions {
  readonly store: EventStore;
  readonly register: Register;
  readonly tokens: TokenBook;
  readonly policies: Policies;
  readonly holidays: Holidays | null;
  readonly build: string;
  /** Whether what takes back, strikes or removes waits for a second subject. */
  readonly fourEyes: boolean;
  readonly retentionYears: number;
  readonly today: () => PlainDate;
  readonly reads: CommandReads;
  /** Asked for once commands come in. */
  readonly webhooks: () => Pick<Webhooks, 'decide' | 'changed'>;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

/** The scheduler and other work of the service itself. */
export const SYSTEM: Caller = { subject: 'ledger', role: 'admin', tokenId: 'none' };

const ATTEMPTS = 20;
const DISCONTINUATION_MS = 5_000;
const KEPT_LANDINGS = 100_000;
const RESUME_MS = 1_000;

/** Decides commands and appends what they come to; answers repeats from the log (design 8-14). */
export class Application implements LedgerApplication {
  readonly gate = new Gate();
  private readonly contracts: FoldedStreams<ContractState>;
  private readonly units: FoldedStreams<UnitState>;
  private readonly vendors: FoldedStreams<VendorState>;
  private readonly locks = new KeyedMutex();
  /** Appends whose outcome is not known: repeated with the same bytes before anything else is tried (design 8). */
  private readonly unsettled = new Map<string, { stream: string; expected: ExpectedRevision; events: readonly NewEvent[] }>();
  /** Answers that used a key up and that the read models may not hold yet. */
  readonly outcomes: RecentOutcomes;
  /** Preparations seen to be on their contract's stream. */
  private readonly landed = new Set<string>();
  private readonly jobs = new Map<string, Promise<void>>();
  readonly approvals: Approvals;
  readonly erasures: Erasures;
  private closing = false;

  constructor(private readonly o: ApplicationOptions) {
    this.outcomes = new RecentOutcomes((a, b) => o.store.compare(a, b));
    this.contracts = new FoldedStreams(o.store, contractEvents, NONE, fold);
    this.units = new FoldedStreams<UnitState>(o.store, unitEvents, { status: 'none' }, foldUnit);
    this.vendors = new FoldedStreams(o.store, vendorEvents, UNKNOWN_VENDOR, foldVendor, 100, true);
    const desk = this.desk();
    this.approvals = new Approvals(desk, o.register, o.fourEyes);
    this.erasures = new Erasures(desk, { ...o, contractor: (id) => o.reads.contractor(id), contract: (id) => this.readContract(id) });
  }

  private desk(): Desk {
    return {
      append: (commandId, stream, expected, events) => this.append(commandId, stream, expected, events),
      readStream: (stream) => this.o.store.readStream(stream),
      refs: (c, subject) => this.refs(c, subject),
      stampOf: (c, refs) => this.stampOf(c, refs),
      refused: (c, stream, rejected, refs) => this.refused(c, stream, rejected, refs),
      decide: (c) => this.decide(c),
      settle: (commandId) => this.settle(commandId),
      landed: (c) => this.writtenBy(c),
      contractorOf: (c) => this.contractorOf(c),
      alone: (key, work) => this.locks.run(key, work),
    };
  }

  execute(envelope: CommandEnvelope): Promise<CommandOutcome> {
    return this.gate.pass(() => this.run(envelope, this.o.today()));
  }

  /** As {@link execute}, for the service's own due work: past the gate, on a day of its own. */
  executeDue(contractId: string, due: { readonly on: PlainDate; readonly kind: string; readonly subject: string; readonly revision: number }, today: PlainDate): Promise<CommandOutcome> {
    const key = `due ${due.kind} ${due.subject} ${due.on} ${contractId} ${due.revision}`;
    return this.run(
      {
        name: 'RecordDue' as CommandEnvelope['name'],
        params: { id: contractId },
        body: { through: due.on, kind: due.kind },
        replacement: null,
        caller: SYSTEM,
        idempotencyKey: key,
        requestHash: deriveId('due', key),
        ifMatch: due.revision,
        preview: false,
        requestId: deriveId('due', key),
      },
      today,
    );
  }

  /** Records, for the service itself, that an endpoint has answered 410. */
  async recordGone(webhookId: string, eventId: string): Promise<void> {
    const requestId = randomUUID();
    const envelope: CommandEnvelope = { name: 'RecordGone' as CommandEnvelope['name'], params: { id: webhookId, eventId }, body: {}, replacement: null, caller: SYSTEM, idempotencyKey: null, requestHash: requestId, ifMatch: null, preview: false, requestId };
    const context = { envelope, commandId: requestId, today: this.o.today() };
    await this.gate.pass(() =>
      this.locks.run(webhookStream(webhookId), async () => {
        while ((await this.onWebhook(context)) === 'again') continue;
      }),
    );
  }

  /** Waits for what is under way; refuses nothing that has begun. */
  async close(): Promise<void> {
    this.closing = true;
    await this.gate.empty();
    await Promise.allSettled(this.jobs.values());
  }

  async discontinuationsOf(vendor: Vendor): Promise<readonly Discontinuation[]> {
    return (await this.vendors.load(vendorStream(vendor))).discontinuations;
  }

  private async run(envelope: CommandEnvelope, today: PlainDate): Promise<CommandOutcome> {
    const { caller, idempotencyKey, preview } = envelope;
    const commandId = preview || idempotencyKey === null ? randomUUID() : deriveId('command', caller.subject, idempotencyKey);
    const context: Context = { envelope, commandId, today };
    try {
      if (preview || idempotencyKey === null) return await this.dispatch(context);
      // A second call in flight with the same key waits, and then finds the answer of the first.
      return await this.locks.run(`key ${commandId}`, () => this.dispatch(context));
    } catch (error) {
      if (error instanceof TextDiffers) return { status: 422 };
      if (error instanceof UnknownOutcome) throw new Unavailable('outcome-unknown', 1, { hint: 'repeat with the same idempotency key' });
      if (error instanceof StoreUnavailable) throw new Unavailable('store-unavailable', 1);
      throw error;
    }
  }

  private async dispatch(c: Context): Promise<CommandOutcome> {
    const { envelope } = c;
    if (!envelope.preview) await this.settle(c.commandId);
    const before = envelope.preview ? null : await this.replay(c);
    return before ?? this.decide(c, this.approvals.holds(c) ? () => this.approvals.ask(c) : () => this.decideOnce(c));
  }

  private async decide(c: Context, once = (): Promise<Ended> => this.decideOnce(c)): Promise<CommandOutcome> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const ended = await once();
      if (ended !== 'again') return ended.done;
    }
    throw new Unavailable('contended', 1);
  }

  private decideOnce(c: Context): Promise<Ended> {
    const { name, params } = c.envelope;
    switch (name) {
      case 'OpenManagementUnit':
        return this.openUnit(c);
      case 'ContractItem':
        return this.contractItem(c);
      case 'Discontinue':
      case 'CorrectDiscontinuation':
        return this.vendorFact(c);
      case 'RecordFact':
        return this.recordFact(c);
      case 'IssueToken':
        return this.issueToken(c);
      case 'RevokeToken':
        return this.revokeToken(c);
      case 'DecideApproval':
        return this.approvals.decide(c);
      case 'EraseContractor':
        return this.erasures.erase(c);
      case 'RegisterWebhook':
      case 'ChangeWebhook':
      case 'RemoveWebhook':
      case 'RotateWebhookSecret':
      case 'SkipWebhookEvent':
      case 'RedeliverWebhook':
        return this.locks.run(webhookStream(this.webhookIdOf(c)), () => this.onWebhook(c));
      default:
        return this.locks.run(contractStream(params['id']!), () => this.onContract(c, params['id']!));
    }
  }

  // ---------------------------------------------------------------------------------------------- replays

  /** What an earlier call with the same key was answered, from the log; null: the key is new. */
  private async replay(c: Context): Promise<CommandOutcome | null> {
    const { envelope, commandId } = c;
    if (envelope.idempotencyKey === null) return null;
    const { requestHash } = envelope;
    const here = await this.ownStream(c);
    const seen = here.commands.get(commandId);
    if (seen) {
      if (seen.requestHash !== requestHash) return { status: 422 };
      return this.replayFrom(c, here.stream, seen);
    }
    const waiting = await this.approvals.replay(c);
    if (waiting) return waiting;
    const known = this.o.reads.commandsAt();
    const uses = this.o.reads.usesOf(commandId);
    const stream = outcomeStream(commandId);
    if (this.outcomes.unsure(commandId, known) || uses.some((use) => use.stream === stream)) {
      const [outcome] = await this.o.store.readStream(stream, { limit: 1 });
      if (outcome) return this.replayOutcome(outcome, requestHash);
    }
    // The same request may have reached the unit's stream and not yet its own.
    return uses.some((use) => use.requestHash !== requestHash) ? { status: 422 } : null;
  }

  /** What a command has written already, whoever asks. */
  private async writtenBy(c: Context): Promise<{ first: StoredEvent; outcome: CommandOutcome } | null> {
    const { stream, commands } = await this.ownStream(c);
    const seen = commands.get(c.commandId);
    if (seen) {
      const [first] = await this.o.store.readStream(stream, { from: seen.first, limit: 1 });
      return { first: first!, outcome: await this.replayFrom(c, stream, seen) };
    }
    const [first] = await this.o.store.readStream(outcomeStream(c.commandId), { limit: 1 });
    return first ? { first, outcome: this.replayOutcome(first, c.envelope.requestHash) } : null;
  }

  /** The stream on which a repeat of this command would be found. */
  private async ownStream(c: Context): Promise<{ stream: string; commands: ReadonlyMap<string, SeenCommand> }> {
    const { name, params } = c.envelope;
    const of = async <S extends { commands?: ReadonlyMap<string, SeenCommand> }>(streams: FoldedStreams<S>, stream: string) => {
      const state = await streams.load(stream);
      return { stream, commands: state.commands ?? new Map<string, SeenCommand>() };
    };
    switch (name) {
      case 'OpenManagementUnit':
        return of(this.units as FoldedStreams<UnitState & { commands?: ReadonlyMap<string, SeenCommand> }>, unitStream(this.unitIdOf(c)));
      case 'ContractItem': {
        const stream = contractStream(this.contractIdOf(c));
        const mine = await of(this.contracts as FoldedStreams<ContractState & { commands?: ReadonlyMap<string, SeenCommand> }>, stream);
        if (mine.commands.size > 0) return mine;
        // Reserved, but the second step never came: complete it first.
        const unit = await this.units.load(unitStream((c.envelope.body as ContractItem).managementUnitId));
        if (unit.status !== 'open' || !unit.commands.has(c.commandId)) return mine;
        if (unit.commands.get(c.commandId)!.requestHash !== c.envelope.requestHash) return { stream, commands: unit.commands };
        await this.complete(unit);
        return of(this.contracts as FoldedStreams<ContractState & { commands?: ReadonlyMap<string, SeenCommand> }>, stream);
      }
      case 'Discontinue':
      case 'CorrectDiscontinuation':
        return of(this.vendors, vendorStream(params['vendor']!));
      case 'RecordFact':
        return this.single(recordStream(deriveId('record', c.commandId)));
      case 'IssueToken':
        return this.single(`token-${deriveId('token', c.commandId)}`);
      case 'RevokeToken':
        return this.single(`token-${params['tokenId']!}`);
      case 'DecideApproval':
        return this.single(approvalStream(params['approvalId']!));
      case 'EraseContractor':
        return this.single(erasureStream(deriveId('erasure', c.commandId)));
      case 'RegisterWebhook':
      case 'ChangeWebhook':
      case 'RemoveWebhook':
      case 'RotateWebhookSecret':
      case 'SkipWebhookEvent':
      case 'RedeliverWebhook':
        return this.single(webhookStream(this.webhookIdOf(c)));
      default:
        return of(this.contracts as FoldedStreams<ContractState & { commands?: ReadonlyMap<string, SeenCommand> }>, contractStream(params['id']!));
    }
  }

  private async single(stream: string): Promise<{ stream: string; commands: ReadonlyMap<string, SeenCommand> }> {
    const commands = new Map<string, SeenCommand>();
    for (const e of await this.o.store.readStream(stream))
      commands.set(e.metadata.commandId, { name: e.metadata.command, requestHash: e.metadata.requestHash, first: e.revision, last: e.revision });
    return { stream, commands };
  }

  private async replayFrom(c: Context, stream: string, seen: SeenCommand): Promise<CommandOutcome> {
    const events = (await this.o.store.readStream(stream, { from: seen.first, limit: seen.last - seen.first + 1 })).filter((e) => e.metadata.commandId === c.commandId);
    if (c.envelope.name === 'DecideApproval') return this.approvals.answer(events[0]!, true);
    // The event may have come about without the removal that follows it.
    if (c.envelope.name === 'EraseContractor') await this.erasures.repeat(deriveId('erasure', c.commandId));
    const body = answerOf(events);
    const status = events[0]!.metadata.status === 201 ? 201 : 200;
    if (c.envelope.name === 'Discontinue' || c.envelope.name === 'CorrectDiscontinuation') {
      const outcome = await this.discontinuationAnswer(c.envelope.params['vendor'] as Vendor, body as { discontinuationId: string; revision: number });
      return { status, body: outcome, replayed: true };
    }
    return { status, body, replayed: true };
  }

  private replayOutcome(e: StoredEvent, requestHash: string): CommandOutcome {
    if (e.metadata.requestHash !== requestHash) return { status: 422 };
    const data = e.data as unknown as { code: string; violations: Rejected['violations']; facts: Rejected['facts']; body?: object };
    if (e.type === 'CommandRefused') return { status: 409, rejected: new Rejected(data.code, data.violations, data.facts), replayed: true };
    return { status: 200, body: { ...data.body, position: e.position }, replayed: true };
  }

  /** Repeats an append of this command whose outcome was left open, with the very same bytes. */
  private async settle(commandId: string): Promise<void> {
    const open = this.unsettled.get(commandId);
    if (!open) return;
    try {
      await this.o.store.append(open.stream, open.expected, open.events);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    this.unsettled.delete(commandId);
    this.forget(open.stream);
    if (open.stream.startsWith(webhookStream(''))) this.o.webhooks().changed(open.stream.slice(webhookStream('').length));
  }

  private forget(stream: string): void {
    this.contracts.forget(stream);
    this.units.forget(stream);
    this.vendors.forget(stream);
  }

  /** Appends, remembering the batch where the outcome stays open. */
  private async append(commandId: string, stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    try {
      return await this.o.store.append(stream, expected, events);
    } catch (error) {
      this.forget(stream);
      if (error instanceof UnknownOutcome) {
        this.unsettled.set(commandId, { stream, expected, events });
        if (this.unsettled.size > 10_000) this.unsettled.delete(this.unsettled.keys().next().value!);
      }
      throw error;
    }
  }

  // ---------------------------------------------------------------------------------------------- endings

  private async refused(c: Context, stream: string, rejected: Rejected, texts?: Refs): Promise<Ended> {
    // What waited for a second word goes on waiting: the refusal is what the decision came to.
    if (c.approval) return this.refused(c.approval.decision, stream, rejected, c.approval.refs);
    if (!c.envelope.preview && c.envelope.caller !== SYSTEM) await this.recordOutcome(c, 'CommandRefused', { stream, code: rejected.code, violations: rejected.violations as unknown as Json, facts: rejected.facts as Json }, 409, texts);
    return { done: { status: 409, rejected, replayed: false } };
  }

  private async recordOutcome(c: Context, type: 'CommandRefused' | 'CommandAnswered', data: { [key: string]: Json }, status: number, texts: Refs | undefined): Promise<string> {
    const event: Stampable = { id: deriveId('outcome', c.commandId), type, data: { command: c.envelope.name, ...data }, receipts: [] };
    this.outcomes.begin(c.commandId);
    const result = await this.append(c.commandId, outcomeStream(c.commandId), 'no_stream', stamp([event], systemEvents, this.stampOf(c, texts), { status }));
    this.outcomes.done(c.commandId, result.position);
    return result.position;
  }

  /** A command to a stream without contracts that says nothing new. */
  private async unchanged(c: Context, stream: string, answer: { readonly [key: string]: Json }, texts: Refs): Promise<Ended> {
    const body = { ...answer, events: [], receipts: [], warnings: [] };
    if (c.envelope.preview) return { done: { status: 200, body: { ...body, position: null, preview: true }, replayed: false } };
    if (c.envelope.caller === SYSTEM) return { done: { status: 200, body, replayed: false } };
    const position = await this.recordOutcome(c, 'CommandAnswered', { stream, body }, 200, texts);
    return { done: { status: 200, body: { ...body, position }, replayed: false } };
  }

  private stampOf(c: Context, texts: Refs | undefined): Stamp {
    const channel = (c.envelope.body as { channel?: string }).channel;
    return {
      commandId: c.commandId,
      envelope: c.envelope,
      ...(channel === undefined ? {} : { channel }),
      ...(texts?.['reason'] ? { reason: texts['reason'] } : {}),
      ...(texts?.['document'] ? { document: texts['document'] } : {}),
      ...(c.approval ? { approval: c.approval.by, causationId: c.approval.by.decisionId } : {}),
      businessDate: c.today,
      build: this.o.build,
    };
  }

  private answered(x: Malformed<RuleMessage> | NotFound): Ended {
    return 'errors' in x ? { done: { status: 400, errors: x.errors } } : { done: { status: 404, what: x.what } };
  }

  private async refs(c: Context, subject: string | undefined): Promise<Refs> {
    const texts = textsOf(c.envelope, subject);
    if (texts.length === 0) return {};
    const refs = c.envelope.preview ? provisionalRefs(c.commandId, texts) : await this.o.register.write(c.commandId, texts);
    return Object.fromEntries(texts.map((t, i) => [t.slot, refs[i]!]));
  }

  private async contractorOf({ envelope: { params } }: Context): Promise<string | undefined> {
    if (params['id'] === undefined) return undefined;
    const state = await this.contracts.load(contractStream(params['id']));
    return state.status === 'recorded' ? contractorIn(state) : undefined;
  }

  // ---------------------------------------------------------------------------------------------- contracts

  private async onContract(c: Context, contractId: string): Promise<Ended> {
    const { envelope } = c;
    const stream = contractStream(contractId);
    const state = await this.contracts.load(stream);
    if (state.status === 'none') return { done: { status: 404, what: 'contract' } };
    const stale = envelope.ifMatch !== null && envelope.ifMatch !== state.revision;
    if (stale) return { done: { status: 412, revision: state.revision } };
    const refs = await this.refs(c, contractorIn(state));
    const vendorFacts = await this.vendorFactsOf(state);
    const command = commandOf(envelope);

    const applied = applicationIn(command);
    const scope = applied ? await this.scopeOf(state, applied) : null;
    if (scope === 'again') return 'again';
    const decision = decide(state, command, {
      today: c.today,
      commandId: c.commandId,
      requestHash: envelope.requestHash,
      contractId,
      refs,
      policies: this.o.policies,
      holidays: this.o.holidays,
      discontinuations: vendorFacts,
      ...(scope ? { scopeUnits: scope.units } : {}),
    });
    if (isMalformed(decision) || isNotFound(decision)) return this.answered(decision);
    if (isRejected(decision)) return this.refused(c, stream, decision, refs);

    const answer = { ...decision.answer, warnings: decision.warnings as unknown as Json };
    if (decision.events.length === 0) {
      if (envelope.caller === SYSTEM) return { done: { status: 200, body: { contractId, revision: state.revision }, replayed: false } };
      const body = { contractId, revision: state.revision, events: [], receipts: [], ...answer };
      if (envelope.preview) return { done: { status: 200, body: { ...body, position: null, preview: true }, replayed: false } };
      const position = await this.recordOutcome(c, 'CommandAnswered', { stream, body: body as unknown as Json }, 200, refs);
      return { done: { status: 200, body: { ...body, position }, replayed: false } };
    }

    const before = holdingOf(state, this.o.holidays);
    const after = holdingOf(decision.state, this.o.holidays);
    const holds = before && after && (envelope.preview || !sameHolding(before, after)) ? { before, after, unit: unitOf(state) } : null;
    const conclude = async (): Promise<Ended> => {
      if (holds) {
        const taken = await this.holdFirst(c, holds);
        if (taken === 'again') return 'again';
        if (taken) return this.refused(c, stream, taken, refs);
      }
      const events = stamp(decision.events.map((e) => e as Stampable), contractEvents, this.stampOf(c, refs), { status: 200, ...answer });
      if (envelope.preview) return { done: { status: 200, body: previewBody(decision, contractId, answer), replayed: false } };
      if (scope) {
        const reserved = await this.reserveUnits(c, scope.unit, contractId, state.revision, decision, events);
        if (!reserved) return 'again';
      }
      try {
        const result = await this.append(c.commandId, stream, state.revision, events);
        this.contracts.remember(stream, decision.state);
        if (scope) this.hasLanded(events[0]!.id);
        if (holds) await this.freeAfter(c, holds);
        return { done: { status: 200, body: answerOf(recorded(decision, events, state.revision, result)), replayed: false } };
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        if (scope) await this.releaseUnits(c, scope.unit.managementUnitId, contractId, decision);
        if (envelope.ifMatch !== null) {
          const now = await this.contracts.load(stream);
          return { done: { status: 412, revision: now.status === 'recorded' ? now.revision : null } };
        }
        return 'again';
      }
    };
    return this.holding(holds, conclude);
  }

  /** What the vendor's stream says that the contract may not know yet. */
  private async vendorFactsOf(state: RecordedContract): Promise<readonly Discontinuation[]> {
    const contracted = state.entries.find((e) => e.type === 'Contracted' && e.struckBy === null) ?? state.entries.find((e) => e.type === 'Contracted');
    if (contracted?.type !== 'Contracted') return [];
    return this.discontinuationsOf(itemRow(contracted.data.item).vendor);
  }

  /** The contract as reads show it: with the vendor's facts applied. */
  async readContract(contractId: string): Promise<RecordedContract | null> {
    const state = await this.contracts.load(contractStream(contractId));
    return state.status === 'recorded' ? withVendorFacts(state, await this.vendorFactsOf(state)) : null;
  }

  // ---------------------------------------------------------------------------------------------- units

  private unitIdOf = (c: Context): string => deriveId('management-unit', c.commandId);
  private contractIdOf = (c: Context): string => deriveId('contract', c.commandId);

  private openUnit(c: Context): Promise<Ended> {
    const body = c.envelope.body as OpenManagementUnit;
    // An erasure of this contractor's texts and a name that comes anew do not meet.
    return this.locks.run(contractorLock(body.contractor.id), () => this.openUnitAlone(c, body));
  }

  private async openUnitAlone(c: Context, body: OpenManagementUnit): Promise<Ended> {
    const managementUnitId = this.unitIdOf(c);
    const refs = await this.refs(c, body.contractor.id);
    const event = ofUnit(deriveId('event', c.commandId, 0), {
      type: 'ManagementUnitOpened',
      data: { managementUnitId, contractorId: body.contractor.id, contractorName: refs['contractor.name']!, name: refs['name']! },
    });
    return this.appendNew(c, unitStream(managementUnitId), event, unitEvents, refs, { managementUnitId });
  }

  /** The one event of a stream of its own. */
  private async appendNew(c: Context, stream: string, event: Stampable, registry: typeof unitEvents, refs: Refs, answer: { readonly [key: string]: Json }, onAppended?: () => object): Promise<Ended> {
    const events = stamp([event], registry, this.stampOf(c, refs), { status: 201, ...answer });
    const shape = { events: [{ id: event.id, type: event.type, data: event.data }], receipts: event.receipts, warnings: [] };
    if (c.envelope.preview) return { done: { status: 200, body: { ...answer, ...shape, revision: 0, position: null, preview: true }, replayed: false } };
    try {
      const result = await this.append(c.commandId, stream, 'no_stream', events);
      this.forget(stream);
      return { done: { status: 201, body: { ...answer, revision: result.revision, position: result.position, ...shape, ...onAppended?.() }, replayed: false } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }

  private contractItem(c: Context): Promise<Ended> {
    const body = c.envelope.body as ContractItem;
    return this.locks.run(unitStream(body.managementUnitId), () => this.contractOnUnit(c, body));
  }

  private async contractOnUnit(c: Context, body: ContractItem): Promise<Ended> {
    const { envelope } = c;
    const stream = unitStream(body.managementUnitId);
    const unit = await this.units.load(stream);
    if (unit.status === 'none') return { done: { status: 404, what: 'management-unit' } };
    if (!envelope.preview) await this.complete(unit);
    const contractId = this.contractIdOf(c);
    const refs = await this.refs(c, unit.contractorId);
    const code = itemOf(body.item, body.acceptedOn);
    const discontinuations = code ? await this.discontinuationsOf(itemRow(code).vendor) : [];
    const decision = decide(NONE, { name: 'ContractItem', body }, {
      today: c.today,
      commandId: c.commandId,
      requestHash: envelope.requestHash,
      contractId,
      refs,
      policies: this.o.policies,
      holidays: this.o.holidays,
      discontinuations,
      contractorId: unit.contractorId,
    });
    if (isMalformed(decision) || isNotFound(decision)) return this.answered(decision);
    const violations = isRejected(decision) ? [...decision.violations] : [];
    const freed: Stampable[] = [];
    for (const holder of code ? inTheWay(unit, code, body.billingStartsOn, contractId) : []) {
      // Before refusing, the holder's own stream is read (design 13).
      const through = await this.heldThrough(holder);
      if (through === undefined || (through !== null && through < body.billingStartsOn)) freed.push(freedEvent(holder, through ?? null, deriveId('freed', c.commandId, holder.contractId)));
      else violations.push(...itemTaken({ ...holder, through }, code!).violations);
    }
    if (violations.length > 0) return this.refused(c, stream, new Rejected('refused-by-agreement', [...violations].sort((a, b) => (a.clause < b.clause ? -1 : 1))), refs);
    const made = decision as Decision;
    const answer = { ...made.answer, warnings: made.warnings as unknown as Json };
    const events = stamp(made.events.map((e) => e as Stampable), contractEvents, this.stampOf(c, refs), { status: 201, ...answer });
    if (envelope.preview) return { done: { status: 200, body: previewBody(made, contractId, answer), replayed: false } };
    const reserved = ofUnit(deriveId('reserved', c.commandId), {
      type: 'ItemReserved',
      data: { contractId, item: code!, billingStartsOn: body.billingStartsOn, append: events as unknown as PreparedEvent[] },
    });
    try {
      const onUnit = stamp([...freed, reserved], unitEvents, this.stampOf(c, refs), { status: 201 });
      await this.append(c.commandId, stream, unit.revision, onUnit);
      this.units.forget(stream);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
    const result = await this.append(c.commandId, contractStream(contractId), 'no_stream', events);
    this.hasLanded(events[0]!.id);
    this.contracts.remember(contractStream(contractId), made.state);
    return { done: { status: 201, body: answerOf(recorded(made, events, -1, result)), replayed: false } };
  }

  /** The last day a contract holds its item by its own stream; null: no end; undefined: it holds nothing (void). */
  private async heldThrough(h: Holding): Promise<PlainDate | null | undefined> {
    for (const [commandId, open] of this.unsettled) if (open.stream === contractStream(h.contractId)) await this.settle(commandId);
    const state = await this.readContract(h.contractId);
    if (!state) return null;
    const life = lifeOf(state, { holidays: this.o.holidays });
    if (!life || life.item.code !== h.item) return undefined;
    return life.end?.on ?? null;
  }

  /** Appends what a unit prepared for a contract and what may not have got there, exactly as it was decided (design 12). */
  async complete(unit: OpenUnit): Promise<void> {
    const prepared = unit.prepared;
    if (!prepared || this.landed.has(prepared.append[0]!.id)) return;
    const stream = contractStream(prepared.contractId);
    try {
      await this.o.store.append(stream, prepared.expected, prepared.append);
      this.contracts.forget(stream);
    } catch (error) {
      // The contract has moved on without it: only option units, whose command was decided again.
      if (!(error instanceof WrongExpectedRevision) || prepared.expected === 'no_stream') throw error;
    }
    this.hasLanded(prepared.append[0]!.id);
  }

  /** Forgetting costs an append that is answered as a repeat, no more. */
  private hasLanded(eventId: string): void {
    if (this.landed.size >= KEPT_LANDINGS) this.landed.clear();
    this.landed.add(eventId);
  }

  /** Finishes reservations whose second step never came (at start). */
  async sweepUnit(managementUnitId: string): Promise<void> {
    await this.locks.run(unitStream(managementUnitId), async () => {
      const unit = await this.units.load(unitStream(managementUnitId));
      if (unit.status === 'open') await this.complete(unit);
    });
  }

  /** Whatever prolongs what a contract holds writes the unit first, and is refused when a successor is reserved (design 13). */
  private async holdFirst(c: Context, { before, after, unit: managementUnitId }: Holds): Promise<Rejected | 'again' | null> {
    if (!prolongs(before, after)) return null;
    const stream = unitStream(managementUnitId);
    const unit = await this.units.load(stream);
    if (unit.status !== 'open') throw new Error(`unit ${managementUnitId} of contract ${after.contractId} does not exist`);
    for (const s of successors(unit, after.item, after.billingStartsOn, after.through, after.contractId)) {
      const through = await this.heldThrough(s);
      if (through === undefined || (through !== null && through < after.billingStartsOn)) continue;
      return itemTaken(s, after.item);
    }
    if (c.envelope.preview) return null;
    const held = unit.holdings.find((h) => h.contractId === after.contractId);
    if (held && sameHolding(held, after)) return null;
    const event = ofUnit(deriveId('held', c.commandId, unit.revision), {
      type: 'ItemHeld',
      data: { contractId: after.contractId, item: after.item, billingStartsOn: after.billingStartsOn, through: after.through },
    });
    try {
      await this.append(c.commandId, stream, unit.revision, stamp([event], unitEvents, this.stampOf(c, undefined), { status: 200 }));
      this.units.forget(stream);
      return null;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }

  /**
   * Runs what may prolong a contract so that nobody reserves its item between the unit's word and the contract's own:
   * a successor would ask the contract, which does not know yet.
   */
  private holding<T>(holds: Holds | null, work: () => Promise<T>): Promise<T> {
    return holds && prolongs(holds.before, holds.after) ? this.locks.run(unitStream(holds.unit), work) : work();
  }

  /** Whatever shortens it writes the contract first; the unit may learn later, since it asks the contract before refusing. */
  private async freeAfter(c: Context, { before, after, unit: managementUnitId }: Holds): Promise<void> {
    if (prolongs(before, after)) return;
    const stream = unitStream(managementUnitId);
    try {
      await this.locks.run(stream, async () => {
        const unit = await this.units.load(stream);
        if (unit.status !== 'open') return;
        const holding = unit.holdings.find((h) => h.contractId === after.contractId);
        if (!holding || (holding.void === after.void && holding.through === after.through)) return;
        const event = freedEvent(holding, after.void ? null : after.through, deriveId('freed', c.commandId, after.contractId));
        await this.append(c.commandId, stream, unit.revision, stamp([event], unitEvents, this.stampOf(c, undefined), { status: 200 }));
        this.units.forget(stream);
      });
    } catch (error) {
      this.unsettled.delete(c.commandId);
      this.o.log.warn({ err: error, managementUnitId, contractId: after.contractId }, 'the unit was not told that its item is free; it will ask the contract');
    }
  }

  // ------------------------------------------------------------------------------- limits across the parent (N29)

  private async scopeOf(state: RecordedContract, body: AddOptions): Promise<{ unit: OpenUnit; units: { option: number; units: number }[] } | 'again' | null> {
    const life = lifeOf(state, { holidays: this.o.holidays });
    if (!life || life.policies.limitsScope !== 'parent' || !body.options.some((o) => LIMITED.has(o.option))) return null;
    const unit = await this.units.load(unitStream(life.contract.managementUnitId));
    if (unit.status !== 'open') throw new Error(`unit ${life.contract.managementUnitId} does not exist`);
    await this.complete(unit);
    const totals = new Map<number, number>();
    for (const h of unit.holdings) {
      if (h.contractId === state.contractId) continue;
      const other = await this.readContract(h.contractId);
      if (!other) continue;
      for (const u of unitsInUse(other, body.acceptedOn, { holidays: this.o.holidays })) totals.set(u.option, (totals.get(u.option) ?? 0) + u.units);
    }
    return { unit, units: [...totals].map(([option, units]) => ({ option, units })) };
  }

  private async reserveUnits(c: Context, unit: OpenUnit, contractId: string, expectedRevision: number, decision: Decision, events: readonly NewEvent[]): Promise<boolean> {
    const units = decision.events.flatMap((e) => (e.type === 'OptionAdded' && e.data.units !== undefined ? [{ option: e.data.option, optionId: e.data.optionId, units: e.data.units }] : []));
    const event = ofUnit(deriveId('units-reserved', c.commandId, unit.revision), {
      type: 'OptionUnitsReserved',
      data: { contractId, expectedRevision, units, append: events as unknown as PreparedEvent[] },
    });
    const stream = unitStream(unit.managementUnitId);
    try {
      await this.append(c.commandId, stream, unit.revision, stamp([event], unitEvents, this.stampOf(c, undefined), { status: 200 }));
      this.units.forget(stream);
      return true;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return false;
    }
  }

  private async releaseUnits(c: Context, managementUnitId: string, contractId: string, decision: Decision): Promise<void> {
    const stream = unitStream(managementUnitId);
    const unit = await this.units.load(stream);
    if (unit.status !== 'open') return;
    const event = ofUnit(deriveId('units-released', c.commandId, unit.revision), {
      type: 'OptionUnitsReleased',
      data: { contractId, optionIds: decision.events.flatMap((e) => (e.type === 'OptionAdded' ? [e.data.optionId] : [])) },
    });
    await this.append(c.commandId, stream, unit.revision, stamp([event], unitEvents, this.stampOf(c, undefined), { status: 200 })).catch((error: unknown) => {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    });
    this.units.forget(stream);
  }

  // ---------------------------------------------------------------------------------------------- vendors

  private async vendorFact(c: Context): Promise<Ended> {
    const { envelope } = c;
    const vendor = envelope.params['vendor']!;
    if (!isVendor(vendor)) return { done: { status: 404, what: 'vendor' } };
    const stream = vendorStream(vendor);
    const state = await this.vendors.load(stream);
    const refs = await this.refs(c, undefined);
    const decided =
      envelope.name === 'Discontinue'
        ? discontinue(envelope.body as Discontinue, { vendor, commandId: c.commandId })
        : correctDiscontinuation(state, envelope.params['discontinuationId']!, envelope.body as CorrectDiscontinuation, { vendor, commandId: c.commandId, reason: refs['reason']! });
    if (isRejected(decided)) return this.refused(c, stream, decided, refs);
    if (isNotFound(decided)) return this.answered(decided);
    const { discontinuationId } = decided;
    if (envelope.preview) {
      const planned = decided.events.reduce<Discontinuation[]>(
        (all, e) => (e.type === 'VendorDiscontinued' ? [...all, { ...e.data, lifted: false }] : e.type === 'VendorDiscontinuationCorrected' ? all.map((d) => (d.discontinuationId === e.data.discontinuationId ? { ...d, lifted: true } : d)) : all),
        [...state.discontinuations],
      );
      const { outcomes, nextCursor } = await this.planned(vendor, planned);
      return { done: { status: 200, body: { discontinuationId, vendor, outcomes, nextCursor, complete: false, events: decided.events.map(({ id, type, data }) => ({ id, type, data })), receipts: decided.events.flatMap((e) => e.receipts), warnings: [], position: null, preview: true }, replayed: false } };
    }
    const events = stamp(decided.events.map((e) => e as Stampable), vendorEvents, this.stampOf(c, refs), { status: 201, discontinuationId, vendor });
    try {
      const result = await this.append(c.commandId, stream, state.revision < 0 ? 'no_stream' : state.revision, events);
      this.vendors.forget(stream);
      await this.o.reads.waitFor(result.position);
      const body = { discontinuationId, vendor, revision: result.revision, position: result.position, events: decided.events.map(({ id, type, data }) => ({ id, type, data })), receipts: decided.events.flatMap((e) => e.receipts), warnings: [] };
      const job = this.carryOut(vendor);
      await Promise.race([job, new Promise((resolve) => setTimeout(resolve, DISCONTINUATION_MS).unref())]);
      return { done: { status: 201, body: await this.discontinuationAnswer(vendor, body), replayed: false } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }

  /** The first outcomes of a discontinuation that is only asked about. */
  private async planned(vendor: Vendor, discontinuations: readonly Discontinuation[]): Promise<{ outcomes: object[]; nextCursor: null }> {
    const outcomes: object[] = [];
    for (const contractId of this.o.reads.contractsOfItems(itemsOf(vendor), null, 50)) {
      const state = await this.contracts.load(contractStream(contractId));
      const life = state.status === 'recorded' ? lifeOf(withVendorFacts(state, discontinuations), { holidays: this.o.holidays }) : null;
      if (life) outcomes.push({ contractId, outcome: life.end?.reason === 'A9' ? 'ends' : life.end ? 'alreadyEnds' : 'lifted', endsOn: life.end?.on ?? null, reason: life.end?.reason ?? null, told: false });
    }
    return { outcomes, nextCursor: null };
  }

  /** The answer of a vendor's fact: complete, and at the position by which everybody was told, once that is so. */
  private async discontinuationAnswer(vendor: Vendor, body: { readonly discontinuationId: string; readonly revision: number }): Promise<object> {
    const { discontinuationId } = body;
    const later = await this.o.store.readStream(vendorStream(vendor), { from: body.revision + 1 });
    const told = later.find((e) => e.type === 'VendorDiscontinuationCarriedOut' && (e.data as { discontinuationId?: string }).discontinuationId === discontinuationId);
    if (told) await this.o.reads.waitFor(told.position);
    const { outcomes, nextCursor } = await this.o.reads.outcomes(discontinuationId, undefined, 50);
    return { ...body, ...(told ? { position: told.position } : {}), outcomes, nextCursor, complete: told !== undefined };
  }

  private isCarriedOut = (state: VendorState, discontinuationId: string): boolean => state.carriedOut.has(discontinuationId);

  /** A discontinuation as it stands, with one page of outcomes; null if there is none. */
  async discontinuation(vendor: Vendor, discontinuationId: string, cursor: string | undefined, limit: number): Promise<object | null> {
    const state = await this.vendors.load(vendorStream(vendor));
    const d = state.discontinuations.find((x) => x.discontinuationId === discontinuationId);
    if (!d) return null;
    const { outcomes, nextCursor } = await this.o.reads.outcomes(discontinuationId, cursor, limit);
    return { discontinuationId, vendor, endsOn: d.endsOn, lifted: d.lifted, outcomes, nextCursor, complete: this.isCarriedOut(state, discontinuationId) };
  }

  /** Tells every contract of the vendor's items; one job per vendor, resumed at start, and while the store is away. */
  carryOut(vendor: Vendor): Promise<void> {
    const running = this.jobs.get(vendor) ?? Promise.resolve();
    const job = running.then(async () => {
      for (;;) {
        try {
          return await this.tellContracts(vendor);
        } catch (error) {
          const passing = error instanceof StoreUnavailable || error instanceof UnknownOutcome;
          this.o.log.error({ err: error, vendor }, `the discontinuation could not be carried out yet; it is resumed ${passing ? 'shortly' : 'at the next start'}`);
          if (!passing || this.closing) return;
          await new Promise((resolve) => setTimeout(resolve, RESUME_MS).unref());
        }
      }
    });
    this.jobs.set(vendor, job);
    void job.then(() => this.jobs.get(vendor) === job && this.jobs.delete(vendor));
    return job;
  }

  private async tellContracts(vendor: Vendor): Promise<void> {
    const stream = vendorStream(vendor);
    const state = await this.vendors.load(stream);
    const open = state.discontinuations.filter((d) => !state.carriedOut.has(d.discontinuationId));
    if (open.length === 0) return;
    let after: string | null = null;
    let contracts = 0;
    for (;;) {
      if (this.closing) return;
      const page: readonly string[] = this.o.reads.contractsOfItems(itemsOf(vendor), after, 200);
      for (const id of page) {
        await this.locks.run(contractStream(id), () => this.tell(id, state));
        contracts++;
      }
      if (page.length < 200) break;
      after = page.at(-1)!;
    }
    const events = open.map((d): Stampable => {
      const told = { type: 'VendorDiscontinuationCarriedOut', data: { discontinuationId: d.discontinuationId, contracts } } as const;
      return { id: deriveId('carried-out', d.discontinuationId, state.revision), ...told, receipts: vendorReceipts(vendor, told) };
    });
    const commandId = deriveId('carry-out', vendor, state.revision);
    await this.o.store.append(stream, state.revision, stamp(events, vendorEvents, { commandId, envelope: { name: 'CarryOutDiscontinuation', caller: SYSTEM, requestHash: commandId, requestId: commandId } as never, businessDate: this.o.today(), build: this.o.build }, { status: 200 })).catch((error: unknown) => {
      // Another fact of the vendor came in between: its own job tells everybody again.
      if (!(error instanceof WrongExpectedRevision)) throw error;
    });
    this.vendors.forget(stream);
  }

  private async tell(contractId: string, vendor: VendorState): Promise<void> {
    const stream = contractStream(contractId);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const state = await this.contracts.load(stream);
      if (state.status === 'none') return;
      // The ids of the contract's events follow from the vendor's fact and the contract (design 14).
      const commandId = deriveId('discontinuation', vendor.discontinuations.map((d) => `${d.discontinuationId}${d.lifted ? ' lifted' : ''}`).join(' '), contractId);
      if (state.commands.has(commandId)) return;
      const decision = decide(state, { name: 'RecordDue', through: this.o.today() }, { today: this.o.today(), commandId, requestHash: commandId, contractId, refs: {}, policies: this.o.policies, holidays: this.o.holidays, discontinuations: vendor.discontinuations });
      if (isMalformed(decision) || isNotFound(decision) || isRejected(decision) || decision.events.length === 0) return;
      const c = { envelope: { name: 'ApplyDiscontinuation', caller: SYSTEM, requestHash: commandId, requestId: commandId, body: {}, preview: false } as never as CommandEnvelope, commandId, today: this.o.today() };
      const before = holdingOf(state, this.o.holidays);
      const after = holdingOf(decision.state, this.o.holidays);
      const holds = before && after && !sameHolding(before, after) ? { before, after, unit: unitOf(state) } : null;
      const told = await this.holding(holds, async (): Promise<'again' | null> => {
        const taken = holds ? await this.holdFirst(c, holds) : null;
        if (taken === 'again') return 'again';
        if (taken) {
          this.o.log.warn({ contractId }, 'the lifted discontinuation cannot prolong this contract: its item is reserved for a successor');
          return null;
        }
        try {
          await this.o.store.append(stream, state.revision, stamp(decision.events.map((e) => e as Stampable), contractEvents, this.stampOf(c, undefined), { status: 200 }));
          this.contracts.remember(stream, decision.state);
          if (holds) await this.freeAfter(c, holds);
          return null;
        } catch (error) {
          this.contracts.forget(stream);
          if (!(error instanceof WrongExpectedRevision)) throw error;
          return 'again';
        }
      });
      if (told === null) return;
    }
    throw new Error(`contract ${contractId} is contended`);
  }

  // ---------------------------------------------------------------------------------------------- records, tokens

  private async recordFact(c: Context): Promise<Ended> {
    const body = c.envelope.body as RecordFact;
    if (body.occurredOn > c.today) return { done: { status: 400, errors: [{ path: 'occurredOn', message: `afterToday|${body.occurredOn}|${c.today}` }] } };
    let contractor: string | undefined;
    if (body.contractId !== undefined) {
      const state = await this.contracts.load(contractStream(body.contractId));
      if (state.status === 'none') return { done: { status: 404, what: 'contract' } };
      contractor = contractorIn(state);
      if (body.optionId !== undefined && !state.entries.some((e) => e.type === 'OptionAdded' && e.data.optionId === body.optionId)) return { done: { status: 404, what: 'option' } };
    } else if (body.optionId !== undefined) return { done: { status: 400, errors: [{ path: 'optionId', message: 'together|contractId' }] } };
    const refs = await this.refs(c, contractor);
    const recordId = deriveId('record', c.commandId);
    const event: Stampable = {
      id: deriveId('event', c.commandId, 0),
      type: 'FactRecorded',
      data: {
        recordId,
        clause: body.clause,
        occurredOn: body.occurredOn,
        ...(body.contractId === undefined ? {} : { contractId: body.contractId }),
        ...(body.optionId === undefined ? {} : { optionId: body.optionId }),
        ...(refs['document'] ? { document: refs['document'] } : {}),
        note: refs['note'],
      },
      receipts: recordReceipts(body),
    };
    return this.appendNew(c, recordStream(recordId), event, recordEvents, refs, { recordId, ...(body.contractId === undefined ? {} : { contractId: body.contractId }) });
  }

  private async issueToken(c: Context): Promise<Ended> {
    const body = c.envelope.body as { subject: string; role: Role; expiresOn?: string | null; label?: string };
    const { token, hash } = newToken(crypto.getRandomValues(new Uint8Array(32)));
    const tokenId = deriveId('token', c.commandId);
    const refs = await this.refs(c, undefined);
    const decided = decideToken(noToken, { kind: 'IssueToken', token: { tokenId, subject: body.subject, role: body.role, hash, expiresOn: body.expiresOn ?? null, ...(refs['label'] ? { label: refs['label'] } : {}) } });
    if (isMalformed(decided)) return this.answered(decided);
    if (isRejected(decided)) return this.refused(c, `token-${tokenId}`, decided, refs);
    const [event] = decided;
    // The token itself is shown once, here; a replay has it no more.
    return this.appendNew(c, `token-${tokenId}`, { id: deriveId('event', c.commandId, 0), type: event!.type, data: event!.data, receipts: [] }, tokenEvents, refs, { tokenId, subject: body.subject, role: body.role }, () => {
      this.o.tokens.apply(event!);
      return { token };
    });
  }

  private async revokeToken(c: Context): Promise<Ended> {
    const tokenId = c.envelope.params['tokenId']!;
    const stream = `token-${tokenId}`;
    const stored = await this.o.store.readStream(stream);
    if (stored.length === 0) return { done: { status: 404, what: 'token' } };
    const state = stored.reduce<Token>((t, e) => evolveToken(t, { type: e.type, data: e.data } as unknown as TokenEvent), noToken);
    const refs = await this.refs(c, undefined);
    const decided = decideToken(state, { kind: 'RevokeToken', tokenId });
    if (isMalformed(decided)) return this.answered(decided);
    if (isRejected(decided)) return this.refused(c, stream, decided, refs);
    const last = stored.at(-1)!;
    if (decided.length === 0) return this.unchanged(c, stream, { tokenId, revision: last.revision }, refs);
    const event: Stampable = { id: deriveId('event', c.commandId, 0), type: 'TokenRevoked', data: decided[0]!.data, receipts: [] };
    const shape = { events: [{ id: event.id, type: event.type, data: event.data }], receipts: [], warnings: [] };
    if (c.envelope.preview) return { done: { status: 200, body: { tokenId, ...shape, position: null, preview: true }, replayed: false } };
    try {
      const result = await this.append(c.commandId, stream, last.revision, stamp([event], tokenEvents, this.stampOf(c, refs), { status: 200, tokenId }));
      this.o.tokens.apply(decided[0]!);
      return { done: { status: 200, body: { tokenId, revision: result.revision, position: result.position, ...shape }, replayed: false } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }

  // ---------------------------------------------------------------------------------------------- webhooks

  private webhookIdOf = (c: Context): string => (c.envelope.name === 'RegisterWebhook' ? deriveId('webhook', c.commandId) : c.envelope.params['id']!);

  private async onWebhook(c: Context): Promise<Ended> {
    const { webhooks } = this.o;
    const webhookId = this.webhookIdOf(c);
    const stream = webhookStream(webhookId);
    const stored = await this.o.store.readStream(stream);
    const refs = await this.refs(c, undefined);
    const decided = await webhooks().decide(c.envelope, { webhookId, commandId: c.commandId, stored, refs });
    if (isMalformed(decided) || isNotFound(decided)) return this.answered(decided);
    if (isRejected(decided)) return this.refused(c, stream, decided, refs);
    const before = stored.at(-1)?.revision ?? -1;
    if (decided.events.length === 0) return this.unchanged(c, stream, { webhookId, revision: before }, refs);
    const events: Stampable[] = decided.events.map(({ type, data }, i) => ({ id: deriveId('event', c.commandId, i), type, data, receipts: [] }));
    const shape = { events: events.map(({ id, type, data }) => ({ id, type, data })), receipts: [], warnings: [] };
    if (c.envelope.preview) return { done: { status: 200, body: { webhookId, ...shape, revision: before + events.length, position: null, preview: true }, replayed: false } };
    try {
      const { revision, position } = await this.append(c.commandId, stream, before < 0 ? 'no_stream' : before, stamp(events, webhookEvents, this.stampOf(c, refs), { status: decided.status, webhookId }));
      webhooks().changed(webhookId);
      return { done: { status: decided.status, body: { webhookId, revision, position, ...shape, ...decided.shown }, replayed: false } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }
}

// ------------------------------------------------------------------------------------------------ helpers

const LIMITED: ReadonlySet<number> = new Set([1, 33, 34]);

/** The application for options that a command makes, or puts in the place of another. */
function applicationIn(command: ContractCommand): AddOptions | null {
  const made = command.name === 'Correct' ? command.replacement : command;
  return made?.name === 'AddOptions' ? made.body : null;
}

interface Held {
  readonly contractId: string;
  readonly item: Holding['item'];
  readonly billingStartsOn: PlainDate;
  readonly through: PlainDate | null;
  readonly void: boolean;
}

/** A command that changes what a contract holds of its unit. */
interface Holds {
  readonly before: Held;
  readonly after: Held;
  readonly unit: string;
}

/** What a contract holds of its unit by its own facts. */
function holdingOf(state: RecordedContract, holidays: Holidays | null): Held | null {
  const life = lifeOf(state, { holidays });
  if (life) return { contractId: state.contractId, item: life.item.code, billingStartsOn: life.contract.billingStartsOn, through: life.end?.on ?? null, void: false };
  const entry = state.entries.find((e) => e.type === 'Contracted');
  return entry?.type === 'Contracted' ? { contractId: state.contractId, item: entry.data.item, billingStartsOn: entry.data.billingStartsOn, through: null, void: true } : null;
}

const sameHolding = (a: Held, b: Held): boolean => a.item === b.item && a.billingStartsOn === b.billingStartsOn && a.through === b.through && a.void === b.void;

const prolongs = (before: Held, after: Held): boolean =>
  !after.void &&
  (before.void || before.item !== after.item || after.billingStartsOn < before.billingStartsOn || (before.through !== null && (after.through === null || after.through > before.through)));

function contractorIn(state: RecordedContract): string | undefined {
  const entry = state.entries.find((e) => e.type === 'Contracted');
  return entry?.type === 'Contracted' ? entry.data.contractorId : undefined;
}

function unitOf(state: RecordedContract): string {
  const entry = state.entries.find((e) => e.type === 'Contracted');
  if (entry?.type !== 'Contracted') throw new Error(`contract ${state.contractId} has no entry`);
  return entry.data.managementUnitId;
}

const ofUnit = (id: string, event: UnitEvent): Stampable => ({ id, ...event, receipts: unitReceipts(event) });

const freedEvent = (h: Holding, through: PlainDate | null, id: string): Stampable => ofUnit(id, { type: 'ItemFreed', data: { contractId: h.contractId, item: h.item, through } });

function previewBody(d: Decision, contractId: string, answer: object): object {
  return { contractId, revision: d.state.revision, position: null, events: d.events.map(({ id, type, data }) => ({ id, type, data })), receipts: d.events.flatMap((e) => e.receipts), ...answer, preview: true };
}

/** The events of a decision as they now stand in the log. */
const recorded = (d: Decision, events: readonly NewEvent[], expected: number, result: AppendResult): Recorded[] =>
  d.events.map((e, i) => ({ id: e.id, type: e.type, stream: contractStream(d.state.contractId), revision: expected + 1 + i, position: result.position, data: e.data as unknown as Json, metadata: events[i]!.metadata as EventMetadata }));

/** The pure command of an envelope on a contract; path parameters stand beside the body. */
function commandOf(e: Pick<CommandEnvelope, 'name' | 'params' | 'body' | 'replacement'>): ContractCommand {
  const { name, params, body } = e as { name: string; params: CommandEnvelope['params']; body: { [key: string]: unknown } };
  if (name === 'RecordDue') return { name, ...body } as unknown as ContractCommand;
  const { id: _, ...rest } = params;
  if (name === 'Correct') return { name, body, replacement: e.replacement ? commandOf({ ...e.replacement, replacement: null }) : null } as unknown as ContractCommand;
  return { name, ...rest, body } as unknown as ContractCommand;
}

