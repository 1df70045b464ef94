import type { ReadStore } from './port.js';

export interface ReadStoreOptions {
  /** Path of `read.sqlite`; made when absent. */
  readonly file: string;
}

/** Opens the read models of a data folder. @throws {UnsupportedReadStore} */
export function openReadStore<Schema>(_options: ReadStoreOptions): ReadStore<Schema> {
  throw new Error('not yet');
}
