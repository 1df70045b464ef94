import { randomUUID } from 'node:crypto';
import { openEventStoreDb } from './eventstoredb.js';
import { CannotGrant, grantStream } from './grant.js';
import { someEvents } from './testing/suite.js';

const url = process.env['EVENTSTORE_TLS_URL'];
const grant = { stream: `published-${randomUUID()}`, user: `billing-${randomUUID().slice(0, 8)}`, password: 'a password: @/' };

describe('a user of one stream', () => {
  it('cannot be made where the server knows no users', async () => {
    await expect(grantStream({ ...grant, url: 'esdb://admin:changeit@127.0.0.1:1?tls=false' })).rejects.toThrow(/without TLS/);
    await expect(grantStream({ ...grant, url: 'esdb://127.0.0.1:1' })).rejects.toThrow(/must name an administrator/);
    await expect(grantStream({ ...grant, url: 'http://127.0.0.1:1' })).rejects.toThrow(/cannot be read/);
    await expect(grantStream({ ...grant, url: 'esdb://admin:changeit@127.0.0.1:1' })).rejects.toThrow(CannotGrant);
  });

  if (!url) process.stderr.write('grant.spec.ts: NOT RUN against EventStoreDB with users: EVENTSTORE_TLS_URL is not set\n');
  else
    it('reads that stream and is refused everything else, also when granted again', async () => {
      const store = await openEventStoreDb({ url });
      await store.append(grant.stream, 'no_stream', someEvents(3));
      const ledger = `contract-${randomUUID()}`;
      await store.append(ledger, 'no_stream', someEvents(1));
      for (const password of [grant.password, 'another'])
        expect(await grantStream({ ...grant, password, url })).toEqual([
          { what: `read ${grant.stream}`, wanted: 'allowed', seen: 'allowed' },
          { what: 'read another stream', wanted: 'refused', seen: 'refused' },
          { what: 'read $all', wanted: 'refused', seen: 'refused' },
          { what: `append to ${grant.stream}`, wanted: 'refused', seen: 'refused' },
          { what: 'change who may read it', wanted: 'refused', seen: 'refused' },
        ]);
      // As the user, through the very door that a consumer takes.
      const [scheme, rest] = url.split('://') as [string, string];
      const reader = await openEventStoreDb({ url: `${scheme}://${grant.user}:another@${rest.slice(rest.indexOf('@') + 1)}`, totalMs: 500 });
      expect((await reader.readStream(grant.stream)).length).toBe(3);
      await expect(reader.readStream(ledger)).rejects.toThrow();
      await expect(reader.readAll({ limit: 1 })).rejects.toThrow();
      // The ledger itself goes on.
      expect((await store.append(grant.stream, 2, someEvents(1))).revision).toBe(3);
      await reader.close();
      await store.close();
    }, 30_000);
});
