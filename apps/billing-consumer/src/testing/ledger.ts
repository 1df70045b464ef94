/** A ledger's side of the feed for specs of the consumer: serves stored events and answers from them alone. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { differenceOf, PublishedContract, type Claim } from '@app/published';
import { feedDigest } from '@app/transparency';

interface Row extends Claim {
  readonly contractId: string;
}

export class FeedServer {
  readonly token = 'a-token-of-the-role-billing';
  /** Every request, `GET /path`. */
  readonly asked: string[] = [];
  readonly acknowledged = new Map<string, string>();
  /** Answers instead of this server, where it returns true. */
  fault: (request: IncomingMessage, reply: ServerResponse) => boolean = () => false;
  private readonly server: Server;

  constructor(public feed: readonly string[]) {
    this.server = createServer((request, reply) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => this.answer(request, reply, Buffer.concat(parts).toString('utf8')));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, reply: ServerResponse, body: string): void {
    this.asked.push(`${request.method} ${request.url}`);
    if (this.fault(request, reply)) return;
    const json = (status: number, answer: unknown): void => void reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    if (request.headers.authorization !== `Bearer ${this.token}`) return json(401, { code: 'no-token', title: 'A valid token is required' });
    const { pathname, searchParams: q } = new URL(request.url!, 'http://127.0.0.1');
    const position = /^\/v1\/feed\/consumers\/(.+)\/position$/.exec(pathname);
    if (pathname === '/v1/feed') {
      const from = this.after(q.get('after'));
      if (from === null) return json(409, { code: 'feed-rewound', title: 'Refused', detail: 'The feed does not hold this event.' });
      const page = this.feed.slice(from, from + Number(q.get('limit')));
      const send = (): void => void reply.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(page.map((e) => `${e}\n`).join(''));
      return page.length === 0 && q.get('wait') !== '0' ? void setTimeout(send, 50) : send();
    }
    if (pathname === '/v1/feed/digests') return json(200, feedDigest(this.feed.slice(0, Number(q.get('size')))));
    if (position) {
      this.acknowledged.set(position[1]!, (JSON.parse(body) as { cursor: string }).cursor);
      return json(200, {});
    }
    if (pathname === '/v1/feed/reconciliations') {
      const { cursor, rows } = JSON.parse(body) as { cursor: string; rows: readonly Row[] };
      const upTo = this.after(cursor)!;
      const differences = rows.flatMap(({ contractId, ...claim }) => {
        const contract = new PublishedContract(this.feed.slice(0, upTo).map((e) => JSON.parse(e) as never).filter((e: { subject: string }) => e.subject === contractId));
        const difference = differenceOf(claim, contract.isEmpty ? null : contract);
        return difference ? [{ contractId, ...difference }] : [];
      });
      return json(200, { cursor, matched: rows.length - differences.length, differences });
    }
    json(404, { code: 'no-such-path', title: 'No such path' });
  }

  /** The place behind a cursor; null: this feed does not hold it. */
  private after(cursor: string | null): number | null {
    if (cursor === null) return 0;
    const sequence = Number(cursor.slice(0, 16));
    const stored = this.feed[sequence];
    return stored !== undefined && (JSON.parse(stored) as { id: string }).id === cursor.slice(17) ? sequence + 1 : null;
  }
}
