import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Book, COSIGNATURE, ED25519, LogSigner, newSignerKey, openCheckpoint, wholeNote, Witness, type LastSigned, type LoggedEvent, type SignerKey } from '@app/transparency';
import type { Answered, AskSigner } from './ask.js';
import { Signing, Witnessing } from './signing.js';

const ORIGIN = 'contract-ledger/L';
const key = newSignerKey(ORIGIN, ED25519);
const event = (n: number, by = n): LoggedEvent => ({
  stream: 'counter',
  revision: n,
  position: String(n + 1),
  id: `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`,
  type: 'Counted',
  rawData: `{"by":${by}}`,
  rawMetadata: '{}',
});

let folder: string;
let books: Book[];
let names = 0;
const bookOf = (events: readonly LoggedEvent[]): Book => {
  const book = Book.open(join(folder, `audit-${++names}.sqlite`), 'L');
  books.push(book);
  book.append(events);
  return book;
};
const range = (from: number, to: number, by?: number): LoggedEvent[] => Array.from({ length: to - from }, (_, i) => event(from + i, by));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signing-'));
  books = [];
});
afterEach(() => {
  books.forEach((b) => b.close());
  rmSync(folder, { recursive: true, force: true });
});

const memory = (): LastSigned & { note: string | null } => ({
  note: null,
  read() {
    return this.note;
  },
  write(note) {
    this.note = note;
  },
});

/** A signer that can be away, or answer as it is told. */
class Desk {
  asked: string[] = [];
  away = false;
  instead: ((path: string) => Answered | null) | null = null;
  readonly last = memory();
  keys: readonly SignerKey[] = [key];

  readonly ask: AskSigner = async (method, path, body = '') => {
    this.asked.push(path);
    if (this.away) throw new Error('connect ENOENT');
    const other = this.instead?.(path);
    if (other) return other;
    return new LogSigner(this.keys, this.last).answer(method, path, body);
  };
}
const signingOf = (book: Book, desk: Desk): Signing => new Signing({ book, ask: desk.ask, now: () => 1_767_225_600_000 }, ORIGIN);
const sizes = (book: Book): number[] => book.checkpoints(10).map((c) => c.size);

describe('having the tree signed', () => {
  it('keeps what was signed and the key, and meets the signer once', async () => {
    const [desk, book] = [new Desk(), bookOf(range(0, 5))];
    const signing = signingOf(book, desk);
    expect(await signing.sign(true)).toBe(true);
    book.append(range(5, 9));
    expect(await signing.sign(true)).toBe(true);
    expect([sizes(book), signing.state(), book.keys().map((k) => k.vkey)]).toEqual([[9, 5], { state: 'ok', detail: null, size: 9 }, [key.vkey]]);
    expect(desk.asked).toEqual(['/keys', '/checkpoint', '/sign', '/sign']);
    expect(openCheckpoint(wholeNote(book.checkpoints(1)[0]!), [key])).toMatchObject({ size: 9, origin: ORIGIN });
  });

  it('goes on where the signer stands after a restart, and takes over what it signed last', async () => {
    const desk = new Desk();
    await signingOf(bookOf(range(0, 5)), desk).sign(true);
    const book = bookOf(range(0, 8));
    expect(await signingOf(book, desk).sign(true)).toBe(true);
    expect(sizes(book)).toEqual([8, 5]);
  });

  it('says that a signer is away, and goes on when it is back', async () => {
    const [desk, book] = [new Desk(), bookOf(range(0, 5))];
    const signing = signingOf(book, desk);
    desk.away = true;
    expect([await signing.sign(true), signing.state()]).toEqual([false, { state: 'away', detail: 'connect ENOENT', size: null }]);
    desk.away = false;
    expect([await signing.sign(true), sizes(book)]).toEqual([true, [5]]);
  });

  it('is refused for a log that lost events, once it is whole', async () => {
    const desk = new Desk();
    await signingOf(bookOf(range(0, 9)), desk).sign(true);
    const book = bookOf(range(0, 5));
    const signing = signingOf(book, desk);
    expect([await signing.sign(false), signing.state().state]).toEqual([false, 'waiting']);
    expect(await signing.sign(true)).toBe(false);
    expect(signing.state()).toEqual({ state: 'refused', detail: 'it signed a log of 9 events; this one has 5: events are missing', size: 9 });
    expect(sizes(book)).toEqual([]);
  });

  it('is refused for a log that was rewritten', async () => {
    const desk = new Desk();
    await signingOf(bookOf(range(0, 5)), desk).sign(true);
    const book = bookOf(range(0, 9, 7));
    const signing = signingOf(book, desk);
    expect([await signing.sign(true), signing.state().state, sizes(book)]).toEqual([false, 'refused', []]);
    expect(signing.state().detail).toMatch(/^422: the tree of 9 leaves does not go on from the one of 5/);
  });

  it.each<[string, (path: string) => Answered | null, RegExp]>([
    ['a signature that is not good', (path) => (path === '/sign' ? { status: 200, body: `— ${ORIGIN} ${Buffer.concat([Buffer.from(key.id, 'hex'), Buffer.alloc(64)]).toString('base64')}\n` } : null), /is not good/],
    ['no signature', (path) => (path === '/sign' ? { status: 200, body: 'yes\n' } : null), /a signature is/],
    ['a key of another log', (path) => (path === '/keys' ? { status: 200, body: newSignerKey('other', ED25519).vkey } : null), /it signs for other/],
    ['a 409 without a size', (path) => (path === '/sign' ? { status: 409, body: 'no' } : null), /does not say a size/],
    ['a 500', (path) => (path === '/sign' ? { status: 500, body: 'it failed\n' } : null), /^500: it failed$/],
  ])('keeps nothing of %s', async (_, instead, why) => {
    const [desk, book] = [new Desk(), bookOf(range(0, 5))];
    desk.instead = instead;
    const signing = signingOf(book, desk);
    expect([await signing.sign(true), signing.state().state, signing.state().detail, sizes(book)]).toEqual([false, 'away', expect.stringMatching(why), []]);
  });

  it('meets a signer anew that signs with another key', async () => {
    const [desk, book] = [new Desk(), bookOf(range(0, 5))];
    const signing = signingOf(book, desk);
    await signing.sign(true);
    const next = newSignerKey(ORIGIN, ED25519);
    desk.keys = [next, key];
    book.append(range(5, 6));
    expect(await signing.sign(true)).toBe(true);
    expect(book.keys().map((k) => k.vkey).sort()).toEqual([key.vkey, next.vkey].sort());
    expect(openCheckpoint(wholeNote(book.checkpoints(1)[0]!), [next]).size).toBe(6);
  });
});

describe('having a checkpoint witnessed', () => {
  const witnessKey = newSignerKey('w', COSIGNATURE);
  const make = async (book: Book, last = memory()) => {
    const desk = new Desk();
    await signingOf(book, desk).sign(true);
    const witness = new Witness({ key: witnessKey, logs: [key], last: () => last, now: () => 1_767_225_700 });
    const witnessing = new Witnessing({ book, ask: async (method, path, body = '') => witness.answer(method, path, body), now: () => 0 }, witnessKey);
    return { witnessing, desk, last };
  };

  it('keeps the cosignature with the witness’s own time, also of one that has seen an earlier log', async () => {
    const book = bookOf(range(0, 5));
    const { witnessing, desk, last } = await make(book);
    expect(await witnessing.offer(book.checkpoints(1)[0]!, true)).toBe(true);
    book.append(range(5, 9));
    await signingOf(book, desk).sign(true);
    const again = (await make(book, last)).witnessing;
    expect(again.state().size).toBe(5);
    expect(await again.offer(book.checkpoints(1)[0]!, true)).toBe(true);
    expect(book.checkpoints(1)[0]!.cosignatures).toEqual([{ witness: 'w', line: expect.stringMatching(/^— w /), signedAt: '2026-01-01T00:01:40.000Z' }]);
  });

  it('is refused where the witness has seen more, or something else', async () => {
    const last = memory();
    const first = bookOf(range(0, 9));
    await (await make(first, last)).witnessing.offer(first.checkpoints(1)[0]!, true);
    for (const [events, why] of [
      [range(0, 5), /signed a log of 9 events; this one has 5/],
      [range(0, 12, 3), /^422: /],
    ] as const) {
      const book = bookOf(events);
      const { witnessing } = await make(book, last);
      expect([await witnessing.offer(book.checkpoints(1)[0]!, true), witnessing.state().state, witnessing.state().detail]).toEqual([false, 'refused', expect.stringMatching(why)]);
      expect(book.checkpoints(1)[0]!.cosignatures).toEqual([]);
    }
  });
});
