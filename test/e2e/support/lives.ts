/** Bodies and small lives that many tests begin with. */
import type { Api, Answer, Reply, Sent } from './api.js';

export type Fee =
  | { readonly kind: 'fixed'; readonly amount: number }
  | { readonly kind: 'perAccount'; readonly unit: number }
  | { readonly kind: 'tiered'; readonly tiers: readonly { readonly upTo?: number; readonly unit: number }[] };
export const fixed = (amount: number): Fee => ({ kind: 'fixed', amount });

export const UNIT = { contractor: { id: 'C-1', name: '株式会社テスト' }, name: '本社' };

export interface ContractBody {
  readonly managementUnitId: string;
  readonly item: string;
  readonly accountCount: number;
  readonly acceptedOn: string;
  readonly billingStartsOn: string;
  readonly fees: { readonly initial: number | null; readonly monthly: Fee };
  readonly application: { readonly number: string; readonly onForm: boolean };
  readonly licensorTerms: { readonly document: string; readonly agreedOn: string };
}
export const contractBody = (managementUnitId: string, over: Partial<ContractBody> = {}): ContractBody => {
  const acceptedOn = over.acceptedOn ?? over.billingStartsOn ?? '2026-01-01';
  return {
    managementUnitId,
    item: 'X',
    accountCount: 100,
    acceptedOn,
    billingStartsOn: acceptedOn,
    fees: { initial: 10_000, monthly: fixed(100_000) },
    application: { number: 'A-1', onForm: true },
    licensorTerms: { document: 'EULA 1', agreedOn: acceptedOn },
    ...over,
  };
};

export interface Applied {
  readonly option: number;
  readonly accountCount?: number;
  readonly units?: number;
  readonly fees: { readonly initial?: number | null; readonly monthly?: Fee };
}
export const optionsBody = (acceptedOn: string, options: readonly Applied[], billingStartsOn = acceptedOn) => ({ acceptedOn, billingStartsOn, application: { number: 'O-1', onForm: true }, options });
/** Options by number, with a fee where they have one. */
const NO_MONTHLY = new Set([3, 5, 6, 9, 10, 11, 12, 37, 38, 45]);
const OWN = new Set([7, 8, 18, 19, 29, 30, 31, 32, 35, 36, 39, 40, 41, 42, 43]);
export const applied = (option: number, over: Partial<Applied> = {}): Applied => ({ option, ...(OWN.has(option) ? { accountCount: 10 } : {}), fees: NO_MONTHLY.has(option) ? {} : { monthly: fixed(1_000) }, ...over });

export const notice = (arrivedOn: string, designatedOn: string | null = null, onForm = true) => ({ arrivedOn, designatedOn, onForm });

/** The answer of a call that must be taken. */
export function taken<T>(reply: Reply<T>): T {
  if (reply.status !== 200 && reply.status !== 201) throw new Error(`HTTP ${reply.status} ${reply.text.slice(0, 600)}`);
  return reply.body;
}

export async function openUnit(api: Api, body: object = UNIT): Promise<string> {
  return taken(await api.post('/v1/management-units', body)).managementUnitId;
}

/** A new contract in a unit of its own. */
export async function openContract(api: Api, over: Partial<ContractBody> = {}, sent: Sent = {}): Promise<Answer & { readonly unit: string }> {
  const unit = over.managementUnitId ?? (await openUnit(api));
  return { ...taken(await api.post('/v1/contracts', contractBody(unit, over), sent)), unit };
}

export async function addOptions(api: Api, contractId: string, on: string, options: readonly Applied[], billingStartsOn = on): Promise<Answer> {
  return taken(await api.post(`/v1/contracts/${contractId}/options`, optionsBody(on, options, billingStartsOn)));
}

/** Moves the sandbox's clock; a day already reached is left alone. */
export async function moveTo(api: Api, day: string): Promise<void> {
  const { today } = taken(await api.get<{ today: string }>('/v1/sandbox/clock'));
  if (day > today) taken(await api.put('/v1/sandbox/clock', { today: day }));
}

export const clausesOf = (body: Answer): string[] => [...new Set(body.violations.map((v) => v.clause))].sort();

/** Only what a second answer must have in common with the first: everything but its language-neutral wording. */
export const same = (body: Answer): object => JSON.parse(JSON.stringify(body)) as object;
