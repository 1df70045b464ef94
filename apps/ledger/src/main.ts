import 'reflect-metadata';
import { BadConfig, readConfig } from './config.js';
import { createLog } from './log.js';
import { openLedger } from './application/index.js';
import { createServer } from './http/server.js';

const DRAIN_MS = 9_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const ledger = await openLedger(config, log);
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

main().catch((error: unknown) => {
  // What the operator can mend is said plainly; the rest with its trace.
  const plain = error instanceof BadConfig || (error instanceof Error && 'plain' in error);
  console.error(`ledger: ${plain || !(error instanceof Error) ? String((error as Error).message ?? error) : error.stack}`);
  process.exit(1);
});
