import { canonicalJson } from './canonical.js';

/**
 * Whether a text is canonical JSON: what {@link canonicalJson} writes of what it says. Checks of whole logs ask it of
 * every event, so the common case is read off the text without making the value: no escapes, numbers of few digits,
 * keys in order. Whatever else there is goes the long way.
 */
export function isCanonicalJson(text: string): boolean {
  // Three bytes at most for each unit of UTF-16, and one more than the text has.
  if (scratch.length <= 3 * text.length) scratch = Buffer.alloc(6 * text.length);
  return looksCanonical(scratch, 0, scratch.write(text)) || whyNotCanonical(text) === null;
}

/** Room for one text; where reading would go beyond it, what is left of earlier texts does no harm. */
let scratch = Buffer.alloc(1 << 16);

/** Why a text is not canonical JSON; null: it is. */
export function whyNotCanonical(text: string): string | null {
  try {
    return canonicalJson(JSON.parse(text)) === text ? null : 'not canonical JSON';
  } catch (error) {
    return (error as Error).message.slice(0, 200);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
/** From here on the order of bytes is not that of UTF-16, and U+FFFD may stand for half of a pair that was written. */
const LAST_PLANES = 0xed;

/** Bytes that stand in a text as they are: 1. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, c) => Number(c >= SPACE && c < LAST_PLANES && c !== QUOTE && c !== BACKSLASH));

/** All integers of so many digits are numbers that JavaScript writes in the same way. */
const DIGITS = 15;
const DEPTH = 64;
/** It is not canonical, or this reader cannot tell. */
const NO = -1;

/**
 * The same of the UTF-8 of a text, from `from` up to `to`, which is not the end of the bytes. False: it is not, or it
 * cannot be told without making the value.
 */
export const looksCanonical = (bytes: Uint8Array, from: number, to: number): boolean => from < to && value(bytes, from, 0) === to;

// Each answers where what begins at `at` is over, or NO. Behind the text there may be anything: what goes beyond its end
// does not end there.

function value(b: Uint8Array, at: number, depth: number): number {
  const c = b[at]!;
  switch (c) {
    case QUOTE:
      return string(b, at);
    case OPEN_OBJECT:
      return depth < DEPTH ? object(b, at, depth + 1) : NO;
    case OPEN_LIST:
      return depth < DEPTH ? list(b, at, depth + 1) : NO;
    case 0x74: // t
      return b[at + 1] === 0x72 && b[at + 2] === 0x75 && b[at + 3] === 0x65 ? at + 4 : NO;
    case 0x66: // f
      return b[at + 1] === 0x61 && b[at + 2] === 0x6c && b[at + 3] === 0x73 && b[at + 4] === 0x65 ? at + 5 : NO;
    case 0x6e: // n
      return b[at + 1] === 0x75 && b[at + 2] === 0x6c && b[at + 3] === 0x6c ? at + 4 : NO;
    default:
      return integer(b, at, c);
  }
}

/** From quote to quote: plain characters only. */
function string(b: Uint8Array, from: number): number {
  let at = from + 1;
  while (PLAIN[b[at]!] === 1) at++;
  return b[at] === QUOTE ? at + 1 : NO;
}

function integer(b: Uint8Array, start: number, first: number): number {
  const from = first === MINUS ? start + 1 : start;
  let at = from;
  let c = b[at]!;
  while (c >= ZERO && c <= NINE) c = b[++at]!;
  const digits = at - from;
  if (digits === 0 || digits > DIGITS || goesOn(c)) return NO;
  return b[from] !== ZERO || (digits === 1 && first !== MINUS) ? at : NO;
}

/** A fraction or an exponent. */
const goesOn = (c: number): boolean => c === 0x2e || c === 0x65 || c === 0x45;

function list(b: Uint8Array, from: number, depth: number): number {
  let at = from + 1;
  if (b[at] === CLOSE_LIST) return at + 1;
  for (;;) {
    at = value(b, at, depth);
    if (at === NO) return NO;
    const c = b[at++];
    if (c === CLOSE_LIST) return at;
    if (c !== COMMA) return NO;
  }
}

function object(b: Uint8Array, from: number, depth: number): number {
  let at = from + 1;
  if (b[at] === CLOSE_OBJECT) return at + 1;
  let before = NO;
  for (;;) {
    const key = at + 1;
    // Keys that look like integers are told by the long way.
    const c = b[key]!;
    if (b[at] !== QUOTE || (c >= ZERO && c <= NINE)) return NO;
    at = string(b, at);
    if (at === NO || (before !== NO && !ascends(b, before, key)) || b[at] !== COLON) return NO;
    before = key;
    at = value(b, at + 1, depth);
    if (at === NO) return NO;
    const next = b[at++];
    if (next === CLOSE_OBJECT) return at;
    if (next !== COMMA) return NO;
  }
}

/** Whether the key that begins at `k` comes after the one at `j`. Both end in a quote, which no plain key holds. */
function ascends(b: Uint8Array, j: number, k: number): boolean {
  for (let i = 0; ; i++) {
    const x = b[j + i]!;
    const y = b[k + i]!;
    if (x === y && x !== QUOTE) continue;
    return x === QUOTE ? y !== QUOTE : y !== QUOTE && x < y;
  }
}
