/** Asks those who sign. What they answer is checked before it is kept: a signature that does not verify is none. */
import {
  checkpointText,
  equalHashes,
  formatAsked,
  Malformed,
  openCheckpoint,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  signersOf,
  type Book,
  type SignedCheckpoint,
  type VerifierKey,
} from '@app/transparency';
import type { Answered, AskSigner } from './ask.js';

/**
 * `ok`: it signed what it was last asked to; `waiting`: it has not been asked yet; `away`: no answer, tried again;
 * `refused`: it will not sign this log: what it signed before is not the beginning of it.
 */
export interface SignerState {
  readonly state: 'waiting' | 'ok' | 'away' | 'refused';
  readonly detail: string | null;
  /** Leaves that it is known to have signed. */
  readonly size: number | null;
}

export interface SigningOptions {
  readonly book: Book;
  readonly ask: AskSigner;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Answers of 409 followed at once: the second time it is known where the other stands. */
const TRIES = 3;
const instant = (ms: number): string => new Date(ms).toISOString();
const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error & { cause?: Error };
  return cause instanceof Error && cause.message ? cause.message : message;
};
const sizeOf = ({ body }: Answered): number => {
  const size = /^(\d{1,16})\n$/.exec(body)?.[1];
  if (size === undefined) throw new Malformed('a 409 that does not say a size');
  return Number(size);
};
const firstLine = (text: string): string => text.slice(0, 300).split('\n', 1)[0]!;

/** Somebody outside who signs trees of this log, and has seen one of `size` leaves. */
abstract class Countersigner {
  protected current: SignerState = { state: 'waiting', detail: null, size: null };

  constructor(protected readonly o: SigningOptions) {}

  state(): SignerState {
    return this.current;
  }

  /** Sends a tree until the other's size is met; the lines of its signatures, or null with a state that says why. */
  protected async countersigned(path: string, size: number, checkpoint: string, whole: boolean): Promise<string | null> {
    let old = this.current.size ?? 0;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (old > size) {
        // While the tree is made anew from the log it is behind for good reason.
        if (whole) this.set('refused', `it signed a log of ${old} events; this one has ${size}: events are missing`, old);
        return null;
      }
      const answer = await this.o.ask('POST', path, formatAsked({ old, proof: this.o.book.tree().consistency(old, size), checkpoint }));
      if (answer.status === 200) return answer.body;
      if (answer.status === 409) old = sizeOf(answer);
      else {
        this.set(answer.status === 422 ? 'refused' : 'away', `${answer.status}: ${firstLine(answer.body)}`, old);
        return null;
      }
    }
    this.set('away', 'it signs for somebody else at the same time', old);
    return null;
  }

  protected set(state: SignerState['state'], detail: string | null, size: number | null): void {
    this.current = { state, detail, size };
  }

  /** Runs a piece of work; what goes wrong is a state, never an error. */
  protected async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      this.set('away', reasonOf(error), this.current.size);
    }
    return this.current.state === 'ok';
  }
}

/** The log's own signer. */
export class Signing extends Countersigner {
  private keys: readonly VerifierKey[] = [];

  constructor(
    o: SigningOptions,
    private readonly origin: string,
  ) {
    super(o);
  }

  /**
   * Has the tree signed as it is now. `whole`: it holds the whole log. False: it could not be; the state says why.
   */
  sign(whole: boolean): Promise<boolean> {
    return this.attempt(async () => {
      if (this.current.state !== 'ok') await this.meet();
      const { book, now } = this.o;
      const tree = book.tree();
      const { size } = tree;
      const root = tree.root(size);
      const text = checkpointText({ origin: this.origin, size, root });
      const at = instant(now());
      const lines = await this.countersigned('/sign', size, text, whole);
      if (lines === null) return;
      const note = `${text}\n${lines}`;
      if (!this.isSigned(note)) await this.meet();
      openCheckpoint(note, this.keys);
      book.keepCheckpoint({ size, root }, note, at);
      this.set('ok', null, size);
    });
  }

  private isSigned(note: string): boolean {
    try {
      return openCheckpoint(note, this.keys).signers.length === parseNote(note).signatures.length;
    } catch {
      return false;
    }
  }

  /** Learns the signer's keys, and takes over what it signed last where that is not known here (a new `audit.sqlite`). */
  private async meet(): Promise<void> {
    const { ask, book, now } = this.o;
    const keys = await ask('GET', '/keys');
    if (keys.status !== 200) throw new Error(`its keys: ${keys.status}`);
    this.keys = keys.body.trim().split('\n').map(parseVerifierKey);
    const other = this.keys.find((k) => k.name !== this.origin);
    if (other) throw new Error(`it signs for ${other.name}, not for ${this.origin}`);
    const at = instant(now());
    for (const { vkey } of this.keys) book.keepKey(vkey, at);
    const last = await ask('GET', '/checkpoint');
    if (last.status !== 200) return;
    const checkpoint = openCheckpoint(last.body, this.keys);
    const tree = book.tree();
    if (checkpoint.size <= tree.size && equalHashes(tree.root(checkpoint.size), checkpoint.root)) book.keepCheckpoint(checkpoint, last.body, at);
  }
}

/** A witness elsewhere, offered what the log's signer signed. */
export class Witnessing extends Countersigner {
  constructor(
    o: SigningOptions,
    readonly key: VerifierKey,
  ) {
    super(o);
    const known = o.book.cosignedBy(key.name);
    this.current = { state: 'waiting', detail: null, size: known?.size ?? null };
  }

  /** Has a signed checkpoint cosigned. */
  offer(checkpoint: SignedCheckpoint, whole: boolean): Promise<boolean> {
    return this.attempt(async () => {
      const { book } = this.o;
      const { note, size } = checkpoint;
      const lines = await this.countersigned('/add-checkpoint', size, note, whole);
      if (lines === null) return;
      const signed = signersOf({ text: parseNote(note).text, signatures: parseSignatures(lines) }, [this.key])[0];
      if (!signed || signed.time === null) throw new Malformed(`no cosignature of ${this.key.name} came back`);
      const line = lines.split('\n').find((l) => l.startsWith(`— ${this.key.name} `))!;
      book.keepCosignature(size, { witness: this.key.name, line: `${line}\n`, signedAt: instant(signed.time * 1_000) });
      this.set('ok', null, size);
    });
  }
}
