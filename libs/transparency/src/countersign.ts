/** Who puts a name to checkpoints: the log's own signer, and witnesses elsewhere. Both remember durably what they signed last. */
import { checkpointText, judge, openCheckpoint, parseAsked, parseCheckpoint, type Asked, type Checkpoint, type Seen, type Verdict } from './checkpoint.js';
import { sha256Bytes } from '@app/kernel';
import { cosignText, Malformed, parseNote, signText, type SignerKey, type VerifierKey } from './note.js';

/** An answer over HTTP. */
export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 405 | 409 | 422;
  readonly type: string;
  readonly body: string;
}

/** What was signed last, as a note. A write is durable when it returns. */
export interface LastSigned {
  read(): string | null;
  write(note: string): void;
}

const TEXT = 'text/plain; charset=utf-8';
/** How the witness protocol says a size. */
const SIZE_TYPE = 'text/x.tlog.size';
const say = (status: Answer['status'], body: string): Answer => ({ status, type: TEXT, body: body.endsWith('\n') ? body : `${body}\n` });

function refusal(verdict: Exclude<Verdict, { verdict: 'good' }>): Answer {
  switch (verdict.verdict) {
    case 'conflict':
      return { status: 409, type: SIZE_TYPE, body: `${verdict.size}\n` };
    case 'malformed':
      return say(400, verdict.why);
    case 'inconsistent':
      return say(422, verdict.why);
  }
}

const lastOf = (note: string | null): Seen | null => (note === null ? null : parseCheckpoint(parseNote(note).text));

/** A malformed request is answered 400. */
function guarded(work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (error instanceof Malformed) return say(400, error.message);
    throw error;
  }
}

/**
 * The log's signer. Signs only what goes on from the checkpoint that it signed last. While keys are rotated it signs
 * with all of them.
 *
 * `POST /sign` (as add-checkpoint of C2SP tlog-witness, the checkpoint without signatures): the lines of its signatures ·
 * `GET /keys`: its public keys, one a line · `GET /checkpoint`: what it signed last.
 */
export class LogSigner {
  readonly origin: string;

  /** @throws {Malformed} keys of several names, or none; a last checkpoint of another log */
  constructor(
    private readonly keys: readonly SignerKey[],
    private readonly last: LastSigned,
  ) {
    const [first, ...others] = new Set(keys.map((k) => k.name));
    if (first === undefined || others.length > 0) throw new Malformed('a signer has the keys of one log');
    this.origin = first;
    const note = last.read();
    if (note !== null) openCheckpoint(note, keys.map(verifierOf));
  }

  answer(method: string, path: string, body: string): Answer {
    switch (`${method} ${path}`) {
      case 'GET /keys':
        return say(200, this.keys.map((k) => k.vkey).join('\n'));
      case 'GET /checkpoint': {
        const note = this.last.read();
        return note === null ? say(404, 'nothing was signed yet') : say(200, note);
      }
      case 'POST /sign':
        return guarded(() => this.sign(parseAsked(body)));
      default:
        return say(404, 'POST /sign, GET /keys and GET /checkpoint are answered here');
    }
  }

  private sign(asked: Asked): Answer {
    const next = parseCheckpoint(asked.checkpoint);
    if (next.origin !== this.origin) return say(404, `this is the signer of ${this.origin}`);
    const verdict = judge(lastOf(this.last.read()), asked, next);
    if (verdict.verdict !== 'good') return refusal(verdict);
    const text = checkpointText(next);
    const lines = this.keys.map((key) => signText(text, key)).join('');
    this.last.write(`${text}\n${lines}`);
    return { status: 200, type: TEXT, body: lines };
  }
}

const verifierOf = ({ name, id, kind, vkey, key }: SignerKey): VerifierKey => ({ name, id, kind, vkey, key });

/** Under which name a witness serves a log's checkpoint. */
export const originHash = (origin: string): string => Buffer.from(sha256Bytes(origin)).toString('hex');

export interface WitnessOptions {
  readonly key: SignerKey;
  /** Keys of the logs that are watched; a log may have several. */
  readonly logs: readonly VerifierKey[];
  /** What was cosigned last of a log. */
  readonly last: (origin: string) => LastSigned;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/**
 * A witness (C2SP tlog-witness): cosigns what goes on from the checkpoint that it cosigned last, and remembers it.
 *
 * `POST /add-checkpoint` · `GET /<SHA-256 of the origin, hex>/checkpoint`
 */
export class Witness {
  constructor(private readonly o: WitnessOptions) {
    if (new Set(o.logs.map((k) => k.vkey)).size === 0) throw new Malformed('a witness needs the key of a log to watch');
  }

  answer(method: string, path: string, body: string): Answer {
    if (path === '/add-checkpoint') return method === 'POST' ? guarded(() => this.add(parseAsked(body))) : say(405, 'POST only');
    const hash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1];
    const origin = this.o.logs.find((k) => originHash(k.name) === hash)?.name;
    const note = origin === undefined ? null : this.o.last(origin).read();
    return note === null ? say(404, 'nothing was cosigned here') : say(200, note);
  }

  private add(asked: Asked): Answer {
    const claimed = parseCheckpoint(parseNote(asked.checkpoint).text);
    const keys = this.o.logs.filter((k) => k.name === claimed.origin);
    if (keys.length === 0) return say(404, `${claimed.origin} is not watched here`);
    const next = this.trusted(asked.checkpoint, keys);
    if (next === null) return say(403, `no good signature of a known key of ${claimed.origin}`);
    const last = this.o.last(next.origin);
    const verdict = judge(lastOf(last.read()), asked, next);
    if (verdict.verdict !== 'good') return refusal(verdict);
    const text = checkpointText(next);
    const line = cosignText(text, this.o.key, this.o.now());
    last.write(`${text}\n${next.lines}${line}`);
    return { status: 200, type: TEXT, body: line };
  }

  /** The checkpoint with the lines of the log's signatures; null: not signed, or not well. */
  private trusted(note: string, keys: readonly VerifierKey[]): (Checkpoint & { readonly lines: string }) | null {
    try {
      const { origin, size, root, signers } = openCheckpoint(note, keys);
      const ids = new Set(signers.map(({ key }) => key.id));
      const lines = note.split('\n').filter((line) => line.startsWith(`— ${origin} `) && ids.has(Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('hex', 0, 4)));
      return { origin, size, root, lines: lines.map((line) => `${line}\n`).join('') };
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }
}
