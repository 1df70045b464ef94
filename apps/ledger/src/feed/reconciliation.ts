/** Did a biller apply what was published? Answered from the published log alone; nothing is stored. */
import { setImmediate as turn } from 'node:timers/promises';
import { differenceOf, PublishedContract, type Claim, type Difference, type Envelope, type Money } from '@app/published';
import type { StoredEvent } from '@app/event-store';

/** What is needed of the published log. */
export interface PublishedLog {
  /** Sequences of a contract's events, in order. */
  contractSequences(contractId: string): readonly number[];
  /** Stored events from a sequence on. */
  read(from: number, limit: number): Promise<readonly StoredEvent[]>;
}

export interface ContractClaim extends Claim {
  readonly contractId: string;
}

export interface Reconciliation {
  readonly matched: number;
  readonly differences: readonly (Difference & { readonly contractId: string })[];
}

/** Holds claims about months against the events up to a sequence, contract by contract. */
export async function reconcile(log: PublishedLog, claims: readonly ContractClaim[], through: number): Promise<Reconciliation> {
  const differences = new Map<ContractClaim, Difference>();
  for (const [contractId, about] of Map.groupBy(claims, (c) => c.contractId)) {
    const events = await eventsOf(log, log.contractSequences(contractId).filter((n) => n <= through));
    const contract = events.length === 0 ? null : new PublishedContract(events);
    for (const claim of about) {
      const difference = differenceOf(claim, contract);
      if (difference) differences.set(claim, difference);
    }
    // A thousand contracts must not keep commands waiting.
    await turn();
  }
  return {
    matched: claims.length - differences.size,
    differences: claims.flatMap((claim) => {
      const difference = differences.get(claim);
      return difference ? [{ contractId: claim.contractId, ...difference }] : [];
    }),
  };
}

/** Events that lie side by side are read at once. */
async function eventsOf(log: PublishedLog, sequences: readonly number[]): Promise<(Envelope & { readonly data: Money })[]> {
  const events: (Envelope & { readonly data: Money })[] = [];
  for (let i = 0; i < sequences.length; ) {
    let n = 1;
    while (i + n < sequences.length && sequences[i + n] === sequences[i]! + n) n++;
    for (const e of await log.read(sequences[i]!, n)) events.push(e.data as unknown as Envelope & { readonly data: Money });
    i += n;
  }
  return events;
}
