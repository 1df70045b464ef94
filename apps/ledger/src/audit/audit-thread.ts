/**
 * The thread of the audit: keeps the tree over the log, has it signed, and offers what was signed to witnesses. Nothing
 * waits for it; what it cannot do is said and tried again. Speaks with {@link Audit}.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { EmbeddedScan, openEventStoreDb, type EmbeddedLogShare } from '@app/event-store';
import { Book, parseVerifierKey } from '@app/transparency';
import { giveWay } from '../application/give-way.js';
import { answerAsks, asError } from '../application/thread.js';
import { overHttp, overSocket } from './ask.js';
import { fileLog, serverLog } from './tail.js';
import { Signing, Witnessing, type SignerState } from './signing.js';

export interface AuditThreadData {
  /** Path of `audit.sqlite`. */
  readonly file: string;
  readonly log: EmbeddedLogShare | { readonly url: string };
  readonly ledgerId: string;
  readonly origin: string;
  /** Path of the signer's socket; null: nobody signs. */
  readonly signer: string | null;
  readonly witnesses: readonly WitnessAt[];
}

export interface WitnessAt {
  /** Submission prefix. */
  readonly url: string;
  readonly vkey: string;
}

export interface AuditAsk {
  readonly ask: 'stop';
}

/** How the audit stands, as of some milliseconds ago. */
export interface AuditStatus {
  readonly size: number;
  readonly position: string | null;
  /** The tree holds the whole log, save what is in flight. */
  readonly whole: boolean;
  /** Leaves under the last checkpoint; 0: none was signed. */
  readonly signed: number;
  /** Since when leaves wait for a signature, RFC 3339; null: none do. */
  readonly unsignedSince: string | null;
  /** Null: none is configured. */
  readonly signer: SignerState | null;
  readonly witnesses: readonly (SignerState & { readonly name: string; readonly url: string })[];
  /** Why the tree does not follow the log. */
  readonly trouble: string | null;
}

/** Events in one transaction at most. */
const BATCH = 2_000;
/** Pause after a transaction: under load each then holds many events. */
const PAUSE_MS = 100;
/** A checkpoint is asked for once so many leaves are unsigned, or the first of them waits for so long. */
const SIGN_LEAVES = 1_000;
const SIGN_MS = 500;
const LOOK_MS = 50;
/** A witness is asked at most so often. */
const WITNESS_MS = 2_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const AGAIN_MS = 500;
/** Commands, read models and the feed go first. */
const GIVE_WAY = 10;

const port = parentPort!;
const o = workerData as AuditThreadData;
giveWay(GIVE_WAY);
const book = Book.open(o.file, o.ledgerId);
const log = 'url' in o.log ? serverLog(await openEventStoreDb(o.log)) : fileLog(EmbeddedScan.beside(o.log.file));
const now = (): number => Date.now();
const signing = o.signer === null ? null : new Signing({ book, ask: overSocket(o.signer), now }, o.origin);
const witnesses = o.witnesses.map(({ url, vkey }) => ({ url, witnessing: new Witnessing({ book, ask: overHttp(url), now }, parseVerifierKey(vkey)) }));

const stop = new AbortController();
let whole = false;
let trouble: string | null = null;
let signed = book.checkpoints(1)[0]?.size ?? 0;
let unsignedSince: number | null = null;

const rest = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);

function tell(): void {
  const status: AuditStatus = {
    size: book.tree().size,
    position: book.position,
    whole,
    signed,
    unsignedSince: unsignedSince === null ? null : new Date(unsignedSince).toISOString(),
    signer: signing?.state() ?? null,
    witnesses: witnesses.map(({ url, witnessing }) => ({ ...witnessing.state(), name: witnessing.key.name, url })),
    trouble,
  };
  port.postMessage(status);
}

/** A log that the tree did not grow from (restored, or altered at its end) makes the tree anew; signatures will show it. */
async function checkEnd(): Promise<void> {
  const { position } = book;
  if (position === null) return;
  const at = await log.at(position);
  if (at === null || !book.endsWith(at)) book.reset();
}

async function follow(): Promise<void> {
  for (;;) {
    try {
      await checkEnd();
      for await (const events of log.follow(book.position, BATCH, rest, stop.signal)) {
        // Nothing more for now: the tree holds the whole log.
        if (events.length === 0) whole = true;
        else book.append(events);
        if (book.tree().size > signed) unsignedSince ??= now();
        trouble = null;
        tell();
        if (events.length > 0 && events.length < BATCH) await rest(PAUSE_MS);
      }
    } catch (error) {
      trouble = (error as Error).message;
      whole = false;
      tell();
    }
    if (stop.signal.aborted) return;
    await rest(AGAIN_MS);
  }
}

/** Signs when it is time. */
async function sign(with_: Signing): Promise<void> {
  for (let retry = FIRST_RETRY_MS; !stop.signal.aborted; ) {
    const { size } = book.tree();
    const due = size > signed && (size - signed >= SIGN_LEAVES || now() - (unsignedSince ?? 0) >= SIGN_MS);
    // At first it is asked in any case: it may know more of this log than the log does.
    if (size === 0 || (!due && with_.state().state !== 'waiting')) {
      await rest(LOOK_MS);
      continue;
    }
    const asked = now();
    if (await with_.sign(whole)) {
      signed = with_.state().size ?? signed;
      unsignedSince = book.tree().size > signed ? asked : null;
      retry = FIRST_RETRY_MS;
      tell();
    } else {
      tell();
      await rest(whole ? retry : AGAIN_MS);
      if (whole) retry = Math.min(LAST_RETRY_MS, retry * 2);
    }
  }
}

/** Offers a witness the last checkpoint whenever there is a newer one. */
async function offer(with_: Witnessing): Promise<void> {
  for (let retry = WITNESS_MS; !stop.signal.aborted; ) {
    const [last] = book.checkpoints(1);
    const { state, size } = with_.state();
    const due = last !== undefined && (state !== 'ok' || size !== last.size) && last.size <= book.tree().size;
    const good = !due || (await with_.offer(last, whole));
    if (due) tell();
    retry = good ? WITNESS_MS : Math.min(LAST_RETRY_MS, retry * 2);
    await rest(retry);
  }
}

const working = [follow(), ...(signing ? [sign(signing)] : []), ...witnesses.map(({ witnessing }) => offer(witnessing))];

async function end(): Promise<null> {
  stop.abort();
  await Promise.allSettled(working);
  book.close();
  await log.close();
  return null;
}
answerAsks<AuditAsk>(port, end, asError);
tell();
