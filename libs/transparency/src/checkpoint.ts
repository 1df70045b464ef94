/** Checkpoints of a log (C2SP tlog-checkpoint), and what is sent to whoever is to sign one (C2SP tlog-witness). */
import { emptyRoot, equalHashes, fromBase64, toBase64, type Hash } from './hash.js';
import { COSIGNATURE, ED25519, Malformed, parseNote, signersOf, type Note, type Signed, type VerifierKey } from './note.js';
import { MAX_SIZE } from './tree.js';
import { verifyConsistency } from './verify.js';

export interface Checkpoint {
  /** Names the log. */
  readonly origin: string;
  /** Leaves covered. */
  readonly size: number;
  readonly root: Hash;
}

/** The text that is signed. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`;

const SIZE = /^(0|[1-9]\d{0,15})$/;

/** @throws {Malformed} */
function sizeOf(text: string | undefined, what: string): number {
  const size = SIZE.test(text ?? '') ? Number(text) : -1;
  if (size < 0 || size > MAX_SIZE) throw new Malformed(`${what} is not a number of leaves`);
  return size;
}

/** @throws {RangeError} as a {@link Malformed} */
function hashOf(text: string | undefined, what: string): Hash {
  try {
    return fromBase64(text ?? '');
  } catch {
    throw new Malformed(`${what} is not a hash in base64`);
  }
}

/** Reads the text of a checkpoint; this log's have no further lines, and a line nobody understands is not let by. @throws {Malformed} */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, end, ...more] = text.split('\n');
  if (!origin || end !== '' || more.length > 0) throw new Malformed('a checkpoint is three lines: origin, size, root');
  return { origin, size: sizeOf(size, 'the second line'), root: hashOf(root, 'the third line') };
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly note: Note;
  /** Keys of the log that signed it; at least one. */
  readonly signers: readonly Signed[];
  /** Witnesses that cosigned it. */
  readonly witnesses: readonly Signed[];
}

/**
 * Reads a checkpoint and holds it to its signatures: one of the log's keys under its origin must have signed it.
 * @throws {Malformed}
 */
export function openCheckpoint(text: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  const signed = signersOf(note, keys);
  const signers = signed.filter(({ key }) => key.kind === ED25519 && key.name === checkpoint.origin);
  if (signers.length === 0) throw new Malformed(`no known key of ${checkpoint.origin} signed this checkpoint`);
  return { ...checkpoint, note, signers, witnesses: signed.filter(({ key }) => key.kind === COSIGNATURE) };
}

/** Puts further lines of signatures to a note; a line that is there already is not repeated. */
export function withSignatures(note: string, lines: string): string {
  const there = new Set(note.split('\n'));
  return note + lines.split('\n').filter((line) => line !== '' && !there.has(line)).map((line) => `${line}\n`).join('');
}

/** What is asked of a signer or a witness: to sign a checkpoint that goes on from the one of size `old`. */
export interface Asked {
  readonly old: number;
  readonly proof: readonly Hash[];
  /** The checkpoint: signed for a witness, its text alone for the log's signer. */
  readonly checkpoint: string;
}

const MOST_PROOF_LINES = 63;

export const formatAsked = ({ old, proof, checkpoint }: Asked): string =>
  `old ${old}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`;

/** @throws {Malformed} */
export function parseAsked(body: string): Asked {
  const cut = body.indexOf('\n\n');
  if (cut < 0) throw new Malformed('an empty line is missing before the checkpoint');
  const [first, ...lines] = body.slice(0, cut).split('\n');
  const old = sizeOf(/^old (.*)$/.exec(first ?? '')?.[1], 'the size after "old"');
  if (lines.length > MOST_PROOF_LINES) throw new Malformed(`more than ${MOST_PROOF_LINES} lines of proof`);
  return { old, proof: lines.map((line, i) => hashOf(line, `line ${i + 1} of the proof`)), checkpoint: body.slice(cut + 2) };
}

/** The last tree that a signer or witness put its name to. */
export type Seen = Pick<Checkpoint, 'size' | 'root'>;

/** `conflict`: `old` is not what was signed last, `size` is; `inconsistent`: the tree does not go on from it. */
export type Verdict =
  | { readonly verdict: 'good' }
  | { readonly verdict: 'malformed'; readonly why: string }
  | { readonly verdict: 'conflict'; readonly size: number }
  | { readonly verdict: 'inconsistent'; readonly why: string };

/** Whether a checkpoint may be signed after the last one (C2SP tlog-witness add-checkpoint). */
export function judge(last: Seen | null, { old, proof }: Asked, next: Seen): Verdict {
  if (old > next.size) return { verdict: 'malformed', why: `old size ${old} is beyond the checkpoint's ${next.size}` };
  const size = last?.size ?? 0;
  if (old !== size) return { verdict: 'conflict', size };
  if (next.size === 0 && !equalHashes(next.root, emptyRoot())) return { verdict: 'inconsistent', why: 'not the root of an empty tree' };
  // Every tree goes on from the empty one, but not from an empty tree with another root.
  if (!verifyConsistency(old, last?.root ?? emptyRoot(), next.size, next.root, proof))
    return { verdict: 'inconsistent', why: `the tree of ${next.size} leaves does not go on from the one of ${old} that was signed` };
  return { verdict: 'good' };
}
