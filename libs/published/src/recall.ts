/** What the translator remembers of contracts, in bounded space: what was forgotten is read back from the two logs. */
import { contractEvents, fold, NONE, type ContractState } from '@app/contract';
import { PUBLISHED_STREAM, type Envelope, type Money } from './events.js';
import type { BillingLine } from './picture.js';
import type { FeedLog, PublishedMetadata } from './ports.js';
import type { ContractMemory, SourceEvent } from './translate.js';

/** A contract's memory with the revision, in the published stream, of the last event of it there. */
export interface Remembered {
  readonly memory: ContractMemory;
  readonly lastRevision: number | null;
}

/** The contracts used last. */
export class Recent {
  private readonly entries = new Map<string, Remembered>();
  constructor(private readonly bound: number) {}

  get(stream: string): Remembered | undefined {
    const entry = this.entries.get(stream);
    if (entry === undefined) return undefined;
    this.entries.delete(stream);
    this.entries.set(stream, entry);
    return entry;
  }

  set(stream: string, entry: Remembered): void {
    this.entries.delete(stream);
    this.entries.set(stream, entry);
    if (this.entries.size > this.bound) this.entries.delete(this.entries.keys().next().value!);
  }

  get size(): number {
    return this.entries.size;
  }
}

/** The published log is not what a publisher wrote. */
export class PublishedLogBroken extends Error {
  override readonly name = 'PublishedLogBroken';
}

export const metadataOf = (event: SourceEvent): PublishedMetadata => {
  const metadata = event.metadata as unknown as Partial<PublishedMetadata>;
  if (typeof metadata.source?.position !== 'string' || metadata.previousRevision === undefined)
    throw new PublishedLogBroken(`${PUBLISHED_STREAM} ${event.revision} was not written by a publisher`);
  return metadata as PublishedMetadata;
};

async function publishedOne(log: FeedLog, revision: number): Promise<SourceEvent> {
  const [event] = await log.readStream(PUBLISHED_STREAM, { from: revision, limit: 1 });
  if (event?.revision !== revision) throw new PublishedLogBroken(`${PUBLISHED_STREAM} has no revision ${revision}`);
  return event;
}

/**
 * The last event published from a source position, or null: the published stream is ordered by source position, so this
 * takes log2(n) reads. Looks at revisions up to `through` only.
 */
export async function publishedFrom(log: FeedLog, position: string, through: number): Promise<SourceEvent | null> {
  let low = -1;
  let high = through;
  let found: SourceEvent | null = null;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const event = await publishedOne(log, middle);
    const order = log.compare(metadataOf(event).source.position, position);
    if (order <= 0) {
      low = middle;
      if (order === 0) found = event;
    } else high = middle - 1;
  }
  return found;
}

/** Events of one append have the id of their command in common. */
export const sameAppend = (a: SourceEvent, b: SourceEvent): boolean => a.stream === b.stream && a.metadata.commandId === b.metadata.commandId;

export interface Recalled {
  /** The contract's events before the append. */
  readonly before: readonly SourceEvent[];
  /** The append, whole. */
  readonly append: readonly SourceEvent[];
  /** What was published of the events before. */
  readonly published: Pick<ContractMemory, 'picture' | 'published' | 'lastId'>;
  readonly lastRevision: number | null;
}

/**
 * What both logs say of a contract up to the append that holds one of its events. `through` is the last revision of the
 * published stream that counts.
 */
export async function recall(log: FeedLog, event: SourceEvent, through: number): Promise<Recalled> {
  const history = await log.readStream(event.stream);
  const at = history.findIndex((e) => e.id === event.id);
  if (at === -1) throw new Error(`${event.stream} does not hold ${event.id}`);
  let start = at;
  while (start > 0 && sameAppend(history[start - 1]!, event)) start--;
  let end = at + 1;
  while (end < history.length && sameAppend(history[end]!, event)) end++;
  const before = history.slice(0, start);

  let last: SourceEvent | null = null;
  for (const e of before.toReversed()) if ((last = await publishedFrom(log, e.position, through)) !== null) break;
  const published = last === null ? NOTHING_PUBLISHED : await foldBackwards(log, last, event.stream);
  return { before, append: history.slice(start, end), published, lastRevision: last?.revision ?? null };
}

const NOTHING_PUBLISHED = { picture: new Map<string, BillingLine>(), published: 0, lastId: null };

/** @throws {Error} an event of an unknown type or shape */
export const remembered = ({ before, published, lastRevision }: Recalled): Remembered => ({ memory: { state: folded(before), ...published }, lastRevision });

const folded = (events: readonly SourceEvent[]): ContractState =>
  fold(NONE, events.map((e) => ({ ...e, data: contractEvents.upcast(e.type, e.metadata.schemaVersion, e.data) })));

/** What a contract's published events say together, the last word on each line standing. */
async function foldBackwards(log: FeedLog, last: SourceEvent, stream: string): Promise<Recalled['published']> {
  const picture = new Map<string, BillingLine>();
  const settled = new Set<string>();
  for (let event: SourceEvent | null = last; event !== null; ) {
    const { source, previousRevision } = metadataOf(event);
    if (source.stream !== stream) throw new PublishedLogBroken(`${PUBLISHED_STREAM} ${event.revision} is not of ${stream}`);
    const { segments, charges, voids } = (event.data as unknown as { readonly data: Money }).data;
    for (const line of [...segments, ...charges])
      if (!settled.has(line.lineId)) {
        settled.add(line.lineId);
        picture.set(line.lineId, line);
      }
    for (const id of voids) settled.add(id);
    event = previousRevision === null ? null : await publishedOne(log, previousRevision);
  }
  const envelope = last.data as unknown as Envelope;
  return { picture, published: envelope.contractsequence + 1, lastId: envelope.id };
}
