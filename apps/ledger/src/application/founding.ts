import { randomUUID } from 'node:crypto';
import type { PlainDate } from '@app/calendar';
import { LEDGER_STREAM, readMarker, saveMarker, WrongExpectedRevision, type EventStore } from '@app/event-store';
import { deriveId } from '@app/kernel';
import { stamp } from './metadata.js';
import { systemEvents } from './system-events.js';
import { SYSTEM } from './application.js';

/** The log is not the one that this folder belongs to, or it has lost events. */
export class WrongLog extends Error {
  override readonly name = 'WrongLog';
}

export interface Founded {
  readonly ledgerId: string;
  /** The folder has not seen how far the log goes: it is new to it, or was restored and accepted. */
  readonly anew: boolean;
}

/**
 * The ledger's id: read from the log's first event, or founded on an empty log. Refuses a log of another ledger and one
 * that is shorter than what this folder has seen. @throws {WrongLog}
 */
export async function foundLedger(store: EventStore, folder: string, today: PlainDate, build: string): Promise<Founded> {
  const marker = readMarker(folder);
  const known = await foundedId(store);
  if (known === null) {
    if (marker)
      throw new WrongLog(`the log is empty, but this data folder belongs to ledger ${marker.ledgerId}; bring the log back, or accept a restored one with: npm run ledgerctl -- restore --accept`);
    const ledgerId = randomUUID();
    const commandId = deriveId('founding', ledgerId);
    const event = { id: deriveId('event', commandId, 0), type: 'LedgerFounded', data: { ledgerId }, receipts: [] };
    const envelope = { name: 'FoundLedger', caller: SYSTEM, requestHash: commandId, requestId: commandId };
    try {
      await store.append(LEDGER_STREAM, 'no_stream', stamp([event], systemEvents, { commandId, envelope: envelope as never, businessDate: today, build }, { status: 201 }));
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return foundLedger(store, folder, today, build);
    }
    saveMarker(folder, { ledgerId, lastPosition: null });
    return { ledgerId, anew: true };
  }
  if (marker && marker.ledgerId !== known)
    throw new WrongLog(`the log is that of ledger ${known}, but this data folder belongs to ledger ${marker.ledgerId}; use the folder that belongs to the log`);
  if (marker?.lastPosition) {
    const head = await store.head();
    if (head === null || store.compare(head, marker.lastPosition) < 0)
      throw new WrongLog(`the log ends at ${head ?? 'nothing'}, but this data folder has seen it at ${marker.lastPosition}; bring the newer log back, or accept this one with: npm run ledgerctl -- restore --accept`);
  }
  if (!marker) saveMarker(folder, { ledgerId: known, lastPosition: null });
  return { ledgerId: known, anew: marker?.lastPosition == null };
}

export async function foundedId(store: EventStore): Promise<string | null> {
  const [first] = await store.readStream(LEDGER_STREAM, { limit: 1 });
  return first ? (first.data as { ledgerId: string }).ledgerId : null;
}
