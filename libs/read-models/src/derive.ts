/** The rows that follow from one contract's state. Pure: the same events give the same rows, in whatever batches they come. */
import { maxDate, type Holidays, type PlainDate } from '@app/calendar';
import { compareDue, consequenceKey, KIND_ORDER, lifeOf, pending, periodAt, subjectOf, withVendorFacts, type Discontinuation, type Life, type Line, type RecordedContract } from '@app/contract';
import { sumYen } from '@app/money';
import { lastContracted } from './contract-view.js';
import { OPEN } from './schema.js';
import type { ChargesTable, ContractsTable, OutcomesTable, RenewalsTable, SegmentsTable, SettlementsTable } from './schema.js';

/** A discontinuation and the business day on which it was recorded. */
export interface VendorFact extends Discontinuation {
  readonly recordedOn: PlainDate;
}

type Own<T> = Omit<T, 'no' | 'known_from'>;

export interface ContractRows {
  readonly contract: Own<Omit<ContractsTable, 'contract_id' | 'revision' | 'position'>>;
  readonly renewals: readonly Own<RenewalsTable>[];
  readonly settlements: readonly Own<SettlementsTable>[];
  readonly charges: readonly Own<ChargesTable>[];
  readonly segments: readonly Own<SegmentsTable>[];
  readonly outcomes: readonly Own<OutcomesTable>[];
}

export interface Deriving {
  /** What is known of the item's vendor. */
  readonly facts: readonly VendorFact[];
  /** The latest business day on which something about the contract was recorded. */
  readonly processedOn: PlainDate;
  readonly holidays: Holidays | null;
}

/** What is known of a contract, whatever the day. */
export type KnownRows = Pick<ContractRows, 'renewals' | 'settlements' | 'charges' | 'segments'> & { readonly contract: Omit<ContractRows['contract'], 'due_on' | 'due_kind' | 'due_subject'> };

export const rowsOf = (recorded: RecordedContract, by: Deriving): ContractRows => {
  const life = lifeWith(recorded, by);
  const known = knownOf(recorded, life, by);
  const due = pending(life, (e) => recorded.written.has(consequenceKey(e))).reduce<ReturnType<typeof pending>[number] | null>((first, d) => (first === null || compareDue(d, first) < 0 ? d : first), null);
  return {
    ...known,
    contract: { ...known.contract, due_on: due && (due.on ?? by.processedOn), due_kind: due && KIND_ORDER.indexOf(due.event.type), due_subject: due && subjectOf(due.event) },
    outcomes: life ? by.facts.flatMap((fact) => outcomeOf(recorded, life, fact)) : [],
  };
};

/** As {@link rowsOf}, without what only counts now. */
export const knownRowsOf = (recorded: RecordedContract, by: Deriving): KnownRows => knownOf(recorded, lifeWith(recorded, by), by);

const lifeWith = (recorded: RecordedContract, by: Deriving): Life | null => lifeOf(by.facts.length === 0 ? recorded : withVendorFacts(recorded, by.facts), by);

function knownOf(recorded: RecordedContract, life: Life | null, by: Deriving): KnownRows {
  const { managementUnitId, contractorId, item, applicationNumber, acceptedOn, billingStartsOn, policies } = life?.contract ?? lastContracted(recorded)!;
  return {
    contract: {
      management_unit_id: managementUnitId,
      contractor_id: contractorId,
      item,
      application_number: applicationNumber,
      accepted_on: acceptedOn,
      billing_starts_on: billingStartsOn,
      end_on: life ? (life.end?.on ?? null) : acceptedOn,
      void: life ? 0 : 1,
      rounding: policies.rounding,
    },
    renewals: life ? renewalsOf(life, by.processedOn) : [],
    settlements: life ? settlementsOf(life) : [],
    charges: life ? chargesOf(life) : [],
    segments: life ? linesOf(life).flatMap(segmentsOf) : [],
  };
}

const linesOf = (life: Life): Line[] => [life.base, ...life.options];

function renewalsOf(life: Life, processedOn: PlainDate): Own<RenewalsTable>[] {
  return linesOf(life).flatMap((l, line) => {
    if (l.period.kind !== 'term' || l.voided) return [];
    const t = l.end && l.end.on < processedOn ? null : periodAt(l, maxDate(processedOn, l.billingStartsOn), life.policies)!;
    return [
      {
        line,
        subject: l.subject,
        option: 'row' in l ? (l as (typeof life.options)[number]).row.option : null,
        starts_on: l.billingStartsOn,
        chain_anchor: life.policies.chainAnchor,
        end_on: l.end?.on ?? null,
        end_reason: l.end?.reason ?? null,
        end_clause: l.end?.clause ?? null,
        term_ends_on: t && t.endsOn,
        deadline: t && t.noticeDeadline,
      },
    ];
  });
}

function settlementsOf(life: Life): Own<SettlementsTable>[] {
  return [...Map.groupBy(life.settlements, (s) => s.dueOn)].map(([due_on, lines]) => ({ due_on, total: sumYen(lines.map((s) => s.amount)), lines: JSON.stringify(lines) }));
}

function chargesOf(life: Life): Own<ChargesTable>[] {
  return life.oneOffs.map((c, n) => ({ n, id: c.id, kind: c.kind, subject: c.subject, clause: c.clause, due_on: c.dueOn, amount: c.amount, voided_by: c.voidedBy?.split(' ')[0] ?? null }));
}

function segmentsOf(l: Line, line: number): Own<SegmentsTable>[] {
  return l.segments.map((s, i) => ({ line, subject: l.subject, from_day: s.from, to_day: s.to ?? OPEN, amount: s.amount, first: i === 0 ? 1 : 0 }));
}

/** A contract that was over before the discontinuation was recorded, and is not ended earlier by it, has no part in it. */
function outcomeOf(recorded: RecordedContract, life: Life, fact: VendorFact): Own<OutcomesTable>[] {
  const { end } = life;
  if (fact.vendor !== life.item.vendor || (end && end.reason !== 'A9' && end.on < fact.recordedOn)) return [];
  const knows = recorded.discontinuations.some((d) => d.discontinuationId === fact.discontinuationId && d.endsOn === fact.endsOn);
  return [
    {
      discontinuation_id: fact.discontinuationId,
      outcome: fact.lifted ? 'lifted' : end && end.reason === 'A9' && end.on === fact.endsOn ? 'ends' : 'alreadyEnds',
      ends_on: end?.on ?? null,
      reason: end?.reason ?? null,
      told: knows === !fact.lifted ? 1 : 0,
    },
  ];
}
