import type { Language } from './language.js';

type Text = { readonly [L in Language]: (...args: readonly string[]) => string };

/** What each rule of the input says when it is broken, at the edge or by a decider. Named in messages as `rule|argument|…`. */
export const RULES = {
  required: { en: () => 'is required', ja: () => '必須です' },
  unknown: { en: () => 'is not a known field', ja: () => '存在しない項目です' },
  twice: { en: () => 'is given twice', ja: () => '重複しています' },
  tooDeep: { en: () => 'is nested too deeply', ja: () => '入れ子が深すぎます' },
  emptyBody: { en: () => 'a JSON object is required', ja: () => 'JSON オブジェクトが必要です' },
  notUtf8: { en: () => 'is not UTF-8', ja: () => 'UTF-8 ではありません' },
  notHttp: { en: () => 'the request cannot be read', ja: () => 'リクエストを読み取れません' },
  notJson: { en: () => 'is not JSON', ja: () => 'JSON として読めません' },
  object: { en: () => 'must be an object', ja: () => 'オブジェクトでなければなりません' },
  list: {
    en: (min, max) => `must be a list of ${min} to ${max}`,
    ja: (min, max) => `${min} 件以上 ${max} 件以下の配列でなければなりません`,
  },
  text: {
    en: (min, max) => `must be a text of ${min} to ${max} characters, without control characters`,
    ja: (min, max) => `${min} 文字以上 ${max} 文字以下の、制御文字を含まない文字列でなければなりません`,
  },
  publishedType: {
    en: () => 'is not the type of a published event, see GET /v1/feed/schemas',
    ja: () => '公開イベントの型ではありません(GET /v1/feed/schemas を参照)',
  },
  sequence: {
    en: () => 'must be a sequence of the feed: 16 decimal digits',
    ja: () => 'フィードの sequence(10 進 16 桁)でなければなりません',
  },
  some: {
    en: (...names) => `at least one of ${names.join(', ')} is required`,
    ja: (...names) => `${names.join('、')} のうち少なくとも一つが必要です`,
  },
  id: { en: () => 'must be an id (lower-case UUID)', ja: () => 'ID(小文字の UUID)でなければなりません' },
  subject: { en: () => 'must be "base" or an option\'s id', ja: () => '"base" またはオプションの ID でなければなりません' },
  day: {
    en: (from, to) => `must be a calendar date YYYY-MM-DD from ${from} to ${to}`,
    ja: (from, to) => `${from} から ${to} までの実在する日付(YYYY-MM-DD)でなければなりません`,
  },
  month: {
    en: (from, to) => `must be a month YYYY-MM from ${from} to ${to}`,
    ja: (from, to) => `${from} から ${to} までの月(YYYY-MM)でなければなりません`,
  },
  instant: {
    en: () => 'must be an RFC 3339 instant in UTC, such as 2026-01-05T00:00:00Z',
    ja: () => 'UTC の RFC 3339 時刻(例 2026-01-05T00:00:00Z)でなければなりません',
  },
  whole: {
    en: (min, max) => `must be a whole number from ${min} to ${max}`,
    ja: (min, max) => `${min} 以上 ${max} 以下の整数でなければなりません`,
  },
  yen: {
    en: (max) => `must be a whole number of yen from 0 to ${max}`,
    ja: (max) => `0 以上 ${max} 以下の整数(円)でなければなりません`,
  },
  flag: { en: () => 'must be true or false', ja: () => 'true または false でなければなりません' },
  oneOf: {
    en: (...values) => `must be one of ${values.join(', ')}`,
    ja: (...values) => `${values.join('、')} のいずれかでなければなりません`,
  },
  option: { en: () => 'must be an option number from 1 to 45', ja: () => '1 から 45 までのオプション番号でなければなりません' },
  item: { en: () => 'is not an item', ja: () => '存在しない品目です' },
  clause: { en: () => 'is not a clause of the agreement', ja: () => '存在しない条項です' },
  revision: { en: () => 'is not a version of the agreement: name the day it came into force, or the clause that says so', ja: () => '規程の版ではありません(施行日または施行を定める附則の条項で指定してください)' },
  recordClause: {
    en: () => 'is not a clause that asks to keep a record',
    ja: () => '記録を求める条項ではありません',
  },
  limit: { en: () => 'must be a whole number from 1 to 500', ja: () => '1 以上 500 以下の整数でなければなりません' },
  term: { en: () => 'must be the number of a term, from 1', ja: () => '契約期間の番号(1 以上)でなければなりません' },
  cursor: { en: () => 'must be a cursor from an earlier answer', ja: () => '以前の応答のカーソルでなければなりません' },
  treeSize: { en: (min, max) => `must be a size of the tree from ${min} to ${max}`, ja: (min, max) => `${min} から ${max} までの木の大きさでなければなりません` },
  feedCursor: {
    en: () => 'must be a cursor <sequence>.<event id>, such as nextCursor gives it',
    ja: () => 'nextCursor の示す <sequence>.<イベント ID> の形のカーソルでなければなりません',
  },
  eventTypes: { en: () => 'must name event types of the feed, parted by commas', ja: () => 'フィードのイベント種別をカンマ区切りで指定してください' },
  sizeOfFeed: { en: () => 'is more than the events there are', ja: () => '存在するイベント数を超えています' },
  consumerName: {
    en: () => 'must be 1 to 64 letters, digits, dots, dashes or underscores',
    ja: () => '1 文字以上 64 文字以下の英数字・ピリオド・ハイフン・下線でなければなりません',
  },
  position: { en: () => 'must be a position from an earlier answer', ja: () => '以前の応答の位置でなければなりません' },
  once: { en: () => 'must be given at most once', ja: () => '一度だけ指定できます' },
  order: { en: (other) => `must not lie before ${other}`, ja: (other) => `${other} より前にはできません` },
  together: { en: (...names) => `needs ${names.join(' and ')} as well`, ja: (...names) => `${names.join('、')} も必要です` },
  either: {
    en: (...names) => `exactly one of ${names.join(', ')} is required`,
    ja: (...names) => `${names.join('、')} のうち一つだけが必要です`,
  },
  notBoth: { en: (other) => `must not be given beside ${other}`, ja: (other) => `${other} と同時には指定できません` },
  question: { en: () => 'asks nothing', ja: () => '質問がありません' },
  command: {
    en: () => 'is not the path of a command that can be replaced',
    ja: () => '差し替えできるコマンドのパスではありません',
  },
  idempotencyKey: {
    en: () => 'must be 1 to 200 visible ASCII characters',
    ja: () => '1 文字以上 200 文字以下の表示可能な ASCII 文字でなければなりません',
  },
  trace: {
    en: () => 'must be 1 to 100 letters, digits and . _ : -',
    ja: () => '1 文字以上 100 文字以下の英数字と . _ : - でなければなりません',
  },
  ifMatch: {
    en: () => 'must be a revision in quotes, such as "3", on a command to a contract',
    ja: () => '契約に対するコマンドで、引用符で囲んだ版番号(例 "3")でなければなりません',
  },
  // What only a contract, the day or the agreement's tables show.
  afterToday: {
    en: (day, today) => `is ${day}, after today (${today}); enter it once it has happened`,
    ja: (day, today) => `${day} は今日(${today})より後です。実際に起きてから入力してください`,
  },
  beforeAcceptance: { en: (day) => `is before the acceptance (${day})`, ja: (day) => `承諾日(${day})より前にはできません` },
  beforeContract: { en: (day) => `is before the acceptance of the contract (${day})`, ja: (day) => `契約の承諾日(${day})より前にはできません` },
  beforeOption: { en: (day) => `is before the acceptance of the option (${day})`, ja: (day) => `オプションの承諾日(${day})より前にはできません` },
  beforeNotice: { en: (day) => `is before the notice arrived (${day})`, ja: (day) => `解約通知の到達日(${day})より前にはできません` },
  beforeFault: { en: (day) => `is before the fault (${day})`, ja: (day) => `故障の発生日(${day})より前にはできません` },
  billingBeforeAcceptance: {
    en: (day) => `is before acceptedOn (${day}); billing starts on or after the acceptance`,
    ja: (day) => `acceptedOn(${day})より前です。課金開始日は承諾日以後でなければなりません`,
  },
  notAnItem: {
    en: (day) => `is neither an item's code nor the name of one in force on ${day}; see /v1/agreement/items?on=${day}`,
    ja: (day) => `品目のコードでも、${day} に有効な品目名でもありません(/v1/agreement/items?on=${day} を参照)`,
  },
  noQuantity: { en: (kind) => `is ${kind}, but there is no quantity here; use fixed`, ja: (kind) => `${kind} ですが、ここには数量がありません。fixed を使ってください` },
  tooMuchAMonth: { en: (max) => `comes to more than ${max} yen a month`, ja: (max) => `月額が ${max} 円を超えます` },
  tooMuchInAll: {
    en: (max) => `with what is recorded, a month would come to more than ${max} yen`,
    ja: (max) => `記録済みの内容と合わせると、月額が ${max} 円を超えます`,
  },
  needsAccounts: {
    en: (option) => `is missing; option ${option} has an account count of its own`,
    ja: (option) => `必須です。オプション ${option} には固有の契約アカウント数があります`,
  },
  noAccounts: {
    en: (option) => `does not apply; option ${option} is not counted in accounts`,
    ja: (option) => `指定できません。オプション ${option} はアカウント数では数えません`,
  },
  noAccountsOfItsOwn: {
    en: (option) => `option ${option} has no account count of its own`,
    ja: (option) => `オプション ${option} に固有の契約アカウント数はありません`,
  },
  noUnits: {
    en: (option) => `does not apply; option ${option} is not counted in units`,
    ja: (option) => `指定できません。オプション ${option} は単位では数えません`,
  },
  needsMonthlyFee: { en: (option) => `is missing; option ${option} has a monthly fee`, ja: (option) => `必須です。オプション ${option} には月額費用があります` },
  whyProvider: { en: () => 'is missing; say why the provider changes the count', ja: () => '必須です。提供者が契約アカウント数を変更する理由を示してください' },
  notItsOption: { en: () => 'is not an option of this contract', ja: () => 'この契約のオプションではありません' },
  notOfKind: { en: (kind) => `does not apply to a price of kind ${kind}`, ja: (kind) => `種別 ${kind} の価格には指定できません` },
  notOfKindBut: {
    en: (kind, other) => `does not apply to a price of kind ${kind}; use ${other}`,
    ja: (kind, other) => `種別 ${kind} の価格には指定できません。${other} を使ってください`,
  },
  whichCharge: { en: () => 'is missing; name the charge that the price is for', ja: () => '必須です。どの費用の価格かを指定してください' },
  notItsCharge: { en: (kind) => `is not a charge of kind ${kind} of this line`, ja: (kind) => `この契約またはオプションの、種別 ${kind} の費用ではありません` },
  theContractItself: { en: () => 'must be "": this entry is the contract itself', ja: () => '"" でなければなりません。この記録は契約そのものです' },
  notTheContractItself: {
    en: () => 'must not be "": this entry is not the contract itself',
    ja: () => '"" にはできません。この記録は契約そのものではありません',
  },
  otherUnit: {
    en: () => 'must be the unit of this contract; strike the contract and enter it under the other unit instead',
    ja: () => 'この契約の管理単位でなければなりません。契約の記録を取り消し、もう一方の管理単位で入力し直してください',
  },
  // Fees and policies.
  above: { en: (below) => `must be a whole number above ${below}`, ja: (below) => `${below} より大きい整数でなければなりません` },
  lastTier: { en: () => 'the last tier is open: leave it out', ja: () => '最後の段階には上限がないため、指定できません' },
  tooManyYen: { en: () => 'comes to more yen than can be held exactly', ja: () => '金額が正確に扱える範囲を超えます' },
  policies: { en: () => 'must be an object of policy switches', ja: () => '方針のオブジェクトでなければなりません' },
  policy: { en: (...known) => `is not a policy; known: ${known.join(', ')}`, ja: (...known) => `存在しない方針です(指定できるもの:${known.join('、')})` },
  // Tokens.
  subjectId: { en: () => 'must be an id of 1 to 100 letters, digits and . _ : -', ja: () => '1 文字以上 100 文字以下の英数字と . _ : - からなる ID でなければなりません' },
  subjectReserved: { en: () => 'must not be ledger, nor begin with oidc:', ja: () => 'ledger や、oidc: で始まるものにはできません' },
  sha256: { en: () => 'must be a SHA-256 in hex', ja: () => '16 進の SHA-256 でなければなりません' },
  dayOrNull: { en: () => 'must be a date YYYY-MM-DD or null', ja: () => '日付(YYYY-MM-DD)または null でなければなりません' },
  // Webhooks.
  someTypes: { en: () => 'must name a type, or be null for all of them', ja: () => '型を一つ以上指定するか、すべてであれば null にしてください' },
  url: { en: (max) => `must be a URL of at most ${max} characters`, ja: (max) => `${max} 文字以下の URL でなければなりません` },
  https: { en: () => 'must begin with https://', ja: () => 'https:// で始まらなければなりません' },
  urlUser: { en: () => 'must not hold a user or a password; deliveries are signed', ja: () => 'ユーザー名やパスワードは含められません(送信には署名が付きます)' },
  urlFragment: { en: () => 'must not hold a fragment', ja: () => 'フラグメントは含められません' },
  urlPrivate: {
    en: () => 'leads to an address that is not public; list its host:port in LEDGER_WEBHOOK_ALLOW if it is meant',
    ja: () => '公開されていないアドレスです。意図したものであれば、host:port を LEDGER_WEBHOOK_ALLOW に加えてください',
  },
  beyondFeed: { en: (next) => `lies beyond the feed, which ends before ${next}`, ja: (next) => `フィードの範囲外です(フィードは ${next} の手前で終わります)` },
  beyondDelivered: {
    en: (next) => `lies beyond what was delivered: ${next} is next, and nothing is passed over`,
    ja: (next) => `送信済みの範囲を超えています。次は ${next} で、飛ばすことはできません`,
  },
  // What the log cannot hold.
  halfCharacter: { en: () => 'text holds an unpaired surrogate', ja: () => '対になっていないサロゲートを含む文字列です' },
  halfCharacterInKey: { en: () => 'a key holds an unpaired surrogate', ja: () => '対になっていないサロゲートを含む項目名があります' },
  integerKey: { en: () => 'a key that looks like an integer; use a list', ja: () => '整数に見える項目名は使えません。配列を使ってください' },
  notFinite: { en: () => 'number is not finite', ja: () => '数値が大きすぎて扱えません' },
} as const satisfies { readonly [rule: string]: Text };

export type RuleName = keyof typeof RULES;
/** A rule that is broken, with its arguments. Whatever sends a rule that has no text here does not compile. */
export type RuleMessage = RuleName | `${RuleName}|${string}`;

/** `rule|argument|…` in words. */
export function ruleMessage(message: RuleMessage, language: Language): string {
  const [name, ...args] = message.split('|') as [RuleName, ...string[]];
  const said: Text = RULES[name];
  return said[language](...args);
}
