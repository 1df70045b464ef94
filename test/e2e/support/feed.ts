/** Readers of the billing feed, written from its documentation alone. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { Api } from './api.js';

export interface Published {
  readonly id: string;
  readonly sequence: string;
  readonly type: string;
  readonly subject: string;
  readonly contractsequence: number;
  readonly previousid?: string;
  readonly data: { readonly segments: readonly object[]; readonly charges: readonly object[]; readonly voids: readonly string[] };
}
export interface Page {
  readonly events: readonly Published[];
  readonly nextCursor: string | null;
}

export const cursorOf = (e: Published): string => `${e.sequence}.${e.id}`;

/** The stored bytes of every event, by pages of one door. */
export async function pullAll(api: Api, limit = 100, after: string | null = null): Promise<string[]> {
  const texts: string[] = [];
  for (let cursor = after; ; ) {
    const r = await api.get<Page>(`/v1/feed?limit=${limit}${cursor === null ? '' : `&after=${cursor}`}`);
    if (r.status !== 200) throw new Error(`HTTP ${r.status} ${r.text}`);
    // The bytes, not what a parser makes of them: canonical JSON is what it was.
    texts.push(...r.body.events.map((e) => JSON.stringify(e)));
    if (r.body.events.length === 0) return texts;
    cursor = r.body.nextCursor;
  }
}

export async function ndjson(api: Api, query = ''): Promise<{ readonly lines: string[]; readonly next: string | undefined }> {
  const r = await api.get(`/v1/feed${query}`, { headers: { accept: 'application/x-ndjson' } });
  if (r.status !== 200) throw new Error(`HTTP ${r.status} ${r.text}`);
  return { lines: r.text === '' ? [] : r.text.trimEnd().split('\n'), next: r.headers['next-cursor'] as string | undefined };
}

export interface Block {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** Server-sent events as they come, until `enough`, or until the service ends the stream. */
export function listen(api: Api, { after, lastEventId }: { readonly after?: string; readonly lastEventId?: string } = {}, enough: (blocks: readonly Block[]) => boolean = () => false): { readonly blocks: Block[]; readonly ended: Promise<number>; close(): void } {
  const blocks: Block[] = [];
  let rest = '';
  let close = (): void => undefined;
  const ended = new Promise<number>((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1', port: api.port, path: `/v1/feed/stream${after ? `?after=${after}` : ''}`,
        headers: { authorization: `Bearer ${api.token}`, accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) },
      },
      (res) => {
        res.setEncoding('utf8');
        res.on('data', (part: string) => {
          rest += part;
          for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
            const block: Record<string, string> = {};
            for (const line of rest.slice(0, end).split('\n')) {
              const colon = line.indexOf(':');
              if (colon > 0) block[line.slice(0, colon)] = line.slice(colon + 2);
            }
            rest = rest.slice(end + 2);
            blocks.push(block);
          }
          if (enough(blocks)) req.destroy();
        });
        res.on('close', () => resolve(res.statusCode!));
      },
    );
    close = () => void req.destroy();
    req.on('error', (e) => (req.destroyed ? resolve(0) : reject(e)));
    req.end();
  });
  return { blocks, ended, close: () => close() };
}

const sha = (...parts: readonly Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
/** The digest rule of the feed, straight from its definition. */
export function rootOf(texts: readonly string[]): string {
  const root = (from: number, to: number): Buffer => {
    if (to - from === 1) return sha(Buffer.of(0), Buffer.from(texts[from]!, 'utf8'));
    let k = 1;
    while (k * 2 < to - from) k *= 2;
    return sha(Buffer.of(1), root(from, from + k), root(from + k, to));
  };
  return (texts.length === 0 ? sha() : root(0, texts.length)).toString('hex');
}

/** What is wrong with the order and wholeness of events read from the beginning; nothing: []. */
export function faultsOf(texts: readonly string[]): string[] {
  const faults: string[] = [];
  const last = new Map<string, Published>();
  texts.forEach((text, i) => {
    const e = JSON.parse(text) as Published;
    if (Number(e.sequence) !== i) faults.push(`sequence ${e.sequence} at ${i}`);
    const before = last.get(e.subject);
    if (e.contractsequence !== (before ? before.contractsequence + 1 : 0)) faults.push(`contractsequence ${e.contractsequence} at ${i}`);
    if (e.previousid !== before?.id) faults.push(`previousid ${e.previousid} at ${i}`);
    last.set(e.subject, e);
  });
  if (new Set(texts.map((t) => (JSON.parse(t) as Published).id)).size !== texts.length) faults.push('an id came twice');
  return faults;
}
