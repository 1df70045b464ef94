import { EXIT } from './trouble.js';

const controller = new AbortController();

/** Aborted by the first Ctrl-C (or SIGTERM, SIGHUP): what is under way is finished, nothing new begun. */
export const interruption: AbortSignal = controller.signal;

/** A second signal ends the process at once; `exit` listeners still run. */
export function listenForSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted);
      controller.abort(new Error(`interrupted by ${signal}`));
    });
}

/** Resolves on the first signal. */
export const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    if (interruption.aborted) resolve();
    else interruption.addEventListener('abort', () => resolve(), { once: true });
  });
