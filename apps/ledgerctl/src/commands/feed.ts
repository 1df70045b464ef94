import { createWriteStream, existsSync, renameSync, rmSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { bodyOf, type Client } from '../client.js';
import { interruption } from '../interrupt.js';
import { progress, remark, say, sayJson, table } from '../output.js';
import { holderOf, runningClient } from '../service.js';
import { requireLedger, type Settings } from '../settings.js';
import { EXIT, misuse, Trouble, type ExitCode } from '../trouble.js';

/** Place and id of an event; the word for the beginning of the feed is `start`. */
const CURSOR = /^\d{16}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const cursor = (text: string): string | null => {
  if (text === 'start') return null;
  if (!CURSOR.test(text)) throw misuse(`a cursor is a sequence and an event id, like 0000000000000012.0190c6f2-….; or "start". Not ${text}`);
  return text;
};
const sequenceOf = (at: string | null): number => (at === null ? -1 : Number(at.slice(0, 16)));
const after = (at: string | null): string => (at === null ? '' : `&after=${at}`);

interface Event {
  readonly id: string;
  readonly sequence: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly businessdate: string;
  readonly data: { readonly segments: readonly object[]; readonly charges: readonly object[]; readonly voids: readonly string[] };
}
const cursorOf = (stored: string): string => {
  const { sequence, id } = JSON.parse(stored) as Event;
  return `${sequence}.${id}`;
};

/** The feed is written and read by the service alone: without it there is nobody to ask. */
function clientOf(settings: Settings): Client {
  requireLedger(settings.data);
  if (holderOf(settings.data) === null) throw new Trouble(`the service does not run on ${settings.data}: start it, or name its folder with --data or LEDGER_DATA`);
  return runningClient(settings);
}

export interface TailOptions {
  readonly from?: string;
}

/** Prints events as they are published, until Ctrl-C; with `--json` their stored bytes, one line each. */
export async function tailFeed(settings: Settings, { from }: TailOptions): Promise<ExitCode> {
  const client = clientOf(settings);
  let at = from === undefined ? await headOf(client) : cursor(from);
  remark(`following behind ${at ?? 'start'}; Ctrl-C ends it`);
  while (!interruption.aborted)
    try {
      const lines = await client.lines(`/v1/feed?limit=1000&wait=30${after(at)}`, 'following the feed', interruption);
      for (const line of lines) say(settings.json ? line : told(line));
      if (lines.length > 0) at = cursorOf(lines.at(-1)!);
    } catch (error) {
      if (!interruption.aborted) throw error;
    }
  return EXIT.interrupted;
}

function told(stored: string): string {
  const { sequence, id, time, type, subject, data } = JSON.parse(stored) as Event;
  const money = [
    [data.segments.length, 'segments'],
    [data.charges.length, 'charges'],
    [data.voids.length, 'void'],
  ].filter(([n]) => n !== 0);
  return `${sequence}.${id}  ${time}  ${subject}  ${type}${money.length > 0 ? `  (${money.map(([n, what]) => `${n} ${what}`).join(', ')})` : ''}`;
}

async function headOf(client: Client): Promise<string | null> {
  const { head } = bodyOf(await client.get('/v1/feed/status'), 'asking for the head of the feed') as { head?: string | null };
  return head ?? null;
}

export interface ReplayOptions {
  readonly from: string;
  readonly to?: string;
  readonly out?: string;
}

/** Writes events behind `from` up to `to` (default: the head as it is now), one stored event a line. */
export async function replayFeed(settings: Settings, options: ReplayOptions): Promise<ExitCode> {
  let at = cursor(options.from);
  const given = options.to === undefined ? undefined : cursor(options.to);
  const client = clientOf(settings);
  const to = given === undefined ? await headOf(client) : given;
  const [first, last] = [sequenceOf(at) + 1, sequenceOf(to)];
  if (last < first - 1) throw misuse('--to lies before --from');
  const file = options.out === undefined ? null : resolve(options.out);
  if (file !== null && existsSync(file)) throw misuse(`${file} exists already`);
  const unfinished = `${file}.unfinished`;
  const out: WriteStream | NodeJS.WriteStream = file === null ? process.stdout : createWriteStream(unfinished, { flags: 'w', mode: 0o600 });
  const bar = progress('events', last - first + 1);
  let written = 0;
  const show = (): void => bar.update(written, `${written} of ${last - first + 1}`);
  show();
  try {
    while (sequenceOf(at) < last && !interruption.aborted) {
      const lines = await client.lines(`/v1/feed?limit=${Math.min(1_000, last - sequenceOf(at))}${after(at)}`, 'reading the feed', interruption);
      if (lines.length === 0) throw new Trouble(`the feed ends at ${at ?? 'its start'}, before ${to}`);
      if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
      at = cursorOf(lines.at(-1)!);
      written += lines.length;
      show();
    }
    if (given && at !== given && !interruption.aborted) throw new Trouble(`the feed holds ${at} where ${given} was asked for: it was rewound, or that is a cursor of another ledger`);
    if (file !== null) await new Promise<void>((done, failed) => void out.once('error', failed).end(done));
    if (file !== null && !interruption.aborted) renameSync(unfinished, file);
  } catch (error) {
    if (file !== null) rmSync(unfinished, { force: true });
    throw error;
  } finally {
    bar.stop();
  }
  if (interruption.aborted) {
    if (file !== null) rmSync(unfinished, { force: true });
    return EXIT.interrupted;
  }
  if (file !== null) remark(`${written} events in ${file}; go on with --from ${at ?? 'start'}`);
  return EXIT.ok;
}

interface Consumer {
  readonly name: string;
  readonly cursor: string | null;
  readonly acknowledgedAt: string;
  /** The feed does not hold the event that it acknowledged. */
  readonly rewound: boolean;
  readonly lag: { readonly events: number; readonly seconds: number };
}

const consumersOf = async (client: Client): Promise<readonly Consumer[]> =>
  (bodyOf(await client.get('/v1/feed/consumers'), 'asking for the consumers') as { readonly consumers: readonly Consumer[] }).consumers;

/** Where the feed stands, and everyone who reads it under a name. Exit 1 where it has stopped. */
export async function feedStatus(settings: Settings): Promise<ExitCode> {
  const client = clientOf(settings);
  const status = bodyOf(await client.get('/v1/feed/status'), 'asking for the feed') as { readonly state: string; readonly head: string | null; readonly stopped?: { readonly code: string; readonly message: string } | null; readonly problem?: string | null };
  const consumers = await consumersOf(client);
  if (settings.json) sayJson({ ...status, consumers });
  else {
    say(`feed: ${status.state}, ${sequenceOf(status.head) + 1} events, head ${status.head ?? '-'}`);
    if (status.stopped) say(`stopped (${status.stopped.code}): ${status.stopped.message}`);
    else if (status.problem) say(`for now: ${status.problem}`);
    if (consumers.length > 0) say(`\n${table(['consumer', 'behind', 'seconds', 'acknowledged', 'cursor'], consumers.map((c) => [c.name, c.lag.events, c.lag.seconds, c.acknowledgedAt, `${c.cursor ?? 'start'}${c.rewound ? ' (not in this feed)' : ''}`]))}`);
    else say('no consumer has acknowledged a position');
  }
  return status.state === 'stopped' ? EXIT.no : EXIT.ok;
}

/** Moves the position that the ledger keeps for a consumer, back or forth; the consumer's own book is its own. */
export async function rewindConsumer(settings: Settings, name: string, to: string): Promise<void> {
  const at = cursor(to);
  const client = clientOf(settings);
  const known = await consumersOf(client);
  const was = known.find((c) => c.name === name);
  if (!was) throw misuse(`no consumer ${name} has acknowledged a position${known.length > 0 ? `; there are ${known.map((c) => c.name).join(', ')}` : ''}`);
  const now = bodyOf(await client.put(`/v1/feed/consumers/${encodeURIComponent(name)}/position`, { cursor: at }), `rewinding ${name}`);
  if (settings.json) sayJson(now);
  else say(`${name}: from ${was.cursor ?? 'start'} to ${at ?? 'start'}`);
}
