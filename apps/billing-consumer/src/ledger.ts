/** The ledger's HTTP API, as far as a biller needs it. */
import { cursorOf, type Place } from './event.js';
import { misuse, Stopped, Trouble } from './trouble.js';
import type { Month } from './charges.js';

export interface Row {
  readonly contractId: string;
  readonly month: Month;
  readonly total: number;
  /** Says also which line differs. */
  readonly lines?: readonly { readonly lineId: string; readonly amount: number }[];
}

/** What the ledger says of a row that differs. */
export interface Difference {
  readonly contractId: string;
  readonly month: Month;
  readonly total: number;
  readonly expected: number;
  /** The ledger has published nothing of the contract. */
  readonly unknown?: true;
  readonly lines: readonly {
    readonly lineId: string;
    readonly subject: string;
    readonly clause: string;
    readonly amount: number;
    readonly events: readonly { readonly id: string; readonly sequence: string; readonly type: string }[];
  }[];
}

export interface Reconciliation {
  readonly matched: number;
  readonly differences: readonly Difference[];
}

interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: object;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Beyond which an answer no longer counts, in milliseconds. */
  readonly within?: number;
}

/** The service is away, or wants to be asked later. */
export class Away extends Trouble {
  constructor(
    message: string,
    /** Milliseconds to wait at least; null: nobody answered. */
    readonly after: number | null,
    options?: ErrorOptions,
  ) {
    super(message, undefined, options);
  }
}

export class Ledger {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Stored events after a place, each as its very bytes; waits for one up to `wait` seconds. @throws {Stopped} rewound */
  async feed(after: Place | null, limit: number, wait: number, signal: AbortSignal): Promise<string[]> {
    const query = `limit=${limit}&wait=${wait}${after ? `&after=${cursorOf(after)}` : ''}`;
    const text = await this.ask(`/v1/feed?${query}`, { accept: 'application/x-ndjson', signal, within: wait * 1_000 + 30_000 });
    return text.split('\n').filter((line) => line !== '');
  }

  /** The RFC 6962 root over the first events of the feed, or of a contract. */
  async root(size: number, contractId?: string): Promise<string> {
    const digest = JSON.parse(await this.ask(`/v1/feed/digests?size=${size}${contractId === undefined ? '' : `&contractId=${contractId}`}`)) as { readonly root: string };
    return digest.root;
  }

  async reconcile(at: Place, rows: readonly Row[]): Promise<Reconciliation> {
    return JSON.parse(await this.ask('/v1/feed/reconciliations', { method: 'POST', body: { cursor: cursorOf(at), rows } })) as Reconciliation;
  }

  async acknowledge(consumer: string, at: Place): Promise<void> {
    await this.ask(`/v1/feed/consumers/${encodeURIComponent(consumer)}/position`, { method: 'PUT', body: { cursor: cursorOf(at) } });
  }

  private async ask(path: string, { method = 'GET', body, accept = 'application/json', signal, within = 60_000 }: Asked = {}): Promise<string> {
    const limits = [AbortSignal.timeout(within), ...(signal ? [signal] : [])];
    let status: number;
    let headers: Headers;
    let text: string;
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: { accept, authorization: `Bearer ${this.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
        redirect: 'error',
        signal: AbortSignal.any(limits),
      });
      ({ status, headers } = response);
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
      throw new Away(`the ledger at ${this.url} does not answer (${code ?? (error as Error).message}): is it running, and is LEDGER_URL its address?`, null, { cause: error });
    }
    if (status >= 200 && status < 300) return text;
    throw this.refused(status, text, Number(headers.get('retry-after') ?? 0) * 1_000);
  }

  private refused(status: number, text: string, after: number): Trouble {
    const problem = ((): { code?: string; title?: string; detail?: string; errors?: readonly { path: string; message: string }[] } => {
      try {
        return JSON.parse(text) as object;
      } catch {
        return {};
      }
    })();
    const said = problem.errors?.map((e) => `${e.path} ${e.message}`).join('; ') ?? problem.detail ?? problem.title ?? `HTTP ${status}`;
    if (status === 409 && problem.code === 'feed-rewound')
      return new Stopped(
        'rewound',
        `the feed does not hold the last event of this book: ${said} The ledger was restored from a backup, or LEDGER_URL is another ledger. Nothing was changed here. Ask the ledger's operator what was lost; then begin a new book (another BILLING_DATA) and compare its statements with this one`,
      );
    if (status === 401 || status === 403) return misuse(`the ledger refuses the token: ${said} Have one of the role billing issued, and give it as LEDGER_TOKEN or LEDGER_TOKEN_FILE`);
    if (status === 429 || status >= 500) return new Away(`the ledger at ${this.url} cannot answer now: ${said}`, after);
    return new Trouble(`the ledger at ${this.url} refuses: ${said}`);
  }
}
