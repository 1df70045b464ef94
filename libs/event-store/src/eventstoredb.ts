import type { EventStore } from './port.js';

export interface EventStoreDbOptions {
  /** `esdb://…` or `esdb+discover://…`. */
  readonly url: string;
}

/** Opens the store on an EventStoreDB server. */
export async function openEventStoreDb(_options: EventStoreDbOptions): Promise<EventStore> {
  throw new Error('not yet');
}
