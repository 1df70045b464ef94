import type { InterpretationId } from './ids.js';
import type { Statement } from './stated.js';

/** The decided readings, in our own words. */
export const READINGS: { readonly [Id in InterpretationId]: readonly [ja: string, en: string] } = {
  N1: [
    '契約期間のあるオプションも、途中で終われば精算する。A12-3 は最低利用期間だけを挙げるが、X2-2 は契約期間も量るため。',
    'Options with a one-year term are settled too when they end in mid-term: A12-3 names only minimum periods, but X2-2 measures terms as well.',
  ],
  N2: [
    'X2-2 が引く 12 条 2 項・8 条 5 項は、内容から 12 条 3 項・8 条 6 項と 7 項と読む。',
    'Where X2-2 cites 12 (2) and 8 (5), 12 (3) and 8 (6), (7) are meant by content.',
  ],
  N3: ['X2-1 は A12-1 だけを引くが、A12-2 の金額も定めると読む。', 'X2-1 cites only A12-1 but gives the amount of A12-2 too.'],
  N4: [
    '契約が一般規程 28 条 2 項・3 項または A9 で終わるとき、共に終わるオプションも精算しない。',
    'Options that end with a contract ended under general terms 28 (2), (3) or A9 are not settled either.',
  ],
  N5: [
    'A9 による廃止では精算しない。契約者の行為ではないため。',
    "Abolition under A9 is not settled: it is not the contractor's act.",
  ],
  N6: [
    '更新の期限に遅れても、30 日目が満了日までに来る通知なら満了日までに終わり、更新も精算もない。',
    'A notice that misses the renewal deadline but whose 30th day falls by the term end ends the contract by then: no renewal, no settlement.',
  ],
  N7: [
    '期限内の通知は、30 日目が満了日を過ぎても、満了日に終わる。',
    'A timely notice ends the contract on the term end even if the 30th day falls after it.',
  ],
  N8: [
    '期限内でも満了日より後を指定した通知では、更新されて指定の日に終わり、精算がある。警告する。',
    'A timely notice that designates a day after the term end lets the contract renew and end on that day, with a settlement; this is warned about.',
  ],
  N9: [
    '日を指定しない通知は 30 日目に効力をもつ。期限内で 30 日目が満了日を過ぎるなら満了する。',
    'A notice without a designated day takes effect on the 30th day; if timely and caught by N7 it expires.',
  ],
  N10: ['次の契約期間は前の満了日の翌日から数える。', 'The next term is counted from the day after the previous end.'],
  N11: [
    'ストレージの「削除」はオプションの終了をいい、最後の単位が終わる時に契約も終わる。',
    'Storage is deleted when the option ends; the contract ends with the last unit.',
  ],
  N12: [
    'ストレージが自分の満了日に終わっても、契約が期間の途中なら精算する。警告する。',
    'If storage ends on its own term end while the contract is in mid-term, the contract is settled; this is warned about.',
  ],
  N13: [
    'オプションは契約と同じ日に終わり、それぞれの期間が精算される。',
    'Options end on the day of their contract, and each period of theirs is settled.',
  ],
  N14: [
    '課金開始前に終われば精算はない。初期費用は残る。',
    'An end before the billing start is not settled; the initial fee stays due.',
  ],
  N15: [
    '精算は終了日に効力のある月額費用により、後の日付の変更や超過分は含めない。',
    'A settlement uses the monthly fee in force on the end day, without later changes and without excess charges.',
  ],
  N16: [
    '基本サービスの精算にオプションの月額費用は含めない。',
    "The base service's settlement does not include the options' monthly fees.",
  ],
  N17: ['50 アカウントはオプション 44 を使う間ずっと要る。', 'The 50 accounts are needed for as long as option 44 is in use.'],
  N18: [
    '1→2、13→18、15 か 17→19 の前提は使う間ずっと要り、外せない。3 と 9 は申込みの時だけ見る。',
    'The prerequisites 1→2, 13→18 and 15 or 17→19 hold for as long as the option is in use; 3 and 9 are judged at application only.',
  ],
  N19: [
    'アカウント数を変えると、同数のオプションは同じ日に従う。',
    'When the accounts change, parity options follow the same day.',
  ],
  N20: ['オプション 3 には同じ申込みの中のオプション 2 が要る。', 'Option 3 needs option 2 in the same application.'],
  N21: ['オプション 19 にはオプション 15 か 17 が要る。16 では足りない。', 'Option 19 needs option 15 or 17; 16 does not do.'],
  N22: ['二つの名で呼ばれるオプション 37 は一つのオプション。', 'Option 37, called by two names, is one option.'],
  N23: ['別紙 1 の別の綴りはオプション 17 をいう。', 'The other spelling in Annex 1 means option 17.'],
  N24: ['品目の改称に合わせ、オプションも機能により引き継ぐ。', 'Options follow their renamed item by function.'],
  N25: [
    'Symantec は後継のない閉じた品目。最低利用期間 1 か月、新たに選べない。',
    'Symantec is a closed item without successor: minimum one month, not selectable.',
  ],
  N26: ['A8-4-7 の引用の重なりは、同じ項の第 2 号をいう。', 'The doubled reference in A8-4-7 means No. 2 of the same paragraph.'],
  N27: [
    '故障した機器が返らなくても、期限切れとして記録するだけで負担金はない。',
    'A faulty device that is not sent back is only recorded as overdue; there is no loss charge.',
  ],
  N28: [
    'ストレージの資格は A5-9 と A5-13 に重ねて書かれ、一つの規則とする。',
    'The eligibility of storage stands twice, in A5-9 and A5-13: one rule.',
  ],
  N29: ['単位数の上限は子の契約ごとに数える。', 'The limits of units are counted per child contract.'],
  N30: [
    'O に組み込まれた機能はオプションではなく、O でオプション 1〜4 は使えない。',
    'Functions built into O are no options, and O cannot have options 1 to 4.',
  ],
  N31: ['オプション 9 の提供元は ArcticWolf と読む。', 'The vendor of option 9 is ArcticWolf.'],
  N32: [
    'オプション 18 は(L かつ 13)か O か A、19 は X かつ(15 か 17)と読む。',
    'Option 18: (L and 13) or O or A; option 19: X and (15 or 17).',
  ],
  N33: ['オプション 5 はどの品目の契約でも使える。', 'Any contract of any item may have option 5.'],
  N34: [
    'オプション 10 は C か D のための一回限りのもので、月額も期間もない。',
    'Option 10 is a one-off for C or D, without monthly fee or period.',
  ],
  N35: ['その他の誤字は意味に影響しない。', 'Other typing errors change no meaning.'],
  N36: [
    '停止の日として満了日を選べるのは契約期間のある 14 のオプションだけ。',
    'Only the 14 options with a term have a term end to designate.',
  ],
  N37: [
    '親の契約には料金も期間もなく、最後の子と共に終わる。',
    'A parent contract has no fee and no period; it ends with its last child.',
  ],
  N38: ['品目を変えるには、新しい契約と解約が要る。', 'To change the item takes a new contract and a termination.'],
  N39: [
    '変更後のアカウント数が覆う月には、超過分を請求しない。',
    'Excess is never billed for a month that the changed count already covers.',
  ],
  N40: [
    'オプションの初期費用はその申込みの承諾で、超過分は検知の月に生じる。',
    "An option's initial fee falls due on acceptance of its application, an excess fee in the month of detection.",
  ],
  N41: [
    '通知は提供者の同意がなければ撤回できず、複数あれば最も早い効力による。',
    "A notice is withdrawn only with the provider's consent; of several, the earliest effect counts.",
  ],
  N42: [
    '所定の用紙によらない通知は、記録されるが効力がない。',
    'A notice that is not on the form is recorded and has no effect.',
  ],
};

export const reading = (id: InterpretationId): Statement => ({ ja: READINGS[id][0], en: READINGS[id][1] });
