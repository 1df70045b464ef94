import { MAX_APPEND_BYTES, type EventStore, type Position, type StoredEvent } from '@app/event-store';

const PAGE = 500;
/** Half of what one append may hold: metadata comes on top. */
const MOST_BYTES = MAX_APPEND_BYTES / 2;

/**
 * Copies a log into another store, in its order: same ids, same bytes, same revisions; positions are the new store's.
 * What is there already (an interrupted copy) is met again, not doubled.
 * @throws {WrongExpectedRevision} the other store holds something else
 */
export async function copyLog(
  from: EventStore,
  through: Position,
  to: EventStore,
  onProgress?: (position: Position) => void,
): Promise<void> {
  for (let after: Position | null = null; ;) {
    const page: StoredEvent[] = (await from.readAll({ after, limit: PAGE })).filter(
      (e) => from.compare(e.position, through) <= 0,
    );
    for (const lot of lotsOf(page)) {
      const [first] = lot;
      await to.append(first!.stream, first!.revision === 0 ? 'no_stream' : first!.revision - 1, lot);
    }
    const last = page.at(-1);
    if (!last) return;
    after = last.position;
    onProgress?.(after);
    if (from.compare(after, through) >= 0) return;
  }
}

/** Events that follow each other in one stream go together, so that no other event comes between the appends. */
export function* lotsOf(events: readonly StoredEvent[]): Generator<StoredEvent[]> {
  let lot: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.rawData);
    if (lot.length > 0 && (lot[0]!.stream !== event.stream || bytes + size > MOST_BYTES)) {
      yield lot;
      [lot, bytes] = [[], 0];
    }
    lot.push(event);
    bytes += size;
  }
  if (lot.length > 0) yield lot;
}
