import { ITEM_CODES, OPTIONS, VENDORS, option as optionRow, type ItemCode } from '@app/agreement';
import { addDays, type PlainDate } from '@app/calendar';
import { BASE, lifeOf, upcoming, type ContractCommand, type OptionApplied } from '@app/contract';
import { day, TestLedger, yen } from './ledger.js';

/** A small generator of numbers that are the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface LivesOptions {
  readonly seed: number;
  readonly contracts?: number;
  readonly steps?: number;
  readonly policies?: object;
}

export interface Lives {
  readonly ledger: TestLedger;
  readonly contractIds: readonly string[];
}

/** Contracts to which this and that happens over some years; what is refused does not happen. Due work is done late, or never. */
export function lives({ seed, contracts = 8, steps = 120, policies = {} }: LivesOptions): Lives {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(xs: readonly T[]): T => xs[below(xs.length)]!;
  const chance = (p: number): boolean => random() < p;
  const ledger = new TestLedger(policies);
  ledger.today = day('2024-01-15');
  const ids: { id: string; item: ItemCode }[] = [];
  const discontinued: { vendor: string; id: string }[] = [];
  const ago = (n: number): PlainDate => addDays(ledger.today, -below(n));
  const soon = (n: number): PlainDate => addDays(ledger.today, below(n));
  const around = (n: number): PlainDate => addDays(ledger.today, below(2 * n) - n);
  const fee = () => (chance(0.5) ? yen(1 + below(100_000)) : { kind: 'perAccount' as const, unit: 1 + below(1000) });

  const applied = (item: ItemCode): OptionApplied => {
    const row = pick(OPTIONS.filter((o) => o.items.includes(item)));
    return {
      option: row.option,
      ...(row.basis === 'own' ? { accountCount: 1 + below(50) } : {}),
      ...(row.basis === 'units' ? { units: 1 + below(2) } : {}),
      fees: { ...(row.monthly ? { monthly: row.basis === 'none' ? yen(1 + below(50_000)) : fee() } : {}), ...(row.initial === 'quoted' ? { initial: chance(0.5) ? null : below(5_000) } : {}) },
    };
  };

  const command = (id: string, item: ItemCode): ContractCommand | null => {
    const state = ledger.state(id);
    const life = state.status === 'recorded' ? lifeOf(state) : null;
    if (state.status !== 'recorded' || !life) return null;
    const option = life.options.length > 0 ? pick(life.options) : null;
    const device = life.options.find((o) => o.row.option === 2);
    switch (below(18)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const acceptedOn = ago(10);
        const options = [applied(item), ...(chance(0.3) ? [applied(item)] : [])];
        return { name: 'AddOptions', body: { acceptedOn, billingStartsOn: addDays(acceptedOn, below(40)), application: { number: 'O', onForm: true }, options } };
      }
      case 4:
      case 5:
        return { name: 'ChangeAccountCount', body: { accountCount: 1 + below(100), effectiveOn: around(40), requestedBy: 'contractor', ...(chance(0.3) ? { fees: { monthly: fee() } } : {}) } };
      case 6:
        return chance(0.1) ? { name: 'NotifyCancellation', body: { arrivedOn: ago(20), designatedOn: chance(0.7) ? soon(400) : null, onForm: chance(0.9) } } : null;
      case 7:
      case 8:
        return option && { name: 'NotifyOptionCancellation', optionId: option.subject, body: { arrivedOn: ago(20), designatedOn: chance(0.6) ? soon(200) : null, onForm: true } };
      case 9: {
        const notice = life.notices.length > 0 ? pick(life.notices) : null;
        return notice && { name: 'WithdrawNotice', noticeId: notice.noticeId, ...(notice.subject === BASE ? {} : { optionId: notice.subject }), body: { consentedOn: ledger.today, reason: 'r' } };
      }
      case 10:
        return chance(0.1) ? { name: 'Terminate', body: { endsOn: around(30), ground: pick(['provider', 'general-terms-28-2', 'general-terms-28-3']), reason: 'r' } } : null;
      case 11:
        return { name: 'Quote', body: { subject: option && optionRow(option.row.option).monthly ? option.subject : BASE, kind: 'monthly', fee: yen(1 + below(30_000)), effectiveOn: around(60) } };
      case 12:
        return { name: 'DetectExcess', body: { detectedOn: ago(20), accounts: 1 + below(20), charge: chance(0.5) ? null : below(9_000) } };
      case 13:
        return device ? { name: 'ReportLoss', optionId: device.subject, body: { lostOn: ago(5), charge: chance(0.5) ? null : 70_000 } } : null;
      case 14: {
        const open = life.oneOffs.find((c) => c.amount === null);
        return open && open.kind !== 'monthly' && open.kind !== 'settlement' ? { name: 'Quote', body: { subject: open.subject, kind: open.kind, amount: below(8_000), ...(open.kind === 'initial' ? {} : { chargeId: open.id }) } } : null;
      }
      case 15: {
        const entry = pick(state.entries);
        return chance(0.4) && (entry.type !== 'Contracted' || chance(0.2)) ? { name: 'Correct', body: { eventId: entry.eventId, reason: 'r' }, replacement: null } : null;
      }
      default:
        return { name: 'RecordDue', through: ledger.today };
    }
  };

  for (let step = 0; step < steps; step++) {
    ledger.today = addDays(ledger.today, below(20));
    if (ids.length < contracts && chance(0.4)) {
      const item = chance(0.5) ? pick(['X', 'D'] as const) : pick(ITEM_CODES);
      const billingStartsOn = soon(40);
      const name = `K${seed} ${step}`;
      try {
        ids.push({ id: ledger.contract(name, { item, acceptedOn: ledger.today, billingStartsOn, accountCount: 1 + below(120), fees: { initial: chance(0.3) ? null : below(10_000), monthly: fee() } }), item });
      } catch {
        // Refused: its vendor has ended the software.
      }
      continue;
    }
    if (chance(0.005)) {
      const vendor = pick(VENDORS);
      discontinued.push({ vendor, id: ledger.discontinue(vendor, around(90)) });
      continue;
    }
    if (discontinued.length > 0 && chance(0.03)) {
      const d = pick(discontinued);
      if (!ledger.vendor(d.vendor).discontinuations.find((x) => x.discontinuationId === d.id)!.lifted) ledger.correctDiscontinuation(d.vendor, d.id, chance(0.5) ? null : around(60));
      continue;
    }
    if (ids.length === 0) continue;
    const { id, item } = pick(ids);
    const asked = command(id, item);
    if (asked) ledger.ask(id, asked);
    if (chance(0.1)) ledger.recordFact({ clause: 'A6-1-1', contractId: id, occurredOn: ledger.today });
    if (chance(0.1)) ledger.refuse(id, 'A5-3');
  }
  return { ledger, contractIds: ids.map((x) => x.id) };
}

/** Whether something of a contract is due by a day. */
export const isDue = (ledger: TestLedger, contractId: string, by: PlainDate): boolean => {
  const state = ledger.state(contractId);
  return state.status === 'recorded' && upcoming(state, ledger).some((d) => d.on === null || d.on <= by);
};
