import { NoRow, TEXT_DAY, carriedBack, rowAt } from './dated.js';
import { ITEM_CODES, OPTION_NOS, optionClause } from './ids.js';
import { comparable } from './items.js';
import type { PlainDate } from '@app/calendar';
import type { Dated } from './dated.js';
import type { ClauseId, ItemCode, OptionClauseId, OptionNo } from './ids.js';

/**
 * What an option counts: `parity` the contract's accounts at all times, `own` accounts of its own, `units` option
 * contracts, `none` nothing.
 */
export type Basis = 'parity' | 'own' | 'units' | 'none';
export type OptionRegime = 'minimum-1-month' | 'minimum-1-year' | 'term-1-year' | 'none';

/** On `item` (null: on every item that has it), `option` needs one of `anyOf` in use. */
export interface Prerequisite {
  readonly option: OptionNo;
  readonly clause: ClauseId;
  readonly item: ItemCode | null;
  readonly anyOf: readonly OptionNo[];
  /** It must be part of the same application (A5-4). */
  readonly sameApplication: boolean;
  /** It must stay in use as long as the option is (N18). */
  readonly continuing: boolean;
}

export interface OptionRow extends Dated {
  readonly option: OptionNo;
  readonly clause: OptionClauseId;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly items: readonly ItemCode[];
  /** The clause that names the items; null for option 5, which any contract may have (N33). */
  readonly eligibility: ClauseId | null;
  readonly prerequisites: readonly Prerequisite[];
  /** Least accounts of the contract; option 44 alone has one. */
  readonly minAccounts: { readonly clause: ClauseId; readonly accounts: number } | null;
  readonly basis: Basis;
  /** The clause of parity; null for other bases. */
  readonly parity: ClauseId | null;
  /** Most units per contract; null: no limit. */
  readonly max: number | null;
  readonly maxClause: 'A8-3' | 'A8-5' | null;
  readonly regime: OptionRegime;
  readonly regimeClause: ClauseId;
  readonly initial: 'quoted' | 'zero';
  readonly monthly: boolean;
  readonly excessBilled: boolean;
  readonly oneTime: readonly ClauseId[];
  /** The clause by which the contract ends when this option is deleted. */
  readonly cascade: ClauseId | null;
}

// Art. 8 (2): names; the second spellings are those found elsewhere in the text (N22, N23).
const NAMES: readonly (readonly [name: string, ...aliases: string[]])[] = [
  ['トンネル接続オプション'],
  ['トンネル機器オプション'],
  ['現地作業オプション'],
  ['ダイレクト接続オプション'],
  ['マルウェア検体解析オプション'],
  ['アンチウイルス:タイプ C 導入・教育支援オプション'],
  ['EDR オプション'],
  ['アンチウイルス:タイプ D EDR オプション'],
  ['EDR 導入・教育支援オプション'],
  ['HYBRID 導入支援オプション'],
  ['IT 資産管理導入支援オプション'],
  ['IT 資産管理教育支援オプション'],
  ['Web アクセス管理オプション'],
  ['Web アクセス管理 for Mac オプション'],
  ['Web アクセス管理タイプ X オプション'],
  ['Web アクセス管理タイプ X for Mac オプション'],
  [
    'Web アクセス管理タイプ X for SBC 方式仮想デスクトップオプション',
    'Web アクセス管理 for SBC 方式仮想デスクトップタイプ X オプション',
  ],
  ['クライアント Web フィルタリングオプション'],
  ['クライアント Web フィルタリングタイプ X オプション'],
  ['デバイス制御オプション'],
  ['デバイス制御 for Mac オプション'],
  ['デバイス制御タイプ X オプション'],
  ['デバイス制御タイプ X for Mac オプション'],
  ['メール管理オプション'],
  ['メール管理タイプ X オプション'],
  ['アプリ ID 監査オプション'],
  ['アプリ ID 監査タイプ X オプション'],
  ['アプリ ID 監査タイプ X for SBC 方式仮想デスクトップオプション'],
  ['リモートコントロールオプション'],
  ['リモートコントロールタイプ X オプション'],
  ['サーバ監視オプション'],
  ['サーバ監視タイプ X オプション'],
  ['ストレージ追加オプション'],
  ['ストレージ追加タイプ X オプション'],
  ['不正 PC 遮断オプション'],
  ['不正 PC 遮断タイプ X オプション'],
  ['IT 資産管理:タイプ A 導入支援オプション', 'IT 資産管理:タイプ A 教育支援オプション'],
  ['IT 資産管理:タイプ A 導入・教育支援オプション'],
  ['24/365 紛失サポートオプション'],
  ['VPP オプション'],
  ['外部脅威調査オプション'],
  ['ログ運用オプション'],
  ['デバイス検査オプション'],
  ['復旧用ストレージ追加オプション'],
  ['アンチウイルス:タイプ G 導入・教育支援オプション'],
];

interface Sentence {
  readonly clause: ClauseId;
  readonly options: readonly OptionNo[];
}

// Art. 5: which items an option needs. A5-13 says again for option 33 what A5-9 says (N28).
const ELIGIBILITY: readonly (Sentence & { readonly items: readonly ItemCode[] })[] = [
  { clause: 'A5-2', options: [1, 4], items: ['L', 'X'] },
  { clause: 'A5-3', options: [2], items: ['L', 'X'] },
  { clause: 'A5-4', options: [3], items: ['L', 'X'] },
  { clause: 'A5-5', options: [6, 10], items: ['C', 'D'] },
  { clause: 'A5-6', options: [7], items: ['C'] },
  { clause: 'A5-7', options: [8], items: ['D'] },
  { clause: 'A5-8', options: [9], items: ['C', 'D'] },
  { clause: 'A5-9', options: [13, 14, 20, 21, 24, 26, 31, 33, 35], items: ['L'] },
  { clause: 'A5-11', options: [18], items: ['L', 'O', 'A'] },
  { clause: 'A5-12', options: [29], items: ['L', 'O', 'A'] },
  { clause: 'A5-14', options: [11, 12], items: ['L', 'O', 'X'] },
  { clause: 'A5-15', options: [15, 16, 17, 19, 22, 23, 25, 27, 28, 30, 32, 34, 36], items: ['X'] },
  { clause: 'A5-17', options: [39, 40, 41, 42, 43], items: ['A'] },
  { clause: 'A5-18', options: [37, 38], items: ['A'] },
  { clause: 'A5-19', options: [44], items: ['G'] },
  { clause: 'A5-20', options: [45], items: ['G'] },
];

const PREREQUISITES: readonly Prerequisite[] = [
  { clause: 'A5-3', option: 2, item: null, anyOf: [1], sameApplication: false, continuing: true },
  { clause: 'A5-4', option: 3, item: null, anyOf: [2], sameApplication: true, continuing: false },
  { clause: 'A5-8', option: 9, item: 'C', anyOf: [7], sameApplication: false, continuing: false },
  { clause: 'A5-8', option: 9, item: 'D', anyOf: [8], sameApplication: false, continuing: false },
  { clause: 'A5-11', option: 18, item: 'L', anyOf: [13], sameApplication: false, continuing: true },
  { clause: 'A8-2-19', option: 19, item: null, anyOf: [15, 17], sameApplication: false, continuing: true },
];

const MIN_ACCOUNTS: readonly (Sentence & { readonly accounts: number })[] = [{ clause: 'A5-19', options: [44], accounts: 50 }];

const PARITY: readonly Sentence[] = [
  { clause: 'A5-10', options: [20, 21, 13, 14, 26, 24] },
  { clause: 'A5-16', options: [22, 23, 15, 16, 17, 27, 28, 25] },
];
const UNITS: readonly (Sentence & { readonly max: number | null; readonly maxClause: 'A8-3' | 'A8-5' | null })[] = [
  { clause: 'A8-3b', options: [1], max: 4, maxClause: 'A8-3' },
  { clause: 'A8-2-2', options: [2], max: null, maxClause: null },
  { clause: 'A8-5', options: [33, 34], max: 4, maxClause: 'A8-5' },
  { clause: 'A8-2-44', options: [44], max: null, maxClause: null },
];

// Art. 8 (6) and (7): how long an option binds.
const REGIMES: readonly (Sentence & { readonly regime: OptionRegime })[] = [
  {
    clause: 'A8-6a',
    regime: 'minimum-1-month',
    options: [1, 4, 7, 13, 14, 18, 20, 21, 24, 26, 29, 31, 33, 35, 39, 40, 41, 42, 43, 44],
  },
  { clause: 'A8-6b', regime: 'minimum-1-year', options: [2] },
  { clause: 'A8-6d', regime: 'none', options: [3, 5, 6, 9, 10, 11, 12, 37, 38, 45] },
  { clause: 'A8-7a', regime: 'term-1-year', options: [15, 16, 17, 19, 22, 23, 25, 27, 28, 30, 32, 34, 36, 8] },
];

// Annex 1.
const INITIAL_QUOTED: Sentence = { clause: 'X1-1-2a', options: [1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 33, 34, 37, 38, 45] };
const MONTHLY: Sentence = {
  clause: 'X1-2-2a',
  options: [
    1, 2, 4, 7, 8, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 40, 41, 42,
    43, 44,
  ],
};
const EXCESS_BILLED: Sentence = {
  clause: 'X1-2-2b',
  options: [7, 8, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 35, 36, 39, 40, 41, 42, 43],
};
const ONE_TIME: readonly Sentence[] = [
  { clause: 'X1-3-1', options: [2] },
  { clause: 'X1-3-2', options: [2] },
];

// Art. 10 (3)-(5): deleting the storage ends the contract.
const CASCADES: readonly Sentence[] = [
  { clause: 'A10-3', options: [33] },
  { clause: 'A10-4', options: [34] },
  { clause: 'A10-5', options: [44] },
];

const naming = <S extends Sentence>(sentences: readonly S[], no: OptionNo): S | null => {
  const hits = sentences.filter((s) => s.options.includes(no));
  if (hits.length > 1) throw new Error(`option ${no} is named by ${hits.map((h) => h.clause).join(' and ')}`);
  return hits[0] ?? null;
};

function build(no: OptionNo): Omit<OptionRow, keyof Dated> {
  const [name, ...aliases] = NAMES[no - 1]!;
  const eligibility = naming(ELIGIBILITY, no);
  const regime = naming(REGIMES, no);
  if (regime === null) throw new Error(`no sentence says how long option ${no} binds`);
  const minimum = naming(MIN_ACCOUNTS, no);
  const parity = naming(PARITY, no);
  const units = naming(UNITS, no);
  const monthly = MONTHLY.options.includes(no);
  return {
    option: no,
    clause: optionClause(no),
    name: name,
    aliases,
    items: eligibility?.items ?? ITEM_CODES,
    eligibility: eligibility?.clause ?? null,
    prerequisites: PREREQUISITES.filter((p) => p.option === no),
    minAccounts: minimum && { clause: minimum.clause, accounts: minimum.accounts },
    basis: parity ? 'parity' : units ? 'units' : monthly && EXCESS_BILLED.options.includes(no) ? 'own' : 'none',
    parity: parity?.clause ?? null,
    max: units?.max ?? null,
    maxClause: units?.maxClause ?? null,
    regime: regime.regime,
    regimeClause: regime.clause,
    initial: INITIAL_QUOTED.options.includes(no) ? 'quoted' : 'zero',
    monthly,
    excessBilled: EXCESS_BILLED.options.includes(no),
    oneTime: ONE_TIME.filter((s) => s.options.includes(no)).map((s) => s.clause),
    cascade: naming(CASCADES, no)?.clause ?? null,
  };
}

/** The options by their dated rows. */
export const OPTION_ROWS: readonly OptionRow[] = OPTION_NOS.flatMap((no) => carriedBack(build(no)));

/** The 45 options as they are today, by number. */
export const OPTIONS: readonly OptionRow[] = OPTION_ROWS.filter((r) => r.from === TEXT_DAY);

const ROWS_OF = new Map(OPTION_NOS.map((no) => [no, OPTION_ROWS.filter((r) => r.option === no)]));
const BY_NAME = new Map(OPTIONS.flatMap((o) => [o.name, ...o.aliases].map((n) => [comparable(n), o.option] as const)));

export const isOptionNo = (n: unknown): n is OptionNo => ROWS_OF.has(n as OptionNo);

/** The option as it is today. Throws {@link NoRow} where there is no such option. */
export function option(no: number): OptionRow {
  const row = OPTIONS[no - 1];
  if (row === undefined) throw new NoRow(`there is no option ${no}`);
  return row;
}

/** The row of an option in force on a day. Throws NoRow before 2018-10-01. */
export const optionAt = (no: number, date: PlainDate): OptionRow => rowAt(ROWS_OF.get(option(no).option)!, date, `option ${no}`);

/** The option of a name or alias (compared after NFKC and without white space), or null. */
export const optionByName = (name: string): OptionNo | null => BY_NAME.get(comparable(name)) ?? null;

/** What an option needs on an item. */
export const prerequisitesOn = (no: number, code: ItemCode): readonly Prerequisite[] =>
  option(no).prerequisites.filter((p) => p.item === null || p.item === code);

/** The options that need `no` on an item for as long as they are in use. */
export const dependentsOf = (no: number, code: ItemCode): OptionNo[] =>
  OPTION_NOS.filter((n) => prerequisitesOn(n, code).some((p) => p.continuing && p.anyOf.some((needed) => needed === no)));

/** The one prerequisite that must stay in use as long as an option is on an item (N18), or null. */
export const continuingPrerequisite = (no: number, code: ItemCode): Prerequisite | null =>
  prerequisitesOn(no, code).find((p) => p.continuing) ?? null;

/** Connections that a number of units of option 1 allows (A8-3a). */
export const tunnelCapacity = (units: number): number => 10 * units;
