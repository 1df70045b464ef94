/** A stored event as a consumer may believe it: of a known type and version, with money that can be added up. */
import { BILLING_EVENT_TYPES, type BillingEvent, type OneOff, type Segment } from './generated/types.js';
import { Stopped } from './trouble.js';

export type Line = Segment | OneOff;

export interface Received {
  /** The bytes as they were published, as text. */
  readonly stored: string;
  readonly event: BillingEvent;
  /** Place in the feed, from 0. */
  readonly sequence: number;
}

/** A place in the feed. */
export interface Place {
  readonly sequence: number;
  readonly id: string;
}

/** The cursor that the ledger knows a place by. */
export const cursorOf = ({ sequence, id }: Place): string => `${String(sequence).padStart(16, '0')}.${id}`;

const TYPES: ReadonlySet<string> = new Set(BILLING_EVENT_TYPES);
const KINDS: ReadonlySet<string> = new Set<OneOff['kind']>(['initial', 'oneTime', 'excess', 'settlement']);

type Loose = { readonly [name: string]: unknown };
const isText = (x: unknown): x is string => typeof x === 'string' && x !== '';
const isDay = (x: unknown): x is string => isText(x) && /^\d{4}-\d{2}-\d{2}$/.test(x);
const isMonth = (x: unknown): boolean => isText(x) && /^\d{4}-\d{2}$/.test(x);
const isYen = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0;
const isList = (x: unknown, of: (member: Loose) => boolean): boolean => Array.isArray(x) && x.every((m) => typeof m === 'object' && m !== null && of(m as Loose));

const isLine = (l: Loose): boolean => isText(l['lineId']) && isText(l['subject']) && isText(l['clause']);
const isSegment = (l: Loose): boolean =>
  isLine(l) && isDay(l['from']) && (l['to'] === null || isDay(l['to'])) && isYen(l['fee']) && isList(l['partialMonths'], (p) => isMonth(p['month']) && isYen(p['amount']));
const isOneOff = (l: Loose): boolean => isLine(l) && KINDS.has(String(l['kind'])) && isText(l['chargeId']) && isDay(l['dueOn']) && (l['amount'] === null || isYen(l['amount']));

/**
 * Reads a stored event. Members that are not known are passed over: within a version they are only added.
 * @throws {Stopped} of a type, version or shape that this program does not know
 */
export function readEvent(stored: string): Received {
  let said: Loose;
  try {
    said = JSON.parse(stored) as Loose;
  } catch {
    throw new Stopped('altered', 'what came from the feed is not an event: check LEDGER_URL and any proxy on the way');
  }
  const { type, sequence, id } = said;
  const where = `event ${String(id)} at sequence ${String(sequence)}`;
  const unknown = (what: string): Stopped =>
    new Stopped(
      'unknown',
      `${where} ${what}. Nothing was skipped: everything before it is applied. Copy the current types from the ledger (its schema is at /v1/feed/schemas/${String(type)}), see what the event means for money, and start again`,
    );
  if (!TYPES.has(String(type))) throw unknown(`is of the type ${String(type)}, which this consumer does not know`);
  if (said['specversion'] !== '1.0' || said['dataschema'] !== `urn:contract-ledger:schema:${String(type)}`) throw unknown(`follows ${String(said['dataschema'])} (CloudEvents ${String(said['specversion'])}), which this consumer does not know`);
  const data = (said['data'] ?? {}) as Loose;
  const placed = isText(id) && isText(said['subject']) && isText(said['source']) && isDay(said['businessdate']) && Number.isSafeInteger(said['contractsequence']) && /^\d{16}$/.test(String(sequence));
  if (!placed || !isList(data['segments'], isSegment) || !isList(data['charges'], isOneOff) || !Array.isArray(data['voids']) || !data['voids'].every(isText))
    throw unknown('does not have the shape that its type promises');
  return { stored, event: said as unknown as BillingEvent, sequence: Number(sequence) };
}
