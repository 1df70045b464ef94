import type { PlainDate } from '@app/calendar';
import { LEDGER_STREAM, WrongExpectedRevision, type EventStore } from '@app/event-store';
import { canonicalJson, deriveId, type Json } from '@app/kernel';
import type { Config } from '../config.js';
import { SYSTEM } from './application.js';
import { stamp } from './metadata.js';
import { systemEvents } from './system-events.js';

/** The settings that decide: what a new contract freezes, and what commands wait for. */
export const settingsOf = ({ policies, holidays, fourEyes, retentionYears }: Pick<Config, 'policies' | 'holidays' | 'fourEyes' | 'retentionYears'>): { readonly [name: string]: Json } => ({
  policies,
  holidays: holidays && { name: holidays.name, from: holidays.from, to: holidays.to, days: [...holidays.days].sort() },
  fourEyes,
  retentionYears,
});

/** Records the settings of this start where they are not those of the last record. */
export async function recordPolicies(store: EventStore, config: Parameters<typeof settingsOf>[0], today: PlainDate, build: string): Promise<void> {
  const data = settingsOf(config);
  const events = await store.readStream(LEDGER_STREAM);
  const last = events.findLast((e) => e.type === 'PoliciesSet');
  if (last && canonicalJson(last.data) === canonicalJson(data)) return;
  const { revision } = events.at(-1)!;
  const commandId = deriveId('policies', (events[0]!.data as { ledgerId: string }).ledgerId, revision);
  const event = { id: deriveId('event', commandId, 0), type: 'PoliciesSet', data, receipts: [] };
  const envelope = { name: 'SetPolicies', caller: SYSTEM, requestHash: commandId, requestId: commandId };
  try {
    await store.append(LEDGER_STREAM, revision, stamp([event], systemEvents, { commandId, envelope, businessDate: today, build }, { status: 200 }));
  } catch (error) {
    if (!(error instanceof WrongExpectedRevision)) throw error;
    await recordPolicies(store, config, today, build);
  }
}
