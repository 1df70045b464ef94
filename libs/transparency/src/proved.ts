/** Some events of a log, each with its proof: what can be said of them without the rest of the log. */
import type { OpenedCheckpoint } from './checkpoint.js';
import { toBase64 } from './hash.js';
import { eventLeaf, type LoggedEvent } from './leaf.js';
import { Malformed, type VerifierKey } from './note.js';
import { parseProof, verifyProof } from './proof.js';
import { placeOf, Scan, type Finding } from './scan.js';

export interface ProvedEvent {
  readonly event: LoggedEvent;
  /** C2SP tlog-proof, see `formatProof`. */
  readonly proof: string;
}

export interface ProvedVerdict {
  readonly findings: readonly Finding[];
  /** The checkpoint that all are proved in; null: there is none, or more than one. */
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: string } | null;
  readonly witnessed: readonly { readonly name: string; readonly at: string }[];
}

/**
 * Holds events to their proofs: each is in the log at the place that is said, in that order, canonical, and no stream
 * lacks a revision between 0 and its last one here. That the last one here is the last there is cannot be proved so.
 */
export function verifyProved(events: readonly ProvedEvent[], keys: readonly VerifierKey[], witnesses: readonly VerifierKey[]): ProvedVerdict {
  const scan = new Scan({ from: 0, dense: false, compare: () => -1 });
  const findings: Finding[] = [];
  const opened = new Map<string, OpenedCheckpoint>();
  let last = -1;
  for (const [index, { event, proof }] of events.entries()) {
    scan.take(event);
    const fault = (kind: string, detail: string): void => void findings.push({ kind, index, at: placeOf(event), detail });
    try {
      const checkpoint = verifyProof(proof, eventLeaf(event), [...keys, ...witnesses]);
      opened.set(`${checkpoint.origin} ${checkpoint.size} ${toBase64(checkpoint.root)}`, checkpoint);
      const place = parseProof(proof).index;
      if (place <= last) fault('reordered', `it stands at ${place} of the log, the one before it at ${last}`);
      last = place;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      fault('altered', error.message);
    }
  }
  const [checkpoint, ...others] = [...opened.values()];
  if (others.length > 0) findings.push({ kind: 'checkpoint', index: null, at: 'the proofs', detail: 'they are not all of one checkpoint' });
  const witnessed = witnesses.flatMap((key) => {
    const seen = others.length === 0 ? checkpoint?.witnesses.find((w) => w.key.vkey === key.vkey) : undefined;
    if (seen) return [{ name: key.name, at: new Date(seen.time! * 1_000).toISOString() }];
    findings.push({ kind: 'witness', index: null, at: key.name, detail: 'it did not cosign the checkpoint' });
    return [];
  });
  return {
    findings: [...findings, ...scan.findings].sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity)),
    checkpoint: checkpoint && others.length === 0 ? { origin: checkpoint.origin, size: checkpoint.size, root: toBase64(checkpoint.root) } : null,
    witnessed,
  };
}
