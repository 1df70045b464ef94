import type { EventStore } from '@app/event-store';
import { AcknowledgedStore } from './acknowledged.js';

describe('a store that remembers what it acknowledged', () => {
  it('knows the furthest position, in whatever order answers come, and nothing of what failed', async () => {
    const answers: PromiseWithResolvers<{ revision: number; position: string }>[] = [];
    const inner = {
      append: () => {
        answers.push(Promise.withResolvers());
        return answers.at(-1)!.promise;
      },
      compare: (a: string, b: string) => Number(a) - Number(b),
    } as unknown as EventStore;
    const store = new AcknowledgedStore(inner);
    const appends = [store.append('a', 'no_stream', []), store.append('b', 'no_stream', []), store.append('c', 'no_stream', [])];
    expect(store.acknowledged).toBeNull();
    answers[2]!.reject(new Error('no'));
    answers[1]!.resolve({ revision: 0, position: '10' });
    await expect(appends[2]).rejects.toThrow('no');
    await appends[1];
    expect(store.acknowledged).toBe('10');
    answers[0]!.resolve({ revision: 0, position: '9' });
    expect(await appends[0]).toEqual({ revision: 0, position: '9' });
    expect(store.acknowledged).toBe('10');
  });
});
