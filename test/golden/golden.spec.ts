import { readdirSync, readFileSync } from 'node:fs';
import { approvalEvents, evolveApproval, evolveToken, noApproval, noToken, TOKEN_EVENTS, type ApprovalEvent, type TokenEvent } from '@app/access';
import { contractEvents, fold, foldUnit, foldVendor, recordEvents, unitEvents, UNKNOWN_VENDOR, vendorEvents, type RecordedEvent } from '@app/contract';
import { evolveWebhook, isRegistered, noWebhook, WEBHOOK_EVENTS, type Webhook, type WebhookEvent } from '@app/delivery';
import { canonicalJson, EventRegistry, sha256Hex, type EventMetadata, type Json } from '@app/kernel';

import { accessEvents, systemEvents } from '../../apps/ledger/src/application/system-events.js';

/**
 * One sample of every event type and version that a log may hold, frozen for ever: a build that cannot read one, or
 * writes other bytes for it, cannot read the log. A new version adds a file; no file is ever edited.
 */
const SAMPLES = new URL('samples/', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, SAMPLES), 'utf8');
const parse = (path: string): Json => JSON.parse(text(path)) as Json;
const frozen = JSON.parse(readFileSync(new URL('frozen.json', import.meta.url), 'utf8')) as { readonly [path: string]: string };
const metadata = parse('metadata.v1.json') as unknown as EventMetadata;

const REGISTRIES: { readonly [category: string]: EventRegistry } = {
  contract: contractEvents,
  managementUnit: unitEvents,
  vendor: vendorEvents,
  record: recordEvents,
  token: new EventRegistry([...TOKEN_EVENTS]),
  webhook: new EventRegistry([...WEBHOOK_EVENTS]),
  approval: approvalEvents,
  ledger: only(systemEvents, 'LedgerFounded', 'PoliciesSet'),
  erasure: only(systemEvents, 'ContractorErased'),
  outcome: only(systemEvents, 'CommandRefused', 'CommandAnswered'),
  access: accessEvents,
};

/** The service's own events, by the category of the stream that holds them. */
function only(registry: EventRegistry, ...types: string[]): EventRegistry {
  return new EventRegistry(types.map((type) => ({ type, version: registry.version(type) })));
}

interface Sample {
  readonly path: string;
  readonly type: string;
  readonly version: number;
}
const samplesOf = (category: string): Sample[] =>
  readdirSync(new URL(`${category}/`, SAMPLES))
    .map((file) => {
      const [, type, version] = /^(\w+)\.v(\d+)\.json$/.exec(file) ?? [];
      if (!type) throw new Error(`${category}/${file} is no sample`);
      return { path: `${category}/${file}`, type, version: Number(version) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));

const upcast = (category: string, s: Sample): Json => REGISTRIES[category]!.upcast(s.type, s.version, parse(s.path));
const event = (type: string, data: Json, revision: number): RecordedEvent => ({ id: `${type} ${revision}`, type, revision, data, metadata });

describe('golden samples', () => {
  test('are the files that were frozen, all of them, byte for byte', () => {
    const paths = ['metadata.v1.json', ...Object.keys(REGISTRIES).flatMap((c) => samplesOf(c).map((s) => s.path))].sort();
    expect(paths).toEqual(Object.keys(frozen).sort());
    for (const path of paths) expect({ path, hash: sha256Hex(text(path)) }).toEqual({ path, hash: frozen[path] });
  });

  test.each(Object.keys(REGISTRIES))('%s: every type has exactly one sample of each of its versions', (category) => {
    const registry = REGISTRIES[category]!;
    const wanted = registry.types.flatMap((type) => Array.from({ length: registry.version(type) }, (_, i) => `${category}/${type}.v${i + 1}.json`)).sort();
    expect(samplesOf(category).map((s) => s.path)).toEqual(wanted);
  });

  test.each(Object.keys(frozen))('%s keeps its canonical bytes', (path) => {
    expect(canonicalJson(parse(path)) + '\n').toBe(text(path));
  });

  test('contract: every sample folds onto a contract', () => {
    const samples = samplesOf('contract');
    const contracted = event('Contracted', upcast('contract', samples.find((s) => s.type === 'Contracted')!), 0);
    for (const s of samples) {
      const after = fold({ status: 'none' }, [contracted, event(s.type, upcast('contract', s), 1)]);
      expect(after).toMatchObject({ status: 'recorded', revision: 1 });
    }
    expect(samples.length).toBeGreaterThanOrEqual(34);
  });

  test('units and vendors: every sample folds', () => {
    const units = samplesOf('managementUnit');
    const opened = event('ManagementUnitOpened', upcast('managementUnit', units.find((s) => s.type === 'ManagementUnitOpened')!), 0);
    const reserved = event('ItemReserved', upcast('managementUnit', units.find((s) => s.type === 'ItemReserved')!), 1);
    for (const s of units) expect(foldUnit({ status: 'none' }, [opened, reserved, event(s.type, upcast('managementUnit', s), 2)])).toMatchObject({ status: 'open', revision: 2 });
    for (const s of samplesOf('vendor')) expect(foldVendor(UNKNOWN_VENDOR, [event(s.type, upcast('vendor', s), 0)]).revision).toBe(0);
  });

  test("the service's own events are all among them", () => {
    expect(['ledger', 'erasure', 'outcome'].flatMap((c) => REGISTRIES[c]!.types).sort()).toEqual([...systemEvents.types].sort());
  });

  test('approvals: requested, then decided either way', () => {
    const [granted, rejected, requested] = samplesOf('approval').map((s) => ({ type: s.type, data: upcast('approval', s) }) as unknown as ApprovalEvent);
    const pending = evolveApproval(noApproval, { event: requested!, revision: 0, metadata });
    expect([granted!, rejected!].map((event) => evolveApproval(pending, { event, revision: 1, metadata }).status)).toEqual(['approved', 'rejected']);
  });

  test('webhooks: every sample folds onto an endpoint', () => {
    const events = samplesOf('webhook').map((s) => ({ type: s.type, data: upcast('webhook', s) }) as unknown as WebhookEvent);
    const registered = evolveWebhook(noWebhook, events.find((e) => e.type === 'WebhookRegistered')!);
    expect(isRegistered(registered)).toBe(true);
    const others = events.filter((e) => e.type !== 'WebhookRegistered');
    expect(others.length).toBe(10);
    const after = others.filter((e) => e.type !== 'WebhookRemoved').reduce<Webhook>(evolveWebhook, registered);
    expect(after).toMatchObject({ status: 'enabled', url: 'https://billing.example.com:8443/ledger', types: null, secrets: [{ until: null }, { until: '2026-04-02T00:00:00.000Z' }] });
    expect(evolveWebhook(after, others.find((e) => e.type === 'WebhookRemoved')!)).toEqual({ status: 'removed' });
  });

  test('tokens: issued, then revoked', () => {
    const [issued, revoked] = samplesOf('token').map((s) => ({ type: s.type, data: upcast('token', s) }) as unknown as TokenEvent);
    expect(evolveToken(evolveToken(noToken, issued!), revoked!).status).toBe('revoked');
  });
});
