import { addDays } from '@app/calendar';
import { CLAUSE_IDS, PARAGRAPH_IDS, optionClause } from './ids.js';
import { READINGS, reading } from './interpretations.js';
import { ITEM_NAMES, lineageOf } from './items.js';
import { OPTIONS } from './options.js';
import { POLICY_NAMES, POLICY_SWITCHES } from './policies.js';
import { REVISIONS } from './revisions.js';
import { OPTION_CONTENT, STATED, isRenaming } from './stated.js';
import type { CitableId, ClauseId, InterpretationId, ParagraphId, StatedClauseId } from './ids.js';
import type { PolicyName } from './policies.js';
import type { ClauseClass, Statement } from './stated.js';

export type Lang = 'ja' | 'en';
export type { ClauseClass, Statement };

/** A clause of the inventory: our statement of it and what carries it out. */
export interface ClauseEntry extends Statement {
  readonly id: ClauseId;
  readonly class: ClauseClass;
  /** `A5`, `X1`, `S` …: the article, annex or the supplementary provisions. */
  readonly article: string;
  /** `<lib>:<exported name or event type>` of what encodes it. */
  readonly encodedBy: readonly string[];
  /** Why nothing encodes or tests it. */
  readonly excuse?: string;
}

export interface InterpretationEntry extends Statement {
  readonly id: InterpretationId;
  /** The switch that chooses another reading, if there is one. */
  readonly policy: PolicyName | null;
}

type Body = Pick<ClauseEntry, 'class' | 'ja' | 'en' | 'encodedBy' | 'excuse'>;

const FROM_TABLES = new Map<ClauseId, Body>([
  ...OPTIONS.map((o): [ClauseId, Body] => {
    const [name, ja, en] = OPTION_CONTENT[o.option - 1]!;
    const some = o.items.length < 8;
    return [
      optionClause(o.option),
      {
        class: 'M',
        ja: `オプション ${o.option}「${o.name}」:${ja}。${some ? o.items.join('・') : 'すべての品目'}で使える。`,
        en: `Option ${o.option} (${name}): ${en}; for ${some ? o.items.join(', ') : 'every item'}.`,
        encodedBy: ['agreement:OPTIONS', 'agreement:checkApplication', 'contract:OptionAdded'],
      },
    ];
  }),
  ...REVISIONS.map((r): [ClauseId, Body] => [
    r.clause,
    {
      class: 'R',
      ja: `${r.from} からこの版による。`,
      en: `This version applies from ${r.from}.`,
      encodedBy: ['agreement:REVISIONS', 'agreement:revisionAt'],
    },
  ]),
]);

function statedBody(id: StatedClauseId): Body {
  const [class_, ja, en, encodedBy, excuse] = STATED[id];
  const body = {
    class: class_,
    encodedBy: encodedBy === '' ? [] : encodedBy.split(' '),
    ...(excuse === undefined ? {} : { excuse }),
  };
  return isRenaming(id) ? { ...body, ...renaming(id) } : { ...body, ja, en };
}

function renaming(id: StatedClauseId): Statement {
  const now = ITEM_NAMES.find((n) => n.clause === id);
  const before = now && lineageOf(now.code).findLast((n) => n.from < now.from);
  if (!now || !before) throw new Error(`no name of an item rests on ${id}`);
  const until = addDays(now.from, -1);
  return {
    ja: `${until} までに成立した「${before.name}」の契約は、名だけを「${now.name}」に改めて続く。`,
    en: `Contracts for ${before.name} concluded by ${until} go on as ${now.name}; nothing but the name changes.`,
  };
}

/** `A5-10` → `A5`, `X1-2-2a` → `X1`, `S-…` → `S`, `A11b` → `A11`. */
const articleOf = (id: ClauseId): string => /^(?:[AX]\d+|S)/.exec(id)![0];

/** Every clause, in the order of the text. */
export const CLAUSES: readonly ClauseEntry[] = CLAUSE_IDS.map((id) => ({
  id,
  article: articleOf(id),
  ...(FROM_TABLES.get(id) ?? statedBody(id as StatedClauseId)),
}));

/** Every decided reading, N1 to N42. */
export const INTERPRETATIONS: readonly InterpretationEntry[] = (Object.keys(READINGS) as InterpretationId[]).map((id) => ({
  id,
  ...reading(id),
  policy: POLICY_NAMES.find((p) => (POLICY_SWITCHES[p].findings as readonly string[]).includes(id)) ?? null,
}));

const CLAUSE_BY_ID = new Map(CLAUSES.map((c) => [c.id, c]));
const CLAUSES_OF: { readonly [Id in ParagraphId]: readonly ClauseId[] } = Object.fromEntries(
  PARAGRAPH_IDS.map((p) => [p, CLAUSE_IDS.filter((id) => id.startsWith(p) && /^[a-e]$/.test(id.slice(p.length)))]),
) as { [Id in ParagraphId]: ClauseId[] };

export const isClauseId = (text: string): text is ClauseId => CLAUSE_BY_ID.has(text as ClauseId);
export const isInterpretationId = (text: string): text is InterpretationId => Object.hasOwn(READINGS, text);
export const isParagraphId = (text: string): text is ParagraphId => Object.hasOwn(CLAUSES_OF, text);
export const isCitable = (text: string): text is CitableId => isClauseId(text) || isInterpretationId(text) || isParagraphId(text);

/** The entry of a clause. */
export const clause = (id: ClauseId): ClauseEntry => CLAUSE_BY_ID.get(id)!;

/** The clauses into which the inventory splits a paragraph. */
export const clausesOf = (id: ParagraphId): readonly ClauseId[] => CLAUSES_OF[id];

/** Our statement of whatever can be cited. */
export function statement(id: CitableId): Statement {
  if (isInterpretationId(id)) return reading(id);
  if (isClauseId(id)) return clause(id);
  const parts = clausesOf(id).map(clause);
  return { ja: parts.map((c) => c.ja).join(''), en: parts.map((c) => c.en).join(' ') };
}
