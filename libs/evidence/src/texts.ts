import type { TextRef } from '@app/kernel';
import { walk } from './walk.js';

export const isTextRef = (value: unknown): value is TextRef =>
  typeof value === 'object' && value !== null && typeof (value as Partial<TextRef>).ref === 'string' && typeof (value as Partial<TextRef>).commitment === 'string';

/** Every text that events committed to, in the order in which they first do. A reference with two commitments comes twice. */
export function textRefs(events: readonly object[]): TextRef[] {
  const found = new Map<string, TextRef>();
  walk(events, (value) => {
    if (isTextRef(value)) found.set(`${value.ref} ${value.commitment}`, { ref: value.ref, commitment: value.commitment });
  });
  return [...found.values()];
}
