import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from './ports.js';

/** How far an endpoint has come: everything up to `sequence` is delivered, unwanted, or owned by a lane. */
export interface Place {
  /** Revision of the endpoint's own stream up to which what was asked is carried out. */
  readonly applied: number;
  /** −1 before the first event. */
  readonly sequence: number;
  /** Id of the event there; null where it was not looked at. */
  readonly eventId: string | null;
  /** Since when the endpoint is away (RFC 3339 UTC); null: it is there as far as is known. */
  readonly awaySince: string | null;
  readonly probes: number;
  readonly probeAt: number;
}

/** A contract whose events wait on one endpoint. All the others need no row. */
export interface LaneState {
  readonly contractId: string;
  /** Nothing of the contract from this sequence on has been delivered. */
  readonly head: number;
  /** Sequences of events to be sent again before that, ascending. */
  readonly again: readonly number[];
  /** Tries that the next event has used up. */
  readonly tries: number;
  /** When it is tried next, milliseconds since 1970. */
  readonly nextAt: number;
  /** Since when it is parked (RFC 3339 UTC); null: it is tried again. */
  readonly parkedAt: string | null;
  /** The event that was tried last; null before the first try. */
  readonly eventId: string | null;
  readonly sequence: number | null;
  /** What came of it: a status or why there was none. */
  readonly failure: string | null;
}

/** One request that was made. */
export interface Attempt {
  readonly eventId: string;
  readonly sequence: number;
  readonly contractId: string;
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: number;
}
export interface NumberedAttempt extends Attempt {
  readonly n: number;
}

export interface Kept {
  readonly place: Place;
  readonly lanes: readonly LaneState[];
}

export interface JournalOptions {
  /** Path of `delivery.sqlite`; made when absent, readable by its owner only. */
  readonly file: string;
  readonly clock: Clock;
  /** What was told is durable after this long (default 100 ms): until then a crash sends again. */
  readonly flushMs?: number;
  /** Attempts kept for each endpoint. */
  readonly attempts?: number;
  readonly onError: (error: unknown) => void;
}

/** The file is no journal of deliveries, or one of a newer build. */
export class UnsupportedJournal extends Error {
  override readonly name = 'UnsupportedJournal';
}

const FORMAT = 1;
const SCHEMA = `
  CREATE TABLE places (
    webhook_id TEXT PRIMARY KEY,
    applied INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    event_id TEXT,
    away_since TEXT,
    probes INTEGER NOT NULL,
    probe_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lanes (
    webhook_id TEXT NOT NULL,
    contract_id TEXT NOT NULL,
    head INTEGER NOT NULL,
    again TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    parked_at TEXT,
    event_id TEXT,
    sequence INTEGER,
    failure TEXT,
    PRIMARY KEY (webhook_id, contract_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE attempts (
    webhook_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    contract_id TEXT NOT NULL,
    at TEXT NOT NULL,
    status INTEGER,
    error TEXT,
    ms INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, n)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${FORMAT};
`;

interface Pending {
  place: Place | null;
  readonly lanes: Map<string, LaneState | null>;
  attempts: NumberedAttempt[];
  forget: boolean;
}

/**
 * What survives a restart. Told in memory, written together: one transaction holds the endpoints' places and the lanes
 * as they stood at one moment, so a place never passes an event whose lane is not kept. A crash before the write only
 * sends again what was sent.
 */
export class Journal {
  private readonly db: DatabaseSync;
  private readonly pending = new Map<string, Pending>();
  private readonly numbers = new Map<string, number>();
  private readonly kept: number;
  private readonly putPlace: StatementSync;
  private readonly putLane: StatementSync;
  private readonly dropLane: StatementSync;
  private readonly putAttempt: StatementSync;
  private readonly dropAttempts: StatementSync;
  private cancel: (() => void) | null = null;
  private closed = false;

  /** @throws {UnsupportedJournal} */
  constructor(private readonly o: JournalOptions) {
    if (!existsSync(o.file)) closeSync(openSync(o.file, 'a', 0o600));
    this.kept = o.attempts ?? 1_000;
    this.db = new DatabaseSync(o.file, { timeout: 5_000 });
    try {
      this.prepareFile(o.file);
      this.putPlace = this.db.prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?, ?)');
      this.putLane = this.db.prepare('INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
      this.dropLane = this.db.prepare('DELETE FROM lanes WHERE webhook_id = ? AND contract_id = ?');
      this.putAttempt = this.db.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
      this.dropAttempts = this.db.prepare('DELETE FROM attempts WHERE webhook_id = ? AND n <= ?');
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** What is kept of an endpoint; null: nothing. */
  load(webhookId: string): Kept | null {
    this.flush();
    const place = this.db.prepare('SELECT applied, sequence, event_id AS eventId, away_since AS awaySince, probes, probe_at AS probeAt FROM places WHERE webhook_id = ?').get(webhookId);
    if (!place) return null;
    const lanes = this.db
      .prepare('SELECT contract_id AS contractId, head, again, tries, next_at AS nextAt, parked_at AS parkedAt, event_id AS eventId, sequence, failure FROM lanes WHERE webhook_id = ? ORDER BY head')
      .all(webhookId) as unknown as (Omit<LaneState, 'again'> & { readonly again: string })[];
    return { place: { ...(place as unknown as Place) }, lanes: lanes.map((l) => ({ ...l, again: JSON.parse(l.again) as number[] })) };
  }

  place(webhookId: string, place: Place): void {
    this.of(webhookId).place = place;
  }

  /** `null`: the contract needs no lane any more. That a lane is parked is durable at once: a crash must not reopen it. */
  lane(webhookId: string, contractId: string, lane: LaneState | null): void {
    this.of(webhookId).lanes.set(contractId, lane);
    if (lane?.parkedAt != null) this.flushOrSay();
  }

  attempt(webhookId: string, attempt: Attempt): void {
    const n = (this.numbers.get(webhookId) ?? this.lastAttempt(webhookId)) + 1;
    this.numbers.set(webhookId, n);
    const { attempts } = this.of(webhookId);
    attempts.push({ ...attempt, n });
    if (attempts.length > this.kept) attempts.shift();
  }

  /** The endpoint is removed. */
  forget(webhookId: string): void {
    this.pending.delete(webhookId);
    this.of(webhookId).forget = true;
    this.numbers.delete(webhookId);
    this.flush();
  }

  /** Recent attempts, newest first, before a number. */
  attempts(webhookId: string, before: number | null, limit: number): NumberedAttempt[] {
    this.flush();
    return this.db
      .prepare('SELECT n, event_id AS eventId, sequence, contract_id AS contractId, at, status, error, ms FROM attempts WHERE webhook_id = ? AND n < ? ORDER BY n DESC LIMIT ?')
      .all(webhookId, before ?? Number.MAX_SAFE_INTEGER, limit)
      .map((row) => ({ ...(row as unknown as NumberedAttempt) }));
  }

  /** Makes durable what was told. What cannot be written now is kept for the next time. */
  flush(): void {
    this.cancel?.();
    this.cancel = null;
    if (this.pending.size === 0 || this.closed) return;
    this.db.exec('BEGIN IMMEDIATE');
    try {
      for (const [webhookId, pending] of this.pending) this.write(webhookId, pending);
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
    this.pending.clear();
  }

  close(): void {
    if (this.closed) return;
    try {
      this.flush();
    } finally {
      this.closed = true;
      this.db.close();
    }
  }

  private of(webhookId: string): Pending {
    let pending = this.pending.get(webhookId);
    if (!pending) this.pending.set(webhookId, (pending = { place: null, lanes: new Map(), attempts: [], forget: false }));
    this.cancel ??= this.o.clock.after(this.o.flushMs ?? 100, () => {
      this.cancel = null;
      this.flushOrSay();
    });
    return pending;
  }

  private flushOrSay(): void {
    try {
      this.flush();
    } catch (error) {
      this.o.onError(error);
    }
  }

  private write(webhookId: string, { place, lanes, attempts, forget }: Pending): void {
    if (forget) for (const table of ['places', 'lanes', 'attempts']) this.db.prepare(`DELETE FROM ${table} WHERE webhook_id = ?`).run(webhookId);
    if (place) this.putPlace.run(webhookId, place.applied, place.sequence, place.eventId, place.awaySince, place.probes, place.probeAt);
    for (const [contractId, l] of lanes)
      if (l) this.putLane.run(webhookId, contractId, l.head, JSON.stringify(l.again), l.tries, l.nextAt, l.parkedAt, l.eventId, l.sequence, l.failure);
      else this.dropLane.run(webhookId, contractId);
    for (const a of attempts) this.putAttempt.run(webhookId, a.n, a.eventId, a.sequence, a.contractId, a.at, a.status, a.error, a.ms);
    const last = attempts.at(-1);
    if (last) this.dropAttempts.run(webhookId, last.n - this.kept);
  }

  private lastAttempt(webhookId: string): number {
    return (this.db.prepare('SELECT coalesce(max(n), 0) AS n FROM attempts WHERE webhook_id = ?').get(webhookId) as { n: number }).n;
  }

  private prepareFile(file: string): void {
    const { user_version: version } = this.db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > FORMAT) throw new UnsupportedJournal(`${file} has data format ${version}, this build knows up to ${FORMAT}: use a newer build`);
    const { n } = this.db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
    if (version === 0 && n > 0) throw new UnsupportedJournal(`${file} is not a journal of deliveries`);
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    if (version === 0) this.db.exec(`BEGIN; ${SCHEMA} COMMIT;`);
  }
}
