import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from './trouble.js';

export interface Answer {
  readonly status: number;
  /** The parsed JSON body; null where there is none. */
  readonly body: Body;
  /** The command had been answered before; nothing happened now. */
  readonly replayed: boolean;
  /** What was asked for as lines. */
  readonly text?: string;
}
export type Body = { readonly [member: string]: unknown } | null;

export interface CommandOptions {
  /** Repeats with the same key are one command; needed for whatever may be retried. */
  readonly key?: string;
  readonly preview?: boolean;
}

export interface Connection {
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  readonly token: string;
  readonly language: 'en' | 'ja';
  /** How long a call is repeated while the service is away, in milliseconds (default 30,000). */
  readonly patienceMs?: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const NDJSON = 'application/x-ndjson';
const ANYTHING = '*/*';

/** Calls the service's HTTP API. Reads and keyed commands are repeated while the service is away. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly connection: Connection) {}

  get url(): string {
    return this.connection.url;
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path, undefined, {}, true);
  }

  /** Lines of NDJSON, byte for byte; ends early when the signal aborts. @throws {Trouble} with what the service said */
  async lines(path: string, doing: string, signal?: AbortSignal): Promise<string[]> {
    const answer = await this.call('GET', path, undefined, { accept: NDJSON }, true, signal);
    if (answer.text === undefined) bodyOf(answer, doing);
    return answer.text!.split('\n').filter((line) => line !== '');
  }

  /** Anything but JSON to be read: the text of the answer, as it came. @throws {Trouble} with what the service said */
  async text(path: string, doing: string): Promise<string> {
    const answer = await this.call('GET', path, undefined, { accept: ANYTHING }, true);
    if (answer.text === undefined) bodyOf(answer, doing);
    return answer.text!;
  }

  put(path: string, body: object): Promise<Answer> {
    return this.call('PUT', path, body, {}, true);
  }

  /** A command, or a question to a simulation. */
  post(path: string, body: object, { key, preview = false }: CommandOptions = {}): Promise<Answer> {
    return this.call(
      'POST',
      preview ? `${path}?preview=true` : path,
      body,
      key === undefined ? {} : { 'idempotency-key': key },
      preview || key !== undefined,
    );
  }

  private async call(
    method: string,
    path: string,
    body: object | undefined,
    headers: { readonly [name: string]: string },
    repeatable: boolean,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const until = Date.now() + (this.connection.patienceMs ?? 30_000);
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      let answer: Answer | null = null;
      let failure: NodeJS.ErrnoException | null = null;
      try {
        answer = await this.once(method, path, body, headers, signal);
        if (answer.status !== 503 && answer.status !== 429) return answer;
      } catch (error) {
        if (error instanceof Trouble || signal?.aborted) throw error;
        failure = error as NodeJS.ErrnoException;
      }
      if (repeatable && Date.now() + pause < until) await sleep(pause);
      else if (answer) return answer;
      else
        throw new Trouble(
          `the service at ${this.connection.url} does not answer (${failure?.code ?? failure?.message}): is it running, and is LEDGER_PORT its port?`,
        );
    }
  }

  private async once(
    method: string,
    path: string,
    body: object | undefined,
    headers: { readonly [name: string]: string },
    signal?: AbortSignal,
  ): Promise<Answer> {
    const { url, token, language } = this.connection;
    const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { response, text } = await exchange(url + path, this.agent, method, data, {
      authorization: `Bearer ${token}`,
      'accept-language': language,
      ...(data && { 'content-type': 'application/json', 'content-length': String(data.length) }),
      ...headers,
    }, signal);
    const status = response.statusCode!;
    if (status === 200 && headers['accept'] !== undefined) return { status, body: null, replayed: false, text };
    let parsed: unknown = null;
    try {
      if (text !== '') parsed = JSON.parse(text);
    } catch {
      throw new Trouble(`${url} is not the ledger's service: it answered ${status} with something that is not JSON`);
    }
    return { status, body: parsed as Body, replayed: response.headers['idempotency-replayed'] === 'true' };
  }
}

/** One request and its whole answer. No time limit: moving a sandbox's clock may take as long as it takes. */
function exchange(
  url: string,
  agent: Agent,
  method: string,
  data: Buffer | undefined,
  headers: { readonly [name: string]: string },
  signal?: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers, ...(signal && { signal }) }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ response, text: Buffer.concat(parts).toString('utf8') }));
    });
    sent.on('error', reject);
    sent.end(data);
  });
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** What the service said against it, in one line. */
export function complaintOf({ status, body }: Answer): string {
  const { title, detail, errors } = (body ?? {}) as Problem;
  if (errors?.length) return errors.map((e) => (e.path ? `${e.path}: ${e.message}` : e.message)).join('; ');
  return detail ?? title ?? `HTTP ${status}`;
}

/** The body of a call that must succeed. @throws {Trouble} with what the service said */
export function bodyOf(answer: Answer, doing: string): { readonly [member: string]: unknown } {
  if (answer.status >= 200 && answer.status < 300) return answer.body ?? {};
  const hint =
    answer.status === 401
      ? ' (give an administrator’s token with --token, LEDGER_TOKEN, or the admin-token file of the data folder)'
      : answer.status === 403
        ? ' (this needs a token with the role admin)'
        : '';
  throw new Trouble(`${doing}: ${complaintOf(answer)}${hint}`);
}

/** Every row of a list, page by page. */
export async function* listed(
  client: Client,
  path: string,
  plural: string,
): AsyncGenerator<{ readonly [member: string]: unknown }> {
  for (let cursor: unknown = null; ;) {
    const query = `${path.includes('?') ? '&' : '?'}limit=500${typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const page = bodyOf(await client.get(path + query), `reading ${path}`);
    yield* (page[plural] ?? []) as { readonly [member: string]: unknown }[];
    cursor = page['nextCursor'];
    if (typeof cursor !== 'string') return;
  }
}
