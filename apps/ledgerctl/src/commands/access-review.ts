import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bodyOf } from '../client.js';
import { csvCell } from '../import/report.js';
import { remark, say, sayJson } from '../output.js';
import { withService } from '../service.js';
import { misuse } from '../trouble.js';
import type { Settings } from '../settings.js';

export interface ReviewOptions {
  /** `2026Q3`. */
  readonly quarter?: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
}

type Row = { readonly [name: string]: string | number | null | undefined };
interface Review {
  readonly grants: readonly Row[];
  readonly actors: readonly Row[];
}

/** First and last day of a quarter of the calendar year. @throws {Trouble} */
export function quarterDays(quarter: string): { readonly from: string; readonly to: string } {
  const [, year, q] = /^(\d{4})Q([1-4])$/.exec(quarter) ?? [];
  if (year === undefined) throw misuse(`--quarter must be a year and a quarter such as 2026Q3, not ${quarter}`);
  const [from, to] = [['01-01', '03-31'], ['04-01', '06-30'], ['07-01', '09-30'], ['10-01', '12-31']][Number(q) - 1]!;
  return { from: `${year}-${from}`, to: `${year}-${to}` };
}

const GRANT = ['tokenId', 'subject', 'role', 'label', 'state', 'inForceFrom', 'inForceTo', 'issuedAt', 'issuedBy', 'issueReason', 'expiresOn', 'revokedAt', 'revokedBy', 'revokeReason', 'lastActedOn'] as const;
const ACTOR = ['subject', 'role', 'by', 'firstOn', 'lastOn', 'days'] as const;

/** Grants and actors as one table: `kind` says which a row is, the columns of the other kind are empty. */
export function reviewCsv({ grants, actors }: Review): string {
  const columns = [...new Set<string>(['kind', ...GRANT, ...ACTOR])];
  const line = (row: Row): string => columns.map((c) => csvCell(String(row[c] ?? ''))).join(',');
  const rows = [...grants.map((g) => ({ kind: 'grant', ...g })), ...actors.map((a) => ({ kind: 'actor', ...a }))];
  return `\ufeff${[columns.join(','), ...rows.map(line)].join('\r\n')}\r\n`;
}

/** The review of access over some days: CSV for those who sign it, JSON for programs. */
export async function accessReview(settings: Settings, { quarter, from, to, out }: ReviewOptions): Promise<void> {
  if ((quarter === undefined) === (from === undefined && to === undefined) || (from === undefined) !== (to === undefined)) throw misuse('name the days: --quarter 2026Q3, or --from and --to');
  const days = quarter === undefined ? { from: from!, to: to! } : quarterDays(quarter);
  await withService(settings, async (client) => {
    const review = bodyOf(await client.get(`/v1/audit/access-review?from=${encodeURIComponent(days.from)}&to=${encodeURIComponent(days.to)}`), 'the review was not made') as unknown as Review;
    if (out === undefined) return settings.json ? sayJson(review) : say(reviewCsv(review).trimEnd());
    // Who has access to what is nobody else's business.
    writeFileSync(resolve(out), settings.json ? `${JSON.stringify(review, null, 2)}\n` : reviewCsv(review), { mode: 0o600 });
    remark(`${review.grants.length} tokens and ${review.actors.length} actors from ${days.from} to ${days.to}: ${out}`);
  });
}
