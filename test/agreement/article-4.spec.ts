import { inTheWay, successors } from '@app/contract';
import { plainDate } from '@app/calendar';
import type { Holding, OpenUnit } from '@app/contract';
import type { ItemCode } from '@app/agreement';

const holding = (contractId: string, item: ItemCode, from: string, through: string | null): Holding => ({
  contractId,
  item,
  billingStartsOn: plainDate(from),
  through: through === null ? null : plainDate(through),
  void: false,
});
const unit = (...holdings: Holding[]): OpenUnit => ({
  status: 'open',
  managementUnitId: 'unit',
  contractorId: 'contractor',
  revision: 0,
  holdings,
  prepared: null,
  commands: new Map(),
});

describe('Article 4: the unit of contract', () => {
  const running = unit(holding('first', 'X', '2024-10-01', null), holding('other item', 'L', '2024-10-01', null));
  const ending = unit(holding('first', 'X', '2024-10-01', '2025-09-30'));
  const blocked = (u: OpenUnit, item: ItemCode, from: string) =>
    inTheWay(u, item, plainDate(from), 'new').map((h) => h.contractId);

  it('A4-1: one unit holds a contract for each of several items', () => {
    expect(blocked(running, 'O', '2025-10-01')).toEqual([]);
    expect(running.holdings.map((h) => h.item)).toEqual(['X', 'L']);
  });

  it.each<[string, OpenUnit, string, string[]]>([
    ['while the first has no end', running, '2030-01-01', ['first']],
    ['from the last day of the first', ending, '2025-09-30', ['first']],
    ['from the day after', ending, '2025-10-01', []],
    ['where the first is void', unit({ ...holding('first', 'X', '2024-10-01', null), void: true }), '2025-01-01', []],
  ])('A4-2: a second contract for X, %s', (_what, u, from, contracts) => {
    expect(blocked(u, 'X', from)).toEqual(contracts);
  });

  it('A4-2: a contract is not prolonged into its successor', () => {
    const u = unit(holding('first', 'X', '2024-10-01', '2025-09-30'), holding('second', 'X', '2025-10-01', null));
    const after = (through: string | null) =>
      successors(u, 'X', plainDate('2024-10-01'), through === null ? null : plainDate(through), 'first').map((h) => h.contractId);
    expect([after('2025-09-30'), after('2025-10-01'), after(null)]).toEqual([[], ['second'], ['second']]);
  });
});
