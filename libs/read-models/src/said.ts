import type { EventMetadata, TextRef } from '@app/kernel';

/** Who said something, when and why. */
export interface Said {
  readonly subject: string;
  readonly role: string;
  /** RFC 3339 UTC instant of recording. */
  readonly at: string;
  readonly reason: TextRef | null;
  readonly document: TextRef | null;
  readonly channel: string | null;
}

export const saidIn = ({ actor, recordedAt, reason, document, channel }: EventMetadata): Said => ({
  subject: actor.subject,
  role: actor.role,
  at: recordedAt,
  reason: reason ?? null,
  document: document ?? null,
  channel: channel ?? null,
});
