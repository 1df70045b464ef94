/** Single contracts, and pages of them. */
import { vendorOf, type ItemCode } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import type { ContractState, Discontinuation, RecordedContract } from '@app/contract';
import type { TextRef } from '@app/kernel';
import { contractView, lastContracted, type ContractView, type Status } from './contract-view.js';
import type { AppendRow } from './appends.js';
import { foldContract, foldVendorFacts } from './contracts.js';
import { fromCursor, pageOf } from './cursor.js';
import { Lru } from './lru.js';
import type { Around, Db, Page, Statements } from './reads.js';

export interface ContractAt {
  readonly asOf: PlainDate;
  /** RFC 3339; what was known then. Default: everything. */
  readonly knownAt?: string | undefined;
}

/** Folded contracts that were looked at last. */
const KEPT = 1_000;

/** Reads single contracts on the hot path; keeps those looked at last folded. */
export class ContractReader {
  private readonly states = new Lru<string, RecordedContract>(KEPT);

  constructor(
    private readonly store: Statements,
    private readonly holidays: Holidays | null,
  ) {}

  /** The contract on a day, as known at an instant; null where it is not known (yet). */
  contract(contractId: string, at: ContractAt): ContractView | null {
    return this.store.snapshot(() => {
      const row = this.store
        .statement<{ no: number; revision: number; position: string; management_unit_id: string }>('SELECT no, revision, position, management_unit_id FROM contracts WHERE contract_id = ?')
        .get(contractId);
      if (!row || row.revision < 0) return null;
      const knownAt = at.knownAt === undefined ? undefined : asInstant(at.knownAt);
      const { state, position } = knownAt === undefined ? { state: this.current(contractId, row), position: row.position } : foldContract(this.appends(row.no), knownAt);
      if (state.status === 'none') return null;
      const name = this.store.statement<{ contractor_name: string }>('SELECT contractor_name FROM units WHERE management_unit_id = ?').get(row.management_unit_id);
      return contractView(state, {
        asOf: at.asOf,
        position,
        discontinuations: this.discontinuations(vendorOf(lastContracted(state)!.item), knownAt),
        holidays: this.holidays,
        contractorName: name ? (JSON.parse(name.contractor_name) as TextRef) : null,
      });
    });
  }

  /** A vendor's discontinuations, as known at an instant. */
  discontinuations(vendor: string, knownAt?: string): readonly Discontinuation[] {
    const rows = this.store.statement<AppendRow>('SELECT revision, body FROM vendor_appends WHERE vendor = ? ORDER BY revision').all(vendor);
    return rows.length === 0 ? [] : foldVendorFacts(rows, knownAt).facts;
  }

  private current(contractId: string, row: { readonly no: number; readonly revision: number }): ContractState {
    const kept = this.states.get(contractId);
    if (kept?.revision === row.revision) return kept;
    const { state } = foldContract(this.appends(row.no));
    if (state.status === 'recorded') this.states.set(contractId, state);
    return state;
  }

  private appends(no: number): AppendRow[] {
    return this.store.statement<AppendRow>('SELECT revision, body FROM contract_appends WHERE no = ? ORDER BY revision').all(no);
  }
}

/** Milliseconds in UTC, as instants are recorded. @throws {RangeError} not an instant */
const asInstant = (text: string): string => new Date(text).toISOString();

/** Several contracts by their numbers, as everything is known. */
export async function statesOf(db: Db, numbers: readonly number[]): Promise<Map<number, RecordedContract>> {
  if (numbers.length === 0) return new Map();
  const rows = await db.selectFrom('contract_appends').select(['no', 'revision', 'body']).where('no', 'in', numbers).orderBy('no').orderBy('revision').execute();
  const out = new Map<number, RecordedContract>();
  for (const [no, bodies] of Map.groupBy(rows, (r) => r.no)) {
    const { state } = foldContract(bodies);
    if (state.status === 'recorded') out.set(no, state);
  }
  return out;
}

/** All vendors' discontinuations. */
export async function vendorFacts(db: Db): Promise<readonly Discontinuation[]> {
  const rows = await db.selectFrom('vendor_appends').select(['vendor', 'revision', 'body']).orderBy('vendor').orderBy('revision').execute();
  return [...Map.groupBy(rows, (r) => r.vendor).values()].flatMap((bodies) => foldVendorFacts(bodies).facts);
}

/** References to the names of the contractors of some units. */
export async function contractorNames(db: Db, unitIds: readonly string[]): Promise<Map<string, TextRef>> {
  if (unitIds.length === 0) return new Map();
  const rows = await db.selectFrom('units').select(['management_unit_id', 'contractor_name']).where('management_unit_id', 'in', unitIds).execute();
  return new Map(rows.map((r) => [r.management_unit_id, JSON.parse(r.contractor_name) as TextRef]));
}

export interface ContractFilter extends Page, Around {
  readonly item?: ItemCode | undefined;
  readonly status?: Status | undefined;
  readonly contractorId?: string | undefined;
  readonly managementUnitId?: string | undefined;
  readonly applicationNumber?: string | undefined;
}

/** Contracts, newest first, as they stand today; without their charges. Use one unmoving picture. @throws {MalformedCursor} */
export async function contractsPage(db: Db, f: ContractFilter): Promise<{ contracts: ContractView[]; nextCursor: string | null }> {
  const after = fromCursor(f.cursor, [0]);
  const { today } = f;
  const found = await db
    .selectFrom('contracts')
    .select(['no', 'position', 'management_unit_id'])
    .where('revision', '>=', 0)
    .$if(after !== null, (q) => q.where('no', '<', after![0]))
    .$if(f.item !== undefined, (q) => q.where('item', '=', f.item!))
    .$if(f.contractorId !== undefined, (q) => q.where('contractor_id', '=', f.contractorId!))
    .$if(f.managementUnitId !== undefined, (q) => q.where('management_unit_id', '=', f.managementUnitId!))
    .$if(f.applicationNumber !== undefined, (q) => q.where('application_number', '=', f.applicationNumber!))
    .$if(f.status !== undefined, (q) =>
      // As `statusOf` has it.
      q.where((eb) =>
        eb(
          eb
            .case()
            .when('void', '=', 1)
            .then('ended')
            .when('accepted_on', '>', today)
            .then('accepted')
            .when('end_on', '<', today)
            .then('ended')
            .when('end_on', 'is not', null)
            .then('cancelling')
            .when('billing_starts_on', '>', today)
            .then('accepted')
            .else('active')
            .end(),
          '=',
          f.status!,
        ),
      ),
    )
    .orderBy('no', 'desc')
    .limit(f.limit + 1)
    .execute();
  const { rows, nextCursor } = pageOf(found, f.limit, (r) => [r.no]);
  const states = await statesOf(db, rows.map((r) => r.no));
  const discontinuations = await vendorFacts(db);
  const names = await contractorNames(db, rows.map((r) => r.management_unit_id));
  const contracts = rows.map((r) =>
    contractView(states.get(r.no)!, { asOf: today, position: r.position, discontinuations, holidays: f.holidays, contractorName: names.get(r.management_unit_id) ?? null, charges: false }),
  );
  return { contracts, nextCursor };
}

/** Ids of the contracts of some items that are not void, in their order, after one of them. */
export function contractsOfItems(store: Statements, items: readonly string[], after: string | null, limit: number): string[] {
  const marks = items.map(() => '?').join(', ');
  return store
    .statement<{ contract_id: string }>(`SELECT contract_id FROM contracts WHERE item IN (${marks}) AND contract_id > ? ORDER BY contract_id LIMIT ?`)
    .all(...items, after ?? '', limit)
    .map((r) => r.contract_id);
}
