/** Why a unit's event follows; each from its own data. */
import { receipt } from '@app/agreement';
import type { Json, Receipt } from '@app/kernel';
import type { UnitEvent } from './events.js';

export function unitReceipts(e: UnitEvent): Receipt[] {
  switch (e.type) {
    case 'ManagementUnitOpened':
      return [receipt('A4-1', { managementUnitId: e.data.managementUnitId, contractorId: e.data.contractorId })];
    case 'ItemReserved':
      return [receipt('A4-2', { item: e.data.item, contractId: e.data.contractId, billingStartsOn: e.data.billingStartsOn })];
    case 'ItemHeld':
    case 'ItemFreed':
      return [receipt('A4-2', { item: e.data.item, contractId: e.data.contractId, through: e.data.through })];
    case 'OptionUnitsReserved':
      return [receipt('N29', { contractId: e.data.contractId, units: e.data.units as unknown as Json }, { limitsScope: 'parent' })];
    case 'OptionUnitsReleased':
      return [receipt('N29', { contractId: e.data.contractId }, { limitsScope: 'parent' })];
  }
}
