/** What can have happened to a vendor's software (A9). The discontinuation is the fact; contracts follow it. */
import type { PlainDate } from '@app/calendar';
import { EventRegistry, type TextRef } from '@app/kernel';

export interface VendorDiscontinued {
  readonly discontinuationId: string;
  readonly vendor: string;
  readonly endsOn: PlainDate;
  readonly inPlaceOf?: string;
}

export interface VendorDiscontinuationCorrected {
  readonly discontinuationId: string;
  readonly reason: TextRef;
  readonly replacementId: string | null;
}

/** Every contract of the vendor's items has been told; what comes later applies the fact by itself. */
export interface VendorDiscontinuationCarriedOut {
  readonly discontinuationId: string;
  readonly contracts: number;
}

export interface VendorEventData {
  VendorDiscontinued: VendorDiscontinued;
  VendorDiscontinuationCorrected: VendorDiscontinuationCorrected;
  VendorDiscontinuationCarriedOut: VendorDiscontinuationCarriedOut;
}

export type VendorEventType = keyof VendorEventData;
export type VendorEvent = { [T in VendorEventType]: { readonly type: T; readonly data: VendorEventData[T] } }[VendorEventType];

export const vendorEvents = new EventRegistry([
  { type: 'VendorDiscontinued', version: 1 },
  { type: 'VendorDiscontinuationCorrected', version: 1 },
  { type: 'VendorDiscontinuationCarriedOut', version: 1 },
]);
export const vendorStream = (vendor: string): string => `vendor-${vendor}`;
