/** Puts the evidence of a contract together: events from the log, proofs from the tree, texts from the register. */
import type { Holidays, PlainDate } from '@app/calendar';
import { contractStream, recordStream, unitStream } from '@app/contract';
import type { Disclosed, Register } from '@app/erasable';
import type { EventStore, StoredEvent } from '@app/event-store';
import { BrokenHistory, buildPack, concernsAlone, packText, renderReport, unitsOf, verifyPack, type EvidencePack, type PackedText, type PackReport } from '@app/evidence';
import { LogAltered, type EvidenceAsked, type EvidenceQueries, type LedgerQueries } from '../ports.js';
import type { Audit } from './audit.js';

export interface EvidenceOptions {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly register: Pick<Register, 'disclose'>;
  readonly audit: Pick<Audit, 'provedTogether' | 'keys'>;
  readonly records: LedgerQueries['records'];
  readonly ledgerId: string;
  readonly origin: string;
  readonly holidays: Holidays | null;
  readonly today: () => PlainDate;
}

/** What tells that the log is not as it was signed; other findings (a text that was lost) belong into the pack. */
const ALTERED = new Set(['altered', 'missing', 'inserted', 'reordered', 'proof', 'signature', 'checkpoint', 'event']);
const PAGE = 500;

export class Evidence implements EvidenceQueries {
  constructor(private readonly o: EvidenceOptions) {}

  async pack(contractId: string, asked: EvidenceAsked): Promise<string | null> {
    const made = await this.make(contractId, asked);
    return made && made.text;
  }

  async report(contractId: string, { language, ...asked }: EvidenceAsked & { readonly language: 'en' | 'ja' }): Promise<string | null> {
    const made = await this.make(contractId, asked);
    return made && renderReport(made.pack, made.verified, language);
  }

  private async make(contractId: string, asked: EvidenceAsked): Promise<{ readonly pack: EvidencePack; readonly text: string; readonly verified: PackReport } | null> {
    const { store, audit, register, ledgerId, origin, holidays, today } = this.o;
    const events = await store.readStream(contractStream(contractId));
    if (events.length === 0) return null;
    const related = await this.related(contractId, events, asked);
    try {
      const { checkpoint, proofs } = await audit.provedTogether([...events, ...related]);
      const { keys, witnesses } = await audit.keys();
      const pack = buildPack({
        ledgerId,
        origin,
        contractId,
        made: { at: new Date().toISOString(), on: today() },
        events,
        related,
        textsOf: asked.texts ? (refs) => register.disclose(refs).map(packedText) : null,
        holidays: holidays && { name: holidays.name, from: holidays.from, to: holidays.to, days: [...holidays.days].sort() },
        checkpoint,
        proofs,
        keys: { log: keys.map((k) => k.vkey), witnesses: witnesses.map((w) => w.vkey) },
      });
      const text = packText(pack);
      // Whoever asks must not be given what does not hold as if it did.
      const verified = verifyPack(Buffer.from(text, 'utf8'), { keys: [], witnesses: [] });
      const altered = verified.findings.find((f) => ALTERED.has(f.kind));
      if (altered) throw new LogAltered(altered.at, altered.detail);
      return { pack, text, verified };
    } catch (error) {
      throw error instanceof BrokenHistory ? new LogAltered(error.at, error.why) : error;
    }
  }

  /** Events of the unit's stream and of records that concern this contract alone. */
  private async related(contractId: string, events: readonly StoredEvent[], { atLeast }: EvidenceAsked): Promise<StoredEvent[]> {
    const units = unitsOf(events);
    const streams = [...units.map(unitStream), ...(await this.recordsOf(contractId, atLeast)).map(recordStream)];
    const found = await Promise.all(streams.map((stream) => this.o.store.readStream(stream)));
    return found.flat().filter((e) => concernsAlone(e, contractId, units));
  }

  private async recordsOf(contractId: string, atLeast: string | undefined): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await this.o.records({ contractId, limit: PAGE, ...(cursor !== undefined && { cursor }), ...(atLeast !== undefined && { atLeast }) });
      ids.push(...page.records.map((r) => (r as { readonly id: string }).id));
      cursor = page.nextCursor;
    }
    return ids;
  }
}

const packedText = ({ ref, kind, text, salt, erasedAt }: Disclosed): PackedText => ({ ref, kind, text, salt, erasedAt });
