import type { EventStore } from './port.js';

export interface EmbeddedStoreOptions {
  /** Path of `log.sqlite`; made when absent. */
  readonly file: string;
  /** How often changes by other processes are looked for, in milliseconds (default 250). */
  readonly pollMs?: number;
}

/** Opens the embedded store. */
export async function openEmbeddedStore(_options: EmbeddedStoreOptions): Promise<EventStore> {
  throw new Error('not yet');
}
