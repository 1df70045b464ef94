import 'reflect-metadata';
import { readConfig } from './config.js';
import { createLog } from './log.js';
import { openLedger } from './application/index.js';

const DRAIN_MS = 9_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const ledger = await openLedger(config, log);
  // Only now: the framework is loaded while the thread of the read models, which has its own to load, catches up.
  const { createServer } = await import('./http/server.js');
  const app = await createServer(ledger, config, log);
  // Stops accepting, lets what is under way finish, closes the ledger, then exits with 0.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      setTimeout(() => {
        log.error('did not stop in time');
        log.flush();
        process.exit(1);
      }, DRAIN_MS).unref();
    });
  await app.listen(config.port, '127.0.0.1');
  log.info({ address: await app.getUrl(), data: config.data, sandbox: config.sandbox !== null, policies: config.policies }, 'listening');
}

/** Failures that the operator can mend; said without a trace. */
const PLAIN = new Set(['BadConfig', 'FolderInUse', 'WrongLog', 'UnsupportedRegister', 'UnsupportedReadStore', 'UnsupportedJournal', 'UnsupportedData', 'StoreUnavailable']);

main().catch((error: unknown) => {
  const plain = error instanceof Error && (PLAIN.has(error.name) || ('code' in error && error.code === 'EADDRINUSE'));
  console.error(`ledger: ${error instanceof Error ? (plain ? error.message : error.stack) : String(error)}`);
  process.exit(1);
});
