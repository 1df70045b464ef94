import { textLeafHash, type Hash } from './hash.js';

/** An event as the log holds it; event-store's `StoredEvent` is one. */
export interface LoggedEvent {
  readonly stream: string;
  readonly revision: number;
  /** The log's own text: a decimal number (embedded), `C…P…` (EventStoreDB). */
  readonly position: string;
  readonly id: string;
  readonly type: string;
  /** Canonical JSON (RFC 8785), as stored. */
  readonly rawData: string;
  readonly rawMetadata: string;
}

/**
 * The leaf of an event: canonical JSON of `{data, id, metadata, position, revision, stream, type}`. The stored texts are
 * canonical already, so they are put in as they are: a byte changed in the store is a byte changed here.
 */
export const leafText = (e: LoggedEvent): string =>
  `{"data":${e.rawData},"id":${JSON.stringify(e.id)},"metadata":${e.rawMetadata},"position":${JSON.stringify(e.position)},"revision":${e.revision},"stream":${JSON.stringify(e.stream)},"type":${JSON.stringify(e.type)}}`;

export const eventLeaf = (e: LoggedEvent): Hash => textLeafHash(leafText(e));
