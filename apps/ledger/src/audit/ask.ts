import { request } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** One call to whoever signs; rejects when there is no answer. */
export type AskSigner = (method: 'GET' | 'POST', path: string, body?: string) => Promise<Answered>;

const TIME_LIMIT_MS = 5_000;
const MOST_BYTES = 65_536;

/** Calls over a unix socket. */
export const overSocket =
  (socketPath: string): AskSigner =>
  (method, path, body = '') =>
    new Promise((resolve, reject) => {
      const req = request({ socketPath, method, path, headers: { 'content-length': Buffer.byteLength(body) }, timeout: TIME_LIMIT_MS, agent: false }, (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (part: string) => {
          text += part;
          if (text.length > MOST_BYTES) req.destroy(new Error('the answer is too long'));
        });
        res.on('end', () => resolve({ status: res.statusCode!, body: text }));
        res.on('error', reject);
      });
      req.on('timeout', () => req.destroy(new Error(`no answer within ${TIME_LIMIT_MS} ms`)));
      req.on('error', reject);
      req.end(body);
    });

/** Calls to a witness under its submission prefix. No redirects: whoever is named is asked, nobody else. */
export const overHttp =
  (prefix: string): AskSigner =>
  async (method, path, body) => {
    const response = await fetch(prefix.replace(/\/$/, '') + path, { method, redirect: 'error', signal: AbortSignal.timeout(TIME_LIMIT_MS), ...(body !== undefined && { body }) });
    const text = await response.text();
    if (text.length > MOST_BYTES) throw new Error('the answer is too long');
    return { status: response.status, body: text };
  };
