/** The answers of a unit: one live contract per item (A4-2). */
import { violation } from '@app/agreement';
import type { ItemCode } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import { Rejected } from '@app/kernel';
import type { Holding, OpenUnit } from './state.js';

/** Contracts that keep the item from being contracted from `billingStartsOn` on; empty: it is free. */
export const inTheWay = (unit: OpenUnit, item: ItemCode, billingStartsOn: PlainDate, except: string): Holding[] =>
  unit.holdings.filter((h) => !h.void && h.contractId !== except && h.item === item && (h.through === null || h.through >= billingStartsOn));

/** Contracts of the item that begin before another, prolonged through `through`, has ended. */
export const successors = (unit: OpenUnit, item: ItemCode, billingStartsOn: PlainDate, through: PlainDate | null, except: string): Holding[] =>
  unit.holdings.filter(
    (h) =>
      !h.void && h.contractId !== except && h.item === item &&
      (through === null || h.billingStartsOn <= through) && (h.through === null || h.through >= billingStartsOn),
  );

export const itemTaken = (holder: Holding, item: ItemCode): Rejected =>
  new Rejected('refused-by-agreement', [violation('A4-2', 'item-already-contracted', { item, contractId: holder.contractId, billingStartsOn: holder.billingStartsOn, through: holder.through })]);
