/** Management units: the parent contracts (A4-1), and what they have prepared for their contracts' streams. */
import type { PlainDate } from '@app/calendar';
import { unitEvents, type ManagementUnitOpened, type PreparedEvent } from '@app/contract';
import type { TextRef } from '@app/kernel';
import type { Projection } from '@app/read-store';
import { statusOf, type Status } from './contract-view.js';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page, type Statements } from './reads.js';
import type { UnitsTable } from './schema.js';

/** First events of prepared appends that have not been seen on their contract's stream, and the unit's latest of them. */
interface Memory {
  readonly open: Map<string, Reserved>;
  readonly ofUnit: Map<string, string>;
}

interface Reserved {
  readonly unitId: string;
  readonly contractId: string;
}

export const unitsProjection: Projection<LedgerEvent> = {
  name: 'units',
  version: 1,
  tables: {
    units: ({ table, index }) => [
      table
        .addColumn('no', 'integer', (c) => c.primaryKey())
        .addColumn('management_unit_id', 'text', (c) => c.notNull())
        .addColumn('contractor_id', 'text', (c) => c.notNull())
        .addColumn('contractor_name', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('revision', 'integer', (c) => c.notNull())
        .addColumn('position', 'text', (c) => c.notNull()),
      index('by_id').column('management_unit_id').unique(),
    ],
    reservations: ({ clustered }) => [
      clustered
        .addColumn('event_id', 'text', (c) => c.primaryKey())
        .addColumn('management_unit_id', 'text', (c) => c.notNull())
        .addColumn('contract_id', 'text', (c) => c.notNull()),
    ],
  },
  handle(events, writer) {
    const { open, ofUnit } = writer.memory<Memory>(() => {
      const rows = writer.prepare<{ event_id: string; management_unit_id: string; contract_id: string }>('SELECT * FROM {reservations}').all();
      return {
        open: new Map(rows.map((r) => [r.event_id, { unitId: r.management_unit_id, contractId: r.contract_id }])),
        ofUnit: new Map(rows.map((r) => [r.management_unit_id, r.event_id])),
      };
    });
    const stored = new Set(open.keys());
    const close = (eventId: string | undefined): void => {
      const reserved = eventId === undefined ? undefined : open.get(eventId);
      if (!reserved) return;
      open.delete(eventId!);
      ofUnit.delete(reserved.unitId);
    };
    const heads = new Map<string, LedgerEvent>();
    for (const e of events) {
      if (open.size > 0) close(e.id);
      const unitId = idIn('managementUnit', e.stream);
      if (unitId === null) continue;
      const data = unitEvents.upcast(e.type, e.metadata.schemaVersion, e.data);
      if (e.type === 'ManagementUnitOpened') {
        const { contractorId, contractorName, name } = data as unknown as ManagementUnitOpened;
        writer
          .prepare('INSERT INTO {units} (management_unit_id, contractor_id, contractor_name, name, revision, position) VALUES (?, ?, ?, ?, ?, ?)')
          .run(unitId, contractorId, JSON.stringify(contractorName), JSON.stringify(name), e.revision, e.position);
        continue;
      }
      heads.set(unitId, e);
      // A preparation is finished before the next one is written, or it was given up: only the latest can be open.
      if (e.type === 'ItemReserved' || e.type === 'OptionUnitsReserved' || e.type === 'OptionUnitsReleased') close(ofUnit.get(unitId));
      if (e.type === 'ItemReserved' || e.type === 'OptionUnitsReserved') {
        const { contractId, append } = data as unknown as { contractId: string; append: readonly PreparedEvent[] };
        open.set(append[0]!.id, { unitId, contractId });
        ofUnit.set(unitId, append[0]!.id);
      }
    }
    for (const [unitId, e] of heads) writer.prepare('UPDATE {units} SET revision = ?, position = ? WHERE management_unit_id = ?').run(e.revision, e.position, unitId);
    for (const eventId of stored) if (!open.has(eventId)) writer.prepare('DELETE FROM {reservations} WHERE event_id = ?').run(eventId);
    for (const [eventId, r] of open)
      if (!stored.has(eventId)) writer.prepare('INSERT INTO {reservations} (event_id, management_unit_id, contract_id) VALUES (?, ?, ?)').run(eventId, r.unitId, r.contractId);
  },
};

export interface UnitView {
  readonly id: string;
  readonly contractor: { readonly id: string; readonly name: TextRef };
  readonly name: TextRef;
  readonly contracts: readonly { readonly id: string; readonly item: string; readonly status: Status; readonly acceptedOn: PlainDate; readonly billingStartsOn: PlainDate; readonly endsOn: PlainDate | null }[];
  readonly revision: number;
  readonly position: string;
}

/** Units, newest first. Use one unmoving picture. @throws {MalformedCursor} */
export async function unitsPage(db: Db, f: Page & { readonly today: PlainDate }): Promise<{ managementUnits: UnitView[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(db.selectFrom('units').selectAll(), f);
  return { managementUnits: await withContracts(db, rows, f.today), nextCursor };
}

/** One unit; null where there is none. Use one unmoving picture. */
export async function unitView(db: Db, managementUnitId: string, today: PlainDate): Promise<UnitView | null> {
  const rows = await db.selectFrom('units').selectAll().where('management_unit_id', '=', managementUnitId).execute();
  const [view] = await withContracts(db, rows, today);
  return view ?? null;
}

type UnitRow = Omit<UnitsTable, 'no'>;

async function withContracts(db: Db, rows: readonly UnitRow[], today: PlainDate): Promise<UnitView[]> {
  if (rows.length === 0) return [];
  const contracts = await db
    .selectFrom('contracts')
    .select(['contract_id', 'management_unit_id', 'item', 'accepted_on', 'billing_starts_on', 'end_on', 'void'])
    .where('management_unit_id', 'in', rows.map((r) => r.management_unit_id))
    .where('revision', '>=', 0)
    .orderBy('no')
    .execute();
  const byUnit = Map.groupBy(contracts, (c) => c.management_unit_id);
  return rows.map((r) => ({
    id: r.management_unit_id,
    contractor: { id: r.contractor_id, name: JSON.parse(r.contractor_name) as TextRef },
    name: JSON.parse(r.name) as TextRef,
    contracts: (byUnit.get(r.management_unit_id) ?? []).map((c) => ({
      id: c.contract_id,
      item: c.item,
      status: c.void === 1 ? ('ended' as const) : statusOf({ acceptedOn: c.accepted_on, billingStartsOn: c.billing_starts_on, endsOn: c.end_on }, today),
      acceptedOn: c.accepted_on,
      billingStartsOn: c.billing_starts_on,
      endsOn: c.end_on,
    })),
    revision: r.revision,
    position: r.position,
  }));
}

/** Units that prepared an append which was not seen on its contract's stream: to be completed at start (design 12). */
export const unfinishedUnits = (store: Statements): string[] =>
  store.statement<{ management_unit_id: string }>('SELECT DISTINCT management_unit_id FROM reservations ORDER BY management_unit_id').all().map((r) => r.management_unit_id);
