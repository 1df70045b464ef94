import { openEmbeddedStore, openEventStoreDb, readMarker, LEDGER_STREAM, type EventStore, type Position } from '@app/event-store';
import { files, type Settings } from './settings.js';
import { Trouble } from './trouble.js';

/** The log of a data folder, wherever it is kept. */
export const openLog = (settings: Pick<Settings, 'data' | 'eventStoreUrl'>): Promise<EventStore> =>
  settings.eventStoreUrl
    ? openEventStoreDb({ url: settings.eventStoreUrl })
    : openEmbeddedStore({ file: files(settings.data).log });

/** The ledger a log was founded as; null: it is empty. */
export async function foundedId(store: EventStore): Promise<string | null> {
  const [first] = await store.readStream(LEDGER_STREAM, { limit: 1 });
  return (first?.data as { readonly ledgerId?: string } | undefined)?.ledgerId ?? null;
}

/** The id of the ledger in a folder, after making sure that folder and log belong together. */
export async function ledgerIdOf(store: EventStore, folder: string): Promise<string> {
  const founded = await foundedId(store);
  const marker = readMarker(folder);
  if (founded === null) throw new Trouble('the log is empty: there is nothing to read from');
  if (marker && marker.ledgerId !== founded)
    throw new Trouble(`the log is that of ledger ${founded}, but ${folder} belongs to ledger ${marker.ledgerId}`);
  return founded;
}

/** The id of the ledger that the folder's log was founded as, whatever the folder says of itself. */
export async function ledgerIdOfLog(settings: Settings): Promise<string> {
  const store = await openLog(settings);
  try {
    const id = await foundedId(store);
    if (id === null) throw new Trouble('the log is empty: there is nothing to accept');
    return id;
  } finally {
    await store.close();
  }
}

/** A position as a number that grows with it: the log's place (embedded) or byte offset (EventStoreDB). For bars only. */
export const roughly = (position: Position | null): number =>
  position === null ? 0 : Number(/^C?(\d+)/.exec(position)?.[1] ?? 0);
