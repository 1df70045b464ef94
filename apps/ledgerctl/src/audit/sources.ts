/** Where events to be verified come from: a file of the embedded store, a server, an export. */
import { Worker } from 'node:worker_threads';
import { EmbeddedScan, type EventStore, type StoredEvent } from '@app/event-store';
import { joinStreams, LeafTree, placeOf, Scan, type Finding, type LoggedEvent, type Span, type Told } from '@app/transparency';
import { roughly } from '../open.js';
import { scanRange, type Range, type RangeDone } from './scan-range.js';

/** What one reading of all events came to. */
export interface Reading {
  readonly events: number;
  readonly streams: number;
  /** Position of the last event. */
  readonly head: string | null;
  /** The ledger that the first event says was founded; null: it says nothing of the kind. */
  readonly ledgerId: string | null;
  readonly leaves: LeafTree;
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

export interface Source {
  /** What is read, in words. */
  readonly name: string;
  /** Over a client that hands over values, the bytes of the store are not seen. */
  readonly promise: 'bytes' | 'values';
  read(onProgress: (done: number, of: number) => void): Promise<Reading>;
  /** Again, by its place among those read. */
  told(index: number): Promise<Told>;
  find(id: string): Promise<Told | null>;
  close(): Promise<void>;
}

const tell = (e: LoggedEvent): Told => ({ id: e.id, at: placeOf(e) });

/** The ledger's id in the event that founds it. */
export function foundedBy(e: LoggedEvent | null): string | null {
  if (e?.type !== 'LedgerFounded' || e.stream !== 'ledger') return null;
  try {
    const { ledgerId } = JSON.parse(e.rawData) as { ledgerId?: unknown };
    return typeof ledgerId === 'string' ? ledgerId : null;
  } catch {
    return null;
  }
}

const fileFault = (at: string, detail: string): Finding => ({ kind: 'file', index: null, at, detail });

/** What cannot even be opened. */
export const brokenSource = (name: string, why: string): Source => ({
  name,
  promise: 'bytes',
  read: async () => ({ events: 0, streams: 0, head: null, ledgerId: null, leaves: LeafTree.of(new Uint8Array()), findings: [{ ...fileFault(name, why), index: 0 }], findingCount: 1 }),
  told: async (index) => ({ id: '', at: `event ${index + 1}` }),
  find: async () => null,
  close: async () => undefined,
});

export interface EmbeddedOptions {
  readonly file: string;
  /** 0: in this thread. */
  readonly threads: number;
  /** Whether SQLite checks all pages and the index too. */
  readonly pages: boolean;
}

/** Fewer events are read by one sooner than by two. */
const WORTH_A_THREAD = 20_000;
/** Parts begin at multiples of it, so that nearly all nodes of the tree are hashed where their leaves are. */
const WHOLE = 1_024;

/** `log.sqlite`. @throws what SQLite says of a file that it cannot read at all */
export function embeddedSource({ file, threads, pages }: EmbeddedOptions): Source {
  const log = EmbeddedScan.open(file);
  let positions: Float64Array = new Float64Array();
  const at = (position: number): Told => {
    const event = eventAt(log, position);
    return event ? tell(event) : { id: '', at: `position ${position}` };
  };
  return {
    name: file,
    promise: 'bytes',
    async read(onProgress) {
      const head = headOf(log);
      const many = head === null ? 1 : Math.max(1, Math.min(threads, Math.floor(head / WORTH_A_THREAD)));
      const done = Array.from({ length: many }, () => 0);
      const end = head ?? Number.MAX_SAFE_INTEGER;
      const cut = (i: number): number => (i === many ? end : Math.floor((end * i) / many / WHOLE) * WHOLE);
      const ranges = done.map((_, i): Range => {
        const from = cut(i);
        // From below the first: the service never reads there by position, but it does by stream.
        return { file, from, after: i === 0 ? Number.MIN_SAFE_INTEGER : from, through: cut(i + 1) };
      });
      const reading = Promise.all(
        ranges.map(async (range, i) => {
          const progressed = (events: number): void => {
            done[i] = events;
            onProgress(done.reduce((sum, n) => sum + n, 0), head ?? 0);
          };
          return threads === 0 || many === 1 ? scanRange(range, progressed) : inThread(range, progressed);
        }),
      );
      // While the threads read.
      const damage = damageOf(log, pages);
      const joined = joinParts(await reading, ranges);
      positions = joined.positions;
      if (head === null) damage.push(fileFault('the file', 'its last position cannot be read'));
      const findings = [...damage, ...joined.findings];
      const first = positions.length > 0 ? eventAt(log, positions[0]!) : null;
      return {
        events: positions.length,
        streams: joined.streams,
        head: positions.length === 0 ? null : String(positions.at(-1)),
        ledgerId: foundedBy(first),
        leaves: joined.leaves,
        findings,
        findingCount: damage.length + joined.findingCount,
      };
    },
    told: async (index) => at(positions[index]!),
    find: async (id) => {
      try {
        const position = log.find(id);
        return position === null ? null : at(position);
      } catch {
        return null;
      }
    },
    close: async () => log.close(),
  };
}

/** The last position; null: it cannot be read. */
function headOf(log: EmbeddedScan): number | null {
  try {
    return log.head();
  } catch {
    return null;
  }
}

function eventAt(log: EmbeddedScan, position: number): LoggedEvent | null {
  try {
    return log.at(position);
  } catch {
    return null;
  }
}

function damageOf(log: EmbeddedScan, pages: boolean): Finding[] {
  try {
    return log.damage(pages).map((d) => fileFault('the file', d));
  } catch (error) {
    return [fileFault('the file', (error as Error).message)];
  }
}

function inThread(range: Range, onProgress: (events: number) => void): Promise<RangeDone> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./scan-thread.js', import.meta.url), { workerData: range });
    worker.on('message', (said: number | RangeDone) => (typeof said === 'number' ? onProgress(said) : resolve(said)));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a thread ended before it had read its part')));
  });
}

/** The parts of a log as one: places move by what is missing before them, and streams go on. */
function joinParts(parts: readonly RangeDone[], ranges: readonly Range[]) {
  const streams = new Map<string, Span>();
  const findings: Finding[] = [];
  let findingCount = 0;
  let events = 0;
  for (const [i, part] of parts.entries()) {
    const moved = events - ranges[i]!.from;
    findings.push(...part.findings.map((f) => ({ ...f, index: f.index === null ? null : f.index + moved })));
    findingCount += part.findingCount;
    const ends = part.positions.at(-1) ?? ranges[i]!.from;
    if (part.broken !== null) findings.push(fileFault(`after position ${ends}`, `the next row cannot be read (${part.broken}); nothing behind it was looked at`));
    else if (ends < ranges[i]!.through && ranges[i]!.through < Number.MAX_SAFE_INTEGER) findings.push({ kind: 'position', index: events + part.positions.length, at: `after position ${ends}`, detail: `positions ${ends + 1} to ${ranges[i]!.through} are missing` });
    findings.push(...joinStreams(streams, part.spans));
    events += part.positions.length;
  }
  const positions = new Float64Array(events);
  let at = 0;
  for (const part of parts) {
    positions.set(part.positions, at);
    at += part.positions.length;
  }
  return { leaves: LeafTree.joined(parts.map((p) => p.levels)), positions, streams: streams.size, findings, findingCount: Math.max(findingCount, findings.length) };
}

const PAGE = 1_000;

/** Any event store, as its client reads it. */
export function storeSource(store: EventStore, name: string): Source {
  const positions: string[] = [];
  const after = async (position: string | null): Promise<StoredEvent | undefined> => (await store.readAll({ after: position, limit: 1 }))[0];
  const told = async (index: number): Promise<Told> => {
    const event = await after(index === 0 ? null : positions[index - 1]!);
    return event ? tell(event) : { id: '', at: `event ${index + 1}` };
  };
  return {
    name,
    promise: 'values',
    async read(onProgress) {
      const scan = new Scan({ from: 0, dense: false, compare: (a, b) => store.compare(a, b) });
      const end = await store.head();
      for (let last: string | null = null; ; ) {
        const page: StoredEvent[] = await store.readAll({ after: last, limit: PAGE });
        for (const event of page) {
          scan.take(event);
          positions.push(event.position);
        }
        last = positions.at(-1) ?? null;
        onProgress(roughly(last), roughly(end));
        if (page.length < PAGE) break;
      }
      const { leaves, findings, findingCount, streams } = scan;
      return { events: leaves.count, streams: streams.size, head: positions.at(-1) ?? null, ledgerId: foundedBy((await after(null)) ?? null), leaves: LeafTree.of(leaves.all()), findings, findingCount };
    },
    told,
    async find(id) {
      for (let last: string | null = null; ; ) {
        const page: StoredEvent[] = await store.readAll({ after: last, limit: PAGE });
        const found = page.find((e) => e.id === id);
        if (found) return tell(found);
        if (page.length < PAGE) return null;
        last = page.at(-1)!.position;
      }
    },
    close: () => store.close(),
  };
}

/** Events at hand one by one: what an export holds. */
export interface Streamed {
  readonly name: string;
  readonly events: () => AsyncIterable<LoggedEvent>;
  readonly total: number;
  readonly dense: boolean;
  readonly compare: (a: string, b: string) => number;
}

export function streamedSource({ name, events, total, dense, compare }: Streamed): Source {
  const some = async (wanted: (e: LoggedEvent, index: number) => boolean): Promise<LoggedEvent | null> => {
    let index = 0;
    for await (const event of events()) if (wanted(event, index++)) return event;
    return null;
  };
  return {
    name,
    promise: 'bytes',
    async read(onProgress) {
      const scan = new Scan({ from: 0, dense, compare });
      let [first, last]: (LoggedEvent | null)[] = [null, null];
      for await (const event of events()) {
        first ??= event;
        last = event;
        scan.take(event);
        if (scan.leaves.count % PAGE === 0) onProgress(scan.leaves.count, total);
      }
      const { leaves, findings, findingCount, streams } = scan;
      return { events: leaves.count, streams: streams.size, head: last?.position ?? null, ledgerId: foundedBy(first ?? null), leaves: LeafTree.of(leaves.all()), findings, findingCount };
    },
    async told(index) {
      const event = await some((_, i) => i === index);
      return event ? tell(event) : { id: '', at: `event ${index + 1}` };
    },
    async find(id) {
      const event = await some((e) => e.id === id);
      return event ? tell(event) : null;
    },
    close: async () => undefined,
  };
}
