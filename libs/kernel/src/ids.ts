import { v5 } from 'uuid';

/** Namespace of every id derived in this ledger (a random UUID, fixed for ever). */
export const LEDGER_NAMESPACE = '6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in its canonical lower-case form. */
export const isUuid = (text: string): boolean => UUID.test(text);

/**
 * A UUIDv5 of the given parts. Parts are joined with a character that no part may hold, so that
 * ('a', 'bc') and ('ab', 'c') differ.
 */
export function deriveId(...parts: readonly (string | number)[]): string {
  return v5(parts.map((p) => String(p).replaceAll('\u001f', '\u001f\u001f')).join('\u001f.'), LEDGER_NAMESPACE);
}
