import { destination, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './config.js';
import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/**
 * JSON lines on standard output. Lines are handed over in blocks, so that a request does not wait for the terminal;
 * pino writes out what is left when the process exits.
 */
export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: { service: 'ledger' },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', 'headers.authorization', 'req.headers.authorization', 'token'], censor: '[redacted]' },
    },
    destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: 500 }),
  );
}

/** Nest's own messages in the same log; what it says of its start is of use to nobody else. */
export const nestLog = (log: Logger): LoggerService => ({
  log: (message: unknown, context?: unknown) => log.debug({ context }, String(message)),
  error: (message: unknown, ...rest: unknown[]) => log.error({ context: rest.at(-1), stack: rest.length > 1 ? rest[0] : undefined }, String(message)),
  warn: (message: unknown, context?: unknown) => log.warn({ context }, String(message)),
  debug: (message: unknown, context?: unknown) => log.debug({ context }, String(message)),
});
