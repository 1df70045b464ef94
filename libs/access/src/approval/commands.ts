/** What needs a second pair of eyes: whatever takes back or strikes what was entered, or removes it for good. */
export const FOUR_EYED = ['Correct', 'CorrectDiscontinuation', 'WithdrawNotice', 'WithdrawAccountCountChange', 'EraseContractor'] as const;
export type FourEyed = (typeof FOUR_EYED)[number];

export const isFourEyed = (command: string): command is FourEyed => (FOUR_EYED as readonly string[]).includes(command);

export const DECISIONS = ['approve', 'reject'] as const;

/** `POST /v1/approvals/{id}/decisions`. */
export interface DecideApproval {
  readonly decision: (typeof DECISIONS)[number];
  readonly reason: string;
}
