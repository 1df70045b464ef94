/** A receiver of webhooks, and what must be true of what it got. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onEnd } from './service.js';

export interface Received {
  readonly id: string;
  readonly contractId: string;
  readonly contractsequence: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether it was answered 2xx. */
  taken: boolean;
}

type Answer = number | { readonly status: number; readonly headers?: { readonly [name: string]: string } } | 'hang' | 'break';

export class Receiver {
  readonly got: Received[] = [];
  connections = 0;
  /** What it answers; default 200. */
  answer: (request: Received) => Answer = () => 200;
  port = 0;
  private server: Server;

  private constructor() {
    this.server = this.make();
  }

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.listen(port);
    onEnd(() => receiver.stop());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Comes back on the same port. */
  async listen(port = this.port): Promise<void> {
    if (!this.server.listening) this.server = this.make();
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private make(): Server {
    const server = createServer((request, response) => void this.take(request, response));
    server.on('connection', () => this.connections++);
    return server;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    const { id, subject, contractsequence } = JSON.parse(body) as { id: string; subject: string; contractsequence: number };
    const received: Received = { id, contractId: subject, contractsequence, headers: request.headers, body, taken: false };
    this.got.push(received);
    const answer = this.answer(received);
    if (answer === 'hang') return;
    if (answer === 'break') return void request.socket.destroy();
    const { status, headers = {} } = typeof answer === 'number' ? { status: answer } : answer;
    received.taken = status >= 200 && status < 300;
    response.writeHead(status, headers).end();
  }

  get taken(): Received[] {
    return this.got.filter((r) => r.taken);
  }

  /** Until so many different events were taken. */
  async until(events: number, ms = 20_000): Promise<void> {
    for (const started = performance.now(); new Set(this.taken.map((r) => r.id)).size < events; await sleep(20))
      if (performance.now() - started > ms) throw new Error(`${new Set(this.taken.map((r) => r.id)).size} of ${events} events were taken after ${ms} ms`);
  }
}

/** What is wrong with what a receiver took, held against the stored lines of the feed: missing, strange, altered, or out of order within a contract. */
export function faultsOf(taken: readonly Pick<Received, 'id' | 'contractId' | 'body' | 'contractsequence'>[], feed: readonly string[]): string[] {
  const faults: string[] = [];
  const stored = new Map(feed.map((line) => [(JSON.parse(line) as { id: string }).id, line]));
  const seen = new Set<string>();
  const next = new Map<string, number>();
  for (const r of taken) {
    if (stored.get(r.id) !== r.body) faults.push(`${r.id} is not as it is stored`);
    if (seen.has(r.id)) continue;
    seen.add(r.id);
    const expected = next.get(r.contractId) ?? 0;
    if (r.contractsequence !== expected) faults.push(`${r.contractId}: ${r.contractsequence} came where ${expected} was next`);
    next.set(r.contractId, r.contractsequence + 1);
  }
  for (const id of stored.keys()) if (!seen.has(id)) faults.push(`${id} is missing`);
  return faults;
}
