import { isCitable, statement } from './clauses.js';
import type { Json } from '@app/kernel';
import type { Lang } from './clauses.js';
import type { Statement } from './stated.js';

type Facts = { readonly [key: string]: Json | undefined };
type Text = (facts: Facts) => Statement;

const say = (value: Json | undefined): string =>
  Array.isArray(value)
    ? value.map(say).join(', ')
    : typeof value === 'string'
      ? value
      : value === undefined
        ? '?'
        : JSON.stringify(value);

/** A sentence in both languages whose {names} stand for facts. */
const text =
  (ja: string, en: string): Text =>
  (facts) => {
    const fill = (s: string): string => s.replace(/\{(\w+)\}/g, (_, name: string) => say(facts[name]));
    return { ja: fill(ja), en: fill(en) };
  };

/** What a refusal says, by code, from its facts. */
export const VIOLATION_TEXT: { readonly [code: string]: Text } = {
  // Applications (A5, A8-2, A8-3, A8-5)
  'option-not-for-item': text(
    'オプション {option} は品目 {item} では使えない(対象:{items})。',
    'Option {option} is not for item {item}; it is for {items}.',
  ),
  'prerequisite-missing': text(
    'オプション {option} には、オプション {anyOf} のいずれかの利用が要る。',
    'Option {option} needs one of option {anyOf} in use.',
  ),
  'prerequisite-not-in-application': text(
    'オプション {option} は、オプション {anyOf} と同じ申込みで申し込む。',
    'Option {option} must be applied for together with option {anyOf}.',
  ),
  'too-few-accounts': text(
    'オプション {option} には契約アカウント数 {minimum} 以上が要る({accountCount})。',
    'Option {option} needs at least {minimum} contract accounts, not {accountCount}.',
  ),
  'too-many-units': text(
    'オプション {option} は {maximum} 単位まで(利用中 {unitsInUse}、申込み {unitsAppliedFor})。',
    'At most {maximum} units of option {option}: {unitsInUse} in use, {unitsAppliedFor} applied for.',
  ),
  'option-already-in-use': text(
    'オプション {option} はすでに利用中で、同時に一つしか契約できない。',
    'Option {option} is already in use; there is one contract of it at a time.',
  ),
  'accounts-differ-from-contract': text(
    'オプション {option} のアカウント数は契約と同じ {contractAccountCount} でなければならない({accountCount})。',
    'Option {option} has as many accounts as the contract: {contractAccountCount}, not {accountCount}.',
  ),
  'before-acceptance': text('承諾の日 {acceptedOn} より前({on})。', '{on} comes before the acceptance on {acceptedOn}.'),
  'billed-before-contract': text(
    '課金開始日 {billingStartsOn} が契約の課金開始日 {contractBillingStartsOn} より前。',
    'Billing would start on {billingStartsOn}, before that of the contract, {contractBillingStartsOn}.',
  ),
  'item-already-contracted': text(
    'この管理単位には品目 {item} の契約がすでにある。',
    'The management unit already has a contract for item {item}.',
  ),
  'licensor-terms-not-agreed': text(
    '権利者の条件への同意({agreedOn})が承諾({acceptedOn})より後。',
    "The licensors' terms were agreed on {agreedOn}, after the acceptance on {acceptedOn}.",
  ),
  'not-on-form': text('所定の用紙によらない。', "It is not on the provider's form."),
  'vendor-discontinued': text(
    '{vendor} のソフトウェアは {endsOn} に提供を終え、{billingStartsOn} からの契約はできない。',
    'The software of {vendor} ends on {endsOn}; nothing can be billed from {billingStartsOn}.',
  ),
  // Changes, stops and ends
  'dependent-in-use': text(
    'オプション {option} は、これを前提とするオプション {dependent} の利用中は停止できない。',
    'Option {option} cannot stop while option {dependent}, which needs it, is in use.',
  ),
  'prerequisite-ends': text(
    '前提となるオプションの終了により、オプション {option} の利用は続けられない。',
    'Option {option} cannot go on: what it needs ends.',
  ),
  'contract-ended': text(
    '{endsOn} に終わる({reason})ため、それより後のことはできない。',
    'It ends on {endsOn} ({reason}); nothing can take effect later.',
  ),
  'no-prior-notice': text(
    '提供者による変更は、効力の日 {effectiveOn} より前の通知が要る({noticedOn})。',
    'A change by the provider needs a notice before {effectiveOn}, not {noticedOn}.',
  ),
  'no-recorded-excess': text('提供者による変更には、記録された超過が要る。', 'A change by the provider needs a recorded excess.'),
  'consent-after-end': text(
    '同意の日 {consentedOn} が終了日 {endsOn} より後。',
    'The consent of {consentedOn} comes after the end on {endsOn}.',
  ),
  'contract-void': text('契約の記録が取り消されているため、受け付けられない。', 'The entry of the contract was struck: it counts as never concluded.'),
  'already-withdrawn': text('すでに撤回されている。', 'It was withdrawn already.'),
  'already-in-effect': text(
    '{effectiveOn} に効力が生じている(今日は {today})ため撤回できない。誤りであれば訂正する。',
    'It took effect on {effectiveOn}, and today is {today}: it can no longer be withdrawn. What was entered wrongly is corrected.',
  ),
  'already-corrected': text('すでに訂正されている。訂正後の記録を訂正する。', 'It was corrected already. Correct what was entered in its place.'),
  'only-entries-can-be-corrected': text(
    '記録 {eventId} は入力された事実ではなく、そこから導かれたものである。もとの事実を訂正する。',
    'Event {eventId} was not entered but follows from what was. Correct the fact that it follows from.',
  ),
  'option-struck': text('このオプションの申込みは取り消されている。', 'The application of this option was struck.'),
  // Fees
  'no-initial-fee': text(
    'オプション {option} の初期費用は 0 円({initial})。',
    'Option {option} has no initial fee, so not {initial} yen.',
  ),
  'no-monthly-fee': text('オプション {option} に月額費用はない。', 'Option {option} has no monthly fee.'),
  'not-excess-billed': text('オプション {option} の超過は請求しない。', 'Excess use of option {option} is not billed.'),
  // Devices
  'no-lent-devices': text('オプション {option} に貸与の機器はない。', 'Option {option} lends no devices.'),
  'already-returned': text('機器は {returnedOn} に返却済み。', 'The devices went back on {returnedOn}.'),
  'nothing-to-return': text('返す機器がない。', 'There is nothing to return.'),
  'no-fault-to-replace': text('代わりを待つ故障がない。', 'No fault waits for a substitute.'),
  'fault-not-attributable': text(
    '契約者の責めによらない故障に費用はかからない({charge})。',
    'A fault that is not attributable to the contractor costs nothing, so not {charge} yen.',
  ),
  'already-lost': text('この機器はすでに亡失とされている。', 'The devices already count as lost.'),
  'nothing-lost': text('亡失の記録がない。', 'No loss is recorded.'),
};

/** What a warning says: the command is allowed, but this should be known. */
export const WARNING_TEXT: { readonly [code: string]: Text } = {
  'not-on-form': text(
    '所定の用紙によらない通知は記録されるが、効力がない。',
    "The notice is not on the provider's form: it is recorded and has no effect.",
  ),
  superseded: text('先に効力をもつ通知があり、{endsOn} に終わる。', 'Another notice takes effect earlier: the end is {endsOn}.'),
  'after-end': text(
    'すでに {endsOn} に終わるため、この通知は終了日を変えない。',
    'The end is already {endsOn}; this notice does not move it.',
  ),
  'ends-otherwise': text('別の理由({reason})により {endsOn} に終わる。', 'It ends on {endsOn} for another reason ({reason}).'),
  'late-designation': text(
    '指定の日が満了日より後のため更新され、{endsOn} に終わる。満了日を指定すれば精算はない。',
    'The designated day lies after the term end: the term renews and the end is {endsOn}. Designating the term end costs nothing.',
  ),
  'deadline-missed': text(
    '通知は期限 {noticeDeadline} より後に届いた。',
    'The notice arrived after the deadline {noticeDeadline}.',
  ),
  undesignated: text('日の指定がなく、{endsOn} に終わる。', 'No day is designated: the end is {endsOn}.'),
  'prerequisite-ends': text('前提となるオプションは {endsOn} に終わる。', 'The option that it needs ends on {endsOn}.'),
  'ends-with-contract': text('契約と同じ {endsOn} に終わる。', 'It ends with its contract on {endsOn}.'),
  'too-few-accounts-later': text(
    '{from} からの契約アカウント数 {accountCount} は 50 に足りない。',
    'From {from} the contract has {accountCount} accounts, fewer than 50.',
  ),
  cascade: text('ストレージの削除により契約も {endsOn} に終わる。', 'Deleting the storage ends the contract too, on {endsOn}.'),
  'cascade-taken-back': text(
    'ストレージの追加により、{endsOn} の契約の終了は取りやめられた。',
    'With the new storage the contract no longer ends on {endsOn}.',
  ),
  settlement: text(
    '{endsOn} の終了により解除調定金 {amount} 円が生じる。',
    'The end on {endsOn} costs an early-termination settlement of {amount} yen.',
  ),
  'option-voided': text(
    '終了日 {endsOn} より後に承諾されたオプションは無効となる。',
    'An option accepted after the end on {endsOn} is void.',
  ),
  'account-count-change-voided': text(
    '終了日 {endsOn} より後の変更は無効となる。',
    'A change effective after the end on {endsOn} is void.',
  ),
  'beyond-holiday-table': text(
    '休日表 {table} の範囲を超えるため、返却の期限を示せない。',
    'The holiday table {table} does not reach the day of return, which cannot be told.',
  ),
};

interface Said {
  readonly code: string;
  readonly clause: string | null;
  readonly facts: Facts;
}

const detailFrom = (texts: { readonly [code: string]: Text }, { code, clause, facts }: Said, lang: Lang): string => {
  if (Object.hasOwn(texts, code)) return texts[code]!(facts)[lang];
  return clause !== null && isCitable(clause) ? statement(clause)[lang] : code;
};

/** One sentence about a refusal; where no sentence is kept for its code, our statement of the clause. */
export const detail = (violation: Said, lang: Lang): string => detailFrom(VIOLATION_TEXT, violation, lang);

/** One sentence about a warning; where no sentence is kept for its code, our statement of the clause. */
export const warningDetail = (warning: Said, lang: Lang): string => detailFrom(WARNING_TEXT, warning, lang);
