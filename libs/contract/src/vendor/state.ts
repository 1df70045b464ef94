/** A vendor's discontinuations in the order of their recording; corrected ones are lifted. */
import type { Discontinuation } from '../commands.js';
import type { RecordedEvent, SeenCommand } from '../state.js';
import type { VendorEvent, VendorEventType } from './events.js';

export interface VendorState {
  readonly revision: number;
  readonly discontinuations: readonly Discontinuation[];
  /** Discontinuations (and corrections of them) that every contract has been told of. */
  readonly carriedOut: ReadonlySet<string>;
  readonly commands: ReadonlyMap<string, SeenCommand>;
}

export const UNKNOWN_VENDOR: VendorState = { revision: -1, discontinuations: [], carriedOut: new Set(), commands: new Map() };

export function foldVendor(state: VendorState, events: readonly RecordedEvent[]): VendorState {
  let { revision, discontinuations } = state;
  const carriedOut = new Set(state.carriedOut);
  const commands = new Map(state.commands);
  for (const recorded of events) {
    const e = { type: recorded.type as VendorEventType, data: recorded.data } as VendorEvent;
    const { commandId, requestHash, command } = recorded.metadata;
    revision = recorded.revision;
    commands.set(commandId, { name: command, requestHash, first: commands.get(commandId)?.first ?? revision, last: revision });
    switch (e.type) {
      case 'VendorDiscontinued':
        discontinuations = [...discontinuations, { discontinuationId: e.data.discontinuationId, vendor: e.data.vendor, endsOn: e.data.endsOn, lifted: false }];
        break;
      case 'VendorDiscontinuationCorrected':
        discontinuations = discontinuations.map((d) => (d.discontinuationId === e.data.discontinuationId ? { ...d, lifted: true } : d));
        // The contracts have to be told anew.
        carriedOut.delete(e.data.discontinuationId);
        break;
      case 'VendorDiscontinuationCarriedOut':
        carriedOut.add(e.data.discontinuationId);
        break;
    }
  }
  return { revision, discontinuations, carriedOut, commands };
}
