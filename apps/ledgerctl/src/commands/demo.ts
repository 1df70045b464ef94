import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { writeDurably } from '@app/event-store';
import { play, type Played } from '../demo/play.js';
import { FIRST_DAY, LAST_DAY, story } from '../demo/story.js';
import { interrupted } from '../interrupt.js';
import { progress, remark, say, sayJson } from '../output.js';
import { freePort, holderOf, runningClient, startService, type Started } from '../service.js';
import { holdsLedger, type Settings } from '../settings.js';
import { misuse } from '../trouble.js';
import type { Client } from '../client.js';

export interface DemoOptions {
  readonly exit?: boolean;
}

/** Marks a folder as the demo's own, so that it never writes into a ledger of somebody's. */
const OWN = 'demo.json';

/**
 * A believable year in a sandbox of its own (`--data`, by default ./data/demo; LEDGER_DATA is not touched), through the
 * public API. The same every time; run again it finds everything there.
 */
export async function runDemo(given: Settings, folder: string | undefined, options: DemoOptions): Promise<void> {
  const data = resolve(folder ?? './data/demo');
  const settings: Settings = { ...given, data, eventStoreUrl: null };
  const own = join(data, OWN);
  if (holdsLedger(data) && !existsSync(own))
    throw misuse(`${data} holds a ledger that is not the demo's: give the demo a folder of its own with --data`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (!existsSync(own)) writeDurably(own, JSON.stringify({ demo: 1 }));
  const running = holderOf(data) !== null;
  const service = running ? null : await start(settings);
  try {
    const client = service?.client ?? runningClient(settings);
    const acts = story();
    const bar = progress('a year of contracts', acts.length);
    let played: Played;
    try {
      played = await play(client, acts, LAST_DAY, (done, day) => bar.update(done, day));
    } finally {
      bar.stop();
    }
    const { recorded, before, refused, id, position } = played;
    if (settings.json)
      sayJson({
        url: client.url,
        data,
        today: LAST_DAY,
        recorded,
        before,
        refused,
        position,
        curl: lookAt(id).map(([, path, body]) => curl(client, data, path, body)),
      });
    else {
      say(
        `${recorded} facts recorded${refused > 0 ? `, ${refused} refused on purpose` : ''}${before > 0 ? `, ${before} found there from before` : ''}; the sandbox stands on ${LAST_DAY}`,
      );
      say();
      for (const [title, path, body] of lookAt(id)) say(`# ${title}\n${curl(client, data, path, body)}`);
      say(`# everything else, to try out\n${client.url}/docs`);
    }
    if (service && !options.exit) {
      remark(`\nthe service goes on at ${client.url} until Ctrl-C`);
      await Promise.race([interrupted(), service.ended]);
    }
  } finally {
    await service?.stop();
  }
}

async function start(settings: Settings): Promise<Started> {
  const free = await isFree(settings.port);
  const port = free ? settings.port : await freePort();
  if (!free) remark(`port ${settings.port} is taken: the demo listens on ${port}`);
  remark('starting a sandbox');
  const env = {
    EVENTSTORE_URL: '',
    LEDGER_POLICIES: '',
    LEDGER_HOLIDAYS: '',
    LEDGER_SANDBOX: 'true',
    LEDGER_SANDBOX_TODAY: FIRST_DAY,
  };
  return startService({ ...settings, token: null }, { env, port });
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const probe = createServer();
    probe.once('error', () => answer(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)));
  });

type Look = readonly [title: string, path: string, body?: object];

/** Something for every read. */
function lookAt(id: Played['id']): Look[] {
  return [
    ['type X with every option: renewed, repriced, a notice withdrawn', `/v1/contracts/${id('aoba-x')}`],
    ['the same on another day, under its former name', `/v1/contracts/${id('aoba-x')}?asOf=2025-09-30`],
    ['… and everything that was recorded about it', `/v1/contracts/${id('aoba-x')}/history`],
    ['lent devices: a fault, a replacement, a loss, what is due back', `/v1/contracts/${id('aoba-l')}`],
    ['a notice in time: ended with its term, nothing to settle', `/v1/contracts/${id('kisaragi-d')}`],
    ['a notice too late: a term more, and what it costs', `/v1/contracts/${id('hoshino-d')}`],
    ['storage gone, contract gone with it', `/v1/contracts/${id('kisaragi-x')}`],
    ['entered wrongly and corrected; both stay visible', `/v1/contracts/${id('takao-b')}/history`],
    ['contracts that are on their way out', '/v1/contracts?status=cancelling&limit=10'],
    ['contracts of one customer', '/v1/contracts?contractorId=C-1001'],
    ['management units', '/v1/management-units?limit=10'],
    ['one of them', `/v1/management-units/${id('aoba')}`],
    ['terms that end in the coming months, with their notice deadlines', '/v1/renewals?from=2026-04-01&to=2026-09-30'],
    ['early-termination settlements of the year', '/v1/settlements?from=2025-04-01&to=2026-12-31'],
    ['charges of a month, with total', '/v1/charges?month=2025-10'],
    ['facts kept as the agreement asks', '/v1/records'],
    ['a vendor that ends its product, and whom it reaches', `/v1/vendors/LayerX/discontinuations/${id('discontinuation')}`],
    ['items by the name they bore', `/v1/agreement/items?on=2025-09-30&name=${encodeURIComponent('IT 資産管理/S')}`],
    ['options and their rules', '/v1/agreement/options?limit=5'],
    ['every clause', '/v1/agreement/clauses?limit=5'],
    [
      'what a cancellation would come to',
      '/v1/simulations/cancellation',
      { item: 'X', billingStartsOn: '2025-07-01', monthlyFee: 100_000, arrivedOn: '2026-04-01', designatedOn: null },
    ],
    ['tokens', '/v1/tokens'],
    ['read models', '/v1/admin/projections'],
    ["the sandbox's clock", '/v1/sandbox/clock'],
  ];
}

function curl(client: Client, data: string, path: string, body?: object): string {
  const token = `$(cat '${relative(process.cwd(), join(data, 'admin-token'))}')`;
  return `curl -s -H "Authorization: Bearer ${token}"${body ? ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'` : ''} '${client.url}${path}'`;
}
