/** Which events of other streams belong to the evidence of a contract. */
import { recordStream, unitStream } from '@app/contract';
import type { LoggedEvent } from '@app/transparency';
import { walk } from './walk.js';

type Concerned = Pick<LoggedEvent, 'type' | 'stream' | 'rawData' | 'rawMetadata'>;

/** Members that name contracts and units. */
const CONTRACT = new Set(['contractId', 'contractIds']);
const UNIT = new Set(['managementUnitId']);
/** The events by which a unit reserves, holds and frees for one of its contracts. */
const OF_ONE_CONTRACT = new Set(['ItemReserved', 'ItemHeld', 'ItemFreed', 'OptionUnitsReserved', 'OptionUnitsReleased']);

/** Units that the contract's own events name. */
export function unitsOf(events: readonly Pick<LoggedEvent, 'type' | 'rawData'>[]): string[] {
  const units = events.filter((e) => e.type === 'Contracted').map((e) => (JSON.parse(e.rawData) as { managementUnitId: string }).managementUnitId);
  return [...new Set(units)];
}

/**
 * Whether an event of another stream concerns this contract alone: the opening of its unit, what the unit reserved, held
 * and freed for it, and facts recorded of it. One that names another contract or unit as well does not.
 */
export function concernsAlone(event: Concerned, contractId: string, units: readonly string[]): boolean {
  const data = JSON.parse(event.rawData) as { readonly [member: string]: unknown };
  const ofUnit = units.some((unit) => event.stream === unitStream(unit));
  const own =
    event.type === 'ManagementUnitOpened' ? ofUnit
    : event.type === 'FactRecorded' ? event.stream === recordStream(String(data['recordId'])) && data['contractId'] === contractId
    : OF_ONE_CONTRACT.has(event.type) && ofUnit && data['contractId'] === contractId;
  return own && !namesOthers([data, JSON.parse(event.rawMetadata)], contractId, units);
}

function namesOthers(value: unknown, contractId: string, units: readonly string[]): boolean {
  let others = false;
  walk(value, (v, key) => {
    if (typeof v !== 'string') return;
    if ((CONTRACT.has(key) && v !== contractId) || (UNIT.has(key) && !units.includes(v))) others = true;
  });
  return others;
}
