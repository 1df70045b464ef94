import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lifeOf, NONE, type RecordedContract } from '@app/contract';
import { plainDate, type PlainDate } from '@app/calendar';
import { openRegister, type Register } from '@app/erasable';
import { deriveId, Rejected } from '@app/kernel';
import { TestLedger } from '../../../../libs/read-models/src/testing/ledger.js';
import type { CommandEnvelope } from '../ports.js';
import type { Context, Desk } from './context.js';
import { Erasures } from './erasures.js';

let folder: string;
let register: Register;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'erasures-'));
  register = openRegister({ file: join(folder, 'register.sqlite') });
});
afterEach(() => {
  register.close();
  rmSync(folder, { recursive: true, force: true });
});

const TODAY = plainDate('2026-03-01');
const contextOf = (today: PlainDate): Context => ({ commandId: deriveId('command'), today, envelope: { name: 'EraseContractor', params: { contractor: 'K' }, body: {}, preview: false } as unknown as CommandEnvelope });

/** What an erasure of contracts that end on some days is refused with; null: it is not. */
async function refusedOn(today: PlainDate, contracts: readonly RecordedContract[], retentionYears = 10): Promise<Rejected | null> {
  let refused: Rejected | null = null;
  const desk = {
    alone: (_key: string, work: () => Promise<unknown>) => work(),
    refs: async () => ({}),
    refused: async (_c: Context, _stream: string, rejected: Rejected) => {
      refused = rejected;
      return { done: { status: 409, rejected, replayed: false } };
    },
    stampOf: () => ({ commandId: 'c', envelope: { name: 'EraseContractor', caller: { subject: 's', role: 'admin', tokenId: 't' }, requestHash: 'h', requestId: 'r' }, businessDate: today, build: 'test' }),
    append: async () => ({ revision: 0, position: '1' }),
  } as unknown as Desk;
  const ids = contracts.map((c) => c.contractId);
  const erasures = new Erasures(desk, { register, retentionYears, holidays: null, contractor: async () => ({ managementUnits: ['u'], contracts: ids }), contract: async (id) => contracts.find((c) => c.contractId === id) ?? null });
  await erasures.erase(contextOf(today));
  return refused;
}

/** A contract that ends on a day; null: not yet fixed. */
function contract(name: string, endsOn: string | null): RecordedContract {
  const ledger = new TestLedger();
  const id = ledger.contract(name, { item: 'X', billingStartsOn: '2025-01-01' });
  if (endsOn !== null) ledger.must(id, { name: 'Terminate', body: { endsOn: plainDate(endsOn), ground: 'provider', reason: 'r' } });
  const state = ledger.state(id);
  if (state === NONE || state.status !== 'recorded') throw new Error('no contract');
  expect(lifeOf(state, { holidays: null })!.end?.on ?? null).toBe(endsOn);
  return state;
}

it('waits for the years from the end of the year in which the last contract ended', async () => {
  const ended = [contract('a', '2025-06-30'), contract('b', '2025-02-28')];
  expect(await refusedOn(plainDate('2035-12-31'), ended)).toMatchObject({ code: 'retention-runs', facts: { endedOn: '2025-06-30', years: 10, allowedFrom: '2036-01-01' } });
  expect(await refusedOn(plainDate('2036-01-01'), ended)).toBeNull();
  expect(await refusedOn(plainDate('2025-12-31'), ended, 0)).toMatchObject({ facts: { allowedFrom: '2026-01-01' } });
  expect(await refusedOn(plainDate('2026-01-01'), ended, 0)).toBeNull();
});

it('always waits for a contract that lives, and names a day only where each has an end', async () => {
  const [ended, ending, open] = [contract('a', '2025-06-30'), contract('b', '2026-03-01'), contract('c', null)];
  expect(await refusedOn(TODAY, [ended, ending], 0)).toMatchObject({ code: 'contract-live', facts: { endsOn: '2026-03-01', allowedFrom: '2027-01-01' } });
  for (const all of [[ending, open], [open, ending]]) expect(await refusedOn(TODAY, all, 0)).toMatchObject({ code: 'contract-live', facts: { contractId: open.contractId, endsOn: null, allowedFrom: null } });
});

it('has nothing to wait for where there never was a contract', async () => expect(await refusedOn(TODAY, [])).toBeNull());
