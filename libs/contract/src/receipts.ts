/** Why an event follows: clauses in the order in which they were applied, with the facts and policies they were applied to. */
import { receipt, type CitableId, type ClauseId, type Policies } from '@app/agreement';
import { addDays, elapseDay, type PlainDate } from '@app/calendar';
import type { Json, Receipt } from '@app/kernel';
import { BASE, type ContractEvent, type Subject } from './events.js';
import { minimumEnd, periodAt, valueAt, type End, type Life, type Line, type Notice, type OptionLine } from './life.js';

interface Circumstances {
  readonly expectedRevision: number;
  readonly today: PlainDate;
}

const lineOf = (life: Life, subject: Subject): Line | undefined => (subject === BASE ? life.base : life.options.find((o) => o.subject === subject));

/** The period that binds a line from its billing start (A3-1, A3-2, A8-6, A8-7). */
function periodReceipts(line: Line, life: Life): Receipt[] {
  const base = line.subject === BASE;
  switch (line.period.kind) {
    case 'minimum':
      return [receipt(line.period.clause, { subject: line.subject, billingStartsOn: line.billingStartsOn, minimumEndsOn: minimumEnd(line) })];
    case 'term': {
      const t = periodAt(line, line.billingStartsOn, life.policies)!;
      return [
        receipt(base ? 'A3-2a' : 'A8-7a', { subject: line.subject, startsOn: t.startsOn, endsOn: t.endsOn }, { chainAnchor: life.policies.chainAnchor }),
        receipt(base ? 'A3-2b' : 'A8-7b', { subject: line.subject, endsOn: t.endsOn, noticeDeadline: t.noticeDeadline }),
      ];
    }
    case 'none':
      return [receipt(line.period.clause, { subject: line.subject })];
  }
}

function noticeReceipts(notice: Notice, life: Life): Receipt[] {
  const line = lineOf(life, notice.subject);
  if (!line) return [];
  const base = notice.subject === BASE;
  const { effect } = notice;
  const clause: CitableId = base ? (line.period.kind === 'term' ? 'A10-2' : 'A10-1') : 'A8-8';
  const out = [
    receipt(clause, { arrivedOn: notice.arrivedOn, thirtiethDay: elapseDay(notice.arrivedOn), designatedOn: notice.designatedOn, status: effect.status, rule: effect.rule, endsOn: effect.endsOn }),
  ];
  if (line.period.kind === 'term')
    out.push(
      receipt(
        base ? 'A3-2b' : 'A8-7b',
        { arrivedOn: notice.arrivedOn, noticeDeadline: effect.noticeDeadline, timely: effect.timely },
        effect.lateDesignated ? { lateDesignation: life.policies.lateDesignation } : undefined,
      ),
    );
  if (effect.rule === 'expiry') out.push(receipt('N7', { endsOn: effect.endsOn }));
  if (effect.lateDesignated) out.push(receipt('N8', { designatedOn: notice.designatedOn }, { lateDesignation: life.policies.lateDesignation }));
  if (!notice.onForm) out.push(receipt('N42', { onForm: false }));
  if (effect.status === 'superseded' || effect.status === 'after-end') out.push(receipt('N41', { status: effect.status }, { severalNotices: life.policies.severalNotices }));
  return out;
}

function endReceipts(end: { readonly on: PlainDate; readonly reason: string; readonly clause: string | null }, life: Life, fixed: End | null): Receipt[] {
  const facts: { [key: string]: Json } = { endsOn: end.on, reason: end.reason, cause: fixed?.cause ?? null };
  if (end.clause === null) return [receipt(end.reason === 'provider' ? 'A12-1' : 'A12-2', facts)].map((r) => ({ ...r, clause: life.base.period.kind === 'term' ? 'A12-2' : 'A12-1' }));
  const policy: Partial<Policies> | undefined =
    end.clause.startsWith('A10-') && !['A10-1', 'A10-2'].includes(end.clause) ? { storageCascade: life.policies.storageCascade }
    : end.reason === 'notice' ? { severalNotices: life.policies.severalNotices }
    : undefined;
  return [receipt(end.clause as CitableId, facts, policy)];
}

/** Receipts of one event, read off the life that the events lead to. */
export function receiptsOf(e: ContractEvent, life: Life | null, at: Circumstances): Receipt[] {
  // Without its own entry the contract is void, and with it all that followed.
  if (!life) return [receipt('A4-2', e.type === 'Corrected' ? { strikes: [...e.data.strikes] } : { void: true })];
  switch (e.type) {
    case 'Contracted':
      return [
        receipt('A4-2', { managementUnitId: e.data.managementUnitId, item: e.data.item }),
        receipt('A8-1', { applicationNumber: e.data.applicationNumber, onForm: true }),
        ...periodReceipts(life.base, life),
        receipt('A11b', { acceptedOn: e.data.acceptedOn, initial: e.data.fees.initial }),
        receipt('A11c', { billingStartsOn: e.data.billingStartsOn }),
      ];
    case 'LicensorTermsAgreed':
      return [receipt('A5-1', { agreedOn: e.data.agreedOn, acceptedOn: life.contract.acceptedOn })];
    case 'OptionAdded': {
      const line = life.options.find((o) => o.subject === e.data.optionId);
      return line ? optionReceipts(line, life) : [];
    }
    case 'AccountCountChanged': {
      const parity = life.options.filter((o) => o.row.parity !== null && !o.voided && (o.end === null || o.end.on >= e.data.effectiveOn));
      return [
        e.data.requestedBy === 'provider'
          ? receipt('A7-2', { accountCount: e.data.accountCount, effectiveOn: e.data.effectiveOn, noticedOn: e.data.noticedOn ?? null })
          : receipt('A7-1', { accountCount: e.data.accountCount, effectiveOn: e.data.effectiveOn }),
        ...(parity.length > 0 ? [receipt(parity[0]!.row.parity as ClauseId, { follow: parity.map((o) => o.subject), accountCount: e.data.accountCount })] : []),
        ...(life.options.some((o) => o.row.minAccounts !== null) ? [receipt('A5-19', { accountCount: e.data.accountCount }, { minAccounts: life.policies.minAccounts })] : []),
      ];
    }
    case 'AccountCountChangeWithdrawn':
      return [receipt('A7-1', { changeId: e.data.changeId, today: at.today })];
    case 'CancellationNotified': {
      const notice = life.notices.find((n) => n.noticeId === e.data.noticeId);
      return notice ? noticeReceipts(notice, life) : [];
    }
    case 'NoticeWithdrawn':
      return [receipt('N41', { noticeId: e.data.noticeId, consentedOn: e.data.consentedOn })];
    case 'Terminated':
      return [receipt(life.base.period.kind === 'term' ? 'A12-2' : 'A12-1', { endsOn: e.data.endsOn, ground: e.data.ground })];
    case 'DiscontinuationApplied':
      return [receipt('A9', { vendor: e.data.vendor, endsOn: e.data.endsOn, discontinuationId: e.data.discontinuationId })];
    case 'DiscontinuationLifted':
      return [receipt('A9', { discontinuationId: e.data.discontinuationId, lifted: true })];
    case 'Quoted': {
      const base = e.data.subject === BASE;
      const clause: CitableId =
        e.data.kind === 'monthly' ? (base ? 'X1-2-1a' : 'X1-2-2a')
        : e.data.kind === 'initial' ? (base ? 'X1-1-1' : 'X1-1-2a')
        : e.data.kind === 'excess' ? (base ? 'X1-2-1b' : 'X1-2-2b')
        : 'A11d';
      return [receipt('A11a', { subject: e.data.subject, kind: e.data.kind }), receipt(clause, { amount: e.data.amount ?? null, effectiveOn: e.data.effectiveOn ?? null, chargeId: e.data.chargeId ?? null })];
    }
    case 'ExcessDetected':
      return [receipt(e.data.subject === BASE ? 'X1-2-1b' : 'X1-2-2b', { detectedOn: e.data.detectedOn, accounts: e.data.accounts, charge: e.data.charge }), receipt('A7-2', { detectedOn: e.data.detectedOn })];
    case 'DeviceFaultReported':
      return [
        receipt('A8-4-3', { occurredOn: e.data.occurredOn }),
        ...(e.data.attributableToContractor ? [receipt('A8-4-5', { attributableToContractor: true }), receipt('X1-3-1', { dueOn: e.data.occurredOn, charge: e.data.charge }), receipt('A11d', { dueOn: e.data.occurredOn })] : []),
      ];
    case 'ReplacementArrived': {
      const fault = life.devices.find((d) => d.optionId === e.data.optionId)?.faults.find((f) => f.faultId === e.data.faultId);
      return [receipt('A8-4-4a', { arrivedOn: e.data.arrivedOn }), receipt('A8-4-4b', { arrivedOn: e.data.arrivedOn, faultyReturnDueOn: fault?.faultyReturnDueOn ?? null }, { art142: life.policies.art142 })];
    }
    case 'DevicesReturned': {
      if (e.data.lossId !== undefined) return [receipt('A8-4-8-ii', { returnedOn: e.data.returnedOn, lossId: e.data.lossId, refund: 0 })];
      const d = life.devices.find((x) => x.optionId === e.data.optionId);
      return [receipt(e.data.faultId === undefined ? 'A8-4-2' : 'A8-4-4b', { returnedOn: e.data.returnedOn, returnDueOn: e.data.faultId === undefined ? (d?.returnDueOn ?? null) : (d?.faults.find((f) => f.faultId === e.data.faultId)?.faultyReturnDueOn ?? null) })];
    }
    case 'DeviceLost':
      return [receipt('A8-4-6', { lostOn: e.data.lostOn }), receipt('A8-4-7', { lostOn: e.data.lostOn }), receipt('X1-3-2', { dueOn: e.data.lostOn, charge: e.data.charge })];
    case 'DeviceFound':
      return [receipt('A8-4-8-i', { foundOn: e.data.foundOn }), receipt('A8-4-8-ii', { refund: 0 })];
    case 'Corrected':
      return [receipt('A4-2', { eventId: e.data.eventId, strikes: [...e.data.strikes], replaced: e.data.replaced })];
    case 'Renewed': {
      const base = e.data.subject === BASE;
      const first = e.data.term === 2;
      const deadline = periodAt({ ...lineOf(life, e.data.subject)!, end: null }, addDays(e.data.startsOn, -1), life.policies)!.noticeDeadline;
      const considered = life.notices
        .filter((n) => n.subject === e.data.subject)
        .map((n) => ({ noticeId: n.noticeId, arrivedOn: n.arrivedOn, designatedOn: n.designatedOn, status: n.effect.status, rule: n.effect.rule, endsOn: n.effect.endsOn, because: whyNotCounted(n, deadline) }));
      return [
        receipt(
          base ? (first ? 'A3-2b' : 'A3-2c') : first ? 'A8-7b' : 'A8-7c',
          { term: e.data.term, startsOn: e.data.startsOn, endsOn: e.data.endsOn, noticeDeadline: deadline, expectedRevision: at.expectedRevision, clock: at.today, notices: considered },
          { chainAnchor: life.policies.chainAnchor },
        ),
      ];
    }
    case 'Ended':
      return endReceipts(e.data, life, life.end);
    case 'OptionEnded':
      return endReceipts(e.data, life, life.options.find((o) => o.subject === e.data.optionId)?.end ?? null);
    case 'SettlementAssessed': {
      const s = life.settlements.find((x) => x.subject === e.data.subject);
      const policy = (s?.policy ?? {}) as Partial<Policies>;
      return [
        receipt(e.data.clause as CitableId, { subject: e.data.subject, endsOn: e.data.dueOn, amount: e.data.amount }, policy),
        ...(e.data.exemption ? [receipt(e.data.exemption as CitableId, { subject: e.data.subject }, policy)] : [receipt(e.data.annex, { from: e.data.from, to: e.data.to, monthlyFee: e.data.monthlyFee }, policy)]),
        ...(e.data.basis === 'A12-3 gap' && !e.data.exemption ? [receipt('N1', { basis: e.data.basis }, { optionTerm: life.policies.optionTerm })] : []),
      ];
    }
    case 'OptionVoided':
    case 'AccountCountChangeVoided':
      return [receipt((e.data.clause ?? 'N13') as CitableId, { endsOn: e.data.endsOn })];
    case 'ExcessChargeVoided':
      return [receipt('N39', { chargeId: e.data.chargeId, coveredBy: e.data.coveredBy })];
    case 'DeviceDeemedLost':
      return [receipt('A8-4-2', { returnDueOn: e.data.returnDueOn }, { art142: life.policies.art142 }), receipt('A8-4-7', { deemedLostOn: e.data.deemedLostOn }), receipt('X1-3-2', { dueOn: e.data.deemedLostOn, charge: null })];
    case 'RenewalUndone':
      return [receipt(e.data.subject === BASE ? 'A3-2b' : 'A8-7b', { undoes: e.data.undoes, endsOn: lineOf(life, e.data.subject)?.end?.on ?? null })];
    case 'EndUndone':
      return [receipt((life.end?.clause ?? 'N41') as CitableId, { undoes: e.data.undoes, endsOn: life.end?.on ?? null })];
    case 'OptionEndUndone':
      return [receipt((lineOf(life, e.data.subject)?.end?.clause ?? 'N41') as CitableId, { undoes: e.data.undoes, endsOn: lineOf(life, e.data.subject)?.end?.on ?? null })];
    case 'SettlementVoided':
      return [receipt(e.data.subject === BASE ? 'X2-1' : 'X2-2', { undoes: e.data.undoes })];
    case 'OptionRevived':
    case 'AccountCountChangeRevived':
      return [receipt('N13', { undoes: e.data.undoes, endsOn: life.end?.on ?? null })];
    case 'ExcessChargeRestored':
      return [receipt('N39', { undoes: e.data.undoes })];
    case 'DeviceDeemedLossUndone':
      return [receipt('A8-4-2', { undoes: e.data.undoes })];
  }
}

/** Why a notice did not keep a term from renewing. */
function whyNotCounted(n: Notice, deadline: PlainDate): string {
  if (n.effect.status === 'withdrawn') return 'withdrawn with consent';
  if (n.effect.status === 'not-on-form') return 'not on the form';
  if (n.arrivedOn > deadline) return 'arrived after the deadline';
  if (n.effect.lateDesignated) return 'designates a day after the term end';
  return 'ends the line later';
}

/** The clauses that an accepted option rests on. */
function optionReceipts(o: OptionLine, life: Life): Receipt[] {
  const { row } = o;
  return [
    receipt('A8-1', { applicationNumber: o.option.applicationNumber, onForm: true }),
    ...(row.eligibility ? [receipt(row.eligibility, { option: row.option, item: life.item.code })] : []),
    receipt(row.clause, { option: row.option, prerequisites: row.prerequisites.filter((p) => p.item === null || p.item === life.item.code).map((p) => [...p.anyOf]) }),
    ...(row.parity ? [receipt(row.parity, { accountCount: valueAt(o.counts!, o.acceptedOn) })] : []),
    ...(row.maxClause ? [receipt(row.maxClause === 'A8-3' ? 'A8-3b' : row.maxClause, { units: o.option.units ?? 1, maximum: row.max }, { limitsScope: life.policies.limitsScope })] : []),
    receipt('A8-6c', { billingStartsOn: o.billingStartsOn }),
    ...periodReceipts(o, life),
    ...(row.initial === 'zero' ? [receipt('X1-1-2b', { initial: 0 })] : [receipt('A11b', { acceptedOn: o.acceptedOn, initial: o.option.fees.initial })]),
    ...(row.monthly ? [receipt('A11c', { billingStartsOn: o.billingStartsOn })] : [receipt('X1-2-2a', { monthly: false })]),
  ];
}
