/** Talks to the service over HTTP with connections kept open. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

export interface Violation {
  readonly clause: string;
  readonly code: string;
  readonly detail: string;
  readonly facts: { readonly [name: string]: unknown };
}

/** Everything an answer to a command may hold; which of it is there is for the test to say. */
export interface Answer {
  readonly contractId: string;
  readonly managementUnitId: string;
  readonly optionIds: readonly string[];
  readonly noticeId: string;
  readonly changeId: string;
  readonly chargeId: string;
  readonly faultId: string;
  readonly discontinuationId: string;
  readonly recordId: string;
  readonly tokenId: string;
  readonly token: string;
  readonly approvalId: string;
  readonly state: 'pending' | 'approved' | 'rejected';
  readonly result: { readonly status: number; readonly body: Answer };
  readonly webhookId: string;
  readonly secret: string;
  readonly revision: number;
  readonly position: string;
  readonly preview?: boolean;
  readonly events: readonly { readonly id: string; readonly type: string; readonly data: { readonly [name: string]: unknown } }[];
  readonly receipts: readonly { readonly clause: string; readonly statement: string; readonly facts: object; readonly policy?: object }[];
  readonly warnings: readonly Violation[];
  readonly outcomes: readonly { readonly [name: string]: unknown }[];
  readonly nextCursor: string | null;
  readonly complete: boolean;
  // problem details
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly violations: readonly Violation[];
  readonly errors: readonly { readonly path: string; readonly message: string }[];
}

export interface Reply<T = Answer> {
  readonly status: number;
  readonly body: T;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly text: string;
}

export interface Sent {
  /** Default: a new key; null: none is sent. */
  readonly key?: string | null;
  readonly headers?: { readonly [name: string]: string };
  readonly raw?: string | Buffer;
  readonly timeoutMs?: number;
}

/** The connection failed before an answer was whole: whether the command took effect is not known. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export class Api {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(
    readonly port: number,
    public token: string | null,
  ) {}

  /** The same service with another token. */
  as(token: string | null): Api {
    return new Api(this.port, token);
  }

  call<T = Answer>(method: string, path: string, body?: unknown, sent: Sent = {}): Promise<Reply<T>> {
    const data = sent.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const headers: { [name: string]: string } = { accept: 'application/json', 'accept-language': 'en' };
    if (this.token !== null) headers['authorization'] = `Bearer ${this.token}`;
    if (data !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(data)) });
    if (/^(POST|PATCH|DELETE)$/.test(method) && sent.key !== null && !path.includes('/simulations/')) headers['idempotency-key'] = sent.key ?? randomUUID();
    Object.assign(headers, sent.headers);
    return new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent, timeout: sent.timeoutMs ?? 60_000 }, (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', (e) => reject(new NoAnswer(e.message)));
        res.on('close', () => {
          if (!res.complete) reject(new NoAnswer('the answer broke off'));
        });
        res.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          const isJson = /[/+]json/.test(String(res.headers['content-type']));
          resolve({ status: res.statusCode!, body: (isJson && text !== '' ? JSON.parse(text) : null) as T, headers: res.headers, text });
        });
      });
      req.on('timeout', () => req.destroy(new Error('timed out')));
      req.on('error', (e) => reject(new NoAnswer(e.message)));
      req.end(data);
    });
  }

  get<T = { readonly [name: string]: unknown }>(path: string, sent: Sent = {}): Promise<Reply<T>> {
    return this.call<T>('GET', path, undefined, sent);
  }

  post<T = Answer>(path: string, body: unknown, sent: Sent = {}): Promise<Reply<T>> {
    return this.call<T>('POST', path, body, sent);
  }

  put<T = { readonly today: string }>(path: string, body: unknown, sent: Sent = {}): Promise<Reply<T>> {
    return this.call<T>('PUT', path, body, sent);
  }

  close(): void {
    this.agent.destroy();
  }
}
