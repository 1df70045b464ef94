import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from './embedded.js';
import { type EventStore, StoreClosed, StoreUnavailable, WrongExpectedRevision } from './port.js';
import { openSharedStore } from './shared-store.js';
import { eventStoreSuite, freshStream, ids, someEvents } from './testing/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'shared-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fresh = (): string => join(folder, `${randomUUID()}.sqlite`);

eventStoreSuite('embedded, borrowed by another thread', {
  async open(): Promise<EventStore> {
    const lender = await openEmbeddedStore({ file: join(folder, 'log.sqlite') });
    const borrower = openSharedStore(lender.lend());
    const close = borrower.close.bind(borrower);
    return Object.assign(borrower, {
      async close() {
        await close();
        await lender.close();
      },
    });
  },
});

describe('a borrowed store', () => {
  it('and its lender keep each other from writing over what the other wrote', async () => {
    const lender = await openEmbeddedStore({ file: fresh() });
    const borrower = openSharedStore(lender.lend());
    const stream = freshStream();
    const [first, second] = [someEvents(1), someEvents(1)];
    const both = await Promise.allSettled([lender.append(stream, 'no_stream', first), borrower.append(stream, 'no_stream', second)]);
    expect(both.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((both.find((r) => r.status === 'rejected') as PromiseRejectedResult).reason).toBeInstanceOf(WrongExpectedRevision);
    expect(ids(await borrower.readStream(stream))).toEqual(ids(both[0].status === 'fulfilled' ? first : second));
    await borrower.close();
    await lender.close();
  });

  it('finishes what was begun before it closes, and leaves the lender open', async () => {
    const lender = await openEmbeddedStore({ file: fresh() });
    const borrower = openSharedStore(lender.lend());
    const stream = freshStream();
    const appended = borrower.append(stream, 'no_stream', someEvents(3));
    await borrower.close();
    expect((await appended).revision).toBe(2);
    await expect(borrower.append(stream, 2, someEvents(1))).rejects.toThrow(StoreClosed);
    expect((await lender.append(stream, 2, someEvents(1))).revision).toBe(3);
    await lender.close();
  });

  it('learns that the lender closed, and that nothing more can be written', async () => {
    const lender = await openEmbeddedStore({ file: fresh() });
    const borrower = openSharedStore(lender.lend());
    const stream = freshStream();
    const before = borrower.append(stream, 'no_stream', someEvents(1));
    expect((await before).revision).toBe(0);
    await lender.close();
    // Word of it is on its way: until it is here an append has no answer, and then there is nobody to ask.
    await expect(borrower.append(stream, 0, someEvents(1))).rejects.toThrow(/closed|unknown/);
    await expect(borrower.append(stream, 0, someEvents(1))).rejects.toThrow(StoreClosed);
    await borrower.close();
  });

  it('says what the lender said of a full disk', async () => {
    const lender = await openEmbeddedStore({ file: fresh(), maxBytes: 40_000 });
    const borrower = openSharedStore(lender.lend());
    const large = [{ ...someEvents(1)[0]!, data: { text: 'x'.repeat(100_000) } }];
    await expect(borrower.append(freshStream(), 'no_stream', large)).rejects.toThrow(StoreUnavailable);
    expect(borrower.problem()).toMatch(/cannot be written/);
    expect((await borrower.append(freshStream(), 'no_stream', someEvents(1))).revision).toBe(0);
    expect(borrower.problem()).toBeNull();
    await borrower.close();
    await lender.close();
  });
});
