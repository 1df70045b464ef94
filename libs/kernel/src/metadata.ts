import type { Json } from './canonical.js';

/** A language-neutral reason in an event's metadata: which clause, on which facts, under which policy, with what result. */
export interface Receipt {
  readonly clause: string;
  readonly facts: { readonly [key: string]: Json };
  readonly policy?: { readonly [key: string]: Json };
}

/** Reference to a text in the register beside the log, with the commitment HMAC-SHA256(register salt, text). */
export interface TextRef {
  readonly ref: string;
  readonly commitment: string;
}

/** Who let a command through that needs two: the event's actor asked, this one decided. */
export interface ApprovedBy {
  readonly approvalId: string;
  /** Command id of the decision, and the hash of its request: it is recorded under them even where that comes late. */
  readonly decisionId: string;
  readonly requestHash: string;
  readonly decidedBy: { readonly subject: string; readonly role: string };
  readonly reason: TextRef;
  readonly channel?: string;
  readonly document?: TextRef;
  readonly correlationId: string;
}

/** What every event of the log carries beside its data (design 1). All values are plain JSON. */
export interface EventMetadata {
  readonly commandId: string;
  /** Name of the command that made the event, e.g. `ContractItem`. */
  readonly command: string;
  /** SHA-256 of method, path and canonical body: the same key with other input is refused (422). */
  readonly requestHash: string;
  readonly actor: { readonly subject: string; readonly role: string };
  readonly channel?: string;
  readonly reason?: TextRef;
  readonly document?: TextRef;
  readonly approval?: ApprovedBy;
  readonly $correlationId: string;
  readonly $causationId: string;
  /** RFC 3339 UTC instant stamped by the application at the append. */
  readonly recordedAt: string;
  /** The business day (JST) the service's clock stood on. */
  readonly businessDate: string;
  readonly schemaVersion: number;
  /** 128 random bits, hex. Keeps hashes of events unguessable; stays for ever. */
  readonly salt: string;
  readonly agreement: { readonly revision: string; readonly tables: string };
  readonly build: string;
  readonly receipts: readonly Receipt[];
  /** HTTP status the command was answered with, so a replay answers the same. */
  readonly status?: number;
  /** More of the answer that cannot be read off the events (ids of the things made, warnings). */
  readonly answer?: { readonly [key: string]: Json };
}
