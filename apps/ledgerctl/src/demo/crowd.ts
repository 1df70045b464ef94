import { ITEM_CODES, OPTIONS, type ItemCode } from '@app/agreement';
import { addDays, daysBetween, plainDate, type PlainDate } from '@app/calendar';
import { ask, contract, each, fixed, notice, openUnit, options, type Act } from './acts.js';

/** The same numbers in every run: a linear congruential generator with a fixed seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PLACES = ['北浜', '朝霧', '白樺', '若松', '榛名', '千曲', '鳴海', '綾瀬', '夕凪', '立花', '吉祥', '常磐'];
const TRADES = [
  '製作所',
  '建設株式会社',
  '医院',
  '商事株式会社',
  '印刷株式会社',
  '運輸株式会社',
  '不動産株式会社',
  '薬品株式会社',
];
const UNIT_PRICE: { readonly [I in ItemCode]: number } = { C: 460, D: 830, G: 880, L: 410, O: 620, X: 670, A: 360, B: 300 };
const CUSTOMERS = 48;
const FIRST = plainDate('2025-04-01');
const LAST_ENTRY = plainDate('2026-02-15');
const END = plainDate('2026-03-31');

/** Options without conditions of their own, by item: whatever the crowd may take. */
const simple = (item: ItemCode): number[] =>
  OPTIONS.filter(
    (o) =>
      (o.eligibility === null || o.items.includes(item)) &&
      o.prerequisites.every((p) => p.item !== null && p.item !== item) &&
      o.minAccounts === null &&
      o.max === null &&
      o.cascade === null &&
      o.monthly,
  ).map((o) => o.option);

/** Customers nobody tells a story about: they sign, take an option or two, grow, and some leave. */
export function crowd(): Act[] {
  const below = numbers(20_250_401);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const later = (from: PlainDate, days: number): PlainDate => addDays(from, days);
  const acts: Act[] = [];
  const act = (a: Act): void => {
    if (a.on <= END) acts.push(a);
  };

  for (let n = 0; n < CUSTOMERS; n++) {
    const name = `crowd${n + 1}`;
    const signed = later(FIRST, below(daysBetween(FIRST, LAST_ENTRY)));
    const starts = later(signed, 7 + below(40));
    const item = ITEM_CODES[n % ITEM_CODES.length]!;
    const accounts = 10 + below(n % 5 === 0 ? 900 : 120);
    const company = `${pick(PLACES)}${pick(TRADES)}`;
    acts.push(
      openUnit(signed, {
        name: `${name}-unit`,
        contractor: { id: `C-${2_001 + n}`, name: company },
        title: pick(['本社', '支社', '工場', '事務所']),
      }),
    );
    const monthly =
      below(3) === 0 ? fixed(Math.round((UNIT_PRICE[item] * accounts) / 1_000) * 1_000) : each(UNIT_PRICE[item] + below(60));
    acts.push(
      contract(signed, {
        name,
        unit: `${name}-unit`,
        item,
        accounts,
        acceptedOn: signed,
        billingStartsOn: starts,
        monthly,
        initial: below(4) === 0 ? 0 : 10_000 * (1 + below(12)),
      }),
    );

    const menu = simple(item);
    const wanted = [...new Set([pick([...menu, 0]), pick([...menu, 0])])].filter((o) => o > 0);
    if (wanted.length > 0)
      act(
        options(later(signed, below(3)), {
          to: name,
          billingStartsOn: starts,
          options: wanted.map((option) => ({ option, quantity: 1 + below(accounts) })),
        }),
      );
    if (below(3) === 0) {
      const asked = later(starts, 20 + below(60));
      act(
        ask(asked, name, 'account-count', {
          accountCount: Math.max(1, accounts + below(40) - 10),
          effectiveOn: later(asked, 1 + below(45)),
          requestedBy: 'contractor',
        }),
      );
    }
    if (below(4) === 0) {
      const arrived = later(starts, 30 + below(150));
      act(notice(arrived, { of: name, designatedOn: below(5) === 0 ? null : later(arrived, 20 + below(60)) }));
    }
  }
  return acts;
}
