/**
 * That no notice stood by a deadline, as the renewal's own metadata cites it: a statement for auditors, read off the
 * contract's stream. A notice recorded later does not change it; it stands beside it and says so.
 */
import { term as termOf, type Holidays, type PlainDate } from '@app/calendar';
import { BASE, contractEvents, FACT_TYPES, fold, lifeOf, NONE, withVendorFacts, type CancellationNotified, type Discontinuation, type RecordedEvent, type Renewed, type Subject, type Undone } from '@app/contract';
import type { Json } from '@app/kernel';
import type { LedgerEvent } from './ledger-event.js';

/**
 * `silence`: attested. `superseded`: attested, and a fact recorded later has taken it back. `ended`: the line ends by
 * the term's last day. `open`: the deadline has not passed. `awaited`: it has, and the renewal is recorded on the next
 * term's first day. `unrecorded`: that day has come, and nothing is recorded yet.
 */
export type SilenceStatus = 'silence' | 'superseded' | 'ended' | 'open' | 'awaited' | 'unrecorded';

/** What brings consequences about; these themselves are not grounds. */
const ENTERED: ReadonlySet<string> = new Set([...FACT_TYPES, 'Corrected', 'DiscontinuationApplied', 'DiscontinuationLifted']);

interface Place {
  readonly eventId: string;
  readonly type: string;
  readonly revision: number;
  readonly position: string;
  readonly recordedAt: string;
}

export interface Attestation extends Place {
  /** What the renewal was decided on: nothing slipped between this revision and the renewal. */
  readonly expectedRevision: number;
  readonly noticeDeadline: PlainDate;
  /** The day the ledger's clock stood on. */
  readonly clock: PlainDate;
  /** Every notice of the line known then, with why it did not count. */
  readonly notices: readonly { readonly [name: string]: Json }[];
  readonly clause: string;
  readonly agreement: { readonly revision: string; readonly tables: string };
  readonly build: string;
  /** What took it back: the undoing, and the facts recorded with it. */
  readonly undoneBy: (Place & { readonly facts: readonly (Place & { readonly data: Json })[] }) | null;
}

export interface SilenceView {
  readonly contractId: string;
  readonly subject: Subject;
  readonly term: number;
  readonly startsOn: PlainDate;
  readonly endsOn: PlainDate;
  readonly noticeDeadline: PlainDate;
  readonly status: SilenceStatus;
  /** In the order of recording; more than one where it was taken back and renewed again. */
  readonly attestations: readonly Attestation[];
  /** Notices of the line recorded after the last attestation, whatever they came to. */
  readonly noticesSince: readonly (Place & { readonly data: Json; readonly status: string | null })[];
  readonly end: { readonly on: PlainDate; readonly reason: string; readonly clause: string | null } | null;
  readonly statement: { readonly ja: string; readonly en: string };
}

export interface SilenceQuestion {
  readonly contractId: string;
  readonly subject: Subject;
  readonly term: number;
}

interface Around {
  readonly today: PlainDate;
  readonly holidays: Holidays | null;
  readonly discontinuations: readonly Discontinuation[];
}

/** From all events of the contract's stream; null where there is no such line or it has no terms. */
export function silenceOf(events: readonly LedgerEvent[], q: SilenceQuestion, around: Around): SilenceView | null {
  const recorded = events.map((e): RecordedEvent => ({ id: e.id, type: e.type, revision: e.revision, data: contractEvents.upcast(e.type, e.metadata.schemaVersion, e.data), metadata: e.metadata }));
  const state = fold(NONE, recorded);
  const life = state.status === 'recorded' ? lifeOf(withVendorFacts(state, around.discontinuations), around) : null;
  const line = q.subject === BASE ? life?.base : life?.options.find((o) => o.subject === q.subject);
  if (!life || line?.period.kind !== 'term' || line.voided) return null;
  const { startsOn, endsOn, noticeDeadline } = termOf(line.billingStartsOn, q.term, life.policies.chainAnchor);

  const attestations = events.flatMap((e, i): Attestation[] => {
    const { subject, term } = recorded[i]!.data as Renewed;
    return e.type === 'Renewed' && subject === q.subject && term === q.term + 1 ? [attestationOf(e, events)] : [];
  });
  const last = attestations.at(-1);
  const noticesSince = events.flatMap((e, i) => {
    const { subject, noticeId } = recorded[i]!.data as CancellationNotified;
    if (e.type !== 'CancellationNotified' || subject !== q.subject || !last || e.revision <= last.revision) return [];
    return [{ ...placeOf(e), data: e.data, status: life.notices.find((n) => n.noticeId === noticeId)?.effect.status ?? null }];
  });
  const ended = line.end !== null && line.end.on <= endsOn;
  const status: SilenceStatus =
    last ? (last.undoneBy ? 'superseded' : 'silence')
    : ended ? 'ended'
    : around.today <= noticeDeadline ? 'open'
    : around.today <= endsOn ? 'awaited'
    : 'unrecorded';
  const end = line.end && { on: line.end.on, reason: line.end.reason, clause: line.end.clause };
  const view = { ...q, startsOn, endsOn, noticeDeadline, status, attestations, noticesSince, end };
  return { ...view, statement: statementOf(view) };
}

const placeOf = ({ id, type, revision, position, metadata }: LedgerEvent): Place => ({ eventId: id, type, revision, position, recordedAt: metadata.recordedAt });

function attestationOf(renewed: LedgerEvent, events: readonly LedgerEvent[]): Attestation {
  const { metadata } = renewed;
  const receipt = metadata.receipts.find((r) => 'expectedRevision' in r.facts);
  if (!receipt) throw new Error(`the renewal ${renewed.id} has no evidence of what it was decided on`);
  const { expectedRevision, noticeDeadline, clock, notices } = receipt.facts as unknown as Pick<Attestation, 'expectedRevision' | 'noticeDeadline' | 'clock' | 'notices'>;
  const undoing = events.find((e) => e.type === 'RenewalUndone' && (e.data as unknown as Undone).undoes === renewed.id);
  return {
    ...placeOf(renewed),
    expectedRevision,
    noticeDeadline,
    clock,
    notices,
    clause: receipt.clause,
    agreement: metadata.agreement,
    build: metadata.build,
    undoneBy: undoing
      ? {
          ...placeOf(undoing),
          facts: events.filter((e) => e.metadata.commandId === undoing.metadata.commandId && ENTERED.has(e.type)).map((e) => ({ ...placeOf(e), data: e.data })),
        }
      : null,
  };
}

function statementOf(v: Omit<SilenceView, 'statement'>): SilenceView['statement'] {
  const span = { ja: `第 ${v.term} 期(${v.startsOn} から ${v.endsOn} まで)の通知期限 ${v.noticeDeadline}`, en: `the notice deadline ${v.noticeDeadline} of term ${v.term} (${v.startsOn} to ${v.endsOn})` };
  const last = v.attestations.at(-1);
  switch (v.status) {
    case 'silence':
    case 'superseded': {
      const { recordedAt, clock, expectedRevision, notices, undoneBy } = last!;
      // Before its first revision: the term had passed already when the contract was recorded.
      const on = expectedRevision < 0 ? { ja: '契約の承諾の記録と同時に、', en: 'together with the recording of the acceptance' } : { ja: `契約の版 ${expectedRevision} に基づき、`, en: `on revision ${expectedRevision} of the contract` };
      const ja = `${span.ja} までに、この期の満了で終了させる有効な解約通知はなかった。${on.ja}帳簿日 ${clock} に判定し、${recordedAt} に記録した(検討した通知 ${notices.length} 件、いずれも効力なし)。`;
      const en = `By ${span.en} no notice stood that ends the line with that term. Decided on ${clock} ${on.en}, recorded at ${recordedAt}; notices considered, none of which counted: ${notices.length}.`;
      if (!undoneBy) return { ja, en };
      const facts = undoneBy.facts.map((f) => `${f.type} ${f.eventId}`).join(', ') || undoneBy.type;
      return {
        ja: `${ja}ただし、${undoneBy.recordedAt} に後から記録された事実(${facts})により、この更新は取り消された。`,
        en: `${en} This was taken back by a fact recorded later, at ${undoneBy.recordedAt} (${facts}), which undid the renewal.`,
      };
    }
    case 'ended':
      return { ja: `この契約(オプション)は ${v.end!.on} に終了するため、${span.ja} による更新はない。`, en: `The line ends on ${v.end!.on}, so nothing renews after ${span.en}.` };
    case 'open':
      return { ja: `${span.ja} はまだ過ぎていない。`, en: `The day has not passed: ${span.en}.` };
    case 'awaited':
      return { ja: `${span.ja} は過ぎ、有効な通知は記録されていない。更新とその根拠は次期の初日に記録される。`, en: `No notice is recorded that stood by ${span.en}. The renewal and its evidence are recorded on the next term's first day.` };
    case 'unrecorded':
      return { ja: `${span.ja} による更新の時期は到来したが、まだ記録されていない。`, en: `The renewal after ${span.en} has fallen due and is not recorded yet.` };
  }
}
