import type { EventMetadata, Json } from '@app/kernel';

/** What the read models need of a stored event; event-store's `StoredEvent` is one. */
export interface LedgerEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  /** Place in its stream, from 0. */
  readonly revision: number;
  readonly position: string;
  readonly data: Json;
  readonly metadata: EventMetadata;
}
