import { story } from '@app/testing';

/** A contract for L with lent devices from 1 October 2025, which ended on 30 October 2026. */
const devices = () => {
  const s = story();
  s.contract({ item: 'L', billed: '2025-10-01' });
  s.options([
    { no: 1, fee: 10_000 },
    { no: 2, as: 'devices', fee: 30_000 },
  ]);
  return s;
};
const ended = () => {
  const s = devices();
  s.at('2026-09-30').notice('devices', { designated: '2026-10-30' });
  return s;
};

describe('Article 8 (4): faults and losses of lent devices', () => {
  it.each<[boolean, string[]]>([
    [true, ['oneTime devices X1-3-1 2026-01-15 20000']],
    [false, []],
  ])('A8-4-5: a fault that is attributable to the contractor: %s, is charged %j', (attributable, charges) => {
    const s = devices();
    s.at('2026-01-15').fault('devices', { attributable, ...(attributable ? { charge: 20_000 } : {}) });
    expect(s.oneOffs().filter((c) => c.startsWith('oneTime'))).toEqual(charges);
  });

  it('A8-4-7: a lost device is charged, whatever the cause', () => {
    const s = devices();
    s.at('2026-02-01').lost('devices', 50_000);
    expect(s.oneOffs()).toContain('oneTime devices X1-3-2 2026-02-01 50000');
  });

  it('A8-4-7: so is one that has not come back on the 31st day after the end', () => {
    const s = ended();
    s.onDay('2026-11-29');
    expect(s.oneOffs().filter((c) => c.startsWith('oneTime'))).toEqual([]);
    s.onDay('2026-11-30').thenOnly('DeviceDeemedLost devices 2026-11-30 due 2026-11-29');
    expect(s.oneOffs()).toContain('oneTime devices X1-3-2 2026-11-30 null');
  });

  it('A8-4-2: one that comes back on the 30th day is not', () => {
    const s = ended();
    s.onDay('2026-11-29');
    s.returned('devices');
    s.onDay('2026-12-31').thenOnly();
    expect(s.oneOffs().filter((c) => c.startsWith('oneTime'))).toEqual([]);
  });

  it('A8-4-8-ii: the charge stays when the device is found and comes back', () => {
    const s = devices();
    s.at('2026-02-01').lost('devices', 50_000);
    const charged = s.oneOffs();
    s.at('2026-03-01').found('devices');
    expect(s.oneOffs()).toEqual(charged);
  });
});
