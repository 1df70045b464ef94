import { DEFAULT_POLICIES, parsePolicies, vendorOf, type Policies } from '@app/agreement';
import { plainDate, type Holidays, type PlainDate } from '@app/calendar';
import {
  contractStream,
  correctDiscontinuation,
  decide,
  discontinue,
  fold,
  foldVendor,
  itemOf,
  NONE,
  recordStream,
  UNKNOWN_VENDOR,
  unitStream,
  vendorStream,
  type ContractCommand,
  type ContractItem,
  type ContractState,
  type RecordFact,
  type Refusal,
  type VendorState,
} from '@app/contract';
import { canonicalJson, deriveId, Malformed, NotFound, Rejected, type EventMetadata, type Json, type TextRef } from '@app/kernel';
import type { LedgerEvent } from '../ledger-event.js';

export const day = (text: string): PlainDate => plainDate(text);
export const yen = (amount: number) => ({ kind: 'fixed' as const, amount });
export const text = (of: string): TextRef => ({ ref: deriveId('text', of), commitment: 'c'.repeat(64) });

export type Body<N extends ContractCommand['name']> = Extract<ContractCommand, { name: N }>;
type Answer = { readonly [key: string]: Json };

/** A ledger in memory: commands are decided and recorded as the service would, one log of events comes out. */
export class TestLedger {
  readonly log: LedgerEvent[] = [];
  today: PlainDate = day('2025-10-01');
  policies: Policies;
  holidays: Holidays | null = null;
  /** Instants of recording: a second apart, unless set. */
  now = Date.UTC(2025, 9, 1);
  private readonly contracts = new Map<string, ContractState>();
  private readonly vendors = new Map<string, VendorState>();
  private readonly revisions = new Map<string, number>();
  private commands = 0;

  constructor(policies: object = {}) {
    const parsed = parsePolicies(policies, DEFAULT_POLICIES);
    if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors));
    this.policies = parsed.policies;
  }

  state(contractId: string): ContractState {
    return this.contracts.get(contractId) ?? NONE;
  }

  unit(name: string, contractorId = `contractor of ${name}`): string {
    const managementUnitId = deriveId('unit', name);
    const data = { managementUnitId, contractorId, contractorName: text(contractorId), name: text(name) };
    this.record(unitStream(managementUnitId), 'OpenManagementUnit', this.command(), [{ type: 'ManagementUnitOpened', data }]);
    return managementUnitId;
  }

  /** Concludes a contract; its unit is opened with it. Throws when it is refused. */
  contract(name: string, terms: { item: string; billingStartsOn: string } & Partial<Omit<ContractItem, 'item' | 'billingStartsOn'>>): string {
    const contractId = deriveId('contract', name);
    const acceptedOn = terms.acceptedOn ?? day(terms.billingStartsOn);
    const body: ContractItem = {
      managementUnitId: deriveId('unit', name),
      accountCount: 10,
      fees: { initial: 0, monthly: yen(10_000) },
      application: { number: `A-${name}`, onForm: true },
      licensorTerms: { document: 'terms', agreedOn: acceptedOn },
      ...terms,
      acceptedOn,
      billingStartsOn: day(terms.billingStartsOn),
    };
    if (terms.managementUnitId === undefined) this.unit(name);
    this.must(contractId, { name: 'ContractItem', body });
    return contractId;
  }

  /** Decides a command that must be accepted; its answer. */
  must(contractId: string, command: ContractCommand): Answer {
    const answer = this.ask(contractId, command);
    if (answer instanceof Rejected || answer instanceof Malformed || answer instanceof NotFound) throw new Error(`${command.name}: ${JSON.stringify(answer)}`);
    return answer;
  }

  ask(contractId: string, command: ContractCommand): Answer | Refusal {
    const state = this.state(contractId);
    const contracted = state.status === 'recorded' ? state.entries.find((e) => e.type === 'Contracted') : undefined;
    const code = command.name === 'ContractItem' ? itemOf(command.body.item, command.body.acceptedOn) : contracted?.type === 'Contracted' ? contracted.data.item : null;
    const commandId = this.command();
    const decided = decide(state, command, {
      today: this.today,
      commandId,
      requestHash: 'h',
      contractId,
      refs: { reason: text('reason'), 'licensorTerms.document': text('terms') },
      policies: this.policies,
      holidays: this.holidays,
      discontinuations: code ? this.vendor(vendorOf(code)).discontinuations : [],
      contractorId: 'contractor',
    });
    if (decided instanceof Rejected || decided instanceof Malformed || decided instanceof NotFound) return decided;
    const recorded = this.record(contractStream(contractId), command.name, commandId, decided.events);
    this.contracts.set(contractId, fold(state, recorded));
    return decided.answer;
  }

  /** Tells a vendor's discontinuation; the contracts follow only by {@link follow}. */
  discontinue(vendor: string, endsOn: string): string {
    const commandId = this.command();
    const { events, discontinuationId } = discontinue({ endsOn: day(endsOn), reason: 'ended' }, { vendor, commandId });
    this.recordVendor(vendor, 'Discontinue', commandId, events);
    return discontinuationId;
  }

  correctDiscontinuation(vendor: string, discontinuationId: string, endsOn: string | null): void {
    const commandId = this.command();
    const body = { reason: 'wrong', ...(endsOn === null ? {} : { replacement: { endsOn: day(endsOn) } }) };
    const made = correctDiscontinuation(this.vendor(vendor), discontinuationId, body, { vendor, commandId, reason: text('wrong') });
    if (!('events' in made)) throw new Error(JSON.stringify(made));
    this.recordVendor(vendor, 'CorrectDiscontinuation', commandId, made.events);
  }

  vendor(vendor: string): VendorState {
    return this.vendors.get(vendor) ?? UNKNOWN_VENDOR;
  }

  recordFact(fact: Pick<RecordFact, 'clause' | 'contractId'> & { occurredOn: string }): string {
    const commandId = this.command();
    const recordId = deriveId('record', commandId);
    this.record(recordStream(recordId), 'RecordFact', commandId, [{ type: 'FactRecorded', data: { recordId, note: text(recordId), ...fact } }]);
    return recordId;
  }

  /** A refusal in the register of refusals. */
  refuse(contractId: string, clause: string): void {
    const commandId = this.command();
    this.record(`outcome-${commandId}`, 'AddOptions', commandId, [
      { type: 'CommandRefused', data: { code: 'refused-by-agreement', violations: [{ clause, code: 'prerequisite-missing', facts: {} }], facts: { contractId } } },
    ]);
  }

  /** Records events as they are given. */
  record(
    stream: string,
    command: string,
    commandId: string,
    events: readonly { readonly id?: string; readonly type: string; readonly data: object }[],
    more: Partial<EventMetadata> = {},
  ): LedgerEvent[] {
    const recordedAt = new Date((this.now += 1000)).toISOString();
    const recorded = events.map((event, i): LedgerEvent => {
      const { id, type, data } = event;
      const revision = (this.revisions.get(stream) ?? -1) + 1;
      this.revisions.set(stream, revision);
      const metadata: EventMetadata = {
        commandId,
        command,
        requestHash: `hash of ${commandId}`,
        actor: { subject: 'clerk', role: 'operator' },
        $correlationId: commandId,
        $causationId: commandId,
        recordedAt,
        businessDate: this.today,
        schemaVersion: 1,
        salt: '0'.repeat(32),
        agreement: { revision: 'S-R7-10-1-1', tables: '0' },
        build: 'test',
        receipts: (event as { receipts?: EventMetadata["receipts"] }).receipts ?? [],
        ...more,
      };
      return { id: id ?? deriveId('event', commandId, i), type, stream, revision, position: String(this.log.length + i + 1), data: data as Json, metadata, rawData: canonicalJson(data) };
    });
    this.log.push(...recorded);
    return recorded;
  }

  command(): string {
    return deriveId('command', ++this.commands);
  }

  private recordVendor(vendor: string, command: string, commandId: string, events: readonly { id: string; type: string; data: object }[]): void {
    const recorded = this.record(vendorStream(vendor), command, commandId, events);
    this.vendors.set(vendor, foldVendor(this.vendor(vendor), recorded));
  }
}
