import fc from 'fast-check';
import { anyScript } from '../../../libs/published/src/testing/lives.js';
import { Book } from './book.js';
import { pullDoor } from './doors.js';
import { cursorOf, readEvent, type Received } from './event.js';
import { Ledger } from './ledger.js';
import { reconcileApplied, reconcileReceived } from './reconcile.js';
import { run, type RunOptions } from './run.js';
import { FeedServer } from './testing/ledger.js';
import { PublishedLives } from './testing/published.js';
import { Stopped, Trouble } from './trouble.js';

const lives = new PublishedLives(fc.sample(anyScript({ moves: 40 }), { numRuns: 14, seed: 21 }));
for (let i = 0; lives.move(i * 3); i++);
const { feed } = lives;
test('there is something to read', () => expect(feed.length).toBeGreaterThan(90));
const last = readEvent(feed.at(-1)!);
const head = cursorOf({ sequence: last.sequence, id: last.event.id });

let server: FeedServer;
let url: string;
let book: Book;
let remarks: string[];
let end: AbortController;
beforeEach(async () => {
  server = new FeedServer(feed);
  url = await server.listen();
  book = new Book(':memory:');
  remarks = [];
  end = new AbortController();
});
afterEach(async () => {
  end.abort();
  book.close();
  await server.close();
});
const ledger = (token = server.token): Ledger => new Ledger(url, token);
const options = (over: Partial<RunOptions> = {}): RunOptions => ({
  book, door: pullDoor(ledger()), acknowledging: { ledger: ledger(), name: 'biller' }, once: true, signal: end.signal, remark: (t) => void remarks.push(t), ...over,
});

it('catches up and ends at the head; what it committed it acknowledges', async () => {
  expect(await run(options())).toBe(feed.length);
  expect([...book.stored()]).toEqual(feed);
  expect(server.acknowledged.get('biller')).toBe(head);
  expect(await run(options())).toBe(0);
});

it('follows: waits at the head, goes on when more comes, and through answers that fail', async () => {
  server.feed = feed.slice(0, 50);
  let failures = 0;
  server.fault = (request, reply) => {
    if (request.url!.startsWith('/v1/feed?') && failures < 3 && book.size() === 50) {
      failures++;
      if (failures === 1) reply.destroy();
      else reply.writeHead(503).end('{}');
      return true;
    }
    return false;
  };
  const running = run(options({ once: false }));
  while (failures < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  server.feed = feed;
  while (book.size() < feed.length) await new Promise((resolve) => setTimeout(resolve, 10));
  end.abort();
  expect(await running).toBe(feed.length);
  expect(remarks.filter((r) => r.endsWith('asking again')).length).toBe(3);
  expect(server.asked.some((a) => a.includes('wait=30'))).toBe(true);
});

it('ends where it is told to go only to the head and the ledger is away', async () => {
  server.fault = (_, reply) => (reply.destroy(), true);
  await expect(run(options())).rejects.toThrow(/does not answer .*is it running, and is LEDGER_URL its address/);
});

it('says what to do about a token that is refused', async () => {
  await expect(run(options({ door: pullDoor(ledger('wrong')) }))).rejects.toMatchObject({ exit: 2, message: expect.stringMatching(/Have one of the role billing issued/) as string });
});

it('goes on although nobody hears its acknowledgements', async () => {
  server.fault = (request, reply) => request.method === 'PUT' && (reply.writeHead(503).end('{}'), true);
  expect(await run(options())).toBe(feed.length);
  expect(remarks).toContainEqual(expect.stringMatching(/^not acknowledged: /));
});

it('a feed that was rewound stops it, loudly and without a change', async () => {
  await run(options());
  const before = book.totals('2030-12');
  server.feed = feed.slice(0, feed.length - 5);
  const refused = run(options());
  await expect(refused).rejects.toBeInstanceOf(Stopped);
  await expect(refused).rejects.toMatchObject({ code: 'rewound', exit: 4, message: expect.stringMatching(/restored from a backup.*begin a new book/) as string });
  // So does another event at that place.
  server.feed = feed.with(-1, feed.at(-1)!.replace(/"id":"../, '"id":"00'));
  await expect(run(options())).rejects.toMatchObject({ code: 'rewound' });
  expect([book.size(), book.totals('2030-12')]).toEqual([feed.length, before]);
});

describe('reconciliation', () => {
  const through = lives.horizon;

  it('says that all is well where it is', async () => {
    await run(options());
    const received = await reconcileReceived(book, ledger());
    expect(received).toMatchObject({ size: feed.length, differs: null, asked: 1 });
    const applied = await reconcileApplied(book, ledger(), through);
    expect(applied.differences).toEqual([]);
    expect(applied.matched).toBe(applied.rows);
    expect(applied.rows).toBeGreaterThan(100);
  });

  it('finds an event with other bytes in log2(n) questions', async () => {
    const at = 37;
    server.feed = feed.with(at, feed[at]!.replace(/"businessdate":"\d{4}/, '"businessdate":"1999'));
    await run(options());
    server.feed = feed;
    const { differs, asked } = await reconcileReceived(book, ledger());
    expect(differs).toMatchObject({ sequence: at, id: readEvent(feed[at]!).event.id });
    expect(asked).toBeLessThanOrEqual(Math.ceil(Math.log2(feed.length)) + 1);
  });

  it('names contract, month and line of what was not applied, and the events that say it', async () => {
    await run(options());
    // The biller forgets one line: as if an event's money had been skipped.
    const standing = (e: Received) => e.event.data.segments.find((l) => l.from.slice(0, 7) <= through && book.linesIn(e.event.subject, l.from.slice(0, 7)).some((x) => x.lineId === l.lineId && x.amount > 0));
    const forgotten = feed.map(readEvent).findLast(standing)!;
    const said = standing(forgotten)!;
    const { lineId } = said;
    const month = said.from.slice(0, 7);
    const forgetful = Object.assign(Object.create(book) as Book, {
      totals: (m: string) => book.totals(m).map((r) => (r.contractId === forgotten.event.subject && r.month === month ? { ...r, total: r.total - amount } : r)),
      linesIn: (c: string, m: string) => book.linesIn(c, m).filter((l) => l.lineId !== lineId),
    });
    const amount = book.linesIn(forgotten.event.subject, month).find((l) => l.lineId === lineId)!.amount;
    expect(amount).toBeGreaterThan(0);
    const { differences } = await reconcileApplied(forgetful, ledger(), through);
    expect(differences.length).toBe(1);
    expect(differences[0]).toMatchObject({ contractId: forgotten.event.subject, month, lines: [{ lineId, clause: 'A11c', amount }] });
    expect(differences[0]!.expected - differences[0]!.total).toBe(amount);
    expect(differences[0]!.lines[0]!.events.map((e) => e.id)).toContain(forgotten.event.id);
  });

  it('a contract that the ledger has not published is named', async () => {
    await run(options());
    server.feed = feed.filter((e) => readEvent(e).event.subject !== lives.contractIds[0]);
    const { differences } = await ledger().reconcile({ sequence: 0, id: readEvent(server.feed[0]!).event.id }, [{ contractId: lives.contractIds[0]!, month: '2025-01', total: 0 }]);
    expect(differences).toEqual([{ contractId: lives.contractIds[0], month: '2025-01', total: 0, expected: 0, unknown: true, lines: [] }]);
  });
});

it('an error that is none of ours is not swallowed', async () => {
  const broken = Object.assign(Object.create(book) as Book, { apply: () => { throw new TypeError('a bug'); } });
  await expect(run(options({ book: broken }))).rejects.not.toBeInstanceOf(Trouble);
});
