import { Rejected } from '@app/kernel';
import type { Approval } from './state.js';

/**
 * Whether somebody may decide: only on what still waits, and never on what they asked for themselves, whatever token or
 * role they come with. Refused: `approval-decided`, `approval-own`.
 */
export function judgeDecision(approval: Exclude<Approval, { status: 'none' }>, by: { readonly subject: string }): Rejected | null {
  const { approvalId } = approval.request;
  if (approval.status !== 'pending') return new Rejected('approval-decided', [], { approvalId, status: approval.status, decidedBy: approval.decidedBy.subject });
  return approval.askedBy.subject === by.subject ? new Rejected('approval-own', [], { approvalId, subject: by.subject }) : null;
}
