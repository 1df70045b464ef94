/** Reads a pack of unknown origin: every member is looked at, and none that is not known is let by. */
import { parsePlainDate } from '@app/calendar';
import { isUuid } from '@app/kernel';
import { EVIDENCE_FORMAT, type EvidencePack } from './pack.js';

/** It is not an evidence pack, and where not. */
export class NotAPack extends Error {
  override readonly name = 'NotAPack';
  constructor(
    readonly at: string,
    readonly why: string,
  ) {
    super(`${at === '' ? 'the document' : at} ${why}`);
  }
}

type Check = (value: unknown, at: string) => void;
type Members = { readonly [name: string]: Check };

const such =
  (why: string, is: (value: unknown) => boolean): Check =>
  (value, at) => {
    if (!is(value)) throw new NotAPack(at, why);
  };
const text = such('must be a text', (v) => typeof v === 'string');
const matching = (pattern: RegExp, what: string): Check => such(`must be ${what}`, (v) => typeof v === 'string' && pattern.test(v));
const uuid = such('must be an id', (v) => typeof v === 'string' && isUuid(v));
const count = such('must be a whole number', (v) => Number.isSafeInteger(v) && (v as number) >= 0);
const hex = matching(/^[0-9a-f]{64}$/, '64 lower-case hex digits');
const day = such('must be a date', (v) => typeof v === 'string' && parsePlainDate(v) !== null);
const instant = matching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'an instant in UTC');
const position = matching(/^(\d{1,20}|C\d{1,20}P\d{1,20})$/, 'a position of the log');
const orNull =
  (check: Check): Check =>
  (value, at) => void (value === null || check(value, at));
const list =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw new NotAPack(at, 'must be a list');
    value.forEach((v, i) => check(v, `${at}[${i}]`));
  };

function members(value: unknown, known: Members, at: string, open: boolean): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotAPack(at, 'must be an object');
  const path = (name: string): string => (at === '' ? name : `${at}.${name}`);
  for (const [name, check] of Object.entries(known)) {
    if (!Object.hasOwn(value, name)) throw new NotAPack(path(name), 'is missing');
    check((value as { readonly [member: string]: unknown })[name], path(name));
  }
  if (!open) for (const name of Object.keys(value)) if (!Object.hasOwn(known, name)) throw new NotAPack(path(name), 'is not a member of this format');
}
const object =
  (known: Members): Check =>
  (value, at) =>
    members(value, known, at, false);
/** What the log holds: more members than are looked at here. */
const stored =
  (known: Members): Check =>
  (value, at) =>
    members(value, known, at, true);

const proved = object({
  event: object({
    data: stored({}),
    id: uuid,
    metadata: stored({
      recordedAt: text,
      businessDate: text,
      schemaVersion: count,
      commandId: text,
      command: text,
      actor: stored({ subject: text, role: text }),
      agreement: stored({ revision: text, tables: text }),
      receipts: list(stored({ clause: text, facts: stored({}) })),
    }),
    position,
    revision: count,
    stream: text,
    type: text,
  }),
  proof: orNull(text),
});

const PACK: Members = {
  format: matching(/^/, 'a text'),
  ledgerId: uuid,
  origin: text,
  contractId: uuid,
  made: object({ at: instant, on: day }),
  events: list(proved),
  related: list(proved),
  texts: orNull(list(object({ ref: text, kind: orNull(text), text: orNull(text), salt: orNull(matching(/^[0-9a-f]{32}$/, '32 lower-case hex digits')), erasedAt: orNull(instant) }))),
  clauses: list(object({ id: text, en: text, ja: text })),
  holidays: orNull(object({ name: text, from: day, to: day, days: list(day) })),
  checkpoint: orNull(text),
  keys: object({ log: list(text), witnesses: list(text) }),
  limits: list(object({ code: text, en: text, ja: text })),
  digest: hex,
};

/** @throws {NotAPack} */
export function asPack(value: unknown): EvidencePack {
  const format = (value as { readonly format?: unknown } | null)?.format;
  if (typeof format === 'string' && format !== EVIDENCE_FORMAT) throw new NotAPack('format', `is ${format.slice(0, 60)}; this build knows ${EVIDENCE_FORMAT}`);
  members(value, PACK, '', false);
  return value as EvidencePack;
}
