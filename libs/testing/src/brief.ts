import { BASE, type ContractEvent, type Subject } from '@app/contract';
import type { Warning } from '@app/contract';
import { Malformed, NotFound, Rejected, type Violation } from '@app/kernel';
import type { Fee } from '@app/money';

/** The name a story gave to what an id stands for; ids without one stand for themselves. */
export type NameOf = (id: string) => string;

const fee = (f: Fee): string =>
  f.kind === 'fixed' ? `${f.amount}` : f.kind === 'perAccount' ? `${f.unit}/account` : `tiers(${f.tiers.map((t) => `${t.upTo ?? ''}@${t.unit}`).join(',')})`;

/**
 * An event in one line, with everything of it that is not an id: a story compares whole lines, in order, so nothing can
 * happen beside what it tells.
 */
export function brief(e: ContractEvent, nameOf: NameOf): string {
  const line = (s: Subject): string => (s === BASE ? BASE : nameOf(s));
  const words = (...parts: readonly (string | number | null | undefined)[]): string => [e.type, ...parts.filter((p) => p !== undefined && p !== null && p !== '')].join(' ');
  switch (e.type) {
    case 'Contracted':
      return words(e.data.item, `${e.data.accountCount} accounts`, `accepted ${e.data.acceptedOn}`, `billed ${e.data.billingStartsOn}`, fee(e.data.fees.monthly));
    case 'LicensorTermsAgreed':
      return words(e.data.agreedOn);
    case 'OptionAdded':
      return words(
        line(e.data.optionId), `option ${e.data.option}`, `accepted ${e.data.acceptedOn}`, `billed ${e.data.billingStartsOn}`,
        e.data.accountCount === undefined ? null : `${e.data.accountCount} accounts`,
        e.data.units === undefined ? null : `${e.data.units} units`,
        e.data.fees.monthly ? fee(e.data.fees.monthly) : null,
      );
    case 'AccountCountChanged':
      return words(
        `${e.data.accountCount} accounts`, `effective ${e.data.effectiveOn}`, `by ${e.data.requestedBy}`,
        e.data.noticedOn && `noticed ${e.data.noticedOn}`, e.data.monthlyFee && fee(e.data.monthlyFee),
        ...e.data.options.map((o) => `${line(o.optionId)}:${[o.accountCount, o.monthlyFee && fee(o.monthlyFee)].filter((x) => x !== undefined).join('/')}`),
      );
    case 'AccountCountChangeWithdrawn':
      return words(nameOf(e.data.changeId));
    case 'CancellationNotified':
      return words(line(e.data.subject), `arrived ${e.data.arrivedOn}`, `designated ${e.data.designatedOn ?? 'no day'}`, e.data.onForm ? null : 'not on the form');
    case 'NoticeWithdrawn':
      return words(nameOf(e.data.noticeId), `consented ${e.data.consentedOn}`);
    case 'Terminated':
      return words(e.data.endsOn, e.data.ground);
    case 'DiscontinuationApplied':
      return words(e.data.vendor, e.data.endsOn);
    case 'DiscontinuationLifted':
      return words();
    case 'Quoted':
      return words(line(e.data.subject), e.data.kind, e.data.fee && fee(e.data.fee), e.data.amount, e.data.effectiveOn && `effective ${e.data.effectiveOn}`);
    case 'ExcessDetected':
      return words(line(e.data.subject), e.data.detectedOn, `${e.data.accounts} accounts`, e.data.charge ?? 'to be quoted');
    case 'DeviceFaultReported':
      return words(line(e.data.optionId), e.data.occurredOn, e.data.attributableToContractor ? `attributable ${e.data.charge ?? 'to be quoted'}` : null);
    case 'ReplacementArrived':
      return words(line(e.data.optionId), e.data.arrivedOn);
    case 'DevicesReturned':
      return words(line(e.data.optionId), e.data.returnedOn, e.data.faultId !== undefined ? 'faulty' : e.data.lossId !== undefined ? 'found' : null);
    case 'DeviceLost':
      return words(line(e.data.optionId), e.data.lostOn, e.data.charge ?? 'to be quoted');
    case 'DeviceFound':
      return words(line(e.data.optionId), e.data.foundOn);
    case 'Corrected':
      return words(`strikes ${e.data.strikes.length}`, e.data.replaced ? 'replaced' : null);
    case 'Renewed':
      return words(line(e.data.subject), `#${e.data.term}`, `${e.data.startsOn}..${e.data.endsOn}`, `deadline ${e.data.noticeDeadline}`);
    case 'Ended':
      return words(e.data.on, e.data.reason, e.data.clause === e.data.reason ? null : e.data.clause);
    case 'OptionEnded':
      return words(line(e.data.optionId), e.data.on, e.data.reason, e.data.clause === e.data.reason ? null : e.data.clause);
    case 'SettlementAssessed':
      return words(line(e.data.subject), `${e.data.amount} yen`, `due ${e.data.dueOn}`, `${e.data.from}..${e.data.to}`, `at ${e.data.monthlyFee}`, e.data.clause, e.data.annex, e.data.basis === e.data.clause ? null : `(${e.data.basis})`, e.data.exemption && `exempt ${e.data.exemption}`);
    case 'OptionVoided':
      return words(line(e.data.optionId), e.data.endsOn, e.data.clause);
    case 'AccountCountChangeVoided':
      return words(nameOf(e.data.changeId), e.data.endsOn, e.data.clause);
    case 'ExcessChargeVoided':
      return words(nameOf(e.data.chargeId), `covered by ${e.data.coveredBy}`);
    case 'DeviceDeemedLost':
      return words(line(e.data.optionId), e.data.deemedLostOn, `due ${e.data.returnDueOn}`);
    case 'RenewalUndone':
    case 'EndUndone':
    case 'OptionEndUndone':
    case 'SettlementVoided':
    case 'OptionRevived':
    case 'AccountCountChangeRevived':
    case 'ExcessChargeRestored':
    case 'DeviceDeemedLossUndone':
      return words(line(e.data.subject));
  }
}

export const briefViolation = (v: Violation): string => `${v.clause} ${v.code}`;
export const briefWarning = (w: Warning): string => `${w.clause ?? '-'} ${w.code}`;

/** A refusal in lines: `clause code` of each violation; the code alone without a clause; paths of malformed input. */
export function briefRefusal(r: Rejected | Malformed | NotFound): string[] {
  if (r instanceof Malformed) return r.errors.map((e) => `400 ${e.path}`);
  if (r instanceof NotFound) return [`404 ${r.what}`];
  return r.violations.length > 0 ? r.violations.map(briefViolation) : [r.code];
}
