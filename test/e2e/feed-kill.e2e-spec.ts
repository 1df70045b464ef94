/**
 * kill -9 of the service while billers read at every door over HTTP. Each goes on from what it holds; afterwards all of
 * them have every event once, in order, byte for byte, and the digests agree. `CYCLES` and `COMMANDS` (in each) for more of it, `SEED` for others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NoAnswer, type Api } from './support/api.js';
import { cursorOf, faultsOf, listen, ndjson, rootOf, type Page, type Published } from './support/feed.js';
import { taken } from './support/lives.js';
import { Load, random } from './support/load.js';
import { endServices, Service } from './support/service.js';

const CYCLES = Number(process.env['CYCLES'] ?? 3);
const COMMANDS = Number(process.env['COMMANDS'] ?? 15);
const SEED = Number(process.env['SEED'] ?? 20260301);
afterAll(endServices, 60_000);

/** A reader that never gives up: what it holds is all it knows. */
class Reader {
  readonly held: string[] = [];
  reconnects = 0;
  private over = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly door: (after: string | null, take: (texts: readonly string[]) => void, over: () => boolean) => Promise<void>,
  ) {}

  start(): this {
    this.running = (async () => {
      while (!this.over) {
        const last = this.held.at(-1);
        await this.door(last === undefined ? null : cursorOf(JSON.parse(last) as Published), (texts) => this.held.push(...texts), () => this.over).catch((error: unknown) => {
          if (!(error instanceof NoAnswer) && !/503|ECONN|socket/.test(String(error))) throw error;
          this.reconnects++;
        });
        await sleep(20);
      }
    })();
    return this;
  }

  async until(count: number): Promise<void> {
    for (const limit = Date.now() + 30_000; this.held.length < count && Date.now() < limit; ) await sleep(20);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.running;
  }
}

/** The service as it is just now; while it starts, nobody knows the token. */
function apiOf(s: Service): Api {
  if (s.api.token === null) throw new NoAnswer('the service is starting');
  return s.api;
}

const readersOf = (s: Service): { readonly [door: string]: Reader } => ({
  pull: new Reader(async (after, take) => {
    const { events } = taken(await apiOf(s).get<Page>(`/v1/feed?limit=50&wait=1${after === null ? '' : `&after=${after}`}`));
    take(events.map((e) => JSON.stringify(e)));
  }),
  ndjson: new Reader(async (after, take) => take((await ndjson(apiOf(s), `?wait=1${after === null ? '' : `&after=${after}`}`)).lines)),
  sse: new Reader(async (after, take, over) => {
    let taken_ = 0;
    const stream = listen(apiOf(s), after === null ? {} : { lastEventId: after });
    const ended = stream.ended.then(() => true);
    const pass = (): void => {
      const fresh = stream.blocks.slice(taken_);
      taken_ += fresh.length;
      take(fresh.flatMap((b) => (b.data === undefined ? [] : [b.data])));
    };
    while (!(await Promise.race([ended, sleep(20, false)])) && !over()) pass();
    stream.close();
    await ended;
    pass();
  }),
});

test(`the service, ${CYCLES} times, with a reader at each door`, async () => {
  const next = random(SEED);
  const s = await Service.start({ today: '2026-01-10' });
  const readers = readersOf(s);
  for (const reader of Object.values(readers)) reader.start();
  const load = new Load(`f${SEED}`, next);
  let today = '2026-01-10';
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const running = load.run(s.api, () => today, 8, false);
    const { acknowledged } = load.figures;
    while (load.figures.acknowledged < acknowledged + COMMANDS) await sleep(10);
    // At a random moment: while commands, the publisher, its index and the readers are all at work.
    await sleep(next() * 400);
    await s.kill();
    load.stop();
    await running;
    await s.launch();
    await load.finish(s.api);
    // Two years go by.
    const month = Math.floor((cycle * 23) / CYCLES);
    taken(await s.api.put('/v1/sandbox/clock', { today: (today = `${2026 + Math.floor(month / 12)}-${String(1 + (month % 12)).padStart(2, '0')}-28`) }, { timeoutMs: 300_000 }));
  }
  // The end of the feed is reached when it stands still although it is live.
  let head = '';
  for (let still = 0; still < 5; await sleep(200)) {
    const status = taken(await s.api.get<{ head: string | null; state: string }>('/v1/feed/status'));
    still = status.head === head && status.state === 'live' ? still + 1 : 0;
    head = status.head ?? '';
  }
  const { lines } = await ndjson(s.api);
  expect(cursorOf(JSON.parse(lines.at(-1)!) as Published)).toBe(head);
  expect(faultsOf(lines)).toEqual([]);
  for (const [door, reader] of Object.entries(readers)) {
    await reader.until(lines.length);
    await reader.stop();
    expect([door, reader.held.length]).toEqual([door, lines.length]);
    expect(reader.held).toEqual(lines);
    expect(taken(await s.api.get('/v1/feed/digests'))).toEqual({ size: lines.length, root: rootOf(reader.held) });
  }
  process.stderr.write(
    `feed, kill -9 of the service, ${s.onEventStoreDb ? 'EventStoreDB' : 'embedded store'}, seed ${SEED}: ${CYCLES} cycles, ${load.figures.acknowledged} commands acknowledged, ${lines.length} events published; pull, NDJSON and server-sent events each: 0 missed, 0 doubled, 0 out of order, digests agree\n`,
  );
  await s.end();
}, 60_000 + CYCLES * (30_000 + COMMANDS * 100));

test('a reader that loses one event is found out', () => {
  const events: string[] = [];
  for (let i = 0; i < 5; i++) events.push(JSON.stringify({ id: `id-${i}`, sequence: String(i).padStart(16, '0'), subject: 'c', contractsequence: i, ...(i > 0 && { previousid: `id-${i - 1}` }), type: 't', data: {} }));
  expect(faultsOf(events)).toEqual([]);
  expect(faultsOf(events.filter((_, i) => i !== 2))).not.toEqual([]);
  expect(faultsOf([...events.slice(0, 3), events[2]!, ...events.slice(3)])).not.toEqual([]);
  expect(faultsOf([events[1]!, events[0]!, ...events.slice(2)])).not.toEqual([]);
  expect(rootOf(events.filter((_, i) => i !== 2))).not.toBe(rootOf(events));
});
