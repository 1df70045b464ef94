import { randomBytes } from 'node:crypto';
import { revisionAt, tablesHash } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import type { NewEvent } from '@app/event-store';
import type { ApprovedBy, EventMetadata, EventRegistry, Json, Receipt, TextRef } from '@app/kernel';
import type { CommandEnvelope } from '../ports.js';

const SALT_BYTES = 16;
let randomness = '';
let used = 0;

/** 128 random bits, hex. The system is asked for many at a time: each asking costs as much as a hash. */
function salt(): string {
  if (used === randomness.length) {
    randomness = randomBytes(SALT_BYTES * 256).toString('hex');
    used = 0;
  }
  return randomness.slice(used, (used += 2 * SALT_BYTES));
}

/** What the events of one command have in common. */
export interface Stamp {
  readonly commandId: string;
  readonly envelope: Pick<CommandEnvelope, 'caller' | 'requestHash' | 'requestId' | 'correlationId' | 'causationId'> & { readonly name: string };
  readonly channel?: string;
  readonly reason?: TextRef;
  readonly document?: TextRef;
  readonly approval?: ApprovedBy;
  readonly businessDate: PlainDate;
  readonly build: string;
  readonly causationId?: string;
}

/** A decided event on its way into a store. */
export interface Stampable {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly receipts: readonly Receipt[];
}

/**
 * Decided events with their metadata (design 1), the first carrying the answer. `recordedAt` is one instant for all of
 * an append; each event has a salt of its own.
 */
export function stamp(events: readonly Stampable[], registry: EventRegistry, s: Stamp, answer: { readonly status: number; readonly [key: string]: Json }): NewEvent[] {
  const recordedAt = new Date().toISOString();
  const agreement = { revision: revisionAt(s.businessDate).clause, tables: tablesHash() };
  const { status, ...rest } = answer;
  return events.map((e, i): NewEvent => {
    const metadata: EventMetadata = {
      commandId: s.commandId,
      command: s.envelope.name,
      requestHash: s.envelope.requestHash,
      actor: { subject: s.envelope.caller.subject, role: s.envelope.caller.role },
      ...(s.channel === undefined ? {} : { channel: s.channel }),
      ...(s.reason ? { reason: s.reason } : {}),
      ...(s.document ? { document: s.document } : {}),
      ...(s.approval ? { approval: s.approval } : {}),
      $correlationId: s.envelope.correlationId ?? s.envelope.requestId,
      $causationId: s.causationId ?? s.envelope.causationId ?? s.commandId,
      recordedAt,
      businessDate: s.businessDate,
      schemaVersion: registry.version(e.type),
      salt: salt(),
      agreement,
      build: s.build,
      receipts: e.receipts,
      ...(i === 0 ? { status, answer: rest as EventMetadata['answer'] } : {}),
    };
    return { id: e.id, type: e.type, data: e.data, metadata };
  });
}
