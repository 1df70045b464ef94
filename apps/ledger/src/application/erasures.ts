import type { Holidays, PlainDate } from '@app/calendar';
import { lifeOf, unitStream, type RecordedContract } from '@app/contract';
import type { Register } from '@app/erasable';
import { WrongExpectedRevision } from '@app/event-store';
import { deriveId, Rejected } from '@app/kernel';
import type { ContractorHolds } from '@app/read-models';
import type { Context, Desk, Ended } from './context.js';
import { stamp, type Stampable } from './metadata.js';
import { erasureStream, systemEvents } from './system-events.js';

/** References in one event: an append holds 1 MiB, a reference takes 39 bytes. */
const AT_ONCE = 20_000;

export interface ErasureOptions {
  readonly register: Register;
  readonly retentionYears: number;
  readonly holidays: Holidays | null;
  /** What is held under a contractor's id by everything recorded so far; null: nobody bears it. */
  readonly contractor: (contractorId: string) => Promise<ContractorHolds | null>;
  readonly contract: (contractId: string) => Promise<RecordedContract | null>;
}

/**
 * Removes a contractor's names and texts for good. The event comes first and names each text, so that whatever a crash
 * or a restored backup leaves is removed at the next start, and nothing that was written later is.
 */
export class Erasures {
  constructor(
    private readonly desk: Desk,
    private readonly o: ErasureOptions,
  ) {}

  /** Keeps the contractor's units still meanwhile: no contract is concluded between the look and the erasure. */
  async erase(c: Context): Promise<Ended> {
    const contractorId = c.envelope.params['contractor']!;
    return this.desk.alone(contractorLock(contractorId), async () => {
      const held = await this.o.contractor(contractorId);
      if (held === null) return { done: { status: 404, what: 'contractor' } };
      return held.managementUnits.reduceRight<() => Promise<Ended>>((inner, unit) => () => this.desk.alone(unitStream(unit), inner), () => this.eraseAlone(c, contractorId))();
    });
  }

  private async eraseAlone(c: Context, contractorId: string): Promise<Ended> {
    const erasureId = deriveId('erasure', c.commandId);
    const stream = erasureStream(erasureId);
    // Read again: a contract may have been concluded before the units stood still.
    const held = await this.o.contractor(contractorId);
    const refs = await this.desk.refs(c, undefined);
    const refused = await this.judge(held?.contracts ?? [], c.today);
    if (refused) return this.desk.refused(c, stream, refused, refs);
    const texts = this.o.register.held(contractorId);
    const event: Stampable = { id: deriveId('event', c.commandId, 0), type: 'ContractorErased', data: { erasureId, contractorId, refs: texts.slice(0, AT_ONCE) }, receipts: [] };
    const answer = { erasureId, contractorId, texts: Math.min(texts.length, AT_ONCE), remaining: Math.max(0, texts.length - AT_ONCE) };
    const body = { ...answer, events: [{ id: event.id, type: event.type, data: event.data }], receipts: [], warnings: [] };
    if (c.envelope.preview) return { done: { status: 200, body: { ...body, position: null, preview: true }, replayed: false } };
    try {
      const result = await this.desk.append(c.commandId, stream, 'no_stream', stamp([event], systemEvents, this.desk.stampOf(c, refs), { status: 201, ...answer }));
      this.o.register.erase({ refs: texts.slice(0, AT_ONCE) });
      return { done: { status: 201, body: { ...body, revision: result.revision, position: result.position }, replayed: false } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }

  /** Refused while a contract lives, and until the years of retention have run. */
  private async judge(contracts: readonly string[], today: PlainDate): Promise<Rejected | null> {
    let last: { contractId: string; on: PlainDate } | null = null;
    for (const contractId of contracts) {
      const state = await this.o.contract(contractId);
      if (!state) continue;
      const on = lastDayOf(state, this.o.holidays);
      if (on === null) return new Rejected('contract-live', [], { contractId, endsOn: null, allowedFrom: null });
      if (last === null || on > last.on) last = { contractId, on };
    }
    if (last === null) return null;
    const { contractId, on } = last;
    const allowedFrom = this.allowedFrom(on);
    if (on >= today) return new Rejected('contract-live', [], { contractId, endsOn: on, allowedFrom });
    return today < allowedFrom ? new Rejected('retention-runs', [], { contractId, endedOn: on, years: this.o.retentionYears, allowedFrom }) : null;
  }

  /** The years run from the end of the year in which the contract ended. */
  private allowedFrom = (endedOn: PlainDate): PlainDate => `${Number(endedOn.slice(0, 4)) + this.o.retentionYears + 1}-01-01` as PlainDate;

  /** Removes what an erasure names and the register still holds: after a crash, an append of unknown fate, or the restoring of a backup. Answers how many. */
  async repeat(erasureId: string): Promise<number> {
    let erased = 0;
    for (const e of await this.desk.readStream(erasureStream(erasureId))) erased += this.o.register.erase({ refs: (e.data as { refs: readonly string[] }).refs as string[] });
    return erased;
  }
}

export const contractorLock = (contractorId: string): string => `contractor ${contractorId}`;

/** The last day of a contract; null while none is fixed. One that counts as never concluded is kept as if it had ended on its acceptance. */
function lastDayOf(state: RecordedContract, holidays: Holidays | null): PlainDate | null {
  const life = lifeOf(state, { holidays });
  // Options end with their contract at the latest.
  if (life) return life.end?.on ?? null;
  const entry = state.entries.find((e) => e.type === 'Contracted');
  if (entry?.type !== 'Contracted') throw new Error(`contract ${state.contractId} has no entry`);
  return entry.data.acceptedOn;
}
