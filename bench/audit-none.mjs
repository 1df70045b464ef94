// Loaded before the service, it starts without the thread of its audit: what that costs is told by a service that has none.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const threads = createRequire(import.meta.url)('node:worker_threads');
const { Worker } = threads;
const IDLE = new URL("data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.once('message', () => parentPort.close());");
threads.Worker = class extends Worker {
  constructor(file, options) {
    super(String(file).endsWith('/audit/audit-thread.js') ? IDLE : file, options);
  }
};
syncBuiltinESMExports();
