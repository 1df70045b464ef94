/** Single contracts, and pages of them. */
import { vendorOf, type ItemCode } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import type { ContractState, Discontinuation, RecordedContract } from '@app/contract';
import type { TextRef } from '@app/kernel';
import { contractView, lastContracted, type ContractView, type Status } from './contract-view.js';
import type { AppendRow } from './appends.js';
import { foldContract, foldVendorFacts } from './contracts.js';
import { Lru } from './lru.js';
import { contractsAt } from './known.js';
import { newestFirst, type Around, type Db, type Knowing, type Page, type Statements } from './reads.js';

export interface ContractAt extends Knowing {
  readonly asOf: PlainDate;
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

  /** The contract on a day, as known at a place in the log; null where it is not known (yet). */
  contract(contractId: string, { asOf, at }: ContractAt): ContractView | null {
    return this.store.snapshot(() => {
      const row = this.store
        .statement<{ no: number; revision: number; position: string; management_unit_id: string }>('SELECT no, revision, position, management_unit_id FROM contracts WHERE contract_id = ?')
        .get(contractId);
      if (!row || row.revision < 0) return null;
      const { state, position } = at === undefined ? { state: this.current(contractId, row), position: row.position } : foldContract(this.appends(row.no, at));
      if (state.status === 'none') return null;
      const unit = at === undefined ? row.management_unit_id : lastContracted(state)!.managementUnitId;
      const name = this.store.statement<{ contractor_name: string }>('SELECT contractor_name FROM units WHERE management_unit_id = ?').get(unit);
      return contractView(state, {
        asOf,
        position,
        discontinuations: this.discontinuations(vendorOf(lastContracted(state)!.item), at),
        holidays: this.holidays,
        contractorName: name ? (JSON.parse(name.contractor_name) as TextRef) : null,
      });
    });
  }

  /** A vendor's discontinuations. */
  discontinuations(vendor: string, at = EVERYTHING): readonly Discontinuation[] {
    const rows = this.store.statement<AppendRow>('SELECT revision, at, body FROM vendor_appends WHERE vendor = ? AND at <= ? ORDER BY revision').all(vendor, at);
    return rows.length === 0 ? [] : foldVendorFacts(rows).facts;
  }

  private current(contractId: string, row: { readonly no: number; readonly revision: number }): ContractState {
    const kept = this.states.get(contractId);
    if (kept?.revision === row.revision) return kept;
    const { state } = foldContract(this.appends(row.no));
    if (state.status === 'recorded') this.states.set(contractId, state);
    return state;
  }

  private appends(no: number, at = EVERYTHING): AppendRow[] {
    return this.store.statement<AppendRow>('SELECT revision, at, body FROM contract_appends WHERE no = ? AND at <= ? ORDER BY revision').all(no, at);
  }
}

/** A place after every event. */
const EVERYTHING = Number.MAX_SAFE_INTEGER;

export interface FoldedContract {
  readonly state: RecordedContract;
  readonly position: string;
}

/** Several contracts by their numbers. */
export async function statesOf(db: Db, numbers: readonly number[], at = EVERYTHING): Promise<Map<number, FoldedContract>> {
  if (numbers.length === 0) return new Map();
  const rows = await db.selectFrom('contract_appends').select(['no', 'revision', 'at', 'body']).where('no', 'in', numbers).where('at', '<=', at).orderBy('no').orderBy('revision').execute();
  const out = new Map<number, FoldedContract>();
  for (const [no, bodies] of Map.groupBy(rows, (r) => r.no)) {
    const { state, position } = foldContract(bodies);
    if (state.status === 'recorded') out.set(no, { state, position });
  }
  return out;
}

/** All vendors' discontinuations. */
export async function vendorFacts(db: Db, at = EVERYTHING): Promise<readonly Discontinuation[]> {
  const rows = await db.selectFrom('vendor_appends').select(['vendor', 'revision', 'at', 'body']).where('at', '<=', at).orderBy('vendor').orderBy('revision').execute();
  return [...Map.groupBy(rows, (r) => r.vendor).values()].flatMap((bodies) => foldVendorFacts(bodies).facts);
}

/** References to the names of the contractors of some units. */
export async function contractorNames(db: Db, unitIds: readonly string[]): Promise<Map<string, TextRef>> {
  if (unitIds.length === 0) return new Map();
  const rows = await db.selectFrom('units').select(['management_unit_id', 'contractor_name']).where('management_unit_id', 'in', unitIds).execute();
  return new Map(rows.map((r) => [r.management_unit_id, JSON.parse(r.contractor_name) as TextRef]));
}

export interface ContractFilter extends Page, Around, Knowing {
  readonly item?: ItemCode | undefined;
  readonly status?: Status | undefined;
  readonly contractorId?: string | undefined;
  readonly managementUnitId?: string | undefined;
  readonly applicationNumber?: string | undefined;
}

/** Contracts, newest first, as they stand on `today`; without their charges. Use one unmoving picture. @throws {MalformedCursor} */
export async function contractsPage(db: Db, f: ContractFilter): Promise<{ contracts: ContractView[]; nextCursor: string | null }> {
  const { today, at } = f;
  const asked = db
    .selectFrom(contractsAt(db, at).as('c'))
    .select(['no', 'management_unit_id'])
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
    );
  const { rows, nextCursor } = await newestFirst(asked, f);
  const states = await statesOf(db, rows.map((r) => r.no), at);
  const discontinuations = await vendorFacts(db, at);
  const names = await contractorNames(db, rows.map((r) => r.management_unit_id));
  const contracts = rows.map((r) => {
    const { state, position } = states.get(r.no)!;
    return contractView(state, { asOf: today, position, discontinuations, holidays: f.holidays, contractorName: names.get(r.management_unit_id) ?? null, charges: false });
  });
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
