import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenBook } from '@app/access';
import { DEFAULT_POLICIES } from '@app/agreement';
import { plainDate } from '@app/calendar';
import { openRegister, type Register } from '@app/erasable';
import { openEmbeddedStore, StoreUnavailable, UnknownOutcome, type EventStore } from '@app/event-store';
import { deriveId } from '@app/kernel';
import { Unavailable, type CommandEnvelope, type CommandName, type CommandOutcome } from '../ports.js';
import { Application } from './application.js';

/** How the next append to streams of a category goes wrong: not written, not known and not written, or not known and written. */
type Fault = 'unavailable' | 'lost' | 'written';

let folder: string;
let store: EventStore;
let register: Register;
let application: Application;
let fault: { readonly category: string; readonly how: Fault } | null;

/** The store, failing where told to, once. */
function faulty(inner: EventStore): EventStore {
  return new Proxy(inner, {
    get(target, name) {
      if (name !== 'append') return (target[name as keyof EventStore] as (...args: unknown[]) => unknown).bind(target);
      return async (...args: Parameters<EventStore['append']>) => {
        const [stream] = args;
        if (!fault || !stream.startsWith(fault.category)) return target.append(...args);
        const { how } = fault;
        fault = null;
        if (how === 'unavailable') throw new StoreUnavailable('away');
        if (how === 'written') await target.append(...args);
        throw new UnknownOutcome(stream);
      };
    },
  });
}

const open = (): Application => {
  const made = new Application({
    store: faulty(store),
    register,
    tokens: new TokenBook(),
    policies: DEFAULT_POLICIES,
    holidays: null,
    build: 'test',
    fourEyes: true,
    retentionYears: 10,
    today: () => plainDate('2026-03-01'),
    reads: { usesOf: () => [], commandsAt: () => null, contractsOfItems: () => [], waitFor: async () => undefined, contractor: async () => ({ managementUnits: [], contracts: [] }), outcomes: async () => ({ outcomes: [], nextCursor: null }) },
    webhooks: () => {
      throw new Error('no webhooks here');
    },
    log: { warn: () => undefined, error: () => undefined },
  });
  made.outcomes.openedAt(null);
  return made;
};

let keys = 0;
function send(subject: string, name: CommandName, params: CommandEnvelope['params'], body: object, key = `k${++keys}`): Promise<CommandOutcome> {
  const caller = { subject, role: 'operator', tokenId: deriveId('token', subject) } as const;
  return application.execute({ name, params, body, replacement: null, caller, idempotencyKey: key, requestHash: deriveId('hash', name, JSON.stringify([params, body])), ifMatch: null, preview: false, requestId: 'r' });
}
const bodyOf = (outcome: CommandOutcome): { readonly [name: string]: string } => {
  if (!('body' in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.body as never;
};
const types = async (stream: string): Promise<string[]> => (await store.readStream(stream)).map((e) => e.type);

/** A withdrawal that waits. */
async function waiting(): Promise<{ contractId: string; approvalId: string }> {
  const { managementUnitId } = bodyOf(await send('asker', 'OpenManagementUnit', {}, { contractor: { id: 'C', name: 'n' }, name: 'u' }));
  const contract = { managementUnitId, item: 'X', accountCount: 10, acceptedOn: '2026-01-01', billingStartsOn: '2026-01-01', fees: { initial: 0, monthly: { kind: 'fixed', amount: 1 } }, application: { number: 'A', onForm: true }, licensorTerms: { document: 'd', agreedOn: '2026-01-01' } };
  const { contractId } = bodyOf(await send('asker', 'ContractItem', {}, contract));
  const { noticeId } = bodyOf(await send('asker', 'NotifyCancellation', { id: contractId }, { arrivedOn: '2026-02-01', designatedOn: null, onForm: true }));
  const { approvalId } = bodyOf(await send('asker', 'WithdrawNotice', { id: contractId, noticeId }, { consentedOn: '2026-02-10', reason: 'both agree' }));
  return { contractId, approvalId };
}
const decide = (subject: string, approvalId: string, decision: 'approve' | 'reject', key: string): Promise<CommandOutcome> => send(subject, 'DecideApproval', { approvalId }, { decision, reason: 'seen' }, key);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'approvals-'));
  store = await openEmbeddedStore({ file: join(folder, 'log.sqlite') });
  register = openRegister({ file: join(folder, 'register.sqlite') });
  application = open();
  fault = null;
});
afterEach(async () => {
  await application.close();
  register.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const FAULTS: readonly (readonly [string, Fault])[] = (['contract', 'approval'] as const).flatMap((category) => (['unavailable', 'lost', 'written'] as const).map((how) => [category, how] as const));

describe.each(FAULTS)('an append to %s that fails (%s) while an approval is carried out', (category, how) => {
  const broken = async (): Promise<{ contractId: string; approvalId: string }> => {
    const asked = await waiting();
    fault = { category, how };
    await expect(decide('second', asked.approvalId, 'approve', 'the-decision')).rejects.toBeInstanceOf(Unavailable);
    return asked;
  };
  const whole = async ({ contractId, approvalId }: { contractId: string; approvalId: string }): Promise<void> => {
    expect((await types(`contract-${contractId}`)).filter((t) => t === 'NoticeWithdrawn')).toHaveLength(1);
    expect(await types(`approval-${approvalId}`)).toEqual(['ApprovalRequested', 'ApprovalGranted']);
    const granted = (await store.readStream(`approval-${approvalId}`))[1]!.metadata;
    expect([granted.actor.subject, granted.commandId]).toEqual(['second', deriveId('command', 'second', 'the-decision')]);
  };

  it('is made whole by the repeated decision', async () => {
    const asked = await broken();
    const again = await decide('second', asked.approvalId, 'approve', 'the-decision');
    expect(bodyOf(again)).toMatchObject({ state: 'approved', result: { status: 200, body: { contractId: asked.contractId } } });
    await whole(asked);
    expect(bodyOf(await decide('second', asked.approvalId, 'approve', 'the-decision'))).toEqual(bodyOf(again));
  });

  it('is not undone by somebody who decides otherwise in between', async () => {
    const asked = await broken();
    const other = await decide('third', asked.approvalId, 'reject', 'another-decision');
    // Only what had certainly not happened may still be turned down.
    const happened = !(category === 'contract' && how === 'unavailable');
    if (!happened) {
      expect(bodyOf(other)).toMatchObject({ state: 'rejected' });
      expect(await types(`contract-${asked.contractId}`)).not.toContain('NoticeWithdrawn');
      return;
    }
    expect(other).toMatchObject({ status: 409, rejected: { code: 'approval-decided', facts: { status: 'approved', decidedBy: 'second' } } });
    await whole(asked);
  });

  it('is made whole by the next start, where it had happened', async () => {
    const asked = await broken();
    application = open();
    await application.approvals.sweep(asked.approvalId);
    // A process that ended forgot what it had not been told of: the log alone says what happened.
    if (category === 'contract' && how !== 'written') expect(await types(`approval-${asked.approvalId}`)).toEqual(['ApprovalRequested']);
    else await whole(asked);
    await decide('second', asked.approvalId, 'approve', 'the-decision');
    await whole(asked);
  });
});

it('does not carry out a text that is not what was asked', async () => {
  const { contractId, approvalId } = await waiting();
  const { request } = (await store.readStream(`approval-${approvalId}`))[0]!.data as unknown as { request: { ref: string } };
  register.erase({ refs: [request.ref] });
  expect(await decide('second', approvalId, 'approve', 'a')).toMatchObject({ status: 409, rejected: { code: 'approval-text-gone', facts: { text: 'erased' } } });
  expect(await types(`contract-${contractId}`)).not.toContain('NoticeWithdrawn');
});

it.each(['unavailable', 'lost', 'written'] as const)('erases what a question named although the append of the erasure failed (%s)', async (how) => {
  await send('asker', 'OpenManagementUnit', {}, { contractor: { id: 'C', name: 'n' }, name: 'u' });
  const { approvalId } = bodyOf(await send('asker', 'EraseContractor', { contractor: 'C' }, { reason: 'the period has passed' }));
  expect(register.held('C')).toHaveLength(2);
  fault = { category: 'erasure', how };
  await expect(decide('second', approvalId, 'approve', 'the-decision')).rejects.toBeInstanceOf(Unavailable);
  expect(bodyOf(await decide('second', approvalId, 'approve', 'the-decision'))).toMatchObject({ state: 'approved', result: { status: 201 } });
  expect(register.held('C')).toEqual([]);
  expect(await types(`approval-${approvalId}`)).toEqual(['ApprovalRequested', 'ApprovalGranted']);
});

it('carries it out once where several decide at once', async () => {
  const { contractId, approvalId } = await waiting();
  const outcomes = await Promise.all(['second', 'third', 'fourth'].map((who) => decide(who, approvalId, 'approve', `by-${who}`)));
  // Whoever comes later is told that it is decided, not what the command would now be refused for.
  expect(outcomes.map((o) => ('rejected' in o ? o.rejected.code : String(o.status))).sort()).toEqual(['200', 'approval-decided', 'approval-decided']);
  expect((await types(`contract-${contractId}`)).filter((t) => t === 'NoticeWithdrawn')).toHaveLength(1);
});
