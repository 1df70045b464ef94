// Run by publisher.spec.ts in a process of its own, which it then kills: publishes a log and says before and after each append.
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '@app/event-store';
import { Publisher } from '../publisher.js';
import type { FeedLog } from '../ports.js';

const [file, source] = process.argv.slice(2) as [string, string];
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const store = await openEmbeddedStore({ file });
const log: FeedLog = {
  append: async (stream, expected, events) => {
    writeSync(1, 'read\n');
    await pause(5);
    const result = await store.append(stream, expected, events);
    writeSync(1, 'appended\n');
    await pause(5);
    return result;
  },
  readStream: (...a) => store.readStream(...a),
  head: () => store.head(),
  compare: (a, b) => store.compare(a, b),
  subscribe: (o) => store.subscribe(o),
};
await new Publisher({ log, source, holidays: null, pause, page: 25, maxBytes: 9_000 }).drain();
await store.close();
