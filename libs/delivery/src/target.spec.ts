import { parseAllowList, urlFault } from './index.js';

const none = new Set<string>();

describe('the URL of an endpoint', () => {
  it.each(['https://billing.example.com/hook', 'https://billing.example.com:8443/hook?tenant=1', 'https://8.8.8.8/', 'https://[2606:4700::1111]/x', 'https://日本.example/x'])('%s may be', (url) => expect(urlFault(url, none)).toBeNull());

  it.each([
    ['http://billing.example.com/hook', 'https'],
    ['ftp://billing.example.com/', 'https'],
    ['file:///etc/passwd', 'https'],
    ['https://user:word@billing.example.com/', 'urlUser'],
    ['https://user@billing.example.com/', 'urlUser'],
    ['https://billing.example.com/#part', 'urlFragment'],
    ['billing.example.com/hook', 'url|2000'],
    ['https://', 'url|2000'],
    [`https://billing.example.com/${'a'.repeat(2_000)}`, 'url|2000'],
    ['https://127.0.0.1/', 'urlPrivate'],
    ['https://127.1/', 'urlPrivate'],
    ['https://2130706433/', 'urlPrivate'],
    ['https://0x7f.0.0.1/', 'urlPrivate'],
    ['https://0177.0.0.1/', 'urlPrivate'],
    ['https://169.254.169.254/latest/meta-data', 'urlPrivate'],
    ['https://[::1]/', 'urlPrivate'],
    ['https://[::ffff:10.0.0.1]/', 'urlPrivate'],
    ['https://[fe80::1]/', 'urlPrivate'],
  ])('%s may not be', (url, why) => expect(urlFault(url, none)).toBe(why));

  it('may be private and plain where exactly that host and port are listed', () => {
    const { allow, wrong } = parseAllowList('127.0.0.1:8080, Billing.internal:443,[::1]:9000,,');
    expect(wrong).toEqual([]);
    for (const url of ['http://127.0.0.1:8080/x', 'https://127.0.0.1:8080/x', 'https://billing.internal/x', 'http://[::1]:9000/']) expect([url, urlFault(url, allow)]).toEqual([url, null]);
    for (const url of ['http://127.0.0.1:8081/x', 'http://127.0.0.2:8080/x', 'http://billing.internal/x', 'http://localhost:8080/', 'http://u:p@127.0.0.1:8080/', 'ftp://127.0.0.1:8080/']) expect([url, urlFault(url, allow)]).not.toEqual([url, null]);
  });

  it('names the entries of a list that are none', () => {
    expect(parseAllowList('127.0.0.1, a:0, b:65536, http://c:1, d:1/x, *:80').wrong).toEqual(['127.0.0.1', 'a:0', 'b:65536', 'http://c:1', 'd:1/x', '*:80']);
  });
});
