/** Gathers the evidence of a contract: events from the log, proofs from the tree, texts from the register. */
import { Worker } from 'node:worker_threads';
import type { Holidays, PlainDate } from '@app/calendar';
import { contractStream, recordStream, unitStream } from '@app/contract';
import type { Register } from '@app/erasable';
import type { EventStore, StoredEvent } from '@app/event-store';
import { concernsAlone, textRefs, unitsOf } from '@app/evidence';
import type { LoggedEvent } from '@app/transparency';
import { KeyedMutex } from '../application/mutex.js';
import { LogAltered, type EvidenceAsked, type EvidenceQueries, type LedgerQueries } from '../ports.js';
import type { Audit } from './audit.js';
import type { EvidenceJob, EvidenceMade } from './evidence-thread.js';

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

const PAGE = 500;
/** What a thread is sent has no prototypes and nothing that it does not need. */
const logged = ({ stream, revision, position, id, type, rawData, rawMetadata }: StoredEvent): LoggedEvent => ({ stream, revision, position, id, type, rawData, rawMetadata });

export class Evidence implements EvidenceQueries {
  /** One is made at a time: it is for few, and each may be large. */
  private readonly turns = new KeyedMutex();

  constructor(private readonly o: EvidenceOptions) {}

  pack(contractId: string, asked: EvidenceAsked): Promise<string | null> {
    return this.make(contractId, asked, null);
  }

  report(contractId: string, { language, ...asked }: EvidenceAsked & { readonly language: 'en' | 'ja' }): Promise<string | null> {
    return this.make(contractId, asked, language);
  }

  private async make(contractId: string, asked: EvidenceAsked, language: EvidenceJob['language']): Promise<string | null> {
    const { store, audit, register, ledgerId, origin, holidays, today } = this.o;
    const events = await store.readStream(contractStream(contractId));
    if (events.length === 0) return null;
    const related = await this.related(contractId, events, asked);
    const all = [...events, ...related];
    const { checkpoint, proofs } = await audit.provedTogether(all);
    const { keys, witnesses } = await audit.keys();
    const refs = new Set(textRefs(all.map(({ data, metadata }) => [data, metadata])).map((r) => r.ref));
    const job: EvidenceJob = {
      input: {
        ledgerId,
        origin,
        contractId,
        made: { at: new Date().toISOString(), on: today() },
        events: events.map(logged),
        related: related.map(logged),
        holidays: holidays && { name: holidays.name, from: holidays.from, to: holidays.to, days: [...holidays.days].sort() },
        checkpoint,
        proofs,
        keys: { log: keys.map((k) => k.vkey), witnesses: witnesses.map((w) => w.vkey) },
      },
      texts: asked.texts ? new Map(register.disclose(refs).map((t) => [t.ref, t])) : null,
      language,
    };
    const made = await this.turns.run('', () => inThread(job));
    if ('altered' in made) throw new LogAltered(made.altered.at, made.altered.why);
    return made.made;
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

function inThread(workerData: EvidenceJob): Promise<EvidenceMade> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./evidence-thread.js', import.meta.url), { name: 'evidence', workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread of an evidence ended before it was made')));
  });
}
