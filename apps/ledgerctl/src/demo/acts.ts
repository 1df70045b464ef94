import { option as optionRow } from '@app/agreement';
import type { Fee } from '@app/money';

/** Ids that earlier acts gave to names. */
export type Names = (name: string) => string;
export type JsonBody = { readonly [member: string]: unknown };

/** One call to the public API on a day of the demo. */
export interface Act {
  /** Day of the sandbox's clock. */
  readonly on: string;
  /** Names the act for ever: its idempotency key. */
  readonly key: string;
  readonly path: string | ((id: Names) => string);
  readonly body: JsonBody | ((id: Names) => JsonBody);
  /** Names for ids of the answer. */
  readonly naming?: (answer: JsonBody) => { readonly [name: string]: string };
  /** The clause the agreement refuses it with, to show a refusal. */
  readonly refusedBy?: string;
}

export interface Unit {
  readonly name: string;
  readonly contractor: { readonly id: string; readonly name: string };
  readonly title: string;
}

export const openUnit = (on: string, { name, contractor, title }: Unit): Act => ({
  on,
  key: `unit.${name}`,
  path: '/v1/management-units',
  body: { contractor, name: title, channel: 'sales' },
  naming: (answer) => ({ [name]: answer['managementUnitId'] as string }),
});

export interface Contract {
  readonly name: string;
  readonly unit: string;
  readonly item: string;
  readonly accounts: number;
  readonly acceptedOn: string;
  readonly billingStartsOn: string;
  readonly monthly: Fee;
  /** Null: still to be quoted. */
  readonly initial?: number | null;
}

export const contract = (on: string, c: Contract): Act => ({
  on,
  key: `contract.${c.name}`,
  path: '/v1/contracts',
  body: (id) => contractBody(c, id(c.unit)),
  naming: (answer) => ({
    [c.name]: answer['contractId'] as string,
    [`${c.name}.entry`]: (answer['events'] as { id: string }[])[0]!.id,
  }),
});

export const contractBody = (c: Contract, managementUnitId: string): JsonBody => ({
  managementUnitId,
  item: c.item,
  accountCount: c.accounts,
  acceptedOn: c.acceptedOn,
  billingStartsOn: c.billingStartsOn,
  fees: { initial: c.initial === undefined ? 50_000 : c.initial, monthly: c.monthly },
  application: { number: `AP-${c.name.toUpperCase()}`, onForm: true },
  licensorTerms: { document: 'EULA 2025-03', agreedOn: c.acceptedOn },
});

export interface Applied {
  readonly option: number;
  /** Accounts (own count) or units, where the option has them; parity follows the contract. */
  readonly quantity?: number;
}

/** Prices by what the tables say of an option: an initial fee where one is quoted, a monthly one where there is one. */
function applied({ option: no, quantity }: Applied): JsonBody {
  const row = optionRow(no);
  const unit = 40 + ((no * 37) % 90);
  const monthly: Fee =
    row.basis === 'none'
      ? { kind: 'fixed', amount: 8_000 + unit * 10 }
      : row.basis === 'units'
        ? { kind: 'perAccount', unit: unit * 250 }
        : { kind: 'perAccount', unit };
  return {
    option: no,
    ...(row.basis === 'own' && { accountCount: quantity ?? 50 }),
    ...(row.basis === 'units' && { units: quantity ?? 1 }),
    fees: { ...(row.initial === 'quoted' && { initial: 20_000 + unit * 100 }), ...(row.monthly && { monthly }) },
  };
}

export interface Application {
  /** Distinguishes applications of one contract. */
  readonly no?: number;
  readonly to: string;
  readonly options: readonly (number | Applied)[];
  readonly billingStartsOn?: string;
  readonly refusedBy?: string;
}

/** Options of one application; named `<contract>.<option>`. */
export function options(on: string, { no = 1, to, options: wanted, billingStartsOn = on, refusedBy }: Application): Act {
  const list = wanted.map((o) => (typeof o === 'number' ? { option: o } : o));
  return {
    on,
    key: `options.${to}.${no}`,
    path: (id) => `/v1/contracts/${id(to)}/options`,
    body: {
      acceptedOn: on,
      billingStartsOn,
      application: { number: `OP-${to.toUpperCase()}-${no}`, onForm: true },
      options: list.map(applied),
    },
    naming: (answer) => Object.fromEntries(list.map((o, i) => [`${to}.${o.option}`, (answer['optionIds'] as string[])[i]!])),
    ...(refusedBy !== undefined && { refusedBy }),
  };
}

export interface Notice {
  /** A contract, or `<contract>.<option>`. */
  readonly of: string;
  readonly designatedOn: string | null;
  readonly arrivedOn?: string;
  readonly onForm?: boolean;
  readonly refusedBy?: string;
}

export const notice = (on: string, { of, designatedOn, arrivedOn = on, onForm = true, refusedBy }: Notice): Act => ({
  on,
  key: `notice.${of}.${arrivedOn}`,
  path: (id) => `${pathOf(of, id)}/cancellation-notices`,
  body: { arrivedOn, designatedOn, onForm, channel: 'post' },
  naming: (answer) => ({ [`${of}.notice`]: answer['noticeId'] as string }),
  ...(refusedBy !== undefined && { refusedBy }),
});

/** Anything else that is asked of a contract (`of`), or of one of its options. */
export const ask = (
  on: string,
  of: string,
  what: string,
  body: Act['body'],
  more: Pick<Act, 'naming' | 'refusedBy'> = {},
): Act => ({
  on,
  key: `${of}.${what.replaceAll('/', '-')}.${on}`,
  path: (id) => `${pathOf(of, id)}/${what.replace(/\{(.+?)\}/g, (_, name: string) => id(name))}`,
  body,
  ...more,
});

const pathOf = (of: string, id: Names): string => {
  const [contractName, option] = of.split('.') as [string, string?];
  return `/v1/contracts/${id(contractName)}${option === undefined ? '' : `/options/${id(of)}`}`;
};

export const record = (on: string, key: string, clause: string, note: string, of?: string): Act => ({
  on,
  key: `record.${key}`,
  path: '/v1/records',
  body: (id) => {
    const [contractName, option] = of?.split('.') ?? [];
    return {
      clause,
      occurredOn: on,
      note,
      ...(contractName !== undefined && { contractId: id(contractName) }),
      ...(option !== undefined && { optionId: id(of!) }),
    };
  },
});

export const fixed = (amount: number): Fee => ({ kind: 'fixed', amount });
export const each = (unit: number): Fee => ({ kind: 'perAccount', unit });
export const tiers =
  (...steps: readonly (readonly [upTo: number, unit: number])[]): ((beyond: number) => Fee) =>
  (beyond) => ({
    kind: 'tiered',
    tiers: [...steps.map(([upTo, unit]) => ({ upTo, unit })), { unit: beyond }],
  });
