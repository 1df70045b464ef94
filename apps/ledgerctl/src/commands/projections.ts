import { setTimeout as sleep } from 'node:timers/promises';
import { createRunner, openReadStore, type ProjectionStatus } from '@app/read-store';
import { projections } from '../projections.js';
import { bodyOf, type Client } from '../client.js';
import { interruption } from '../interrupt.js';
import { ledgerIdOf, openLog, roughly } from '../open.js';
import { progress, say, sayJson, table, type Bar } from '../output.js';
import { holderOf, runningClient, takeFolder } from '../service.js';
import { files, requireLedger, type Settings } from '../settings.js';
import { misuse, Trouble } from '../trouble.js';

type Status = Pick<ProjectionStatus, 'name' | 'version' | 'generation' | 'state' | 'position' | 'reason'> &
  Pick<Partial<ProjectionStatus>, 'rebuilding'>;
const POLL_MS = 250;

export async function projectionStatus(settings: Settings): Promise<void> {
  requireLedger(settings.data);
  const rows = holderOf(settings.data) ? await statusOf(runningClient(settings)) : await statusOfFiles(settings);
  if (settings.json) return sayJson(rows);
  say(
    table(
      ['projection', 'version', 'state', 'position', 'reason'],
      rows.map((r) => [r.name, r.version, r.rebuilding ? `${r.state}, rebuilding` : r.state, r.position, r.reason]),
    ),
  );
}

const statusOf = async (client: Client): Promise<Status[]> =>
  bodyOf(await client.get('/v1/admin/projections'), 'reading the projections')['projections'] as Status[];

/** What the checkpoints say, and what the next start would do about it. */
async function statusOfFiles(settings: Settings): Promise<(Status | (Omit<Status, 'state'> & { state: string }))[]> {
  const lock = takeFolder(settings.data, 'looking at its files');
  const store = await openLog(settings);
  const reads = openReadStore({ file: files(settings.data).read });
  try {
    const head = await store.head();
    const tracks = (await reads.tracks.transaction(() => reads.tracks.tracks())).filter((t) => t.serving);
    return projections().map(({ name, version }) => {
      const track = tracks.find((t) => t.projection === name);
      if (!track) return { name, version, generation: 0, state: 'not built', position: null, reason: null };
      const behind = track.position === null || head === null ? head !== null : store.compare(track.position, head) < 0;
      const state =
        track.version !== version
          ? 'rebuilt at the next start'
          : track.reason !== null
            ? 'stopped'
            : behind
              ? 'behind'
              : 'complete';
      return {
        name,
        version: track.version,
        generation: track.generation,
        state,
        position: track.position,
        reason: track.reason,
      };
    });
  } finally {
    await reads.close();
    await store.close();
    lock.release();
  }
}

/** Builds read models anew; without names, all of them. */
export async function rebuildProjections(settings: Settings, names: readonly string[]): Promise<void> {
  requireLedger(settings.data);
  const known = projections().map((p) => p.name);
  const unknown = names.find((n) => !known.includes(n));
  if (unknown !== undefined) throw misuse(`there is no projection ${unknown}; there are ${known.join(', ')}`);
  const wanted = names.length > 0 ? names : known;
  if (holderOf(settings.data)) await rebuildInService(runningClient(settings), wanted);
  else await rebuildInFiles(settings, wanted);
  if (settings.json) sayJson({ rebuilt: wanted });
  else say(`rebuilt: ${wanted.join(', ')}`);
}

/** One after the other: the service keeps the old rows serving, and a rebuild costs it as much as it can spare. */
async function rebuildInService(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const before = (await statusOf(client)).find((s) => s.name === name);
    if (!before) throw misuse(`the service knows no projection ${name}`);
    const bar = progress(`rebuilding ${name}`, roughly(before.position));
    try {
      bodyOf(await client.post(`/v1/admin/projections/${name}/rebuilds`, {}), `the rebuild of ${name} was not begun`);
      await watch(client, before, bar);
    } finally {
      bar.stop();
    }
  }
}

async function watch(client: Client, before: Status, bar: Bar): Promise<void> {
  for (;;) {
    const now = (await statusOf(client)).find((s) => s.name === before.name);
    if (now && now.generation > before.generation && !now.rebuilding) return bar.update(roughly(now.position), 'done');
    if (now && !now.rebuilding && now.state === 'stopped')
      throw new Trouble(`the rebuild of ${before.name} stopped: ${now.reason ?? 'no reason given'}`);
    bar.update(roughly(now?.rebuilding?.position ?? null), `position ${now?.rebuilding?.position ?? 'start'}`);
    if (interruption.aborted)
      throw new Trouble(`the service goes on with the rebuild of ${before.name}; see: ledgerctl projections status`, 130);
    await sleep(POLL_MS);
  }
}

async function rebuildInFiles(settings: Settings, names: readonly string[]): Promise<void> {
  const lock = takeFolder(settings.data, 'a rebuild on its files');
  const store = await openLog(settings);
  const reads = openReadStore<never>({ file: files(settings.data).read });
  const runner = createRunner(reads, {
    source: store,
    projections: projections(),
    ledgerId: await ledgerIdOf(store, settings.data),
  });
  const bar = progress(
    `rebuilding ${names.length === 1 ? names[0]! : `${names.length} projections`}`,
    roughly(await store.head()),
  );
  try {
    await runner.start();
    const building = runner.rebuild(names, (position) => bar.update(roughly(position), `position ${position}`));
    const stop = (): void => void runner.stop();
    interruption.addEventListener('abort', stop, { once: true });
    await building.catch((error: unknown) => {
      throw interruption.aborted ? new Trouble('interrupted; the next start goes on with the rebuild', 130) : error;
    });
    await runner.caughtUp();
    bar.update(Number.POSITIVE_INFINITY, 'done');
  } finally {
    bar.stop();
    await runner.stop();
    await reads.close();
    await store.close();
    lock.release();
  }
}
