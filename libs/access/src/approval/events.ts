import { EventRegistry, type TextRef } from '@app/kernel';

/** A command waits for somebody else's word. Its body lies in the register; here stand its ids and the commitment. */
export interface ApprovalRequested {
  readonly approvalId: string;
  /** Name of the command, e.g. `Correct`. */
  readonly command: string;
  /** Ids of its path: `id`, `noticeId`, `changeId`, `vendor`, … */
  readonly params: { readonly [name: string]: string };
  /** The asker's command, under whose id it is carried out. */
  readonly commandId: string;
  /** Whose texts the body goes with; absent where it belongs to no contractor. */
  readonly contractorId?: string;
  /** `{body, replacement}` of the command as canonical JSON. */
  readonly request: TextRef;
}

/** The command was decided on the state of that moment, and its events are in the log: they name this approval. */
export interface ApprovalGranted {
  readonly approvalId: string;
  readonly commandId: string;
}

export interface ApprovalRejected {
  readonly approvalId: string;
}

export type ApprovalEvent =
  | { readonly type: 'ApprovalRequested'; readonly data: ApprovalRequested }
  | { readonly type: 'ApprovalGranted'; readonly data: ApprovalGranted }
  | { readonly type: 'ApprovalRejected'; readonly data: ApprovalRejected };

export const approvalEvents = new EventRegistry([
  { type: 'ApprovalRequested', version: 1 },
  { type: 'ApprovalGranted', version: 1 },
  { type: 'ApprovalRejected', version: 1 },
] satisfies readonly { type: ApprovalEvent['type']; version: number }[]);

export const approvalStream = (approvalId: string): string => `approval-${approvalId}`;
