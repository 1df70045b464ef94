import { Unavailable } from '../ports.js';
import type { Config } from '../config.js';
import type { Ledger } from '../ports.js';
import type { Logger } from 'pino';
import { jstToday } from '@app/calendar';

/** Opens everything behind the HTTP layer. */
export async function openLedger(config: Config, _log: Logger): Promise<Ledger> {
  const starting = (): never => {
    throw new Unavailable('starting');
  };
  const unavailable = {} as never;
  return {
    application: { execute: starting },
    queries: unavailable,
    tokens: { lookup: () => null },
    readiness: { report: () => ({ status: 'starting' }) },
    clock: { today: () => config.sandbox?.today ?? jstToday(Date.now()) },
    sandbox: null,
    administration: unavailable,
    close: () => Promise.resolve(),
  };
}
