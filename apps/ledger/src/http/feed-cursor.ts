import { isUuid } from '@app/kernel';
import { revisionOfSequence, sequenceOf } from '@app/published';
import type { FeedCursor } from '../ports.js';

/** `<sequence>.<id>` as the envelope of an event has them: any reader can make it from the last event it holds. */
export const cursorText = ({ sequence, id }: FeedCursor): string => `${sequenceOf(sequence)}.${id}`;

/** Null for a text that is none. */
export function parseCursor(text: string): FeedCursor | null {
  const dot = text.indexOf('.');
  const sequence = revisionOfSequence(text.slice(0, Math.max(dot, 0)));
  const id = text.slice(dot + 1);
  return sequence === null || !isUuid(id) ? null : { sequence, id };
}
