/** Contracts: what their streams say, and the rows that follow. */
import { itemsOf, vendorOf, VENDORS, type ItemCode } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import { contractEvents, fold, foldVendor, NONE, UNKNOWN_VENDOR, vendorEvents, type Contracted, type ContractState, type RecordedContract, type RecordedEvent } from '@app/contract';
import type { Projection, ProjectionWriter } from '@app/read-store';
import { Append, unpack, type AppendRow } from './appends.js';
import { contractsIndexes, contractsTables } from './contracts-tables.js';
import { lastContracted } from './contract-view.js';
import { rowsOf, type ContractRows, type VendorFact } from './derive.js';
import { makeIndex } from './late-index.js';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { Lru } from './lru.js';

/** Raised when the tables or the derivation change. */
const VERSION = 2;
/** Folded contracts kept between batches. */
const KEPT_STATES = 2_000;
const KEPT_NUMBERS = 50_000;
/** Contracts derived in one transaction when what was put off is settled, or when a vendor's fact reaches all of its contracts. */
const PORTION = 1_000;

/** A contract's state, and the last business day on which something of it was recorded. */
interface Folded {
  readonly state: RecordedContract;
  readonly businessDate: PlainDate;
  readonly position: string;
}

export interface KnownVendor {
  readonly facts: readonly VendorFact[];
  readonly lastRecordedOn: PlainDate | null;
}

/** A contract's number, and whether its rows were derived before. */
interface Numbered {
  readonly no: number;
  derived: boolean;
}

interface Memory {
  /** The highest number given. */
  last: number;
  readonly numbers: Lru<string, Numbered>;
  readonly states: Lru<number, Folded>;
  readonly vendors: Map<string, KnownVendor>;
}

/**
 * The contracts and everything derived from them. `holidays` is the table of policy `art142`; another table is another
 * version, for days in the rows follow from it.
 */
export function contractsProjection({ holidays }: { readonly holidays: Holidays | null }): Projection<LedgerEvent> {
  return {
    name: 'contracts',
    version: VERSION * 1_000_000_000 + fingerprint(holidays),
    tables: contractsTables,
    async handle(events, writer) {
      const work = new Work(writer, holidays);
      const dirty = work.take(events);
      if (!writer.complete) work.putOff(dirty);
      else await work.derive(dirty);
    },
    settle: (writer) => new Work(writer, holidays).settle(),
  };
}

/** What a batch touches. */
interface Dirty {
  /** New events by contract; only the numbers of the contracts while the derivation is put off. */
  readonly contracts: Map<string, LedgerEvent[]>;
  readonly numbers: Set<number>;
  readonly vendors: Set<string>;
}

/** An append that goes into a new row, or over the one that holds its beginning. */
interface Writing {
  readonly no: number;
  readonly append: Append;
  /** Key of the row to go on with; null: a new one. */
  readonly n: number | null;
}

/** One transaction. */
class Work {
  private readonly memory: Memory;

  constructor(
    private readonly writer: ProjectionWriter,
    private readonly holidays: Holidays | null,
  ) {
    this.memory = writer.memory<Memory>(() => ({
      last: this.prepare<{ last: number | null }>('SELECT max(no) AS last FROM {contracts}').get()?.last ?? 0,
      numbers: new Lru(KEPT_NUMBERS),
      states: new Lru(KEPT_STATES),
      vendors: new Map(),
    }));
  }

  private prepare<R = unknown>(sql: string) {
    return this.writer.prepare<R>(sql);
  }

  /** Keeps the events, and says whose rows they touch. */
  take(events: readonly LedgerEvent[]): Dirty {
    const dirty: Dirty = { contracts: new Map(), numbers: new Set(), vendors: new Set() };
    let known = this.writer.knownTime ?? '';
    let open: Writing | null = null;
    let stream: string | null = null;
    for (const e of events) {
      if (e.metadata.recordedAt > known) known = e.metadata.recordedAt;
      const contractId = idIn('contract', e.stream);
      if (contractId !== null) {
        if (open === null || e.stream !== stream || !open.append.takes(e, known)) {
          if (open) this.keep(open);
          const no = this.numberOf(contractId, e);
          // Only an append that a batch cut in two goes on with a row of an earlier one.
          open = (open === null ? this.cutOff(no, e, known) : null) ?? { no, n: null, append: new Append(e.revision, known, e.metadata) };
          stream = e.stream;
          dirty.numbers.add(no);
        }
        open.append.add(e);
        if (!this.writer.complete) continue;
        const fresh = dirty.contracts.get(contractId);
        if (fresh) fresh.push(e);
        else dirty.contracts.set(contractId, [e]);
        continue;
      }
      const vendor = idIn('vendor', e.stream);
      if (vendor !== null) {
        this.prepare('INSERT INTO {vendor_appends} (vendor, revision, body) VALUES (?, ?, ?)').run(vendor, e.revision, new Append(e.revision, known, e.metadata).add(e).body());
        this.memory.vendors.delete(vendor);
        if (moves(e)) dirty.vendors.add(vendor);
      }
    }
    if (open) this.keep(open);
    return dirty;
  }

  /** Notes whose rows are to be derived at the log's end. */
  putOff({ numbers, vendors }: Dirty): void {
    const note = this.prepare('INSERT OR IGNORE INTO {put_off} (no) VALUES (?)');
    for (const no of numbers) note.run(no);
    for (const vendor of vendors) this.prepare(`INSERT OR IGNORE INTO {put_off} (no) SELECT no FROM {contracts} WHERE item IN (${itemList(vendor)})`).run();
  }

  /** Derives a portion of what was put off; with the last one makes the indexes. */
  settle(): boolean {
    makeIndex(this.writer, contractsIndexes[0]!);
    const numbers = this.prepare<{ no: number; revision: number }>('SELECT c.no, c.revision FROM {put_off} p JOIN {contracts} c ON c.no = p.no ORDER BY p.no LIMIT ?').all(PORTION);
    if (numbers.length > 0) {
      const [first, last] = [numbers[0]!.no, numbers.at(-1)!.no];
      const rows = this.prepare<AppendRow & { no: number }>(
        'SELECT a.no, a.revision, a.body FROM {put_off} p JOIN {contract_appends} a ON a.no = p.no WHERE p.no BETWEEN ? AND ? ORDER BY a.no, a.revision',
      ).all(first, last);
      let at = 0;
      for (const { no, revision } of numbers) {
        const from = at;
        while (rows[at]?.no === no) at++;
        this.write({ no, derived: revision >= 0 }, foldedOf(no, rows.slice(from, at)));
      }
      this.prepare('DELETE FROM {put_off} WHERE no <= ?').run(last);
      return true;
    }
    // What was remembered of them does not know that they are derived now.
    this.memory.numbers.clear();
    for (const index of contractsIndexes) makeIndex(this.writer, index);
    return false;
  }

  async derive({ contracts, vendors }: Dirty): Promise<void> {
    for (const [contractId, events] of contracts) {
      const number = this.known(contractId);
      const before = this.memory.states.get(number.no);
      const folded = before?.state.revision === events[0]!.revision - 1 ? foldOn(before, events) : this.load(number.no);
      this.memory.states.set(number.no, folded);
      this.write(number, folded);
    }
    for (const vendor of vendors) await this.deriveAll(vendor, (contractId) => contracts.has(contractId));
  }

  /** A vendor's fact moves the rows of all contracts of its items before their own events say so (design 14). */
  private async deriveAll(vendor: string, done: (contractId: string) => boolean): Promise<void> {
    const page = this.prepare<{ no: number; contract_id: string }>(`SELECT no, contract_id FROM {contracts} WHERE item IN (${itemList(vendor)}) AND no > ? ORDER BY no LIMIT ${PORTION}`);
    for (let last = 0; ; ) {
      const rows = page.all(last);
      for (const { no, contract_id } of rows) if (!done(contract_id)) this.write({ no, derived: true }, this.memory.states.get(no) ?? this.load(no));
      if (rows.length < PORTION) return;
      last = rows.at(-1)!.no;
      // A vendor has many contracts: let what waits have its turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  private keep({ no, n, append }: Writing): void {
    if (n === null) this.prepare('INSERT INTO {contract_appends} (no, revision, body) VALUES (?, ?, ?)').run(no, append.revision, append.body());
    else this.prepare('UPDATE {contract_appends} SET body = ? WHERE n = ?').run(append.body(), n);
  }

  /** The row of an earlier batch that an event belongs to; null for most. */
  private cutOff(no: number, e: LedgerEvent, known: string): Writing | null {
    if (e.revision === 0) return null;
    const row = this.prepare<AppendRow & { n: number; no: number }>('SELECT n, no, revision, body FROM {contract_appends} ORDER BY n DESC LIMIT 1').get();
    if (row?.no !== no) return null;
    const append = Append.of(row);
    return append.takes(e, known) ? { no, n: row.n, append } : null;
  }

  /** The number of a contract, given on its first event. */
  private numberOf(contractId: string, e: LedgerEvent): number {
    if (e.revision > 0) return this.known(contractId).no;
    if (e.type !== 'Contracted') throw new Error(`contract ${contractId} begins with ${e.type}`);
    const c = contractEvents.upcast(e.type, e.metadata.schemaVersion, e.data) as unknown as Contracted;
    const no = ++this.memory.last;
    this.prepare(
      `INSERT INTO {contracts} (no, contract_id, management_unit_id, contractor_id, item, application_number, accepted_on, billing_starts_on, void, rounding, revision, position)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, -1, ?)`,
    ).run(no, contractId, c.managementUnitId, c.contractorId, c.item, c.applicationNumber, c.acceptedOn, c.billingStartsOn, c.policies.rounding, e.position);
    this.memory.numbers.set(contractId, { no, derived: false });
    return no;
  }

  private known(contractId: string): Numbered {
    const kept = this.memory.numbers.get(contractId);
    if (kept) return kept;
    const row = this.prepare<{ no: number; revision: number }>('SELECT no, revision FROM {contracts} WHERE contract_id = ?').get(contractId);
    if (!row) throw new Error(`contract ${contractId} has no first event`);
    const number = { no: row.no, derived: row.revision >= 0 };
    this.memory.numbers.set(contractId, number);
    return number;
  }

  private load(no: number): Folded {
    return foldedOf(no, this.prepare<AppendRow>('SELECT revision, body FROM {contract_appends} WHERE no = ? ORDER BY revision').all(no));
  }

  private vendor(vendor: string): KnownVendor {
    let known = this.memory.vendors.get(vendor);
    if (!known) {
      known = foldVendorFacts(this.prepare<AppendRow>('SELECT revision, body FROM {vendor_appends} WHERE vendor = ? ORDER BY revision').all(vendor));
      this.memory.vendors.set(vendor, known);
    }
    return known;
  }

  private write(number: Numbered, { state, businessDate, position }: Folded): void {
    const { no } = number;
    const { facts, lastRecordedOn } = this.vendor(vendorOf(lastContracted(state)!.item));
    const processedOn = lastRecordedOn !== null && lastRecordedOn > businessDate ? lastRecordedOn : businessDate;
    const rows = rowsOf(state, { facts, processedOn, holidays: this.holidays });
    const c = rows.contract;
    this.prepare('UPDATE {contracts} SET end_on = ?, void = ?, due_on = ?, due_kind = ?, due_subject = ?, revision = ?, position = ? WHERE no = ?').run(
      c.end_on, c.void, c.due_on, c.due_kind, c.due_subject, state.revision, position, no,
    );
    // A correction may have replaced what the contract was entered as.
    if (state.entries[0]!.struckBy !== null)
      this.prepare(
        'UPDATE {contracts} SET management_unit_id = ?, contractor_id = ?, item = ?, application_number = ?, accepted_on = ?, billing_starts_on = ?, rounding = ? WHERE no = ?',
      ).run(c.management_unit_id, c.contractor_id, c.item, c.application_number, c.accepted_on, c.billing_starts_on, c.rounding, no);
    if (number.derived) for (const table of ['renewals', 'settlements', 'charges', 'segments', 'outcomes']) this.prepare(`DELETE FROM {${table}} WHERE no = ?`).run(no);
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

function foldedOf(no: number, rows: readonly AppendRow[]): Folded {
  const { state, businessDate, position } = foldContract(rows);
  if (state.status === 'none') throw new Error(`contract number ${no} has no events`);
  return { state, businessDate, position };
}

/** The state that kept appends lead to; with `knownAt` what was known by that instant. */
export function foldContract(rows: readonly AppendRow[], knownAt?: string): { state: ContractState; businessDate: PlainDate; position: string } {
  const { events, businessDate, position } = unpack(rows, contractEvents, knownAt);
  return { state: fold(NONE, events), businessDate, position };
}

/** As {@link foldContract}, of a vendor's stream: its discontinuations, and when they were recorded. */
export function foldVendorFacts(rows: readonly AppendRow[], knownAt?: string): KnownVendor {
  const { events } = unpack(rows, vendorEvents, knownAt);
  const recordedOn = new Map(events.flatMap((e) => (e.type === 'VendorDiscontinued' ? [[(e.data as { discontinuationId: string }).discontinuationId, e.metadata.businessDate as PlainDate] as const] : [])));
  return {
    facts: foldVendor(UNKNOWN_VENDOR, events).discontinuations.map((d) => ({ ...d, recordedOn: recordedOn.get(d.discontinuationId)! })),
    lastRecordedOn: events.filter(moves).reduce<PlainDate | null>((last, { metadata }) => (last === null || metadata.businessDate > last ? (metadata.businessDate as PlainDate) : last), null),
  };
}

/** Whether a vendor's event changes what its contracts show; that all were told does not. */
const moves = (e: { readonly type: string }): boolean => e.type !== 'VendorDiscontinuationCarriedOut';

function foldOn(before: Folded, events: readonly LedgerEvent[]): Folded {
  let { businessDate } = before;
  const recorded = events.map(({ id, type, revision, data, metadata }): RecordedEvent => {
    if (metadata.businessDate > businessDate) businessDate = metadata.businessDate as PlainDate;
    return { id, type, revision, data: contractEvents.upcast(type, metadata.schemaVersion, data), metadata };
  });
  return { state: fold(before.state, recorded) as RecordedContract, businessDate, position: events.at(-1)!.position };
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
