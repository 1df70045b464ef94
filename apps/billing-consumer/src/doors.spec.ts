/** The second door, on a real server: the published stream is read and followed by the book's own checkpoint. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import fc from 'fast-check';
import { anyScript } from '../../../libs/published/src/testing/lives.js';
import { Book } from './book.js';
import { eventStoreDoor } from './doors.js';
import { run, type RunOptions } from './run.js';
import { PublishedLives } from './testing/published.js';

const url = process.env['EVENTSTORE_URL'];
if (!url) console.warn('NOT RUN against EventStoreDB: EVENTSTORE_URL is not set');
jest.setTimeout(60_000);

const lives = new PublishedLives(fc.sample(anyScript({ moves: 40 }), { numRuns: 40, seed: 33 }));
for (let i = 0; lives.move(i * 3); i++);
const { feed } = lives;

describe('EventStoreDB', () => {
  let end: AbortController;
  let remarks: string[];
  let book: Book;
  beforeEach(() => {
    end = new AbortController();
    remarks = [];
    book = new Book(':memory:');
  });
  afterEach(() => {
    end.abort();
    book.close();
  });
  const options = (stream: string, over: Partial<RunOptions> = {}): RunOptions => ({
    book, door: eventStoreDoor(url!, stream), acknowledging: null, once: true, signal: end.signal, remark: (t) => void remarks.push(t), ...over,
  });

  test('a server that is away is told, with what to do', async () => {
    await expect(run(options('s', { door: eventStoreDoor('esdb://127.0.0.1:1?tls=false') }))).rejects.toThrow(/EventStoreDB does not answer/);
  });

  if (url) describe('a real server', () => {
    let client: EventStoreDBClient;
    beforeAll(() => void (client = EventStoreDBClient.connectionString(url!)));
    afterAll(() => client.dispose());
    const stored = (text: string) => {
      const event = JSON.parse(text) as { id: string; type: string };
      // The same id may be in another stream of the server.
      return jsonEvent({ id: randomUUID(), type: event.type, data: event as never });
    };
    const append = (stream: string, texts: readonly string[]): Promise<unknown> => client.appendToStream(stream, texts.map(stored) as never);
    /** The stream's own events have the ids of what they hold. */
    const appendAs = (stream: string, texts: readonly string[]): Promise<unknown> =>
      client.appendToStream(stream, texts.map((t) => ({ ...stored(t), id: (JSON.parse(t) as { id: string }).id })) as never);
    const until = async (size: number): Promise<void> => {
      for (let i = 0; book.size() < size; i++) {
        if (i > 3_000) throw new Error(`${book.size()} of ${size}; ${remarks.join('; ')}`);
        await sleep(10);
      }
    };

    test('from before the first event, through bursts that overrun a live subscription, byte for byte', async () => {
      expect(feed.length).toBeGreaterThan(300);
      const stream = `published-${randomUUID()}`;
      const running = run(options(stream, { once: false }));
      await sleep(300);
      await appendAs(stream, feed.slice(0, 3));
      await until(3);
      await appendAs(stream, feed.slice(3, 250));
      await until(250);
      await appendAs(stream, feed.slice(250));
      await until(feed.length);
      end.abort();
      expect(await running).toBe(feed.length);
      expect([...book.stored()]).toEqual(feed);
    });

    test('to the head and no further; the next time from the book’s own checkpoint', async () => {
      const stream = `published-${randomUUID()}`;
      expect(await run(options(stream))).toBe(0);
      await appendAs(stream, feed.slice(0, 100));
      expect(await run(options(stream))).toBe(100);
      await appendAs(stream, feed.slice(100));
      expect(await run(options(stream))).toBe(feed.length - 100);
      expect(await run(options(stream))).toBe(0);
    });

    test('a stream without the last event of the book, or with another one there, stops it', async () => {
      book.apply(feed.slice(0, 50));
      const shorter = `published-${randomUUID()}`;
      await expect(run(options(shorter))).rejects.toMatchObject({ code: 'rewound', exit: 4 });
      await appendAs(shorter, feed.slice(0, 40));
      await expect(run(options(shorter))).rejects.toMatchObject({ code: 'rewound' });
      const another = `published-${randomUUID()}`;
      await append(another, feed);
      await expect(run(options(another))).rejects.toMatchObject({ code: 'rewound' });
      expect(book.size()).toBe(50);
    });
  });
});
