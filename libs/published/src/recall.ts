/** What the translator remembers of contracts, in bounded space: what was forgotten is read back from the two logs. */
import type { Holidays } from '@app/calendar';
import { contractEvents, fold, NONE, type ContractState } from '@app/contract';
import { PUBLISHED_STREAM, type Envelope, type Money } from './events.js';
import { pictureOf, type BillingLine } from './picture.js';
import type { FeedLog, PublishedMetadata } from './ports.js';
import type { ContractMemory, SourceEvent } from './translate.js';

/** A contract's memory with the revision, in the published stream, of the last event of it there. */
export interface Remembered {
  readonly memory: ContractMemory;
  readonly lastRevision: number | null;
}

/** All that is kept of a contract that was not used lately: enough to go on with one look at its own stream. */
export interface Brief {
  /** Last revision of the contract's stream that was translated. */
  readonly revision: number;
  readonly published: number;
  readonly lastId: string | null;
  readonly lastRevision: number | null;
}

/** The contracts used last, whole; of a hundred times as many, in brief. */
export class Recent {
  private readonly whole = new Map<string, Remembered>();
  private readonly briefs = new Map<string, Brief>();
  constructor(private readonly bound: number) {}

  get(stream: string): Remembered | undefined {
    const entry = this.whole.get(stream);
    if (entry === undefined) return undefined;
    this.whole.delete(stream);
    this.whole.set(stream, entry);
    return entry;
  }

  brief(stream: string): Brief | undefined {
    return this.briefs.get(stream);
  }

  set(stream: string, entry: Remembered): void {
    this.briefs.delete(stream);
    this.whole.delete(stream);
    this.whole.set(stream, entry);
    if (this.whole.size <= this.bound) return;
    const [oldest, { memory, lastRevision }] = this.whole.entries().next().value!;
    this.whole.delete(oldest);
    const { state, published, lastId } = memory;
    if (state.status === 'none') return;
    this.briefs.set(oldest, { revision: state.revision, published, lastId, lastRevision });
    if (this.briefs.size > 100 * this.bound) this.briefs.delete(this.briefs.keys().next().value!);
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

/**
 * The memory that a brief stands for. Under rules that have not changed since, what was published is what the contract's
 * events say today, so the published stream need not be asked. @throws {Error} an event of an unknown type or shape
 */
export function remade({ published, lastId, lastRevision }: Brief, before: readonly SourceEvent[], around: { readonly holidays: Holidays | null }): Remembered {
  const state = folded(before);
  return { memory: { state, picture: pictureOf(state, around), published, lastId }, lastRevision };
}

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
