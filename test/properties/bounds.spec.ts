import fc from 'fast-check';
import { ITEM_CODES } from '@app/agreement';
import { plainDate, type PlainDate } from '@app/calendar';
import { lifeOf, type ContractCommand } from '@app/contract';
import type { Fee } from '@app/money';
import { isDecision, story, type Story } from '@app/testing';
import { dayOf, textOf } from '../oracle/oracle.js';

const numRuns = Number(process.env['RUNS'] ?? 60);
const seed = Number(process.env['SEED'] ?? 20251001);

const first = dayOf('2018-10-01');
const last = dayOf('2099-12-31');
const anyDate: fc.Arbitrary<PlainDate> = fc.oneof(fc.integer({ min: first, max: first + 3_000 }), fc.integer({ min: first, max: last }), fc.constantFrom(first, last)).map((d) => plainDate(textOf(d)));
const yen = fc.oneof(fc.constantFrom(0, 1, 10 ** 12), fc.integer({ min: 0, max: 10 ** 12 }));
const accounts = fc.oneof(fc.constantFrom(1, 49, 50, 10 ** 6), fc.integer({ min: 1, max: 10 ** 6 }));
const fee: fc.Arbitrary<Fee> = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), amount: yen }),
  fc.record({ kind: fc.constant('perAccount' as const), unit: yen }),
  fc.tuple(fc.uniqueArray(fc.integer({ min: 1, max: 10 ** 7 }), { maxLength: 3 }), yen).map(([bounds, unit]): Fee => ({ kind: 'tiered', tiers: [...bounds.toSorted((a, b) => a - b).map((upTo) => ({ upTo, unit })), { unit }] })),
);
const fitting: { readonly [item: string]: readonly number[] } = { L: [1, 2, 13, 18, 33, 5], X: [1, 2, 15, 19, 34, 30], G: [44, 45], C: [7, 9], D: [8, 10], A: [42, 18], O: [18, 29] };
const maybe = <T>(a: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(a, { nil: undefined });
const drop = <T extends object>(x: T): T => Object.fromEntries(Object.entries(x).filter(([, v]) => v !== undefined)) as T;

/** A command with anything in it that the HTTP contract lets through; ids are those of the story, or nobody's. */
const command = (s: Story): fc.Arbitrary<ContractCommand> => {
  const near = fc.integer({ min: -90, max: 90 }).map((n) => plainDate(textOf(Math.min(last, Math.max(first, dayOf(s.now) + n)))));
  const date = fc.oneof({ weight: 1, arbitrary: anyDate }, { weight: 2, arbitrary: fc.constant(s.now) }, { weight: 5, arbitrary: near });
  const some = s.state.status === 'recorded' ? fitting[s.life.item.code] ?? [5] : [5];
  const optionNo = fc.oneof(fc.constantFrom(...some), fc.integer({ min: 1, max: 45 }));
  const life = s.state.status === 'recorded' ? s.life : null;
  const optionId = fc.constantFrom('nothing', ...(life?.options.map((o) => o.subject) ?? []));
  const noticeId = fc.constantFrom('nothing', ...(life?.notices.map((n) => n.noticeId) ?? []));
  const changeId = fc.constantFrom('nothing', ...(life?.changes.map((c) => c.data.changeId) ?? []));
  const eventId = fc.constantFrom('nothing', ...s.history.map((e) => e.id));
  const contract = fc.record({ item: fc.constantFrom(...ITEM_CODES), accounts, accepted: date, billed: date, fee }).map((g) => s.contractCommand(g));
  const notice = fc.record({ arrivedOn: date, designatedOn: fc.option(date), onForm: fc.boolean() });
  const others: fc.Arbitrary<ContractCommand>[] = [
    fc
      .record({
        acceptedOn: date, billingStartsOn: date, application: fc.constant({ number: 'O', onForm: true }),
        options: fc.array(
          fc.record({ option: optionNo, accountCount: maybe(accounts), units: maybe(fc.integer({ min: 1, max: 1_000 })), fees: fc.record({ initial: maybe(fc.option(yen)), monthly: maybe(fee) }).map(drop) }).map(drop),
          { minLength: 1, maxLength: 2 },
        ),
      })
      .map((body) => ({ name: 'AddOptions', body })),
    fc
      .record({
        accountCount: accounts, effectiveOn: date, requestedBy: fc.constantFrom('contractor' as const, 'provider' as const), noticedOn: maybe(date), reason: fc.constant('text'),
        fees: maybe(fee.map((monthly) => ({ monthly }))), optionFees: maybe(fc.tuple(optionId, fee).map(([id, monthly]) => ({ [id]: { monthly } }))), optionAccountCounts: maybe(fc.tuple(optionId, accounts).map(([id, n]) => ({ [id]: n }))),
      })
      .map((body) => ({ name: 'ChangeAccountCount', body: drop(body) })),
    changeId.map((id) => ({ name: 'WithdrawAccountCountChange', changeId: id, body: { reason: 'text' } })),
    notice.map((body) => ({ name: 'NotifyCancellation', body })),
    fc.tuple(optionId, notice).map(([id, body]) => ({ name: 'NotifyOptionCancellation', optionId: id, body })),
    fc.tuple(noticeId, maybe(optionId), date).map(([id, option, consentedOn]) => drop({ name: 'WithdrawNotice' as const, noticeId: id, optionId: option, body: { consentedOn, reason: 'text' } })),
    fc.record({ endsOn: date, ground: fc.constantFrom('provider' as const, 'general-terms-28-2' as const, 'general-terms-28-3' as const), reason: fc.constant('text') }).map((body) => ({ name: 'Terminate', body })),
    fc
      .record({ subject: fc.oneof(fc.constant('base'), optionId), kind: fc.constantFrom('monthly' as const, 'initial' as const, 'oneTime' as const, 'excess' as const), fee: maybe(fee), effectiveOn: maybe(date), amount: maybe(yen), chargeId: maybe(eventId) })
      .map((body) => ({ name: 'Quote', body: drop(body) })),
    fc.record({ detectedOn: date, accounts, charge: fc.option(yen), optionId: maybe(optionId) }).map((body) => ({ name: 'DetectExcess', body: drop(body) })),
    fc.tuple(optionId, date, fc.boolean(), maybe(yen)).map(([id, occurredOn, attributableToContractor, charge]) => ({ name: 'ReportFault', optionId: id, body: drop({ occurredOn, attributableToContractor, charge }) })),
    fc.tuple(optionId, date).map(([id, arrivedOn]) => ({ name: 'ReceiveReplacement', optionId: id, body: { arrivedOn } })),
    fc.tuple(optionId, date).map(([id, returnedOn]) => ({ name: 'ReturnDevices', optionId: id, body: { returnedOn } })),
    fc.tuple(optionId, date, fc.option(yen)).map(([id, lostOn, charge]) => ({ name: 'ReportLoss', optionId: id, body: { lostOn, charge } })),
    fc.tuple(optionId, date).map(([id, foundOn]) => ({ name: 'ReportRecovery', optionId: id, body: { foundOn } })),
  ];
  const correction = fc.tuple(eventId, fc.option(fc.oneof(contract, ...others))).map(([id, replacement]): ContractCommand => ({ name: 'Correct', body: { eventId: id, reason: 'text' }, replacement }));
  return fc.oneof(...others, correction);
};

describe('whatever is asked within the bounds of the HTTP contract', () => {
  test('is decided or refused, never thrown at; and what is owed in 2099 can be told', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...ITEM_CODES), accounts, fc.integer({ min: first, max: first + 2_500 }), fc.gen(), (item, count, begins, gen) => {
        const s = story();
        s.contract({ item, accounts: count, billed: textOf(begins), fee: gen(() => yen) });
        for (let i = 0; i < 12 && s.state.status === 'recorded'; i++) {
          const today = Math.min(last, dayOf(s.now) + gen(() => fc.oneof(fc.constant(0), fc.nat({ max: 900 }))));
          s.at(textOf(today));
          // A void contract answers nothing more, so the story goes no further.
          const asked = gen(command, s);
          const out = s.when(asked);
          if (isDecision(out.result)) accepted++;
          if (!stands(s)) return;
        }
        s.at('2099-12-31').recordDue();
        expect(s.charges().every((c) => c.amount === null || Number.isSafeInteger(c.amount))).toBe(true);
      }),
      { numRuns, seed },
    );
    expect(accepted).toBeGreaterThan(numRuns);
  }, 600_000);
});

/** Whether the contract has not been struck. */
const stands = (s: Story): boolean => lifeOf(s.recorded, s) !== null;
