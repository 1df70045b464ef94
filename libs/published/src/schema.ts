/**
 * A shape said once: from it follow the check of a value, the JSON Schema and the TypeScript type, both the one that the
 * compiler holds the translator to and the text that a consumer copies.
 */
export type JsonSchema = { readonly [keyword: string]: unknown };

declare const SHAPE: unique symbol;

export interface Schema<T> {
  /** Open for members that a later build adds. */
  readonly json: JsonSchema;
  /** TypeScript, `indent` being that of the line it stands on. */
  readonly ts: (indent: string) => string;
  /** Named schemas that it uses, itself included, each after those it uses. */
  readonly named: ReadonlyMap<string, Schema<unknown>>;
  /** What is wrong with a value, each with its path; members that are not said are wrong too, unless `open`. */
  readonly problems: (value: unknown, path: string, open: boolean) => string[];
  readonly optional?: true;
  readonly about?: string;
  readonly [SHAPE]?: T;
}

/** The type of the values of a schema. */
export type Of<S> = S extends Schema<infer T> ? T : never;

type Optional<T> = Schema<T> & { readonly optional: true };
export interface Fields {
  readonly [name: string]: Schema<unknown>;
}
type Flat<T> = { readonly [K in keyof T]: T[K] };
export type Members<F extends Fields> = Flat<
  { [K in keyof F as F[K] extends { readonly optional: true } ? never : K]: Of<F[K]> } & {
    [K in keyof F as F[K] extends { readonly optional: true } ? K : never]?: Of<F[K]>;
  }
>;

const NONE: ReadonlyMap<string, Schema<unknown>> = new Map();
const merged = (schemas: readonly Schema<unknown>[]): ReadonlyMap<string, Schema<unknown>> => new Map(schemas.flatMap((s) => [...s.named]));
const is = (right: boolean, what: string, path: string): string[] => (right ? [] : [`${path}: is not ${what}`]);

/** Adds a description. */
export const about = <S extends Schema<unknown>>(text: string, schema: S): S => ({ ...schema, about: text, json: { ...schema.json, description: text } });

/** A member that may be missing (never null instead). */
export const optional = <T>(schema: Schema<T>): Optional<T> => ({ ...schema, optional: true });

export function text(keywords: { readonly format?: string; readonly pattern?: string; readonly minLength?: number } = {}): Schema<string> {
  const pattern = keywords.pattern === undefined ? null : new RegExp(keywords.pattern, 'u');
  const fits = (v: unknown): boolean => typeof v === 'string' && v.length >= (keywords.minLength ?? 0) && (pattern === null || pattern.test(v));
  return {
    json: { type: 'string', ...keywords },
    ts: () => 'string',
    named: NONE,
    problems: (v, path) => is(fits(v), keywords.pattern ? `text like ${keywords.pattern}` : 'a text', path),
  };
}

export function integer(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Schema<number> {
  return {
    json: { type: 'integer', minimum, maximum },
    ts: () => 'number',
    named: NONE,
    problems: (v, path) => is(Number.isSafeInteger(v) && (v as number) >= minimum && (v as number) <= maximum, `a whole number from ${minimum} to ${maximum}`, path),
  };
}

export const boolean = (): Schema<boolean> => ({
  json: { type: 'boolean' },
  ts: () => 'boolean',
  named: NONE,
  problems: (v, path) => is(typeof v === 'boolean', 'true or false', path),
});

export function oneOf<const V extends string>(...values: readonly V[]): Schema<V> {
  return {
    json: values.length === 1 ? { const: values[0] } : { enum: values },
    ts: () => values.map((v) => `'${v}'`).join(' | '),
    named: NONE,
    problems: (v, path) => is((values as readonly unknown[]).includes(v), `one of ${values.join(', ')}`, path),
  };
}

export const nullable = <T>(schema: Schema<T>): Schema<T | null> => ({
  json: { anyOf: [schema.json, { type: 'null' }] },
  ts: (indent) => `${schema.ts(indent)} | null`,
  named: schema.named,
  problems: (v, path, open) => (v === null ? [] : schema.problems(v, path, open)),
});

export const list = <T>(schema: Schema<T>): Schema<readonly T[]> => ({
  json: { type: 'array', items: schema.json },
  ts: (indent) => {
    const item = schema.ts(indent);
    return /[|]/.test(item) && !item.startsWith('{') ? `readonly (${item})[]` : `readonly ${item}[]`;
  },
  named: schema.named,
  problems: (v, path, open) => (Array.isArray(v) ? v.flatMap((x, i) => schema.problems(x, `${path}[${i}]`, open)) : [`${path}: is not a list`]),
});

/** Texts by name. */
export const texts = (): Schema<{ readonly [name: string]: string }> => ({
  json: { type: 'object', additionalProperties: { type: 'string' } },
  ts: () => '{ readonly [name: string]: string }',
  named: NONE,
  problems: (v, path) => is(typeof v === 'object' && v !== null && !Array.isArray(v) && Object.values(v).every((x) => typeof x === 'string'), 'an object of texts', path),
});

export function object<const F extends Fields>(fields: F): Schema<Members<F>> & { readonly fields: F } {
  const all = Object.entries(fields) as readonly [string, Schema<unknown>][];
  const required = all.filter(([, s]) => !s.optional).map(([name]) => name);
  return {
    fields,
    json: { type: 'object', properties: Object.fromEntries(all.map(([name, s]) => [name, s.json])), required },
    ts: (indent) => {
      const inner = `${indent}  `;
      const member = ([name, s]: readonly [string, Schema<unknown>]): string =>
        `${s.about === undefined ? '' : `${inner}/** ${s.about} */\n`}${inner}readonly ${name}${s.optional ? '?' : ''}: ${s.ts(inner)};`;
      return `{\n${all.map(member).join('\n')}\n${indent}}`;
    },
    named: merged(all.map(([, s]) => s)),
    problems: (v, path, open) => {
      if (typeof v !== 'object' || v === null || Array.isArray(v)) return [`${path}: is not an object`];
      const given = v as { readonly [name: string]: unknown };
      return [
        ...all.flatMap(([name, s]) => (given[name] !== undefined ? s.problems(given[name], `${path}.${name}`, open) : s.optional ? [] : [`${path}.${name}: is missing`])),
        ...(open ? [] : Object.keys(given).flatMap((name) => (Object.hasOwn(fields, name) ? [] : [`${path}.${name}: is not said in the schema`]))),
      ];
    },
  };
}

/** Objects told apart by `kind`. */
export function union<const U extends readonly (Schema<unknown> & { readonly fields: Fields })[]>(...members: U): Schema<Of<U[number]>> {
  return {
    json: { oneOf: members.map((m) => m.json) },
    ts: (indent) => members.map((m) => m.ts(indent)).join(' | '),
    named: merged(members),
    problems: (v, path, open) => {
      const kind = (v as { readonly kind?: unknown } | null)?.kind;
      const member = members.find((m) => m.fields['kind']!.problems(kind, '', open).length === 0);
      return member ? member.problems(v, path, open) : [`${path}.kind: is unknown`];
    },
  };
}

/** A schema under a name of its own, which others refer to. */
export function named<T>(name: string, description: string, schema: Schema<T>): Schema<T> {
  const defined: Schema<T> = { ...schema, about: description, json: { description, ...schema.json } };
  return {
    json: { $ref: `#/$defs/${name}` },
    ts: () => name,
    named: new Map([...schema.named, [name, defined]]),
    problems: schema.problems,
  };
}
