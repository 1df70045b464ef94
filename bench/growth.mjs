// What an append and a command cost in a log of 10 thousand, 1 million and 5 million events.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, lib } from './built.mjs';
import { templates, writeLives, TODAY } from './lives.mjs';
import { inFolder, median, ms, rounds, row, times } from './measure.mjs';

const WRITERS = 32;
/** Few enough to be alive in the smallest log, many enough that each command meets one that is not in memory. */
const CONTRACTS = 400;
const CALLER = { subject: 'operator-1', role: 'operator', tokenId: 'none' };
const QUIET = { info() {}, warn() {}, error() {} };

export async function growth({ quick }) {
  const sizes = quick ? [10_000, 50_000, 150_000] : [10_000, 1_000_000, 5_000_000];
  return inFolder(async (folder) => {
    const [{ openEmbeddedStore }, { Application }, { openRegister }, { TokenBook }, { DEFAULT_POLICIES }, { sha256Hex }] = await Promise.all([
      lib('event-store'), app('application/application'), lib('erasable'), lib('access'), lib('agreement'), lib('kernel'),
    ]);
    const made = await templates(folder, quick ? 100 : 300);
    const logs = [];
    for (const size of sizes) {
      const data = join(folder, String(size));
      mkdirSync(data);
      const { live } = await writeLives(data, size, made, CONTRACTS);
      if (live.length < CONTRACTS) throw new Error(`only ${live.length} contracts are alive among ${size} events`);
      logs.push({ size, live, store: await openEmbeddedStore({ file: join(data, 'log.sqlite') }), register: openRegister({ file: join(data, 'register.sqlite') }) });
    }
    let n = 0;
    /** Each command decided on a contract that has to be loaded; 32 at a time. Mean microseconds. */
    const commands = ({ store, register, live }) => async () => {
      const application = new Application({
        store, register, tokens: new TokenBook(), policies: DEFAULT_POLICIES, holidays: null, build: 'bench', today: () => TODAY, log: QUIET,
        reads: { usesOf: () => [], commandsAt: () => null, contractsOfItems: () => [], waitFor: async () => undefined, outcomes: async () => ({ outcomes: [], nextCursor: null }) },
      });
      let next = 0;
      const start = performance.now();
      await Promise.all(
        Array.from({ length: WRITERS }, async () => {
          while (next < live.length) {
            const contract = live[next++];
            const key = `k${++n}`;
            const outcome = await application.execute({
              name: 'ChangeAccountCount', params: { id: contract[0] }, body: { accountCount: 60 + (n % 900), effectiveOn: '2026-11-15', requestedBy: 'contractor' }, replacement: null,
              caller: CALLER, idempotencyKey: key, requestHash: sha256Hex(key), ifMatch: null, preview: false, requestId: key,
            });
            if (outcome.status !== 200) throw new Error(JSON.stringify(outcome));
          }
        }),
      );
      return ((performance.now() - start) * 1000) / live.length;
    };
    /** New streams, 32 writers. Mean microseconds. */
    const appends = ({ store }) => async () => {
      const count = quick ? 2_000 : 8_000;
      let done = 0;
      const start = performance.now();
      await Promise.all(
        Array.from({ length: WRITERS }, async () => {
          while (done++ < count)
            await store.append(`contract-${randomUUID()}`, 'no_stream', [{ id: randomUUID(), type: 'Quoted', data: { subject: 'base', kind: 'initial', amount: 1 }, metadata: { note: 'x'.repeat(900) } }]);
        }),
      );
      return ((performance.now() - start) * 1000) / count;
    };
    const out = [];
    for (const [figure, measure] of Object.entries({ append: appends, command: commands })) {
      const seen = await rounds(quick ? 5 : 15, Object.fromEntries(logs.map((l) => [`at ${l.size}`, measure(l)])), { pause: 200 });
      const [first, ...later] = Object.entries(seen);
      for (const [name, series] of later) {
        const ratios = series.map((x, i) => x / first[1][i]);
        out.push(
          row(`${figure} cost ${name} events`, {
            ratio: median(ratios), worst: Math.max(...ratios), shown: times, aim: '<= 1.1x', hit: median(ratios) <= 1.1,
            detail: `${ms(median(series) / 1000)} each, 32 at a time; ${ms(median(first[1]) / 1000)} ${first[0]}`,
            note: 'deeper trees, and pages of a large file that are not in memory',
          }),
        );
      }
    }
    for (const { store, register } of logs) {
      await store.close();
      register.close();
    }
    return out;
  });
}
