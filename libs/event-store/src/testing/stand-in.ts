import { Server, ServerCredentials, type ServerDuplexStream, type ServerWritableStream, type ServiceError, status } from '@grpc/grpc-js';
import * as shared from '@eventstore/db-client/generated/shared_pb.js';
import * as code from '@eventstore/db-client/generated/status_pb.js';
import * as streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import * as streams from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';

export type AppendCall = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;
export type ReadCall = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

/** One append as the server received it. */
export interface Received {
  readonly call: AppendCall;
  readonly request: streams.BatchAppendReq;
  readonly stream: string;
  readonly expected: number;
  readonly ids: readonly string[];
}

/**
 * A server that speaks the protocol and fails on cue. It keeps nothing: behaviour is proved on a real server, only
 * faults that cannot be ordered there are played here. Replace the handlers to script it.
 */
export class StandIn {
  private readonly server = new Server();
  port = 0;
  readonly received: Received[] = [];
  readonly reads: streams.ReadReq[] = [];

  onAppend: (append: Received, nth: number) => void = (append) => this.acknowledge(append);
  onRead: (call: ReadCall, nth: number) => void = (call) => call.end();
  /** When a stream of appends is opened; false if it was dealt with. */
  onAppendStream: (call: AppendCall, nth: number) => boolean = () => true;
  private appendStreams = 0;

  async listen(): Promise<string> {
    this.server.addService(streamsGrpc.StreamsService, {
      batchAppend: (call: AppendCall) => {
        call.on('error', () => undefined);
        if (!this.onAppendStream(call, this.appendStreams++)) return;
        call.on('data', (request: streams.BatchAppendReq) => {
          const options = request.getOptions()!;
          const append: Received = {
            call,
            request,
            stream: Buffer.from(options.getStreamIdentifier()!.getStreamName_asU8()).toString(),
            expected: options.hasNoStream() ? -1 : Number(options.getStreamPosition()),
            ids: request.getProposedMessagesList().map((m) => m.getId()!.getString()),
          };
          this.received.push(append);
          this.onAppend(append, this.received.length - 1);
        });
      },
      read: (call: ReadCall) => {
        call.on('error', () => undefined);
        this.reads.push(call.request);
        this.onRead(call, this.reads.length - 1);
      },
      append: unsupported,
      delete: unsupported,
      tombstone: unsupported,
    } as never);
    this.port = await new Promise((resolve, reject) =>
      this.server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
    );
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  stop(): void {
    this.server.forceShutdown();
  }

  acknowledge({ call, request, expected, ids }: Received): void {
    const revision = expected + ids.length;
    const position = new shared.AllStreamPosition().setCommitPosition(String(1000 + revision)).setPreparePosition(String(1000 + revision));
    const success = new streams.BatchAppendResp.Success().setCurrentRevision(String(revision)).setPosition(position);
    call.write(answerTo(request).setSuccess(success));
  }

  /** Refuses one append, leaving the stream of appends as it is. */
  refuse({ call, request }: Received, message: string, detail?: { readonly name: string; readonly bytes: Uint8Array }): void {
    const details = new any.Any();
    details.pack(detail?.bytes ?? new Uint8Array(), detail?.name ?? 'scripted');
    call.write(answerTo(request).setError(new code.Status().setMessage(message).setDetails(details)));
  }

  /** Ends a call with a gRPC status other than OK. */
  fail(call: AppendCall | ReadCall, failure: status, details = 'scripted'): void {
    call.emit('error', { code: failure, details });
  }
}

const unsupported = (_: unknown, answer: (error: Partial<ServiceError>) => void): void => answer({ code: status.UNIMPLEMENTED, details: 'scripted' });

function answerTo(request: streams.BatchAppendReq): streams.BatchAppendResp {
  return new streams.BatchAppendResp().setCorrelationId(request.getCorrelationId()).setStreamIdentifier(request.getOptions()!.getStreamIdentifier());
}

/** An event of `stream` at `position` (commit and prepare alike), as a read or a subscription brings it. */
export function event(stream: string, revision: number | bigint, position: number, type = 'Tested'): streams.ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(`00000000-0000-4000-8000-${String(position).padStart(12, '0')}`))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64')))
    .setStreamRevision(String(revision))
    .setCommitPosition(String(position))
    .setPreparePosition(String(position))
    .setData(Buffer.from(JSON.stringify({ n: Number(revision) })).toString('base64'))
    .setCustomMetadata(Buffer.from('{}').toString('base64'));
  recorded.getMetadataMap().set('type', type).set('content-type', 'application/json').set('created', '0');
  return new streams.ReadResp().setEvent(new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(position)));
}

export const checkpoint = (position: number): streams.ReadResp =>
  new streams.ReadResp().setCheckpoint(new streams.ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position)));

export const caughtUp = (): streams.ReadResp => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

/** Where a subscription or a read of everything asks to begin: a commit position, 'start' or 'end'. */
export function askedFrom(request: streams.ReadReq): number | 'start' | 'end' | 'stream' {
  const all = request.getOptions()!.getAll();
  if (!all) return 'stream';
  return all.hasPosition() ? Number(all.getPosition()!.getCommitPosition()) : all.hasStart() ? 'start' : 'end';
}

export const isSubscription = (request: streams.ReadReq): boolean => request.getOptions()!.hasSubscription();
