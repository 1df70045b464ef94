/** Why a vendor's event follows; each from its own data. */
import { receipt } from '@app/agreement';
import type { Receipt } from '@app/kernel';
import type { VendorEvent } from './events.js';

export function vendorReceipts(vendor: string, e: VendorEvent): Receipt[] {
  switch (e.type) {
    case 'VendorDiscontinued':
      return [receipt('A9', { vendor, endsOn: e.data.endsOn })];
    case 'VendorDiscontinuationCorrected':
      return [receipt('A9', { vendor, discontinuationId: e.data.discontinuationId, lifted: true })];
    case 'VendorDiscontinuationCarriedOut':
      return [receipt('A9', { vendor, contracts: e.data.contracts })];
  }
}
