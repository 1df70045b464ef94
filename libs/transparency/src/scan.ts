/** Reads a log event by event: its leaves, and what can be said of it without any signature. */
import { isUuid } from '@app/kernel';
import { LeafBytes, LeafRun, type LoggedEvent } from './leaf.js';

/** Something that is not as it must be. */
export interface Finding {
  /**
   * `altered`, `missing`, `inserted`, `reordered`: told by signed leaves. `position`, `revision`, `canonical`, `event`:
   * told by the log itself. `range`: somewhere in a range. `checkpoint`, `signature`, `witness`, `file`: the evidence.
   */
  readonly kind: string;
  /** Place of the event among those read, from 0; null: it concerns no one event. */
  readonly index: number | null;
  /** Where, in words. */
  readonly at: string;
  readonly detail: string;
}

/** First and last revision met of a stream. */
export interface Span {
  readonly first: number;
  last: number;
}

/** Streams and the span of each, in lists: a map of as many objects takes ten times as long to be sent by a thread. */
export interface Spans {
  readonly streams: readonly string[];
  readonly first: readonly number[];
  readonly last: readonly number[];
}

export const listed = (spans: ReadonlyMap<string, Span>): Spans => {
  const all = [...spans.values()];
  return { streams: [...spans.keys()], first: all.map((s) => s.first), last: all.map((s) => s.last) };
};

export interface ScanOptions {
  /** Place of the first event, from 0. */
  readonly from: number;
  /** Whether positions are numbers without gaps, from 1 (the embedded log). */
  readonly dense: boolean;
  /** The log's order. */
  readonly compare: (a: string, b: string) => number;
}

const MOST = 100;

export const placeOf = (e: Pick<LoggedEvent, 'position' | 'type' | 'stream' | 'revision' | 'id'>): string =>
  `position ${e.position} (${e.type} ${e.id}, ${e.stream} revision ${e.revision})`;

const isText = (v: unknown): boolean => typeof v === 'string' && v !== '';

/** What of an event is not what it must be: a damaged file gives numbers where texts were. Null: nothing. */
function shapeOf(e: LoggedEvent): string | null {
  if (!isText(e.stream) || !isText(e.type) || !isText(e.rawData) || !isText(e.rawMetadata)) return 'it has no stream, type, data or metadata that is a text';
  if (!Number.isSafeInteger(e.revision) || e.revision < 0) return `its revision ${String(e.revision)} is none`;
  return isText(e.id) && isUuid(e.id) ? null : `its id ${JSON.stringify(e.id)} is not a lower-case UUID`;
}

/** One run through a log, or a part of it that begins somewhere. */
export class Scan {
  /** Of the events in the order in which they came. */
  readonly leaves = new LeafRun();
  readonly streams = new Map<string, Span>();
  /** The first of them. */
  readonly findings: Finding[] = [];
  findingCount = 0;
  private index: number;
  private last: string | null = null;
  private readonly leaf = new LeafBytes();

  constructor(private readonly o: ScanOptions) {
    this.index = o.from;
  }

  /** Looks at the next event. */
  take(e: LoggedEvent): void {
    const wrong = shapeOf(e);
    if (wrong !== null) this.report('event', e, wrong);
    this.order(e);
    this.revision(e);
    this.leaf.lay(e);
    this.canonical('data', e, this.leaf.whyNotData(e));
    this.canonical('metadata', e, this.leaf.whyNotMetadata(e));
    this.leaves.push(this.leaf);
    this.index++;
    this.last = e.position;
  }

  private canonical(name: string, e: LoggedEvent, why: string | null): void {
    if (why !== null) this.report('canonical', e, `${name}: ${why}`);
  }

  private order(e: LoggedEvent): void {
    if (this.o.dense) {
      const next = this.last === null ? this.o.from + 1 : Number(this.last) + 1;
      if (Number(e.position) !== next) this.report('position', e, Number(e.position) > next ? `positions ${next} to ${Number(e.position) - 1} are missing before it` : `position ${next} was to come next`);
    } else if (this.last !== null && this.o.compare(this.last, e.position) >= 0) this.report('position', e, `it comes after position ${this.last}`);
  }

  private revision(e: LoggedEvent): void {
    const span = this.streams.get(e.stream);
    const next = span ? span.last + 1 : this.o.from === 0 ? 0 : e.revision;
    if (e.revision !== next) this.report('revision', e, `revision ${next} of the stream was to come next`);
    if (span) span.last = e.revision;
    else this.streams.set(e.stream, { first: e.revision, last: e.revision });
  }

  private report(kind: string, e: LoggedEvent, detail: string): void {
    if (++this.findingCount <= MOST) this.findings.push({ kind, index: this.index, at: placeOf(e), detail });
  }
}

/** What is wrong where one part of a log is followed by the next: revisions. Takes the next part's streams over. */
export function joinStreams(before: Map<string, Span>, next: Spans): Finding[] {
  const findings: Finding[] = [];
  for (const [i, stream] of next.streams.entries()) {
    const [first, last] = [next.first[i]!, next.last[i]!];
    const span = before.get(stream);
    const expected = (span?.last ?? -1) + 1;
    if (first !== expected && findings.length < MOST)
      findings.push({ kind: 'revision', index: null, at: `${stream} revision ${first}`, detail: `revision ${expected} of the stream was to come next` });
    if (span) span.last = last;
    else before.set(stream, { first, last });
  }
  return findings;
}
