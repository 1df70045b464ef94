import type { Register, RegisterText } from '@app/erasable';
import type { TextRef } from '@app/kernel';
import type { CommandEnvelope } from '../ports.js';

type Body = { readonly [key: string]: unknown };

const at = (body: Body, path: string): unknown => path.split('.').reduce<unknown>((x, k) => (typeof x === 'object' && x !== null ? (x as Body)[k] : undefined), body);

/** Free text and names by command: path in the body, kind in the register. Whatever is not here stays out of neither log nor register by accident: DTOs have no other text. */
const TEXTS: { readonly [command: string]: readonly (readonly [path: string, kind: string])[] } = {
  OpenManagementUnit: [
    ['contractor.name', 'contractorName'],
    ['name', 'unitName'],
  ],
  ContractItem: [['licensorTerms.document', 'document']],
  RecordFact: [['note', 'note']],
  IssueToken: [['label', 'label']],
  RegisterWebhook: [['description', 'description']],
  ChangeWebhook: [['description', 'description']],
};

const COMMON = [
  ['reason', 'reason'],
  ['document', 'document'],
] as const;

/** The texts of a command that go into the register, each in its slot; `subject` is whom they are erased with. */
export function textsOf(envelope: Pick<CommandEnvelope, 'name' | 'body' | 'replacement'>, subject: string | undefined): RegisterText[] {
  const out: RegisterText[] = [];
  const take = (name: string, body: Body): void => {
    for (const [path, kind] of [...COMMON, ...(TEXTS[name] ?? [])]) {
      const text = at(body, path);
      // A replacement's own texts stand under their slots; where the correction itself has one there, the correction's stands.
      if (typeof text === 'string' && !out.some((t) => t.slot === path)) out.push({ kind, slot: path, text, ...(subject === undefined ? {} : { subject }) });
    }
  };
  take(envelope.name, envelope.body as Body);
  if (envelope.replacement) take(envelope.replacement.name, envelope.replacement.body as Body);
  return out;
}

const isRef = (x: object): x is TextRef => 'ref' in x && 'commitment' in x;

/**
 * A value with every reference into the register followed by its text: `{ref, commitment, text}` inside events and
 * metadata (null: erased), the plain text where a view names something (`name`, `note`, `document`, `label`).
 */
export function joinTexts<T>(value: T, register: Register): T {
  const refs = new Set<string>();
  const gather = (x: unknown): void => {
    if (typeof x !== 'object' || x === null) return;
    if (isRef(x)) refs.add(x.ref);
    else for (const v of Object.values(x)) gather(v);
  };
  gather(value);
  if (refs.size === 0) return value;
  const texts = register.read(refs);
  const join = (x: unknown, plain: boolean): unknown => {
    if (typeof x !== 'object' || x === null) return x;
    if (isRef(x)) {
      const text = texts.get(x.ref) ?? null;
      return plain ? text : { ref: x.ref, commitment: x.commitment, text };
    }
    if (Array.isArray(x)) return x.map((v) => join(v, plain));
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, join(v, plain && k !== 'data' && k !== 'metadata')]));
  };
  return join(value, true) as T;
}
