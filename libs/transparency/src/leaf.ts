import { looksCanonical, putSha256, whyNotCanonical } from '@app/kernel';
import { HASH_BYTES, hashRun, textLeafHash, type Hash } from './hash.js';

/** An event as the log holds it; event-store's `StoredEvent` is one. */
export interface LoggedEvent {
  readonly stream: string;
  readonly revision: number;
  /** The log's own text: a decimal number (embedded), `C…P…` (EventStoreDB). */
  readonly position: string;
  readonly id: string;
  readonly type: string;
  /** Canonical JSON (RFC 8785), as stored. */
  readonly rawData: string;
  readonly rawMetadata: string;
}

const afterData = (e: LoggedEvent): string => `,"id":${JSON.stringify(e.id)},"metadata":`;
const afterMetadata = (e: LoggedEvent): string => `,"position":${JSON.stringify(e.position)},"revision":${e.revision},"stream":${JSON.stringify(e.stream)},"type":${JSON.stringify(e.type)}}`;

/**
 * The leaf of an event: canonical JSON of `{data, id, metadata, position, revision, stream, type}`. The stored texts are
 * canonical already, so they are put in as they are: a byte changed in the store is a byte changed here.
 */
export const leafText = (e: LoggedEvent): string => `{"data":${e.rawData}${afterData(e)}${e.rawMetadata}${afterMetadata(e)}`;

export const eventLeaf = (e: LoggedEvent): Hash => textLeafHash(leafText(e));

const BEFORE_DATA = '\0{"data":';

/** The bytes of one leaf after another, in one place: there a text is looked at and hashed without another copy of it. */
export class LeafBytes {
  private bytes = Buffer.alloc(1 << 16);
  private end = 0;
  private readonly data = { from: 0, to: 0 };
  private readonly metadata = { from: 0, to: 0 };

  /** Lays the leaf of an event out, whatever a damaged file gave for its texts. */
  lay(e: LoggedEvent): void {
    const [data, metadata, between, behind] = [String(e.rawData), String(e.rawMetadata), afterData(e), afterMetadata(e)];
    const most = 3 * (BEFORE_DATA.length + data.length + between.length + metadata.length + behind.length);
    if (this.bytes.length < most) this.bytes = Buffer.alloc(2 * most);
    const { bytes } = this;
    this.data.from = bytes.write(BEFORE_DATA, 0, 'latin1');
    this.data.to = this.data.from + bytes.write(data, this.data.from);
    this.metadata.from = this.data.to + bytes.write(between, this.data.to);
    this.metadata.to = this.metadata.from + bytes.write(metadata, this.metadata.from);
    this.end = this.metadata.to + bytes.write(behind, this.metadata.to);
  }

  /** Why the data of the event that was laid out are not canonical JSON; null: they are, or they are no text at all. */
  whyNotData({ rawData }: LoggedEvent): string | null {
    return this.whyNot(this.data, rawData);
  }

  whyNotMetadata({ rawMetadata }: LoggedEvent): string | null {
    return this.whyNot(this.metadata, rawMetadata);
  }

  private whyNot({ from, to }: { readonly from: number; readonly to: number }, text: string): string | null {
    return typeof text !== 'string' || looksCanonical(this.bytes, from, to) ? null : whyNotCanonical(text);
  }

  /** The leaf's hash to a place. */
  hash(target: Buffer, at: number): void {
    putSha256(this.bytes.subarray(0, this.end), target, at);
  }
}

/** Hashes of leaves side by side, as many as come. */
export class LeafRun {
  private run = hashRun(4_096);
  private leaves = 0;

  get count(): number {
    return this.leaves;
  }

  push(leaf: LeafBytes): void {
    if ((this.leaves + 1) * HASH_BYTES > this.run.length) this.run = Buffer.concat([this.run, hashRun(this.run.length / HASH_BYTES)]);
    leaf.hash(this.run, HASH_BYTES * this.leaves++);
  }

  all(): Uint8Array {
    return this.run.subarray(0, this.leaves * HASH_BYTES);
  }
}
