import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createRunner, openReadStore } from './index.js';
import { endlessLog, journal } from './testing/endless-log.js';

it('after kill -9 rows and checkpoint agree, and reading goes on from there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-crash-'));
  const file = join(folder, 'read.sqlite');
  try {
    const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'];
    for (const pages of [5, 40, 15]) {
      const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'testing', 'child.mjs'), file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      let seen = 0;
      for await (const _ of createInterface(child.stdout)) if (++seen === pages) child.kill('SIGKILL');
      await exited;
      expect(seen).toBeGreaterThanOrEqual(pages);
    }
    const store = openReadStore<{ journal: { position: number } }>({ file });
    const rows = () =>
      store.statement<{ n: number; last: number }>('SELECT count(*) AS n, max(position) AS last FROM journal').get();
    const reached = Number(store.tracks.tracks()[0]?.position);
    expect(reached).toBeGreaterThan(0);
    expect(rows()).toMatchObject({ n: reached, last: reached });
    const end = reached + 120;
    const runner = createRunner(store, { source: endlessLog(end), projections: [journal], ledgerId: 'L1' });
    await runner.start();
    await runner.caughtUp();
    expect(rows()).toMatchObject({ n: end, last: end });
    await runner.stop();
    await store.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 20_000);
