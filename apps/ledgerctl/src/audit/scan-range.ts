import { EmbeddedScan } from '@app/event-store';
import { LeafTree, listed, Scan, type Finding, type Spans } from '@app/transparency';

/** Positions of an embedded log, after one up to and including another. */
export interface Range {
  readonly file: string;
  readonly after: number;
  readonly through: number;
  /** How many events come before it in a log without gaps. */
  readonly from: number;
}

export interface RangeDone {
  /** Nodes of the tree over the events found, see {@link LeafTree}, and where those lie. */
  readonly levels: readonly Uint8Array[];
  readonly positions: Float64Array;
  readonly spans: Spans;
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** Why what comes after the last of them could not be read. */
  readonly broken: string | null;
}

const TELL_EVERY = 20_000;

/** Reads the events of a range, holds each to itself and to those before it, and hashes it. */
export function scanRange({ file, after, through, from }: Range, onProgress?: (events: number) => void): RangeDone {
  const positions: number[] = [];
  const scan = new Scan({ from, dense: true, compare: (a, b) => Number(a) - Number(b) });
  let broken: string | null = null;
  const log = EmbeddedScan.open(file);
  try {
    for (const events of log.events(after, through))
      for (const event of events) {
        scan.take(event);
        positions.push(Number(event.position));
        if (positions.length % TELL_EVERY === 0) onProgress?.(positions.length);
      }
  } catch (error) {
    broken = (error as Error).message;
  } finally {
    log.close();
  }
  onProgress?.(positions.length);
  const { leaves, streams, findings, findingCount } = scan;
  return { levels: LeafTree.of(leaves.all()).levels, positions: Float64Array.from(positions), spans: listed(streams), findings, findingCount, broken };
}
