import type { PlainDate } from '@app/calendar';
import type { Why } from '../commands.js';

/** `POST /v1/vendors/{vendor}/discontinuations` (A9). */
export interface Discontinue extends Why {
  readonly endsOn: PlainDate;
  readonly reason: string;
}

/** `POST /v1/vendors/{vendor}/discontinuations/{id}/corrections`: without a replacement the discontinuation is struck. */
export interface CorrectDiscontinuation extends Why {
  readonly reason: string;
  readonly replacement?: { readonly endsOn: PlainDate };
}
