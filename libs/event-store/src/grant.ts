/**
 * A user of EventStoreDB that may read one stream and nothing else. By default every user may read every stream of
 * events there, so the default is narrowed to the ledger and to administrators, and the one stream opened to its reader.
 */
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { EventStoreDBClient } from '@eventstore/db-client';

export interface Grant {
  /** The administrator's connection string. */
  readonly url: string;
  readonly stream: string;
  readonly user: string;
  readonly password: string;
}

/** What was tried as the new user, and what became of it. */
export interface GrantCheck {
  readonly what: string;
  readonly wanted: 'allowed' | 'refused';
  readonly seen: 'allowed' | 'refused';
}

/** The server cannot hold a user to one stream, or refuses to. */
export class CannotGrant extends Error {
  override readonly name = 'CannotGrant';
}

/** gRPC status. */
const PERMISSION_DENIED = 7;

interface Server {
  readonly origin: URL;
  readonly admin: string;
  readonly password: string;
  readonly ca: Buffer | undefined;
  /** The same connection string with other credentials. */
  as(user: string, password: string): string;
}

/** @throws {CannotGrant} a connection string without an administrator, or without TLS */
function serverOf(url: string): Server {
  const parsed = /^((?:esdb|kurrentdb)(?:\+discover)?):\/\/(?:([^:@/]+):([^@/]*)@)?([^/?]+)\/?(?:\?(.*))?$/i.exec(url);
  if (!parsed) throw new CannotGrant('EVENTSTORE_URL cannot be read');
  const [, scheme, admin, password, hosts, query] = parsed;
  const settings = new Map([...new URLSearchParams(query ?? '')].map(([name, value]) => [name.toLowerCase(), value]));
  if (settings.get('tls') === 'false') throw new CannotGrant('the server knows no users without TLS: everybody may read everything there');
  if (!admin || !password) throw new CannotGrant('EVENTSTORE_URL must name an administrator: esdb://<user>:<password>@<host>');
  const ca = settings.get('tlscafile');
  const node = hosts!.split(',')[0]!;
  return {
    origin: new URL(`https://${/:\d+$/.test(node) ? node : `${node}:2113`}`),
    admin: decodeURIComponent(admin),
    password: decodeURIComponent(password),
    ca: ca === undefined ? undefined : readFileSync(ca),
    as: (user, secret) => `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${hosts}/${query ? `?${query}` : ''}`,
  };
}

/** Makes the user, narrows the default, opens the stream, then tries as that user what it may and may not do. @throws {CannotGrant} */
export async function grantStream({ url, stream, user, password }: Grant): Promise<readonly GrantCheck[]> {
  const server = serverOf(url);
  await makeUser(server, user, password);
  const { EventStoreDBClient: Client, jsonEvent } = await import('@eventstore/db-client');
  const own = [...new Set(['$admins', server.admin])];
  const client = Client.connectionString(url);
  try {
    const acl = { $r: own, $w: own, $d: own, $mr: own, $mw: own };
    const before = await settingsOf(client);
    await client.appendToStream('$settings', jsonEvent({ type: '$settings', data: { ...before.data, $userStreamAcl: acl } }), { expectedRevision: before.revision });
    await client.setStreamMetadata(stream, { acl: { readRoles: [...own, user], writeRoles: own, deleteRoles: own, metaReadRoles: own, metaWriteRoles: own } });
  } finally {
    await client.dispose();
  }
  return tryAs(Client, server.as(user, password), stream);
}

/** The server's settings are the last event of a stream: what others set there stays. */
async function settingsOf(client: EventStoreDBClient): Promise<{ readonly data: object; readonly revision: bigint | 'no_stream' }> {
  try {
    let last: { readonly data: object; readonly revision: bigint } | null = null;
    // To the end, though there is but one: a read that is broken off keeps its call open.
    for await (const { event } of client.readStream('$settings', { direction: 'backwards', fromRevision: 'end', maxCount: 1 })) if (event) last = { data: event.data as object, revision: event.revision };
    if (last) return last;
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error;
  }
  return { data: {}, revision: 'no_stream' };
}

async function makeUser(server: Server, user: string, password: string): Promise<void> {
  const made = await call(server, 'POST', '/users/', { loginName: user, fullName: user, password, groups: [] });
  if (made === 201) return;
  // It is there already: it gets the password that was asked for.
  if (made === 409) {
    const reset = await call(server, 'POST', `/users/${encodeURIComponent(user)}/command/reset-password`, { newPassword: password });
    if (reset === 200) return;
    throw new CannotGrant(`the server answered ${reset} to a new password for ${user}`);
  }
  throw new CannotGrant(made === 401 ? `the server does not take the credentials of ${server.admin}` : `the server answered ${made} to the making of ${user}`);
}

function call({ origin, admin, password, ca }: Server, method: string, path: string, body: object): Promise<number> {
  const data = JSON.stringify(body);
  const send = origin.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const req = send(
      new URL(path, origin),
      { method, auth: `${admin}:${password}`, timeout: 10_000, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }, ...(ca && { ca }) },
      (res) => {
        res.resume();
        res.on('end', () => resolve(res.statusCode!));
      },
    );
    req.on('timeout', () => req.destroy(new Error('no answer within 10 s')));
    req.on('error', (e) => reject(new CannotGrant(`the server cannot be reached: ${e.message}`)));
    req.end(data);
  });
}

async function tryAs(Client: typeof EventStoreDBClient, url: string, stream: string): Promise<GrantCheck[]> {
  const client = Client.connectionString(url);
  const first = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of events);
  };
  const seen = async (read: () => Promise<void>): Promise<GrantCheck['seen']> => {
    try {
      await read();
    } catch (error) {
      const { type, code } = error as { type?: string; code?: number };
      if (type === 'access-denied' && code === PERMISSION_DENIED) return 'refused';
      // Nothing was published yet.
      if (type !== 'stream-not-found') throw error;
    }
    return 'allowed';
  };
  try {
    const { jsonEvent } = await import('@eventstore/db-client');
    const tried: [string, GrantCheck['wanted'], () => Promise<void>][] = [
      [`read ${stream}`, 'allowed', () => first(client.readStream(stream, { maxCount: 1 }))],
      ['read another stream', 'refused', () => first(client.readStream('ledger', { maxCount: 1 }))],
      ['read $all', 'refused', () => first(client.readAll({ maxCount: 1 }))],
      // Without batching, because the server does not check batched appends one by one; a revision that cannot be, so that nothing is ever written.
      [`append to ${stream}`, 'refused', async () => void (await client.appendToStream(stream, jsonEvent({ type: 'Tried', data: {} }), { expectedRevision: BigInt(Number.MAX_SAFE_INTEGER), credentials: credentialsOf(url) }))],
      ['change who may read it', 'refused', async () => void (await client.setStreamMetadata(stream, {}, { expectedRevision: BigInt(Number.MAX_SAFE_INTEGER), credentials: credentialsOf(url) }))],
    ];
    // A node goes on with the old password for a moment.
    for (const until = Date.now() + 5_000; ; await new Promise((resolve) => void setTimeout(resolve, 100))) {
      const known = await seen(tried[0]![2]).catch((error: unknown) => (Date.now() < until ? null : Promise.reject(error)));
      if (known === 'allowed' || Date.now() >= until) break;
    }
    const checks: GrantCheck[] = [];
    for (const [what, wanted, read] of tried) checks.push({ what, wanted, seen: await seen(read) });
    return checks;
  } finally {
    await client.dispose();
  }
}

function credentialsOf(url: string): { username: string; password: string } {
  const [, username, password] = /:\/\/([^:]+):([^@]+)@/.exec(url)!;
  return { username: decodeURIComponent(username!), password: decodeURIComponent(password!) };
}
