import { approvalEvents, approvalStream, evolveApproval, isFourEyed, judgeDecision, noApproval, type Approval, type ApprovalEvent, type DecideApproval } from '@app/access';
import { contractStream, vendorStream } from '@app/contract';
import type { Register } from '@app/erasable';
import { WrongExpectedRevision, type StoredEvent } from '@app/event-store';
import { canonicalJson, deriveId, Rejected, type ApprovedBy, type Json } from '@app/kernel';
import type { PlainDate } from '@app/calendar';
import type { Caller, CommandEnvelope, CommandOutcome, NestedCommand } from '../ports.js';
import { answerOf } from './answers.js';
import type { Context, Desk, Ended, Refs } from './context.js';
import { stamp, type Stamp, type Stampable } from './metadata.js';
import { textsOf } from './texts.js';

type Asked = Exclude<Approval, { status: 'none' }>;

/** The slot in which the body of a command waits. */
const REQUEST = 'approval.request';

/**
 * Four eyes: a command that takes back, strikes or removes is kept until another subject decides on it. The command is
 * then carried out under the asker's own id, so that it is in the log once, however often anything is repeated; only
 * after that its approval says so. What a crash leaves between the two is told by the command's own events, which name
 * the decision, and finished by the next decision or start.
 */
export class Approvals {
  constructor(
    private readonly desk: Desk,
    private readonly register: Register,
    /** Off: only what waits already is decided. */
    private readonly on: boolean,
  ) {}

  /** Whether a command has to wait. A preview never does, nor what was let through. */
  holds(c: Context): boolean {
    return this.on && !c.envelope.preview && c.approval === undefined && isFourEyed(c.envelope.name);
  }

  /** What a repeat of a command that waits, or was rejected, is answered; null: there is no such thing. */
  async replay(c: Context): Promise<CommandOutcome | null> {
    if (!isFourEyed(c.envelope.name) || c.approval) return null;
    const events = await this.desk.readStream(approvalStream(this.idOf(c)));
    const approval = fold(events);
    if (approval.status === 'none') return null;
    if (approval.requestHash !== c.envelope.requestHash) return { status: 422 };
    if (approval.status === 'pending') return { status: 202, body: answerOf(events.slice(0, 1)), replayed: true };
    const { approvalId } = approval.request;
    return approval.status === 'rejected' ? { status: 409, rejected: new Rejected('approval-rejected', [], { approvalId, decidedBy: approval.decidedBy.subject }), replayed: true } : null;
  }

  /** Keeps a command for a second pair of eyes. What could not be carried out now is answered as without them. */
  async ask(c: Context): Promise<Ended> {
    const tried = await this.desk.decide({ ...c, envelope: { ...c.envelope, preview: true } });
    const { name, params, body, replacement } = c.envelope;
    const contractorId = await this.desk.contractorOf(c);
    const approvalId = this.idOf(c);
    const stream = approvalStream(approvalId);
    if (tried.status === 409) return this.desk.refused(c, targetOf(c.envelope) ?? stream, tried.rejected, await this.desk.refs(c, contractorId));
    if (!('body' in tried)) return { done: tried };
    const subject = contractorId === undefined ? {} : { subject: contractorId };
    const texts = [...textsOf(c.envelope, contractorId), { kind: 'request', slot: REQUEST, text: canonicalJson({ body, replacement }), ...subject }];
    const kept = await this.register.write(c.commandId, texts);
    const refs = Object.fromEntries(texts.map((t, i) => [t.slot, kept[i]!]));
    const event: Stampable = {
      id: deriveId('approval-requested', c.commandId),
      type: 'ApprovalRequested',
      data: { approvalId, command: name, params, commandId: c.commandId, ...(contractorId === undefined ? {} : { contractorId }), request: refs[REQUEST] },
      receipts: [],
    };
    const about: { [name: string]: Json } = params['id'] === undefined ? {} : { contractId: params['id'] };
    return this.write(c, stream, 'no_stream', event, refs, 202, { approvalId, ...about, state: 'pending' });
  }

  /** Another subject's word: carries the command out on the state of this moment, or turns it down. */
  decide(c: Context): Promise<Ended> {
    return this.desk.alone(`approval ${c.envelope.params['approvalId']!}`, () => this.decideAlone(c));
  }

  private async decideAlone(c: Context): Promise<Ended> {
    const approvalId = c.envelope.params['approvalId']!;
    const stream = approvalStream(approvalId);
    const approval = c.envelope.preview ? fold(await this.desk.readStream(stream)) : await this.finish(approvalId);
    if (approval.status === 'none') return { done: { status: 404, what: 'approval' } };
    // What was left open by this very decision has just been finished.
    const mine = (await this.desk.readStream(stream)).find((e) => e.metadata.commandId === c.commandId);
    if (mine && mine.type !== 'ApprovalRequested') return { done: await this.answer(mine, true) };
    const refs = await this.desk.refs(c, approval.request.contractorId);
    const refused = judgeDecision(approval, c.envelope.caller);
    if (refused) return this.desk.refused(c, stream, refused, refs);
    const { decision } = c.envelope.body as DecideApproval;
    if (decision === 'reject') return this.write(c, stream, approval.revision, rejection(c, approvalId), refs, 200, { approvalId, state: 'rejected' });

    const command = this.read(approval);
    if (command instanceof Rejected) return this.desk.refused(c, stream, command, refs);
    const by: ApprovedBy = {
      approvalId,
      decisionId: c.commandId,
      requestHash: c.envelope.requestHash,
      decidedBy: { subject: c.envelope.caller.subject, role: c.envelope.caller.role },
      reason: refs['reason']!,
      ...said(c, refs),
      correlationId: c.envelope.correlationId ?? c.envelope.requestId,
    };
    const asked = contextOf(approval, c.today, { command, preview: c.envelope.preview, by: { by, decision: c, refs } });
    const outcome = await this.desk.alone(`key ${asked.commandId}`, () => this.desk.decide(asked));
    if (!('body' in outcome)) return { done: outcome };
    const granted = grant(by, approval.request.commandId);
    const result = { status: outcome.status, body: outcome.body };
    if (c.envelope.preview) return { done: { status: 200, body: { approvalId, state: 'approved', events: [shown(granted)], receipts: [], warnings: [], result, position: null, preview: true }, replayed: false } };
    return this.write(c, stream, approval.revision, granted, refs, 200, { approvalId, state: 'approved' }, { result });
  }

  /** The answer of a decision, from the log. */
  async answer(decided: StoredEvent, replayed: boolean): Promise<CommandOutcome> {
    const body = answerOf([decided]);
    if (decided.type !== 'ApprovalGranted') return { status: 200, body, replayed };
    const approval = fold(await this.desk.readStream(decided.stream));
    if (approval.status === 'none') throw new Error(`${decided.stream} has a decision and no request`);
    const landed = await this.desk.landed(contextOf(approval));
    if (!landed || !('body' in landed.outcome)) throw new Error(`${decided.stream} was granted, and its command is not in the log`);
    return { status: 200, body: { ...body, result: { status: landed.outcome.status, body: landed.outcome.body } }, replayed };
  }

  /** The approval as it stands, after its grant was recorded where the command is in the log already. */
  private async finish(approvalId: string): Promise<Approval> {
    const stream = approvalStream(approvalId);
    const load = async (): Promise<Approval> => fold(await this.desk.readStream(stream));
    const approval = await load();
    if (approval.status !== 'pending') return approval;
    const asked = contextOf(approval);
    await this.desk.settle(asked.commandId);
    const landed = await this.desk.landed(asked);
    const by = landed?.first.metadata.approval;
    if (!landed || !by) return approval;
    const events = stamp([grant(by, approval.request.commandId)], approvalEvents, stampOfDecision(by, landed.first), { status: 200, approvalId, state: 'approved' });
    try {
      await this.desk.append(by.decisionId, stream, approval.revision, events);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    return load();
  }

  /** Records what was carried out and not said so (at start). */
  async sweep(approvalId: string): Promise<void> {
    await this.desk.alone(`approval ${approvalId}`, () => this.finish(approvalId));
  }

  private idOf = (c: Context): string => deriveId('approval', c.commandId);

  /** The body that waits, or why it cannot be carried out any more. */
  private read({ request }: Asked): { body: object; replacement: NestedCommand | null } | Rejected {
    const verdict = this.register.verify(request.request);
    const text = this.register.read([request.request.ref]).get(request.request.ref);
    if (verdict !== 'ok' || text == null) return new Rejected('approval-text-gone', [], { approvalId: request.approvalId, text: verdict });
    return JSON.parse(text) as { body: object; replacement: NestedCommand | null };
  }

  private async write(c: Context, stream: string, expected: number | 'no_stream', event: Stampable, refs: Refs, status: 200 | 202, answer: { readonly [key: string]: Json }, more: object = {}): Promise<Ended> {
    const body = { ...answer, events: [shown(event)], receipts: [], warnings: [] };
    if (c.envelope.preview) return { done: { status: 200, body: { ...body, position: null, preview: true }, replayed: false } };
    try {
      const result = await this.desk.append(c.commandId, stream, expected, stamp([event], approvalEvents, this.desk.stampOf(c, refs), { ...answer, status }));
      return { done: { status, body: { ...body, revision: result.revision, position: result.position, ...more }, replayed: false } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return 'again';
    }
  }
}

// ------------------------------------------------------------------------------------------------ helpers

const fold = (events: readonly StoredEvent[]): Approval =>
  events.reduce<Approval>((state, e) => evolveApproval(state, { event: { type: e.type, data: approvalEvents.upcast(e.type, e.metadata.schemaVersion, e.data) } as unknown as ApprovalEvent, revision: e.revision, metadata: e.metadata }), noApproval);

const grant = (by: ApprovedBy, commandId: string): Stampable => ({ id: deriveId('event', by.decisionId, 0), type: 'ApprovalGranted', data: { approvalId: by.approvalId, commandId }, receipts: [] });

const rejection = (c: Context, approvalId: string): Stampable => ({ id: deriveId('event', c.commandId, 0), type: 'ApprovalRejected', data: { approvalId }, receipts: [] });

/** The stream that a command would have written to. */
const targetOf = ({ params }: CommandEnvelope): string | null =>
  params['id'] !== undefined ? contractStream(params['id']) : params['vendor'] !== undefined ? vendorStream(params['vendor']) : null;

const shown = ({ id, type, data }: Stampable): object => ({ id, type, data });

/** What else the decision says of itself, for its record. */
const said = (c: Context, refs: Refs): Pick<ApprovedBy, 'channel' | 'document'> => {
  const { channel } = c.envelope.body as { channel?: string };
  return { ...(channel === undefined ? {} : { channel }), ...(refs['document'] ? { document: refs['document'] } : {}) };
};

/** A decision whose record was left out, as the command's own events have it. */
const stampOfDecision = (by: ApprovedBy, { metadata }: StoredEvent): Stamp => ({
  commandId: by.decisionId,
  envelope: { name: 'DecideApproval', caller: { ...by.decidedBy, tokenId: 'none' } as Caller, requestHash: by.requestHash, requestId: by.correlationId },
  reason: by.reason,
  ...(by.channel === undefined ? {} : { channel: by.channel }),
  ...(by.document ? { document: by.document } : {}),
  businessDate: metadata.businessDate as PlainDate,
  build: metadata.build,
});

/** The asker's command: to be carried out, or (without its body) to be looked for. */
function contextOf(approval: Asked, today = '' as PlainDate, run?: { readonly command: Pick<CommandEnvelope, 'body' | 'replacement'>; readonly preview: boolean; readonly by: NonNullable<Context['approval']> }): Context {
  const { request, askedBy, requestHash, correlationId } = approval;
  const envelope: CommandEnvelope = {
    name: request.command as CommandEnvelope['name'],
    params: request.params,
    body: run?.command.body ?? {},
    replacement: run?.command.replacement ?? null,
    caller: { ...askedBy, tokenId: 'none' } as Caller,
    idempotencyKey: null,
    requestHash,
    // What it was asked on has passed: the one who decides does so on the state of this moment.
    ifMatch: null,
    preview: run?.preview ?? false,
    requestId: correlationId,
  };
  return { envelope, commandId: request.commandId, today, ...(run ? { approval: run.by } : {}) };
}
