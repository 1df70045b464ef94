import type { LoggedEvent, ProjectionRunner, ReadStore, RunnerOptions } from './port.js';

export function createRunner<E extends LoggedEvent>(_store: ReadStore<unknown>, _options: RunnerOptions<E>): ProjectionRunner {
  throw new Error('not yet');
}
