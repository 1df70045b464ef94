import { complaintOf, type Client } from '../client.js';
import { interruption } from '../interrupt.js';
import { Trouble } from '../trouble.js';
import type { Act, Names } from './acts.js';

export interface Played {
  readonly recorded: number;
  readonly before: number;
  readonly refused: number;
  /** Ids by name. */
  readonly id: Names;
  /** Position of the last answer, for reads that must see it. */
  readonly position: string | null;
}

/**
 * Plays acts in order, moving the sandbox's clock to each one's day. Every act has a key, so a second run finds what
 * the first one did and goes on where that stopped. @throws {Trouble} when an act is not answered as it should be
 */
export async function play(
  client: Client,
  acts: readonly Act[],
  lastDay: string,
  onProgress: (done: number, day: string) => void,
): Promise<Played> {
  const names = new Map<string, string>();
  const id: Names = (name) => {
    const found = names.get(name);
    if (found === undefined) throw new Error(`the demo names ${name} before it is there`);
    return found;
  };
  let [recorded, before, refused] = [0, 0, 0];
  let position: string | null = null;
  let today = await day(client);
  const moveTo = async (to: string): Promise<void> => {
    if (to <= today) return;
    const moved = await client.put('/v1/sandbox/clock', { today: to });
    if (moved.status !== 200) throw new Trouble(`the sandbox's clock does not move to ${to}: ${complaintOf(moved)}`);
    today = to;
  };
  for (const [i, act] of acts.entries()) {
    if (interruption.aborted) throw new Trouble('interrupted; run it again to go on', 130);
    await moveTo(act.on);
    const path = typeof act.path === 'string' ? act.path : act.path(id);
    const body = typeof act.body === 'function' ? act.body(id) : act.body;
    const answer = await client.post(path, body, { key: `demo.${act.key}` });
    const clauses = ((answer.body?.['violations'] ?? []) as { clause: string }[]).map((v) => v.clause);
    if (
      act.refusedBy !== undefined
        ? answer.status !== 409 || !clauses.includes(act.refusedBy)
        : answer.status !== 200 && answer.status !== 201
    )
      throw new Trouble(
        `the demo stops at ${act.key} on ${act.on}: POST ${path} was answered ${answer.status}: ${complaintOf(answer)}`,
      );
    if (answer.replayed) before++;
    else if (act.refusedBy !== undefined) refused++;
    else recorded++;
    if (act.refusedBy === undefined)
      for (const [name, value] of Object.entries(act.naming?.(answer.body ?? {}) ?? {})) names.set(name, value);
    if (typeof answer.body?.['position'] === 'string') position = answer.body['position'];
    onProgress(i + 1, today);
  }
  await moveTo(lastDay);
  return { recorded, before, refused, id, position };
}

async function day(client: Client): Promise<string> {
  const clock = await client.get('/v1/sandbox/clock');
  if (clock.status !== 200)
    throw new Trouble('the service that runs on this folder is no sandbox: the demo writes to a sandbox only');
  return String(clock.body?.['today']);
}
