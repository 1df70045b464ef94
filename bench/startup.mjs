// From the start of the built service's process to its first answer about a contract, on a log of a million events.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { builtFile } from './built.mjs';
import { templates, writeLives } from './lives.mjs';
import { inFolder, median, row } from './measure.mjs';
import { startService } from './servers.mjs';

const seconds = (x) => `${(x / 1000).toFixed(2)} s`;

export async function startup({ quick }) {
  const events = quick ? 50_000 : 1_000_000;
  return inFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const { live } = await writeLives(data, events, await templates(folder, quick ? 100 : 300));
    // As `npm start` does.
    const env = { NODE_COMPILE_CACHE: builtFile('.cache') };
    // The first start builds the read models: that is the rebuild's figure.
    const first = await startService(data, { env });
    const rebuilt = await first.ready();
    await first.stop();
    const seen = { answer: [], ready: [], rss: [] };
    for (let i = 0; i < (quick ? 3 : 9); i++) {
      const service = await startService(data, { env });
      const headers = { authorization: `Bearer ${service.token()}` };
      seen.answer.push(await service.answers(`/v1/contracts/${live[i % live.length][0]}`, headers));
      seen.ready.push(await service.ready());
      await service.stop();
    }
    const answer = median(seen.answer);
    return [
      row(`start-up to first answer, ${events.toLocaleString('en-US')} events`, {
        ratio: answer, worst: Math.max(...seen.answer), shown: seconds, aim: '<= 0.7 s', hit: answer <= 700,
        detail: `first 200 to a read of a contract; ready ${seconds(median(seen.ready))}; the very first start, with the read models to build, ${seconds(rebuilt)}`,
        note: 'loading and compiling the modules of the framework, on two cores',
      }),
    ];
  });
}
