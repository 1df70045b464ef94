import type { ClauseId, StatedClauseId } from './ids.js';

/** M: enforced by the machine; R: kept on record; I: for information. */
export type ClauseClass = 'M' | 'R' | 'I';

/** Our own short statement of a clause, never the words of the agreement. */
export interface Statement {
  readonly ja: string;
  readonly en: string;
}

export type Row = readonly [class_: ClauseClass, ja: string, en: string, encodedBy: string, excuse?: string];

const INFORMATION = 'Limits liability; there is nothing to enforce or to record.';

/** Clauses stated one by one. `encodedBy`: `<lib>:<exported name>`, separated by blanks; event types count as names. */
export const STATED: { readonly [Id in StatedClauseId]: Row } = {
  // Art. 1: items
  'A1-C': [
    'M',
    '品目 C:アンチウイルス(ArcticWolf の AuroraProtect)。',
    'Item C: antivirus by AuroraProtect of ArcticWolf.',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-D': [
    'M',
    '品目 D:C の全機能に SBC 方式の仮想デスクトップへの対応を加えたもの(ArcticWolf)。',
    'Item D: everything of C, and support of SBC virtual desktops (ArcticWolf).',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-G': [
    'M',
    '品目 G:アンチウイルスとバックアップ・復元(Acronis Cyber Protect Cloud)。',
    'Item G: antivirus with backup and restore by Acronis Cyber Protect Cloud.',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-L': [
    'M',
    '品目 L:IT 資産管理(MOTEX の LANSCOPE エンドポイントマネージャー、オンプレミス)。',
    'Item L: IT asset management by MOTEX LANSCOPE Endpoint Manager, on premises.',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-O': [
    'M',
    '品目 O:L にオプション 1・4・13・14・20・21 に当たる機能を組み込んだもの。組み込まれた機能はオプションではない(N30)。',
    'Item O: L with the functions of options 1, 4, 13, 14, 20 and 21 built in; built-in functions are no options (N30).',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-X': [
    'M',
    '品目 X:使える OS の種類を広げた L に、SBC 方式の仮想デスクトップへの対応を加えたもの。',
    'Item X: L with fewer limits on the kind of OS, and support of SBC virtual desktops.',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-A': [
    'M',
    '品目 A:IT 資産管理(MOTEX の LANSCOPE エンドポイントマネージャー、クラウド)。',
    'Item A: IT asset management by the cloud version of MOTEX LANSCOPE Endpoint Manager.',
    'agreement:ITEMS contract:Contracted',
  ],
  'A1-B': [
    'M',
    '品目 B:ブラウザーの保護(LayerX の SecureLayer Browser Extension)。',
    'Item B: browser protection by the SecureLayer Browser Extension of LayerX.',
    'agreement:ITEMS contract:Contracted',
  ],
  // Art. 2
  A2: [
    'R',
    '使える OS は、提供者が種類とバージョンを指定したものに限る。',
    'Only operating systems of a kind and version that the provider designates can be used.',
    'contract:RecordFact',
  ],
  // Art. 3: minimum use period and term
  'A3-1a': [
    'M',
    'C・G・L・O・A・B の最低利用期間は課金開始日から数えて 1 か月。',
    'C, G, L, O, A and B have a minimum use period of one month, counted from the billing start day.',
    'agreement:periodOfItem calendar:periodEnd',
  ],
  'A3-1b': [
    'M',
    'X・D には最低利用期間がなく、A3-2 の契約期間による。',
    'X and D have no minimum use period; the term of A3-2 applies instead.',
    'agreement:periodOfItem',
  ],
  'A3-2a': [
    'M',
    'X・D には課金開始日から数えて 1 年の契約期間がある。',
    'X and D have a term of one year, counted from the billing start day.',
    'agreement:periodOfItem calendar:term',
  ],
  'A3-2b': [
    'M',
    '所定の用紙による通知が満了の 1 か月前までに届かなければ、X・D の契約はもう 1 年更新される。',
    'Unless a notice on the form arrives at least one month before expiry, a contract for X or D renews for one more year.',
    'calendar:noticeDeadline calendar:resolveTermNotice contract:Renewed',
  ],
  'A3-2c': [
    'M',
    '更新後の契約期間も同じように更新される。',
    'Every later term renews in the same way.',
    'calendar:termAt contract:Renewed',
  ],
  // Art. 4: units of contract
  'A4-1': [
    'M',
    '契約者が決める管理単位ごとに親の契約があり、品目ごとにその下の子の契約がある。',
    'Each management unit that the contractor names has a parent contract, and below it a child contract per item.',
    'contract:OpenManagementUnit contract:foldUnit',
  ],
  'A4-2': [
    'M',
    '親は管理単位ごとに一つ、子は品目ごとに一つ。同じ管理単位に同じ品目の契約が重なることはない。',
    'One parent per management unit, one child per item: contracts for one item never overlap in a unit.',
    'contract:inTheWay contract:successors',
  ],
  // Art. 5: eligibility
  'A5-1': [
    'R',
    '契約者は、提供者が示すソフトウェア権利者の条件に同意する。',
    "The contractor agrees to the software licensors' terms that the provider designates.",
    'contract:LicensorTermsAgreed',
  ],
  'A5-2': [
    'M',
    'オプション 1・4 は L か X の契約に限る。',
    'Options 1 and 4 need a contract for L or X.',
    'agreement:checkApplication',
  ],
  'A5-3': [
    'M',
    'オプション 2 は L か X の契約で、オプション 1 を使っている場合に限る。',
    'Option 2 needs a contract for L or X that uses option 1.',
    'agreement:checkApplication agreement:checkRemoval',
  ],
  'A5-4': [
    'M',
    'オプション 3 は L か X の契約で、オプション 2 と同時に申し込む場合に限る。',
    'Option 3 needs a contract for L or X, and option 2 in the same application.',
    'agreement:checkApplication',
  ],
  'A5-5': [
    'M',
    'オプション 6・10 は C か D の契約に限る。',
    'Options 6 and 10 need a contract for C or D.',
    'agreement:checkApplication',
  ],
  'A5-6': ['M', 'オプション 7 は C の契約に限る。', 'Option 7 needs a contract for C.', 'agreement:checkApplication'],
  'A5-7': ['M', 'オプション 8 は D の契約に限る。', 'Option 8 needs a contract for D.', 'agreement:checkApplication'],
  'A5-8': [
    'M',
    'オプション 9 は、C でオプション 7 を、または D でオプション 8 を使っている場合に限る。',
    'Option 9 needs C with option 7, or D with option 8.',
    'agreement:checkApplication',
  ],
  'A5-9': [
    'M',
    'オプション 13・14・20・21・24・26・31・33・35 は L の契約に限る。',
    'Options 13, 14, 20, 21, 24, 26, 31, 33 and 35 need a contract for L.',
    'agreement:checkApplication',
  ],
  'A5-10': [
    'M',
    'オプション 13・14・20・21・24・26 のアカウント数は L の契約のアカウント数に等しい。',
    'Options 13, 14, 20, 21, 24 and 26 have exactly the accounts of their contract for L.',
    'agreement:checkApplication agreement:parityFollows',
  ],
  'A5-11': [
    'M',
    'オプション 18 は、L でオプション 13 を使っている場合、または O か A の契約に限る。',
    'Option 18 needs L with option 13, or O, or A.',
    'agreement:checkApplication agreement:checkRemoval',
  ],
  'A5-12': [
    'M',
    'オプション 29 は L・O・A の契約に限る。',
    'Option 29 needs a contract for L, O or A.',
    'agreement:checkApplication',
  ],
  'A5-13': [
    'M',
    'オプション 33 は L の契約に限る。A5-9 と同じ(N28)。',
    'Option 33 needs a contract for L; the same as A5-9 (N28).',
    'agreement:checkApplication',
  ],
  'A5-14': [
    'M',
    'オプション 11・12 は L・O・X の契約に限る。',
    'Options 11 and 12 need a contract for L, O or X.',
    'agreement:checkApplication',
  ],
  'A5-15': [
    'M',
    'オプション 15・16・17・19・22・23・25・27・28・30・32・34・36 は X の契約に限る。',
    'Options 15, 16, 17, 19, 22, 23, 25, 27, 28, 30, 32, 34 and 36 need a contract for X.',
    'agreement:checkApplication',
  ],
  'A5-16': [
    'M',
    'オプション 15・16・17・22・23・25・27・28 のアカウント数は X の契約のアカウント数に等しい。',
    'Options 15, 16, 17, 22, 23, 25, 27 and 28 have exactly the accounts of their contract for X.',
    'agreement:checkApplication agreement:parityFollows',
  ],
  'A5-17': [
    'M',
    'オプション 39〜43 は A の契約に限る。',
    'Options 39 to 43 need a contract for A.',
    'agreement:checkApplication',
  ],
  'A5-18': [
    'M',
    'オプション 37・38 は A の契約に限る。',
    'Options 37 and 38 need a contract for A.',
    'agreement:checkApplication',
  ],
  'A5-19': [
    'M',
    'オプション 44 は G の契約で、契約アカウント数が 50 以上の場合に限る。',
    'Option 44 needs a contract for G with 50 accounts or more.',
    'agreement:checkApplication agreement:checkAccountCount',
  ],
  'A5-20': ['M', 'オプション 45 は G の契約に限る。', 'Option 45 needs a contract for G.', 'agreement:checkApplication'],
  // Art. 6: conditions of use
  'A6-1-1': [
    'R',
    '対象の機器は契約者が用意する。',
    'The contractor provides the devices to be protected or managed.',
    'contract:RecordFact',
  ],
  'A6-1-2': ['R', '対象の機器の設定は契約者が行う。', 'The contractor configures those devices.', 'contract:RecordFact'],
  'A6-1-3': [
    'R',
    '提供者が個別に求めるその他のことは契約者が行う。',
    'The contractor does whatever else the provider asks for individually.',
    'contract:RecordFact',
  ],
  'A6-2': [
    'I',
    'A6-1 が満たされないとき提供できないことがあり、提供者は責めを負わない。',
    'Where A6-1 is not met the service may be impossible, for which the provider is not liable.',
    '',
    INFORMATION,
  ],
  // Art. 7: changes
  'A7-1': [
    'M',
    '契約者が変更を求められるのは契約アカウント数だけ。品目の変更はない(N38)。',
    'The contractor may ask to change the number of accounts, and nothing else: there is no change of item (N38).',
    'contract:AccountCountChanged',
  ],
  'A7-2': [
    'M',
    '契約数を超える利用があれば、提供者は前もって知らせて契約アカウント数を変えられる。',
    'Where use exceeds the contracted accounts, the provider may change the number after notice in advance.',
    'contract:ExcessDetected contract:AccountCountChanged',
  ],
  // Art. 8: options
  'A8-1': [
    'R',
    'オプションは所定の申込書による申込みを受けて提供する。',
    "Options are provided on application by the provider's form.",
    'contract:OptionAdded contract:Application',
  ],
  'A8-3a': [
    'M',
    'オプション 1 は 1 単位につき 10 接続まで。',
    'One unit of option 1 allows ten connections.',
    'agreement:tunnelCapacity',
  ],
  'A8-3b': ['M', 'オプション 1 は 4 単位まで。', 'There are at most four units of option 1.', 'agreement:checkApplication'],
  'A8-4-1-i': [
    'R',
    '承諾なく VPN 機器を止める、動かす、分解する、解析する、他の目的に使うことはできない。',
    'Without consent a VPN device is not stopped, moved, taken apart, reverse engineered or put to other use.',
    'contract:RecordFact',
  ],
  'A8-4-1-ii': [
    'R',
    '承諾なく VPN 機器を貸す、譲る、その他処分することはできない。',
    'Without consent a VPN device is not lent, transferred or otherwise disposed of.',
    'contract:RecordFact',
  ],
  'A8-4-1-iii': ['R', 'VPN 機器は国内でだけ使う。', 'A VPN device is used in Japan only.', 'contract:RecordFact'],
  'A8-4-1-iv': [
    'R',
    'VPN 機器は管理者として通常求められる注意をもって扱う。',
    'A VPN device is kept with the care of a good manager.',
    'contract:RecordFact',
  ],
  'A8-4-2': [
    'M',
    'オプション 2 が終われば、理由を問わず、終了日から 30 日以内に機器を返す。',
    'When option 2 ends, whatever the reason, the devices go back within 30 days of the end day.',
    'calendar:returnDue contract:DevicesReturned',
  ],
  'A8-4-3': ['R', '故障はすみやかに知らせる。', 'A fault is reported without delay.', 'contract:DeviceFaultReported'],
  'A8-4-4a': [
    'R',
    '故障の連絡の後、求めに応じて代わりの機器を送る。',
    'After a report of a fault, a substitute is shipped on request.',
    'contract:ReplacementArrived',
  ],
  'A8-4-4b': [
    'M',
    '故障した機器は、代わりの機器が届いた日から 30 日以内に送り返す。',
    'The faulty device is sent back within 30 days of the arrival of the substitute.',
    'calendar:returnDue contract:ReplacementArrived',
  ],
  'A8-4-5': [
    'M',
    '契約者の責めによる故障には X1-3-1 の金額がかかる。',
    'A fault that is attributable to the contractor costs the amount of X1-3-1.',
    'contract:DeviceFaultReported',
  ],
  'A8-4-6': ['R', '機器をなくしたときはすみやかに知らせる。', 'A loss is reported without delay.', 'contract:DeviceLost'],
  'A8-4-7': [
    'M',
    'なくした機器(期限までに返さない機器を含む)には、理由を問わず X1-3-2 の金額がかかる。',
    'A lost device, also one not returned in time, costs the amount of X1-3-2, whatever the cause.',
    'contract:DeviceLost contract:DeviceDeemedLost',
  ],
  'A8-4-8-i': [
    'R',
    '見つかった機器は契約者が法令に従って処分し、提供者は義務を負わない。',
    'A device that is found again is disposed of by the contractor as the law says; the provider has no duty.',
    'contract:DeviceFound',
  ],
  'A8-4-8-ii': [
    'M',
    '見つかった機器が戻っても、払われた負担金は返さない。',
    'A loss charge is not refunded, even if the device comes back.',
    'contract:DeviceFound',
  ],
  'A8-4-8-iii': [
    'R',
    'なくした機器にも A8-4-1 は引き続き当てはまる。',
    'A8-4-1 goes on to bind for a lost device.',
    'contract:RecordFact',
  ],
  'A8-5': [
    'M',
    'オプション 33・34 はそれぞれ 4 単位まで。',
    'There are at most four units each of options 33 and 34.',
    'agreement:checkApplication',
  ],
  'A8-6a': [
    'M',
    'オプション 1・4・7・13・14・18・20・21・24・26・29・31・33・35・39〜44 の最低利用期間は 1 か月。',
    'Options 1, 4, 7, 13, 14, 18, 20, 21, 24, 26, 29, 31, 33, 35 and 39 to 44 have a minimum use period of one month.',
    'agreement:periodOfOption',
  ],
  'A8-6b': [
    'M',
    'オプション 2 の最低利用期間は 1 年。更新はない。',
    'Option 2 has a minimum use period of one year, which does not renew.',
    'agreement:periodOfOption',
  ],
  'A8-6c': [
    'M',
    'オプションの期間は、そのオプションの課金開始日から数える。',
    "An option's period is counted from that option's own billing start day.",
    'agreement:periodAt contract:OptionAdded',
  ],
  'A8-6d': [
    'M',
    'オプション 3・5・6・9〜12・37・38・45 には最低利用期間がない。',
    'Options 3, 5, 6, 9 to 12, 37, 38 and 45 have no minimum use period.',
    'agreement:periodOfOption',
  ],
  'A8-6e': [
    'M',
    'オプション 8 と X のための 13 のオプションには最低利用期間がなく、A8-7 の契約期間による。',
    'Option 8 and the 13 options of X have no minimum use period; the term of A8-7 applies instead.',
    'agreement:periodOfOption',
  ],
  'A8-7a': [
    'M',
    'それら 14 のオプションには、課金開始日から数えて 1 年の契約期間がある。',
    'Those 14 options have a term of one year, counted from their billing start day.',
    'agreement:periodOfOption calendar:term',
  ],
  'A8-7b': [
    'M',
    '所定の用紙による通知が満了の 1 か月前までに届かなければ、それらのオプションはもう 1 年更新される。',
    'Unless a notice on the form arrives at least one month before expiry, those options renew for one more year.',
    'calendar:noticeDeadline calendar:resolveTermNotice contract:Renewed',
  ],
  'A8-7c': [
    'M',
    '更新後の契約期間も同じように更新される。',
    'Every later term renews in the same way.',
    'calendar:termAt contract:Renewed',
  ],
  'A8-8': [
    'M',
    'オプションの停止は、通知が届いてから 30 日目と指定された日の遅いほうに効力をもつ。',
    'An option stops on the later of the 30th day after the notice arrived and the day it designates.',
    'calendar:effectiveDate contract:OptionEnded',
  ],
  // Art. 9
  A9: [
    'M',
    'ソフトウェアの提供元が提供をやめれば、それによる品目は廃止される。',
    'When a vendor ends its software, the items that rest on it are abolished.',
    'agreement:itemsOf contract:DiscontinuationApplied',
  ],
  // Art. 10: when a termination takes effect
  'A10-1': [
    'M',
    'C・G・L・O・A・B の解約は、通知が届いてから 30 日目と指定された日の遅いほうに効力をもつ。',
    'A contract for C, G, L, O, A or B ends on the later of the 30th day after the notice arrived and the day it designates.',
    'calendar:resolveMinNotice contract:Ended',
  ],
  'A10-2': [
    'M',
    'X・D の解約も同じ。満了日を指定することもできる。',
    'The same holds for X and D; the term end may be designated.',
    'calendar:resolveTermNotice contract:Ended',
  ],
  'A10-3': [
    'M',
    'オプション 33 が削除されると、その L の契約は同じ日に終わる。',
    'When option 33 is deleted, its contract for L ends the same day.',
    'agreement:OPTIONS contract:Ended',
  ],
  'A10-4': [
    'M',
    'オプション 34 が削除されると、その X の契約は同じ日に終わる。',
    'When option 34 is deleted, its contract for X ends the same day.',
    'agreement:OPTIONS contract:Ended',
  ],
  'A10-5': [
    'M',
    'オプション 44 が削除されると、その G の契約は同じ日に終わる。',
    'When option 44 is deleted, its contract for G ends the same day.',
    'agreement:OPTIONS contract:Ended',
  ],
  // Art. 11: fees
  A11a: ['R', '金額は別紙 1 による。', 'The amounts are those of Annex 1.', 'contract:Quoted'],
  A11b: [
    'M',
    '初期費用は、申込みが承諾された時に生じる。',
    'The initial fee falls due when the application is accepted.',
    'contract:Contracted contract:OptionAdded',
  ],
  A11c: [
    'M',
    '月額費用は課金開始日から生じる。',
    'The monthly fee falls due from the billing start day.',
    'agreement:monthlyParts',
  ],
  A11d: [
    'M',
    '一時費用は、もとになる変更が承諾された時、承諾が要らなければもとになる事実が起きた時に生じる。',
    'A one-time fee falls due when the change behind it is accepted or, where none is needed, when the fact happens.',
    'contract:DeviceFaultReported contract:DeviceLost',
  ],
  // Art. 12: early-termination settlement
  'A12-1': [
    'M',
    'C・G・L・O・A・B の契約が最低利用期間の末日より前に終われば、別紙 2 の金額がかかる(一般規程 28 条 2 項・3 項による場合を除く)。',
    'A contract for C, G, L, O, A or B that ends before the last day of its minimum use period costs the amount of Annex 2, except under general terms 28 (2), (3).',
    'agreement:settlementRule contract:SettlementAssessed',
  ],
  'A12-2': [
    'M',
    'X・D の契約が満了日より前に終われば、別紙 2 の金額がかかる(同じ例外がある)。',
    'A contract for X or D that ends before its term end costs the amount of Annex 2, with the same exception.',
    'agreement:settlementRule contract:SettlementAssessed',
  ],
  'A12-3': [
    'M',
    'オプションが最低利用期間の末日より前に終われば、別紙 2 の金額がかかる。',
    'An option that ends before the last day of its minimum use period costs the amount of Annex 2.',
    'agreement:settlementRule contract:SettlementAssessed',
  ],
  // Art. 13
  A13: [
    'I',
    '機能の完全さ、正しさ、目的に合うことは保証されない。',
    'Completeness, accuracy and fitness of the functions are not warranted.',
    '',
    INFORMATION,
  ],
  // Supplementary provisions on existing contracts; the renamings are stated from the names of the items
  'S-R3-10-1-2': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R3-10-1-3': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R4-5-1-2': [
    'M',
    '2022-04-30 までに成立した「アンチウイルス:Symantec」の契約の最低利用期間は 1 か月。',
    'Contracts for アンチウイルス:Symantec concluded by 2022-04-30 have a minimum use period of one month.',
    'agreement:LEGACY_ITEMS',
  ],
  'S-R4-7-1-2': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R4-7-1-3': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-2': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-3': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-4': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-5': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-6': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-7': ['M', '', '', 'agreement:ITEM_NAMES'],
  'S-R7-10-1-8': ['M', '', '', 'agreement:ITEM_NAMES'],
  // Annex 1: fees
  'X1-1-1': [
    'R',
    '基本サービスの初期費用は、品目とアカウント数に応じて個別に示す。',
    'The initial fee of the base service is quoted individually, by item and accounts.',
    'contract:Quoted',
  ],
  'X1-1-2a': [
    'R',
    'オプション 1〜6・9〜12・33・34・37・38・45 の初期費用は個別に示す。',
    'The initial fees of options 1 to 6, 9 to 12, 33, 34, 37, 38 and 45 are quoted individually.',
    'agreement:OPTIONS contract:Quoted',
  ],
  'X1-1-2b': [
    'M',
    '他の 30 のオプションの初期費用は 0 円。',
    'The other 30 options have an initial fee of 0 yen.',
    'agreement:OPTIONS',
  ],
  'X1-2-1a': [
    'R',
    '基本サービスの月額費用は、品目とアカウント数に応じて個別に示す。',
    'The monthly fee of the base service is quoted individually, by item and accounts.',
    'contract:Quoted',
  ],
  'X1-2-1b': [
    'R',
    '契約アカウント数を超える利用が検知されれば、超えた分の費用を請求する。',
    'Use beyond the contracted accounts that is detected is charged for the excess.',
    'contract:ExcessDetected',
  ],
  'X1-2-2a': [
    'M',
    '月額費用は 35 のオプションにだけあり、個別に示す。A8-6d の 10 のオプションにはない。',
    'Only 35 options have a monthly fee, quoted individually; the ten options of A8-6d have none.',
    'agreement:OPTIONS',
  ],
  'X1-2-2b': [
    'R',
    'アカウントで数える 29 のオプションで超過が検知されれば、超えた分のオプション費用を請求する。',
    'Excess use of the 29 options that count accounts is charged at the option fee for the excess.',
    'agreement:OPTIONS contract:ExcessDetected',
  ],
  'X1-3-1': [
    'R',
    'VPN 機器の故障の一時費用は個別に示す。',
    'The one-time fee for a faulty VPN device is quoted individually.',
    'contract:DeviceFaultReported contract:Quoted',
  ],
  'X1-3-2': [
    'R',
    'なくした VPN 機器の負担金は個別に示す。',
    'The charge for a lost VPN device is quoted individually.',
    'contract:DeviceLost contract:Quoted',
  ],
  // Annex 2: amount of the settlement
  'X2-1': [
    'M',
    '基本サービスの解除調定金は、残っている最低利用期間または契約期間の月額費用。',
    'The settlement of the base service is the monthly fee for what remains of the minimum use period or term.',
    'agreement:settle',
  ],
  'X2-2': [
    'M',
    'オプションの解除調定金は、残っている最低利用期間または契約期間のそのオプションの月額費用。',
    "The settlement of an option is its monthly fee for what remains of the option's minimum use period or term.",
    'agreement:settle',
  ],
};

/** Options in a few words: English name, what it does (ja, en). */
export const OPTION_CONTENT: readonly (readonly [name: string, ja: string, en: string])[] = [
  [
    'tunnel connection',
    'VPN または閉域網による契約者のネットワークとのトンネル通信',
    "tunnel between the service and the contractor's network, by VPN or closed network",
  ],
  ['tunnel devices', '冗長な 2 台の VPN 機器の貸与', 'loan of two redundant VPN devices'],
  ['on-site work', 'VPN 機器の設置と疎通の確認', 'installation and connectivity check of the VPN devices'],
  ['direct connection', '接続元 IP アドレスの制限', 'restriction of the source IP addresses'],
  ['malware specimen analysis', '指定された検体の調査と報告書', 'analysis of a specimen, with a report'],
  ['type C introduction and training', 'AuroraProtect の導入と操作の支援', 'introduction of and training on AuroraProtect'],
  ['EDR', 'C のための AuroraFocus による EDR', 'EDR by AuroraFocus for C'],
  ['type D EDR', 'D のための AuroraFocus による EDR', 'EDR by AuroraFocus for D'],
  ['EDR introduction and training', 'AuroraFocus の導入と操作の支援', 'introduction of and training on AuroraFocus'],
  ['HYBRID introduction', 'HYBRID の導入の支援', 'introduction of HYBRID'],
  ['IT asset management introduction', 'LANSCOPE の導入の支援', 'introduction of LANSCOPE'],
  ['IT asset management training', 'LANSCOPE の操作の研修', 'training on LANSCOPE'],
  ['Web access control', 'Windows での Web アクセスの管理', 'control of Web access on Windows'],
  ['Web access control for Mac', 'Mac での Web アクセスの管理', 'control of Web access on Mac'],
  ['Web access control type X', 'Windows での Web アクセスの管理', 'control of Web access on Windows'],
  ['Web access control type X for Mac', 'Mac での Web アクセスの管理', 'control of Web access on Mac'],
  [
    'Web access control type X for SBC virtual desktops',
    'SBC 方式の仮想デスクトップでの Web アクセスの管理',
    'control of Web access on SBC virtual desktops',
  ],
  ['client Web filtering', 'Web 閲覧の制御', 'filtering of Web pages'],
  ['client Web filtering type X', 'Web 閲覧の制御', 'filtering of Web pages'],
  ['device control', 'Windows での外部機器と無線通信の制御', 'control of peripherals and wireless on Windows'],
  ['device control for Mac', 'Mac での外部機器と無線通信の制御', 'control of peripherals and wireless on Mac'],
  ['device control type X', 'Windows での外部機器と無線通信の制御', 'control of peripherals and wireless on Windows'],
  ['device control type X for Mac', 'Mac での外部機器と無線通信の制御', 'control of peripherals and wireless on Mac'],
  ['mail management', 'Outlook の送信記録の管理', 'log of mail sent by Outlook'],
  ['mail management type X', 'Outlook の送信記録の管理', 'log of mail sent by Outlook'],
  ['application ID audit', 'Windows での監査記録と特権 ID の管理', 'audit log and control of privileged ids on Windows'],
  ['application ID audit type X', 'Windows での監査記録と特権 ID の管理', 'audit log and control of privileged ids on Windows'],
  [
    'application ID audit type X for SBC virtual desktops',
    'SBC 方式の仮想デスクトップでの監査記録と特権 ID の管理',
    'audit log and control of privileged ids on SBC virtual desktops',
  ],
  ['remote control', '端末とサーバーの遠隔操作', 'remote control of clients and servers'],
  ['remote control type X', '端末とサーバーの遠隔操作', 'remote control of clients and servers'],
  ['server monitoring', 'ファイルサーバーの利用の記録', 'log of the use of file servers'],
  ['server monitoring type X', 'ファイルサーバーの利用の記録', 'log of the use of file servers'],
  ['additional storage', '記録を保存する領域の追加', 'more storage for logs'],
  ['additional storage type X', '記録を保存する領域の追加', 'more storage for logs'],
  ['blocking of unmanaged PCs', '管理外の PC の検知と遮断', 'detection and blocking of unmanaged PCs'],
  ['blocking of unmanaged PCs type X', '管理外の PC の検知と遮断', 'detection and blocking of unmanaged PCs'],
  ['type A introduction', 'LANSCOPE クラウド版の導入の支援', 'introduction of LANSCOPE in the cloud'],
  [
    'type A introduction and training',
    'LANSCOPE クラウド版の導入と操作の支援',
    'introduction of and training on LANSCOPE in the cloud',
  ],
  ['24/365 lost-device support', '端末をなくした時の対策', 'measures for lost devices'],
  ['VPP', 'iOS 端末へのアプリの配信', 'distribution of applications to iOS devices'],
  ['external threat investigation', 'Windows 端末の動作の調査', 'investigation of the behaviour of Windows devices'],
  ['log operation', '操作記録の保存期間を 5 年に延長', 'retention of operation logs for five years'],
  ['device inspection', '端末の脆弱性の検査', 'inspection of devices for vulnerabilities'],
  ['additional recovery storage', '復旧用のデータを保存する領域の追加', 'more storage for recovery data'],
  [
    'type G introduction and training',
    'Acronis Cyber Protect Cloud の導入と操作の支援',
    'introduction of and training on Acronis Cyber Protect Cloud',
  ],
];

/** Renamings: the paragraph and the item whose contracts go on under the name in force from that day. */
export const isRenaming = (id: ClauseId): boolean => id in STATED && STATED[id as StatedClauseId][1] === '';
