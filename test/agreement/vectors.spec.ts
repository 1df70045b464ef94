import { readFileSync } from 'node:fs';
import {
  effectiveDate,
  elapseDay,
  noticeDeadline,
  periodEnd,
  plainDate,
  resolveMinNotice,
  resolveTermNotice,
  returnDue,
  addDays,
  termAt,
  terms,
} from '@app/calendar';
import {
  DEFAULT_POLICIES,
  ITEMS,
  OPTIONS,
  checkAccountCount,
  checkApplication,
  checkRemoval,
  isItemCode,
  isOptionNo,
  itemNameAt,
  itemsNamed,
  lineageOf,
  option,
  optionByName,
  parityFollows,
  settle,
  vendorOf,
} from '@app/agreement';
import type { PlainDate, Term } from '@app/calendar';
import type { ItemCode, OptionNo, OptionUse } from '@app/agreement';

type Input = { readonly [key: string]: unknown };
interface Vector {
  readonly id: string;
  readonly fn: string;
  readonly input: Input;
  readonly expected: unknown;
}
interface File {
  readonly items: {
    readonly [code: string]: { name: string; vendor: string; regime: string; history: { from: string | null; name: string }[] };
  };
  readonly options: {
    readonly [no: string]: {
      name: string;
      eligible: string[];
      basis: string;
      regime: string;
      initial: string;
      monthly: boolean;
      max: number | null;
      overage_billed: boolean;
      one_time: string[] | null;
      clause: string;
      eligibility: string | null;
    };
  };
  readonly aliases: { readonly [name: string]: number };
  readonly vectors: readonly Vector[];
}

const file = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as File;

const day = (x: unknown): PlainDate => plainDate(x as string);
const dayOrNull = (x: unknown): PlainDate | null => (x === null || x === undefined ? null : day(x));
const code = (x: unknown): ItemCode => {
  if (!isItemCode(x as string)) throw new Error(`no item ${String(x)}`);
  return x as ItemCode;
};
const optionNo = (x: unknown): OptionNo => {
  const n = Number(x);
  if (!isOptionNo(n)) throw new Error(`no option ${String(x)}`);
  return n;
};
const periodOf = (i: Input) => ('years' in i ? { years: i['years'] as number } : { months: i['months'] as number });

/** Vectors write a quantity per option number; 0 or, for options without a quantity, 1 stands for none. */
const uses = (quantities: unknown): OptionUse[] =>
  Object.entries(quantities as { [no: string]: number }).map(([no, n]) => {
    const { basis } = option(optionNo(no));
    const use = { option: optionNo(no) };
    if (basis === 'units') return { ...use, units: n };
    return n === 0 || basis === 'none' ? use : { ...use, accountCount: n };
  });

const shortTerm = (t: Term) => ({ index: t.index, start: t.startsOn, end: t.endsOn, deadline: t.noticeDeadline });

const settlement = (i: Input) => {
  const periodEndsOn = day(i['periodEnd']);
  return settle({
    monthlyFee: i['fee'] as number,
    endsOn: day(i['end']),
    periodEndsOn,
    // A vector without a start of its period says nothing about it: any day by the end of service will do.
    periodStartsOn: dayOrNull(i['periodStart']) ?? addDays(periodEndsOn, -3660),
    proration: i['method'] === 'contract' ? 'contract' : 'calendar',
    rounding: i['rounding'] === 'half_up' ? 'halfUp' : 'floor',
  }).total;
};

const run: { readonly [fn: string]: (i: Input, expected: unknown) => unknown } = {
  periodEnd: (i) => periodEnd(day(i['start']), periodOf(i)),
  termChain: (i) => terms(day(i['start']), i['n'] as number).map(shortTerm),
  termAt: (i) => {
    const t = termAt(day(i['start']), day(i['date']));
    return t && { ...shortTerm(t), nextRenewal: t.nextRenewalOn };
  },
  noticeDeadline: (i) => noticeDeadline(day(i['termEnd'])),
  elapseDay: (i) => elapseDay(day(i['arrival']), i['days'] as number),
  effectiveDate: (i) => effectiveDate(day(i['arrival']), dayOrNull(i['designated'])),
  returnDeadline: (i) => {
    const due = returnDue(day(i['event']));
    return { due, overdueFrom: addDays(due, 1) };
  },
  resolveTermNotice: (i, expected) => {
    const r = resolveTermNotice({
      startsOn: day(i['start']),
      arrivedOn: day(i['arrival']),
      designatedOn: dayOrNull(i['designated']),
      lateDesignation: i['lateDesignation'] === 'expire' ? 'expire' : 'renew',
      chainAnchor: 'previousEnd',
    });
    const before = r.rule === 'before-billing';
    const all = {
      rule: r.rule,
      end: r.endsOn,
      deadline: before ? null : r.arrivalTerm.noticeDeadline,
      timely: before ? null : r.timely,
      termIndex: r.endTerm?.index ?? 0,
      termEnd: r.endTerm?.endsOn ?? null,
      renewals: r.endTerm === null ? 0 : r.endTerm.index - r.arrivalTerm.index,
      settlementDue: r.endTerm !== null && r.endsOn < r.endTerm.endsOn,
    };
    return Object.fromEntries(Object.entries(all).filter(([k]) => k in (expected as object)));
  },
  resolveMinNotice: (i) => {
    const minEndsOn = 'months' in i || 'years' in i ? periodEnd(day(i['start']), periodOf(i)) : null;
    const r = resolveMinNotice({
      startsOn: day(i['start']),
      minEndsOn,
      arrivedOn: day(i['arrival']),
      designatedOn: dayOrNull(i['designated']),
    });
    return { end: r.endsOn, minEnd: minEndsOn, beforeBilling: r.beforeBilling, settlementDue: r.settlementDue };
  },
  settlement: (i) => settlement(i),
  termSettlement: (i) => {
    const startsOn = day(i['start']);
    const r = resolveTermNotice({
      startsOn,
      arrivedOn: day(i['arrival']),
      designatedOn: dayOrNull(i['designated']),
      lateDesignation: 'renew',
      chainAnchor: 'previousEnd',
    });
    const yen =
      r.endTerm === null
        ? 0
        : settlement({ fee: i['fee'], end: r.endsOn, periodStart: r.endTerm.startsOn, periodEnd: r.endTerm.endsOn });
    return { end: r.endsOn, termEnd: r.endTerm?.endsOn ?? null, yen };
  },
  itemNameAt: (i) => itemNameAt(code(i['item']), day(i['date'])),
  itemFromName: (i) => itemsNamed(i['name'] as string, day(i['concluded']))[0] ?? null,
  optionByName: (i) => optionByName(i['name'] as string),
  checkApplication: (i) =>
    checkApplication({
      item: code(i['item']),
      accountCount: i['accounts'] as number,
      active: uses(i['active']),
      apply: uses(i['apply']),
      policies: DEFAULT_POLICIES,
    }).map((v) => v.clause),
  checkAccounts: (i) => {
    const active = uses(i['active']);
    const item = code(i['item']);
    const accountCount = i['newCount'] as number;
    return {
      violations: checkAccountCount({ item, active, accountCount, policies: DEFAULT_POLICIES }).map((v) => v.clause),
      follow: Object.fromEntries(parityFollows(item, active, accountCount).map((u) => [u.option, u.accountCount])),
    };
  },
  checkRemoval: (i) =>
    checkRemoval({ item: code(i['item']), active: uses(i['active']), remove: optionNo(i['remove']) }).map((v) => v.clause),
};

describe('known answers', () => {
  it('are all there', () => {
    expect(file.vectors).toHaveLength(227);
    expect(new Set(file.vectors.map((v) => v.fn))).toEqual(new Set(Object.keys(run)));
  });

  it.each(file.vectors.map((v) => [v.id, v.fn, v] as const))('%s %s', (_id, fn, vector) => {
    expect(run[fn]!(vector.input, vector.expected)).toEqual(vector.expected);
  });
});

describe('the tables of items and options', () => {
  const REGIME = { 'min-1-month': 'minimum-1-month', 'min-1-year': 'minimum-1-year', 'term-1-year': 'term-1-year', none: 'none' };
  const BASIS = { parity: 'parity', 'own-accounts': 'own', units: 'units', none: 'none' };

  it('are those of the known answers, item by item', () => {
    expect(
      Object.fromEntries(
        ITEMS.map((i) => {
          const names = lineageOf(i.code);
          // A row that carries a name on from today's text is no new name.
          const history = names
            .filter((n, k) => n.name !== names[k - 1]?.name)
            .map((n, k) => ({ from: k === 0 ? null : n.from, name: n.name }));
          return [i.code, { name: names.at(-1)!.name, vendor: vendorOf(i.code), regime: i.regime, history }];
        }),
      ),
    ).toEqual(
      Object.fromEntries(
        Object.entries(file.items).map(([c, i]) => [c, { ...i, regime: REGIME[i.regime as keyof typeof REGIME] }]),
      ),
    );
  });

  it('are those of the known answers, option by option', () => {
    expect(
      Object.fromEntries(
        OPTIONS.map((o) => [
          o.option,
          {
            name: o.name,
            eligible: o.items,
            basis: o.basis,
            regime: o.regime,
            initial: o.initial,
            monthly: o.monthly,
            max: o.max,
            overage_billed: o.excessBilled,
            one_time: o.oneTime.length > 0 ? o.oneTime : null,
            clause: o.clause,
            eligibility: o.eligibility,
          },
        ]),
      ),
    ).toEqual(
      Object.fromEntries(
        Object.entries(file.options).map(([n, o]) => [
          n,
          { ...o, basis: BASIS[o.basis as keyof typeof BASIS], regime: REGIME[o.regime as keyof typeof REGIME] },
        ]),
      ),
    );
    expect(Object.fromEntries(OPTIONS.flatMap((o) => o.aliases.map((a) => [a, o.option])))).toEqual(file.aliases);
  });
});
