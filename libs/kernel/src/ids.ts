import { hash } from 'node:crypto';

/** Namespace of every id derived in this ledger (a random UUID, fixed for ever). */
export const LEDGER_NAMESPACE = '6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in its canonical lower-case form. */
export const isUuid = (text: string): boolean => UUID.test(text);

const NAMESPACE_BYTES = 16;
/** The namespace, then room for the name: a command derives several ids, and the copies would cost more than the hash. */
const scratch = Buffer.alloc(1024);
scratch.write(LEDGER_NAMESPACE.replaceAll('-', ''), 'hex');

/** RFC 9562: the SHA-1 of namespace and name, with version and variant put in. */
function uuid5(name: string): string {
  // A UTF-16 code unit takes at most three bytes of UTF-8.
  const bytes =
    3 * name.length <= scratch.length - NAMESPACE_BYTES
      ? scratch.subarray(0, NAMESPACE_BYTES + scratch.write(name, NAMESPACE_BYTES, 'utf8'))
      : Buffer.concat([scratch.subarray(0, NAMESPACE_BYTES), Buffer.from(name, 'utf8')]);
  const hex = hash('sha1', bytes, 'hex');
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * A UUIDv5 of the given parts. Parts are joined with a character that no part may hold, so that
 * ('a', 'bc') and ('ab', 'c') differ.
 */
export function deriveId(...parts: readonly (string | number)[]): string {
  return uuid5(parts.map((p) => String(p).replaceAll('\u001f', '\u001f\u001f')).join('\u001f.'));
}
