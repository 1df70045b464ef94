import type { EventMetadata } from '@app/kernel';
import type { ApprovalEvent, ApprovalRequested } from './events.js';

/** An event of the approval's stream with who wrote it. */
export interface RecordedApprovalEvent {
  readonly event: ApprovalEvent;
  readonly revision: number;
  readonly metadata: Pick<EventMetadata, 'actor' | 'requestHash' | '$correlationId'>;
}

interface Asked {
  readonly request: ApprovalRequested;
  readonly askedBy: EventMetadata['actor'];
  readonly requestHash: string;
  readonly correlationId: string;
  readonly revision: number;
}

export type Approval =
  | { readonly status: 'none' }
  | (Asked & { readonly status: 'pending' })
  | (Asked & { readonly status: 'approved' | 'rejected'; readonly decidedBy: EventMetadata['actor'] });

export const noApproval: Approval = { status: 'none' };

/** Throws on a history that cannot have been decided (a decision before the request, or two). */
export function evolveApproval(approval: Approval, { event, revision, metadata }: RecordedApprovalEvent): Approval {
  if (event.type === 'ApprovalRequested') {
    if (approval.status !== 'none') throw new Error(`approval ${event.data.approvalId} was requested twice`);
    return { status: 'pending', request: event.data, askedBy: metadata.actor, requestHash: metadata.requestHash, correlationId: metadata.$correlationId, revision };
  }
  if (approval.status !== 'pending') throw new Error(`approval ${event.data.approvalId} was decided while it was ${approval.status}`);
  return { ...approval, status: event.type === 'ApprovalGranted' ? 'approved' : 'rejected', decidedBy: metadata.actor, revision };
}
