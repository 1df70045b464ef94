/** What the user should know before or after a command that the agreement nevertheless allows. */
import { continuingPrerequisite, type CitableId } from '@app/agreement';
import type { Holidays, PlainDate } from '@app/calendar';
import type { Json } from '@app/kernel';
import { BASE, type ContractEvent } from './events.js';
import type { Life } from './life.js';

export interface Warning {
  readonly code: string;
  readonly clause: CitableId | null;
  readonly facts: { readonly [key: string]: Json };
}

/** Warnings of a command, from what it changes. */
export function warningsOf(before: Life | null, after: Life | null, facts: readonly ContractEvent[], asked: { readonly today: PlainDate; readonly holidays: Holidays | null }): Warning[] {
  if (!after) return [];
  const out: Warning[] = [];
  const warn = (code: string, clause: CitableId | null, f: { readonly [key: string]: Json }): void => void out.push({ code, clause, facts: f });

  for (const f of facts) {
    if (f.type === 'CancellationNotified') {
      const n = after.notices.find((x) => x.noticeId === f.data.noticeId);
      if (!n) continue;
      const base = n.subject === BASE;
      const line = base ? after.base : after.options.find((o) => o.subject === n.subject);
      const common = { noticeId: n.noticeId, subject: n.subject, arrivedOn: n.arrivedOn };
      if (n.effect.status === 'not-on-form') warn('not-on-form', 'N42', common);
      if (n.effect.status === 'superseded') warn('superseded', 'N41', { ...common, endsOn: line?.end?.on ?? null });
      if (n.effect.status === 'after-end') warn('after-end', 'N41', { ...common, endsOn: line?.end?.on ?? null });
      if (line?.period.kind === 'term' && n.onForm) {
        if (n.effect.lateDesignated) warn('late-designation', 'N8', { ...common, designatedOn: n.designatedOn, noticeDeadline: n.effect.noticeDeadline, endsOn: n.effect.endsOn });
        if (!n.effect.timely) warn('deadline-missed', base ? 'A3-2b' : 'A8-7b', { ...common, noticeDeadline: n.effect.noticeDeadline, endsOn: n.effect.endsOn });
        if (n.designatedOn === null) warn('undesignated', 'N9', { ...common, endsOn: n.effect.endsOn });
      }
      if (n.effect.status === 'effective' && line?.end && line.end.cause !== n.eventId && line.end.on !== n.effect.endsOn)
        warn('ends-otherwise', line.end.clause, { ...common, endsOn: line.end.on, reason: line.end.reason });
    }
    if (f.type === 'OptionAdded') {
      const o = after.options.find((x) => x.subject === f.data.optionId);
      if (!o) continue;
      const needs = continuingPrerequisite(o.row.option, after.item.code);
      const grounds = needs ? after.options.filter((p) => needs.anyOf.includes(p.row.option) && !p.voided) : [];
      if (needs && grounds.length > 0 && grounds.every((p) => p.end !== null && (o.end === null || p.end.on < o.end.on)))
        warn('prerequisite-ends', needs.clause, { optionId: o.subject, endsOn: grounds.map((p) => p.end!.on).sort().at(-1)! });
      if (o.end?.reason === 'contract') warn('ends-with-contract', 'N13', { optionId: o.subject, endsOn: o.end.on });
      if (o.row.minAccounts) {
        const low = after.base.counts!.find((s) => s.from > o.acceptedOn && s.value < o.row.minAccounts!.accounts);
        if (low) warn('too-few-accounts-later', 'A5-19', { optionId: o.subject, from: low.from, accountCount: low.value });
      }
    }
  }

  if (after.end && after.end.clause?.startsWith('A10-') && !['A10-1', 'A10-2'].includes(after.end.clause) && before?.end?.clause !== after.end.clause)
    warn('cascade', after.end.clause, { endsOn: after.end.on });
  if (before?.end?.clause?.startsWith('A10-') && !['A10-1', 'A10-2'].includes(before.end.clause) && before.end.clause !== after.end?.clause)
    warn('cascade-taken-back', before.end.clause, { endsOn: before.end.on });

  for (const s of after.settlements) {
    const was = before?.settlements.find((x) => x.subject === s.subject);
    if (s.amount > 0 && (was?.amount !== s.amount || was.dueOn !== s.dueOn)) warn('settlement', s.clause, { subject: s.subject, endsOn: s.dueOn, amount: s.amount });
  }
  for (const o of after.options) if (o.voided && !before?.options.find((x) => x.subject === o.subject)?.voided) warn('option-voided', o.voided.clause, { optionId: o.subject, endsOn: o.voided.on });
  for (const c of after.changes)
    if (c.voided && !before?.changes.find((x) => x.data.changeId === c.data.changeId)?.voided) warn('account-count-change-voided', c.voided.clause, { changeId: c.data.changeId, endsOn: c.voided.on });
  if (after.policies.art142 === 'returns') {
    const beyond = (clause: CitableId, f: { readonly [key: string]: Json }): void => warn('beyond-holiday-table', clause, { ...f, table: asked.holidays?.name ?? null });
    for (const { optionId, returnDueOn } of after.devices) {
      const endOf = (life: Life | null): PlainDate | undefined => life?.options.find((o) => o.subject === optionId)?.end?.on;
      const endsOn = endOf(after);
      if (endsOn && returnDueOn === null && endOf(before) !== endsOn) beyond('A8-4-2', { optionId, endsOn });
    }
    for (const f of facts) {
      if (f.type !== 'ReplacementArrived') continue;
      const fault = after.devices.find((d) => d.optionId === f.data.optionId)?.faults.find((x) => x.faultId === f.data.faultId);
      if (fault && fault.faultyReturnDueOn === null) beyond('A8-4-4b', { optionId: f.data.optionId, arrivedOn: f.data.arrivedOn });
    }
  }
  return out;
}
