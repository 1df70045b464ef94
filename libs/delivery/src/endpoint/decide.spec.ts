import { Malformed, NotFound, Rejected } from '@app/kernel';
import { decideWebhook, evolveWebhook, isRegistered, noWebhook, signingAt, WEBHOOK_EVENTS, type RegisteredWebhook, type Webhook, type WebhookCommand, type WebhookEvent, type WebhookRegistered } from '../index.js';

const webhookId = '0f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c11';
const contractId = '1f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c11';
const eventId = '2f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c11';
const secret = (n: number) => ({ secretId: `${n}f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c22`, sealed: `v1.k.${n}` });
const description = { ref: eventId, commitment: 'ab' };
const asked: WebhookRegistered = { webhookId, url: 'https://billing.example.com/hook', types: null, fromSequence: 0, secret: secret(1) };
const registered: WebhookEvent = { type: 'WebhookRegistered', data: asked };
const allow = new Set(['127.0.0.1:8080']);

const after = (...events: readonly WebhookEvent[]): Webhook => events.reduce(evolveWebhook, noWebhook);
const decide = (webhook: Webhook, command: WebhookCommand) => decideWebhook(webhook, webhookId, command, allow);
const live = after(registered) as RegisteredWebhook;
const disabled = after(registered, { type: 'WebhookDisabled', data: { webhookId, cause: 'gone', eventId } });
const removed = after(registered, { type: 'WebhookRemoved', data: { webhookId } });
const parked = { eventId, sequence: 5, contractId };

describe('registering', () => {
  const register = (over: Partial<WebhookRegistered> = {}): WebhookCommand => ({ kind: 'Register', webhook: { ...asked, ...over } });

  it('says so once', () => {
    expect(decide(noWebhook, register())).toEqual([registered]);
    expect(decide(live, register())).toEqual([]);
    expect(decide(live, register({ url: 'https://other.example.com/' }))).toEqual(new Rejected('webhook-exists', [], { webhookId }));
    expect(decide(removed, register())).toEqual(new Rejected('webhook-exists', [], { webhookId }));
  });

  it('names everything that is malformed', () => {
    const answer = decide(noWebhook, register({ webhookId: 'x', url: 'http://127.0.0.1/', types: ['ledger.contract.ended.v1', 'nonsense', 'ledger.contract.ended.v1'] }));
    expect((answer as Malformed).errors.map((e) => e.path)).toEqual(['webhookId', 'url', 'types[1]', 'types[2]']);
    expect((decide(noWebhook, register({ types: [] })) as Malformed).errors.map((e) => e.path)).toEqual(['types']);
  });
});

describe('changing', () => {
  const change = (over: Omit<Extract<WebhookCommand, { kind: 'Change' }>, 'kind'>): WebhookCommand => ({ kind: 'Change', ...over });

  it('says each thing that changes, and nothing else', () => {
    expect(decide(live, change({ url: 'http://127.0.0.1:8080/', types: ['ledger.contract.ended.v1'], description, status: 'disabled' }))).toEqual([
      { type: 'WebhookRetargeted', data: { webhookId, url: 'http://127.0.0.1:8080/' } },
      { type: 'WebhookTypesChosen', data: { webhookId, types: ['ledger.contract.ended.v1'] } },
      { type: 'WebhookDescribed', data: { webhookId, description } },
      { type: 'WebhookDisabled', data: { webhookId, cause: 'command' } },
    ]);
    expect(decide(live, change({ url: asked.url, types: null, status: 'enabled' }))).toEqual([]);
    expect(decide(disabled, change({ status: 'disabled' }))).toEqual([]);
    expect(decide(disabled, change({ status: 'enabled' }))).toEqual([{ type: 'WebhookEnabled', data: { webhookId } }]);
    const chosen = after(registered, { type: 'WebhookTypesChosen', data: { webhookId, types: ['ledger.contract.ended.v1', 'ledger.contract.contracted.v1'] } });
    expect(decide(chosen, change({ types: ['ledger.contract.contracted.v1', 'ledger.contract.ended.v1'] }))).toEqual([]);
  });

  it('changes nothing where something is malformed', () => {
    expect((decide(live, change({ url: 'http://10.0.0.1/', types: ['x'], status: 'disabled' })) as Malformed).errors.map((e) => e.path)).toEqual(['url', 'types[0]']);
  });
});

describe('what is not there', () => {
  const commands: readonly WebhookCommand[] = [
    { kind: 'Change', status: 'disabled' },
    { kind: 'Remove' },
    { kind: 'Gone', eventId },
    { kind: 'RotateSecret', secret: secret(2), overlapHours: 1, now: '2026-04-01T00:00:00.000Z' },
    { kind: 'Skip', contractId, parked },
    { kind: 'Redeliver', event: parked, reached: true },
    { kind: 'Rewind', fromSequence: 0 },
  ];
  it.each(commands)('$kind is not found before the registration and after the removal', (command) => {
    for (const webhook of [noWebhook, removed]) expect(decide(webhook, command)).toEqual(new NotFound('webhook', webhookId));
    expect(decide(live, command)).not.toBeInstanceOf(NotFound);
  });
});

describe('a lane', () => {
  it('is reopened by a skip only where it is parked, once for an event', () => {
    const skipped: WebhookEvent = { type: 'WebhookEventSkipped', data: { webhookId, contractId, eventId, sequence: 5 } };
    expect(decide(live, { kind: 'Skip', contractId, parked })).toEqual([skipped]);
    for (const answer of [decide(live, { kind: 'Skip', contractId, parked: null }), decide(after(registered, skipped), { kind: 'Skip', contractId, parked })])
      expect(answer).toEqual(new Rejected('lane-not-parked', [], { contractId }));
    const again = after(registered, skipped, { type: 'WebhookRedeliveryAsked', data: { webhookId, contractId, eventId, sequence: 5 } });
    expect([(after(registered, skipped) as RegisteredWebhook).skipped.has(eventId), (again as RegisteredWebhook).skipped.has(eventId)]).toEqual([true, false]);
  });

  it('is not overtaken by a redelivery', () => {
    expect(decide(live, { kind: 'Redeliver', event: parked, reached: true })).toEqual([{ type: 'WebhookRedeliveryAsked', data: { webhookId, contractId, eventId, sequence: 5 } }]);
    expect(decide(live, { kind: 'Redeliver', event: parked, reached: false })).toEqual(new Rejected('event-not-reached', [], { eventId, contractId }));
  });
});

describe('secrets', () => {
  const now = '2026-04-01T00:00:00.000Z';
  const rotate = (n: number, overlapHours: number): WebhookEvent => (decide(live, { kind: 'RotateSecret', secret: secret(n), overlapHours, now }) as WebhookEvent[])[0]!;

  it('sign together while one replaces the other; at most two', () => {
    const two = after(registered, rotate(2, 24)) as RegisteredWebhook;
    const ids = (webhook: RegisteredWebhook, at: string): string[] => signingAt(webhook, at).map((s) => s.sealed);
    expect(ids(live, now)).toEqual(['v1.k.1']);
    expect(ids(two, now)).toEqual(['v1.k.2', 'v1.k.1']);
    expect(ids(two, '2026-04-01T23:59:59.999Z')).toEqual(['v1.k.2', 'v1.k.1']);
    expect(ids(two, '2026-04-02T00:00:00.000Z')).toEqual(['v1.k.2']);
    expect(ids(after(registered, rotate(2, 24), rotate(3, 1)) as RegisteredWebhook, now)).toEqual(['v1.k.3', 'v1.k.2']);
    expect(ids(after(registered, rotate(2, 0)) as RegisteredWebhook, now)).toEqual(['v1.k.2']);
  });

  it.each([-1, 169, 1.5, Number.NaN])('do not overlap for %d hours', (overlapHours) => {
    expect(decide(live, { kind: 'RotateSecret', secret: secret(2), overlapHours, now })).toBeInstanceOf(Malformed);
  });
});

describe('410', () => {
  it('disables an enabled endpoint, and nothing else', () => {
    expect(decide(live, { kind: 'Gone', eventId })).toEqual([{ type: 'WebhookDisabled', data: { webhookId, cause: 'gone', eventId } }]);
    expect(decide(disabled, { kind: 'Gone', eventId })).toEqual([]);
    expect(isRegistered(disabled) && disabled.disabledBy).toBe('gone');
  });
});

describe('a history', () => {
  it('that cannot have been decided is not believed', () => {
    expect(() => after(registered, registered)).toThrow('registered twice');
    for (const { type } of WEBHOOK_EVENTS.slice(1)) for (const before of [noWebhook, removed]) expect(() => evolveWebhook(before, { type, data: { webhookId } } as WebhookEvent)).toThrow('is not registered');
  });
});
