import type { PlainDate } from '@app/calendar';
import type { AppendResult, ExpectedRevision, NewEvent, StoredEvent } from '@app/event-store';
import type { ApprovedBy, Rejected, TextRef } from '@app/kernel';
import type { CommandEnvelope, CommandOutcome } from '../ports.js';
import type { Stamp } from './metadata.js';

/** A command on its way: what is asked, under which id, on which day. */
export interface Context {
  readonly envelope: CommandEnvelope;
  readonly commandId: string;
  readonly today: PlainDate;
  /** It waited for somebody else's word; a refusal is that decision's outcome and leaves it waiting. */
  readonly approval?: { readonly by: ApprovedBy; readonly decision: Context; readonly refs: Refs };
}

/** `again`: somebody else was faster; decide anew. */
export type Ended = { readonly done: CommandOutcome } | 'again';

/** References of the texts of one command, by slot. */
export type Refs = { readonly [slot: string]: TextRef };

/** What a part of the application that has commands of its own needs of the rest. */
export interface Desk {
  readonly append: (commandId: string, stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) => Promise<AppendResult>;
  readonly readStream: (stream: string) => Promise<StoredEvent[]>;
  readonly refs: (c: Context, subject: string | undefined) => Promise<Refs>;
  readonly stampOf: (c: Context, refs: Refs | undefined) => Stamp;
  /** Records a refusal as what the command came to. */
  readonly refused: (c: Context, stream: string, rejected: Rejected, refs?: Refs) => Promise<Ended>;
  /** Decides until nobody is faster. */
  readonly decide: (c: Context) => Promise<CommandOutcome>;
  /** Repeats an append of a command whose outcome was left open. */
  readonly settle: (commandId: string) => Promise<void>;
  /** The first event that a command wrote, and the answer from the log; null: it has written none. */
  readonly landed: (c: Context) => Promise<{ readonly first: StoredEvent; readonly outcome: CommandOutcome } | null>;
  /** Whose texts a command belongs to, where that is a contractor. */
  readonly contractorOf: (c: Context) => Promise<string | undefined>;
  /** Runs work one at a time per key. */
  readonly alone: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}
