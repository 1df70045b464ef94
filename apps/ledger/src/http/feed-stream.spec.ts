import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StoredEvent } from '@app/event-store';
import { Stream } from './feed-stream.js';
import type { LedgerRequest } from './gate.js';
import type { FeedCursor, FeedDoor, TokenLookup } from '../ports.js';
import type { FastifyReply } from 'fastify';

const EVENTS = 1_000;
const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const eventAt = (n: number): StoredEvent => ({ id: idOf(n), type: 'ledger.contract.renewed.v1', stream: 'published-billing', revision: n, position: String(n + 1), data: { n }, metadata: {} as StoredEvent['metadata'], rawData: `{"n":${n}}`, rawMetadata: '{}' });

/** A feed at rest that notes who read when. */
class Resting {
  readonly closing = new AbortController().signal;
  readonly reads: { readonly from: number; readonly turn: number }[] = [];
  /** How long a read takes in milliseconds; 0: it is done at once, as one of the embedded log is. */
  takes = 0;
  /** Turns of the event loop. */
  turns = 0;

  head(): FeedCursor {
    return { sequence: EVENTS - 1, id: idOf(EVENTS - 1) };
  }
  async read(from: number, limit: number): Promise<StoredEvent[]> {
    this.reads.push({ from, turn: this.turns });
    if (this.takes > 0) await new Promise((resolve) => setTimeout(resolve, this.takes));
    return Array.from({ length: Math.max(0, Math.min(limit, EVENTS - from)) }, (_, i) => eventAt(from + i));
  }
  arrived(_after: number, _ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  }
}

describe('streams that begin far behind the end', () => {
  let feed: Resting;
  let server: Server;
  beforeEach(async () => {
    feed = new Resting();
    const tokens = { lookup: () => ({ subject: 'biller', role: 'admin', tokenId: 'none' }) } as unknown as TokenLookup;
    server = createServer((message, answer) => {
      const from = Number(new URL(message.url!, 'http://x').searchParams.get('from'));
      const request = { method: 'GET', headers: { authorization: 'Bearer x' }, is404: false, routeOptions: { url: '/v1/feed/stream' } } as unknown as LedgerRequest;
      const reply = { raw: answer, getHeaders: () => ({}), hijack: () => undefined } as unknown as FastifyReply;
      void new Stream(feed as unknown as FeedDoor, tokens, null, request, reply).run(from === 0 ? null : { sequence: from - 1, id: idOf(from - 1) });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** The data of a stream from a place to the end. */
  const listen = (from: number): Promise<string[]> =>
    new Promise((resolve, reject) => {
      get({ port: (server.address() as AddressInfo).port, path: `/?from=${from}`, agent: false }, (answer: IncomingMessage) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          if (!text.includes(`"n":${EVENTS - 1}}\n\n`)) return;
          resolve([...text.matchAll(/^data: (.*)$/gm)].map((m) => m[1]!));
          answer.destroy();
        });
      }).on('error', reject);
    });
  const all = (from: number): string[] => Array.from({ length: EVENTS - from }, (_, i) => `{"n":${from + i}}`);

  it('are given everything once and in order, whoever else reads', async () => {
    feed.takes = 2;
    const places = [0, 0, 0, 1, 250, 333, 799, 800, 999];
    expect(await Promise.all(places.map(listen))).toEqual(places.map(all));
  });

  it('read one at a time, and leave the others a turn of the event loop in between', async () => {
    const count = (): void => {
      feed.turns++;
      again = setImmediate(count);
    };
    let again = setImmediate(count);
    const places = [0, 1, 2, 3, 4, 5];
    await Promise.all(places.map(listen));
    clearImmediate(again);
    const behind = feed.reads.filter((r) => r.from < EVENTS - 200);
    expect(behind).toHaveLength(4 * places.length);
    expect(new Set(behind.map((r) => r.turn)).size).toBe(behind.length);
  });

  it('share what they read at the same place', async () => {
    feed.takes = 200;
    await Promise.all([0, 0, 0, 0].map(listen));
    expect(feed.reads.filter((r) => r.from === 0).length).toBeLessThan(4);
  });
});
