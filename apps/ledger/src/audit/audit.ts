import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '@app/event-store';
import {
  BookReader,
  formatProof,
  parseVerifierKey,
  toBase64,
  wholeNote,
  type Hash,
  type LeafPlace,
  type SignedCheckpoint,
} from '@app/transparency';
import type { Logger } from 'pino';
import { BadParameter, Unavailable, type AuditQueries, type InclusionAsked, type Page } from '../ports.js';
import { Thread } from '../application/thread.js';
import type { AuditAsk, AuditStatus, AuditThreadData } from './audit-thread.js';

export interface AuditOptions extends AuditThreadData {
  readonly store: Pick<EventStore, 'compare'>;
  readonly logger: Logger;
}

/** How long an ordered stop may take: a transaction, and a call to a signer that is cut off. */
const STOP_MS = 3_000;
/** How long evidence waits for a signature over its last event; a signer that answers takes about half a second. */
const TOGETHER_MS = 5_000;
const LOOK_MS = 50;
/** How long a question waits for the tree to be there after a start. */
const START_MS = 3_000;
/** Of so many checkpoints the one is taken that covers most of the events, then the one with most cosignatures. */
const CONSIDERED = 20;

/** Names the log in its checkpoints. */
export const originOf = (ledgerId: string): string => `contract-ledger/${ledgerId}`;

const checkpointRow = (c: SignedCheckpoint) => ({
  size: c.size,
  root: toBase64(c.root),
  signedAt: c.signedAt,
  note: wholeNote(c),
  cosignatures: c.cosignatures.map(({ witness, signedAt }) => ({ witness, signedAt })),
});
const toLines = (proof: readonly Hash[]): string[] => proof.map(toBase64);

/** The tree over the log, kept in a thread of its own; a thread that is lost is replaced. */
export class Audit implements AuditQueries {
  private thread: Thread<AuditAsk, AuditStatus> | null = null;
  private latest: AuditStatus;
  private opened: BookReader | null = null;
  private stopped = false;

  constructor(private readonly o: AuditOptions) {
    this.latest = { size: 0, position: null, whole: false, signed: 0, unsignedSince: null, signer: null, witnesses: [], trouble: 'it is starting' };
  }

  /** Begins to follow the log. Before that there is nothing to be asked of it. Idempotent. */
  start(): void {
    if (this.thread || this.stopped) return;
    const { store: _, logger, ...workerData } = this.o;
    this.thread = new Thread<AuditAsk, AuditStatus>({
      script: new URL('./audit-thread.js', import.meta.url),
      name: 'audit',
      data: () => ({ workerData }),
      news: (status) => this.hear(status),
      errorOf: (failure: Error) => failure,
      onError: (err) => logger.warn({ err }, 'the thread of the audit failed and is started again'),
      onLost: () => {
        this.latest = { ...this.latest, trouble: 'its thread ended and is started again' };
      },
      stopMs: STOP_MS,
    });
  }

  status(): AuditStatus {
    return this.latest;
  }

  /** One line for readiness: `ok`, or what an auditor should know. */
  check(): string {
    const { trouble, signer, size, signed, witnesses } = this.latest;
    if (trouble !== null) return `not followed: ${trouble}`;
    if (signer === null) return 'unsigned: no signer is configured';
    const tail = `${Math.max(0, size - signed)} events are unsigned`;
    if (signer.state === 'refused') return `the signer refuses: ${signer.detail}; ${tail}`;
    if (signer.state === 'away') return `the signer does not answer: ${signer.detail}; ${tail}`;
    const out = witnesses.find((w) => w.state === 'refused') ?? witnesses.find((w) => w.state === 'away');
    return out ? `witness ${out.name} ${out.state === 'refused' ? 'refuses' : 'does not answer'}: ${out.detail}` : 'ok';
  }

  private hear(status: AuditStatus): void {
    const before = this.check();
    this.latest = status;
    const after = this.check();
    const kind = (text: string): string => text.split(':', 1)[0]!;
    if (kind(before) === kind(after)) return;
    if (after === 'ok' || this.latest.signer === null) this.o.logger.info({ audit: after }, 'audit');
    else this.o.logger.warn({ audit: after }, 'audit');
  }

  /** The kept tree, waited for a little. @throws {Unavailable} it is not there yet */
  private async book(): Promise<BookReader> {
    for (const until = performance.now() + START_MS; this.latest.size === 0; await sleep(LOOK_MS))
      if (this.stopped || performance.now() >= until) throw new Unavailable('starting', 1);
    return (this.opened ??= BookReader.open(this.o.file));
  }

  // ------------------------------------------------------------------------------------------------ questions

  /** How far the tree and its signatures are, as every answer here says it. */
  private standing() {
    const { size, position, signed, unsignedSince, signer, witnesses } = this.latest;
    return {
      origin: this.o.origin,
      tree: { size, position },
      unsigned: { events: Math.max(0, size - signed), since: unsignedSince },
      signer: signer ? { ...signer } : { state: 'none', detail: 'no signer is configured', size: null },
      witnesses: witnesses.map(({ name, url, state, detail, size: seen }) => ({ name, url, state, detail, size: seen })),
    };
  }

  async checkpoints({ limit, cursor }: Page) {
    const below = cursor === undefined ? undefined : Number(cursor);
    if (cursor !== undefined && !/^[1-9]\d{0,15}$/.test(cursor)) throw new BadParameter([{ path: 'cursor', message: 'cursor' }]);
    const rows = (await this.book()).checkpoints(limit + 1, below);
    const page = rows.slice(0, limit);
    return { checkpoints: page.map(checkpointRow), nextCursor: rows.length > limit ? String(page.at(-1)!.size) : null, ...this.standing() };
  }

  async latestCheckpoint() {
    const [last] = (await this.book()).checkpoints(1);
    return { checkpoint: last ? checkpointRow(last) : null, ...this.standing() };
  }

  async latestNote(): Promise<string | null> {
    const [last] = (await this.book()).checkpoints(1);
    return last ? wholeNote(last) : null;
  }

  async inclusion({ eventId, position, size }: InclusionAsked) {
    const book = await this.book();
    const place = eventId !== undefined ? book.placeOf(eventId) : this.placeAt(book, position!);
    if (place === null) return null;
    const tree = book.tree();
    const over = size === undefined ? book.checkpointOver(place.index) : book.checkpointOf(size);
    const upTo = size ?? (over !== null && over.size <= tree.size ? over.size : tree.size);
    if (upTo > tree.size || upTo <= place.index) throw new BadParameter([{ path: 'size', message: `treeSize|${place.index + 1}|${tree.size}` }]);
    const leaf = tree.leavesBetween(place.index, place.index + 1);
    return {
      leaf: { index: place.index, hash: toBase64(leaf), eventId: place.id, position: place.position },
      size: upTo,
      root: toBase64(tree.root(upTo)),
      proof: toLines(tree.inclusion(place.index, upTo)),
      checkpoint: over !== null && over.size === upTo ? wholeNote(over) : null,
    };
  }

  private placeAt(book: BookReader, position: string): LeafPlace | null {
    try {
      return book.placeAtPosition(position, (a, b) => this.o.store.compare(a, b));
    } catch (error) {
      if (error instanceof RangeError) throw new BadParameter([{ path: 'position', message: 'position' }]);
      throw error;
    }
  }

  async consistency(from: number, to: number | undefined) {
    const tree = (await this.book()).tree();
    const size = to ?? tree.size;
    if (size > tree.size) throw new BadParameter([{ path: 'to', message: `treeSize|0|${tree.size}` }]);
    if (from > size) throw new BadParameter([{ path: 'from', message: `treeSize|0|${size}` }]);
    return { from, fromRoot: toBase64(tree.root(from)), to: size, toRoot: toBase64(tree.root(size)), proof: toLines(tree.consistency(from, size)) };
  }

  /**
   * C2SP tlog-proofs of events in one signed checkpoint, by event id; none for those that it does not cover. Waits a
   * little for a signature over all of them, and for a witness, while those answer. Null: nothing was ever signed.
   */
  async provedTogether(events: readonly { readonly id: string }[]): Promise<{ readonly checkpoint: string | null; readonly proofs: ReadonlyMap<string, string> }> {
    const until = performance.now() + TOGETHER_MS;
    for (;;) {
      const book = await this.book();
      const places = events.flatMap((e) => book.placeOf(e.id) ?? []);
      const tree = book.tree();
      const covered = (c: SignedCheckpoint): LeafPlace[] => places.filter((p) => p.index < c.size);
      const best = book
        .checkpoints(CONSIDERED)
        .filter((c) => c.size <= tree.size)
        .reduce<SignedCheckpoint | null>((a, b) => (a && (covered(a).length - covered(b).length || a.cosignatures.length - b.cosignatures.length) >= 0 ? a : b), null);
      const whole = best !== null && covered(best).length === events.length;
      if (performance.now() >= until || !this.worthWaiting(whole, best)) {
        if (!best) return { checkpoint: null, proofs: new Map() };
        const checkpoint = wholeNote(best);
        return { checkpoint, proofs: new Map(covered(best).map(({ id, index }) => [id, formatProof({ index, proof: tree.inclusion(index, best.size), checkpoint })])) };
      }
      await sleep(LOOK_MS);
    }
  }

  private worthWaiting(whole: boolean, best: SignedCheckpoint | null): boolean {
    const { signer, witnesses } = this.latest;
    if (!whole) return signer !== null && (signer.state === 'ok' || signer.state === 'waiting');
    return best?.cosignatures.length === 0 && witnesses.some((w) => w.state === 'ok');
  }

  async keys() {
    const { origin, witnesses } = this.o;
    const keys = (await this.book()).keys().map(({ vkey, seenAt }) => ({ vkey, id: parseVerifierKey(vkey).id, firstSeenAt: seenAt }));
    return { origin, keys, witnesses: witnesses.map(({ url, vkey }) => ({ name: parseVerifierKey(vkey).name, vkey, url })) };
  }

  /** Ends the thread after the transaction under way. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.thread?.stop();
    this.opened?.close();
    this.opened = null;
  }
}
