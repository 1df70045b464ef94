import { jest } from '@jest/globals';
import { openEventStoreDb } from './eventstoredb.js';
import { expectAllThere, writeUntilKilled } from './testing/killed.js';
import { eventStoreSuite } from './testing/suite.js';

const NOT_RUN = 'NOT RUN against EventStoreDB: EVENTSTORE_URL is not set';
const url = process.env['EVENTSTORE_URL'];

/** Says it aloud when the suite is not run against a server, and answers what it said. */
function announce(given: string | undefined): string | null {
  if (given) return null;
  console.warn(NOT_RUN);
  return NOT_RUN;
}

if (url) {
  jest.setTimeout(30_000);
  eventStoreSuite('EventStoreDB', { open: () => openEventStoreDb({ url }) });

  it('has everything it acknowledged to 32 writers whose process was killed, exactly once, without gaps', async () => {
    const acknowledged = await writeUntilKilled('eventstoredb', url, 300);
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    const store = await openEventStoreDb({ url });
    await expectAllThere(store, acknowledged);
    await store.close();
  });
} else announce(url);

it('is loud about not having been run, and only then', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(announce(undefined)).toBe(NOT_RUN);
  expect(announce('')).toBe(NOT_RUN);
  expect(announce('esdb://localhost:2113?tls=false')).toBeNull();
  expect(warn.mock.calls).toEqual([[NOT_RUN], [NOT_RUN]]);
  warn.mockRestore();
});
