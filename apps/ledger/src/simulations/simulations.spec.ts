import { readFileSync } from 'node:fs';
import { StubLedger, ask, serve } from '../testing/stub-ledger.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Every input of every vector asked for here. */
interface Input {
  readonly start: string;
  readonly end: string;
  readonly date: string;
  readonly termEnd: string;
  readonly arrival: string;
  readonly designated: string | null;
  readonly event: string;
  readonly periodStart?: string;
  readonly periodEnd: string;
  readonly months?: number;
  readonly years?: number;
  readonly days?: number;
  readonly n: number;
  readonly fee?: number;
  readonly method?: string;
  readonly rounding?: string;
  readonly lateDesignation?: string;
  readonly item: string;
  readonly accounts: number;
  readonly active: { readonly [no: string]: number };
  readonly apply: { readonly [no: string]: number };
}
interface Vector {
  readonly id: string;
  readonly fn: string;
  readonly input: Input;
  readonly expected: unknown;
}
interface Term {
  readonly index: number;
  readonly startsOn: string;
  readonly endsOn: string;
  readonly noticeDeadline: string;
  readonly nextRenewalOn: string | null;
}
type Answer = { readonly [name: string]: unknown };
type Ask = (what: string, body: object) => Promise<Answer>;

const tables = JSON.parse(readFileSync('test/agreement/vectors.json', 'utf8')) as {
  readonly vectors: readonly Vector[];
  readonly options: { readonly [no: string]: { readonly basis: string } };
};

/** Options as the API takes them: the quantity under the name that the basis has. */
const uses = (of: { readonly [no: string]: number }) =>
  Object.entries(of).map(([no, quantity]) => {
    const { basis } = tables.options[no]!;
    if (basis === 'units') return { option: Number(no), units: quantity };
    if (basis === 'own-accounts') return { option: Number(no), accountCount: quantity || 1 };
    return { option: Number(no), ...(basis === 'parity' && quantity && { accountCount: quantity }) };
  });

const plain = (t: Term) => ({ index: t.index, start: t.startsOn, end: t.endsOn, deadline: t.noticeDeadline });

/** How each known answer is asked over the API: what was got, and what was wanted of it. */
const MAPPINGS: { readonly [fn: string]: (i: Input, ask: Ask, expected: unknown) => Promise<readonly [got: unknown, want: unknown]> } = {
  periodEnd: async (i, a, want) => [
    ((await a('calendar', { billingStartsOn: i.start, months: i.months ?? 12 * i.years!, count: 1 }))['periods'] as Term[])[0]!.endsOn,
    want,
  ],
  termChain: async (i, a, want) => [
    ((await a('calendar', { billingStartsOn: i.start, months: 12, count: i.n }))['periods'] as Term[]).map(plain),
    want,
  ],
  termAt: async (i, a, want) => {
    const { periods } = await a('calendar', { billingStartsOn: i.start, months: 12, count: 40 });
    const t = (periods as Term[]).find((p) => p.startsOn <= i.date && i.date <= p.endsOn);
    return [t ? { ...plain(t), nextRenewal: t.nextRenewalOn } : null, want];
  },
  noticeDeadline: async (i, a, want) => [(await a('calendar', { termEndsOn: i.termEnd }))['noticeDeadline'], want],
  elapseDay: async (i, a, want) => [(await a('calendar', { arrivedOn: i.arrival }))['thirtiethDay'], want],
  effectiveDate: async (i, a, want) => [(await a('calendar', { arrivedOn: i.arrival, designatedOn: i.designated }))['effectiveOn'], want],
  returnDeadline: async (i, a, want) => {
    const { returnDueOn, overdueFrom } = await a('calendar', { deviceEventOn: i.event });
    return [{ due: returnDueOn, overdueFrom }, want];
  },
  resolveTermNotice: termNotice,
  termSettlement: termNotice,
  resolveMinNotice: async (i, a, want) => {
    const who = i.months === 1 ? { item: 'L', monthlyFee: 100_000 } : i.years ? { option: 2, monthlyFee: 100_000 } : { option: 5 };
    const b = await a('cancellation', { ...who, billingStartsOn: i.start, arrivedOn: i.arrival, designatedOn: i.designated });
    const got = {
      end: b['endsOn'],
      minEnd: (b['period'] as { endsOn?: string }).endsOn ?? null,
      beforeBilling: b['rule'] === 'before-billing',
      settlementDue: (b['settlement'] as { total: number }).total > 0,
    };
    return [got, want];
  },
  settlement: async (i, a, want) => {
    const b = await a('settlement', {
      monthlyFee: i.fee,
      periodStartsOn: i.periodStart ?? (i.end < i.periodEnd ? i.end : i.periodEnd),
      periodEndsOn: i.periodEnd,
      endsOn: i.end,
      policies: { proration: i.method ?? 'calendar', rounding: i.rounding === 'half_up' ? 'halfUp' : 'floor' },
    });
    expect((b['months'] as { amount: number }[]).reduce((sum, m) => sum + m.amount, 0)).toBe(b['total']);
    return [b['total'], want];
  },
  checkApplication: async (i, a, want) => {
    const b = await a('application', { item: i.item, accountCount: i.accounts, active: uses(i.active), apply: uses(i.apply) });
    const violations = b['violations'] as { clause: string; detail: string }[];
    expect(b['accepted']).toBe(violations.length === 0);
    expect(violations.every((v) => v.detail.length > 10)).toBe(true);
    return [[...new Set(violations.map((v) => v.clause))].sort(), want];
  },
};

async function termNotice(i: Input, a: Ask, expected: unknown): Promise<readonly [unknown, unknown]> {
  const b = await a('cancellation', {
    item: 'X',
    billingStartsOn: i.start,
    monthlyFee: i.fee ?? 100_000,
    arrivedOn: i.arrival,
    designatedOn: i.designated,
    ...(i.lateDesignation && { policies: { lateDesignation: i.lateDesignation } }),
  });
  const period = b['period'] as Term;
  const yen = (b['settlement'] as { total: number }).total;
  const before = b['rule'] === 'before-billing';
  const got: { [name: string]: unknown } = {
    rule: b['rule'],
    end: b['endsOn'],
    deadline: b['noticeDeadline'],
    // Before billing there is no deadline to keep.
    timely: before ? null : b['timely'],
    // Before billing no term has begun; the API shows the first one.
    termIndex: before ? 0 : period.index,
    termEnd: before ? null : period.endsOn,
    settlementDue: yen > 0,
    yen,
  };
  const wanted = Object.fromEntries(Object.entries(expected as object).filter(([k]) => k in got));
  return [Object.fromEntries(Object.keys(wanted).map((k) => [k, got[k]])), wanted];
}

describe('the simulations', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await serve(new StubLedger());
  });
  afterAll(() => app.close());

  const simulate = async (what: string, body: object, language = 'en'): Promise<Answer> => {
    const answer = await ask(app, 'POST', `/v1/simulations/${what}`, body, { 'accept-language': language });
    expect([answer.status, answer.body['errors']]).toEqual([200, undefined]);
    return answer.body;
  };

  const known = tables.vectors.filter((v) => v.fn in MAPPINGS && (v.fn !== 'elapseDay' || (v.input.days ?? 30) === 30));
  it('has known answers to be asked for', () => {
    expect(known.length).toBeGreaterThan(150);
    expect(new Set(known.map((v) => v.fn)).size).toBe(Object.keys(MAPPINGS).length);
  });
  it.each(known.map((v) => [v.id, v.fn, v] as const))('%s %s', async (_, __, v) => {
    const [got, want] = await MAPPINGS[v.fn]!(v.input, simulate, v.expected);
    expect(got).toEqual(want);
  });

  describe('of a cancellation', () => {
    const missed = { item: 'X', billingStartsOn: '2025-10-01', monthlyFee: 100_000, arrivedOn: '2026-09-01', designatedOn: '2026-09-30' };

    it('shows what a day too late costs, and what would have cost nothing (SC-04)', async () => {
      const b = await simulate('cancellation', missed);
      expect(b).toMatchObject({
        endsOn: '2026-10-01',
        rule: 'renewed',
        timely: false,
        noticeDeadline: '2026-08-31',
        period: { kind: 'term', index: 2, startsOn: '2026-10-01', endsOn: '2027-09-30', noticeDeadline: '2027-08-31', nextRenewalOn: null },
        settlement: {
          total: 1_196_774,
          lines: [{ subject: 'base', amount: 1_196_774, from: '2026-10-02', to: '2027-09-30', monthlyFee: 100_000, clause: 'A12-2', annex: 'X2-1', policy: { proration: 'calendar', rounding: 'floor' } }],
        },
      });
      expect(b['ladder']).toEqual([
        { on: '2026-08-31', what: ['notice-deadline'], cost: 100_000, reachable: false },
        { on: '2026-09-30', what: ['designated-day', 'term-end'], cost: 0, reachable: false },
        { on: '2026-10-01', what: ['thirtieth-day', 'end'], cost: 1_196_774, reachable: true },
        { on: '2027-09-30', what: ['term-end'], cost: 0, reachable: true },
        { on: '2028-09-30', what: ['term-end'], cost: 0, reachable: true },
      ]);
      expect((b['receipts'] as { clause: string }[]).map((r) => r.clause)).toEqual(['A10-2', 'A3-2a', 'A3-2b', 'A3-2c', 'A12-2', 'X2-1']);
      expect((b['receipts'] as { statement: string }[]).every((r) => r.statement.length > 10)).toBe(true);
      expect((b['warnings'] as { code: string }[]).map((w) => w.code)).toEqual(['deadline-missed', 'settlement']);
    });

    it('one day earlier costs nothing', async () => {
      const b = await simulate('cancellation', { ...missed, arrivedOn: '2026-08-31' });
      expect(b).toMatchObject({ endsOn: '2026-09-30', rule: 'within-term', timely: true, settlement: { total: 0, lines: [] }, warnings: [] });
    });

    it('cites the readings that it rests on, each with its policy', async () => {
      const cites = async (body: object) => ((await simulate('cancellation', { ...missed, ...body }))['receipts'] as { clause: string; policy?: object }[]).map((r) => r.clause);
      expect(await cites({ billingStartsOn: '2025-11-01', arrivedOn: '2026-10-01', designatedOn: '2026-10-31' })).toContain('N6');
      expect(await cites({ billingStartsOn: '2025-03-01', arrivedOn: '2026-01-31', designatedOn: '2026-02-28' })).toContain('N7');
      expect(await cites({ arrivedOn: '2026-06-01', designatedOn: '2026-11-15' })).toContain('N8');
      expect(await cites({ arrivedOn: '2026-06-01', designatedOn: null })).toContain('N9');
      expect(await cites({ arrivedOn: '2025-08-01', designatedOn: null })).toContain('N14');
      expect(await cites({ item: undefined, option: 15, arrivedOn: '2026-01-10', designatedOn: '2026-03-01' })).toContain('N1');
    });

    it('warns of a late designation, which the other policy lets expire', async () => {
      const late = { ...missed, arrivedOn: '2026-06-01', designatedOn: '2026-11-15' };
      const renews = await simulate('cancellation', late, 'ja');
      expect(renews).toMatchObject({ endsOn: '2026-11-15', rule: 'renewed' });
      expect((renews['warnings'] as { code: string; detail: string }[])[0]).toMatchObject({ code: 'late-designation', clause: 'N8', detail: expect.stringMatching(/更新/) as string });
      expect(await simulate('cancellation', { ...late, policies: { lateDesignation: 'expire' } })).toMatchObject({ endsOn: '2026-09-30', rule: 'expiry', settlement: { total: 0 } });
    });

    it('charges an option in mid-term, or not, as the policy says', async () => {
      const body = { option: 15, billingStartsOn: '2025-10-01', monthlyFee: 1000, arrivedOn: '2026-01-10', designatedOn: '2026-03-31' };
      expect(await simulate('cancellation', body)).toMatchObject({ settlement: { total: 6000, lines: [{ subject: 'option', clause: 'A12-3', policy: { optionTerm: 'annex' } }] } });
      expect(await simulate('cancellation', { ...body, policies: { optionTerm: 'literal' } })).toMatchObject({ settlement: { total: 0, lines: [] } });
    });

    it('shows a minimum period, an option without any, and the day before billing', async () => {
      const min = await simulate('cancellation', { item: 'L', billingStartsOn: '2026-01-31', monthlyFee: 100_000, arrivedOn: '2026-01-15', designatedOn: '2026-02-27' });
      expect(min).toMatchObject({ rule: 'minimum', timely: true, noticeDeadline: null, period: { kind: 'minimum', endsOn: '2026-02-28' }, settlement: { total: 3571 } });
      const none = await simulate('cancellation', { option: 5, billingStartsOn: '2026-01-31', arrivedOn: '2026-02-15', designatedOn: null });
      expect(none).toMatchObject({ rule: 'none', period: { kind: 'none' }, settlement: { total: 0 } });
      const before = await simulate('cancellation', { item: 'X', billingStartsOn: '2026-10-01', monthlyFee: 1, arrivedOn: '2026-07-01', designatedOn: null });
      expect(before).toMatchObject({ rule: 'before-billing', endsOn: '2026-07-31', period: { index: 1 }, settlement: { total: 0 } });
      expect((before['ladder'] as { on: string }[])[1]).toMatchObject({ on: '2026-09-30', what: ['day-before-billing'], cost: 0, reachable: true });
    });

    it('does not call an unknown amount zero', async () => {
      const b = await simulate('cancellation', { ...missed, monthlyFee: undefined });
      expect(b['settlement']).toMatchObject({ total: null, lines: [{ amount: null, months: [] }] });
      expect((b['warnings'] as { code: string }[]).map((w) => w.code)).toContain('fee-unknown');
    });

    it('warns that the last storage takes the contract with it', async () => {
      const b = await simulate('cancellation', { option: 34, billingStartsOn: '2025-10-01', monthlyFee: 1, arrivedOn: '2026-06-01', designatedOn: '2026-09-30' });
      expect(b['warnings']).toContainEqual(expect.objectContaining({ code: 'cascade-if-last', clause: 'A10-4' }));
    });

    it('knows an item by the name it bears when the notice arrives', async () => {
      expect(await simulate('cancellation', { ...missed, item: 'IT資産管理:タイプX' })).toMatchObject({ rule: 'renewed' });
      const old = await ask(app, 'POST', '/v1/simulations/cancellation', { ...missed, item: 'IT 資産管理/S' });
      expect(old).toMatchObject({ status: 400, body: { errors: [{ path: 'item', message: 'is not an item' }] } });
    });

    it('reaches what its ladder calls reachable, at that cost', async () => {
      for (const start of ['2025-10-01', '2024-02-29', '2026-03-31'])
        for (const arrivedOn of ['2026-01-30', '2026-02-28', '2026-08-31', '2026-09-01'])
          for (const who of [{ item: 'X' }, { item: 'L' }, { option: 2 }, { option: 15 }]) {
            const body = { ...who, billingStartsOn: start, monthlyFee: 31_000, arrivedOn };
            const { ladder } = await simulate('cancellation', { ...body, designatedOn: null });
            const rungs = ladder as { on: string; cost: number; reachable: boolean }[];
            expect(rungs.some((r) => r.reachable)).toBe(true);
            for (const { on, cost, reachable } of rungs) {
              const b = await simulate('cancellation', { ...body, designatedOn: on });
              if (reachable) expect([on, b['endsOn'], (b['settlement'] as { total: number }).total]).toEqual([on, on, cost]);
              else expect(b['endsOn']).not.toBe(on);
            }
          }
    });
  });

  it.each([
    ['cancellation', { item: 'X', option: 15 }, 'item'],
    ['cancellation', {}, 'item'],
    ['cancellation', { item: 'Z' }, 'item'],
    ['cancellation', { option: 46 }, 'option'],
    ['cancellation', { item: 'X', policies: { lateDesignation: 'never' } }, 'policies.lateDesignation'],
    ['cancellation', { item: 'X', policies: { luck: 1 } }, 'policies.luck'],
    ['cancellation', { item: 'X', policies: null }, 'policies'],
    ['cancellation', { item: 'X', designatedOn: undefined }, 'designatedOn'],
    ['cancellation', { item: 'X', monthlyFee: -1 }, 'monthlyFee'],
  ])('%s is malformed: %j at %s', async (what, more, path) => {
    const { status, body } = await ask(app, 'POST', `/v1/simulations/${what}`, { billingStartsOn: '2025-10-01', arrivedOn: '2026-09-01', designatedOn: null, ...more });
    expect([status, (body['errors'] as { path: string }[]).map((e) => e.path)]).toEqual([400, [path]]);
  });

  it.each([
    ['application', { item: 'L', accountCount: 5, active: [], apply: [{ option: 7 }] }, 'apply[0].accountCount'],
    ['application', { item: 'L', accountCount: 5, active: [{ option: 4, units: 1 }], apply: [] }, 'active[0].units'],
    ['application', { item: 'L', accountCount: 5, active: [] }, 'apply'],
    ['settlement', { monthlyFee: 1, periodStartsOn: '2026-02-01', periodEndsOn: '2026-01-01', endsOn: '2026-01-01' }, 'periodEndsOn'],
    ['calendar', {}, ''],
    ['calendar', { billingStartsOn: '2026-01-01', months: 12 }, 'count'],
    ['calendar', { billingStartsOn: '2026-01-01', months: 121, count: 1 }, 'months'],
    ['calendar', { designatedOn: '2026-01-01' }, 'arrivedOn'],
    ['calendar', { termEndsOn: '1899-12-31' }, 'termEndsOn'],
    ['calendar', { termEndsOn: '2200-01-01' }, 'termEndsOn'],
  ])('%s is malformed: %j at "%s"', async (what, sent, path) => {
    const { status, body } = await ask(app, 'POST', `/v1/simulations/${what}`, sent);
    expect([status, (body['errors'] as { path: string }[]).map((e) => e.path)]).toEqual([400, [path]]);
  });

  it('answers several questions of the calendar together, from 1900 to 2199', async () => {
    const b = await simulate('calendar', { billingStartsOn: '1900-01-01', months: 120, count: 120, termEndsOn: '2199-12-31', arrivedOn: '2199-12-31', deviceEventOn: '2199-12-31' });
    expect((b['periods'] as unknown[]).length).toBe(120);
    expect(b).toMatchObject({ noticeDeadline: '2199-11-30', thirtiethDay: '2200-01-30', effectiveOn: '2200-01-30', returnDueOn: '2200-01-30', overdueFrom: '2200-01-31' });
  });

  it('moves a day of return to the next business day where the policy says so, as far as its table reaches', async () => {
    const holidays = { name: 'Holidays 2026', from: '2026-01-01', to: '2026-12-31', days: new Set(['2026-05-04', '2026-05-05', '2026-05-06']) };
    const { CONFIG } = await import('../testing/stub-ledger.js');
    const with142 = await serve(new StubLedger(), { ...CONFIG, holidays: holidays as never, policies: { ...CONFIG.policies, art142: 'returns' } });
    const due = async (deviceEventOn: string) => (await ask(with142, 'POST', '/v1/simulations/calendar', { deviceEventOn })).body;
    expect(await due('2026-04-03')).toMatchObject({ returnDueOn: '2026-05-07', overdueFrom: '2026-05-08' });
    expect(await due('2026-12-15')).toMatchObject({ returnDueOn: null, overdueFrom: null, warnings: [{ code: 'beyond-holiday-table' }] });
    await with142.close();
  });

  it('settle under the rules of the version that is named, else of the one in force on the end day', async () => {
    const body = { monthlyFee: 100_000, periodStartsOn: '2026-10-01', periodEndsOn: '2027-09-30', endsOn: '2026-12-15' };
    const plain = await simulate('settlement', body);
    expect(plain['agreementRevision']).toEqual({ id: '2025-10-01', clause: 'S-R7-10-1-1', source: 'text' });
    const under = await simulate('settlement', { ...body, underRevision: '2021-10-01' });
    expect(under).toMatchObject({ total: plain['total'], agreementRevision: { id: '2021-10-01', source: 'inferred' } });
    expect(await simulate('settlement', { ...body, underRevision: (under['agreementRevision'] as { clause: string }).clause })).toEqual(under);
    expect((await simulate('settlement', { ...body, periodStartsOn: '2019-01-01', periodEndsOn: '2019-12-31', endsOn: '2019-06-30' }))['agreementRevision']).toMatchObject({ source: 'inferred' });
    expect(await ask(app, 'POST', '/v1/simulations/settlement', { ...body, underRevision: '2021-10-02' })).toMatchObject({ status: 400, body: { errors: [{ path: 'underRevision' }] } });
  });
});
