import { setImmediate } from 'node:timers/promises';
import { parsePlainDate, type Holidays } from '@app/calendar';
import {
  compareReceipts,
  contractEvents,
  fold,
  foldVendor,
  NONE,
  recordEvents,
  recordReceipts,
  reevaluate,
  UNKNOWN_VENDOR,
  unitEvents,
  unitReceipts,
  vendorEvents,
  vendorReceipts,
  type ContractState,
  type Difference,
  type FactRecorded,
  type RecordedEvent,
  type UnitEvent,
  type VendorEvent,
  type VendorState,
} from '@app/contract';
import type { EventStore, Position, StoredEvent } from '@app/event-store';
import type { EventRegistry } from '@app/kernel';
import { acceptedBy, type Accepted } from './accepted.js';

/** A difference with its place in the log. */
export interface Found extends Difference {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly recordedAt: string;
  readonly build: string;
  /** Hash of the rule tables it was decided by. */
  readonly tables: string;
  /** Why it was accepted, by the reviewed list. */
  readonly accepted: string | null;
}

export interface ReplayFindings {
  readonly events: number;
  /** What commands appended to contracts, and the receipts of all streams. */
  readonly appends: number;
  readonly receipts: number;
  readonly head: Position | null;
  /** How many events were decided by which tables. */
  readonly tables: { readonly [hash: string]: number };
  /** The first {@link MOST} of each kind. */
  readonly differences: readonly Found[];
  readonly accepted: readonly Found[];
  readonly differenceCount: number;
  readonly acceptedCount: number;
}

export const MOST = 1_000;
const PAGE = 1_000;
/** Contracts kept folded; others are folded again from their stream. */
const KEPT = 20_000;

export interface ReplayOptions {
  readonly store: EventStore;
  /** The table of holidays of decisions made before the log began to say which one it was. */
  readonly holidays: Holidays | null;
  readonly accepted: readonly Accepted[];
  readonly onProgress?: (position: Position) => void;
}

/** Decides everything in the log again, each append from the state before it and its own inputs, and lists what differs. */
export async function replay(o: ReplayOptions): Promise<ReplayFindings> {
  const run = new Replay(o);
  let after: Position | null = null;
  for (;;) {
    const page: StoredEvent[] = await o.store.readAll({ after, limit: PAGE });
    for (const e of page) await run.next(e);
    after = page.at(-1)?.position ?? after;
    if (after !== null) o.onProgress?.(after);
    if (page.length < PAGE) return run.end(after);
    await setImmediate();
  }
}

class Replay {
  private readonly contracts = new Map<string, ContractState>();
  private readonly vendors = new Map<string, VendorState>();
  private holidays: Holidays | null;
  private append: StoredEvent[] = [];
  private readonly tables = new Map<string, number>();
  private readonly differences: Found[] = [];
  private readonly accepted: Found[] = [];
  private readonly counts = { events: 0, appends: 0, receipts: 0, differences: 0, accepted: 0 };

  constructor(private readonly o: ReplayOptions) {
    this.holidays = o.holidays;
  }

  async next(e: StoredEvent): Promise<void> {
    const last = this.append.at(-1);
    // What one command appended lies together.
    if (last && (last.stream !== e.stream || last.metadata.commandId !== e.metadata.commandId || e.revision !== last.revision + 1)) await this.conclude();
    this.counts.events++;
    this.counts.receipts += e.metadata.receipts.length;
    if (e.metadata.receipts.length > 0) this.tables.set(e.metadata.agreement.tables, (this.tables.get(e.metadata.agreement.tables) ?? 0) + 1);
    if (e.stream.startsWith('contract-')) this.append.push(e);
    else this.single(e);
  }

  async end(head: Position | null): Promise<ReplayFindings> {
    await this.conclude();
    const { differences: differenceCount, accepted: acceptedCount, ...counts } = this.counts;
    return { ...counts, head, tables: Object.fromEntries(this.tables), differences: this.differences, accepted: this.accepted, differenceCount, acceptedCount };
  }

  /** Decides the append at hand again. */
  private async conclude(): Promise<void> {
    const append = this.append;
    const first = append[0];
    if (!first) return;
    this.append = [];
    this.counts.appends++;
    const before = await this.stateBefore(first);
    const discontinuations = [...this.vendors.values()].flatMap((v) => v.discontinuations);
    const { state, differences } = reevaluate(before, append.map((e) => recorded(contractEvents, e)), { holidays: this.holidays, discontinuations });
    this.keep(first.stream, state);
    const byId = new Map(append.map((e) => [e.id, e]));
    for (const d of differences) this.found(byId.get(d.eventId)!, d);
  }

  /** Events that carry their reasons in themselves. */
  private single(e: StoredEvent): void {
    const [category] = e.stream.split('-', 1);
    const compare = (receipts: Parameters<typeof compareReceipts>[1]): void => {
      for (const d of compareReceipts(e, receipts)) this.found(e, d);
    };
    if (category === 'managementUnit') compare(unitReceipts({ type: e.type, data: recorded(unitEvents, e).data } as UnitEvent));
    else if (category === 'record') compare(recordReceipts(recorded(recordEvents, e).data as FactRecorded));
    else if (category === 'vendor') {
      const event = recorded(vendorEvents, e);
      const vendor = e.stream.slice('vendor-'.length);
      compare(vendorReceipts(vendor, { type: e.type, data: event.data } as VendorEvent));
      this.vendors.set(vendor, foldVendor(this.vendors.get(vendor) ?? UNKNOWN_VENDOR, [event]));
    } else if (e.type === 'PoliciesSet') this.holidays = holidaysIn(e);
  }

  private async stateBefore(first: StoredEvent): Promise<ContractState> {
    if (first.revision === 0) return NONE;
    const kept = this.contracts.get(first.stream);
    if (kept?.status === 'recorded' && kept.revision === first.revision - 1) return kept;
    const events = await this.o.store.readStream(first.stream, { limit: first.revision });
    return fold(NONE, events.map((e) => recorded(contractEvents, e)));
  }

  private keep(stream: string, state: ContractState): void {
    this.contracts.delete(stream);
    this.contracts.set(stream, state);
    if (this.contracts.size > KEPT) this.contracts.delete(this.contracts.keys().next().value!);
  }

  private found(e: StoredEvent, d: Difference): void {
    const { recordedAt, build, agreement } = e.metadata;
    const why = acceptedBy(this.o.accepted, d, recordedAt)?.why ?? null;
    const found: Found = { ...d, stream: e.stream, revision: e.revision, position: e.position, recordedAt, build, tables: agreement.tables, accepted: why };
    const [list, count] = why === null ? ([this.differences, 'differences'] as const) : ([this.accepted, 'accepted'] as const);
    this.counts[count]++;
    if (list.length < MOST) list.push(found);
  }
}

const recorded = (registry: EventRegistry, e: StoredEvent): RecordedEvent => ({ id: e.id, type: e.type, revision: e.revision, data: registry.upcast(e.type, e.metadata.schemaVersion, e.data), metadata: e.metadata });

/** The table that the settings of a start name. */
function holidaysIn(e: StoredEvent): Holidays | null {
  const { holidays } = e.data as { readonly holidays: { readonly name: string; readonly from: string; readonly to: string; readonly days: readonly string[] } | null };
  return holidays && { name: holidays.name, from: parsePlainDate(holidays.from)!, to: parsePlainDate(holidays.to)!, days: new Set(holidays.days) };
}
