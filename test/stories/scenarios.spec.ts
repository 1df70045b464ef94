import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { itemNameAt, option, type ItemCode, type Policies } from '@app/agreement';
import { minimumEnd, periodAt, valueAt, type Line } from '@app/contract';
import { story, type Outcome, type Story } from '@app/testing';
import { plainDate } from '@app/calendar';

/** The contract lives with known answers, told to the pure write model. */
interface Step {
  readonly cmd: string;
  readonly id?: string;
  readonly child?: string;
  readonly option?: string;
  readonly item?: string;
  readonly start?: string;
  readonly accepted?: string;
  readonly on?: string;
  readonly fee?: number;
  readonly accounts?: number;
  readonly arrival?: string;
  readonly recorded?: string;
  readonly designated?: string | null;
  readonly para?: 2 | 3;
  readonly options?: readonly { readonly no: number; readonly id: string; readonly fee?: number; readonly qty?: number; readonly start?: string }[];
  readonly optionFees?: { readonly [id: string]: number };
  readonly expect?: string;
}
interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly policy: { readonly [name: string]: string };
  readonly steps: readonly Step[];
  readonly query: { readonly as_of: string; readonly children?: readonly string[]; readonly options?: readonly string[] };
  readonly facts: { readonly [name: string]: { readonly [fact: string]: unknown } };
}

const { scenarios } = JSON.parse(readFileSync(new URL('../agreement/vectors.json', import.meta.url), 'utf8')) as { scenarios: readonly Scenario[] };
const SWITCH: { readonly [name: string]: keyof Policies } = { option_term: 'optionTerm', option_exempt: 'optionExempt', storage_cascade: 'storageCascade' };
const REASON: { readonly [reason: string]: string } = { 'general-terms-28-2': 'A28-2', 'general-terms-28-3': 'A28-3', provider: 'iij' };

function play(children: Map<string, Story>, sc: Scenario, s: Step): Outcome {
  const policies = Object.fromEntries(Object.entries(sc.policy).map(([k, v]) => [SWITCH[k]!, v]));
  const of = (id: string): Story => children.get(id)!;
  const ofOption = (id: string): Story => [...children.values()].find((c) => c.idOf(id) !== id)!;
  const to = (c: Story, day: string): Story => (c.onDay(day > c.now ? day : c.now), c);
  switch (s.cmd) {
    case 'openChild': {
      const c = story({ policies, contractId: s.id! });
      children.set(s.id!, c);
      return c.contract({ item: s.item!, accounts: s.accounts!, billed: s.start!, accepted: s.accepted ?? s.start!, fee: s.fee! });
    }
    case 'applyOptions': {
      const c = to(of(s.child!), s.on!);
      return c.options(
        s.options!.map((o) => {
          const row = option(o.no);
          return {
            no: o.no, as: o.id,
            ...(row.monthly ? { fee: o.fee ?? 0 } : {}),
            ...(row.basis === 'units' ? { units: o.qty ?? 1 } : {}),
            ...(row.basis === 'own' ? { accounts: o.qty ?? 1 } : {}),
          };
        }),
        { billed: s.options![0]!.start ?? s.on! },
      );
    }
    case 'changeAccounts':
      return to(of(s.child!), s.recorded ?? s.on!).change({ accounts: s.accounts!, effective: s.on!, ...(s.fee === undefined ? {} : { fee: s.fee }), optionFees: s.optionFees ?? {} });
    case 'noticeTermination':
      return to(of(s.child!), s.recorded ?? s.arrival!).notice('base', { arrived: s.arrival!, designated: s.designated ?? null });
    case 'noticeOptionStop':
      return to(ofOption(s.option!), s.recorded ?? s.arrival!).notice(s.option!, { arrived: s.arrival!, designated: s.designated ?? null });
    case 'iijTerminate':
      return to(of(s.child!), s.on!).terminate(s.on!, 'provider');
    case 'terminateUnder28':
      return to(of(s.child!), s.on!).terminate(s.on!, `general-terms-28-${s.para!}`);
    default:
      throw new Error(`no mapping for ${s.cmd}`);
  }
}

function periodFacts(line: Line, day: string, policies: Policies): { [fact: string]: unknown } {
  const t = periodAt(line, plainDate(day), policies);
  if (t) return { term_index: t.index, term_start: t.startsOn, term_end: t.endsOn, notice_deadline: t.noticeDeadline, next_renewal: line.end && line.end.on <= t.endsOn ? null : t.nextRenewalOn };
  return { min_end: minimumEnd(line) };
}

describe('contract lives with known answers', () => {
  test.each(scenarios.map((sc) => [sc.id, sc.title, sc] as const))('%s %s', (_id, _title, sc) => {
    const children = new Map<string, Story>();
    for (const s of sc.steps) {
      const out = play(children, sc, s);
      const want = s.expect ?? 'ok';
      if (want === 'ok') out.accepted();
      else {
        const clauses = 'violations' in out.result ? out.result.violations.map((v) => v.clause) : [];
        assert.equal(`reject:${clauses.join(',')}`, want);
      }
    }
    for (const c of children.values()) c.onDay(sc.query.as_of > c.now ? sc.query.as_of : c.now);
    for (const [name, want] of Object.entries(sc.facts)) {
      const child = children.get(name);
      const c = child ?? [...children.values()].find((x) => x.idOf(name) !== name)!;
      const { life } = c;
      const day = life.end && life.end.on < sc.query.as_of ? life.end.on : sc.query.as_of;
      const line = child ? life.base : life.options.find((o) => o.subject === c.idOf(name))!;
      const got: { [fact: string]: unknown } = { end: line.end?.on ?? null, ...periodFacts(line, sc.query.as_of, life.policies) };
      if (line.counts) got['accounts'] = valueAt(line.counts, plainDate(day));
      if (child)
        Object.assign(got, {
          item: itemNameAt(life.item.code as ItemCode, plainDate(day)),
          reason: life.end ? (REASON[life.end.reason] ?? life.end.reason) : null,
          options: Object.fromEntries(life.options.map((o) => [c.nameOf(o.subject), o.end?.on ?? null])),
          settlement: c.settlements,
          settlement_total: life.settlements.reduce((sum, x) => sum + x.amount, 0),
        });
      for (const [fact, value] of Object.entries(want)) {
        if (value === null && got[fact] === undefined) continue;
        if (fact === 'settlement') for (const [k, yen] of Object.entries(value as { [k: string]: number })) assert.equal(c.settlements[k] ?? 0, yen, `settlement of ${k}`);
        else assert.deepEqual(got[fact], value, `${name}.${fact}`);
      }
    }
  });
});
