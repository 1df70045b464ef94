import {
  ask,
  contract,
  contractBody,
  each,
  fixed,
  notice,
  openUnit,
  options,
  record,
  tiers,
  type Act,
  type Contract,
  type Unit,
} from './acts.js';
import { crowd } from './crowd.js';

/** The demo's year: the sandbox's clock starts on the first day and ends on the last. */
export const FIRST_DAY = '2025-04-01';
export const LAST_DAY = '2026-04-01';

const unit = (name: string, id: string, company: string, title: string): Unit => ({
  name,
  contractor: { id, name: company },
  title,
});

/** All names are invented. */
const UNITS = [
  unit('aoba', 'C-1001', '株式会社青葉精機', '本社 情報システム部'),
  unit('aoba-lab', 'C-1001', '株式会社青葉精機', '第二研究所'),
  unit('kisaragi', 'C-1002', '如月食品株式会社', '全国店舗'),
  unit('minato', 'C-1003', '港南倉庫株式会社', '物流センター'),
  unit('hoshino', 'C-1004', '星野会計事務所', '事務所'),
  unit('sazanami', 'C-1005', 'さざなみ出版株式会社', '編集・制作'),
  unit('takao', 'C-1006', '高尾観光バス株式会社', '営業所'),
  unit('wakaba', 'C-1007', '学校法人わかば学園', '校務'),
  unit('nagisa', 'C-1008', '渚リゾート株式会社', 'ホテル三館'),
] as const;

const late: Contract = {
  name: 'hoshino-d',
  unit: 'hoshino',
  item: 'D',
  accounts: 40,
  acceptedOn: '2024-11-20',
  billingStartsOn: '2024-12-01',
  monthly: each(900),
};
const mistyped: Contract = {
  name: 'takao-b',
  unit: 'takao',
  item: 'B',
  accounts: 700,
  acceptedOn: '2025-06-02',
  billingStartsOn: '2025-06-15',
  monthly: each(300),
};

/** Contracts that were there before the year began; items under the names of their day. */
const INHERITED: readonly Contract[] = [
  {
    name: 'aoba-x',
    unit: 'aoba',
    item: 'IT 資産管理/S',
    accounts: 320,
    acceptedOn: '2024-06-10',
    billingStartsOn: '2024-07-01',
    monthly: tiers([100, 700], [300, 640])(600),
    initial: 300_000,
  },
  {
    name: 'aoba-c',
    unit: 'aoba',
    item: 'C',
    accounts: 120,
    acceptedOn: '2023-01-16',
    billingStartsOn: '2023-02-01',
    monthly: each(450),
  },
  {
    name: 'kisaragi-d',
    unit: 'kisaragi',
    item: 'D',
    accounts: 260,
    acceptedOn: '2024-09-12',
    billingStartsOn: '2024-10-01',
    monthly: each(820),
  },
  {
    name: 'kisaragi-x',
    unit: 'kisaragi',
    item: 'X',
    accounts: 260,
    acceptedOn: '2024-02-13',
    billingStartsOn: '2024-02-29',
    monthly: fixed(180_000),
  },
  late,
  {
    name: 'wakaba-g',
    unit: 'wakaba',
    item: 'G',
    accounts: 80,
    acceptedOn: '2024-03-11',
    billingStartsOn: '2024-04-01',
    monthly: each(850),
  },
];

/** What happened to the customers whose contracts are told one by one. */
const TOLD: readonly Act[] = [
  ...UNITS.map((u) => openUnit(FIRST_DAY, u)),
  ...INHERITED.map((c) => contract(FIRST_DAY, c)),
  record(FIRST_DAY, 'os', 'A2', '対象 OS と版の一覧（2025 年 4 月版）を公開した'),

  // Everything an item can have: type X, renewed on 2025-07-01, with storage and filtering.
  options('2025-04-07', {
    to: 'aoba-x',
    billingStartsOn: '2025-05-01',
    options: [
      { option: 1, quantity: 2 },
      4,
      5,
      11,
      12,
      15,
      16,
      17,
      { option: 19, quantity: 200 },
      22,
      23,
      25,
      27,
      28,
      { option: 30, quantity: 40 },
      { option: 32, quantity: 5 },
      { option: 34, quantity: 2 },
      { option: 36, quantity: 320 },
    ],
  }),
  ask('2025-05-12', 'aoba-x', 'account-count', {
    accountCount: 350,
    effectiveOn: '2025-06-01',
    requestedBy: 'contractor',
    reason: '新入社員の受け入れ',
  }),
  ask(
    '2025-08-05',
    'aoba-x',
    'account-count',
    { accountCount: 410, effectiveOn: '2025-09-01', requestedBy: 'contractor' },
    { naming: (a) => ({ 'aoba-x.change': a['changeId'] as string }) },
  ),
  ask('2025-08-19', 'aoba-x', 'account-count/{aoba-x.change}/withdrawals', { reason: '増員が翌年度に延びた' }),
  ask('2025-09-16', 'aoba-x', 'quotations', {
    subject: 'base',
    kind: 'monthly',
    fee: tiers([100, 720], [300, 660])(620),
    effectiveOn: '2025-10-01',
    document: '御見積書 2025-0916',
  }),
  notice('2025-10-06', { of: 'aoba-x', designatedOn: '2026-06-30' }),
  ask('2025-10-21', 'aoba-x', 'cancellation-notices/{aoba-x.notice}/withdrawals', {
    consentedOn: '2025-10-21',
    reason: '継続の申し出に当社が同意',
  }),

  // An L contract with the tunnel, its lent devices and the work on site: faults, a loss, a return.
  contract('2025-04-14', {
    name: 'aoba-l',
    unit: 'aoba-lab',
    item: 'IT 資産管理',
    accounts: 60,
    acceptedOn: '2025-04-14',
    billingStartsOn: '2025-05-15',
    monthly: each(420),
    initial: null,
  }),
  options('2025-04-14', {
    to: 'aoba-l',
    billingStartsOn: '2025-05-15',
    options: [
      { option: 1, quantity: 1 },
      { option: 2, quantity: 1 },
      3,
      4,
      11,
      12,
      13,
      14,
      { option: 18, quantity: 30 },
      20,
      21,
      24,
      26,
      { option: 29, quantity: 10 },
      { option: 31, quantity: 3 },
      { option: 33, quantity: 1 },
      { option: 35, quantity: 60 },
    ],
  }),
  record('2025-05-08', 'setup', 'A6-1-2', '対象機器の設定が済んだとの申告を受けた', 'aoba-l'),
  ask('2025-05-20', 'aoba-l', 'quotations', { subject: 'base', kind: 'initial', amount: 120_000 }),
  ask('2025-08-04', 'aoba-l.2', 'devices/faults', {
    occurredOn: '2025-08-01',
    attributableToContractor: true,
    charge: 80_000,
    reason: '電源装置への浸水',
  }),
  ask('2025-08-12', 'aoba-l.2', 'devices/replacements', { arrivedOn: '2025-08-12' }),
  ask('2025-09-01', 'aoba-l.2', 'devices/returns', { returnedOn: '2025-08-29' }),
  record('2025-09-10', 'move', 'A8-4-1-i', '機器を別棟に移すことに当社が同意した', 'aoba-l.2'),
  // The tunnel cannot go while the devices on it stay.
  notice('2025-11-04', { of: 'aoba-l.1', designatedOn: '2025-12-31', refusedBy: 'A5-3' }),
  ask('2025-12-08', 'aoba-l.2', 'devices/losses', { lostOn: '2025-12-05', charge: null, reason: '移設中に紛失' }),
  ask('2026-01-13', 'aoba-l.2', 'devices/recoveries', { foundOn: '2026-01-10' }),
  notice('2026-02-02', { of: 'aoba-l.2', designatedOn: '2026-03-10' }),

  // C: EDR beside antivirus, more accounts than agreed, and the provider's change after prior notice.
  options('2025-05-19', { to: 'aoba-c', options: [5, 6, { option: 7, quantity: 120 }, 9, 10], billingStartsOn: '2025-06-01' }),
  options('2025-05-26', { to: 'aoba-c', no: 2, options: [{ option: 8, quantity: 10 }], refusedBy: 'A5-7' }),
  ask('2025-09-08', 'aoba-c', 'excess-usages', { detectedOn: '2025-09-05', accounts: 14, charge: 6_300 }),
  ask('2025-09-18', 'aoba-c', 'account-count', {
    accountCount: 134,
    effectiveOn: '2025-11-01',
    requestedBy: 'provider',
    noticedOn: '2025-09-18',
    reason: '契約数を超える利用が続いたため',
  }),
  ask('2026-01-19', 'aoba-c', 'excess-usages', (id) => ({
    detectedOn: '2026-01-16',
    accounts: 6,
    charge: null,
    optionId: id('aoba-c.7'),
  })),

  // D: one notice in time (nothing due), one a day late (a term more).
  options('2025-04-21', { to: 'kisaragi-d', options: [6, { option: 8, quantity: 260 }, 9] }),
  notice('2025-08-18', { of: 'kisaragi-d', designatedOn: '2025-09-30' }),
  notice('2025-11-05', { of: 'hoshino-d', designatedOn: '2025-11-30' }),
  // A notice that was not on the form is kept, and has no effect.
  notice('2025-07-07', { of: 'wakaba-g', designatedOn: '2025-08-31', onForm: false }),

  // X with storage: the storage goes, and the contract with it (a 29 February start on the way).
  options('2025-04-22', { to: 'kisaragi-x', options: [15, { option: 34, quantity: 1 }] }),
  notice('2026-01-15', { of: 'kisaragi-x.34', designatedOn: '2026-02-28' }),

  // G: recovery storage needs 50 accounts as long as it is there.
  options('2025-04-24', { to: 'wakaba-g', options: [{ option: 44, quantity: 2 }, 45] }),
  ask(
    '2025-06-09',
    'wakaba-g',
    'account-count',
    { accountCount: 45, effectiveOn: '2025-07-01', requestedBy: 'contractor' },
    { refusedBy: 'A5-19' },
  ),
  notice('2026-02-16', { of: 'wakaba-g.44', designatedOn: '2026-03-31' }),

  // O and A, and what ends them.
  contract('2025-05-07', {
    name: 'minato-o',
    unit: 'minato',
    item: 'O',
    accounts: 95,
    acceptedOn: '2025-05-07',
    billingStartsOn: '2025-05-31',
    monthly: fixed(61_000),
  }),
  options('2025-05-07', {
    to: 'minato-o',
    billingStartsOn: '2025-05-31',
    options: [11, 12, { option: 18, quantity: 60 }, { option: 29, quantity: 12 }],
  }),
  ask('2025-12-15', 'minato-o', 'terminations', { endsOn: '2026-01-31', ground: 'provider', reason: '利用料金の未払い' }),
  contract('2025-05-13', {
    name: 'takao-a',
    unit: 'takao',
    item: 'A',
    accounts: 150,
    acceptedOn: '2025-05-13',
    billingStartsOn: '2025-06-01',
    monthly: each(380),
  }),
  options('2025-05-13', {
    to: 'takao-a',
    billingStartsOn: '2025-06-01',
    options: [
      { option: 18, quantity: 80 },
      { option: 29, quantity: 20 },
      37,
      38,
      { option: 39, quantity: 150 },
      { option: 40, quantity: 30 },
      { option: 41, quantity: 10 },
      { option: 42, quantity: 150 },
      { option: 43, quantity: 25 },
    ],
  }),
  notice('2025-09-24', { of: 'takao-a.41', designatedOn: null }),
  ask('2026-02-20', 'takao-a', 'account-count', { accountCount: 130, effectiveOn: '2026-05-01', requestedBy: 'contractor' }),
  contract('2025-07-01', {
    name: 'sazanami-l',
    unit: 'sazanami',
    item: 'L',
    accounts: 55,
    acceptedOn: '2025-07-01',
    billingStartsOn: '2025-07-20',
    monthly: fixed(30_000),
  }),
  options('2025-07-01', { to: 'sazanami-l', billingStartsOn: '2025-07-20', options: [13, { option: 18, quantity: 20 }] }),
  ask('2025-11-25', 'sazanami-l', 'terminations', {
    endsOn: '2025-12-31',
    ground: 'general-terms-28-2',
    reason: '提供設備の廃止',
  }),
  // A second contract for the same item on one unit.
  {
    ...contract('2025-09-02', {
      name: 'takao-a2',
      unit: 'takao',
      item: 'A',
      accounts: 10,
      acceptedOn: '2025-09-02',
      billingStartsOn: '2025-09-15',
      monthly: each(380),
    }),
    refusedBy: 'A4-2',
  },
  // Ended before billing began: nothing is settled, the initial fee stays due.
  contract('2025-11-10', {
    name: 'nagisa-c',
    unit: 'nagisa',
    item: 'C',
    accounts: 70,
    acceptedOn: '2025-11-10',
    billingStartsOn: '2026-02-01',
    monthly: each(470),
  }),
  notice('2025-12-01', { of: 'nagisa-c', designatedOn: '2025-12-31' }),

  // B: entered with a digit too many and corrected; then the vendor gives its product up, next autumn.
  contract('2025-06-02', mistyped),
  ask('2025-06-05', 'takao-b', 'corrections', (id) => {
    const { item, managementUnitId, ...rest } = contractBody({ ...mistyped, accounts: 70 }, id('takao'));
    return {
      eventId: id('takao-b.entry'),
      reason: '申込書の契約数は 70',
      replacement: { command: '', body: { managementUnitId, item, ...rest } },
    };
  }),
  contract('2025-10-14', {
    name: 'nagisa-b',
    unit: 'nagisa',
    item: 'B',
    accounts: 33,
    acceptedOn: '2025-10-14',
    billingStartsOn: '2025-11-01',
    monthly: each(310),
  }),
  {
    on: '2026-03-16',
    key: 'discontinue.layerx',
    path: '/v1/vendors/LayerX/discontinuations',
    body: { endsOn: '2026-09-30', reason: '提供元による販売・サポートの終了' },
    naming: (answer) => ({ discontinuation: answer['discontinuationId'] as string }),
  },
  record('2026-03-18', 'location', 'A8-4-1-iii', '機器が国内にあることを確認した', 'aoba-l.2'),
];

/** The whole year by day; acts of one day keep their order. */
export function story(): Act[] {
  return [...TOLD, ...crowd()]
    .map((act, i) => ({ act, i }))
    .sort((a, b) => (a.act.on < b.act.on ? -1 : a.act.on > b.act.on ? 1 : a.i - b.i))
    .map(({ act }) => act);
}
