import type { EventStore, StoredEvent } from '@app/event-store';
import { EventRegistry } from '@app/kernel';
import { FoldedStreams } from './streams.js';

const registry = new EventRegistry([{ type: 'Counted', version: 1 }]);
const event = (revision: number): StoredEvent => ({ id: '', type: 'Counted', stream: 's', revision, position: '', data: {}, rawData: '{}', metadata: { schemaVersion: 1 } as never, rawMetadata: '' });

/** A store whose reads answer when told to, with what the stream held when they began. */
function slowStore() {
  const streams = new Map<string, number>();
  const open: (() => void)[] = [];
  let reads = 0;
  const store = {
    readStream: (stream: string) => {
      reads++;
      const events = Array.from({ length: streams.get(stream) ?? 0 }, (_, i) => event(i));
      return new Promise<StoredEvent[]>((resolve) => open.push(() => resolve(events)));
    },
  } as unknown as EventStore;
  return { store, streams, answer: () => open.splice(0).forEach((f) => f()), reads: () => reads };
}

const counted = (s: ReturnType<typeof slowStore>, kept: number, keepsNone = false) => new FoldedStreams<number>(s.store, registry, 0, (n, events) => n + events.length, kept, keepsNone);

describe('folded streams', () => {
  it('are read once, and again when forgotten', async () => {
    const s = slowStore();
    s.streams.set('a', 3);
    const states = counted(s, 10);
    const first = states.load('a');
    s.answer();
    expect(await first).toBe(3);
    expect(await states.load('a')).toBe(3);
    expect(s.reads()).toBe(1);
    states.forget('a');
    const again = states.load('a');
    s.answer();
    expect(await again).toBe(3);
    expect(s.reads()).toBe(2);
  });

  it.each(['forget', 'remember'] as const)('do not keep what was read before a %s', async (what) => {
    const s = slowStore();
    const states = counted(s, 10, true);
    const early = states.load('a'); // empty as yet
    s.streams.set('a', 1);
    if (what === 'forget') states.forget('a');
    else states.remember('a', 1);
    s.answer();
    expect(await early).toBe(0);
    const later = states.load('a');
    s.answer();
    expect(await later).toBe(1);
  });

  it('remember emptiness only where told to, and at most so many streams', async () => {
    const s = slowStore();
    for (const keepsNone of [false, true]) {
      const states = counted(s, 2, keepsNone);
      const before = s.reads();
      for (let i = 0; i < 3; i++) {
        const nothing = states.load('b');
        s.answer();
        expect(await nothing).toBe(0);
      }
      expect(s.reads() - before).toBe(keepsNone ? 1 : 3);
      for (const stream of ['x', 'y']) states.remember(stream, 5);
      const evicted = states.load('b');
      s.answer();
      await evicted;
      expect(s.reads() - before).toBe(keepsNone ? 2 : 4);
    }
  });
});
