/** Contracts: what their streams say, and the rows that follow. Lists of contracts. */
import { itemsOf, vendorOf, VENDORS, type ItemCode } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import { contractEvents, fold, foldVendor, NONE, UNKNOWN_VENDOR, vendorEvents, type ContractState, type Contracted, type RecordedContract, type RecordedEvent, type VendorState } from '@app/contract';
import type { EventMetadata, Json } from '@app/kernel';
import type { Projection, ProjectionWriter } from '@app/read-store';
import { contractsTables } from './contracts-tables.js';
import { lastContracted } from './contract-view.js';
import { rowsOf, type ContractRows, type VendorFact } from './derive.js';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { Lru } from './lru.js';

/** An event as it is kept beside the rows: everything that folding and `knownAt` need of it. */
type EventBody = readonly [id: string, type: string, version: number, knownAt: string, position: string, businessDate: string, commandId: string, command: string, requestHash: string, data: Json];

/** Raised when the tables or the derivation change. */
const VERSION = 1;
/** Folded contracts kept between batches. */
const KEPT_STATES = 2_000;
const KEPT_NUMBERS = 50_000;
/** Contracts derived in one transaction when what was put off is settled, or when a vendor's fact reaches all of its contracts. */
const PORTION = 500;

/** A contract's state, and the last business day on which something of it was recorded. */
interface Folded {
  readonly state: RecordedContract;
  readonly businessDate: PlainDate;
  readonly position: string;
}

export interface KnownVendor {
  readonly state: VendorState;
  readonly facts: readonly VendorFact[];
  readonly lastRecordedOn: PlainDate | null;
}

interface Memory {
  /** `no` and whether its rows were derived before. */
  readonly numbers: Lru<string, { readonly no: number; derived: boolean }>;
  readonly states: Lru<number, Folded>;
  readonly vendors: Map<string, KnownVendor>;
}

/**
 * The contracts and everything derived from them. `holidays` is the table of policy `art142`; another table is another
 * version, for days in the rows follow from it.
 */
export function contractsProjection(o: { readonly holidays: Holidays | null }): Projection<LedgerEvent> {
  const { holidays } = o;
  return {
    name: 'contracts',
    version: VERSION * 1_000_000_000 + fingerprint(holidays),
    tables: contractsTables,
    async handle(events, writer) {
      const memory = writer.memory<Memory>(() => ({ numbers: new Lru(KEPT_NUMBERS), states: new Lru(KEPT_STATES), vendors: new Map() }));
      const work = new Work(writer, memory, holidays);
      const dirty = work.take(events);
      if (!writer.complete) return work.putOff(dirty);
      for (const [contractId, fresh] of dirty.contracts) work.derive(contractId, fresh);
      for (const vendor of dirty.vendors) await work.deriveAll(vendor, (contractId) => dirty.contracts.has(contractId));
    },
    settle(writer) {
      const memory = writer.memory<Memory>(() => ({ numbers: new Lru(KEPT_NUMBERS), states: new Lru(KEPT_STATES), vendors: new Map() }));
      return new Work(writer, memory, holidays).settle();
    },
  };
}

interface Dirty {
  readonly contracts: Map<string, RecordedEvent[]>;
  readonly positions: Map<string, string>;
  readonly vendors: Set<string>;
}

/** One batch. */
class Work {
  private readonly prepare: ProjectionWriter['prepare'];
  private dirty!: Dirty;

  constructor(
    private readonly writer: ProjectionWriter,
    private readonly memory: Memory,
    private readonly holidays: Holidays | null,
  ) {
    this.prepare = writer.prepare.bind(writer);
  }

  /** Keeps the events, and says whose rows they touch. */
  take(events: readonly LedgerEvent[]): Dirty {
    const dirty: Dirty = { contracts: new Map(), positions: new Map(), vendors: new Set() };
    this.dirty = dirty;
    const insert = this.prepare('INSERT INTO {contract_events} (no, revision, body) VALUES (?, ?, ?)');
    let known = this.writer.knownTime ?? '';
    for (const e of events) {
      if (e.metadata.recordedAt > known) known = e.metadata.recordedAt;
      const contractId = idIn('contract', e.stream);
      if (contractId !== null) {
        const no = this.numberOf(contractId, e);
        insert.run(no, e.revision, bodyOf(e, known));
        const fresh = dirty.contracts.get(contractId);
        if (fresh) fresh.push(toRecorded(e));
        else dirty.contracts.set(contractId, [toRecorded(e)]);
        dirty.positions.set(contractId, e.position);
        continue;
      }
      const vendor = idIn('vendor', e.stream);
      if (vendor !== null) {
        this.prepare('INSERT INTO {vendor_events} (vendor, revision, body) VALUES (?, ?, ?)').run(vendor, e.revision, bodyOf(e, known));
        this.memory.vendors.delete(vendor);
        if (moves(e)) dirty.vendors.add(vendor);
      }
    }
    return dirty;
  }

  putOff(dirty: Dirty): void {
    const note = this.prepare('INSERT OR IGNORE INTO {put_off} (no) VALUES (?)');
    for (const contractId of dirty.contracts.keys()) {
      const { no } = this.memory.numbers.get(contractId) ?? this.stored(contractId)!;
      note.run(no);
    }
    for (const vendor of dirty.vendors) this.prepare(`INSERT OR IGNORE INTO {put_off} (no) SELECT no FROM {contracts} WHERE item IN (${itemList(vendor)})`).run();
  }

  /** Derives a portion of the contracts that were put off. */
  settle(): boolean {
    const rows = this.prepare<{ no: number; contract_id: string; revision: number }>(
      'SELECT c.no, c.contract_id, c.revision FROM {put_off} p JOIN {contracts} c ON c.no = p.no ORDER BY p.no LIMIT ?',
    ).all(PORTION);
    for (const r of rows) {
      this.write({ no: r.no, derived: r.revision >= 0 }, this.load(r.no));
      const known = this.memory.numbers.get(r.contract_id);
      if (known) known.derived = true;
    }
    const last = rows.at(-1);
    if (last) this.prepare('DELETE FROM {put_off} WHERE no <= ?').run(last.no);
    return rows.length === PORTION;
  }

  derive(contractId: string, fresh: readonly RecordedEvent[]): void {
    const number = this.memory.numbers.get(contractId) ?? this.stored(contractId)!;
    const before = this.memory.states.get(number.no);
    const folded = before && before.state.revision === fresh[0]!.revision - 1 ? foldOn(before, fresh, this.dirty.positions.get(contractId)!) : this.load(number.no);
    this.memory.states.set(number.no, folded);
    this.write(number, folded);
  }

  /** A vendor's fact moves the rows of all contracts of its items before their own events say so (design 14). */
  async deriveAll(vendor: string, done: (contractId: string) => boolean): Promise<void> {
    const page = this.prepare<{ no: number; contract_id: string }>(
      `SELECT no, contract_id FROM {contracts} WHERE item IN (${itemList(vendor)}) AND no > ? ORDER BY no LIMIT ${PORTION}`,
    );
    for (let last = 0; ; ) {
      const rows = page.all(last);
      for (const { no, contract_id } of rows) if (!done(contract_id)) this.write({ no, derived: true }, this.memory.states.get(no) ?? this.load(no));
      if (rows.length < PORTION) return;
      last = rows.at(-1)!.no;
      // A vendor has many contracts: let what waits have its turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** The number of a contract, given on its first event. */
  private numberOf(contractId: string, e: LedgerEvent): number {
    const known = this.memory.numbers.get(contractId) ?? (e.revision > 0 ? this.stored(contractId) : undefined);
    if (known) return known.no;
    if (e.type !== 'Contracted') throw new Error(`contract ${contractId} begins with ${e.type}`);
    const c = toRecorded(e).data as Contracted;
    const [row] = this.prepare<{ no: number }>(
      `INSERT INTO {contracts} (contract_id, management_unit_id, contractor_id, item, application_number, accepted_on, billing_starts_on, void, rounding, revision, position)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, -1, ?) RETURNING no`,
    ).all(contractId, c.managementUnitId, c.contractorId, c.item, c.applicationNumber, c.acceptedOn, c.billingStartsOn, c.policies.rounding, e.position);
    this.memory.numbers.set(contractId, { no: row!.no, derived: false });
    return row!.no;
  }

  private stored(contractId: string): { no: number; derived: boolean } | undefined {
    const row = this.prepare<{ no: number; revision: number }>('SELECT no, revision FROM {contracts} WHERE contract_id = ?').get(contractId);
    if (!row) return undefined;
    const number = { no: row.no, derived: row.revision >= 0 };
    this.memory.numbers.set(contractId, number);
    return number;
  }

  private load(no: number): Folded {
    const bodies = this.prepare<{ revision: number; body: string }>('SELECT revision, body FROM {contract_events} WHERE no = ? ORDER BY revision').all(no);
    const { state, businessDate, position } = foldBodies(bodies);
    if (state.status === 'none') throw new Error(`contract number ${no} has no events`);
    return { state, businessDate, position };
  }

  private vendor(vendor: string): KnownVendor {
    let known = this.memory.vendors.get(vendor);
    if (!known) {
      const bodies = this.prepare<{ revision: number; body: string }>('SELECT revision, body FROM {vendor_events} WHERE vendor = ? ORDER BY revision').all(vendor);
      this.memory.vendors.set(vendor, (known = foldVendorBodies(bodies)));
    }
    return known;
  }

  private write(number: { readonly no: number; derived: boolean }, folded: Folded): void {
    const { no } = number;
    const { state, position } = folded;
    const { facts, lastRecordedOn } = this.vendor(vendorOf(lastContracted(state)!.item));
    const processedOn = lastRecordedOn !== null && lastRecordedOn > folded.businessDate ? lastRecordedOn : folded.businessDate;
    const rows = rowsOf(state, { facts, processedOn, holidays: this.holidays });
    const c = rows.contract;
    this.prepare(
      `UPDATE {contracts} SET management_unit_id = ?, contractor_id = ?, item = ?, application_number = ?, accepted_on = ?, billing_starts_on = ?, end_on = ?, void = ?, rounding = ?,
       due_on = ?, due_kind = ?, due_subject = ?, revision = ?, position = ? WHERE no = ?`,
    ).run(
      c.management_unit_id, c.contractor_id, c.item, c.application_number, c.accepted_on, c.billing_starts_on, c.end_on, c.void, c.rounding,
      c.due_on, c.due_kind, c.due_subject, state.revision, position, no,
    );
    if (number.derived) {
      this.prepare('DELETE FROM {renewals} WHERE no = ?').run(no);
      this.prepare('DELETE FROM {settlements} WHERE no = ?').run(no);
      this.prepare('DELETE FROM {charges} WHERE no = ?').run(no);
      this.prepare('DELETE FROM {segments} WHERE no = ?').run(no);
      this.prepare('DELETE FROM {outcomes} WHERE no = ?').run(no);
    }
    number.derived = true;
    this.insertAll(no, rows);
  }

  private insertAll(no: number, rows: ContractRows): void {
    for (const r of rows.renewals)
      this.prepare('INSERT INTO {renewals} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
        no, r.line, r.subject, r.option, r.starts_on, r.chain_anchor, r.end_on, r.end_reason, r.end_clause, r.term_ends_on, r.deadline,
      );
    for (const r of rows.settlements) this.prepare('INSERT INTO {settlements} VALUES (?, ?, ?, ?)').run(no, r.due_on, r.total, r.lines);
    for (const r of rows.charges) this.prepare('INSERT INTO {charges} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(no, r.n, r.id, r.kind, r.subject, r.clause, r.due_on, r.amount, r.voided_by);
    for (const r of rows.segments) this.prepare('INSERT INTO {segments} VALUES (?, ?, ?, ?, ?, ?, ?)').run(no, r.line, r.subject, r.from_day, r.to_day, r.amount, r.first);
    for (const r of rows.outcomes) this.prepare('INSERT INTO {outcomes} VALUES (?, ?, ?, ?, ?, ?)').run(r.discontinuation_id, no, r.outcome, r.ends_on, r.reason, r.told);
  }
}

function toRecorded(e: LedgerEvent): RecordedEvent {
  return { id: e.id, type: e.type, revision: e.revision, data: contractEvents.upcast(e.type, e.metadata.schemaVersion, e.data), metadata: e.metadata };
}

function bodyOf(e: LedgerEvent, knownAt: string): string {
  const { schemaVersion, businessDate, commandId, command, requestHash } = e.metadata;
  const head = JSON.stringify([e.id, e.type, schemaVersion, knownAt, e.position, businessDate, commandId, command, requestHash]);
  return `${head.slice(0, -1)},${e.rawData}]`;
}

export interface BodyRow {
  readonly revision: number;
  readonly body: string;
}

const parsed = ({ revision, body }: BodyRow) => {
  const [id, type, version, knownAt, position, businessDate, commandId, command, requestHash, data] = JSON.parse(body) as EventBody;
  return { id, type, version, revision, knownAt, position, businessDate: businessDate as PlainDate, data, metadata: { commandId, command, requestHash } as EventMetadata };
};

/** The state that kept events lead to; with `knownAt` only those known by that instant. */
export function foldBodies(rows: readonly BodyRow[], knownAt?: string): { state: ContractState; businessDate: PlainDate; position: string } {
  let businessDate = '' as PlainDate;
  let position = '';
  const events: RecordedEvent[] = [];
  for (const row of rows) {
    const e = parsed(row);
    if (knownAt !== undefined && e.knownAt > knownAt) break;
    if (e.businessDate > businessDate) businessDate = e.businessDate;
    position = e.position;
    events.push({ ...e, data: contractEvents.upcast(e.type, e.version, e.data) });
  }
  return { state: fold(NONE, events), businessDate, position };
}

/** As {@link foldBodies}, of a vendor's stream. */
export function foldVendorBodies(rows: readonly BodyRow[], knownAt?: string): KnownVendor {
  const events = rows.map(parsed).filter((e) => knownAt === undefined || e.knownAt <= knownAt);
  const state = foldVendor(UNKNOWN_VENDOR, events.map((e): RecordedEvent => ({ ...e, data: vendorEvents.upcast(e.type, e.version, e.data) })));
  const days = new Map(events.flatMap((e) => (e.type === 'VendorDiscontinued' ? [[(e.data as { discontinuationId: string }).discontinuationId, e.businessDate] as const] : [])));
  return {
    state,
    facts: state.discontinuations.map((d) => ({ ...d, recordedOn: days.get(d.discontinuationId)! })),
    lastRecordedOn: events.filter(moves).reduce<PlainDate | null>((last, e) => (last === null || e.businessDate > last ? e.businessDate : last), null),
  };
}

/** Whether a vendor's event changes what its contracts show; that all were told does not. */
const moves = (e: { readonly type: string }): boolean => e.type !== 'VendorDiscontinuationCarriedOut';

function foldOn(before: Folded, fresh: readonly RecordedEvent[], position: string): Folded {
  const businessDate = fresh.reduce((day, e) => (e.metadata.businessDate > day ? (e.metadata.businessDate as PlainDate) : day), before.businessDate);
  return { state: fold(before.state, fresh) as RecordedContract, businessDate, position };
}

/** The codes of a vendor's items for a list in SQL; they are the agreement's own, never anybody's input. */
const itemList = (vendor: string): string => itemCodesOf(vendor).map((code) => `'${code}'`).join(', ') || 'NULL';
const itemCodesOf = (vendor: string): readonly ItemCode[] => VENDORS.filter((v) => v === vendor).flatMap((v) => itemsOf(v));

/** 0 without a table; otherwise a number that another table hardly has. */
function fingerprint(holidays: Holidays | null): number {
  if (!holidays) return 0;
  let hash = 17;
  for (const c of [holidays.name, holidays.from, holidays.to, ...[...holidays.days].sort()].join(' ')) hash = (hash * 31 + c.codePointAt(0)!) % 999_999_937;
  return hash + 1;
}
