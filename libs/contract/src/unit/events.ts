/** What can have happened to a management unit: the parent contract (A4-1), which reserves what spans its contracts. */
import type { ItemCode } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import { EventRegistry, type Json, type TextRef } from '@app/kernel';

export interface ManagementUnitOpened {
  readonly managementUnitId: string;
  readonly contractorId: string;
  readonly contractorName: TextRef;
  readonly name: TextRef;
}

/** An event decided for another stream, to be appended there exactly as it stands here. */
export interface PreparedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Json;
  readonly metadata: Json;
}

/**
 * The unit holds the item for a contract (A4-2). `append` is the whole decided append of the contract's stream: a repeat,
 * the unit's next command, or a sweep completes it with the same bytes.
 */
export interface ItemReserved {
  readonly contractId: string;
  readonly item: ItemCode;
  readonly billingStartsOn: PlainDate;
  readonly append: readonly PreparedEvent[];
}

/** What the contract holds has changed: through a fixed end, open again, of another item, or not at all (`void`). */
export interface ItemHeld {
  readonly contractId: string;
  readonly item: ItemCode;
  readonly billingStartsOn: PlainDate;
  /** Last day held; null while no end is fixed. */
  readonly through: PlainDate | null;
}

export interface ItemFreed {
  readonly contractId: string;
  readonly item: ItemCode;
  /** Last day held; null when the contract is void and holds nothing. */
  readonly through: PlainDate | null;
}

/** Units of limited options counted across the parent contract (policy `limitsScope: parent`, N29). */
export interface OptionUnitsReserved {
  readonly contractId: string;
  readonly expectedRevision: number;
  readonly units: readonly { readonly option: number; readonly optionId: string; readonly units: number }[];
  readonly append: readonly PreparedEvent[];
}

/** The contract had moved on: the reservation was not used, and the command was decided again. */
export interface OptionUnitsReleased {
  readonly contractId: string;
  readonly optionIds: readonly string[];
}

export interface UnitEventData {
  ManagementUnitOpened: ManagementUnitOpened;
  ItemReserved: ItemReserved;
  ItemHeld: ItemHeld;
  ItemFreed: ItemFreed;
  OptionUnitsReserved: OptionUnitsReserved;
  OptionUnitsReleased: OptionUnitsReleased;
}

export type UnitEventType = keyof UnitEventData;
export type UnitEvent = { [T in UnitEventType]: { readonly type: T; readonly data: UnitEventData[T] } }[UnitEventType];

const ALL: { readonly [T in UnitEventType]: 1 } = {
  ManagementUnitOpened: 1,
  ItemReserved: 1,
  ItemHeld: 1,
  ItemFreed: 1,
  OptionUnitsReserved: 1,
  OptionUnitsReleased: 1,
};

export const unitEvents = new EventRegistry(Object.entries(ALL).map(([type, version]) => ({ type, version })));
export const unitStream = (managementUnitId: string): string => `managementUnit-${managementUnitId}`;
