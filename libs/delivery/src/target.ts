import { isIP } from 'node:net';
import { isPublicAddress } from './address.js';

/** Targets that may be private and plain http: `host:port`, as {@link targetKey} writes them. */
export type AllowList = ReadonlySet<string>;

const MAX_URL = 2_000;
const ENTRY = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80');

/** Where a URL leads, as the list of allowed targets names it. */
export const targetKey = (url: URL): string => `${url.hostname}:${portOf(url)}`;

/** The host of a URL as a name or a bare address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/** `host:port,…` as a list of targets; the entries that are none under `wrong`. */
export function parseAllowList(text: string): { readonly allow: AllowList; readonly wrong: readonly string[] } {
  const allow = new Set<string>();
  const wrong: string[] = [];
  for (const entry of text.split(',').map((e) => e.trim()).filter((e) => e !== '')) {
    const [, host, port] = ENTRY.exec(entry) ?? [];
    const url = host === undefined || Number(port) < 1 || Number(port) > 65_535 ? null : URL.parse(`http://${host}:${port}/`);
    if (url === null) wrong.push(entry);
    else allow.add(targetKey(url));
  }
  return { allow, wrong };
}

export type UrlMistake = `url|${number}` | 'https' | 'urlUser' | 'urlFragment' | 'urlPrivate';

/** What is wrong with the URL of an endpoint, before anybody is asked for its address; null: nothing. */
export function urlFault(text: string, allow: AllowList): UrlMistake | null {
  const url = text.length > MAX_URL ? null : URL.parse(text);
  if (url === null) return `url|${MAX_URL}`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'https';
  if (url.username !== '' || url.password !== '') return 'urlUser';
  if (url.hash !== '') return 'urlFragment';
  if (allow.has(targetKey(url))) return null;
  if (url.protocol !== 'https:') return 'https';
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isPublicAddress(host)) return 'urlPrivate';
  return null;
}
