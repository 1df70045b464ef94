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
  /** `data` as it is stored, byte for byte. */
  readonly rawData: string;
}

/** The part of a stream's name after its category, or null for a stream of another category. */
export const idIn = (category: string, stream: string): string | null => (stream.startsWith(category) && stream[category.length] === '-' ? stream.slice(category.length + 1) : null);
