/**
 * The rules of request bodies as class-validator decorators, and the one function that applies them. A DTO class lists
 * each member with its rule; what is not listed is refused. Nested members carry their class, so that paths are whole
 * (`options[0].fees.monthly.unit`). Nothing is converted: a number is a JSON number.
 */
import { ValidateBy, ValidateIf, getMetadataStorage, validateSync } from './class-validator.js';
import { isRecord } from '../../values.js';
import { InvalidInput } from '../problem.js';
import { ITEM_CODES, isOptionNo } from '@app/agreement';
import { parseMonth, parsePlainDate } from '@app/calendar';
import { isUuid } from '@app/kernel';
import { MAX_YEN, validateFee } from '@app/money';
import { revisionOfSequence } from '@app/published';
import type { PathError } from '../../ports.js';
import type { RuleMessage, RuleName } from '../rule-texts.js';

export type Class<T extends object = object> = new () => T;

export const FIRST_DATE = '2018-10-01';
export const LAST_DATE = '2099-12-31';
export const MAX_ACCOUNTS = 1_000_000;
export const MAX_UNITS = 1_000;

/** A rule about one member's value; its failure is said as `name|arg|…`. */
const rule = (name: RuleName, args: readonly (string | number)[], ok: (value: unknown) => boolean): PropertyDecorator =>
  ValidateBy({
    name,
    constraints: [...args],
    validator: { validate: ok, defaultMessage: () => [name, ...args].join('|') },
  });

const CONTROL = /\p{Cc}/u;
const codePoints = (text: string): number => Array.from(text).length;

/** Well-formed text without control characters, `min`…`max` characters (code points), not blank where one is needed. */
export function isText(value: unknown, min: number, max: number): value is string {
  if (typeof value !== 'string' || value.length > 2 * max || !value.isWellFormed() || CONTROL.test(value)) return false;
  if (value.length > max && codePoints(value) > max) return false;
  return min === 0 || value.trim().length >= min;
}

/** A required id, name or number: 1…200 characters. */
export const Name = (): PropertyDecorator => rule('text', [1, 200], (v) => isText(v, 1, 200));
/** Free text that must say something. */
export const Words = (): PropertyDecorator => rule('text', [1, 2_000], (v) => isText(v, 1, 2_000));
/** Free text that may be empty. */
export const FreeText = (): PropertyDecorator => rule('text', [0, 2_000], (v) => isText(v, 0, 2_000));
/** An id the ledger gave out. */
export const Id = (): PropertyDecorator => rule('id', [], (v) => typeof v === 'string' && isUuid(v));
/** A place in the feed, as its envelopes say it. */
export const Sequence = (): PropertyDecorator => rule('sequence', [], (v) => typeof v === 'string' && revisionOfSequence(v) !== null);
/** `base` or an option's id. */
export const Subject = (): PropertyDecorator => rule('subject', [], (v) => v === 'base' || (typeof v === 'string' && isUuid(v)));
/** A real day within the years the ledger covers, or within others. */
export const Day = (from = FIRST_DATE, to = LAST_DATE): PropertyDecorator =>
  rule('day', [from, to], (v) => parsePlainDate(v as string) !== null && (v as string) >= from && (v as string) <= to);
export const InMonth = (): PropertyDecorator =>
  rule('month', [FIRST_DATE.slice(0, 7), LAST_DATE.slice(0, 7)], (v) => {
    if (typeof v !== 'string' || parseMonth(v) === null) return false;
    return v >= FIRST_DATE.slice(0, 7) && v <= LAST_DATE.slice(0, 7);
  });
const INSTANT = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/;
export const Instant = (): PropertyDecorator =>
  rule('instant', [], (v) => typeof v === 'string' && parsePlainDate(INSTANT.exec(v)?.[1] ?? '') !== null);
const isWhole = (v: unknown, min: number, max: number): boolean => Number.isInteger(v) && (v as number) >= min && (v as number) <= max;
export const Whole = (min: number, max: number): PropertyDecorator => rule('whole', [min, max], (v) => isWhole(v, min, max));
/** Whole numbers in a query are texts. */
export const Digits = (min: number, max: number): PropertyDecorator => rule('whole', [min, max], (v) => typeof v === 'string' && /^(0|[1-9]\d{0,15})$/.test(v) && Number(v) >= min && Number(v) <= max);
export const Accounts = (): PropertyDecorator => Whole(1, MAX_ACCOUNTS);
export const Units = (): PropertyDecorator => Whole(1, MAX_UNITS);
export const Amount = (): PropertyDecorator => rule('yen', [MAX_YEN], (v) => isWhole(v, 0, MAX_YEN));
export const Flag = (): PropertyDecorator => rule('flag', [], (v) => typeof v === 'boolean');
export const OneOf = (...values: readonly string[]): PropertyDecorator =>
  rule('oneOf', values, (v) => typeof v === 'string' && values.includes(v));
export const OptionNumber = (): PropertyDecorator => rule('option', [], (v) => isOptionNo(v));
export const ItemCodeOf = (): PropertyDecorator => OneOf(...ITEM_CODES);
/** A rule of its own, by a predicate. */
export const Such = (name: RuleName, ok: (value: unknown) => boolean): PropertyDecorator => rule(name, [], ok);

// ── members that hold more ──────────────────────────────────────────────────────────────────────────────────────────

/** One rule, broken at each of the paths. */
export const broken = (message: RuleMessage, paths: readonly string[]): PathError[] => paths.map((path) => ({ path, message }));

/** Reports what is wrong at `path` and gives the member as it goes on (nested objects as instances). */
type Check = (value: unknown, path: string, errors: PathError[]) => unknown;
export type Shape =
  | { readonly kind: 'part'; readonly type: Class }
  | { readonly kind: 'parts'; readonly type: Class; readonly min: number; readonly max: number }
  | { readonly kind: 'keyed'; readonly of: Class | 'accounts' }
  | { readonly kind: 'fee' }
  | { readonly kind: 'raw' };
interface Member {
  optional?: boolean;
  nullable?: boolean;
  shape?: Shape;
  check?: Check;
}
const MEMBERS = new Map<object, Map<string, Member>>();

function member(prototype: object, name: string | symbol): Member {
  const of = MEMBERS.get(prototype) ?? new Map<string, Member>();
  MEMBERS.set(prototype, of);
  const m = of.get(name as string) ?? {};
  of.set(name as string, m);
  return m;
}

/** May be left out; null is still refused. */
export const Optional = (): PropertyDecorator => (prototype, name) => {
  member(prototype, name).optional = true;
  ValidateIf((_, value) => value !== undefined)(prototype, name as string);
};
/** May be null; leaving it out is still refused. */
export const Nullable = (): PropertyDecorator => (prototype, name) => {
  member(prototype, name).nullable = true;
  ValidateIf((_, value) => value !== null)(prototype, name as string);
};
const shaped =
  (shape: Shape, check: Check): PropertyDecorator =>
  (prototype, name) =>
    void Object.assign(member(prototype, name), { shape, check });

/** An object with a class of its own. */
export const Part = (type: Class): PropertyDecorator => shaped({ kind: 'part', type }, (v, path, errors) => checked(type, v, path, errors));
/** A list of them. */
export const Parts = (type: Class, min: number, max: number): PropertyDecorator =>
  shaped({ kind: 'parts', type, min, max }, (v, path, errors) => {
    if (Array.isArray(v) && v.length >= min && v.length <= max) return v.map((x, i) => checked(type, x, `${path}[${i}]`, errors));
    errors.push({ path, message: `list|${min}|${max}` });
    return v;
  });
/** An object whose names are ids of options. */
export const KeyedById = (of: Class | 'accounts'): PropertyDecorator =>
  shaped({ kind: 'keyed', of }, (v, path, errors) => {
    if (!isRecord(v)) {
      errors.push({ path, message: 'object' });
      return v;
    }
    return Object.fromEntries(
      Object.entries(v).map(([id, x]) => {
        const at = `${path}.${id}`;
        if (!isUuid(id)) errors.push({ path: at, message: 'id' });
        if (of !== 'accounts') return [id, checked(of, x, at, errors)];
        if (!isWhole(x, 1, MAX_ACCOUNTS)) errors.push({ path: at, message: `whole|1|${MAX_ACCOUNTS}` });
        return [id, x];
      }),
    );
  });
/** A monthly fee of any kind. */
export const FeeOf = (): PropertyDecorator =>
  shaped({ kind: 'fee' }, (v, path, errors) => {
    for (const e of validateFee(v)) errors.push({ path: e.path ? `${path}.${e.path}` : path, message: e.message });
    return v;
  });
/** Judged elsewhere, with paths relative to the member. */
export const JudgedBy = (judge: (value: unknown) => readonly PathError[]): PropertyDecorator =>
  shaped({ kind: 'raw' }, (v, path, errors) => {
    for (const e of judge(v)) errors.push({ path: e.path.startsWith('[') ? `${path}${e.path}` : e.path ? `${path}.${e.path}` : path, message: e.message });
    return v;
  });

// ── applying them ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Between members; added as a static `whole` of a DTO class, asked only once every member is sound. */
export interface Judged<T> {
  readonly whole: (value: T) => readonly PathError[];
}

interface Plan {
  readonly known: ReadonlySet<string>;
  readonly flat: boolean;
  readonly nested: readonly (readonly [name: string, member: Member & { check: Check }])[];
  readonly whole: ((value: object) => readonly PathError[]) | null;
}
const PLANS = new Map<Class, Plan>();

/** The members of a DTO class, base classes included. */
export function membersOf(type: Class): ReadonlyMap<string, Member> {
  const out = new Map<string, Member>();
  for (let p = type.prototype as object; p !== Object.prototype; p = Object.getPrototypeOf(p) as object)
    for (const [name, m] of MEMBERS.get(p) ?? []) out.set(name, { ...m, ...out.get(name) });
  return out;
}

/**
 * class-validator looks through the rules of all classes for every value it judges. They are complete once a class is
 * there, so what was found for it stands. (Nothing here uses its groups.)
 */
const storage = getMetadataStorage();
type Gather = typeof storage.getTargetValidationMetadatas;
const gather: Gather = storage.getTargetValidationMetadatas.bind(storage);
const GATHERED = new Map<Parameters<Gather>[0], ReturnType<Gather>>();
storage.getTargetValidationMetadatas = (type, schema, always, strictGroups, groups) => {
  if (groups?.length) return gather(type, schema, always, strictGroups, groups);
  let rules = GATHERED.get(type);
  if (rules === undefined) GATHERED.set(type, (rules = gather(type, schema, always, strictGroups)));
  return rules;
};

/** What class-validator knows of a DTO class. */
export const rulesOf = (type: Class): ReturnType<Gather> => storage.getTargetValidationMetadatas(type, '', false, false);

function planOf(type: Class): Plan {
  let plan = PLANS.get(type);
  if (plan === undefined) {
    const members = membersOf(type);
    const rules = rulesOf(type).filter((r) => members.get(r.propertyName)?.check === undefined);
    plan = {
      known: new Set([...members.keys(), ...rules.map((r) => r.propertyName)]),
      flat: rules.length > 0,
      nested: [...members].filter((e): e is [string, Member & { check: Check }] => e[1].check !== undefined),
      whole: 'whole' in type ? (type as unknown as Judged<object>).whole : null,
    };
    PLANS.set(type, plan);
  }
  return plan;
}

const OPTIONS = { forbidUnknownValues: true, stopAtFirstError: true, validationError: { target: false } };
const under = (path: string, name: string): string => (path ? `${path}.${name}` : name);

function checked(type: Class, value: unknown, path: string, errors: PathError[]): unknown {
  if (!isRecord(value)) {
    errors.push({ path, message: 'object' });
    return value;
  }
  const plan = planOf(type);
  const before = errors.length;
  // Not `new type()`: declared members would become own, undefined ones.
  const out = Object.create(type.prototype as object) as { [name: string]: unknown };
  for (const name of Object.keys(value))
    if (plan.known.has(name)) out[name] = value[name];
    else errors.push({ path: under(path, name), message: 'unknown' });
  if (plan.flat)
    for (const e of validateSync(out, OPTIONS))
      errors.push({
        path: under(path, e.property),
        // Every constraint is a `rule` from above, whose message begins with a rule's name.
        message: e.value === undefined ? 'required' : ((Object.values(e.constraints ?? {})[0] ?? 'unknown') as RuleMessage),
      });
  for (const [name, m] of plan.nested) {
    const v = out[name];
    if (v === undefined) {
      if (!m.optional) errors.push({ path: under(path, name), message: 'required' });
    } else if (v !== null || !m.nullable) out[name] = m.check(v, under(path, name), errors);
  }
  if (plan.whole !== null && errors.length === before)
    for (const e of plan.whole(out)) errors.push({ path: under(path, e.path), message: e.message });
  return out;
}

/** The value as an instance of its class. Throws {@link InvalidInput} with every error, `at` before each path. */
export function parseAs<T extends object>(type: Class<T>, value: unknown, at = ''): T {
  const errors: PathError[] = [];
  const out = checked(type, value, at, errors);
  if (errors.length > 0) throw new InvalidInput(errors);
  return out as T;
}
