import { isCitable, POLICY_SWITCHES, statement, type CitableId, type PolicyName } from '@app/agreement';
import type { PackedClause, PackedEvent } from './pack.js';
import { walk } from './walk.js';

/** Members of data and receipts that name a clause, alone or before other words. */
const CITING = new Set(['clause', 'basis', 'exemption', 'annex', 'reason', 'because']);

/** The clauses and readings that events rest on, our statements of them, each once, by id. */
export function clausesCited(events: readonly PackedEvent[]): PackedClause[] {
  const ids = new Set<string>();
  const cite = (text: string): void => void (isCitable(text) && ids.add(text));
  for (const { data, metadata } of events) {
    walk([data, metadata.receipts], (value, key) => {
      if (CITING.has(key) && typeof value === 'string') cite(value.split(' ', 1)[0]!);
      if (key === 'policy' && typeof value === 'object' && value !== null) for (const name of Object.keys(value)) findingsOf(name).forEach(cite);
    });
    cite(metadata.agreement.revision);
  }
  return [...ids].sort().map((id) => {
    const { en, ja } = statement(id as CitableId);
    return { id, en, ja };
  });
}

export const findingsOf = (policy: string): readonly string[] => (Object.hasOwn(POLICY_SWITCHES, policy) ? POLICY_SWITCHES[policy as PolicyName].findings : []);
