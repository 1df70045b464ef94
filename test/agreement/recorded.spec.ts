import { CLAUSES, clause } from '@app/agreement';
import type { ClauseId } from '@app/agreement';

describe('Clauses that ask for a record', () => {
  it.each<[ClauseId, string]>([
    ['A2', 'designations of operating systems'],
    ['A6-1-1', 'devices provided'],
    ['A6-1-2', 'devices configured'],
    ['A6-1-3', 'what else was asked for'],
    ['A8-4-1-i', 'consent to stop, move or change a device'],
    ['A8-4-1-ii', 'consent to dispose of a device'],
    ['A8-4-1-iii', 'where a device is used'],
    ['A8-4-1-iv', 'how a device is kept'],
    ['A8-4-8-iii', 'what still binds for a lost device'],
  ])('%s: %s, in the book of records', (id) => {
    expect(clause(id)).toMatchObject({ class: 'R', encodedBy: ['contract:RecordFact'] });
  });

  it.each<[ClauseId, string]>([
    ['A8-1', 'OptionAdded'],
    ['A8-4-3', 'DeviceFaultReported'],
    ['A8-4-4a', 'ReplacementArrived'],
    ['A8-4-6', 'DeviceLost'],
    ['A8-4-8-i', 'DeviceFound'],
    ['X1-2-1b', 'ExcessDetected'],
  ])('%s: as the event %s', (id, event) => {
    expect(clause(id).class).toBe('R');
    expect(clause(id).encodedBy).toContain(`contract:${event}`);
  });

  it('A6-2 A13: two clauses only inform, and say so', () => {
    expect(CLAUSES.filter((c) => c.class === 'I').map((c) => [c.id, c.excuse === undefined])).toEqual([
      ['A6-2', false],
      ['A13', false],
    ]);
  });
});
