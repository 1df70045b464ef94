/**
 * The biller's own book: what the feed said, the lines that stand, and the months that were billed. One SQLite file;
 * whatever belongs together is written in one transaction, the checkpoint with its rows.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { chargesOf, monthsOf, nextMonth, type Charge, type Month } from './charges.js';
import { readEvent, type Line, type Place, type Received } from './event.js';
import { misuse, Stopped } from './trouble.js';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, contract_id TEXT NOT NULL, contract_sequence INTEGER NOT NULL, business_date TEXT NOT NULL,
    stored TEXT NOT NULL, UNIQUE (contract_id, contract_sequence)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS contracts (contract_id TEXT PRIMARY KEY, contractor_id TEXT NOT NULL, item TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS lines (
    line_id TEXT PRIMARY KEY, contract_id TEXT NOT NULL, first_month TEXT NOT NULL, last_month TEXT, line TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lines_of_contract ON lines (contract_id);
  CREATE INDEX IF NOT EXISTS lines_of_month ON lines (first_month);
  CREATE TABLE IF NOT EXISTS closings (month TEXT PRIMARY KEY, sequence INTEGER NOT NULL, closed_at TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS billed (
    month TEXT NOT NULL REFERENCES closings, contract_id TEXT NOT NULL, charge_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    clause TEXT NOT NULL, due_on TEXT NOT NULL, amount INTEGER, PRIMARY KEY (month, contract_id, charge_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS adjustments (
    number INTEGER PRIMARY KEY, booked_in TEXT NOT NULL, month TEXT NOT NULL, contract_id TEXT NOT NULL, charge_id TEXT NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, clause TEXT NOT NULL, due_on TEXT NOT NULL, amount INTEGER NOT NULL, sequence INTEGER NOT NULL, event_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS adjustments_of ON adjustments (month, contract_id);
`;

/** A charge as it was billed, with whom it is billed to. */
export interface BilledCharge extends Charge {
  readonly contractId: string;
  readonly contractorId: string;
  readonly item: string;
}

/** What became known after its month was closed: billed in the month that was open then. */
export interface Adjustment extends BilledCharge {
  readonly amount: number;
  readonly bookedIn: Month;
  /** The event that changed it. */
  readonly sequence: number;
  readonly eventId: string;
}

export interface Statement {
  readonly month: Month;
  /** False: a draft, the month is open. */
  readonly closed: boolean;
  readonly charges: readonly BilledCharge[];
  /** Booked in this month; each is about an earlier one. */
  readonly adjustments: readonly Adjustment[];
}

export interface Total {
  readonly contractId: string;
  readonly month: Month;
  readonly total: number;
}

const CHARGE = 'month, charge_id AS id, kind, subject, clause, due_on AS dueOn, amount, contract_id AS contractId';

export class Book {
  private readonly db: DatabaseSync;

  /** Opens the book of a folder, or begins one. */
  static in(folder: string): Book {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new Book(join(folder, 'billing.sqlite'));
  }

  constructor(file: string) {
    this.db = new DatabaseSync(file, { timeout: 10_000 });
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    this.db.exec(SCHEMA);
  }

  close(): void {
    this.db.close();
  }

  private all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.db.prepare(sql).all(...values) as T[];
  }
  private get<T>(sql: string, ...values: SQLInputValue[]): T | null {
    return (this.db.prepare(sql).get(...values) as T | undefined) ?? null;
  }
  private run(sql: string, ...values: SQLInputValue[]): void {
    this.db.prepare(sql).run(...values);
  }

  /** Everything in it is written, or nothing. Whatever it decides by is read inside, so two programs may share a book. */
  private transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  // ---------------------------------------------------------------------------------------------- what the feed said

  /** The last event that was applied; null: none. */
  checkpoint(): Place | null {
    const at = this.get<Place>('SELECT sequence, id FROM checkpoint');
    return at && { sequence: at.sequence, id: at.id };
  }

  /** How many events are in the book. */
  size(): number {
    return (this.checkpoint()?.sequence ?? -1) + 1;
  }

  /** The stored bytes of every event, as text, in order. */
  *stored(contractId?: string): Generator<string> {
    const [where, values] = contractId === undefined ? ['', []] : ['WHERE contract_id = ?', [contractId]];
    for (const row of this.db.prepare(`SELECT stored FROM events ${where} ORDER BY sequence`).iterate(...values)) yield row['stored'] as string;
  }

  eventAt(sequence: number): string | null {
    return this.get<{ stored: string }>('SELECT stored FROM events WHERE sequence = ?', sequence)?.stored ?? null;
  }

  /** The last business day that an event was recorded on. */
  lastBusinessDate(): string | null {
    return this.get<{ last: string | null }>('SELECT max(business_date) AS last FROM events')?.last ?? null;
  }

  /**
   * Applies events as they come, in one transaction with the checkpoint. Those already in the book are dropped.
   * Gives the number applied.
   * @throws {Stopped} at the first that must not be applied; those before it are kept
   */
  apply(page: readonly string[]): number {
    let stopped: Stopped | null = null;
    const applied = this.transaction(() => {
      let n = 0;
      for (const stored of page)
        try {
          if (this.take(readEvent(stored))) n++;
        } catch (error) {
          if (!(error instanceof Stopped)) throw error;
          stopped = error;
          break;
        }
      return n;
    });
    if (stopped !== null) throw stopped as Stopped;
    return applied;
  }

  /** Everything is checked before the first row is written. False: it was there already. */
  private take({ event, sequence, stored }: Received): boolean {
    const at = this.get<{ source: string; sequence: number }>('SELECT source, sequence FROM checkpoint');
    const where = `event ${event.id} at sequence ${sequence}`;
    if (at && event.source !== at.source) throw new Stopped('other-ledger', `${where} is of ${event.source}, this book is of ${at.source}: give each ledger a BILLING_DATA of its own`);
    const expected = (at?.sequence ?? -1) + 1;
    if (sequence < expected) {
      if (this.eventAt(sequence) === stored) return false;
      throw new Stopped('altered', `${where} is not the event that this book holds there: keep the book, ask the ledger's operator, and compare with "reconcile"`);
    }
    if (sequence > expected) throw new Stopped('gap', `${where} came where ${expected} is next: events are missing. Nothing of it was applied; start again, and if it comes again ask the ledger's operator`);
    const before = this.get<{ id: string; n: number }>('SELECT id, contract_sequence AS n FROM events WHERE contract_id = ? ORDER BY contract_sequence DESC LIMIT 1', event.subject);
    if (event.contractsequence !== (before?.n ?? -1) + 1 || event.previousid !== before?.id)
      throw new Stopped('chain', `${where} says that it follows ${event.previousid ?? 'nothing'} as number ${event.contractsequence} of contract ${event.subject}; in this book that contract ends with ${before?.id ?? 'nothing'}. Ask the ledger's operator`);
    if (this.get('SELECT 1 FROM events WHERE id = ?', event.id)) throw new Stopped('altered', `${where} is in this book already, at another place. Ask the ledger's operator`);

    const { source, id, subject, contractsequence, businessdate } = event;
    this.run('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)', sequence, id, subject, contractsequence, businessdate, stored);
    this.run('INSERT INTO checkpoint VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET sequence = excluded.sequence, id = excluded.id', source, sequence, id);
    if (event.type === 'ledger.contract.contracted.v1')
      this.run('INSERT INTO contracts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET contractor_id = excluded.contractor_id, item = excluded.item', subject, event.data.contractorId, event.data.item);
    this.applyMoney({ event, sequence, stored });
    return true;
  }

  /** A line replaces what was said before under its id; what is void goes. All of the money is there, whatever the type. */
  private applyMoney({ event, sequence }: Received): void {
    const { segments, charges, voids } = event.data;
    const lines: readonly Line[] = [...segments, ...charges];
    const closed = this.closedThrough();
    const window = closed === null ? null : this.monthsTouched([...voids, ...lines.map((l) => l.lineId)], lines, closed);
    const before = window && chargesOf(this.linesOf(event.subject), window, closed!);
    for (const lineId of voids) this.run('DELETE FROM lines WHERE line_id = ?', lineId);
    for (const line of lines) {
      const { first, last } = monthsOf(line);
      this.run(
        'INSERT INTO lines VALUES (?, ?, ?, ?, ?) ON CONFLICT (line_id) DO UPDATE SET first_month = excluded.first_month, last_month = excluded.last_month, line = excluded.line',
        line.lineId, event.subject, first, last, JSON.stringify(line),
      );
    }
    if (before) this.adjust(before, chargesOf(this.linesOf(event.subject), window, closed!), event.subject, nextMonth(closed!), { sequence, id: event.id });
  }

  /** The first closed month that lines fall in, as they were or as they become; null: none. */
  private monthsTouched(lineIds: readonly string[], lines: readonly Line[], closed: Month): Month | null {
    const months = lines.map((l) => monthsOf(l).first);
    for (const lineId of lineIds) {
      const was = this.get<{ first: string }>('SELECT first_month AS first FROM lines WHERE line_id = ?', lineId);
      if (was) months.push(was.first);
    }
    const first = months.sort()[0];
    return first === undefined || first > closed ? null : first;
  }

  private linesOf(contractId: string): Line[] {
    return this.all<{ line: string }>('SELECT line FROM lines WHERE contract_id = ? ORDER BY line_id', contractId).map((r) => JSON.parse(r.line) as Line);
  }

  /** Books the differences of closed months in the open one. */
  private adjust(before: ReadonlyMap<string, Charge>, after: ReadonlyMap<string, Charge>, contractId: string, bookedIn: Month, by: Place): void {
    for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [was, is] = [before.get(key), after.get(key)];
      const amount = (is?.amount ?? 0) - (was?.amount ?? 0);
      if (amount === 0) continue;
      const { month, id, kind, subject, clause, dueOn } = (is ?? was)!;
      this.run(
        'INSERT INTO adjustments (booked_in, month, contract_id, charge_id, kind, subject, clause, due_on, amount, sequence, event_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        bookedIn, month, contractId, id, kind, subject, clause, dueOn, amount, by.sequence, by.id,
      );
    }
  }

  // ---------------------------------------------------------------------------------------------- what is billed

  /** The last month that is closed; null: none. Every earlier month is closed with it. */
  closedThrough(): Month | null {
    return this.get<{ month: string | null }>('SELECT max(month) AS month FROM closings')?.month ?? null;
  }

  /** The first month that a line falls in. */
  firstMonth(): Month | null {
    return this.get<{ month: string | null }>('SELECT min(first_month) AS month FROM lines')?.month ?? null;
  }

  /**
   * Freezes the statements of every open month up to this one; gives the months closed.
   * @throws {Trouble} it is closed already
   */
  closeThrough(month: Month, closedAt: string): Month[] {
    return this.transaction(() => {
      const closed = this.closedThrough();
      if (closed !== null && month <= closed) throw misuse(`${month} is closed: its statement stands, and what changes of it is booked as an adjustment in ${nextMonth(closed)}`);
      const first = this.firstMonth();
      let next = closed !== null ? nextMonth(closed) : first !== null && first < month ? first : month;
      const months: Month[] = [];
      const sequence = this.checkpoint()?.sequence ?? -1;
      for (; next <= month; next = nextMonth(next)) {
        const charges = this.drafted(next);
        this.run('INSERT INTO closings VALUES (?, ?, ?)', next, sequence, closedAt);
        for (const c of charges) this.run('INSERT INTO billed VALUES (?, ?, ?, ?, ?, ?, ?, ?)', next, c.contractId, c.id, c.kind, c.subject, c.clause, c.dueOn, c.amount);
        months.push(next);
      }
      return months;
    });
  }

  /** What the lines charge in a month, as known now. */
  private drafted(month: Month): (Charge & { readonly contractId: string })[] {
    const rows = this.all<{ contractId: string; line: string }>(
      'SELECT contract_id AS contractId, line FROM lines WHERE first_month <= ?1 AND (last_month IS NULL OR last_month >= ?1) ORDER BY contract_id, line_id',
      month,
    );
    const lines = Map.groupBy(rows, (r) => r.contractId);
    return [...lines].flatMap(([contractId, mine]) => {
      const charges = [...chargesOf(mine.map((r) => JSON.parse(r.line) as Line), month, month).values()];
      return charges.sort((a, b) => (a.id < b.id ? -1 : 1)).map((c) => ({ ...c, contractId }));
    });
  }

  /** What is billed in a month: its charges, and what became known of earlier months after they were closed. */
  statement(month: Month): Statement {
    const closed = this.closedThrough();
    const isClosed = closed !== null && month <= closed;
    const charges = isClosed ? this.all<Charge & { contractId: string }>(`SELECT ${CHARGE} FROM billed WHERE month = ? ORDER BY contract_id, charge_id`, month) : this.drafted(month);
    return { month, closed: isClosed, charges: this.named(charges), adjustments: this.adjustments({ bookedIn: month }) };
  }

  /** By the month that they were booked in, or the one that they are about; in the order of booking. */
  adjustments({ bookedIn, about }: { readonly bookedIn?: Month; readonly about?: Month } = {}): Adjustment[] {
    const rows = this.all<Adjustment>(
      `SELECT ${CHARGE}, booked_in AS bookedIn, sequence, event_id AS eventId FROM adjustments WHERE booked_in = coalesce(?, booked_in) AND month = coalesce(?, month) ORDER BY number`,
      bookedIn ?? null,
      about ?? null,
    );
    return this.named(rows);
  }

  private named<T extends { readonly contractId: string }>(rows: readonly T[]): (T & { readonly contractorId: string; readonly item: string })[] {
    const contracts = new Map(this.all<{ id: string; contractorId: string; item: string }>('SELECT contract_id AS id, contractor_id AS contractorId, item FROM contracts').map((c) => [c.id, c]));
    return rows.map((row) => {
      const { contractorId = '', item = '' } = contracts.get(row.contractId) ?? {};
      return { ...row, contractorId, item };
    });
  }

  /** What each contract was billed for each month, adjustments included, or is about to be; through a month, in order. */
  totals(through: Month): Total[] {
    const closed = this.closedThrough();
    const first = [this.firstMonth(), this.get<{ month: string | null }>('SELECT min(month) AS month FROM billed')?.month ?? null].filter((m) => m !== null).sort()[0];
    const totals = new Map<string, number>();
    const add = (month: Month, contractId: string, amount: number): void => void totals.set(`${contractId} ${month}`, (totals.get(`${contractId} ${month}`) ?? 0) + amount);
    for (const table of ['billed', 'adjustments'])
      for (const r of this.all<Total>(`SELECT contract_id AS contractId, month, sum(coalesce(amount, 0)) AS total FROM ${table} GROUP BY 1, 2`)) add(r.month, r.contractId, r.total);
    for (let month = closed !== null ? nextMonth(closed) : (first ?? through); month <= through; month = nextMonth(month)) for (const c of this.drafted(month)) add(month, c.contractId, c.amount ?? 0);
    // A month without anything is a claim too.
    const contracts = this.all<{ id: string }>('SELECT DISTINCT contract_id AS id FROM events ORDER BY contract_id');
    const rows: Total[] = [];
    for (const { id: contractId } of contracts) for (let month = first ?? through; month <= through; month = nextMonth(month)) rows.push({ contractId, month, total: totals.get(`${contractId} ${month}`) ?? 0 });
    return rows;
  }

  /** The lines of a contract in a month, with their yen. */
  linesIn(contractId: string, month: Month): { readonly lineId: string; readonly amount: number }[] {
    return this.linesOf(contractId).flatMap((line) => {
      const charges = [...chargesOf([line], month, month).values()];
      return charges.map((c) => ({ lineId: line.lineId, amount: c.amount ?? 0 }));
    });
  }
}
