/** The published log as a stream over HTTP: server-sent events, and lines for a bulk start. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent } from '@app/event-store';
import { cursorText } from './feed-cursor.js';
import { letIn, type LedgerRequest } from './gate.js';
import type { FeedCursor, FeedDoor, FeedFilter, TokenIssuer, TokenLookup } from '../ports.js';
import type { FastifyReply } from 'fastify';

const HEARTBEAT_MS = 15_000;
/** How often a silent stream looks whether its token still holds. */
const TOKEN_CHECK_MS = 1_000;
/** Writes to a reader at the end come no closer than this: one for many events costs what one for each does. */
const GATHER_MS = 20;
const EVENTS_PER_WRITE = 200;
const CHARACTERS_PER_WRITE = 256 * 1024;
/** A reader that takes nothing for so long is let go; it resumes where it was. */
const STALLED_MS = 30_000;

const blockOf = (e: StoredEvent): string => `id: ${cursorText({ sequence: e.revision, id: e.id })}\nevent: ${e.type}\ndata: ${e.rawData}\n\n`;

/**
 * Readers far behind the end take turns, one portion each, those at the same place together: whatever else waits then
 * waits for one portion, not for all of them.
 */
let turn: Promise<unknown> = Promise.resolve();
const waiting = new Map<number, Promise<readonly StoredEvent[]>>();
function inTurn(place: number, read: () => Promise<readonly StoredEvent[]>): Promise<readonly StoredEvent[]> {
  const same = waiting.get(place);
  if (same) return same;
  const mine = turn.then(read);
  const over = async (): Promise<void> => {
    waiting.delete(place);
    await new Promise((resolve) => void setImmediate(resolve));
  };
  waiting.set(place, mine);
  turn = mine.then(over, over);
  return mine;
}

/** What many readers at the same place are sent is made once. */
let latest: { readonly first: StoredEvent; readonly count: number; readonly bytes: Buffer } | null = null;
function bytesOf(events: readonly StoredEvent[]): Buffer {
  if (latest === null || latest.first !== events[0] || latest.count !== events.length) latest = { first: events[0]!, count: events.length, bytes: Buffer.from(events.map(blockOf).join('')) };
  return latest.bytes;
}

/** As many events as one write may hold; at least one. */
function portion(events: readonly StoredEvent[]): readonly StoredEvent[] {
  let characters = 0;
  const end = events.findIndex((e) => (characters += e.rawData.length) > CHARACTERS_PER_WRITE);
  return end < 0 ? events : events.slice(0, Math.max(1, end));
}

/**
 * One reader's stream. It holds a place in the feed and one write under way, nothing else, so a slow reader costs no
 * memory and delays nobody. It ends with its token, with the service, or with the reader.
 */
export class Stream {
  private readonly gone = new AbortController();

  constructor(
    private readonly feed: FeedDoor,
    private readonly tokens: TokenLookup,
    private readonly issuer: TokenIssuer | null,
    private readonly request: LedgerRequest,
    private readonly reply: FastifyReply,
  ) {}

  async run(after: FeedCursor | null): Promise<void> {
    const { raw } = this.reply;
    const ends = (): void => this.gone.abort();
    raw.once('close', ends);
    this.feed.closing.addEventListener('abort', ends);
    if (this.feed.closing.aborted) ends();
    this.reply.hijack();
    try {
      raw.writeHead(200, { ...(this.reply.getHeaders() as Record<string, string>), 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
      raw.flushHeaders();
      await this.pump(after);
      raw.end();
    } catch (error) {
      // Whatever failed, the reader comes back with its cursor.
      if (!this.gone.signal.aborted) this.request.log?.warn?.({ err: error }, 'a stream of the feed ended');
      raw.destroy();
    } finally {
      this.feed.closing.removeEventListener('abort', ends);
    }
  }

  private async pump(after: FeedCursor | null): Promise<void> {
    const { signal } = this.gone;
    let at = after;
    let wrote = 0;
    let beat = Date.now();
    while (!signal.aborted && (await this.stillAllowed())) {
      const next = (at?.sequence ?? -1) + 1;
      const read = (): Promise<readonly StoredEvent[]> => this.feed.read(next, EVENTS_PER_WRITE);
      const behind = (this.feed.head()?.sequence ?? -1) - next >= EVENTS_PER_WRITE;
      const events = portion(await (behind ? inTurn(next, read) : read()));
      if (events.length > 0) {
        const last = events.at(-1)!;
        at = { sequence: last.revision, id: last.id };
        wrote = beat = Date.now();
        await this.write(bytesOf(events));
      } else if (Date.now() - beat >= HEARTBEAT_MS) {
        beat = Date.now();
        await this.write(at === null ? ':\n\n' : `:\nid: ${cursorText(at)}\n\n`);
      }
      if (behind && events.length > 0) continue;
      await this.feed.arrived(at?.sequence ?? -1, TOKEN_CHECK_MS, signal);
      const early = wrote + GATHER_MS - Date.now();
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
    }
  }

  private async write(bytes: Buffer | string): Promise<void> {
    const { raw } = this.reply;
    if (raw.write(bytes)) return;
    await once(raw, 'drain', { signal: AbortSignal.any([this.gone.signal, AbortSignal.timeout(STALLED_MS)]) });
  }

  private async stillAllowed(): Promise<boolean> {
    try {
      await letIn(this.request, this.tokens, this.issuer);
      return true;
    } catch {
      return false;
    }
  }
}

const READ = 500;

/** Stored events, a line each, from one sequence to another. */
export function lines(feed: FeedDoor, from: number, to: number, { types, contractId }: FeedFilter): Readable {
  const wanted = (e: StoredEvent): boolean => (types === undefined || types.includes(e.type)) && (contractId === undefined || (e.data as { subject: string }).subject === contractId);
  return Readable.from(
    (async function* () {
      for (let at = from; at <= to; ) {
        const events = await feed.read(at, Math.min(READ, to - at + 1));
        if (events.length === 0) throw new Error('the feed was rewound');
        if (feed.closing.aborted) throw new Error('the service is stopping');
        const text = events.filter(wanted).map((e) => `${e.rawData}\n`).join('');
        if (text !== '') yield text;
        at = events.at(-1)!.revision + 1;
      }
    })(),
    { objectMode: false },
  );
}
