// Run by durability.spec.ts in a process of its own, which it then kills: 32 writers append to a store and print what was
// acknowledged, one line each: stream, revision, position, ids.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '../embedded.js';
import { openEventStoreDb } from '../eventstoredb.js';

const [kind, where] = process.argv.slice(2) as ['embedded' | 'eventstoredb', string];
const store = kind === 'embedded' ? await openEmbeddedStore({ file: where }) : await openEventStoreDb({ url: where });

const pause = new Int32Array(new SharedArrayBuffer(4));
/** At once, whatever happens next; waits where the reader is slow and the pipe is full. */
function say(line: string): void {
  const bytes = Buffer.from(line);
  for (let done = 0; done < bytes.length; )
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
}

async function writer(n: number): Promise<never> {
  const stream = `killed${n}-${randomUUID()}`;
  for (let revision = -1; ; ) {
    const events = Array.from({ length: 1 + ((revision + n + 2) % 3) }, () => ({ id: randomUUID(), type: 'Tested', data: { n, x: 'x'.repeat(200) }, metadata: {} }));
    const result = await store.append(stream, revision < 0 ? 'no_stream' : revision, events);
    if (result.revision !== revision + events.length) throw new Error(`${stream}: ${result.revision} after ${revision}`);
    revision = result.revision;
    say(`${stream} ${revision} ${result.position} ${events.map((e) => e.id).join(',')}\n`);
  }
}

await Promise.all(Array.from({ length: 32 }, (_, n) => writer(n)));
