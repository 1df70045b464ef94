import { readFileSync } from 'node:fs';
import { isItemCode, itemNameAt, option, periodAt, periodOfItem, periodOfOption } from '@app/agreement';
import { minDate, plainDate } from '@app/calendar';
import { valueAt } from '@app/contract';
import { story } from '@app/testing';
import type { ItemCode, PeriodRule, Policies } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import type { Outcome, Story } from '@app/testing';

interface Step {
  readonly cmd: string;
  readonly id?: string;
  readonly child?: string;
  readonly option?: string;
  readonly item?: string;
  readonly start?: string;
  readonly on?: string;
  readonly fee?: number;
  readonly accounts?: number;
  readonly arrival?: string;
  readonly designated?: string | null;
  readonly para?: number;
  readonly options?: readonly { readonly no: number; readonly id: string; readonly qty?: number; readonly fee?: number }[];
  readonly optionFees?: { readonly [id: string]: number };
}
type Facts = { readonly [name: string]: unknown };
interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly policy: { readonly [name: string]: string };
  readonly steps: readonly Step[];
  readonly results: readonly string[];
  readonly query: { readonly as_of: string };
  readonly hand: { readonly [id: string]: Facts };
  readonly facts: { readonly [id: string]: Facts };
}
const { scenarios } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as {
  scenarios: readonly Scenario[];
};

/** Scenarios name the clause of a refusal; the code says what about it. */
const REFUSALS: { readonly [clause: string]: string } = {
  'A5-2': 'option-not-for-item',
  'A5-3': 'prerequisite-missing',
  'A5-4': 'prerequisite-not-in-application',
  'A8-3': 'too-many-units',
};

const camel = (name: string): string => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());
const policiesOf = (s: Scenario): Partial<Policies> =>
  Object.fromEntries(Object.entries(s.policy).map(([k, v]) => [camel(k), camel(v)]));

/** The contracts of one scenario; option names are unique in it. */
class Stage {
  private readonly contracts = new Map<string, { readonly story: Story; readonly item: ItemCode }>();
  constructor(private readonly policies: Partial<Policies>) {}

  at(contract: string): { readonly story: Story; readonly item: ItemCode } {
    return this.contracts.get(contract)!;
  }

  /** The contract of an option, by the name of the option. */
  holding(optionName: string): { readonly story: Story; readonly item: ItemCode } {
    return [...this.contracts.values()].find((c) => c.story.idOf(optionName) !== optionName)!;
  }

  do(step: Step): Outcome {
    switch (step.cmd) {
      case 'openChild': {
        if (!isItemCode(step.item!)) throw new Error(`no item ${step.item}`);
        const told = story({ policies: this.policies, contractId: step.id! });
        this.contracts.set(step.id!, { story: told, item: step.item });
        return told.contract({ item: step.item, billed: step.start!, fee: step.fee!, accounts: step.accounts! });
      }
      case 'applyOptions': {
        const { story: told } = this.at(step.child!);
        const given = step.options!.map(({ no, id, qty, fee }) => {
          const { basis, monthly } = option(no);
          const quantity =
            basis === 'units' && qty !== undefined ? { units: qty } : basis === 'own' ? { accounts: qty ?? 1 } : {};
          return { no, as: id, ...quantity, ...(monthly ? { fee: fee ?? 1 } : {}) };
        });
        return told.at(step.on!).options(given);
      }
      case 'changeAccounts':
        return this.at(step.child!)
          .story.at(step.on!)
          .change({ accounts: step.accounts!, effective: step.on!, fee: step.fee!, optionFees: step.optionFees! });
      case 'noticeTermination':
        return this.at(step.child!)
          .story.at(step.arrival!)
          .notice('base', { designated: step.designated ?? null, as: step.arrival! });
      case 'noticeOptionStop':
        return this.holding(step.option!)
          .story.at(step.arrival!)
          .notice(step.option!, { designated: step.designated ?? null });
      case 'terminateUnder28':
        return this.at(step.child!)
          .story.at(step.on!)
          .terminate(step.on!, step.para === 2 ? 'general-terms-28-2' : 'general-terms-28-3');
      default:
        throw new Error(`no step ${step.cmd}`);
    }
  }

  /** What there is to say of a contract or an option on a day, under the names of the scenarios. */
  facts(id: string, asOf: PlainDate): Facts {
    const base = this.contracts.get(id);
    const { story: told, item } = base ?? this.holding(id);
    const { life } = told;
    const line = base ? life.base : life.options.find((o) => o.subject === told.idOf(id))!;
    const on = line.end === null ? asOf : minDate(asOf, line.end.on);
    const common = {
      end: line.end?.on ?? null,
      ...this.period(
        base ? periodOfItem(item) : periodOfOption(life.options.find((o) => o.subject === line.subject)!.row.option),
        line,
        on,
      ),
      accounts: line.counts ? valueAt(line.counts, on) : valueAt(life.base.counts!, on),
    };
    if (!base) return common;
    return {
      ...common,
      item: itemNameAt(item, on),
      reason: line.end === null ? null : line.end.reason.replace('general-terms-28', 'A28'),
      options: Object.fromEntries(life.options.map((o) => [told.nameOf(o.subject), o.end?.on ?? null])),
      settlement: told.settlements,
      settlement_total: Object.values(told.settlements).reduce((a, b) => a + b, 0),
    };
  }

  private period(
    rule: PeriodRule,
    line: { readonly billingStartsOn: PlainDate; readonly end: { readonly on: PlainDate } | null },
    on: PlainDate,
  ): Facts {
    const p = periodAt(rule, line.billingStartsOn, on, 'previousEnd');
    if (p?.kind === 'minimum') return { min_end: p.endsOn };
    if (p?.kind !== 'term') return {};
    return {
      term_index: p.index,
      term_start: p.startsOn,
      term_end: p.endsOn,
      notice_deadline: p.noticeDeadline,
      next_renewal: line.end !== null && line.end.on <= p.endsOn ? null : p.nextRenewalOn,
    };
  }
}

describe('known lives of contracts', () => {
  it('are all there', () => {
    expect(scenarios).toHaveLength(14);
  });

  it.each(scenarios.map((s) => [s.id, s.title, s] as const))('%s: %s', (_id, _title, s) => {
    const stage = new Stage(policiesOf(s));
    s.steps.forEach((step, i) => {
      const outcome = stage.do(step);
      const clause = /^reject:(.+)$/.exec(s.results[i]!)?.[1];
      if (clause === undefined) outcome.accepted();
      else outcome.refused(`${clause} ${REFUSALS[clause]}`);
    });
    for (const expected of [s.facts, s.hand])
      for (const [id, facts] of Object.entries(expected)) expect(stage.facts(id, plainDate(s.query.as_of))).toMatchObject(facts);
  });
});
