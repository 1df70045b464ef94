import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  addDays,
  effectiveDate,
  elapseDay,
  noticeDeadline,
  periodEnd,
  plainDate,
  resolveMinNotice,
  resolveTermNotice,
  returnDue,
  term,
  termAt,
  terms,
} from './index.js';
import type { PlainDate, TermNoticeEffect } from './index.js';

/**
 * A second, slow way to the same dates: a wall calendar with every day written on it, and a finger that goes from day
 * to day. It shares nothing with the code under test; its month lengths are luxon's.
 */
const CALENDAR: PlainDate[] = [];
const DAY: number[] = [];
for (let y = 2016; y <= 2063; y++)
  for (let m = 1; m <= 12; m++)
    for (let d = 1; d <= DateTime.utc(y, m).daysInMonth!; d++) {
      CALENDAR.push(`${y}-${m < 10 ? '0' : ''}${m}-${d < 10 ? '0' : ''}${d}` as PlainDate);
      DAY.push(d);
    }
const AT = new Map(CALENDAR.map((d, i) => [d, i]));
const FROM = AT.get(plainDate('2018-01-01'))!;
const TO = AT.get(plainDate('2060-12-31'))!;
const EVERY_DAY = TO - FROM + 1;

/** Civil Code 143: turn n leaves; stop before the same day, or at the foot of the leaf. */
function endByFinger(start: number, months: number): number {
  let leaves = 0;
  for (let i = start + 1; ; i++) {
    if (DAY[i] === 1 && ++leaves > months) return i - 1;
    if (leaves === months && DAY[i] === DAY[start]) return i - 1;
  }
}

/** One month before the moment the term expires, then the day before that; the foot of the leaf where there is no such day. */
function deadlineByFinger(end: number): number {
  const expiry = end + 1;
  let i = expiry;
  while (DAY[i] !== 1) i--;
  const foot = i - 1;
  for (i = foot; ; i--) {
    if (DAY[i] === DAY[expiry]) return i - 1;
    if (DAY[i] === 1) return foot;
  }
}

/** The n-th day after a day, which itself is not counted. */
function after(day: number, n: number): number {
  let i = day;
  for (let counted = 0; counted < n; counted++) i++;
  return i;
}

const failOn = (what: string, day: number, got: unknown, want: unknown): never => {
  throw new Error(`${what} of ${CALENDAR[day]}: ${JSON.stringify(got)}, by finger ${JSON.stringify(want)}`);
};

describe('A3-1a A3-2a A8-6c periods, for every day from 2018 to 2060', () => {
  it.each([1, 2, 6, 12])('end after %i months as the finger says', (months) => {
    let days = 0;
    for (let i = FROM; i <= TO; i++, days++) {
      const want = CALENDAR[endByFinger(i, months)]!;
      const got = periodEnd(CALENDAR[i]!, { months });
      if (got !== want) failOn(`${months} months`, i, got, want);
    }
    expect(days).toBe(EVERY_DAY);
  });

  it('end after a year as after twelve months', () => {
    for (let i = FROM; i <= TO; i++)
      expect(periodEnd(CALENDAR[i]!, { years: 1 }) === periodEnd(CALENDAR[i]!, { months: 12 })).toBe(true);
  });

  it('are the day before the same day by luxon wherever that day exists, and otherwise a month end (1900-2199)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 109_000 }), fc.integer({ min: 1, max: 120 }), (n, months) => {
        const start = DateTime.utc(1900, 1, 1).plus({ days: n });
        const there = start.plus({ months });
        const want = there.day === start.day ? there.minus({ days: 1 }) : there.endOf('month');
        expect(periodEnd(start.toISODate() as PlainDate, { months })).toBe(want.toISODate());
      }),
      { numRuns: 2000 },
    );
  });

  it('do not end a day early after 31 January or 29 February', () => {
    expect(periodEnd(plainDate('2025-01-31'), { months: 1 })).toBe('2025-02-28');
    expect(periodEnd(plainDate('2024-02-29'), { years: 1 })).toBe('2025-02-28');
  });
});

describe('A3-2b A8-7b notice deadlines, for every term end from 2018 to 2060', () => {
  it('are those of the finger', () => {
    let days = 0;
    for (let i = FROM; i <= TO; i++, days++) {
      const want = CALENDAR[deadlineByFinger(i)]!;
      const got = noticeDeadline(CALENDAR[i]!);
      if (got !== want) failOn('deadline', i, got, want);
    }
    expect(days).toBe(EVERY_DAY);
  });

  it('leave a full month to the expiry and never ask for more than 31 days', () => {
    for (let i = FROM; i <= TO; i++) {
      const left = i - AT.get(noticeDeadline(CALENDAR[i]!))!;
      if (left < 28 || left > 31) failOn('days left', i, left, '28..31');
    }
  });
});

describe('A3-2c A8-7c N10 chains of terms, for every start from 2018 to 2060', () => {
  it('go on from the previous end as by finger, to the end of 2060', () => {
    const end: number[] = [];
    const endOf = (i: number): number => (end[i] ??= endByFinger(i, 12));
    let checked = 0;
    for (let start = FROM; start <= TO; start++) {
      const first = CALENDAR[start]!;
      const chain = terms(first, 5);
      for (let i = start, k = 1; endOf(i) <= TO; i = endOf(i) + 1, k++, checked++) {
        const t = term(first, k);
        if (
          t.startsOn !== CALENDAR[i] ||
          t.endsOn !== CALENDAR[endOf(i)] ||
          t.nextRenewalOn !== CALENDAR[endOf(i) + 1] ||
          t.index !== k
        )
          failOn(`term ${k}`, start, t, [CALENDAR[i], CALENDAR[endOf(i)]]);
        if (k <= 5 && chain[k - 1]!.endsOn !== t.endsOn) failOn(`chain ${k}`, start, chain[k - 1], t);
        const inside = CALENDAR[i + ((start * 31 + k * 7) % (endOf(i) - i + 1))]!;
        for (const d of [t.startsOn, inside, t.endsOn])
          if (termAt(first, d)?.index !== k) failOn(`term at ${d}`, start, termAt(first, d), k);
      }
    }
    expect(checked).toBeGreaterThan(300_000);
  });

  it('differ by the anchor only for 29 February', () => {
    for (let i = FROM; i <= FROM + 1461; i++) {
      const first = CALENDAR[i]!;
      const same = terms(first, 9).every((t, k) => t.endsOn === term(first, k + 1, 'originalStart').endsOn);
      expect([first, same]).toEqual([first, !first.endsWith('02-29')]);
    }
    expect(terms(plainDate('2020-02-29'), 5, 'originalStart').map((t) => t.endsOn)).toEqual([
      '2021-02-28',
      '2022-02-28',
      '2023-02-28',
      '2024-02-28',
      '2025-02-28',
    ]);
    expect(term(plainDate('2020-02-29'), 5, 'originalStart').startsOn).toBe('2024-02-29');
  });

  it('hang together for terms of any length and either anchor', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: FROM, max: TO }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('previousEnd' as const, 'originalStart' as const),
        fc.nat(),
        (i, months, count, anchor, seed) => {
          const start = CALENDAR[i]!;
          const chain = terms(start, count, anchor, months);
          expect(chain[0]!.startsOn).toBe(start);
          chain.forEach((t, k) => {
            expect(t).toEqual(term(start, k + 1, anchor, months));
            const next = chain[k + 1];
            if (next) expect([addDays(t.endsOn, 1), t.nextRenewalOn]).toEqual([next.startsOn, next.startsOn]);
            if (anchor === 'previousEnd') expect(t.endsOn).toBe(periodEnd(t.startsOn, { months }));
            else expect(t.endsOn).toBe(periodEnd(start, { months: months * (k + 1) }));
          });
          const t = chain[seed % count]!;
          expect(termAt(start, addDays(t.startsOn, seed % 28), anchor, months)).toEqual(t);
        },
      ),
    );
  });

  it('have no term before their start, and none numbered or measured below 1', () => {
    expect(termAt(plainDate('2025-10-01'), plainDate('2025-09-30'))).toBeNull();
    for (const bad of [0, -1, 1.5]) {
      expect(() => term(plainDate('2025-10-01'), bad)).toThrow(RangeError);
      expect(() => term(plainDate('2025-10-01'), 1, 'previousEnd', bad)).toThrow(RangeError);
    }
  });
});

describe('A8-8 A10-1 A10-2 A8-4-2 A8-4-4b thirty days, for every day from 2018 to 2060', () => {
  it('are counted without the first day', () => {
    for (let i = FROM; i <= TO; i++) {
      const d = CALENDAR[i]!;
      const want = CALENDAR[after(i, 30)]!;
      if (elapseDay(d) !== want || returnDue(d) !== want || effectiveDate(d, null) !== want)
        failOn('30th day', i, elapseDay(d), want);
    }
  });

  it('give way to a later designated day only', () => {
    for (let i = FROM; i <= TO; i++)
      for (const ahead of [-40, 0, 29, 30, 31, 200]) {
        const designated = CALENDAR[i + ahead]!;
        const want = CALENDAR[ahead > 30 ? i + ahead : after(i, 30)];
        if (effectiveDate(CALENDAR[i]!, designated) !== want)
          failOn(`effect, designated ${designated}`, i, effectiveDate(CALENDAR[i]!, designated), want);
      }
  });
});

/** A contract lived day by day: it runs until the notice takes effect, and at each expiry it asks whether it may renew. */
function liveByFinger(
  start: number,
  arrival: number,
  designated: number | null,
  late: 'renew' | 'expire',
): readonly [rule: string, end: number, term: number] {
  const effect = Math.max(after(arrival, 30), designated ?? 0);
  let termStart = start;
  let termEnd = endByFinger(start, 12);
  let index = 1;
  for (let day = Math.min(start, effect); ; day++) {
    if (day === effect && day < start) return ['before-billing', day, 0];
    if (day < start) continue;
    const arrivedThisTerm = arrival <= termEnd && (arrival >= termStart || index === 1);
    if (day === effect) return [arrivedThisTerm ? 'within-term' : 'renewed', day, index];
    if (day !== termEnd) continue;
    const inTime = arrivedThisTerm && arrival <= deadlineByFinger(termEnd);
    if (inTime && (late === 'expire' || designated === null || designated <= termEnd)) return ['expiry', day, index];
    termStart = termEnd + 1;
    termEnd = endByFinger(termStart, 12);
    index++;
  }
}

describe('A3-2b A10-2 A8-7b A8-8 N6 N7 N8 N9 notices to one-year terms', () => {
  const resolve = (
    start: number,
    arrival: number,
    designated: number | null,
    lateDesignation: 'renew' | 'expire',
  ): TermNoticeEffect =>
    resolveTermNotice({
      startsOn: CALENDAR[start]!,
      arrivedOn: CALENDAR[arrival]!,
      designatedOn: designated === null ? null : CALENDAR[designated]!,
      lateDesignation,
      chainAnchor: 'previousEnd',
    });

  it('end every contract on the day on which it ends when lived day by day, for an arrival on every day from 2018 to 2060', () => {
    const seen = new Map<string, number>();
    const check = (start: number, arrival: number, designated: number | null, late: 'renew' | 'expire'): void => {
      const [rule, endsOn, index] = liveByFinger(start, arrival, designated, late);
      const r = resolve(start, arrival, designated, late);
      if (r.rule !== rule || r.endsOn !== CALENDAR[endsOn] || (r.endTerm?.index ?? 0) !== index)
        failOn(`a notice to a contract from ${CALENDAR[start]}, designated ${CALENDAR[designated ?? -1]}`, arrival, r, [
          rule,
          CALENDAR[endsOn],
          index,
        ]);
      seen.set(`${rule} ${late}`, (seen.get(`${rule} ${late}`) ?? 0) + 1);
    };
    for (let arrival = FROM; arrival <= TO; arrival++)
      // Anywhere from 60 days before the start to two years into the contract; and about a month before the first term end.
      for (const start of [arrival - ((arrival * 97) % 790) + 60, arrival - 338 + (arrival % 6)]) {
        const end = endByFinger(start, 12);
        for (const designated of [null, arrival - 5, after(arrival, 30), end - 1, end, end + 1, end + 45])
          for (const late of ['renew', 'expire'] as const) check(start, arrival, designated, late);
      }
    for (const rule of ['before-billing', 'within-term', 'expiry', 'renewed'])
      for (const late of ['renew', 'expire']) expect(seen.get(`${rule} ${late}`) ?? 0).toBeGreaterThan(100);
  });

  it('say the days on which they rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: FROM + 400, max: TO - 400 }),
        fc.integer({ min: -400, max: 60 }),
        fc.option(fc.integer({ min: -50, max: 500 })),
        (arrival, back, ahead) => {
          const r = resolve(arrival + back, arrival, ahead === null ? null : arrival + ahead, 'renew');
          expect(r.thirtiethDay).toBe(elapseDay(CALENDAR[arrival]!));
          expect(r.effectiveOn).toBe(effectiveDate(CALENDAR[arrival]!, ahead === null ? null : CALENDAR[arrival + ahead]!));
          expect(r.timely).toBe(CALENDAR[arrival]! <= r.arrivalTerm.noticeDeadline);
          expect(r.lateDesignated).toBe(r.timely && ahead !== null && CALENDAR[arrival + ahead]! > r.arrivalTerm.endsOn);
          // A timely notice never prolongs the contract unless it asks for it; no notice ends it before its 30th day but by expiry.
          if (r.timely && !r.lateDesignated) expect(r.endsOn <= r.arrivalTerm.endsOn).toBe(true);
          if (r.endsOn < r.thirtiethDay) expect([r.rule, r.timely]).toEqual(['expiry', true]);
          if (r.endTerm) expect(r.endTerm.startsOn <= r.endsOn && r.endsOn <= r.endTerm.endsOn).toBe(true);
        },
      ),
    );
  });
});

describe('A10-1 A8-8 N14 notices to minimum periods', () => {
  it('that arrive on or after the billing start never undercut one month, on any day from 2018 to 2060', () => {
    for (let i = FROM; i <= TO; i++) {
      const startsOn = CALENDAR[i]!;
      const minEndsOn = periodEnd(startsOn, { months: 1 });
      const r = resolveMinNotice({ startsOn, minEndsOn, arrivedOn: startsOn, designatedOn: null });
      if (r.settlementDue || r.endsOn < minEndsOn) failOn('a notice on the first day', i, r, minEndsOn);
    }
  });

  it('end before billing without a settlement, and in the minimum period with one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: FROM, max: TO }),
        fc.integer({ min: -90, max: 400 }),
        fc.boolean(),
        (start, arrival, year) => {
          const minEndsOn = CALENDAR[endByFinger(start, year ? 12 : 1)]!;
          const r = resolveMinNotice({
            startsOn: CALENDAR[start]!,
            minEndsOn,
            arrivedOn: CALENDAR[start + arrival]!,
            designatedOn: null,
          });
          const endsOn = CALENDAR[start + arrival + 30]!;
          const beforeBilling = endsOn < CALENDAR[start]!;
          expect(r).toEqual({
            rule: beforeBilling ? 'before-billing' : 'minimum',
            endsOn,
            effectiveOn: endsOn,
            thirtiethDay: endsOn,
            beforeBilling,
            settlementDue: !beforeBilling && endsOn < minEndsOn,
          });
          expect(
            resolveMinNotice({
              startsOn: CALENDAR[start]!,
              minEndsOn: null,
              arrivedOn: CALENDAR[start + arrival]!,
              designatedOn: null,
            }),
          ).toMatchObject({
            rule: beforeBilling ? 'before-billing' : 'none',
            settlementDue: false,
          });
        },
      ),
    );
  });
});
