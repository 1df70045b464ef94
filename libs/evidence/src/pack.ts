/** The evidence of one contract as one canonical JSON document. `docs/how-to/evidence.md` describes it for any language. */
import { canonicalJson, sha256Hex, type EventMetadata, type Json } from '@app/kernel';

export const EVIDENCE_FORMAT = 'contract-ledger-evidence/1';

/** A sentence in both languages. */
export interface Said {
  readonly en: string;
  readonly ja: string;
}

/** An event as it lies in the log: its canonical JSON is its leaf, byte for byte. */
export interface PackedEvent {
  readonly data: { readonly [member: string]: Json };
  readonly id: string;
  readonly metadata: EventMetadata;
  readonly position: string;
  readonly revision: number;
  readonly stream: string;
  readonly type: string;
}

export interface ProvedEvent {
  readonly event: PackedEvent;
  /** C2SP tlog-proof that the event is in the log as the pack's checkpoint has it; null: no signature reaches it. */
  readonly proof: string | null;
}

/** A text that events committed to; all members null: it was never there. */
export interface PackedText {
  readonly ref: string;
  /** `contractorName`, `unitName`, `reason`, `document`, `note`, … */
  readonly kind: string | null;
  /** HMAC-SHA256(salt, text) is the commitment in the events. Both null: erased. */
  readonly text: string | null;
  readonly salt: string | null;
  /** RFC 3339 UTC; null: not erased. */
  readonly erasedAt: string | null;
}

/** Our statement of something that the events cite. Not signed. */
export interface PackedClause extends Said {
  readonly id: string;
}

export interface PackedLimit extends Said {
  readonly code: string;
}

/** A frozen table of holidays: only where the contract's own policies reckon with one. */
export interface PackedHolidays {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly days: readonly string[];
}

export interface EvidencePack {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly ledgerId: string;
  /** Names the log in its checkpoints. */
  readonly origin: string;
  readonly contractId: string;
  /** When it was put together, and on which business day (Japan). */
  readonly made: { readonly at: string; readonly on: string };
  /** The contract's own stream from revision 0, without a gap. */
  readonly events: readonly ProvedEvent[];
  /** Events of other streams that concern this contract alone, in the order of the log. */
  readonly related: readonly ProvedEvent[];
  /** Null: left out. */
  readonly texts: readonly PackedText[] | null;
  readonly clauses: readonly PackedClause[];
  readonly holidays: PackedHolidays | null;
  /** A signed note (C2SP tlog-checkpoint), cosignatures included; null: nothing was signed. */
  readonly checkpoint: string | null;
  /** As the ledger names them; to be believed only where they are known from elsewhere. */
  readonly keys: { readonly log: readonly string[]; readonly witnesses: readonly string[] };
  /** What this document does not prove. */
  readonly limits: readonly PackedLimit[];
  /** SHA-256 of the canonical document without this member, 64 hex digits: nothing was lost on the way. It proves nothing else. */
  readonly digest: string;
}

export const digestOf = (pack: EvidencePack): string => sha256Hex(canonicalJson({ ...pack, digest: undefined }));

/** The document's bytes as text; no line end follows. */
export const packText = (pack: EvidencePack): string => canonicalJson(pack);
