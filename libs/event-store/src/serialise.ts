import { canonicalJson, isUuid } from '@app/kernel';
import { AppendTooLarge, type ExpectedRevision, MAX_APPEND_BYTES, type NewEvent } from './port.js';

/**
 * The events of one append as id, type, data, metadata, … with data and metadata as canonical JSON.
 * A call that no store could serve is a fault of the caller and throws a TypeError or kernel's NotCanonical.
 * @throws {AppendTooLarge}
 */
export function serialise(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): string[] {
  if (stream === '' || stream.startsWith('$')) throw new TypeError(`'${stream}' cannot name a stream`);
  if (expected !== 'no_stream' && !(Number.isSafeInteger(expected) && expected >= 0))
    throw new TypeError(`${stream}: expected revision ${String(expected)}; only 'no_stream' or a revision can be expected`);
  if (events.length === 0) throw new TypeError(`${stream}: an append without events`);
  const texts: string[] = [];
  let bytes = 0;
  for (const { id, type, data, metadata } of events) {
    if (!isUuid(id)) throw new TypeError(`${stream}: '${id}' is not a lower-case UUID`);
    if (type === '' || type.startsWith('$')) throw new TypeError(`${stream}: '${type}' cannot name an event type`);
    const text = canonicalJson(data);
    bytes += Buffer.byteLength(text);
    texts.push(id, type, text, canonicalJson(metadata));
  }
  if (bytes > MAX_APPEND_BYTES) throw new AppendTooLarge(bytes);
  return texts;
}
