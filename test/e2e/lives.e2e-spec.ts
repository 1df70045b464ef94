/**
 * Random lives, many at a time on one clock, told to the running service and to the day-by-day oracle: they agree on
 * every refusal, end, settlement and charge. `LIVES` for more, `SEED` for others.
 */
import assert from 'node:assert/strict';
import { ITEM_CODES } from '@app/agreement';
import {
  accountsOn, dayOf, deviceOf, feeOn, hasMonthly, live, monthlyOf, oneOffs, refusalsOf, rowOf, settlementOf, termContaining, textOf, writtenBy,
  type Day, type OContract, type OFact, type OFee, type OLine, type OOption, type OPolicies,
} from '../oracle/oracle.js';
import { clausesOf, contractBody, moveTo, notice, openUnit, taken } from './support/lives.js';
import { ledgerctl } from './support/ledgerctl.js';
import { random } from './support/load.js';
import { endServices, Service } from './support/service.js';
import type { Answer, Api } from './support/api.js';

const LIVES = Number(process.env['LIVES'] ?? 14);
const STEPS = Number(process.env['STEPS'] ?? 10);
const SEED = Number(process.env['SEED'] ?? 20251001);
afterAll(endServices, 60_000);

const DEFAULTS: OPolicies = { optionTerm: 'annex', optionExempt: 'follow', storageCascade: 'last', lateDesignation: 'renew', proration: 'calendar', rounding: 'floor', chainAnchor: 'previousEnd', minAccounts: 'continuing', prerequisiteRemoval: 'reject', severalNotices: 'earliest' };
const OTHERS: OPolicies = { optionTerm: 'literal', optionExempt: 'literal', storageCascade: 'any', lateDesignation: 'expire', proration: 'contract', rounding: 'halfUp', chainAnchor: 'originalStart', minAccounts: 'entry', prerequisiteRemoval: 'endDependents', severalNotices: 'last' };
const BUNDLES: { readonly [item: string]: readonly (readonly number[])[] } = {
  X: [[15, 19], [17], [15], [34], [34, 34], [1, 2], [2, 3], [19], [30, 5]],
  L: [[13, 18], [13], [18], [33], [33, 33], [1, 2], [1, 2, 3], [29], [20, 24], [2]],
  G: [[44], [44, 44], [45], [5]], D: [[8], [8, 9], [10]], C: [[7], [7, 9], [9]], A: [[18], [29, 39], [42]], O: [[18], [29], [11, 12]], B: [[5], [7]],
};

interface Read {
  readonly accountCount: number;
  readonly monthlyFee: number;
  readonly status: string;
  readonly end: { readonly on: string; readonly reason: string; readonly clause: string | null } | null;
  readonly options: readonly { readonly id: string; readonly status: string; readonly end: { readonly on: string; readonly reason: string; readonly clause: string | null } | null }[];
  readonly settlement: { readonly total: number; readonly lines: readonly { readonly subject: string; readonly amount: number }[] };
  readonly charges: readonly { readonly kind: string; readonly subject: string; readonly dueOn: string; readonly amount: number | null; readonly month?: string }[];
  readonly devices: readonly { readonly optionId: string; readonly returnDueOn: string | null; readonly deemedLostOn: string | null }[];
}

/** One contract, told twice. The oracle names options, notices and changes by the ids that the service gave. */
class LifeOverHttp {
  readonly c: OContract;
  private position = '';
  commands = 0;
  refused = 0;

  private constructor(
    private readonly api: Api,
    readonly id: string,
    c: OContract,
    private readonly next: () => number,
  ) {
    this.c = c;
  }

  static async begin(api: Api, today: Day, policies: OPolicies, next: () => number): Promise<LifeOverHttp> {
    const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
    const accepted = today - whole(0, 500);
    const billed = accepted + (next() < 0.5 ? 0 : whole(1, 60));
    const item = next() < 0.4 ? 'X' : next() < 0.5 ? 'L' : ITEM_CODES[whole(0, 7)]!;
    const c: OContract = { item, accounts: [49, 50, 51, 60, 100][whole(0, 4)]!, accepted, billed, fee: LifeOverHttp.fee(next, true), initial: 7_000, policies, facts: [] };
    const unit = await openUnit(api);
    const { contractId } = taken(await api.post('/v1/contracts', contractBody(unit, { item, accountCount: c.accounts, acceptedOn: textOf(accepted), billingStartsOn: textOf(billed), fees: { initial: 7_000, monthly: c.fee } })));
    return new LifeOverHttp(api, contractId, c, next);
  }

  private static fee(next: () => number, quantity: boolean): OFee {
    const n = Math.floor(next() * 10_000);
    if (!quantity || next() < 0.6) return { kind: 'fixed', amount: n * 11 };
    return next() < 0.6 ? { kind: 'perAccount', unit: n % 999 } : { kind: 'tiered', tiers: [{ upTo: 1 + (n % 70), unit: n % 500 }, { unit: n % 300 }] };
  }
  private whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }
  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** What the oracle refuses the service refuses, by the same clauses, and a preview says so beforehand. */
  private async tell(path: string, body: object, fact: OFact, named: (fact: OFact, answer: Answer) => void = () => undefined): Promise<void> {
    const want = refusalsOf(this.c, fact);
    const url = `/v1/contracts/${this.id}/${path}`;
    const preview = this.next() < 0.3 ? await this.api.post(`${url}?preview=true`, body) : null;
    const r = await this.api.post(url, body);
    this.commands++;
    const about = `${url} ${JSON.stringify(body)} of ${this.c.item}`;
    if (preview) assert.deepEqual([preview.status, preview.body.events?.map((e) => e.type)], [r.status, r.body.events?.map((e) => e.type)], about);
    const got = r.status === 409 ? (r.body.violations.length > 0 ? clausesOf(r.body) : ['-']) : [];
    assert.ok([200, 409].includes(r.status), `${about} ${r.text.slice(0, 300)}`);
    assert.deepEqual(got.map((x) => (x === 'A8-3b' ? 'A8-3' : x)), want, `${about} ${JSON.stringify(this.c)}`);
    if (want.length > 0) {
      this.refused++;
      return;
    }
    this.position = r.body.position;
    named(fact, r.body);
    this.c.facts.push(fact);
  }

  async step(today: Day): Promise<void> {
    const { c } = this;
    const life = live(c);
    const lines: OLine[] = [life.base, ...life.options];
    const since = (day: Day, line: { accepted: Day }): Day => Math.max(day, line.accepted);
    const what = this.next();
    if (what < 0.3 || (c.facts.length === 0 && what < 0.7)) {
      const accepted = since(today - (this.next() < 0.3 ? this.whole(0, 40) : 0), c);
      const billed = Math.max(accepted, this.next() < 0.05 ? accepted : c.billed) + (this.next() < 0.3 ? this.whole(0, 60) : 0);
      const options = this.pick(BUNDLES[c.item]!).map((no): OOption => {
        const row = rowOf(no);
        return {
          id: '', no,
          ...(row.basis === 'own' ? { accounts: this.whole(1, 70) } : {}),
          ...(row.basis === 'units' ? { units: this.next() < 0.3 ? this.whole(1, 3) : 1 } : {}),
          ...(hasMonthly(no) ? { fee: LifeOverHttp.fee(this.next, row.basis !== '-') } : {}),
          ...(row.initial === 'q' ? { initial: this.next() < 0.2 ? null : 3_000 } : {}),
        };
      });
      await this.tell(
        'options',
        {
          acceptedOn: textOf(accepted), billingStartsOn: textOf(billed), application: { number: 'O', onForm: true },
          options: options.map((o) => ({ option: o.no, ...(o.accounts ? { accountCount: o.accounts } : {}), ...(o.units ? { units: o.units } : {}), fees: { ...(o.initial === undefined ? {} : { initial: o.initial }), ...(o.fee ? { monthly: o.fee } : {}) } })),
        },
        { kind: 'options', accepted, billed, options },
        (_, answer) => answer.optionIds.forEach((id, i) => (options[i]!.id = id)),
      );
    } else if (what < 0.42) {
      const excess = c.facts.findLast((f) => f.kind === 'excess');
      const near = excess && this.next() < 0.4 ? excess.detected : today + this.whole(-60, 120);
      const effective = since(this.next() < 0.7 ? dayOf(`${textOf(near).slice(0, 7)}-01`) : near, c);
      const provider = this.next() < 0.25;
      const noticed = provider && this.next() < 0.8 ? today - this.whole(0, 40) : null;
      const open = life.options.filter((o) => !o.voided);
      const own = open.filter((o) => rowOf(o.no!).basis === 'own');
      const priced = open.filter((o) => hasMonthly(o.no!));
      const optionFees: { [id: string]: OFee } = priced.length > 0 && this.next() < 0.5 ? { [this.pick(priced).subject]: { kind: 'fixed', amount: this.whole(0, 9_999) } } : {};
      const optionAccounts: { [id: string]: number } = own.length > 0 && this.next() < 0.5 ? { [this.pick(own).subject]: this.whole(1, 120) } : {};
      const fee = this.next() < 0.5 ? LifeOverHttp.fee(this.next, true) : null;
      const accounts = this.next() < 0.3 ? this.whole(48, 52) : this.whole(1, 130);
      await this.tell(
        'account-count',
        {
          accountCount: accounts, effectiveOn: textOf(effective), requestedBy: provider ? 'provider' : 'contractor', ...(provider ? { reason: 'excess' } : {}), ...(noticed === null ? {} : { noticedOn: textOf(noticed) }),
          ...(fee ? { fees: { monthly: fee } } : {}), optionFees: Object.fromEntries(Object.entries(optionFees).map(([k, monthly]) => [k, { monthly }])), optionAccountCounts: optionAccounts,
        },
        { kind: 'change', id: '', accounts, effective, by: provider ? 'provider' : 'contractor', noticed, fee, optionFees, optionAccounts },
        (f, answer) => ((f as { id: string }).id = answer.changeId),
      );
    } else if (what < 0.64) {
      const weighty = life.options.filter((o) => !o.voided && [1, 13, 15, 17, 33, 34, 44].includes(o.no!));
      const line = this.next() < 0.25 ? life.base : weighty.length > 0 && this.next() < 0.5 ? this.pick(weighty) : this.pick(lines);
      const arrived = since(today - (this.next() < 0.5 ? 0 : this.whole(0, 90)), line);
      const to = line.regime === 'T' ? termContaining(line.billed, Math.max(arrived, line.billed), c.policies.chainAnchor).to : arrived + 60;
      const designated = this.next() < 0.25 ? null : this.next() < 0.5 ? to + this.whole(-3, 3) : arrived + this.whole(0, 300);
      const onForm = this.next() < 0.92;
      await this.tell(
        line.option ? `options/${line.subject}/cancellation-notices` : 'cancellation-notices',
        notice(textOf(arrived), designated === null ? null : textOf(designated), onForm),
        { kind: 'notice', id: '', subject: line.subject, arrived, designated, onForm },
        (f, answer) => ((f as { id: string }).id = answer.noticeId),
      );
    } else if (what < 0.74) {
      const withdrawn = new Set(c.facts.flatMap((f) => (f.kind === 'withdrawNotice' ? [f.id] : [])));
      const open = c.facts.flatMap((f) => (f.kind === 'notice' && !withdrawn.has(f.id) ? [f] : []));
      if (open.length === 0) return;
      const n = this.pick(open);
      const consented = Math.max(n.arrived, today - (this.next() < 0.5 ? 0 : this.whole(0, 60)));
      await this.tell(`${n.subject === 'base' ? '' : `options/${n.subject}/`}cancellation-notices/${n.id}/withdrawals`, { consentedOn: textOf(consented), reason: 'both agree' }, { kind: 'withdrawNotice', id: n.id, consented });
    } else if (what < 0.78) {
      const on = since(today + this.whole(-40, 160), c);
      const ground = this.pick(['provider', 'general-terms-28-2', 'general-terms-28-3']);
      await this.tell('terminations', { endsOn: textOf(on), ground, reason: 'ends' }, { kind: 'terminate', on, ground });
    } else if (what < 0.86) {
      const line = this.pick(lines.filter((l) => !l.voided && (l.option === null || hasMonthly(l.no!))));
      const effective = since(today + this.whole(-60, 90), line);
      const fee = LifeOverHttp.fee(this.next, line.option === null || rowOf(line.no!).basis !== '-');
      await this.tell('quotations', { subject: line.subject, kind: 'monthly', fee, effectiveOn: textOf(effective) }, { kind: 'quote', subject: line.subject, fee, effective });
    } else if (what < 0.95) {
      const line = this.next() < 0.5 ? life.base : this.pick(lines);
      if (line.voided) return;
      const detected = since(today - this.whole(0, 60), line);
      const accounts = this.whole(1, 30);
      const charge = this.next() < 0.2 ? null : this.whole(100, 9_999);
      await this.tell('excess-usages', { detectedOn: textOf(detected), accounts, charge, ...(line.option ? { optionId: line.subject } : {}) }, { kind: 'excess', id: '', subject: line.subject, detected, accounts, charge }, (f, answer) => ((f as { id: string }).id = answer.chargeId));
    } else {
      const withdrawn = new Set(c.facts.flatMap((f) => (f.kind === 'withdrawChange' ? [f.id] : [])));
      const open = c.facts.flatMap((f) => (f.kind === 'change' && f.effective > today && !withdrawn.has(f.id) ? [f.id] : []));
      if (open.length > 0) {
        const id = this.pick(open);
        await this.tell(`account-count/${id}/withdrawals`, { reason: 'not wanted' }, { kind: 'withdrawChange', id });
      }
    }
    await this.same(today);
  }

  private async read(asOf?: Day): Promise<Read> {
    return taken(await this.api.get<Read>(`/v1/contracts/${this.id}?${asOf === undefined ? '' : `asOf=${textOf(asOf)}&`}${this.position ? `atLeast=${this.position}` : ''}`));
  }

  /** The contract as it stands is as the oracle says. */
  async same(today: Day): Promise<void> {
    const life = live(this.c);
    const lines = [life.base, ...life.options];
    const got = await this.read();
    const end = (e: OLine['end']) => e && { on: textOf(e.on), reason: e.reason, clause: e.clause };
    const about = JSON.stringify(this.c);
    assert.deepEqual(got.end, end(life.end), about);
    assert.deepEqual(got.options.map((o) => [o.id, o.status === 'voided' ? 'void' : o.end]), life.options.map((o) => [o.subject, o.voided ? 'void' : end(o.end)]), about);
    const want = Object.fromEntries(lines.flatMap((l) => { const yen = settlementOf(life, l); return yen === null ? [] : [[l.subject, yen]]; }));
    assert.deepEqual(Object.fromEntries(got.settlement.lines.map((l) => [l.subject, l.amount])), want, about);
    assert.equal(got.settlement.total, Object.values(want).reduce((a, b) => a + b, 0));
    const day = life.end && life.end.on < today ? life.end.on : today;
    assert.equal(got.accountCount, accountsOn(life, day), about);
    assert.equal(got.monthlyFee, feeOn(life, life.base, day), about);
    assert.equal(got.status, life.end ? (today > life.end.on ? 'ended' : 'cancelling') : today < this.c.billed ? 'accepted' : 'active', about);
  }

  /** Everything that was written and charged is what the oracle says. */
  async sameToTheEnd(today: Day): Promise<void> {
    await this.same(today);
    const life = live(this.c);
    const lines = [life.base, ...life.options];
    const about = JSON.stringify(this.c);
    const far = Math.max(today, ...lines.map((l) => l.end?.on ?? 0)) + 90;
    const { charges, devices } = await this.read(far);
    assert.deepEqual(charges.filter((x) => x.kind !== 'monthly').map((x) => `${x.kind} ${x.subject} ${x.dueOn} ${x.amount}`).sort(), oneOffs(life), about);
    for (const d of devices) {
      const want = deviceOf(life, life.options.find((o) => o.subject === d.optionId)!);
      if (life.options.find((o) => o.subject === d.optionId)!.voided) continue;
      assert.deepEqual([d.returnDueOn, d.deemedLostOn], [want.due && textOf(want.due), want.deemedLost && textOf(want.deemedLost)], about);
    }
    for (const line of lines)
      for (let month = this.c.billed; month <= Math.min(today, (life.end?.on ?? today) + 62); month += 28) {
        const name = textOf(month).slice(0, 7);
        const got = charges.filter((x) => x.kind === 'monthly' && x.subject === line.subject && x.dueOn.startsWith(name)).map((x) => x.amount);
        const want = monthlyOf(life, line, month);
        assert.deepEqual(got, want === null ? [] : [want], `${line.subject} in ${name} ${about}`);
      }
    // What stands written: every consequence that was not undone.
    const { events } = taken(await this.api.get<{ events: { id: string; type: string; data: { [name: string]: unknown } }[] }>(`/v1/contracts/${this.id}/history?limit=500`));
    const undone = new Set(events.flatMap((e) => (typeof e.data['undoes'] === 'string' ? [e.data['undoes']] : [])));
    const written = events.filter((e) => !undone.has(e.id)).flatMap(({ type, data: d }) => {
      switch (type) {
        case 'Renewed': return [`Renewed ${String(d['subject'])} ${String(d['term'])} ${String(d['startsOn'])}..${String(d['endsOn'])}`];
        case 'Ended': return [`Ended base ${String(d['on'])} ${String(d['reason'])}`];
        case 'OptionEnded': return [`OptionEnded ${String(d['optionId'])} ${String(d['on'])} ${String(d['reason'])}`];
        case 'SettlementAssessed': return [`SettlementAssessed ${String(d['subject'])} ${String(d['amount'])}`];
        case 'OptionVoided': return [`OptionVoided ${String(d['optionId'])}`];
        case 'AccountCountChangeVoided': return [`AccountCountChangeVoided ${String(d['changeId'])}`];
        case 'DeviceDeemedLost': return [`DeviceDeemedLost ${String(d['optionId'])} ${String(d['deemedLostOn'])}`];
        default: return [];
      }
    });
    assert.deepEqual(written.sort(), writtenBy(life, today), about);
  }
}

test.each([
  ['the policies by default', DEFAULTS],
  ['every alternative', OTHERS],
])('under %s the service and the oracle agree', async (name, policies) => {
  const next = random(SEED + name.length);
  let today = dayOf('2024-02-28') + Math.floor(next() * 700);
  const s = await Service.start({ today: textOf(today), policies: policies as unknown as { [name: string]: string } });
  const lives = await Promise.all(Array.from({ length: LIVES }, () => LifeOverHttp.begin(s.api, today, policies, next)));
  for (let i = 0; i < STEPS; i++) {
    await Promise.all(lives.map((l) => l.step(today)));
    today += next() < 0.3 ? 0 : Math.floor(next() * (next() < 0.3 ? 300 : 45));
    await moveTo(s.api, textOf(today));
    await Promise.all(lives.map((l) => l.same(today)));
  }
  today += 400;
  await moveTo(s.api, textOf(today));
  await Promise.all(lives.map((l) => l.sameToTheEnd(today)));
  const sum = (f: (l: LifeOverHttp) => number): number => lives.reduce((n, l) => n + f(l), 0);
  process.stderr.write(`random lives over HTTP, ${name}, seed ${SEED}: ${lives.length} contracts, ${sum((l) => l.commands)} commands, ${sum((l) => l.refused)} refused alike, ${sum((l) => (live(l.c).end ? 1 : 0))} ended alike\n`);
  expect(sum((l) => l.commands)).toBeGreaterThan(LIVES * STEPS * 0.5);
  expect(sum((l) => l.refused)).toBeGreaterThan(0);
  // And all of it, decided again from what the log holds, comes out the same.
  const again = await ledgerctl(s, ['audit', 'replay', '--json']);
  expect([again.exit, (JSON.parse(again.out) as { differences: object[] }).differences]).toEqual([0, []]);
  expect(s.complaints()).toEqual([]);
  await s.end();
}, 300_000 + LIVES * STEPS * 500);
