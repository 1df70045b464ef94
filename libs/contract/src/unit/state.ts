/** What a unit remembers in order to decide: who holds which item through when, and what is prepared but perhaps not yet appended. */
import type { ItemCode } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import type { RecordedEvent, SeenCommand } from '../state.js';
import type { PreparedEvent, UnitEvent, UnitEventType } from './events.js';

export interface Holding {
  readonly contractId: string;
  readonly item: ItemCode;
  readonly billingStartsOn: PlainDate;
  /** Last day held as far as the unit knows; null: without end. */
  readonly through: PlainDate | null;
  /** Void contracts hold nothing. */
  readonly void: boolean;
}

/** Prepared for a contract's stream; complete it before the unit's next command. */
export interface Prepared {
  readonly contractId: string;
  /** `no_stream`, or the revision of the contract it was decided on. */
  readonly expected: 'no_stream' | number;
  readonly append: readonly PreparedEvent[];
  readonly optionIds: readonly string[];
}

export type UnitState =
  | { readonly status: 'none' }
  | {
      readonly status: 'open';
      readonly managementUnitId: string;
      readonly contractorId: string;
      readonly revision: number;
      readonly holdings: readonly Holding[];
      /** The latest preparation; earlier ones were completed before it was written. */
      readonly prepared: Prepared | null;
      readonly commands: ReadonlyMap<string, SeenCommand>;
    };

export type OpenUnit = Extract<UnitState, { status: 'open' }>;

export function foldUnit(state: UnitState, events: readonly RecordedEvent[]): UnitState {
  let s: OpenUnit | null = state.status === 'open' ? { ...state, commands: new Map(state.commands) } : null;
  for (const recorded of events) {
    const e = { type: recorded.type as UnitEventType, data: recorded.data } as UnitEvent;
    const { commandId, requestHash, command } = recorded.metadata;
    if (e.type === 'ManagementUnitOpened') {
      s = { status: 'open', managementUnitId: e.data.managementUnitId, contractorId: e.data.contractorId, revision: recorded.revision, holdings: [], prepared: null, commands: new Map() };
    }
    if (!s) throw new Error(`${recorded.type} before the unit was opened`);
    const commands: Map<string, SeenCommand> = s.commands as Map<string, SeenCommand>;
    commands.set(commandId, { name: command, requestHash, first: commands.get(commandId)?.first ?? recorded.revision, last: recorded.revision });
    s = { ...s, revision: recorded.revision };
    switch (e.type) {
      case 'ManagementUnitOpened':
        break;
      case 'ItemReserved': {
        const { contractId, item, billingStartsOn, append } = e.data;
        s = { ...s, holdings: [...s.holdings, { contractId, item, billingStartsOn, through: null, void: false }], prepared: { contractId, expected: 'no_stream', append, optionIds: [] } };
        break;
      }
      case 'ItemHeld': {
        const { contractId, item, billingStartsOn, through } = e.data;
        s = { ...s, holdings: s.holdings.map((h) => (h.contractId === contractId ? { contractId, item, billingStartsOn, through, void: false } : h)) };
        break;
      }
      case 'ItemFreed': {
        const { contractId, through } = e.data;
        s = { ...s, holdings: s.holdings.map((h) => (h.contractId === contractId ? { ...h, through, void: through === null } : h)) };
        break;
      }
      case 'OptionUnitsReserved': {
        const { contractId, expectedRevision, append, units } = e.data;
        s = { ...s, prepared: { contractId, expected: expectedRevision, append, optionIds: units.map((u) => u.optionId) } };
        break;
      }
      case 'OptionUnitsReleased':
        s = { ...s, prepared: null };
        break;
    }
  }
  return s ?? { status: 'none' };
}
