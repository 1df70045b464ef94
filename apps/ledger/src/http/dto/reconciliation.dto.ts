import { FeedCursorText } from './feed.dto.js';
import { Id, InMonth, Optional, Parts, Whole } from './rules.js';
import type { PathError } from '../../ports.js';
import type { Claim } from '@app/published';

/** What a biller may have come to by mistake is told as a difference, not refused. */
const Claimed = (): PropertyDecorator => Whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

class LineDto {
  @Id() readonly lineId: string;
  /** Yen in the month. */
  @Claimed() readonly amount: number;
}

class RowDto implements Claim {
  @Id() readonly contractId: string;
  @InMonth() readonly month: string;
  /** Yen, all lines of the contract together. */
  @Claimed() readonly total: number;
  /** The biller's own lines in the month: then the answer names those that differ, and no others. */
  @Optional() @Parts(LineDto, 0, 1_000) readonly lines?: readonly LineDto[];
}

export class ReconciliationDto {
  /** The last event that the biller has applied; default: the head. */
  @Optional() @FeedCursorText() readonly cursor?: string;
  @Parts(RowDto, 1, 1_000) readonly rows: readonly RowDto[];

  static whole(body: ReconciliationDto): readonly PathError[] {
    const seen = new Set<string>();
    return body.rows.flatMap(({ contractId, month }, i) => {
      const key = `${contractId} ${month}`;
      const again = seen.has(key);
      seen.add(key);
      return again ? [{ path: `rows[${i}]`, message: 'twice' }] : [];
    });
  }
}
