import { canonicalJson, sha256Hex } from '@app/kernel';
import type { Step } from './steps.js';

/**
 * The idempotency key of a step: from what its rows say and what they belong to in the ledger, never from where they
 * stand. So the same rows are the same command in a rerun, in a sorted file and in another file, and a row that was
 * mended after a refusal is a new one.
 */
export const keyOf = (step: Pick<Step, 'kind' | 'rows'>, parentId: string | null): string =>
  `import.${sha256Hex(canonicalJson({ version: 1, kind: step.kind, parentId, rows: step.rows.map((r) => r.cells) }))}`;
