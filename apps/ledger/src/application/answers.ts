import type { EventMetadata, Json } from '@app/kernel';

/** As much of a stored event as an answer is made of. */
export interface Recorded {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly data: Json;
  readonly metadata: EventMetadata;
}

/**
 * The answer of a command, from its events alone, so that a replay is the same answer. Language-neutral: receipts and
 * warnings get their sentences where they are rendered.
 */
export function answerOf(events: readonly Recorded[]): object {
  const first = events[0]!;
  const last = events.at(-1)!;
  const { warnings, ...ids } = (first.metadata.answer ?? {}) as { readonly [key: string]: Json };
  const contractId = first.stream.startsWith('contract-') ? first.stream.slice('contract-'.length) : undefined;
  return {
    ...(contractId === undefined ? {} : { contractId }),
    ...ids,
    revision: last.revision,
    position: last.position,
    events: events.map(({ id, type, data }) => ({ id, type, data })),
    receipts: events.flatMap((e) => e.metadata.receipts),
    warnings: warnings ?? [],
  };
}
