/** The answers of a vendor's stream: a discontinuation, and its correction. */
import { NotFound, Rejected, deriveId, type Receipt, type TextRef } from '@app/kernel';
import type { CorrectDiscontinuation, Discontinue } from './commands.js';
import type { VendorEvent } from './events.js';
import { vendorReceipts } from './receipts.js';
import type { VendorState } from './state.js';

export type DecidedVendorEvent = VendorEvent & { readonly id: string; readonly receipts: readonly Receipt[] };

interface AskedVendor {
  readonly vendor: string;
  readonly commandId: string;
}

const decided = (asked: AskedVendor, n: number, event: VendorEvent): DecidedVendorEvent => ({ ...event, id: deriveId('event', asked.commandId, n), receipts: vendorReceipts(asked.vendor, event) });

export function discontinue(body: Discontinue, asked: AskedVendor): { events: DecidedVendorEvent[]; discontinuationId: string } {
  const discontinuationId = deriveId('discontinuation', asked.commandId);
  return {
    discontinuationId,
    events: [decided(asked, 0, { type: 'VendorDiscontinued', data: { discontinuationId, vendor: asked.vendor, endsOn: body.endsOn } })],
  };
}

export function correctDiscontinuation(
  state: VendorState,
  discontinuationId: string,
  body: CorrectDiscontinuation,
  asked: AskedVendor & { readonly reason: TextRef },
): { events: DecidedVendorEvent[]; discontinuationId: string } | Rejected | NotFound {
  const known = state.discontinuations.find((d) => d.discontinuationId === discontinuationId);
  if (!known) return new NotFound('discontinuation', discontinuationId);
  if (known.lifted) return new Rejected('already-corrected', [], { discontinuationId });
  const replacementId = body.replacement ? deriveId('discontinuation', asked.commandId) : null;
  const events = [decided(asked, 0, { type: 'VendorDiscontinuationCorrected', data: { discontinuationId, reason: asked.reason, replacementId } })];
  if (body.replacement && replacementId)
    events.push(
      decided(asked, 1, { type: 'VendorDiscontinued', data: { discontinuationId: replacementId, vendor: asked.vendor, endsOn: body.replacement.endsOn, inPlaceOf: discontinuationId } }),
    );
  return { events, discontinuationId: replacementId ?? discontinuationId };
}
