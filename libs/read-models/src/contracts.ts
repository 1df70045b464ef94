/** Contracts: what their streams say, and the rows that follow. */
import { itemsOf, vendorOf, VENDORS, type ItemCode } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import { contractEvents, fold, foldVendor, NONE, UNDO, UNKNOWN_VENDOR, vendorEvents, type Contracted, type ContractState, type RecordedContract, type RecordedEvent } from '@app/contract';
import type { Projection, ProjectionWriter } from '@app/read-store';
import { Append, unpack, type AppendRow } from './appends.js';
import { contractsIndexes, contractsTables, pastTables } from './contracts-tables.js';
import { lastContracted } from './contract-view.js';
import { knownRowsOf, rowsOf, type ContractRows, type Deriving, type VendorFact } from './derive.js';
import { advance, KNOWN, KNOWN_OF_CONTRACT, nothing, standingOf, type Changes, type Spec, type Standing } from './knowledge.js';
import { makeIndex } from './late-index.js';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { Lru } from './lru.js';

/** Raised when the tables or the derivation change. */
const VERSION = 3;
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
  readonly contractId: string;
  derived: boolean;
}

interface Memory {
  /** How many events the log holds with the last one taken. */
  events: number;
  /** The highest number given. */
  last: number;
  readonly numbers: Lru<string, Numbered>;
  readonly states: Lru<number, Folded>;
  readonly standing: Lru<number, Standing>;
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
    tables: { ...contractsTables, ...pastTables },
    async handle(events, writer) {
      const work = new Work(writer, holidays);
      const steps = work.take(events);
      if (!writer.complete) work.putOff(steps);
      else await work.derive(steps);
    },
    settle: (writer) => new Work(writer, holidays).settle(),
  };
}

/** What moves rows: an append to a contract's stream, or a vendor's fact; `at`: how many events the log held with it. */
type Step =
  | {
      readonly contractId: string;
      readonly no: number;
      readonly events: readonly LedgerEvent[];
      readonly at: number;
      /** Where an earlier batch ended in the midst of this append. */
      readonly cutAt: number | null;
    }
  | { readonly vendor: string; readonly at: number };

/** An append that goes into a new row, or over the one that holds its beginning. */
interface Writing {
  readonly contractId: string;
  readonly no: number;
  readonly append: Append;
  /** Key of the row to go on with; null: a new one. */
  readonly n: number | null;
  readonly cutAt: number | null;
  readonly events: LedgerEvent[];
  at: number;
}

/** One transaction. */
class Work {
  private readonly memory: Memory;

  constructor(
    private readonly writer: ProjectionWriter,
    private readonly holidays: Holidays | null,
  ) {
    this.memory = writer.memory<Memory>(() => ({
      events: this.prepare<{ events: number }>('SELECT events FROM {log_length}').get()?.events ?? 0,
      last: this.prepare<{ last: number | null }>('SELECT max(no) AS last FROM {contracts}').get()?.last ?? 0,
      numbers: new Lru(KEPT_NUMBERS),
      states: new Lru(KEPT_STATES),
      standing: new Lru(KEPT_STATES),
      vendors: new Map(),
    }));
  }

  private prepare<R = unknown>(sql: string) {
    return this.writer.prepare<R>(sql);
  }

  /** Keeps the events, and says what they do, in their order. */
  take(events: readonly LedgerEvent[]): Step[] {
    const steps: Step[] = [];
    let known = this.writer.knownTime ?? '';
    let stream: string | null = null;
    const writing: { open: Writing | null } = { open: null };
    const close = (): void => {
      if (writing.open === null) return;
      this.keep(writing.open);
      steps.push(writing.open);
      writing.open = null;
    };
    let at = this.memory.events;
    for (const e of events) {
      at++;
      if (e.metadata.recordedAt > known) known = e.metadata.recordedAt;
      const contractId = idIn('contract', e.stream);
      if (contractId !== null) {
        let { open } = writing;
        if (open === null || e.stream !== stream || !open.append.takes(e, known)) {
          const isFirst = open === null && steps.length === 0;
          close();
          const no = this.numberOf(contractId, e);
          // Only an append that a batch cut in two goes on with a row of an earlier one.
          open = (isFirst ? this.cutOff(contractId, no, e, known) : null) ?? { contractId, no, n: null, cutAt: null, append: new Append(e.revision, known, e.metadata), events: [], at };
          writing.open = open;
          stream = e.stream;
        }
        open.append.add(e);
        open.events.push(e);
        open.at = at;
        continue;
      }
      const vendor = idIn('vendor', e.stream);
      if (vendor !== null) {
        close();
        this.prepare('INSERT INTO {vendor_appends} (vendor, revision, at, body) VALUES (?, ?, ?, ?)').run(vendor, e.revision, at, new Append(e.revision, known, e.metadata).add(e).body());
        this.memory.vendors.delete(vendor);
        if (moves(e)) steps.push({ vendor, at });
      }
    }
    close();
    if (this.memory.events === 0) this.prepare('INSERT INTO {log_length} SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM {log_length})').run();
    this.prepare('UPDATE {log_length} SET events = ?').run(at);
    this.memory.events = at;
    return steps;
  }

  /** Notes whose rows are to be derived at the log's end. */
  putOff(steps: readonly Step[]): void {
    const note = this.prepare('INSERT OR IGNORE INTO {put_off} (no) VALUES (?)');
    for (const no of new Set(steps.flatMap((s) => ('no' in s ? [s.no] : [])))) note.run(no);
    for (const vendor of new Set(steps.flatMap((s) => ('vendor' in s ? [s.vendor] : [])))) this.prepare(`INSERT OR IGNORE INTO {put_off} (no) SELECT no FROM {contracts} WHERE item IN (${itemList(vendor)})`).run();
  }

  /** Derives a portion of what was put off; with the last one makes the indexes. */
  settle(): boolean {
    makeIndex(this.writer, contractsIndexes[0]!);
    const numbers = this.prepare<{ no: number; contract_id: string; revision: number }>('SELECT c.no, c.contract_id, c.revision FROM {put_off} p JOIN {contracts} c ON c.no = p.no ORDER BY p.no LIMIT ?').all(PORTION);
    if (numbers.length > 0) {
      const [first, last] = [numbers[0]!.no, numbers.at(-1)!.no];
      const turns = this.vendorTurns();
      const rows = this.prepare<AppendRow & { no: number }>(
        'SELECT a.no, a.revision, a.at, a.body FROM {put_off} p JOIN {contract_appends} a ON a.no = p.no WHERE p.no BETWEEN ? AND ? ORDER BY a.no, a.revision',
      ).all(first, last);
      let at = 0;
      for (const { no, contract_id, revision } of numbers) {
        const from = at;
        while (rows[at]?.no === no) at++;
        this.relive({ no, contractId: contract_id, derived: revision >= 0 }, rows.slice(from, at), turns);
      }
      this.prepare('DELETE FROM {put_off} WHERE no <= ?').run(last);
      return true;
    }
    // What was remembered of them does not know that they are derived now.
    this.memory.numbers.clear();
    for (const index of contractsIndexes) makeIndex(this.writer, index);
    return false;
  }

  async derive(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if ('vendor' in step) {
        await this.deriveAll(step.vendor, step.at);
        continue;
      }
      const { contractId, no, events, at, cutAt } = step;
      const number = this.known(contractId);
      if (cutAt !== null) this.takeBack(no, cutAt);
      const before = this.memory.states.get(no);
      const folded = before?.state.revision === events[0]!.revision - 1 ? foldOn(before, events) : this.load(no, at);
      this.memory.states.set(no, folded);
      this.write(number, folded, at);
    }
  }

  /** A vendor's fact moves the rows of all contracts of its items before their own events say so (design 14). */
  private async deriveAll(vendor: string, at: number): Promise<void> {
    this.memory.vendors.delete(vendor);
    const page = this.prepare<{ no: number; contract_id: string }>(`SELECT no, contract_id FROM {contracts} WHERE item IN (${itemList(vendor)}) AND revision >= 0 AND no > ? ORDER BY no LIMIT ${PORTION}`);
    for (let last = 0; ; ) {
      const rows = page.all(last);
      for (const { no, contract_id } of rows) this.write({ no, contractId: contract_id, derived: true }, this.memory.states.get(no) ?? this.load(no, at), at);
      if (rows.length < PORTION) return;
      last = rows.at(-1)!.no;
      // A vendor has many contracts: let what waits have its turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  private keep({ no, n, append, at }: Writing): void {
    if (n === null) this.prepare('INSERT INTO {contract_appends} (no, revision, at, body) VALUES (?, ?, ?, ?)').run(no, append.revision, at, append.body());
    else this.prepare('UPDATE {contract_appends} SET body = ?, at = ? WHERE n = ?').run(append.body(), at, n);
  }

  /** The row of an earlier batch that an event belongs to; null for most. */
  private cutOff(contractId: string, no: number, e: LedgerEvent, known: string): Writing | null {
    if (e.revision === 0) return null;
    const row = this.prepare<AppendRow & { n: number; no: number }>('SELECT n, no, revision, at, body FROM {contract_appends} ORDER BY n DESC LIMIT 1').get();
    if (row?.no !== no) return null;
    const append = Append.of(row);
    return append.takes(e, known) ? { contractId, no, n: row.n, append, cutAt: row.at, events: [], at: row.at } : null;
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
    this.memory.numbers.set(contractId, { no, contractId, derived: false });
    return no;
  }

  private known(contractId: string): Numbered {
    const kept = this.memory.numbers.get(contractId);
    if (kept) return kept;
    const row = this.prepare<{ no: number; revision: number }>('SELECT no, revision FROM {contracts} WHERE contract_id = ?').get(contractId);
    if (!row) throw new Error(`contract ${contractId} has no first event`);
    const number = { no: row.no, contractId, derived: row.revision >= 0 };
    this.memory.numbers.set(contractId, number);
    return number;
  }

  /** A contract as its appends up to a place in the log say. */
  private load(no: number, at: number): Folded {
    return foldedOf(no, this.prepare<AppendRow>('SELECT revision, at, body FROM {contract_appends} WHERE no = ? AND at <= ? ORDER BY revision').all(no, at));
  }

  private vendor(vendor: string, at: number): KnownVendor {
    let known = this.memory.vendors.get(vendor);
    if (!known) {
      known = foldVendorFacts(this.prepare<AppendRow>('SELECT revision, at, body FROM {vendor_appends} WHERE vendor = ? AND at <= ? ORDER BY revision').all(vendor, at));
      this.memory.vendors.set(vendor, known);
    }
    return known;
  }

  /** Every vendor's facts as they became known, in the order of the log; there are few of them. */
  private vendorTurns(): VendorTurn[] {
    const rows = this.prepare<AppendRow & { vendor: string }>('SELECT vendor, revision, at, body FROM {vendor_appends} ORDER BY at').all();
    const so = new Map<string, AppendRow[]>();
    return rows.map(({ vendor, ...row }) => {
      const told = [...(so.get(vendor) ?? []), row];
      so.set(vendor, told);
      return { vendor, at: row.at, known: foldVendorFacts(told), moves: foldVendorFacts([row]).lastRecordedOn !== null };
    });
  }

  /**
   * Derives a contract's rows once more as they became known, append by append. Between facts nothing that is known
   * changes, so what follows by itself (renewals, ends, settlements) is passed over until the next one.
   */
  private relive(number: Numbered, appends: readonly AppendRow[], turns: readonly VendorTurn[]): void {
    const { no, contractId } = number;
    if (number.derived) for (const { table } of KNOWN) for (const t of [table, `${table}_past`]) this.prepare(`DELETE FROM {${t}} WHERE no = ?`).run(no);
    if (number.derived) this.prepare('DELETE FROM {contracts_past} WHERE no = ?').run(no);
    const standing = nothing();
    const past = this.changes(no, false);
    let state: ContractState = NONE;
    let pending: RecordedEvent[] = [];
    let businessDate = '' as PlainDate;
    let position = '';
    let turn = 0;
    const facts = new Map<string, KnownVendor>();
    const folded = (): RecordedContract => {
      if (pending.length > 0) state = fold(state, pending);
      pending = [];
      return state as RecordedContract;
    };
    const by = (): Deriving => this.deriving(folded(), businessDate, (vendor) => facts.get(vendor) ?? NO_FACTS);
    /** Where the last fact was told that nothing is derived from yet: what follows by itself may come in between. */
    let told: number | null = null;
    const derive = (at: number | null): void => {
      if (at !== null) advance(standing, contractId, knownRowsOf(folded(), by()), at, past);
    };
    const vendorsUntil = (end: number): void => {
      for (; turn < turns.length && turns[turn]!.at < end; turn++) {
        const t = turns[turn]!;
        derive(told);
        told = null;
        facts.set(t.vendor, t.known);
        if (t.moves && businessDate !== '' && vendorOf(lastContracted(folded())!.item) === t.vendor) told = t.at;
      }
    };
    for (const append of appends) {
      vendorsUntil(append.at);
      const { events, ...last } = unpack([append], contractEvents);
      if (events.some(isFactual)) {
        derive(told);
        told = append.at;
      }
      pending.push(...events);
      if (last.businessDate > businessDate) businessDate = last.businessDate;
      position = last.position;
    }
    vendorsUntil(Infinity);
    const rows = rowsOf(folded(), by());
    advance(standing, contractId, rows, told ?? appends.at(-1)!.at, past);
    this.writeContract(number, folded(), position, rows);
    const all = this.changes(no, true);
    for (const spec of KNOWN) for (const { values, moving, from } of standing.rows[spec.table].values()) all.begins(spec, values, moving, from);
    all.contractBegins(standing.contract!.from);
    this.memory.standing.delete(no);
  }

  private write(number: Numbered, { state, businessDate, position }: Folded, at: number): void {
    const { no, contractId } = number;
    let standing = this.memory.standing.get(no);
    if (!standing) {
      standing = number.derived ? this.loadStanding(no) : nothing();
      this.memory.standing.set(no, standing);
    }
    const rows = rowsOf(state, this.deriving(state, businessDate, (vendor) => this.vendor(vendor, at)));
    this.writeContract(number, state, position, rows);
    advance(standing, contractId, rows, at, this.changes(no, true));
  }

  private deriving(state: RecordedContract, businessDate: PlainDate, vendor: (name: string) => KnownVendor): Deriving {
    const { facts, lastRecordedOn } = vendor(vendorOf(lastContracted(state)!.item));
    return { facts, processedOn: lastRecordedOn !== null && lastRecordedOn > businessDate ? lastRecordedOn : businessDate, holidays: this.holidays };
  }

  /** What is said of a contract now, and no longer once it changes. */
  private writeContract(number: Numbered, state: RecordedContract, position: string, rows: ContractRows): void {
    const { no } = number;
    const c = rows.contract;
    this.prepare('UPDATE {contracts} SET end_on = ?, void = ?, due_on = ?, due_kind = ?, due_subject = ?, revision = ?, position = ? WHERE no = ?').run(
      c.end_on, c.void, c.due_on, c.due_kind, c.due_subject, state.revision, position, no,
    );
    // A correction may have replaced what the contract was entered as.
    if (state.entries[0]!.struckBy !== null)
      this.prepare(
        'UPDATE {contracts} SET management_unit_id = ?, contractor_id = ?, item = ?, application_number = ?, accepted_on = ?, billing_starts_on = ?, rounding = ? WHERE no = ?',
      ).run(c.management_unit_id, c.contractor_id, c.item, c.application_number, c.accepted_on, c.billing_starts_on, c.rounding, no);
    if (number.derived) this.prepare('DELETE FROM {outcomes} WHERE no = ?').run(no);
    number.derived = true;
    for (const r of rows.outcomes) this.prepare('INSERT INTO {outcomes} VALUES (?, ?, ?, ?, ?, ?)').run(r.discontinuation_id, no, r.outcome, r.ends_on, r.reason, r.told);
  }

  /** Puts changes into the tables; without `standing` only what goes to the past. */
  private changes(no: number, standing: boolean): Changes {
    return {
      begins: (spec, values, moving, from) => void (standing && this.prepare(SQL[spec.table].insert).run(no, ...values, from, ...moving)),
      ends: (spec, values, from, until) => {
        this.prepare(SQL[spec.table].past).run(no, ...values, from, until);
        if (standing) this.prepare(SQL[spec.table].remove).run(no, ...values.slice(0, spec.keys));
      },
      moves: (spec, keys, moving) => void (standing && this.prepare(SQL[spec.table].move).run(...moving, no, ...keys)),
      contractBegins: (from) => void (standing && this.prepare('UPDATE {contracts} SET known_from = ? WHERE no = ?').run(from, no)),
      contractEnds: (values, from, until) => void this.prepare(CONTRACT_PAST).run(no, ...values, from, until),
    };
  }

  private loadStanding(no: number): Standing {
    type Row = { readonly [column: string]: string | number | null };
    return standingOf(this.prepare<Row>('SELECT * FROM {contracts} WHERE no = ?').get(no), ({ table }) => this.prepare<Row>(`SELECT * FROM {${table}} WHERE no = ?`).all(no));
  }

  /** Takes back what half an append came to: the rows are then those before it. */
  private takeBack(no: number, at: number): void {
    for (const spec of KNOWN) {
      const columns = ['no', ...spec.columns, 'known_from'].join(', ');
      this.prepare(`DELETE FROM {${spec.table}} WHERE no = ? AND known_from = ?`).run(no, at);
      this.prepare(`INSERT INTO {${spec.table}} (${columns}) SELECT ${columns} FROM {${spec.table}_past} WHERE no = ? AND known_to = ?`).run(no, at);
      this.prepare(`DELETE FROM {${spec.table}_past} WHERE no = ? AND known_to = ?`).run(no, at);
    }
    const restored = [...KNOWN_OF_CONTRACT, 'known_from'].join(', ');
    this.prepare('UPDATE {contracts} SET known_from = NULL WHERE no = ? AND known_from = ?').run(no, at);
    this.prepare(`UPDATE {contracts} SET (${restored}) = (SELECT ${restored} FROM {contracts_past} p WHERE p.no = {contracts}.no AND p.known_to = ?) WHERE no = ? AND EXISTS (SELECT 1 FROM {contracts_past} p WHERE p.no = ? AND p.known_to = ?)`).run(at, no, no, at);
    this.prepare('DELETE FROM {contracts_past} WHERE no = ? AND known_to = ?').run(no, at);
    this.memory.standing.delete(no);
  }
}

const marks = (n: number): string => Array.from({ length: n }, () => '?').join(', ');
const CONTRACT_PAST = `INSERT INTO {contracts_past} VALUES (${marks(KNOWN_OF_CONTRACT.length + 3)})`;

/** Statements on the rows of a table and on those of its past. */
const SQL = Object.fromEntries(
  KNOWN.map(({ table, columns, keys, moving }) => {
    const key = ['no', ...columns.slice(0, keys)].map((c) => `${c} = ?`).join(' AND ');
    return [
      table,
      {
        insert: `INSERT INTO {${table}} (${['no', ...columns, 'known_from', ...moving].join(', ')}) VALUES (${marks(columns.length + moving.length + 2)})`,
        past: `INSERT INTO {${table}_past} VALUES (${marks(columns.length + 3)})`,
        remove: `DELETE FROM {${table}} WHERE ${key}`,
        move: `UPDATE {${table}} SET ${moving.map((c) => `${c} = ?`).join(', ')} WHERE ${key}`,
      },
    ];
  }),
) as { readonly [T in Spec['table']]: { readonly insert: string; readonly past: string; readonly remove: string; readonly move: string } };

/** A vendor's facts from a place in the log on. */
interface VendorTurn {
  readonly vendor: string;
  readonly at: number;
  readonly known: KnownVendor;
  readonly moves: boolean;
}

const NO_FACTS: KnownVendor = { facts: [], lastRecordedOn: null };

const CONSEQUENTIAL: ReadonlySet<string> = new Set([...Object.keys(UNDO), ...Object.values(UNDO)]);
/** Whether what is known of a contract may change with an event: consequences only say what followed already. */
const isFactual = (e: { readonly type: string }): boolean => !CONSEQUENTIAL.has(e.type);

function foldedOf(no: number, rows: readonly AppendRow[]): Folded {
  const { state, businessDate, position } = foldContract(rows);
  if (state.status === 'none') throw new Error(`contract number ${no} has no events`);
  return { state, businessDate, position };
}

/** The state that kept appends lead to. */
export function foldContract(rows: readonly AppendRow[]): { state: ContractState; businessDate: PlainDate; position: string } {
  const { events, businessDate, position } = unpack(rows, contractEvents);
  return { state: fold(NONE, events), businessDate, position };
}

/** As {@link foldContract}, of a vendor's stream: its discontinuations, and when they were recorded. */
export function foldVendorFacts(rows: readonly AppendRow[]): KnownVendor {
  const { events } = unpack(rows, vendorEvents);
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
