/**
 * Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature. Two kinds of keys are known
 * here: Ed25519 on the text itself (0x01, a log's), and timestamped cosignatures of checkpoints (0x04, a witness's).
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { sha256Bytes } from '@app/kernel';

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
export type KeyKind = typeof ED25519 | typeof COSIGNATURE;

/** Not a note, or not a key, as the formats have it. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** A public key with the name that it signs under. */
export interface VerifierKey {
  readonly name: string;
  /** Eight lower-case hex digits. */
  readonly id: string;
  readonly kind: KeyKind;
  /** `<name>+<id>+<base64>`: how keys are handed round. */
  readonly vkey: string;
  readonly key: KeyObject;
}

export interface SignerKey extends VerifierKey {
  readonly secret: KeyObject;
  /** `PRIVATE+KEY+<name>+<id>+<base64>`. */
  readonly skey: string;
}

export interface Signature {
  readonly name: string;
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface Note {
  /** With its last line end. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** What a key made of a note. */
export interface Signed {
  readonly key: VerifierKey;
  /** Seconds since 1970, of a cosignature. */
  readonly time: number | null;
}

const NAME = /^[^\s+\p{Z}\p{C}]+$/u;
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** More than anybody needs; the format asks for at least 16. */
const MOST_SIGNATURES = 64;

/** @throws {Malformed} a name that no note can carry */
export function checkName(name: string): string {
  if (!NAME.test(name) || !name.isWellFormed()) throw new Malformed(`'${name}' cannot name a key: no spaces, no plus`);
  return name;
}

const idOf = (name: string, kind: KeyKind, raw: Uint8Array): string =>
  Buffer.from(sha256Bytes(`${name}\n`, Uint8Array.of(kind), raw).subarray(0, 4)).toString('hex');

function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new Malformed('not base64 in its one way of writing');
  return bytes;
}

function verifierOf(name: string, kind: KeyKind, raw: Uint8Array): VerifierKey {
  const id = idOf(checkName(name), kind, raw);
  const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
  return { name, id, kind, key, vkey: `${name}+${id}+${Buffer.concat([Uint8Array.of(kind), raw]).toString('base64')}` };
}

const PARTS = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/;

function partsOf(text: string): { readonly name: string; readonly id: string; readonly kind: KeyKind; readonly raw: Buffer } {
  const [, name, id, encoded] = PARTS.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) throw new Malformed('a key is <name>+<id>+<base64>');
  const bytes = bytesOf(encoded);
  const kind = bytes[0];
  if (kind !== ED25519 && kind !== COSIGNATURE) throw new Malformed(`key ${name}: of a kind that is not known here (${kind})`);
  if (bytes.length !== 1 + KEY_BYTES) throw new Malformed(`key ${name}: ${bytes.length - 1} bytes, not ${KEY_BYTES}`);
  return { name, id, kind, raw: bytes.subarray(1) };
}

/** Reads a public key. @throws {Malformed} */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, id, kind, raw } = partsOf(text.trim());
  const key = verifierOf(name, kind, raw);
  if (key.id !== id) throw new Malformed(`key ${name}: its id is ${key.id}, not ${id}`);
  return key;
}

/** Reads a secret key. Its text never stands in an error. @throws {Malformed} */
export function parseSignerKey(text: string): SignerKey {
  const prefix = 'PRIVATE+KEY+';
  if (!text.startsWith(prefix)) throw new Malformed(`a secret key begins with ${prefix}`);
  const { name, id, kind, raw } = partsOf(text.slice(prefix.length).trim());
  const key = signerOf(name, kind, raw);
  if (key.id !== id) throw new Malformed(`secret key ${name}: its id is ${key.id}, not ${id}`);
  return key;
}

function signerOf(name: string, kind: KeyKind, seed: Uint8Array): SignerKey {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  const verifier = verifierOf(name, kind, raw);
  return { ...verifier, secret, skey: `PRIVATE+KEY+${name}+${verifier.id}+${Buffer.concat([Uint8Array.of(kind), seed]).toString('base64')}` };
}

/** A new key. */
export function newSignerKey(name: string, kind: KeyKind): SignerKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signerOf(checkName(name), kind, privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length));
}

/** C2SP tlog-cosignature: what a witness's Ed25519 key signs. */
const cosigned = (text: string, time: number): Buffer => Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);

const lineOf = (key: VerifierKey, signature: Uint8Array): string =>
  `— ${key.name} ${Buffer.concat([Buffer.from(key.id, 'hex'), signature]).toString('base64')}\n`;

/** The line with a log's signature on a note's text. */
export function signText(text: string, key: SignerKey): string {
  if (key.kind !== ED25519) throw new TypeError(`${key.name} cosigns; it does not sign`);
  return lineOf(key, sign(null, Buffer.from(text), key.secret));
}

/** The line with a witness's cosignature on a checkpoint's text. `time`: seconds since 1970. */
export function cosignText(text: string, key: SignerKey, time: number): string {
  if (key.kind !== COSIGNATURE) throw new TypeError(`${key.name} signs; it does not cosign`);
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  return lineOf(key, Buffer.concat([stamp, sign(null, cosigned(text, time), key.secret)]));
}

const LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;

/** Reads the lines of signatures. @throws {Malformed} */
export function parseSignatures(lines: string): Signature[] {
  if (!lines.endsWith('\n')) throw new Malformed('a line of a signature ends in a line end');
  const all = lines.slice(0, -1).split('\n');
  if (all.length > MOST_SIGNATURES) throw new Malformed(`more than ${MOST_SIGNATURES} signatures`);
  return all.map((line) => {
    const [, name, encoded] = LINE.exec(line) ?? [];
    if (name === undefined || encoded === undefined) throw new Malformed('a signature is "— <name> <base64>"');
    const bytes = bytesOf(encoded);
    if (bytes.length < 5) throw new Malformed('a signature without bytes');
    return { name: checkName(name), id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) };
  });
}

/** @throws {Malformed} */
export function parseNote(note: string): Note {
  const cut = note.lastIndexOf('\n\n');
  // eslint-disable-next-line no-control-regex
  if (!note.isWellFormed() || /[\x00-\x09\x0b-\x1f]/.test(note)) throw new Malformed('a note has no control characters');
  if (cut < 0) throw new Malformed('a note is a text, an empty line, and signatures');
  return { text: note.slice(0, cut + 1), signatures: parseSignatures(note.slice(cut + 2)) };
}

/** Whether a key made this signature of a text; the time it says, of a cosignature. */
function check(text: string, { bytes }: Signature, key: VerifierKey): Signed | null {
  if (key.kind === ED25519) {
    const good = bytes.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), key.key, bytes);
    return good ? { key, time: null } : null;
  }
  if (bytes.length !== 8 + SIGNATURE_BYTES) return null;
  const time = Number(Buffer.from(bytes).readBigUInt64BE(0));
  if (!Number.isSafeInteger(time) || time === 0) return null;
  return verify(null, cosigned(text, time), key.key, bytes.subarray(8)) ? { key, time } : null;
}

/**
 * Who of those known signed a note: each key once. Signatures of unknown keys are passed over.
 * @throws {Malformed} a signature under a known key's name and id is not by that key
 */
export function signersOf({ text, signatures }: Note, known: readonly VerifierKey[]): Signed[] {
  const found = new Map<string, Signed>();
  for (const signature of signatures) {
    const key = known.find((k) => k.name === signature.name && k.id === signature.id);
    if (!key) continue;
    const signed = check(text, signature, key);
    if (!signed) throw new Malformed(`the signature of ${key.name} (${key.id}) is not good`);
    if (!found.has(key.vkey)) found.set(key.vkey, signed);
  }
  return [...found.values()];
}
