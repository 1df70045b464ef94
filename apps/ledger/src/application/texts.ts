import type { RegisterText } from '@app/erasable';
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
