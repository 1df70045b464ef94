import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbeddedStore } from './embedded.js';
import type { StoredEvent } from './port.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Lets the writers work until `lines` acknowledgements are out, then kills them, and answers every acknowledgement. */
function writeUntilKilled(file: string, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', here('./testing/typescript.mjs'), here('./testing/writers.ts'), 'embedded', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.length > lines * 100) child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writers ended by themselves: ${errors}`));
      else resolve(out.slice(0, out.lastIndexOf('\n')).split('\n'));
    });
  });
}

describe('embedded store, killed while 32 writers append', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'log-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has everything it acknowledged, exactly once, without gaps, also after being killed again', async () => {
    const file = join(folder, 'log.sqlite');
    const acknowledged: string[] = [];
    for (const round of [1, 2, 3]) {
      acknowledged.push(...(await writeUntilKilled(file, 400)));
      expect(acknowledged.length).toBeGreaterThan(100 * round);

      const store = await openEmbeddedStore({ file });
      const events = await store.readAll({ limit: 1_000_000 });
      const byId = Map.groupBy(events, (e) => e.id);
      expect([...byId.values()].every((same) => same.length === 1)).toBe(true);
      for (const line of acknowledged) {
        const [stream, revision, position, ids] = line.split(' ') as [string, string, string, string];
        const stored = ids.split(',').map((id) => byId.get(id)?.[0]);
        expect(stored.map((e) => e?.stream)).toEqual(stored.map(() => stream));
        expect(stored.at(-1)).toMatchObject({ revision: Number(revision), position });
      }
      expect(events.map((e) => e.position)).toEqual(events.map((_, i) => String(i + 1)));
      for (const [stream, own] of Map.groupBy(events, (e: StoredEvent) => e.stream)) {
        expect(own.map((e) => e.revision)).toEqual(own.map((_, i) => i));
        expect(await store.readStream(stream)).toEqual(own);
      }
      await store.close();
    }
  }, 60_000);
});
