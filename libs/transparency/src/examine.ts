/**
 * Holds a log to what was signed of it. The leaves are those of the events as they lie in the store now; checkpoints
 * say what root a prefix of them had. Which event it is that differs follows from leaves that were kept: those are
 * believed only as far as they lead to a root that was signed.
 */
import { openCheckpoint, type OpenedCheckpoint } from './checkpoint.js';
import { equalHashes, HASH_BYTES, hashRun, putNode, toBase64, type Hash } from './hash.js';
import { Malformed, type VerifierKey } from './note.js';
import type { Finding } from './scan.js';
import { rootAt, type NodeReader } from './tree.js';

/** A tree over hashes that lie side by side. */
export class LeafTree {
  /** Complete nodes of each level, leaves first. */
  private constructor(readonly levels: readonly Uint8Array[]) {}

  static of(leaves: Uint8Array): LeafTree {
    return LeafTree.completed([leaves]);
  }

  /** Of trees over the parts of a row of leaves: a node of a part is one of the whole where the part begins at a multiple of its width. */
  static joined(parts: readonly (readonly Uint8Array[])[]): LeafTree {
    const levels: Uint8Array[] = [];
    const before = parts.slice(0, -1).map(([leaves]) => leaves!.length / HASH_BYTES);
    for (let level = 0; level === 0 || (levels.at(-1)!.length >= 2 * HASH_BYTES && before.every((count) => count % 2 ** level === 0)); level++)
      levels.push(Buffer.concat(parts.map((part) => part[level] ?? new Uint8Array())));
    return LeafTree.completed(levels);
  }

  private static completed(levels: Uint8Array[]): LeafTree {
    for (let level = levels.at(-1)!; level.length >= 2 * HASH_BYTES; ) {
      const count = Math.floor(level.length / HASH_BYTES / 2);
      const next = hashRun(count);
      for (let i = 0; i < count; i++) putNode(level, 2 * i, next, i);
      levels.push(next);
      level = next;
    }
    return new LeafTree(levels);
  }

  get size(): number {
    return this.levels[0]!.length / HASH_BYTES;
  }

  leaf(index: number): Hash {
    return this.node(0, index);
  }

  leavesUpTo(size: number): Uint8Array {
    return this.levels[0]!.subarray(0, size * HASH_BYTES);
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
  /** Keys of witnesses; each must have cosigned something. */
  readonly witnesses: readonly VerifierKey[];
  /** Signed checkpoints kept beside the log, opened with the keys of log and witnesses; whose those are is for the caller to know. */
  readonly checkpoints: readonly OpenedNote[];
  /** Those kept elsewhere. */
  readonly anchors: readonly OpenedNote[];
  /** Leaves kept beside the log, side by side; fewer or null where they are not known. */
  readonly kept: (from: number, to: number) => Uint8Array | null;
  /** The event that was read at a place. */
  readonly read: (index: number) => Told | Promise<Told>;
  /** The id of the event whose leaf was kept at a place, and the place that was kept for an id. */
  readonly keptId: (index: number) => string | null;
  readonly keptIndex: (id: string) => number | null;
  /** Where an event with an id was read; null: nowhere. */
  readonly find: (id: string) => Told | null | Promise<Told | null>;
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

/** A signed checkpoint, or why it cannot be one. */
export type OpenedNote = OpenedCheckpoint | Malformed;

/** Needs no log: the signatures of a thousand checkpoints can be checked while that is read. */
export const openNotes = (notes: readonly string[], keys: readonly VerifierKey[]): OpenedNote[] =>
  notes.map((note) => {
    try {
      return openCheckpoint(note, keys);
    } catch (error) {
      if (error instanceof Malformed) return error;
      throw error;
    }
  });

/** The checkpoints of this log, smallest first. */
function ofThisLog(notes: readonly OpenedNote[], origin: string, where: string, findings: Finding[]): { held: OpenedCheckpoint[]; unknown: number } {
  const held: OpenedCheckpoint[] = [];
  let unknown = 0;
  for (const note of notes) {
    if (note instanceof Malformed) {
      if (/no known key/.test(note.message)) unknown++;
      else findings.push({ kind: 'signature', index: null, at: where, detail: note.message });
    } else if (note.origin !== origin) findings.push({ kind: 'checkpoint', index: null, at: where, detail: `it is of ${note.origin}, not of ${origin}` });
    else held.push(note);
  }
  return { held: held.sort((a, b) => a.size - b.size), unknown };
}

/** Holds the leaves to the checkpoints, and names the first event that differs. */
export async function examine(o: Examined): Promise<Verdicts> {
  const findings: Finding[] = [];
  const own = ofThisLog(o.checkpoints, o.origin, 'a checkpoint kept beside the log', findings);
  const away = ofThisLog(o.anchors, o.origin, 'a checkpoint kept elsewhere', findings);
  if (away.unknown > 0)
    findings.push({ kind: 'signature', index: null, at: 'a checkpoint kept elsewhere', detail: 'it is not signed by a key of this log that was given' });

  const { leaves } = o;
  const all = [...own.held, ...away.held].sort((a, b) => a.size - b.size);
  const good = all.filter((c) => c.size <= leaves.size && equalHashes(leaves.root(c.size), c.root));
  const bad = all.find((c) => !good.includes(c));
  const signed = good.at(-1)?.size ?? 0;
  if (bad !== undefined) findings.push(...(bad.size <= signed ? [contradiction(bad, signed)] : await nameFirst(o, good.findLast((c) => c.size < bad.size)?.size ?? 0, bad, all.at(-1)!.size)));
  else findings.push(...(await unsignedTail(o, signed)));

  const witnessed = o.witnesses.flatMap((key) => {
    const seen = good
      .flatMap((c) => c.witnesses.filter((w) => w.key.vkey === key.vkey).map((w) => ({ size: c.size, time: w.time! })))
      .at(-1);
    if (seen) return [{ name: key.name, size: seen.size, at: new Date(seen.time * 1_000).toISOString() }];
    findings.push({ kind: 'witness', index: null, at: key.name, detail: 'it cosigned no checkpoint of the log as it is' });
    return [];
  });
  return {
    findings,
    root: toBase64(leaves.root()),
    signed,
    checkpoints: { held: all.length, unknown: own.unknown },
    witnessed,
    anchored: away.held.at(-1)?.size ?? null,
  };
}

/** A later checkpoint holds, so the log is as it was signed then: two roots of one log cannot both be right. */
const contradiction = (bad: OpenedCheckpoint, signed: number): Finding => ({
  kind: 'checkpoint',
  index: null,
  at: `the checkpoint of ${bad.size} events`,
  detail: `it contradicts the one of ${signed} events, which holds: the signer signed two histories`,
});

/** What differs between the last checkpoint that holds and the first that does not; `most`: as many events were signed in all. */
async function nameFirst(o: Examined, from: number, bad: OpenedCheckpoint, most: number): Promise<Finding[]> {
  const { leaves } = o;
  const upTo = Math.min(bad.size, leaves.size);
  const kept = o.kept(from, bad.size);
  const certain = kept !== null && leadsTo(o, from, kept, bad);
  if (certain)
    for (let i = from; i < upTo; i++) if (!equalHashes(kept.subarray((i - from) * HASH_BYTES, (i - from + 1) * HASH_BYTES), leaves.leaf(i))) return [await nameAt(o, i)];
  if (bad.size > leaves.size) {
    const next = certain ? o.keptId(leaves.size) : null;
    const counted = `${most} events were signed, ${leaves.size} are there: ${most - leaves.size} are missing at the end`;
    const more = certain ? (next === null ? '' : `, the first of them ${next}`) : from < leaves.size ? `, and those from the ${from + 1}th on are not certain to be as they were signed` : '';
    return [await missingAt(o, leaves.size, counted + more)];
  }
  const first = await o.read(from);
  const last = await o.read(bad.size - 1);
  const detail = `among these ${bad.size - from} something was altered: their root is ${short(leaves.root(bad.size))}…, ${short(bad.root)}… was signed; which it is cannot be said without the leaves that were signed`;
  return [{ kind: 'range', index: from, at: `${first.at} to ${last.at}`, detail }];
}

/** Whether kept leaves, after those that hold, give the root that was signed. */
function leadsTo(o: Examined, from: number, kept: Uint8Array, bad: OpenedCheckpoint): boolean {
  if (kept.length !== (bad.size - from) * HASH_BYTES) return false;
  return equalHashes(LeafTree.of(Buffer.concat([o.leaves.leavesUpTo(from), kept])).root(), bad.root);
}

const missingAt = async (o: Examined, index: number, detail: string): Promise<Finding> => ({
  kind: 'missing',
  index,
  at: index === 0 ? 'the beginning' : `after ${(await o.read(index - 1)).at}`,
  detail,
});

/** What became of the event whose kept leaf is not the one that was read in its place. */
async function nameAt(o: Examined, index: number): Promise<Finding> {
  const read = await o.read(index);
  const was = o.keptId(index);
  const finding = (kind: string, detail: string): Finding => ({ kind, index, at: read.at, detail });
  if (was === null || was === read.id) return finding('altered', 'it is not as it was signed');
  const now = await o.find(was);
  const known = o.keptIndex(read.id) !== null;
  if (now === null) return known ? finding('missing', `event ${was}, which was signed before it, is missing`) : finding('altered', `event ${was} was signed here and is nowhere: this one stands in its place`);
  return finding(known ? 'reordered' : 'inserted', `${known ? '' : 'nothing like it was signed; '}event ${was} was signed here and stands at ${now.at} now`);
}

/** Behind the last signature only the audit's own leaves speak, which whoever alters the log could alter too. */
async function unsignedTail(o: Examined, signed: number): Promise<Finding[]> {
  const note = " (by the audit's own leaves: no signature reaches here yet)";
  for (let i = signed; ; i++) {
    const kept = o.keptId(i) === null ? null : o.kept(i, i + 1);
    if (kept === null) return [];
    if (i >= o.leaves.size) return [await missingAt(o, i, `event ${o.keptId(i)} was there when the audit last saw the log${note}`)];
    if (equalHashes(kept, o.leaves.leaf(i))) continue;
    const found = await nameAt(o, i);
    return [{ ...found, detail: found.detail + note }];
  }
}
