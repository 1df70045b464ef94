import { canonicalJson, sha256Hex } from '@app/kernel';
import { CLAUSE_IDS } from './ids.js';
import { ITEM_NAMES, ITEM_ROWS, LEGACY_ITEMS } from './items.js';
import { OPTION_ROWS } from './options.js';
import { POLICY_SWITCHES } from './policies.js';
import { REVISIONS } from './revisions.js';

let hash: string | undefined;

/** SHA-256 of the canonical JSON of every rule table: stamped on each decision, so that it can be told which rules it used. */
export const tablesHash = (): string =>
  (hash ??= sha256Hex(
    canonicalJson({
      clauses: CLAUSE_IDS,
      items: ITEM_ROWS,
      itemNames: ITEM_NAMES,
      legacyItems: LEGACY_ITEMS,
      options: OPTION_ROWS,
      policies: POLICY_SWITCHES,
      revisions: REVISIONS,
    }),
  ));
