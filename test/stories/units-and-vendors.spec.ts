import {
  correctDiscontinuation, discontinue, foldUnit, foldVendor, inTheWay, itemTaken, successors, UNKNOWN_VENDOR,
  type OpenUnit, type RecordedEvent, type UnitEvent, type UnitState, type VendorEvent, type VendorState,
} from '@app/contract';
import { plainDate } from '@app/calendar';
import { Rejected } from '@app/kernel';

const day = plainDate;
const REF = { ref: 'text', commitment: '0'.repeat(64) };
const recorded = (events: readonly { type: string; data: unknown }[], from = 0): RecordedEvent[] =>
  events.map((e, i) => ({ id: `e${from + i}`, type: e.type, revision: from + i, data: e.data, metadata: { commandId: `c${from + i}`, requestHash: '', command: '' } as RecordedEvent['metadata'] }));

describe('a management unit holds one contract per item (A4-1, A4-2)', () => {
  const unit = (...events: UnitEvent[]): OpenUnit => {
    const opened: UnitEvent = { type: 'ManagementUnitOpened', data: { managementUnitId: 'U', contractorId: 'C', contractorName: REF, name: REF } };
    const all = recorded([opened, ...events]);
    const state: UnitState = foldUnit({ status: 'none' }, all);
    expect(foldUnit(foldUnit({ status: 'none' }, all.slice(0, 1)), all.slice(1))).toEqual(state);
    if (state.status !== 'open') throw new Error('not open');
    return state;
  };
  const reserved = (contractId: string, billed: string, item: 'X' | 'L' = 'X'): UnitEvent => ({ type: 'ItemReserved', data: { contractId, item, billingStartsOn: day(billed), append: [] } });
  const freed = (contractId: string, through: string | null): UnitEvent => ({ type: 'ItemFreed', data: { contractId, item: 'X', through: through === null ? null : day(through) } });
  const way = (u: OpenUnit, billed: string, except = '') => inTheWay(u, 'X', day(billed), except).map((h) => h.contractId);

  test('A4-2 taken while the other has no end, or one on or after the new billing start', () => {
    expect(way(unit(), '2025-10-01')).toEqual([]);
    expect(way(unit(reserved('a', '2025-10-01')), '2030-01-01')).toEqual(['a']);
    expect(way(unit(reserved('a', '2025-10-01')), '2030-01-01', 'a')).toEqual([]);
    const ended = unit(reserved('a', '2025-10-01'), freed('a', '2026-03-31'));
    expect(way(ended, '2026-03-31')).toEqual(['a']);
    expect(way(ended, '2026-04-01')).toEqual([]);
    expect(way(unit(reserved('a', '2025-10-01', 'L')), '2025-10-01')).toEqual([]);
  });

  test('A4-2 a void contract holds nothing; one that goes on again holds anew', () => {
    expect(way(unit(reserved('a', '2025-10-01'), freed('a', null)), '2025-10-01')).toEqual([]);
    const again = unit(reserved('a', '2025-10-01'), freed('a', '2026-03-31'), { type: 'ItemHeld', data: { contractId: 'a', item: 'X', billingStartsOn: day('2025-10-01'), through: null } });
    expect(way(again, '2026-04-01')).toEqual(['a']);
  });

  test('A4-2 a successor stands in the way of what prolongs a contract (design 13)', () => {
    const u = unit(reserved('a', '2025-10-01'), freed('a', '2026-03-31'), reserved('b', '2026-04-01'));
    const after = (through: string | null) => successors(u, 'X', day('2025-10-01'), through === null ? null : day(through), 'a').map((h) => h.contractId);
    expect(after('2026-03-31')).toEqual([]);
    expect(after('2026-04-01')).toEqual(['b']);
    expect(after(null)).toEqual(['b']);
    expect(itemTaken(u.holdings[1]!, 'X').violations).toMatchObject([{ clause: 'A4-2', code: 'item-already-contracted', facts: { contractId: 'b' } }]);
  });

  test('what is prepared for a contract is kept until the next preparation or its release', () => {
    const append = [{ id: 'p', type: 'OptionAdded', data: {}, metadata: {} }];
    const reservedUnits: UnitEvent = { type: 'OptionUnitsReserved', data: { contractId: 'a', expectedRevision: 4, units: [{ option: 1, optionId: 'o', units: 2 }], append } };
    expect(unit(reserved('a', '2025-10-01'), reservedUnits).prepared).toEqual({ contractId: 'a', expected: 4, append, optionIds: ['o'] });
    expect(unit(reserved('a', '2025-10-01'), reservedUnits, { type: 'OptionUnitsReleased', data: { contractId: 'a', optionIds: ['o'] } }).prepared).toBeNull();
    expect(unit(reserved('a', '2025-10-01')).prepared).toMatchObject({ expected: 'no_stream' });
  });
});

describe('a vendor ends its software (A9)', () => {
  const told = (state: VendorState, events: readonly VendorEvent[]): VendorState => foldVendor(state, recorded(events, state.revision + 1));

  test('A9 the fact, its correction, and another in its place', () => {
    const first = discontinue({ endsOn: day('2026-03-31'), reason: 'text' }, { vendor: 'MOTEX', commandId: 'one' });
    const state = told(UNKNOWN_VENDOR, first.events);
    expect(state.discontinuations).toEqual([{ discontinuationId: first.discontinuationId, vendor: 'MOTEX', endsOn: '2026-03-31', lifted: false }]);

    const asked = { vendor: 'MOTEX', commandId: 'two', reason: REF };
    const corrected = correctDiscontinuation(state, first.discontinuationId, { reason: 'text', replacement: { endsOn: day('2026-06-30') } }, asked);
    if (corrected instanceof Rejected || !('events' in corrected)) throw new Error('refused');
    const after = told(state, corrected.events);
    expect(after.discontinuations.map((d) => [d.endsOn, d.lifted])).toEqual([['2026-03-31', true], ['2026-06-30', false]]);
    expect(corrected.discontinuationId).toBe(after.discontinuations[1]!.discontinuationId);
    expect(correctDiscontinuation(after, first.discontinuationId, { reason: 'text' }, asked)).toMatchObject({ code: 'already-corrected' });
    expect(correctDiscontinuation(after, 'nothing', { reason: 'text' }, asked)).toMatchObject({ notFound: true });
    for (const e of [...first.events, ...corrected.events]) expect(e.receipts.map((r) => r.clause)).toEqual(['A9']);
  });

  test('the same command has the same ids', () => {
    const once = discontinue({ endsOn: day('2026-03-31'), reason: 'text' }, { vendor: 'MOTEX', commandId: 'one' });
    expect(discontinue({ endsOn: day('2026-03-31'), reason: 'text' }, { vendor: 'MOTEX', commandId: 'one' })).toEqual(once);
    expect(discontinue({ endsOn: day('2026-03-31'), reason: 'text' }, { vendor: 'MOTEX', commandId: 'two' }).discontinuationId).not.toBe(once.discontinuationId);
  });
});
