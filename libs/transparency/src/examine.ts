/**
 * Holds a log to what was signed of it. The leaves are those of the events as they lie in the store now; checkpoints
 * say what root a prefix of them had. Which event it is that differs follows from leaves that were kept: those are
 * believed only as far as they lead to a root that was signed.
 */
import { openCheckpoint, type OpenedCheckpoint } from './checkpoint.js';
import { equalHashes, HASH_BYTES, nodeHash, toBase64, type Hash } from './hash.js';
import { Malformed, type VerifierKey } from './note.js';
import type { Finding } from './scan.js';
import { rootAt, type NodeReader } from './tree.js';

/** A tree over hashes that lie side by side. */
export class LeafTree {
  private readonly levels: Uint8Array[];

  constructor(leaves: Uint8Array) {
    this.levels = [leaves];
    for (let level = leaves; level.length >= 2 * HASH_BYTES; ) {
      const count = Math.floor(level.length / HASH_BYTES / 2);
      const next = new Uint8Array(count * HASH_BYTES);
      for (let i = 0; i < count; i++) {
        const at = 2 * i * HASH_BYTES;
        next.set(nodeHash(level.subarray(at, at + HASH_BYTES), level.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES)), i * HASH_BYTES);
      }
      this.levels.push(next);
      level = next;
    }
  }

  get size(): number {
    return this.levels[0]!.length / HASH_BYTES;
  }

  leaf(index: number): Hash {
    return this.node(0, index);
  }

  readonly node: NodeReader = (level, index) => this.levels[level]!.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);

  root(size: number = this.size): Hash {
    return rootAt(size, this.node);
  }
}

/** An event as it is told of in a report. */
export interface Told {
  readonly id: string;
  /** Where, in words. */
  readonly at: string;
}

export interface Examined {
  /** Leaves of the events as they were read, side by side. */
  readonly leaves: LeafTree;
  readonly origin: string;
  /** Keys of the log; whose they are is for the caller to know. */
  readonly keys: readonly VerifierKey[];
  /** Keys of witnesses; each must have cosigned something. */
  readonly witnesses: readonly VerifierKey[];
  /** Signed checkpoints kept beside the log. */
  readonly checkpoints: readonly string[];
  /** Those kept elsewhere. */
  readonly anchors: readonly string[];
  /** Leaves kept beside the log, side by side; fewer or null where they are not known. */
  readonly kept: (from: number, to: number) => Uint8Array | null;
  /** The event that was read at a place. */
  readonly read: (index: number) => Told;
  /** The id of the event whose leaf was kept at a place. */
  readonly keptId: (index: number) => string | null;
  /** Where an event with an id was read; null: nowhere. */
  readonly find: (id: string) => number | null;
}

export interface Verdicts {
  readonly findings: readonly Finding[];
  readonly root: string;
  /** Leaves under the last checkpoint that holds; 0: nothing signed holds. */
  readonly signed: number;
  readonly checkpoints: {
    /** Held against the log. */
    readonly held: number;
    /** Signed by keys that were not given. */
    readonly unknown: number;
  };
  /** How far each witness went along. */
  readonly witnessed: readonly { readonly name: string; readonly size: number; readonly at: string }[];
  /** Leaves under the largest checkpoint that was kept elsewhere; null: none was given, so an older copy would not be told. */
  readonly anchored: number | null;
}

const short = (hash: Hash): string => toBase64(hash).slice(0, 12);

/** Notes that open, smallest first. */
function opened(notes: readonly string[], keys: readonly VerifierKey[], origin: string, where: string, findings: Finding[]): { held: OpenedCheckpoint[]; unknown: number } {
  const held: OpenedCheckpoint[] = [];
  let unknown = 0;
  for (const note of notes) {
    try {
      const checkpoint = openCheckpoint(note, keys);
      if (checkpoint.origin !== origin) findings.push({ kind: 'checkpoint', index: null, at: where, detail: `it is of ${checkpoint.origin}, not of ${origin}` });
      else held.push(checkpoint);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      if (/no known key/.test(error.message)) unknown++;
      else findings.push({ kind: 'signature', index: null, at: where, detail: error.message });
    }
  }
  return { held: held.sort((a, b) => a.size - b.size), unknown };
}

/** Holds the leaves to the checkpoints, and names the first event that differs. */
export function examine(o: Examined): Verdicts {
  const findings: Finding[] = [];
  const keys = [...o.keys, ...o.witnesses];
  const own = opened(o.checkpoints, keys, o.origin, 'a checkpoint kept beside the log', findings);
  const away = opened(o.anchors, keys, o.origin, 'a checkpoint kept elsewhere', findings);
  if (away.unknown > 0) findings.push({ kind: 'signature', index: null, at: 'a checkpoint kept elsewhere', detail: 'it is not signed by a key of this log that was given' });
  const size = o.leaves.size;

  let good = 0;
  let bad: OpenedCheckpoint | null = null;
  const all = [...own.held, ...away.held].sort((a, b) => a.size - b.size);
  for (const checkpoint of all) {
    if (checkpoint.size <= size && equalHashes(o.leaves.root(checkpoint.size), checkpoint.root)) {
      // A later one that holds covers everything before it: two roots of one log cannot both be right.
      good = checkpoint.size;
    } else if (bad === null) bad = checkpoint;
  }
  if (bad !== null) findings.push(...nameFirst(o, all.filter((c) => c.size <= size && c.size < bad.size && equalHashes(o.leaves.root(c.size), c.root)).at(-1)?.size ?? 0, bad));
  findings.push(...unsignedTail(o, good, bad === null));

  const witnessed = o.witnesses.flatMap((key) => {
    const seen = [...own.held, ...away.held]
      .filter((c) => c.size <= size && equalHashes(o.leaves.root(c.size), c.root))
      .flatMap((c) => c.witnesses.filter((w) => w.key.vkey === key.vkey).map((w) => ({ size: c.size, time: w.time! })))
      .sort((a, b) => a.size - b.size)
      .at(-1);
    if (seen) return [{ name: key.name, size: seen.size, at: new Date(seen.time * 1_000).toISOString() }];
    findings.push({ kind: 'witness', index: null, at: key.name, detail: 'it cosigned no checkpoint of the log as it is' });
    return [];
  });
  return {
    findings,
    root: toBase64(o.leaves.root()),
    signed: good,
    checkpoints: { held: all.length, unknown: own.unknown },
    witnessed,
    anchored: away.held.at(-1)?.size ?? null,
  };
}

/** What differs between the last checkpoint that holds and the first that does not. */
function nameFirst(o: Examined, from: number, bad: OpenedCheckpoint): Finding[] {
  const { leaves } = o;
  const upTo = Math.min(bad.size, leaves.size);
  const kept = o.kept(from, bad.size);
  if (kept === null || !leadsTo(o, from, kept, bad)) {
    if (bad.size > leaves.size)
      return [{ kind: 'missing', index: leaves.size, at: `after ${leaves.size === 0 ? 'nothing' : o.read(leaves.size - 1).at}`, detail: `${bad.size} events were signed, ${leaves.size} are there: at least ${bad.size - leaves.size} are missing${from < leaves.size ? `; what was signed is not certain from event ${from + 1} on` : ''}` }];
    return [{ kind: 'range', index: from, at: `events ${from + 1} to ${bad.size}, from ${o.read(from).at}`, detail: `something among them was altered: their root is ${short(leaves.root(bad.size))}…, ${short(bad.root)}… was signed; which of them cannot be said without the leaves that were signed` }];
  }
  for (let i = from; i < upTo; i++) {
    const signed = kept.subarray((i - from) * HASH_BYTES, (i - from + 1) * HASH_BYTES);
    if (!equalHashes(signed, leaves.leaf(i))) return [nameAt(o, i)];
  }
  return [{ kind: 'missing', index: upTo, at: `after ${upTo === 0 ? 'nothing' : o.read(upTo - 1).at}`, detail: `${bad.size} events were signed, ${leaves.size} are there: the next is ${o.keptId(upTo) ?? 'not known by its id'}` }];
}

/** Whether kept leaves, after those that hold, give the root that was signed. */
function leadsTo(o: Examined, from: number, kept: Uint8Array, bad: OpenedCheckpoint): boolean {
  if (kept.length !== (bad.size - from) * HASH_BYTES) return false;
  const side = new Uint8Array(bad.size * HASH_BYTES);
  for (let i = 0; i < from; i++) side.set(o.leaves.leaf(i), i * HASH_BYTES);
  side.set(kept, from * HASH_BYTES);
  return equalHashes(new LeafTree(side).root(), bad.root);
}

/** What became of the event whose signed leaf is not the one that was read in its place. */
function nameAt(o: Examined, index: number): Finding {
  const read = o.read(index);
  const signed = o.keptId(index);
  const finding = (kind: string, detail: string): Finding => ({ kind, index, at: read.at, detail });
  if (signed === null) return finding('altered', 'it is not the event that was signed here');
  if (signed === read.id) return finding('altered', 'it is not as it was signed');
  const now = o.find(signed);
  const known = idKnown(o, read.id);
  if (now === null) return known ? finding('missing', `event ${signed}, which was signed here, is missing before it`) : finding('altered', `event ${signed} was signed here, and is nowhere: this one was put in its place`);
  return known ? finding('reordered', `event ${signed} was signed here; it stands at ${o.read(now).at} now`) : finding('inserted', `nothing like it was signed; event ${signed} was signed here and stands at ${o.read(now).at} now`);
}

/** Whether an id is among those whose leaves were kept from here on. */
function idKnown(o: Examined, id: string): boolean {
  for (let i = 0; ; i++) {
    const kept = o.keptId(i);
    if (kept === null) return false;
    if (kept === id) return true;
  }
}

/** Behind the last signature only the audit's own leaves speak, which whoever alters the log could alter too. */
function unsignedTail(o: Examined, signed: number, sound: boolean): Finding[] {
  if (!sound) return [];
  for (let i = signed; ; i++) {
    const id = o.keptId(i);
    const kept = id === null ? null : o.kept(i, i + 1);
    if (kept === null) return [];
    if (i >= o.leaves.size)
      return [{ kind: 'missing', index: i, at: `after ${i === 0 ? 'nothing' : o.read(i - 1).at}`, detail: `event ${id} was there when the audit last saw the log (not signed yet)` }];
    if (!equalHashes(kept, o.leaves.leaf(i))) return [{ ...nameAt(o, i), detail: `${nameAt(o, i).detail} (by the audit's own leaves; a signature does not reach here yet)` }];
  }
}
