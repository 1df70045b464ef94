import { MalformedCursor } from '@app/read-models';
import { BadParameter } from '../ports.js';

/** Throws what a read failed with; a cursor that is none as the caller's mistake. */
export function failedRead(error: unknown): never {
  if (error instanceof MalformedCursor) throw new BadParameter([{ path: 'cursor', message: 'cursor' }]);
  throw error;
}
