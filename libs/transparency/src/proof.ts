/** Proofs that stand alone (C2SP tlog-proof): that a leaf is in a log as it was signed. */
import { openCheckpoint, type OpenedCheckpoint } from './checkpoint.js';
import { fromBase64, toBase64, type Hash } from './hash.js';
import { Malformed, type VerifierKey } from './note.js';
import { verifyInclusion } from './verify.js';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

export interface LeafProof {
  /** The leaf's place, from 0. */
  readonly index: number;
  readonly proof: readonly Hash[];
  /** The checkpoint, with its signatures. */
  readonly checkpoint: string;
}

export const formatProof = ({ index, proof, checkpoint }: LeafProof): string =>
  `${FIRST_LINE}\nindex ${index}\n${proof.map((h) => `${toBase64(h)}\n`).join('')}\n${checkpoint}`;

/** A line of extra data is let by: it is not signed, and nothing here looks at it. @throws {Malformed} */
export function parseProof(text: string): LeafProof {
  const cut = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, cut).split('\n');
  if (cut < 0 || first !== FIRST_LINE) throw new Malformed(`a proof begins with ${FIRST_LINE}`);
  if (lines[0]?.startsWith('extra ')) lines.shift();
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined) throw new Malformed('a proof says the index of its leaf');
  try {
    return { index: Number(index), proof: lines.map(fromBase64), checkpoint: text.slice(cut + 2) };
  } catch {
    throw new Malformed('a line of the proof is not a hash in base64');
  }
}

/**
 * Holds a leaf to a proof and to keys; the checkpoint that it is proved in, with who signed and who witnessed it.
 * @throws {Malformed} with what is wrong
 */
export function verifyProof(text: string, leaf: Hash, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const { index, proof, checkpoint } = parseProof(text);
  const opened = openCheckpoint(checkpoint, keys);
  if (!verifyInclusion(leaf, index, opened.size, proof, opened.root)) throw new Malformed(`the proof does not lead from the leaf at ${index} to the root that was signed`);
  return opened;
}
