import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { AppendTooLarge, type ExpectedRevision, WrongExpectedRevision } from './port.js';

/** What the client keeps for its own streams: one that is disposed of with the client and replaces a broken channel. */
interface Internals {
  GRPCStreamCreator<C, T>(client: new (...args: never[]) => C, name: string, create: (client: C) => T): () => Promise<T>;
  callArguments(options: object, call: { deadline: number }): [never, never];
}

/** The protocol's messages and calls as the client package generated them. */
export async function loadProtocol() {
  const [grpc, streams, shared] = await Promise.all([
    import('@eventstore/db-client/generated/streams_grpc_pb.js'),
    import('@eventstore/db-client/generated/streams_pb.js'),
    import('@eventstore/db-client/generated/shared_pb.js'),
  ]);
  // the default is what these CommonJS modules export: Node cannot see the names in generated code
  return { grpc: grpc.default, streams: streams.default, shared: shared.default };
}
export type Protocol = Awaited<ReturnType<typeof loadProtocol>>;

/** Revision and position of the last event, as the server gave them; positions may be absent. */
export interface Appended {
  readonly revision: bigint;
  readonly position: { readonly commit: bigint; readonly prepare: bigint } | undefined;
}

/** The server's definite no for a reason of its own. Nothing was written. */
export class AppendRefused extends Error {}

/** Largest part of an append sent in one message, in bytes; far below what a server takes. */
const PART_BYTES = 1_048_576;

interface Pending {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One call of the protocol that carries many appends at once, until it ends or fails.
 *
 * In place of the client's own `appendToStream`, which keeps the appends of all such calls of a process in one map: the
 * fault of one call rejects the appends of another, answers that come late throw, a full send buffer leaves rejections
 * unhandled, and a call that ends in silence hangs its appends. Here each call knows its
 * own appends, and each append ends with it.
 */
export class AppendStream {
  private readonly pending = new Map<string, Pending>();
  private readonly call: Promise<ClientDuplexStream<BatchAppendReq, BatchAppendResp>>;
  private sent = 0;
  /** Messages received, to tell a slow server from a silent one. */
  received = 0;
  /** Set once the call is over; nothing can be sent any more. */
  over: Error | undefined;

  constructor(
    private readonly protocol: Protocol,
    client: EventStoreDBClient,
  ) {
    const internals = client as unknown as Internals;
    this.call = internals.GRPCStreamCreator(protocol.grpc.StreamsClient, 'append', (grpc) => grpc.batchAppend(...internals.callArguments({}, { deadline: Infinity })))();
    this.call.then(
      (call) => {
        call.on('data', (answer: BatchAppendResp) => this.answered(answer));
        call.on('error', (error: Error) => this.end(error));
        call.on('end', () => {
          this.end(new Error('the server ended the stream of appends'));
          call.end(); // or the client keeps the half that is ours for ever
        });
      },
      (error: Error) => this.end(error),
    );
  }

  /**
   * Appends events given as id, type, data, metadata, …
   * @throws {WrongExpectedRevision | AppendTooLarge | AppendRefused} a definite no; anything else leaves the outcome open
   */
  append(stream: string, expected: ExpectedRevision, texts: readonly string[]): Promise<Appended> {
    if (this.over) return Promise.reject(this.over);
    const id = `00000000-0000-4000-8000-${(this.sent++).toString(16).padStart(12, '0')}`;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { stream, expected, resolve, reject });
      this.call.then(
        (call) => {
          for (const request of this.requests(id, stream, expected, texts)) if (!this.over) call.write(request);
        },
        () => undefined, // a call that could not be made has ended this append already
      );
    });
  }

  /** Gives the call up; its appends end with an open outcome. */
  cancel(): void {
    this.end(new Error('the server does not answer; the connection was given up'));
    this.call.then(
      (call) => call.cancel(),
      () => undefined,
    );
  }

  private *requests(id: string, stream: string, expected: ExpectedRevision, texts: readonly string[]): Generator<BatchAppendReq> {
    const { streams, shared } = this.protocol;
    const options = new streams.BatchAppendReq.Options().setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));
    if (expected === 'no_stream') options.setNoStream(new shared.Empty());
    else options.setStreamPosition(String(expected));
    let request = new streams.BatchAppendReq().setCorrelationId(new shared.UUID().setString(id)).setOptions(options);
    for (let i = 0, bytes = 0; i < texts.length; i += 4) {
      const data = Buffer.from(texts[i + 2]!);
      const metadata = Buffer.from(texts[i + 3]!);
      if (bytes > 0 && bytes + data.length + metadata.length > PART_BYTES) {
        yield request;
        request = new streams.BatchAppendReq().setCorrelationId(new shared.UUID().setString(id));
        bytes = 0;
      }
      bytes += data.length + metadata.length;
      const message = request.addProposedMessages().setId(new shared.UUID().setString(texts[i]!)).setData(data).setCustomMetadata(metadata);
      message.getMetadataMap().set('type', texts[i + 1]!).set('content-type', 'application/json');
    }
    yield request.setIsFinal(true);
  }

  private answered(answer: BatchAppendResp): void {
    this.received++;
    const id = answer.getCorrelationId()!.getString();
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    const success = answer.getSuccess();
    const position = success?.getPosition();
    if (success)
      pending.resolve({
        revision: BigInt(success.getCurrentRevision()),
        position: position && { commit: BigInt(position.getCommitPosition()), prepare: BigInt(position.getPreparePosition()) },
      });
    else pending.reject(this.refusal(pending, answer));
  }

  private refusal({ stream, expected }: Pending, answer: BatchAppendResp): Error {
    const { shared } = this.protocol;
    const message = answer.getError()?.getMessage() ?? '';
    const details = answer.getError()?.getDetails();
    const bytes = details?.getValue_asU8() ?? new Uint8Array();
    switch (details?.getTypeName()) {
      case 'event_store.client.WrongExpectedVersion': {
        const wrong = shared.WrongExpectedVersion.deserializeBinary(bytes);
        const actual = wrong.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : 'no_stream';
        return new WrongExpectedRevision(stream, expected, actual);
      }
      case 'event_store.client.MaximumAppendSizeExceeded':
        return new AppendTooLarge(undefined, shared.MaximumAppendSizeExceeded.deserializeBinary(bytes).getMaxappendsize());
      case 'event_store.client.AccessDenied':
        return new AppendRefused('access denied');
      case 'event_store.client.StreamDeleted':
        return new AppendRefused(`${stream} was deleted for good`);
      case 'event_store.client.BadRequest':
        return new AppendRefused(message || 'bad request');
      default: // a timeout inside the server, one that is not ready yet, …
        return new Error(message || details?.getTypeName() || 'the server refused without a reason');
    }
  }

  private end(error: Error): void {
    if (this.over) return;
    this.over = error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}
