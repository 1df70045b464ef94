// Says the largest RSS (KiB) of the process on descriptor 3 when it ends. Not by getrusage, which counts what the parent held when it forked.
import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) process.once('exit', () => writeSync(3, /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]));
