import { DEFAULT_POLICIES, ITEM_CODES, checkApplication, clause, item, itemNameAt } from '@app/agreement';
import { plainDate } from '@app/calendar';
import type { ItemCode } from '@app/agreement';

const ON = plainDate('2025-10-01');

describe('Article 1: the items', () => {
  it.each<[string, ItemCode, string, string]>([
    ['A1-C', 'C', 'アンチウイルス:タイプ C', 'ArcticWolf'],
    ['A1-D', 'D', 'アンチウイルス:タイプ D', 'ArcticWolf'],
    ['A1-G', 'G', 'アンチウイルス:タイプ G', 'Acronis'],
    ['A1-L', 'L', 'IT 資産管理:タイプ L', 'MOTEX'],
    ['A1-O', 'O', 'IT 資産管理:タイプ O', 'MOTEX'],
    ['A1-X', 'X', 'IT 資産管理:タイプ X', 'MOTEX'],
    ['A1-A', 'A', 'IT 資産管理:タイプ A', 'MOTEX'],
    ['A1-B', 'B', 'ブラウジング保護:タイプ B', 'LayerX'],
  ])('%s: %s is %s of %s', (id, code, name, vendor) => {
    expect([item(code).clause, itemNameAt(code, ON), item(code).vendor]).toEqual([id, name, vendor]);
  });

  it('there are no others', () => {
    expect(ITEM_CODES).toHaveLength(8);
  });

  it('A1-O N30: what is built into O is no option of O', () => {
    for (const option of [1, 2, 3, 4, 13, 14, 20, 21])
      expect(
        checkApplication({ item: 'O', accountCount: 10, active: [], apply: [{ option }], policies: DEFAULT_POLICIES }),
      ).toHaveLength(1);
  });

  it('A9: each rests on a vendor, whose end of the software abolishes it', () => {
    expect(clause('A9').encodedBy).toContain('agreement:itemsOf');
  });
});
