import type { Language } from './language.js';

type Text = { readonly [L in Language]: (...args: readonly string[]) => string };

/** What each rule of the request bodies says when it is broken. Named in messages as `rule|argument|…`. */
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
} as const satisfies { readonly [rule: string]: Text };

export type RuleName = keyof typeof RULES;
