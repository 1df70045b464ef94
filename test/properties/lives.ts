/** Random lives of a contract: told to the write model and to the oracle at once, and compared after every step. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { POLICY_NAMES, POLICY_SWITCHES, vendorOf, type ItemCode, type Policies } from '@app/agreement';
import { plainDate } from '@app/calendar';
import { BASE, monthlyCharge, type ConsequenceEvent, type ContractCommand } from '@app/contract';
import { Malformed, Rejected } from '@app/kernel';
import { isDecision, story, type Outcome, type Story } from '@app/testing';
import {
  dayOf, deviceOf, hasMonthly, live, monthlyOf, oneOffs, refusalsOf, rowOf, settlementOf, termContaining, textOf, writtenBy,
  type Day, type OContract, type OFact, type OFee, type OLife, type OLine, type OOption, type OPolicies,
} from '../oracle/oracle.js';

export interface Op {
  readonly kind: 'options' | 'change' | 'withdrawChange' | 'notice' | 'withdrawNotice' | 'terminate' | 'discontinue' | 'lift' | 'quote' | 'excess' | 'returned' | 'lost' | 'correct';
  /** Days that pass before it, and whether the scheduler keeps up with them. */
  readonly gap: number;
  readonly scheduled: boolean;
  readonly n: readonly number[];
}

export interface Scenario {
  readonly item: ItemCode;
  readonly accounts: number;
  readonly accepted: Day;
  readonly ahead: number;
  readonly fee: OFee;
  readonly policies: Policies;
  readonly ops: readonly Op[];
}

const yen = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 200_001 }), fc.constant(100_000));
const feeArb: fc.Arbitrary<OFee> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fixed' as const), amount: yen }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('perAccount' as const), unit: fc.integer({ min: 0, max: 999 }) }) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 999 })).map(([upTo, a, b]): OFee => ({ kind: 'tiered', tiers: [{ upTo, unit: a }, { unit: b }] })) },
);

/** Ends of months, leap days and firsts more often than chance has them. */
const dayArb: fc.Arbitrary<Day> = fc
  .tuple(fc.integer({ min: 2019, max: 2028 }), fc.integer({ min: 1, max: 12 }), fc.oneof(fc.constantFrom(1, 28, 29, 30, 31), fc.integer({ min: 1, max: 31 })))
  .map(([y, m, d]) => Math.min(dayOf(`${y}-${String(m).padStart(2, '0')}-01`) + d - 1, dayOf(`${m === 12 ? y + 1 : y}-${String((m % 12) + 1).padStart(2, '0')}-01`) - 1));

const policiesArb: fc.Arbitrary<Policies> = fc.record(
  Object.fromEntries(
    POLICY_NAMES.map((n) => {
      const values: readonly string[] = POLICY_SWITCHES[n].values;
      // Holidays and parents are told elsewhere.
      return [n, n === 'art142' || n === 'limitsScope' ? fc.constant(values[0]!) : fc.oneof({ weight: 2, arbitrary: fc.constant(values[0]!) }, { weight: 1, arbitrary: fc.constant(values[1]!) })];
    }),
  ),
) as unknown as fc.Arbitrary<Policies>;

const KINDS: readonly (readonly [Op['kind'], number])[] = [
  ['options', 10], ['notice', 9], ['change', 6], ['withdrawNotice', 6], ['quote', 2], ['excess', 4], ['terminate', 1], ['discontinue', 1], ['lift', 1], ['withdrawChange', 2], ['returned', 2], ['lost', 2], ['correct', 4],
];
const opArb: fc.Arbitrary<Op> = fc.record({
  kind: fc.oneof(...KINDS.map(([k, weight]) => ({ weight, arbitrary: fc.constant(k) }))),
  gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 420 })),
  scheduled: fc.boolean(),
  n: fc.array(fc.nat({ max: 9_999 }), { minLength: 12, maxLength: 12 }),
});

export const scenarioArb: fc.Arbitrary<Scenario> = fc.record({
  item: fc.constantFrom<ItemCode>('X', 'X', 'X', 'X', 'L', 'L', 'L', 'G', 'G', 'D', 'C', 'A', 'O', 'B'),
  accounts: fc.oneof(fc.integer({ min: 1, max: 120 }), fc.constantFrom(49, 50, 51, 60)),
  accepted: dayArb,
  ahead: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90 })),
  fee: feeArb,
  policies: policiesArb,
  ops: fc.array(opArb, { minLength: 1, maxLength: 18, size: 'max' }),
});

/** Both tellings of one life, and by which command each fact was entered. */
export interface Told {
  readonly s: Story;
  readonly c: OContract;
  readonly entered: Map<OFact | OContract, { readonly eventId: string; readonly command: ContractCommand }>;
}

export function begin(x: Scenario): Told {
  const s = story({ policies: x.policies });
  const billed = x.accepted + x.ahead;
  const out = s.contract({ item: x.item, accounts: x.accounts, accepted: textOf(x.accepted), billed: textOf(billed), fee: x.fee, initial: 7_000 });
  const c: OContract = { item: x.item, accounts: x.accounts, accepted: x.accepted, billed, fee: x.fee, initial: 7_000, policies: x.policies as unknown as OPolicies, facts: [] };
  return { s, c, entered: new Map([[c, { eventId: out.eventId('Contracted'), command: s.lastCommand! }]]) };
}

const clausesOf = (out: Outcome): string[] => {
  const r = out.result;
  if (isDecision(r)) return [];
  assert.ok(!(r instanceof Malformed), `malformed: ${JSON.stringify(r)}`);
  assert.ok(r instanceof Rejected, JSON.stringify(r));
  return r.violations.length > 0 ? [...new Set(r.violations.map((v) => v.clause))] : ['-'];
};

/** Applications that reach the rules about several options: prerequisites, storages, devices. */
const BUNDLES: { readonly [item: string]: readonly (readonly number[])[] } = {
  X: [[15, 19], [17], [15], [17, 19], [34], [34, 34], [1, 2], [1], [30], [2, 3], [19], [2]],
  L: [[13, 18], [13], [18], [33], [33, 33], [1, 2], [1], [2], [29], [20, 24]],
  G: [[44], [44, 44], [45], [5]],
  D: [[8], [8, 9], [10]],
  C: [[7], [7, 9]],
  A: [[18], [29, 39], [42]],
};

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** One step, told to both; what one refuses the other refuses, by the same clauses. */
export function step(told: Told, op: Op): void {
  const { s, c, entered } = told;
  const to = textOf(dayOf(s.now) + op.gap);
  if (op.scheduled) s.onDay(to);
  else s.at(to);
  const today = dayOf(s.now);
  const [n0, n1, n2, n3, n4, n5, n6, n7] = op.n as [number, number, number, number, number, number, number, number];
  const life = live(c);
  const lines: OLine[] = [life.base, ...life.options];
  const past = (n: number, span: number, since: Day): Day => Math.max(today - (n % span), since);

  const tell = (fact: OFact, out: () => Outcome): void => {
    const want = refusalsOf(c, fact);
    const answer = out();
    assert.deepEqual(clausesOf(answer), want, `${JSON.stringify(fact)} of ${c.item}`);
    if (want.length > 0) return;
    c.facts.push(fact);
    const first = answer.events.find((e) => !e.type.startsWith('Discontinuation'));
    if (fact.kind !== 'discontinue') entered.set(fact, { eventId: first!.id, command: s.lastCommand! });
  };

  switch (op.kind) {
    case 'options': {
      const fitting = [...Array(45).keys()].map((i) => i + 1).filter((no) => rowOf(no).items.includes(c.item));
      const bundles = BUNDLES[c.item];
      const nos =
        bundles && n0 % 5 > 0 ? pick(bundles, op.n[8]!)
        : Array.from({ length: 1 + (n0 % 3) }, (_, i) => (op.n[8 + i]! % 7 === 0 ? 1 + (op.n[8 + i]! % 45) : pick(fitting, op.n[8 + i]!)));
      const accepted = past(n1 % 3 === 0 ? n1 : 0, 40, c.accepted);
      const billed = Math.max(accepted, n2 % 13 === 0 ? accepted : c.billed) + (n3 % 3 === 0 ? n4 % 60 : 0);
      const place = c.facts.length;
      const options = nos.map((no, i): OOption => {
        const row = rowOf(no);
        const quantities = row.basis !== '-';
        return {
          id: `${no}@${place}.${i}`,
          no,
          ...(row.basis === 'own' ? { accounts: 1 + (n5 % 70) } : {}),
          ...(row.basis === 'units' ? { units: n6 % 4 === 0 ? 1 + (n6 % 3) : 1 } : {}),
          ...(hasMonthly(no) ? { fee: quantities && n7 % 3 === 0 ? { kind: 'perAccount' as const, unit: 100 + (n7 % 900) } : { kind: 'fixed' as const, amount: 5_000 + n7 } } : {}),
          ...(row.initial === 'q' ? { initial: n5 % 5 === 0 ? null : 3_000 } : {}),
        };
      });
      tell({ kind: 'options', accepted, billed, options }, () =>
        s.options(options.map((o) => ({ no: o.no, as: o.id, accounts: o.accounts, units: o.units, fee: o.fee, initial: o.initial })) as never, { accepted: textOf(accepted), billed: textOf(billed) }),
      );
      break;
    }
    case 'change': {
      // Often the first of a month, so that excesses are covered.
      const excess = c.facts.findLast((f) => f.kind === 'excess');
      const near = excess && n7 % 3 === 0 ? excess.detected : today - 60 + (n0 % 180);
      const effective = Math.max(c.accepted, n7 % 4 === 0 ? near : dayOf(`${textOf(near).slice(0, 7)}-01`));
      const provider = n1 % 4 === 0;
      const noticed = provider && n2 % 5 > 0 ? today - (n2 % 40) : null;
      const own = life.options.filter((o) => !o.voided && rowOf(o.no!).basis === 'own');
      const priced = life.options.filter((o) => !o.voided && hasMonthly(o.no!));
      const optionFees: { [id: string]: OFee } = n3 % 2 === 0 && priced.length > 0 ? { [pick(priced, n3).subject]: { kind: 'fixed', amount: 2_000 + n3 } } : {};
      const optionAccounts: { [id: string]: number } = n4 % 2 === 0 && own.length > 0 ? { [pick(own, n4).subject]: 1 + (n4 % 120) } : {};
      const fee: OFee | null = n5 % 2 === 0 ? { kind: 'fixed', amount: 10_000 + n5 * 7 } : null;
      const id = `change@${c.facts.length}`;
      const accounts = n6 % 3 === 0 ? 48 + (n6 % 5) : 1 + (n6 % 130);
      tell({ kind: 'change', id, accounts, effective, by: provider ? 'provider' : 'contractor', noticed, fee, optionFees, optionAccounts }, () =>
        s.change({ accounts, effective: textOf(effective), by: provider ? 'provider' : 'contractor', ...(noticed === null ? {} : { noticed: textOf(noticed) }), ...(fee ? { fee } : {}), optionFees, optionAccounts, as: id }),
      );
      break;
    }
    case 'withdrawChange': {
      const withdrawn = new Set(c.facts.flatMap((f) => (f.kind === 'withdrawChange' ? [f.id] : [])));
      const open = c.facts.flatMap((f) => (f.kind === 'change' && f.effective > today && !withdrawn.has(f.id) ? [f.id] : []));
      if (open.length > 0) tell({ kind: 'withdrawChange', id: pick(open, n0) }, () => s.withdrawChange(pick(open, n0)));
      break;
    }
    case 'notice': {
      // Lines that others hang on, first.
      const weighty = life.options.filter((o) => !o.voided && [1, 13, 15, 17, 33, 34, 44].includes(o.no!));
      const line = n0 % 6 === 0 ? life.base : weighty.length > 0 && n0 % 2 === 0 ? pick(weighty, n0 >> 1) : pick(lines, n0 >> 1);
      const arrived = past(n1 % 2 === 0 ? 0 : n1, 90, line.accepted);
      const term = line.regime === 'T' ? termContaining(line.billed, Math.max(arrived, line.billed), c.policies.chainAnchor).to : arrived + 60;
      const designated = pick([null, arrived + (n2 % 60), arrived + (n2 % 500), term, term + (n2 % 40), term - (n2 % 5)], n3);
      const onForm = n4 % 9 > 0;
      const id = `notice@${c.facts.length}`;
      tell({ kind: 'notice', id, subject: line.subject, arrived, designated, onForm }, () =>
        s.notice(line.subject, { arrived: textOf(arrived), designated: designated === null ? null : textOf(designated), onForm, as: id }),
      );
      break;
    }
    case 'withdrawNotice': {
      const gone = new Set(c.facts.flatMap((f) => (f.kind === 'withdrawNotice' ? [f.id] : [])));
      const open = c.facts.flatMap((f) => (f.kind === 'notice' && !gone.has(f.id) && lines.some((l) => l.subject === f.subject) ? [f] : []));
      if (open.length === 0) break;
      const notice = pick(open, n0);
      const consented = past(n1 % 2 === 0 ? 0 : n1, 60, notice.arrived);
      tell({ kind: 'withdrawNotice', id: notice.id, consented }, () => s.withdrawNotice(notice.subject, { consented: textOf(consented), as: notice.id }));
      break;
    }
    case 'terminate': {
      const on = Math.max(c.accepted, today - 40 + (n0 % 200));
      const ground = pick(['provider', 'general-terms-28-2', 'general-terms-28-3'] as const, n1);
      tell({ kind: 'terminate', on, ground }, () => s.terminate(textOf(on), ground));
      break;
    }
    case 'discontinue': {
      if (c.facts.some((f) => f.kind === 'discontinue')) break;
      const on = Math.max(c.accepted, today - 20 + (n0 % 300));
      tell({ kind: 'discontinue', on }, () => s.discontinue(vendorOf(c.item as ItemCode), textOf(on), `d${s.discontinuations.length}`));
      break;
    }
    case 'lift': {
      const at = c.facts.findIndex((f) => f.kind === 'discontinue');
      if (at < 0) break;
      const d = s.discontinuations.find((x) => !x.lifted)!;
      s.discontinuations = s.discontinuations.map((x) => (x === d ? { ...x, lifted: true } : x));
      s.when({ name: 'ApplyDiscontinuation', discontinuation: { ...d, lifted: true } }).accepted();
      c.facts.splice(at, 1);
      break;
    }
    case 'quote': {
      const priced = lines.filter((l) => !l.voided && (l.option === null || hasMonthly(l.no!)));
      const line = pick(priced, n0);
      const effective = Math.max(line.accepted, today - 60 + (n1 % 150));
      const quantities = line.option === null || rowOf(line.no!).basis !== '-';
      const fee: OFee = quantities && n2 % 2 === 0 ? { kind: 'perAccount', unit: n2 % 777 } : { kind: 'fixed', amount: n2 * 3 };
      tell({ kind: 'quote', subject: line.subject, fee, effective }, () => s.quoteMonthly(line.subject, fee, textOf(effective)));
      break;
    }
    case 'excess': {
      const line = n0 % 2 === 0 ? life.base : pick(lines, n0);
      if (line.voided) break;
      const detected = past(n1, 60, line.accepted);
      const charge = n2 % 6 === 0 ? null : 100 + n2;
      const id = `excess@${c.facts.length}`;
      const accounts = 1 + (n3 % 30);
      tell({ kind: 'excess', id, subject: line.subject, detected, accounts, charge }, () =>
        s.excess(accounts, { detected: textOf(detected), charge, as: id, ...(line.option ? { subject: line.subject } : {}) }),
      );
      break;
    }
    case 'returned':
    case 'lost': {
      const lent = life.options.filter((o) => o.no === 2 && !o.voided);
      if (lent.length === 0) break;
      const line = pick(lent, n0);
      const on = past(n1, 60, line.accepted);
      const out = op.kind === 'returned' ? s.returned(line.subject, textOf(on)) : s.lost(line.subject, 9_000, textOf(on));
      // The oracle has no refusals of its own here.
      if (isDecision(out.result)) c.facts.push(op.kind === 'returned' ? { kind: 'returned', option: line.subject, on } : { kind: 'lost', option: line.subject, on, charge: 9_000, deemed: out.result.events.some((e) => e.type === 'Quoted') });
      break;
    }
    case 'correct':
      correct(told, op);
      break;
  }
  sameEnds(told);
}

/** Strikes a fact, or enters another (or the same once more) in its place. */
function correct({ s, c, entered }: Told, op: Op): void {
  const [n0, n1, n2, n3] = op.n as [number, number, number, number];
  const facts = c.facts.filter((f) => entered.has(f));
  const fact = n0 % 5 === 0 || facts.length === 0 ? c : pick(facts, n0);
  const { eventId, command } = entered.get(fact)!;
  const how = pick(['strike', 'repeat', 'vary', 'vary'], n1);
  let corrected: OContract = { ...c };
  let replacement: ContractCommand | null = command;

  if (fact === c) {
    if (how === 'strike') return;
    if (how === 'vary' && command.name === 'ContractItem') {
      corrected = { ...c, accounts: 45 + (n2 % 20), billed: c.billed + (n3 % 4 === 0 ? n2 % 30 : 0), fee: { kind: 'fixed', amount: 10 * n3 } };
      replacement = { name: 'ContractItem', body: { ...command.body, accountCount: corrected.accounts, billingStartsOn: plainDate(textOf(corrected.billed)), fees: { ...command.body.fees, monthly: corrected.fee } } };
    }
  } else {
    const f = fact as OFact;
    let instead: OFact | null = f;
    if (how === 'strike') {
      instead = null;
      replacement = null;
    } else if (how === 'vary') {
      const today = dayOf(s.now);
      if (f.kind === 'notice' && (command.name === 'NotifyCancellation' || command.name === 'NotifyOptionCancellation')) {
        const designated = n2 % 4 === 0 ? null : f.arrived + (n3 % 300);
        instead = { ...f, designated };
        replacement = { ...command, body: { ...command.body, designatedOn: designated === null ? null : plainDate(textOf(designated)) } };
      } else if (f.kind === 'change' && command.name === 'ChangeAccountCount') {
        const effective = Math.max(c.accepted, today - 60 + (n2 % 120));
        instead = { ...f, effective, accounts: 40 + (n3 % 40) };
        replacement = { ...command, body: { ...command.body, effectiveOn: plainDate(textOf(effective)), accountCount: instead.accounts } };
      } else if (f.kind === 'options' && command.name === 'AddOptions') {
        const billed = f.billed + (n2 % 40);
        const shorter = f.options.length > 1 && n3 % 2 === 0;
        instead = { ...f, billed, options: shorter ? f.options.slice(0, -1) : f.options };
        replacement = { ...command, body: { ...command.body, billingStartsOn: plainDate(textOf(billed)), options: shorter ? command.body.options.slice(0, -1) : command.body.options } };
      } else if (f.kind === 'excess' && command.name === 'DetectExcess') {
        instead = { ...f, accounts: 1 + (n2 % 30) };
        replacement = { ...command, body: { ...command.body, accounts: instead.accounts } };
      } else if (f.kind === 'terminate' && command.name === 'Terminate') {
        instead = { ...f, on: Math.max(c.accepted, f.on - 30 + (n2 % 60)) };
        replacement = { ...command, body: { ...command.body, endsOn: plainDate(textOf(instead.on)) } };
      }
    }
    corrected = { ...c, facts: c.facts.flatMap((x) => (x === f ? (instead ? [instead] : []) : [x])) };
  }

  // What is recorded later is judged again, each by what then stands before it; only what becomes illegal counts.
  const want = new Set<string>();
  const from = fact === c ? 0 : c.facts.indexOf(fact as OFact);
  const gap = corrected.facts.length - c.facts.length;
  corrected.facts.forEach((f, i) => {
    if (i < from) return;
    const before = refusalsOf({ ...corrected, facts: corrected.facts.slice(0, i) }, f);
    const replaced = i === from && fact !== c && gap === 0;
    const known = replaced ? [] : refusalsOf({ ...c, facts: c.facts.slice(0, i - gap) }, f);
    for (const clause of before) if (!known.includes(clause)) want.add(clause);
  });
  const cited = [...want].filter((x) => x !== '-').sort();
  const refused = cited.length > 0 ? cited : [...want];
  const out = s.correct(eventId, replacement);
  assert.deepEqual(clausesOf(out), refused, `correcting ${JSON.stringify(fact === c ? { ...c, facts: [] } : fact)} by ${how}`);
  if (refused.length > 0) return;
  const next = out.events.find((e) => e.type !== 'Corrected' && !e.type.startsWith('Discontinuation'))?.id;
  const now = fact === c ? c : corrected.facts[from]!;
  if (how !== 'strike') {
    entered.delete(fact);
    entered.set(now, { eventId: next!, command: replacement! });
  } else entered.delete(fact);
  Object.assign(c, corrected);
}

const endText = (e: { on: Day | string; reason: string; clause: string | null } | null): string | null => e && `${typeof e.on === 'number' ? textOf(e.on) : e.on} ${e.reason} ${e.clause}`;

/** Ends, voids and settlements agree. */
export function sameEnds({ s, c }: Pick<Told, 's' | 'c'>): OLife {
  const life = live(c);
  assert.equal(endText(s.life.end), endText(life.end));
  assert.deepEqual(
    s.life.options.map((o) => `${s.nameOf(o.subject)} ${o.voided ? 'void' : endText(o.end)}`),
    life.options.map((o) => `${o.subject} ${o.voided ? 'void' : endText(o.end)}`),
  );
  const settlements = Object.fromEntries([life.base, ...life.options].flatMap((l) => {
    const amount = settlementOf(life, l);
    return amount === null ? [] : [[l.subject, amount]];
  }));
  assert.deepEqual(s.settlements, settlements);
  return life;
}

function line(e: ConsequenceEvent, s: Story): string | null {
  switch (e.type) {
    case 'Renewed':
      return `Renewed ${s.nameOf(e.data.subject)} ${e.data.term} ${e.data.startsOn}..${e.data.endsOn}`;
    case 'Ended':
      return `Ended base ${e.data.on} ${e.data.reason}`;
    case 'OptionEnded':
      return `OptionEnded ${s.nameOf(e.data.optionId)} ${e.data.on} ${e.data.reason}`;
    case 'SettlementAssessed':
      return `SettlementAssessed ${s.nameOf(e.data.subject)} ${e.data.amount}`;
    case 'OptionVoided':
      return `OptionVoided ${s.nameOf(e.data.optionId)}`;
    case 'AccountCountChangeVoided':
      return `AccountCountChangeVoided ${s.nameOf(e.data.changeId)}`;
    case 'DeviceDeemedLost':
      return `DeviceDeemedLost ${s.nameOf(e.data.optionId)} ${e.data.deemedLostOn}`;
    // Told by the charges.
    case 'ExcessChargeVoided':
      return null;
  }
}

export const writtenLines = (s: Story): string[] => [...s.recorded.written.values()].flatMap((w) => line(w.event, s) ?? []).sort();

/** Everything else agrees too, once the clock has gone on by `days`. */
export function sameToTheEnd({ s, c }: Pick<Told, 's' | 'c'>, days: number): void {
  s.onDay(textOf(dayOf(s.now) + days));
  const life = sameEnds({ s, c });
  const today = dayOf(s.now);
  assert.deepEqual(writtenLines(s), writtenBy(life, today));
  const oracleLines = [life.base, ...life.options];
  [s.life.base, ...s.life.options].forEach((l, i) => {
    for (let month = c.billed; month <= Math.min(today, (life.end?.on ?? today) + 62); month += 28) {
      const got = monthlyCharge(l, textOf(month).slice(0, 7), s.life.policies)?.amount ?? null;
      assert.equal(got, monthlyOf(life, oracleLines[i]!, month), `${s.nameOf(l.subject)} in ${textOf(month).slice(0, 7)}`);
    }
  });
  const far = textOf(Math.max(today, ...oracleLines.map((l) => l.end?.on ?? 0)) + 90);
  assert.deepEqual(s.charges(far).filter((x) => x.kind !== 'monthly').map((x) => `${x.kind} ${s.nameOf(x.subject)} ${x.dueOn} ${x.amount}`).sort(), oneOffs(life));
  for (const d of s.life.devices) {
    const want = deviceOf(life, life.options.find((o) => o.subject === s.nameOf(d.optionId))!);
    assert.deepEqual({ due: d.returnDueOn, deemedLost: d.deemedLostOn }, { due: want.due && textOf(want.due), deemedLost: want.deemedLost && textOf(want.deemedLost) });
  }
  // Terms tile the time line, whatever was undone on the way.
  for (const l of oracleLines.filter((x) => x.regime === 'T' && !x.voided)) {
    const terms = [...s.recorded.written.values()].flatMap((w) => (w.event.type === 'Renewed' && s.nameOf(w.event.data.subject) === l.subject ? [w.event.data] : [])).sort((a, b) => a.term - b.term);
    terms.forEach((t, i) => {
      assert.equal(t.term, i + 2);
      assert.equal(dayOf(t.startsOn), i === 0 ? termContaining(l.billed, l.billed, c.policies.chainAnchor).to + 1 : dayOf(terms[i - 1]!.endsOn) + 1);
    });
  }
  assert.ok(s.endOf(BASE) === null || life.end !== null);
}
