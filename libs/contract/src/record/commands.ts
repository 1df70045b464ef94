import type { PlainDate } from '@app/calendar';
import type { Why } from '../commands.js';

/** `POST /v1/records`: a fact that a recorded (R) clause asks to keep. */
export interface RecordFact extends Why {
  readonly clause: string;
  readonly occurredOn: PlainDate;
  readonly contractId?: string;
  readonly optionId?: string;
  readonly note: string;
}
