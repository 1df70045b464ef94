import { readFileSync } from 'node:fs';
import { option as optionRow, parsePolicies } from '@app/agreement';
import { addDays } from '@app/calendar';
import { inTheWay, lifeOf, type ContractCommand, type OpenUnit, type RecordedContract } from '@app/contract';
import { deriveId, Rejected } from '@app/kernel';
import { contractView, type ContractView, type PeriodView } from './index.js';
import { day, TestLedger, yen } from './testing/ledger.js';

interface Step {
  readonly cmd: string;
  readonly expect?: string;
  readonly id: string;
  readonly parent: string;
  readonly child: string;
  readonly option: string;
  readonly item: string;
  readonly start: string;
  readonly on: string;
  readonly accepted?: string;
  readonly arrival: string;
  readonly designated: string | null;
  readonly fee?: number;
  readonly accounts: number;
  readonly para: number;
  readonly options: readonly { readonly no: number; readonly id: string; readonly qty?: number; readonly fee?: number; readonly start?: string }[];
  readonly optionFees?: { readonly [id: string]: number };
}
type Facts = { readonly [key: string]: unknown };
interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly policy: { readonly [name: string]: string };
  readonly steps: readonly Step[];
  readonly query: { readonly as_of: string; readonly children?: readonly string[]; readonly options?: readonly string[] };
  readonly facts: { readonly [id: string]: Facts };
}
const { scenarios } = JSON.parse(readFileSync(new URL('../../../test/agreement/vectors.json', import.meta.url), 'utf8')) as { scenarios: readonly Scenario[] };

const camel = (name: string): string => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());
const REASONS: { readonly [reason: string]: string } = { provider: 'iij', 'general-terms-28-2': 'A28-2', 'general-terms-28-3': 'A28-3' };

/** Plays a scenario through the decider, and reads its facts off the shape that the API shows. */
class Stage {
  private readonly ledger: TestLedger;
  private readonly children = new Map<string, string>();
  private readonly units = new Map<string, string[]>();
  private readonly options = new Map<string, { child: string; id: string }>();

  constructor(policy: Scenario['policy']) {
    const policies = Object.fromEntries(Object.entries(policy).map(([k, v]) => [camel(k), camel(v)]));
    expect(parsePolicies(policies)).toHaveProperty('policies');
    this.ledger = new TestLedger(policies);
    this.ledger.today = day('2018-10-01');
  }

  private clock(to: string): void {
    if (to <= this.ledger.today) return;
    this.ledger.today = day(to);
    for (const id of this.children.values()) this.ledger.must(id, { name: 'RecordDue', through: this.ledger.today });
  }

  private ask(id: string, command: ContractCommand): string {
    const answer = this.ledger.ask(id, command);
    if (answer instanceof Rejected) return `reject:${[...new Set(answer.violations.map((v) => v.clause.replace('A8-3b', 'A8-3')))].join(',')}`;
    if ('malformed' in answer || 'notFound' in answer) return JSON.stringify(answer);
    if (Array.isArray(answer['optionIds'])) this.lastOptions = answer['optionIds'] as string[];
    return 'ok';
  }
  private lastOptions: string[] = [];

  do(s: Step): string {
    const child = this.children.get(s.child) ?? '';
    const application = { number: 'N', onForm: true };
    switch (s.cmd) {
      case 'openChild': {
        const before = addDays(day(s.start), -60);
        const acceptedOn = day(s.accepted ?? [s.start, before > this.ledger.today ? before : this.ledger.today].sort()[0]!);
        this.clock(acceptedOn);
        const siblings = this.units.get(s.parent) ?? [];
        const holdings = siblings.map((contractId) => {
          const life = lifeOf(this.ledger.state(contractId) as RecordedContract)!;
          return { contractId, item: life.item.code, billingStartsOn: life.contract.billingStartsOn, through: life.end?.on ?? null, void: false };
        });
        if (inTheWay({ holdings } as unknown as OpenUnit, s.item as never, day(s.start), '').length > 0) return 'reject:A4-2';
        const id = deriveId('contract', s.id);
        const result = this.ask(id, {
          name: 'ContractItem',
          body: { managementUnitId: s.parent, item: s.item, accountCount: s.accounts, acceptedOn, billingStartsOn: day(s.start), fees: { initial: 0, monthly: yen(s.fee ?? 0) }, application, licensorTerms: { document: 'EULA', agreedOn: acceptedOn } },
        });
        if (result === 'ok') {
          this.children.set(s.id, id);
          this.units.set(s.parent, [...siblings, id]);
        }
        return result;
      }
      case 'applyOptions': {
        this.clock(s.on);
        const options = s.options.map((x) => {
          const row = optionRow(x.no);
          return {
            option: x.no,
            ...(row.basis === 'units' ? { units: x.qty ?? 1 } : row.basis === 'own' ? { accountCount: x.qty ?? 1 } : row.basis === 'parity' && x.qty ? { accountCount: x.qty } : {}),
            fees: row.monthly ? { monthly: yen(x.fee ?? 0) } : {},
          };
        });
        const result = this.ask(child, { name: 'AddOptions', body: { acceptedOn: day(s.on), billingStartsOn: day(s.options[0]!.start ?? s.on), application, options } });
        if (result === 'ok') s.options.forEach((x, i) => this.options.set(x.id, { child: s.child, id: this.lastOptions[i]! }));
        return result;
      }
      case 'changeAccounts': {
        const optionFees = Object.fromEntries(Object.entries(s.optionFees ?? {}).map(([k, v]) => [this.options.get(k)!.id, { monthly: yen(v) }]));
        return this.ask(child, { name: 'ChangeAccountCount', body: { accountCount: s.accounts, effectiveOn: day(s.on), requestedBy: 'contractor', ...(s.fee === undefined ? {} : { fees: { monthly: yen(s.fee) } }), optionFees } });
      }
      case 'noticeTermination':
        this.clock(s.arrival);
        return this.ask(child, { name: 'NotifyCancellation', body: { arrivedOn: day(s.arrival), designatedOn: s.designated ? day(s.designated) : null, onForm: true } });
      case 'noticeOptionStop': {
        const o = this.options.get(s.option)!;
        this.clock(s.arrival);
        return this.ask(this.children.get(o.child)!, { name: 'NotifyOptionCancellation', optionId: o.id, body: { arrivedOn: day(s.arrival), designatedOn: s.designated ? day(s.designated) : null, onForm: true } });
      }
      case 'terminateUnder28':
        this.clock(s.on);
        return this.ask(child, { name: 'Terminate', body: { endsOn: day(s.on), ground: s.para === 2 ? 'general-terms-28-2' : 'general-terms-28-3', reason: 'r' } });
      default:
        throw new Error(`no rule for ${s.cmd}`);
    }
  }

  facts({ as_of, children = [], options = [] }: Scenario['query']): { [id: string]: Facts } {
    this.clock(as_of);
    const names = new Map([...this.options].map(([name, o]) => [o.id, name]));
    const view = (child: string): ContractView =>
      contractView(this.ledger.state(this.children.get(child)!) as RecordedContract, { asOf: day(as_of), position: '1', discontinuations: [], holidays: null });
    const out: { [id: string]: Facts } = {};
    for (const child of children) {
      const v = view(child);
      out[child] = {
        item: v.item.name,
        accounts: v.accountCount,
        end: v.end?.on ?? null,
        reason: v.end ? (REASONS[v.end.reason] ?? v.end.reason) : null,
        ...periodFacts(v.period, true),
        options: Object.fromEntries(v.options.map((o) => [names.get(o.id), o.end?.on ?? null])),
        settlement: Object.fromEntries(v.settlement.lines.map((l) => [names.get(l.subject) ?? l.subject, l.amount])),
        settlement_total: v.settlement.total,
      };
    }
    for (const name of options) {
      const { child, id } = this.options.get(name)!;
      const o = view(child).options.find((x) => x.id === id)!;
      out[name] = { end: o.end?.on ?? null, ...periodFacts(o.period, false), ...(o.accountCount === undefined ? {} : { accounts: o.accountCount }) };
    }
    return out;
  }
}

const periodFacts = (p: PeriodView, whole: boolean): Facts =>
  p.kind === 'minimum' ? { min_end: p.endsOn }
  : p.kind === 'none' ? {}
  : { term_start: p.startsOn, term_end: p.endsOn, notice_deadline: p.noticeDeadline, ...(whole ? { term_index: p.index, next_renewal: p.nextRenewalOn } : {}) };

it.each(scenarios.map((s) => [s.id, s.title, s] as const))('%s %s', (_, __, s) => {
  const stage = new Stage(s.policy);
  expect(s.steps.map((step) => stage.do(step))).toEqual(s.steps.map((step) => step.expect ?? 'ok'));
  expect(stage.facts(s.query)).toMatchObject(s.facts);
});
