import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from './embedded.js';
import { type Acknowledged, expectAllThere, writeUntilKilled } from './testing/killed.js';

describe('embedded store, killed while 32 writers append', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'log-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has everything it acknowledged, exactly once, without gaps, also after being killed again', async () => {
    const file = join(folder, 'log.sqlite');
    const acknowledged: Acknowledged[] = [];
    for (const round of [1, 2, 3]) {
      acknowledged.push(...(await writeUntilKilled('embedded', file, 400)));
      expect(acknowledged.length).toBeGreaterThanOrEqual(400 * round);
      const store = await openEmbeddedStore({ file });
      await expectAllThere(store, acknowledged);
      const all = await store.readAll({ limit: 1_000_000 });
      expect(all.map((e) => e.position)).toEqual(all.map((_, i) => String(i + 1)));
      expect(new Set(all.map((e) => e.id)).size).toBe(all.length);
      await store.close();
    }
  }, 60_000);
});
