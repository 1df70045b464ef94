import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedLog } from './embedded-log.js';
import { openEmbeddedStore } from './embedded.js';
import { StoreClosed, type SubscriptionMessage } from './port.js';

const event = () => ({ id: randomUUID(), type: 'Happened', data: { n: 1 }, metadata: { m: 1 } });

describe('the log of an embedded store, followed beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is woken by each commit, misses nothing, and ends with its reader, not with the store', async () => {
    const store = await openEmbeddedStore({ file: join(folder, 'log.sqlite') });
    const log = openEmbeddedLog(store.share);
    const stop = new AbortController();
    const messages = log.subscribe({ after: null, signal: stop.signal })[Symbol.asyncIterator]();
    const next = async (): Promise<SubscriptionMessage> => (await messages.next()).value as SubscriptionMessage;
    expect(await next()).toEqual({ kind: 'caughtUp', position: null });
    const started = performance.now();
    const count = 40;
    for (let i = 0; i < count; i++) {
      const coming = next();
      const stream = `contract-${randomUUID()}`;
      await store.append(stream, 'no_stream', [event()]);
      const message = await coming;
      expect(message.kind === 'events' && message.events.map((e) => e.stream)).toEqual([stream]);
      expect((await next()).kind).toBe('caughtUp');
      expect(await log.readStream(stream)).toEqual(await store.readStream(stream));
    }
    // Looking at the file now and then would take a quarter of a second each time.
    expect(performance.now() - started).toBeLessThan((count * 250) / 2);
    const last = messages.next();
    await log.close();
    expect(await last).toEqual({ done: true, value: undefined });
    await expect(log.head()).rejects.toThrow(StoreClosed);
    expect(await store.head()).toBe(String(count));
    await store.close();
  });

  it('stops waiting when its consumer does', async () => {
    const store = await openEmbeddedStore({ file: join(folder, 'other.sqlite') });
    const log = openEmbeddedLog(store.share);
    const stop = new AbortController();
    const messages = log.subscribe({ after: null, signal: stop.signal })[Symbol.asyncIterator]();
    await messages.next();
    const waiting = messages.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
    await log.close();
    await store.close();
  });
});
