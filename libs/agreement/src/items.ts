import { TEXT_DAY, FIRST_DAY, carriedBack, rowAt } from './dated.js';
import { ITEM_CODES } from './ids.js';
import { plainDate } from '@app/calendar';
import type { PlainDate } from '@app/calendar';
import type { Dated } from './dated.js';
import type { ClauseId, ItemCode } from './ids.js';

export const VENDORS = ['ArcticWolf', 'Acronis', 'MOTEX', 'LayerX'] as const;
/** Who makes the software; when a vendor ends it, its items are abolished (A9). */
export type Vendor = (typeof VENDORS)[number];
export const isVendor = (text: string): text is Vendor => (VENDORS as readonly string[]).includes(text);

/** A3-1: a minimum use period of one month; A3-2: one-year terms that renew. */
export type ItemRegime = 'minimum-1-month' | 'term-1-year';

export interface ItemRow extends Dated {
  readonly code: ItemCode;
  readonly clause: ClauseId;
  readonly vendor: Vendor;
  readonly regime: ItemRegime;
}

/** A name of an item from a day on; the next row of the item ends it. */
export interface ItemName extends Dated {
  readonly code: ItemCode;
  readonly name: string;
  readonly clause: ClauseId;
}

const VENDOR_AND_REGIME: { readonly [C in ItemCode]: readonly [Vendor, ItemRegime] } = {
  C: ['ArcticWolf', 'minimum-1-month'],
  D: ['ArcticWolf', 'term-1-year'],
  G: ['Acronis', 'minimum-1-month'],
  L: ['MOTEX', 'minimum-1-month'],
  O: ['MOTEX', 'minimum-1-month'],
  X: ['MOTEX', 'term-1-year'],
  A: ['MOTEX', 'minimum-1-month'],
  B: ['LayerX', 'minimum-1-month'],
};

/** The items by their dated rows. */
export const ITEM_ROWS: readonly ItemRow[] = ITEM_CODES.flatMap((code) => {
  const [vendor, regime] = VENDOR_AND_REGIME[code];
  return carriedBack({ code, clause: `A1-${code}` as const, vendor, regime });
});

/** The eight items as they are today. */
export const ITEMS: readonly ItemRow[] = ITEM_ROWS.filter((r) => r.from === TEXT_DAY);

const named = (code: ItemCode, ...names: readonly (readonly [from: string, name: string, clause: ClauseId])[]): ItemName[] =>
  names.map(([from, name, clause]) => ({
    code,
    name,
    clause,
    from: plainDate(from),
    source: plainDate(from) < TEXT_DAY ? 'inferred' : 'text',
  }));

/** Names through time. A rename touches nothing but the name: contracts go on under the new one. */
export const ITEM_NAMES: readonly ItemName[] = [
  ...named(
    'C',
    [FIRST_DAY, 'アンチウイルス:Cylance', 'A1-C'],
    ['2021-10-01', 'アンチウイルス:BlackBerry', 'S-R3-10-1-2'],
    ['2022-07-01', 'アンチウイルス:Cylance', 'S-R4-7-1-2'],
    ['2025-10-01', 'アンチウイルス:タイプ C', 'S-R7-10-1-2'],
  ),
  ...named(
    'D',
    [FIRST_DAY, 'アンチウイルス:Cylance/SBC 方式仮想デスクトップ', 'A1-D'],
    ['2021-10-01', 'アンチウイルス:BlackBerry/SBC 方式仮想デスクトップ', 'S-R3-10-1-3'],
    ['2022-07-01', 'アンチウイルス:Cylance/SBC 方式仮想デスクトップ', 'S-R4-7-1-3'],
    ['2025-10-01', 'アンチウイルス:タイプ D', 'S-R7-10-1-3'],
  ),
  ...named('G', [FIRST_DAY, 'IT 資産保護', 'A1-G'], ['2025-10-01', 'アンチウイルス:タイプ G', 'S-R7-10-1-8']),
  ...named('L', [FIRST_DAY, 'IT 資産管理', 'A1-L'], ['2025-10-01', 'IT 資産管理:タイプ L', 'S-R7-10-1-4']),
  ...named('O', [FIRST_DAY, 'IT 資産管理/CE', 'A1-O'], ['2025-10-01', 'IT 資産管理:タイプ O', 'S-R7-10-1-5']),
  ...named('X', [FIRST_DAY, 'IT 資産管理/S', 'A1-X'], ['2025-10-01', 'IT 資産管理:タイプ X', 'S-R7-10-1-6']),
  ...named('A', [FIRST_DAY, 'IT 資産管理モバイル', 'A1-A'], ['2025-10-01', 'IT 資産管理:タイプ A', 'S-R7-10-1-7']),
  ...named('B', [FIRST_DAY, 'ブラウジング保護:タイプ B', 'A1-B'], ['2025-10-01', 'ブラウジング保護:タイプ B', 'A1-B']),
];

/**
 * An item of the past without a successor (N25): closed to applications, never found by name. Its contracts, concluded
 * by `concludedUntil`, have a minimum use period of one month.
 */
export interface LegacyItem {
  readonly code: 'S-legacy';
  readonly name: string;
  readonly clause: ClauseId;
  readonly regime: ItemRegime;
  readonly concludedUntil: PlainDate;
  readonly selectable: false;
}
export const LEGACY_ITEMS: readonly LegacyItem[] = [
  {
    code: 'S-legacy',
    name: 'アンチウイルス:Symantec',
    clause: 'S-R4-5-1-2',
    regime: 'minimum-1-month',
    concludedUntil: plainDate('2022-04-30'),
    selectable: false,
  },
];

const byCode = <T extends { readonly code: ItemCode }>(rows: readonly T[]): { readonly [C in ItemCode]: readonly T[] } =>
  Object.fromEntries(ITEM_CODES.map((c) => [c, rows.filter((r) => r.code === c)])) as { [C in ItemCode]: T[] };
const ROWS_OF = byCode(ITEM_ROWS);
const NAMES_OF = byCode(ITEM_NAMES);

export const isItemCode = (text: string): text is ItemCode => Object.hasOwn(ROWS_OF, text);

/** The row of an item in force on a day. Throws NoRow before 2018-10-01. */
export const itemAt = (code: ItemCode, date: PlainDate): ItemRow => rowAt(ROWS_OF[code], date, `item ${code}`);

/** The item as it is today. */
export const item = (code: ItemCode): ItemRow => ROWS_OF[code].at(-1)!;

/** All names of an item, oldest first. */
export const lineageOf = (code: ItemCode): readonly ItemName[] => NAMES_OF[code];

/** The name an item bears on a day. Throws NoRow before 2018-10-01. */
export const itemNameAt = (code: ItemCode, date: PlainDate): string => rowAt(NAMES_OF[code], date, `names of item ${code}`).name;

/** A name as it is compared: NFKC, without white space. */
export const comparable = (name: string): string => name.normalize('NFKC').replace(/\s+/gu, '');

/** The items that bear a name on a day, for a contract concluded then; none: an empty list. */
export function itemsNamed(name: string, date: PlainDate): ItemCode[] {
  const wanted = comparable(name);
  return date < FIRST_DAY ? [] : ITEM_CODES.filter((c) => comparable(itemNameAt(c, date)) === wanted);
}

export const vendorOf = (code: ItemCode): Vendor => item(code).vendor;
export const itemsOf = (vendor: Vendor): ItemCode[] => ITEM_CODES.filter((c) => vendorOf(c) === vendor);
