import { canonicalJson } from './canonical.js';

/**
 * Whether a text is canonical JSON: what {@link canonicalJson} writes of what it says. Checks of whole logs ask it of
 * every event, so the common case is read off the text without making the value: no escapes, numbers of few digits,
 * keys in order. Whatever else there is goes the long way.
 */
export const isCanonicalJson = (text: string): boolean => looksCanonical(text) || whyNotCanonical(text) === null;

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
/** Surrogates would have to be looked at in pairs. */
const SURROGATES = 0xd800;

/** All integers of so many digits are numbers that JavaScript writes in the same way. */
const DIGITS = 15;
const DEPTH = 64;

// The reader's place: one text is read at a time, to its end, and calls with fewer arguments are worth it here.
let text = '';
let at = 0;

/** False: it is not, or this reader cannot tell. */
function looksCanonical(of: string): boolean {
  text = of;
  at = 0;
  const whole = value(0) && at === text.length;
  text = '';
  return whole;
}

function value(depth: number): boolean {
  const c = text.charCodeAt(at);
  switch (c) {
    case QUOTE:
      return string();
    case OPEN_OBJECT:
      return depth < DEPTH && object(depth + 1);
    case OPEN_LIST:
      return depth < DEPTH && list(depth + 1);
    case 0x74: // t
      return word('true');
    case 0x66: // f
      return word('false');
    case 0x6e: // n
      return word('null');
    default:
      return integer(c);
  }
}

function word(w: string): boolean {
  if (!text.startsWith(w, at)) return false;
  at += w.length;
  return true;
}

/** From quote to quote: plain characters only. */
function string(): boolean {
  for (at++; ; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) {
      at++;
      return true;
    }
    // Not a number: the text is at its end.
    if (!(c >= SPACE && c < SURROGATES) || c === BACKSLASH) return false;
  }
}

function integer(first: number): boolean {
  let c = first;
  if (c === MINUS) c = text.charCodeAt(++at);
  const from = at;
  while (c >= ZERO && c <= NINE) c = text.charCodeAt(++at);
  const digits = at - from;
  if (digits === 0 || digits > DIGITS) return false;
  if (text.charCodeAt(from) === ZERO) return digits === 1 && first !== MINUS && !goesOn(c);
  return !goesOn(c);
}

/** A fraction or an exponent. */
const goesOn = (c: number): boolean => c === 0x2e || c === 0x65 || c === 0x45;

function list(depth: number): boolean {
  if (text.charCodeAt(++at) === CLOSE_LIST) {
    at++;
    return true;
  }
  for (;;) {
    if (!value(depth)) return false;
    const c = text.charCodeAt(at++);
    if (c === CLOSE_LIST) return true;
    if (c !== COMMA) return false;
  }
}

function object(depth: number): boolean {
  if (text.charCodeAt(++at) === CLOSE_OBJECT) {
    at++;
    return true;
  }
  let before = -1;
  for (;;) {
    const key = at + 1;
    // Keys that look like integers are told by the long way.
    const c = text.charCodeAt(key);
    if (text.charCodeAt(at) !== QUOTE || (c >= ZERO && c <= NINE) || !string()) return false;
    if (before >= 0 && !ascends(before, key)) return false;
    before = key;
    if (text.charCodeAt(at++) !== COLON || !value(depth)) return false;
    const next = text.charCodeAt(at++);
    if (next === CLOSE_OBJECT) return true;
    if (next !== COMMA) return false;
  }
}

/** Whether the key that begins at `b` comes after the one at `a`, in order of UTF-16 code units. Both end in a quote, which no plain key holds. */
function ascends(a: number, b: number): boolean {
  for (let i = 0; ; i++) {
    const x = text.charCodeAt(a + i);
    const y = text.charCodeAt(b + i);
    if (x === y && x !== QUOTE) continue;
    return x === QUOTE ? y !== QUOTE : y !== QUOTE && x < y;
  }
}
