/** Facts that a recorded (R) clause asks to keep: consents, incidents, reports, designations, attestations. */
import type { PlainDate } from '@app/calendar';
import { EventRegistry, type Receipt, type TextRef } from '@app/kernel';

export interface FactRecorded {
  readonly recordId: string;
  readonly clause: string;
  readonly occurredOn: PlainDate;
  readonly contractId?: string;
  readonly optionId?: string;
  readonly document?: TextRef;
  readonly note: TextRef;
}

export type RecordEvent = { readonly type: 'FactRecorded'; readonly data: FactRecorded };

export const recordEvents = new EventRegistry([{ type: 'FactRecorded', version: 1 }]);
/** Why a fact is kept: the clause that asks for it. */
export const recordReceipts = ({ clause, occurredOn }: Pick<FactRecorded, 'clause' | 'occurredOn'>): Receipt[] => [{ clause, facts: { occurredOn } }];

export const recordStream = (recordId: string): string => `record-${recordId}`;
