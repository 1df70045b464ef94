import { plainDate } from '@app/calendar';
import { StoreUnavailable, UnknownOutcome, WrongExpectedRevision, type AppendResult, type NewEvent } from '@app/event-store';
import type { EventMetadata } from '@app/kernel';
import { Unavailable, type Accessed } from '../ports.js';
import { AccessLog } from './access-log.js';

/** One stream in memory that can be made to fail. */
class Stream {
  readonly events: NewEvent[] = [];
  readonly appends: number[] = [];
  asked = 0;
  failure: Error | null = null;
  /** Keeps appends waiting. */
  hold: Promise<void> = Promise.resolve();
  name = '';

  async append(stream: string, expected: number | 'no_stream', events: readonly NewEvent[]): Promise<AppendResult> {
    await this.hold;
    if (this.failure) throw this.failure;
    this.name = stream;
    const last = this.events.length === 0 ? 'no_stream' : this.events.length - 1;
    if (expected !== last) throw new WrongExpectedRevision(stream, expected, last);
    this.events.push(...events);
    this.appends.push(events.length);
    return { revision: this.events.length - 1, position: String(this.events.length) };
  }

  async readStream(): Promise<never[]> {
    this.asked++;
    return (this.events.length === 0 ? [] : [{ revision: this.events.length - 1 }]) as never[];
  }
}

const read = (n: number): Accessed => ({
  type: 'AuditorRead',
  caller: { subject: 'auditor-1', role: 'auditor', tokenId: 't' },
  requestId: `request-${n}`,
  route: 'GET /v1/contracts/:id',
  parameters: { id: `contract-${n}`, contractorId: null },
  status: 200,
  rows: 1,
});

describe('the record of reads', () => {
  let stream: Stream;
  let log: AccessLog;
  const errors: string[] = [];
  beforeEach(() => {
    stream = new Stream();
    errors.length = 0;
    log = new AccessLog({ store: stream, build: 'test', today: () => plainDate('2026-03-01'), log: { error: (_, message) => void errors.push(message) } });
  });

  it('says who read what, in the stream of the month', async () => {
    expect(log.last).toBeNull();
    await log.record(read(1));
    expect(log.last).toBe('1');
    expect(stream.name).toBe(`access-${new Date().toISOString().slice(0, 7)}`);
    expect(stream.events).toMatchObject([
      {
        type: 'AuditorRead',
        data: { route: 'GET /v1/contracts/:id', parameters: { id: 'contract-1', contractorId: null }, status: 200, rows: 1 },
        metadata: { actor: { subject: 'auditor-1', role: 'auditor' }, command: 'Read', $correlationId: 'request-1', businessDate: '2026-03-01', schemaVersion: 1 },
      },
    ]);
  });

  it('puts what one turn brings, and what comes meanwhile, into one append each', async () => {
    const first = Array.from({ length: 7 }, (_, i) => log.record(read(i)));
    const { promise, resolve } = Promise.withResolvers<void>();
    stream.hold = promise;
    await new Promise((r) => setImmediate(() => setImmediate(r)));
    const second = Array.from({ length: 150 }, (_, i) => log.record(read(100 + i)));
    resolve();
    await Promise.all([...first, ...second]);
    expect(stream.appends).toEqual([7, 100, 50]);
    expect(stream.events.map((e) => (e.metadata as EventMetadata).$correlationId)).toEqual([...Array.from({ length: 7 }, (_, i) => `request-${i}`), ...Array.from({ length: 150 }, (_, i) => `request-${100 + i}`)]);
    expect(new Set(stream.events.map((e) => e.id)).size).toBe(157);
    // The stream's end is asked for once.
    expect(stream.asked).toBe(1);
  });

  it.each([
    ['is away', new StoreUnavailable('away')],
    ['does not say what became of it', new UnknownOutcome('access')],
  ])('fails the read when the store %s, and goes on afterwards', async (_, failure) => {
    await log.record(read(1));
    stream.failure = failure;
    const failed = await Promise.allSettled([log.record(read(2)), log.record(read(3))]);
    for (const f of failed) expect(f).toMatchObject({ status: 'rejected', reason: { code: 'read-not-recorded' } });
    expect((failed[0] as PromiseRejectedResult).reason).toBeInstanceOf(Unavailable);
    expect(errors).toEqual(['reads could not be recorded, and were not answered']);
    stream.failure = null;
    await log.record(read(4));
    expect(stream.events.length).toBe(2);
  });

  it('finds the end of the stream again when it has moved', async () => {
    await log.record(read(1));
    stream.events.push({ id: 'x', type: 'AuditorRead', data: {}, metadata: {} });
    await log.record(read(2));
    expect(stream.events.length).toBe(3);
    expect(stream.asked).toBe(2);
  });

  it('waits for what is under way when it ends', async () => {
    const recorded = log.record(read(1));
    await log.close();
    expect(stream.events.length).toBe(1);
    await recorded;
  });
});
